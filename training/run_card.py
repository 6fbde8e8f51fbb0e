"""What a run's weights say of themselves: data, command, thresholds and measures."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from detector.model_card import Metric, ModelCard, OperatingPoint
from detector.networks.protocol import DetectionNetwork
from training.judging import choose_threshold, detect, judge
from training.run_data import Splits
from training.run_progress import prepare_shown

VERSION = "1"
"""Of the weights that ``pneumo-train`` writes."""
TERMS = (
    "RSNA Pneumonia Detection Challenge annotations: non-commercial research and education only. "
    "Radiographs: NIH ChestX-ray14 (Wang et al., CVPR 2017), provided by the NIH Clinical Center."
)


def describe_run(
    network: DetectionNetwork,
    splits: Splits,
    begun_from: ModelCard | None,
    out: Path,
    *,
    name: str,
    is_judged: bool,
) -> ModelCard:
    """The card of a trained network; the held-out images are looked at here or never."""
    preset = network.preset
    command = shlex.join(["pneumo-train", *sys.argv[1:]])
    threshold = 0.5
    points: tuple[OperatingPoint, ...] = ()
    if splits.labelled:
        labelled = prepare_shown(splits.labelled, preset.input_size, preset, out)
        threshold = choose_threshold(detect(network, labelled))
        points = (
            OperatingPoint(
                name="best F1 of boxes at IoU 0.4",
                threshold=threshold,
                measured_on=f"the training images of {splits.name}",
            ),
        )
    metrics: list[Metric] = []
    if is_judged:
        held_out = detect(network, prepare_shown(splits.held_out, preset.input_size, preset, out))
        others = f"the exams held out from {splits.name}"
        metrics = judge(held_out, threshold=threshold, data=others, command=command)
    training_data = splits.source
    if begun_from is not None:
        training_data += (
            f" Begun from {begun_from.name} {begun_from.fingerprint}, trained on "
            f"{begun_from.training_data}"
        )
    return ModelCard(
        name=name,
        version=VERSION,
        preset=preset,
        terms=TERMS,
        training_data=training_data,
        training_command=command,
        training_folds=splits.folds,
        metrics=tuple(metrics),
        operating_points=points,
        score_threshold=threshold,
    )
