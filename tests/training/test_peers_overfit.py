"""Every preset learns eight radiographs by heart, which a system with a mistake in it does not.

``pytest tests/training/test_peers_overfit.py -m slow --log-cli-level=INFO`` writes a Markdown table
of what it took.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from detector.exam_class import ExamClass
from detector.networks.protocol import DetectionNetwork, Target
from detector.networks.systems import SYSTEMS, build_network
from detector.presets import PRESETS
from training.body_weights import load_pretrained
from training.datasets.labelled_image import LabelledImage
from training.datasets.prepared_images import PreparedImages, prepare_images
from training.datasets.truth import read_truth
from training.evaluation.report import evaluate
from training.judging import detect

DEMO = Path(__file__).parent.parent.parent / "resources" / "demo"
BODY = PRESETS["compact"]
SIZE = 192
WIDEST = 0.31 * 1024
"""95th percentile of the width of the challenge's boxes; three of NIH's twelve are twice as wide,
and no frozen proposal of Fast R-CNN fits them."""
CHECK_EVERY = 20
MOST_STEPS = 200
ENOUGH = 0.9

logger = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedImages:
    """The first eight demo studies with a box of a usual width."""
    truth = read_truth(DEMO / "BBox_List_2017.csv").exams
    images = [
        LabelledImage(path.stem, path, path.stem, boxes, ExamClass.LUNG_OPACITY)
        for path in sorted(DEMO.glob("*.dcm"))
        if len(boxes := truth[path.stem]) and np.ptp(boxes[:, ::2], axis=1).max() < WIDEST
    ]
    return prepare_images(
        images[:8], SIZE, tmp_path_factory.mktemp("cache"), preset=PRESETS["compact"]
    )


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", [n for n, preset in PRESETS.items() if preset.system in SYSTEMS])
def test_eight_radiographs_are_learnt_by_heart(name: str, prepared: PreparedImages) -> None:
    """With the pretrained body of ``compact``, whose statistics stay as they are: the batch is
    small, and what is learnt is what is judged."""
    torch.manual_seed(0)
    network = build_network(
        replace(
            PRESETS[name],
            body=BODY.body,
            frozen_body=BODY.frozen_body,
            is_body_norm_frozen=True,
            input_size=SIZE,
            channels=64,
        )
    )
    load_pretrained(network.body, None)
    pixels = torch.from_numpy(np.array(prepared.pixels))[:, None].float() / 255
    targets = [
        Target(torch.from_numpy(prepared.boxes(index)), ExamClass.LUNG_OPACITY)
        for index in range(len(prepared))
    ]
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    started = time.monotonic()
    precision = 0.0
    step = 0
    while precision < ENOUGH and step < MOST_STEPS:
        network.train()
        for _ in range(CHECK_EVERY):
            optimiser.zero_grad()
            torch.stack(list(network.loss(pixels, targets).values())).sum().backward()
            optimiser.step()
        step += CHECK_EVERY
        precision = average_precision(network, prepared)
    logger.info("| %s | %d | %.0f s | %.3f |", name, step, time.monotonic() - started, precision)
    assert precision >= ENOUGH


def average_precision(network: DetectionNetwork, prepared: PreparedImages) -> float:
    """AP at IoU 0.5, in image pixels."""
    value = evaluate(detect(network.eval(), prepared)).positives["AP50"].value
    assert value is not None
    return value
