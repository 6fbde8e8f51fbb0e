"""A detector small enough to be built and run in every test, with random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from detector.model_card import Metric, ModelCard, OperatingPoint
from detector.presets import PRESETS, Preset


@pytest.fixture(scope="session")
def tiny_preset() -> Preset:
    return replace(
        PRESETS["compact"],
        name="tiny",
        body="test_efficientnet",
        channels=16,
        head_depth=1,
        input_size=128,
    )


@pytest.fixture(scope="session")
def tiny_card(tiny_preset: Preset) -> ModelCard:
    return ModelCard(
        name="tiny",
        version="1.2",
        preset=tiny_preset,
        terms="Nobody's labels.",
        training_data="None: the weights are random.",
        training_command="true",
        metrics=(
            Metric(
                name="AP50",
                value=0.4123,
                interval=(0.35, 0.47),
                data="73 exams of fold 3",
                command="pneumo-evaluate --fold 3",
            ),
        ),
        operating_points=(
            OperatingPoint(name="balanced", threshold=0.25, measured_on="fold 2"),
        ),
        score_threshold=0.2,
    )


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory, tiny_card: ModelCard) -> Path:
    """A weights file whose random network gives boxes of many places, sizes and scores."""
    import torch

    from detector.networks.center_scale import CenterScaleDetector
    from detector.weights import save_weights

    torch.manual_seed(0)
    network = CenterScaleDetector(tiny_card.preset)
    for head in network.point_head.heads:
        torch.nn.init.normal_(head.center.weight, std=0.3)
        torch.nn.init.zeros_(head.center.bias)
        torch.nn.init.normal_(head.scale.weight, std=0.1)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_weights(path, network, tiny_card)
    return path
