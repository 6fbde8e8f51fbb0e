"""SSD: default boxes of one size range on each level of the body itself, no pyramid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD, SSDHead

from detector.peers.torchvision_parts import (
    BEFORE_THE_CUT,
    PassThrough,
    TorchvisionNetwork,
    in_single_precision,
)
from detector.presets import STRIDES, Preset

SCALES: Final = (0.13, 0.19, 0.25, 0.32, 0.41, 0.60)
"""Sides of the square default boxes of the five levels in sides of the image, and the side that
bounds the last: the 5th, 25th, 50th, 75th, 95th and 100th percentile of √(width · height) of the
challenge's 9,501 boxes in its label table."""
LEVEL_NORM: Final = 20 / math.sqrt(512)
"""Length of a feature vector before training, in roots of its channels: SSD's 20 for VGG's 512."""


class SSDDetector(TorchvisionNetwork):
    """torchvision's SSD (Liu et al., ECCV 2016) on the body's levels of strides 8 to 128.

    The body's two added convolutions are SSD's extra layers. Every level has the L2 normalisation
    that SSD gives VGG's first, since its head reads them without a pyramid between: those of
    EfficientNet-Lite0 differ 20-fold in scale. Default boxes have width / height 1/2, 1 and 2:
    97.7 % of the boxes in the challenge's label table overlap one with IoU ≥ 0.5 at 512 pixels, and
    each true box learns at least its best one.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        channels = list(self.body.channels)
        boxes = DefaultBoxGenerator([[2]] * len(STRIDES), scales=list(SCALES), steps=list(STRIDES))
        self.detector = _BatchMinedSSD(
            self.feature_levels,
            boxes,
            size=(preset.input_size, preset.input_size),
            num_classes=2,
            head=in_single_precision(
                SSDHead(channels, boxes.num_anchors_per_location(), num_classes=2)
            ),
            score_thresh=preset.score_threshold,
            nms_thresh=preset.nms_iou,
            detections_per_img=BEFORE_THE_CUT,
        )
        self.detector.transform = PassThrough()

    def make_pyramid(self) -> nn.Module:
        """Normalise the body's own levels."""
        return _NormalisedLevels(self.body.channels)


class _NormalisedLevels(nn.Module):
    """Feature vectors of one length, times a learned factor per channel, on every level."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.scales = nn.ParameterList(
            torch.full((width, 1, 1), LEVEL_NORM * math.sqrt(width)) for width in channels
        )

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Return levels of the same widths and sizes."""
        return [
            scale * F.normalize(feature)
            for scale, feature in zip(self.scales, features, strict=True)
        ]


class _BatchMinedSSD(SSD):  # type: ignore[misc]  # torchvision is not typed
    """SSD that takes its three hard negatives per positive from the whole batch.

    torchvision, as the original, takes them from the image of the positive, so that an image
    without a box teaches nothing: fair to data in which every image has one, but not to exams.
    """

    def compute_loss(
        self,
        targets: Sequence[dict[str, Tensor]],
        head_outputs: dict[str, Tensor],
        anchors: Sequence[Tensor],
        matched_idxs: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        """Return torchvision's loss of the batch laid side by side as one image."""
        counts = torch.tensor([len(target["boxes"]) for target in targets])
        firsts = (counts.cumsum(0) - counts).tolist()
        matches = [
            torch.where(matched >= 0, matched + first, matched)
            for matched, first in zip(matched_idxs, firsts, strict=True)
        ]
        parts: dict[str, Tensor] = super().compute_loss(
            [{key: torch.cat([target[key] for target in targets]) for key in ("boxes", "labels")}],
            {name: values.flatten(0, 1)[None] for name, values in head_outputs.items()},
            [torch.cat(list(anchors))],
            [torch.cat(matches)],
        )
        return parts
