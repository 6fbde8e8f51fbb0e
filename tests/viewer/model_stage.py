"""Small real weights, and radiographs that a reader has reviewed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from small_radiographs import write_dicom

from detector.model_card import ModelCard, OperatingPoint
from detector.presets import PRESETS, Preset

TINY = replace(
    PRESETS["compact"],
    name="tiny",
    body="test_efficientnet",
    is_body_norm_frozen=True,
    frozen_body=("conv_stem",),
    channels=32,
    head_depth=1,
    input_size=64,
    training_sizes=(64,),
    batch_size=4,
)


def write_weights(
    path: Path, name: str, *, seed: int = 0, threshold: float = 0.0, preset: Preset = TINY
) -> ModelCard:
    """Random weights of a very small network."""
    import torch

    from detector.networks.systems import build_network
    from detector.weights import save_weights

    torch.manual_seed(seed)
    point = OperatingPoint(name=f"best of {name}", threshold=threshold, measured_on="nothing")
    card = ModelCard(
        name=name,
        version="1",
        preset=preset,
        terms="None.",
        training_data="nothing: they are random.",
        training_command="true",
        score_threshold=threshold,
        operating_points=(point,),
    )
    return save_weights(path, build_network(preset), card)


def write_studies(folder: Path, count: int, side: int = 96) -> None:
    """Radiographs of as many patients; no two look alike, every second has a bright patch."""
    folder.mkdir()
    for number in range(count):
        generator = np.random.default_rng(number)
        texture = generator.integers(40, 81, (side // 6, side // 6), np.uint8)
        pixels = np.kron(texture, np.ones((6, 6), np.uint8))
        if number % 2 == 0:
            pixels[30:66, 20:44] += 140
        write_dicom(folder / f"exam{number}.dcm", pixels, f"patient {number}")
