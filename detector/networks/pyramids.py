"""From the body's features to levels of equal width."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class LateralPyramid(nn.Module):
    """One 1×1 convolution per level, as the paper draws it (L1–L5)."""

    def __init__(self, in_channels: Sequence[int], channels: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in in_channels)

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Return levels of ``channels`` width in the same order and sizes."""
        return [lateral(feature) for lateral, feature in zip(self.laterals, features, strict=True)]


class FeaturePyramid(nn.Module):
    """Laterals with a top-down path and a 3×3 convolution per level (Lin et al., CVPR 2017)."""

    def __init__(self, in_channels: Sequence[int], channels: int) -> None:
        super().__init__()
        self.lateral = LateralPyramid(in_channels, channels)
        self.outputs = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=1) for _ in in_channels
        )

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Return levels of ``channels`` width in the same order and sizes."""
        levels = self.lateral(features)[::-1]
        merged = levels[:1]
        for level in levels[1:]:
            merged.append(level + F.interpolate(merged[-1], size=level.shape[-2:]))
        return [output(level) for output, level in zip(self.outputs, merged[::-1], strict=True)]
