"""The heads: CENTER, SCALE and quality at every point, and the class of the exam."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from detector.presets import STRIDES, Norm, Preset

PRIOR_PROBABILITY = 0.01
"""What CENTER says before training, so that the many negatives do not flood the loss."""
PRIOR_LOGIT = -math.log(1 / PRIOR_PROBABILITY - 1)
PRIOR_DISTANCE = 4.0
"""What SCALE says before training, in strides: boxes of 64 px on stride 8, 128 on 16, ..."""
NORM_GROUPS = 16
EXAM_CLASSES = 3


class PointOutputs(NamedTuple):
    """Predictions on the grids of the five levels.

    Attributes
    ----------
    centers
        Per level ``[B, 1, h, w]`` logits.
    distances
        Per level ``[B, 4, h, w]`` l t r b in strides.
    qualities
        Per level ``[B, 1, h, w]`` logits of the IoU, or None.
    """

    centers: tuple[Tensor, ...]
    distances: tuple[Tensor, ...]
    qualities: tuple[Tensor, ...] | None


def convolution(in_channels: int, out_channels: int, kernel: int, bias: float = 0) -> nn.Conv2d:
    """A convolution that keeps the size and starts out saying little more than ``bias``."""
    layer = nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2)
    assert layer.bias is not None
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.constant_(layer.bias, bias)
    return layer


def tower(channels: int, depth: int, norm: Norm = "group") -> nn.Sequential:
    """3×3 convolutions with ReLU, as many as ``depth``.

    Normalised by group: a shared tower sees levels of unlike statistics, and batches are small.
    """
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers.append(convolution(channels, channels, 3))
        if norm == "group":
            layers.append(nn.GroupNorm(NORM_GROUPS, channels))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class LevelHead(nn.Module):
    """CENTER, SCALE and quality as raw convolution outputs at every point of one level."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        channels, kernel = preset.channels, preset.prediction_kernel
        distance = math.log(PRIOR_DISTANCE) if preset.distance == "exp" else PRIOR_DISTANCE
        layers = channels, preset.head_depth, preset.head_norm
        self.tower = tower(*layers)
        self.scale_tower = tower(*layers) if preset.head_towers == "separate" else None
        self.center = convolution(channels, 1, kernel, bias=PRIOR_LOGIT)
        self.scale = convolution(channels, 4, kernel, bias=distance)
        self.quality = convolution(channels, 1, kernel) if preset.has_quality else None

    def forward(self, level: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return center ``[B, 1, h, w]``, scale ``[B, 4, h, w]`` and quality of one level."""
        center_features = self.tower(level)
        scale_features = center_features if self.scale_tower is None else self.scale_tower(level)
        quality = None if self.quality is None else self.quality(scale_features)
        return self.center(center_features), self.scale(scale_features), quality


class PointHead(nn.Module):
    """One head per level, or one for all with a learned scale per level."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.is_exponential = preset.distance == "exp"
        count = 1 if preset.is_head_shared else len(STRIDES)
        self.heads = nn.ModuleList(LevelHead(preset) for _ in range(count))
        self.level_scales = nn.Parameter(torch.ones(len(STRIDES))) if count == 1 else None

    def forward(self, levels: Sequence[Tensor]) -> PointOutputs:
        """Predict on every level of the pyramid."""
        centers, distances, qualities = [], [], []
        for index, level in enumerate(levels):
            center, distance, quality = self.heads[index % len(self.heads)](level)
            if self.level_scales is not None:
                distance = distance * self.level_scales[index]
            if self.is_exponential:
                distance = distance.exp()
            centers.append(center)
            distances.append(distance)
            if quality is not None:
                qualities.append(quality)
        return PointOutputs(tuple(centers), tuple(distances), tuple(qualities) or None)


class ExamHead(nn.Module):
    """Class of the exam from the mean and the maximum of the body's stride-32 features."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.classify = nn.Linear(2 * in_channels, EXAM_CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits ``[B, 3]``, in the order of ``ExamClass``."""
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        logits: Tensor = self.classify(pooled)
        return logits
