"""What the tests of the systems with grids share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from detector.assignment import Objects, pad_objects
from detector.decoding import Points, grid_points
from detector.networks.systems import build_network
from detector.presets import PRESETS, STRIDES, System

SIZE = 256
NOTHING = torch.zeros(0, 4)


def grid_sizes(size: int) -> list[tuple[int, int]]:
    """Height and width of the five grids of a square image."""
    return [(-(-size // stride),) * 2 for stride in STRIDES]


POINTS = grid_points(grid_sizes(SIZE), STRIDES)


def build(system: System) -> Any:
    """The system with a body of 0.2 million parameters and reproducible random weights."""
    torch.manual_seed(0)
    return build_network(replace(PRESETS[system], body="test_efficientnet", channels=32))


def one_image(*boxes: tuple[float, float, float, float]) -> Objects:
    """Objects of a batch of one."""
    return pad_objects([torch.tensor(boxes)])


def points_at(*centers: tuple[float, float], stride: float = 8) -> Points:
    """Points of one level at free places."""
    count = len(centers)
    return Points(
        torch.tensor(centers, dtype=torch.float32),
        torch.full((count,), stride),
        torch.zeros(count, dtype=torch.long),
    )


def as_grids(values: Tensor, size: int = SIZE) -> list[Tensor]:
    """Lay ``[P, C]`` out on the five grids of one image, the inverse of ``side_by_side``."""
    sizes = grid_sizes(size)
    levels = values.split([height * width for height, width in sizes])
    return [level.T.reshape(1, -1, *shape) for level, shape in zip(levels, sizes, strict=True)]


def images(count: int, size: int = SIZE) -> Tensor:
    """Noise in [0, 1]."""
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(1))


def total(parts: dict[str, Tensor]) -> float:
    """The loss."""
    return torch.stack(list(parts.values())).sum().item()


def yes_at(is_positive: Tensor) -> Tensor:
    """Logits ``[P, 1]`` as sure as need be."""
    return (40.0 * is_positive - 20)[:, None]


def assert_finds(predictions: Sequence[Any], truth: Tensor) -> None:
    """The one image has the one box, and the score is 1."""
    (prediction,) = predictions
    torch.testing.assert_close(prediction.boxes, truth, atol=1e-3, rtol=0)
    torch.testing.assert_close(prediction.scores, torch.ones(1), atol=1e-5, rtol=0)
