"""FoveaBox (Kong et al., IEEE Transactions on Image Processing 29, 2020).

Written from the paper's formulas. As there, the towers have four convolutions and are shared by the
levels; they are normalised by group, as this project's own head is. The variant with deformable
feature alignment is not built.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torchvision.ops import sigmoid_focal_loss

from detector.assignment import (
    Assignment,
    Objects,
    boxes_of,
    is_central,
    is_inside,
    pad_objects,
    smallest_object,
)
from detector.decoding import Points, decode_boxes, encode_distances
from detector.losses import batch_divisor, box_loss
from detector.networks.dense import DenseDetector, Proposals, points_of, side_by_side
from detector.networks.heads import PRIOR_LOGIT, convolution, tower
from detector.networks.protocol import Target
from detector.networks.pyramids import FeaturePyramid
from detector.presets import STRIDES, Preset

BASIC_SIDE: Final = 4.0
"""√S_l in strides: the paper's 32² to 512² on strides 8 to 128."""
SCALE_FACTOR: Final = 2.0
"""η: a level takes objects of side √S_l / η to √S_l · η."""
FOVEA_SHARE: Final = 0.4
"""σ: share of the object's sides that its fovea has."""
TOWER_DEPTH: Final = 4


class FoveaOutputs(NamedTuple):
    """Predictions on the grids of the five levels.

    Attributes
    ----------
    centers
        Per level ``[B, 1, h, w]`` logits.
    distances
        Per level ``[B, 4, h, w]``: logarithms of l t r b in units of √S_l.
    """

    centers: list[Tensor]
    distances: list[Tensor]


class FoveaBoxDetector(DenseDetector):
    """Scores the fovea of an object and says from each of its points how far the edges are."""

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        channels = preset.channels
        self.pyramid = FeaturePyramid(self.body.channels, channels)
        self.center_tower = tower(channels, TOWER_DEPTH)
        self.box_tower = tower(channels, TOWER_DEPTH)
        self.center = convolution(channels, 1, 3, bias=PRIOR_LOGIT)
        self.distance = convolution(channels, 4, 3)

    def forward(self, images: Tensor) -> FoveaOutputs:
        """Predict on grids for ``[B, 1, S, S]`` in [0, 1]; S is a multiple of 32."""
        levels = self.pyramid(self.body_features(images))
        return FoveaOutputs(
            [self.center(self.center_tower(level)) for level in levels],
            [self.distance(self.box_tower(level)) for level in levels],
        )

    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return focal and Smooth L1 loss, each divided by the number of points in foveas."""
        outputs = self(images)
        points = points_of(outputs.centers, STRIDES)
        objects = pad_objects([target.boxes for target in targets], images.device)
        assignment = assign_foveas(points, objects)
        is_positive = assignment.scale_weight > 0
        count = batch_divisor(is_positive.sum())
        center = sigmoid_focal_loss(
            side_by_side(outputs.centers).squeeze(2), assignment.center_target
        )
        true_boxes = boxes_of(objects, assignment.objects)
        true_distances = encode_log_distances(points, true_boxes)[is_positive]
        scale = box_loss("smooth_l1", side_by_side(outputs.distances)[is_positive], true_distances)
        return {"center": center.sum() / count, "scale": scale.sum() / count}

    def propose(self, images: Tensor) -> Proposals:
        """Score a box at every point."""
        outputs = self(images)
        points = points_of(outputs.centers, STRIDES)
        boxes = decode_log_distances(points, side_by_side(outputs.distances))
        return Proposals(boxes, side_by_side(outputs.centers).squeeze(2).sigmoid(), points.levels)


def assign_foveas(points: Points, objects: Objects) -> Assignment:
    """Give each object the points of its fovea on the levels of its size.

    Level l takes sides √(w h) within [√S_l / η, √S_l η], so that most objects have two levels; the
    first and the last take all that are smaller or larger. The fovea is the middle of the object,
    0.4 of its sides, and at least the cell of its centre, where its point lies inside the object. A
    point of several objects learns the smallest.
    """
    sides = (objects.boxes[..., 2:] - objects.boxes[..., :2]).prod(dim=-1).sqrt()[..., None]
    basic = BASIC_SIDE * points.strides
    is_small_enough = (sides <= basic * SCALE_FACTOR) | (points.levels == points.levels.max())
    is_large_enough = (sides >= basic / SCALE_FACTOR) | (points.levels == 0)
    is_fovea = is_central(points, objects, FOVEA_SHARE) & is_inside(points, objects)
    is_positive = is_fovea & is_small_enough & is_large_enough
    target = is_positive.any(dim=1).to(points.centers.dtype)
    return Assignment(smallest_object(objects, is_positive), target, target)


def encode_log_distances(points: Points, boxes: Tensor) -> Tensor:
    """Logarithms of l t r b in units of √S_l, ``[..., P, 4]``; NaN for points outside the box."""
    return (encode_distances(points, boxes) / BASIC_SIDE).log()


def decode_log_distances(points: Points, logarithms: Tensor) -> Tensor:
    """Boxes ``[..., P, 4]``, the inverse of :func:`encode_log_distances`."""
    return decode_boxes(points, BASIC_SIDE * torch.exp(logarithms))
