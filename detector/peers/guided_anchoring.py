"""Guided Anchoring on RetinaNet (Wang et al., "Region Proposal by Guided Anchoring", CVPR 2019).

Written from the paper's formulas. Each point of the pyramid says whether an object's centre lies
there and which shape an anchor there should have; a deformable convolution adapts the features to
that shape, and RetinaNet's two predictions are made from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torchvision.ops import DeformConv2d, sigmoid_focal_loss

from detector.assignment import Objects, boxes_of, is_central, pad_objects, pairwise_iou
from detector.decoding import Points, cell_boxes, decode_deltas, encode_deltas
from detector.losses import batch_divisor, box_loss
from detector.networks.dense import DenseDetector, Proposals, points_of, side_by_side
from detector.networks.heads import PRIOR_LOGIT, convolution, tower
from detector.networks.protocol import Target
from detector.networks.pyramids import FeaturePyramid
from detector.presets import STRIDES, Preset

TOWER_DEPTH: Final = 4
BASIC_SIDE: Final = 8.0
"""σ of Eq. 2: sides of an anchor in strides where the shape branch says 0."""
CENTER_SHARE: Final = 0.2
"""σ1: share of the object's sides in which the location branch should say yes."""
IGNORED_SHARE: Final = 0.5
"""σ2: share of the object's sides around it in which it may say what it likes."""
LOCATION_THRESHOLD: Final = 0.01
"""ε_L: points with a lower probability of a centre make no detection."""
SHAPE_WEIGHT: Final = 0.1
"""λ2; λ1, of the location, is 1."""
SAMPLED_SIDE: Final = 4.0
"""Sides in strides of the smallest shapes that are tried for vIoU: RetinaNet's anchors."""
POSITIVE_IOU: Final = 0.5
NEGATIVE_IOU: Final = 0.4


class GuidedOutputs(NamedTuple):
    """Predictions on the grids of the five levels.

    Attributes
    ----------
    locations
        Per level ``[B, 1, h, w]`` logits of an object's centre.
    shapes
        Per level ``[B, 2, h, w]``: dw and dh of Eq. 2.
    classes
        Per level ``[B, 1, h, w]`` logits of the guided anchors.
    deltas
        Per level ``[B, 4, h, w]`` from the guided anchors to the boxes.
    """

    locations: list[Tensor]
    shapes: list[Tensor]
    classes: list[Tensor]
    deltas: list[Tensor]


class FeatureAdaptation(nn.Module):
    """A 3×3 deformable convolution whose offsets follow from the anchor's shape (Eq. 3)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.offset = nn.Conv2d(2, 2 * 3 * 3, 1, bias=False)
        nn.init.normal_(self.offset.weight, std=0.1)
        self.adapt = DeformConv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor, shapes: Tensor) -> Tensor:
        """Adapt ``[B, C, h, w]`` to the shapes ``[B, 2, h, w]``, which learn nothing from it.

        In single precision: the operator knows no other on a CPU.
        """
        offsets = self.offset(shapes.detach()).float()
        with torch.autocast(features.device.type, enabled=False):
            return F.relu(self.adapt(features.float(), offsets))


class GuidedHead(nn.Module):
    """Location, shape, adaptation, class and deltas, shared by the levels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.class_tower = tower(channels, TOWER_DEPTH)
        self.box_tower = tower(channels, TOWER_DEPTH)
        self.location = convolution(channels, 1, 1, bias=PRIOR_LOGIT)
        self.shape = convolution(channels, 2, 1)
        self.class_adaptation = FeatureAdaptation(channels)
        self.box_adaptation = FeatureAdaptation(channels)
        self.classify = convolution(channels, 1, 3, bias=PRIOR_LOGIT)
        self.delta = convolution(channels, 4, 3)

    def forward(self, level: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return location, shape, class and deltas of one level."""
        class_features, box_features = self.class_tower(level), self.box_tower(level)
        shapes = self.shape(box_features)
        classes = self.classify(self.class_adaptation(class_features, shapes))
        deltas = self.delta(self.box_adaptation(box_features, shapes))
        return self.location(class_features), shapes, classes, deltas


class GuidedAnchoringDetector(DenseDetector):
    """RetinaNet with one anchor at each point, whose place and shape are predicted."""

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        self.pyramid = FeaturePyramid(self.body.channels, preset.channels)
        self.head = GuidedHead(preset.channels)

    def forward(self, images: Tensor) -> GuidedOutputs:
        """Predict on grids for ``[B, 1, S, S]`` in [0, 1]; S is a multiple of 32."""
        outputs = [self.head(level) for level in self.pyramid(self.body_features(images))]
        return GuidedOutputs(*(list(grids) for grids in zip(*outputs, strict=True)))

    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return the four parts of Eq. 8, each divided by the number of its positive points.

        Shapes learn the object that RetinaNet's anchors at their point overlap most, class and
        deltas the object that their guided anchor overlaps most.
        """
        outputs = self(images)
        points = points_of(outputs.locations, STRIDES)
        objects = pad_objects([target.boxes for target in targets], images.device)
        location_target = assign_locations(points, objects)
        location = sigmoid_focal_loss(
            side_by_side(outputs.locations).squeeze(2), location_target.clamp_min(0)
        )
        anchors = decode_shapes(points, side_by_side(outputs.shapes))
        matched = assign_by_iou(sampled_iou(points, objects), objects)
        shape = bounded_iou_loss(
            anchors[matched.is_positive],
            boxes_of(objects, matched.objects)[matched.is_positive],
        )
        anchors = anchors.detach()
        guided = assign_by_iou(pairwise_iou(objects.boxes, anchors), objects)
        classes = sigmoid_focal_loss(
            side_by_side(outputs.classes).squeeze(2), guided.is_positive.to(anchors.dtype)
        )
        true_deltas = encode_deltas(anchors, boxes_of(objects, guided.objects))
        delta = box_loss(
            "smooth_l1",
            side_by_side(outputs.deltas)[guided.is_positive],
            true_deltas[guided.is_positive],
        )
        location_count = batch_divisor((location_target == 1).sum())
        guided_count = batch_divisor(guided.is_positive.sum())
        return {
            "location": location[location_target >= 0].sum() / location_count,
            "shape": SHAPE_WEIGHT * shape.sum() / batch_divisor(matched.is_positive.sum()),
            "class": classes[guided.is_positive | guided.is_negative].sum() / guided_count,
            "box": delta.sum() / guided_count,
        }

    def propose(self, images: Tensor) -> Proposals:
        """Score the box of the guided anchor at every point, 0 where no centre is expected."""
        outputs = self(images)
        points = points_of(outputs.locations, STRIDES)
        anchors = decode_shapes(points, side_by_side(outputs.shapes))
        locations = side_by_side(outputs.locations).squeeze(2).sigmoid()
        scores = side_by_side(outputs.classes).squeeze(2).sigmoid()
        return Proposals(
            decode_deltas(anchors, side_by_side(outputs.deltas)),
            scores * (locations >= LOCATION_THRESHOLD),
            points.levels,
        )


def assign_locations(points: Points, objects: Objects) -> Tensor:
    """What the location branch should say, ``[B, P]``: 1, 0, or −1 where it is not asked.

    Section 3.2. An object belongs to the level whose smallest sampled side is nearest to √(w h) in
    octaves. There its middle, 0.2 of its sides, is 1 and what surrounds that up to 0.5 is not
    asked; nor is its middle on the neighbouring levels. 1 wins over −1, and −1 over 0.
    """
    sides = (objects.boxes[..., 2:] - objects.boxes[..., :2]).prod(dim=-1).sqrt()
    octave = (sides / (SAMPLED_SIDE * points.strides.min())).log2().round()
    distance = (octave.clamp(0, len(STRIDES) - 1)[..., None] - points.levels).abs()
    is_middle = is_central(points, objects, CENTER_SHARE)
    is_around = is_central(points, objects, IGNORED_SHARE)
    is_center = ((distance == 0) & is_middle).any(dim=1)
    is_ignored = (((distance == 0) & is_around) | ((distance == 1) & is_middle)).any(dim=1)
    target = is_center.to(points.centers.dtype)
    return target.masked_fill(is_ignored & ~is_center, -1)


def decode_shapes(points: Points, shapes: Tensor) -> Tensor:
    """The anchors ``[..., P, 4]`` of shapes dw dh: w = σ s e^dw, h = σ s e^dh (Eq. 2)."""
    log_sides = shapes + math.log(BASIC_SIDE)
    return decode_deltas(cell_boxes(points), torch.cat([torch.zeros_like(shapes), log_sides], -1))


def sampled_iou(points: Points, objects: Objects) -> Tensor:
    """vIoU ``[B, G, P]``: the largest IoU of an object with RetinaNet's nine shapes at each point.

    Eq. 5, sampled as the paper does: three sizes an octave apart in thirds, ratios 1:2, 1:1, 2:1.
    """
    log_sides = [
        [math.log(SAMPLED_SIDE * 2 ** (size / 3 + sign * ratio / 2)) for sign in (-1, 1)]
        for size in range(3)
        for ratio in (-1, 0, 1)
    ]
    deltas = points.centers.new_tensor([[0, 0, *sides] for sides in log_sides])
    shapes = decode_deltas(cell_boxes(points)[:, None], deltas)
    iou = pairwise_iou(objects.boxes, shapes.flatten(0, 1))
    return iou.view(*iou.shape[:2], *shapes.shape[:2]).amax(dim=-1)


def bounded_iou_loss(anchors: Tensor, boxes: Tensor) -> Tensor:
    """Eq. 6, per anchor: Smooth L1 of 1 − min(w/w', w'/w), and the same for the heights."""
    ratio = (anchors[:, 2:] - anchors[:, :2]) / (boxes[:, 2:] - boxes[:, :2])
    error = 1 - torch.minimum(ratio, 1 / ratio)
    return F.smooth_l1_loss(error, torch.zeros_like(error), reduction="none").sum(dim=1)


class IoUAssignment(NamedTuple):
    """Which points learn which objects; those neither positive nor negative learn nothing.

    Attributes
    ----------
    objects
        ``[B, P]`` int64, the object of each positive point.
    is_positive, is_negative
        ``[B, P]`` bool.
    """

    objects: Tensor
    is_positive: Tensor
    is_negative: Tensor


@torch.no_grad()
def assign_by_iou(iou: Tensor, objects: Objects) -> IoUAssignment:
    """Give points the object that they overlap most, by ``iou`` ``[B, G, P]``.

    RetinaNet's rule: positive from IoU 0.5, negative below 0.4; and each object has at least the
    points that overlap it most.
    """
    iou = iou.masked_fill(~objects.is_real[..., None], 0)
    best, owner = iou.max(dim=1)
    is_last_hope = (iou == iou.amax(dim=-1, keepdim=True)) & (iou > 0)
    rescued = is_last_hope.any(dim=1)
    owner = torch.where(rescued, is_last_hope.int().argmax(dim=1), owner)
    return IoUAssignment(owner, rescued | (best >= POSITIVE_IOU), ~rescued & (best < NEGATIVE_IOU))
