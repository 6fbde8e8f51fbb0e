"""Fast R-CNN: regions that nobody learnt are classified and refined."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from detector.peers.torchvision_parts import PassThrough, TorchvisionNetwork, roi_heads
from detector.presets import Preset

WIDTHS: Final = (0.12, 0.21, 0.31)
"""5th, 50th and 95th percentile of the width of the challenge's 9,501 boxes in its label table."""
HEIGHTS: Final = (0.12, 0.20, 0.29, 0.43, 0.61)
"""5th, 25th, 50th, 75th and 95th percentile of their height, which varies more."""
CENTERS: Final = ((0.19, 0.82), (0.25, 0.77))
"""1st and 99th percentile of their centres along x and y. All in sides of the image."""


class FastRCNNDetector(TorchvisionNetwork):
    """Fast R-CNN (Girshick, ICCV 2015) on a pyramid: the second stage of torchvision's Faster R-CNN
    with the proposals of :func:`frozen_proposals`.

    The original takes them from selective search, which would see a radiograph as a few large
    regions and is in no library that this project needs. The grid has what matters of it: no
    proposal is learnt, and 98.4 % of the boxes in the challenge's label table overlap one with
    IoU ≥ 0.5 (51 % with IoU ≥ 0.7).
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        self.detector = GeneralizedRCNN(
            self.feature_levels, Proposals(), roi_heads(preset), PassThrough()
        )


class Proposals(nn.Module):
    """The frozen proposals in the place of a proposal network."""

    boxes: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("boxes", frozen_proposals(), persistent=False)

    def forward(
        self,
        images: Any,
        _features: Mapping[str, Tensor],
        _targets: Sequence[Mapping[str, Tensor]] | None = None,
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Return the proposals ``[P, 4]`` of each image in its pixels, and no loss."""
        return [
            self.boxes * self.boxes.new_tensor((width, height) * 2)
            for height, width in images.image_sizes
        ], {}


def frozen_proposals() -> Tensor:
    """1,400 boxes ``[P, 4]`` x0 y0 x1 y1 in sides of the image, cut at its edges.

    For each width and height a regular grid of centres, at most a third of the box's side apart.
    """
    boxes = []
    for extent in itertools.product(WIDTHS, HEIGHTS):
        axes = [
            torch.linspace(low, high, math.ceil(3 * (high - low) / side) + 1)
            for (low, high), side in zip(CENTERS, extent, strict=True)
        ]
        centers = torch.cartesian_prod(*axes)
        half = torch.tensor(extent) / 2
        boxes.append(torch.cat([centers - half, centers + half], dim=1))
    return torch.cat(boxes).clamp(0, 1)
