"""YOLO with a decoupled head and simOTA (Ge et al., "YOLOX", arXiv 2107.08430).

Written from the paper. The head sits on all five levels of this project's pyramid, not on strides 8
to 32 of a PAFPN, and has its normalisation and activation (by group, ReLU); mosaic, mixup and the
L1 loss of the last epochs belong to another training and are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from detector.assignment import Objects, boxes_of, pad_objects, pairwise_iou
from detector.decoding import Points, cell_boxes, decode_deltas
from detector.losses import batch_divisor, binary_cross_entropy, iou_loss
from detector.networks.dense import DenseDetector, Proposals, points_of, side_by_side
from detector.networks.heads import PRIOR_DISTANCE, PRIOR_LOGIT, convolution, tower
from detector.networks.protocol import Target
from detector.networks.pyramids import FeaturePyramid
from detector.presets import STRIDES, Preset

TOWER_DEPTH: Final = 2
CENTER_RADIUS: Final = 1.5
"""Half the side of the region around an object's centre in strides: 3 × 3 points."""
MOST_POINTS: Final = 10
"""The best IoUs of an object that are summed to its number of points k."""
COST_WEIGHT: Final = 3.0
"""λ of the cost's IoU part."""
BOX_WEIGHT: Final = 5.0


class YoloOutputs(NamedTuple):
    """Predictions on the grids of the five levels.

    Attributes
    ----------
    classes, objectness
        Per level ``[B, 1, h, w]`` logits.
    deltas
        Per level ``[B, 4, h, w]``: the offset of the box's centre from the point, x y in strides,
        then the logarithms of width and height in strides.
    """

    classes: list[Tensor]
    objectness: list[Tensor]
    deltas: list[Tensor]


class DecoupledHead(nn.Module):
    """Class in one branch, box and objectness in the other (Fig. 2 of the paper)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.ReLU(inplace=True))
        self.class_tower = tower(channels, TOWER_DEPTH)
        self.box_tower = tower(channels, TOWER_DEPTH)
        self.classify = convolution(channels, 1, 1)
        self.objectness = convolution(channels, 1, 1, bias=PRIOR_LOGIT)
        self.offset = convolution(channels, 2, 1)
        self.size = convolution(channels, 2, 1, bias=math.log(2 * PRIOR_DISTANCE))

    def forward(self, level: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return class, objectness and deltas of one level."""
        level = self.stem(level)
        features = self.box_tower(level)
        deltas = torch.cat([self.offset(features), self.size(features)], dim=1)
        return self.classify(self.class_tower(level)), self.objectness(features), deltas


class YoloDetector(DenseDetector):
    """One head per level; the score of a box is p of its class times its objectness."""

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        self.pyramid = FeaturePyramid(self.body.channels, preset.channels)
        self.heads = nn.ModuleList(DecoupledHead(preset.channels) for _ in STRIDES)

    def forward(self, images: Tensor) -> YoloOutputs:
        """Predict on grids for ``[B, 1, S, S]`` in [0, 1]; S is a multiple of 32."""
        levels = self.pyramid(self.body_features(images))
        outputs = [head(level) for head, level in zip(self.heads, levels, strict=True)]
        classes, objectness, deltas = (list(grids) for grids in zip(*outputs, strict=True))
        return YoloOutputs(classes, objectness, deltas)

    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return the parts, each divided by the number of positive points.

        Cross entropy of the objectness at every point; at positive ones cross entropy of the class,
        whose target is the IoU of the predicted box, and −ln IoU.
        """
        outputs = self(images)
        points, classes, objectness, boxes = _side_by_side(outputs)
        objects = pad_objects([target.boxes for target in targets], images.device)
        scores = (classes.sigmoid() * objectness.sigmoid()).detach()
        assignment = assign_sim_ota(points, scores, boxes.detach(), objects)
        is_positive = assignment.iou > 0
        count = batch_divisor(is_positive.sum())
        true_boxes = boxes_of(objects, assignment.objects)[is_positive]
        iou = pairwise_iou(boxes[is_positive][:, None], true_boxes[:, None])[:, 0, 0]
        found = binary_cross_entropy(objectness, is_positive.to(objectness.dtype))
        named = binary_cross_entropy(classes[is_positive], assignment.iou[is_positive])
        return {
            "objectness": found.sum() / count,
            "class": named.sum() / count,
            "box": BOX_WEIGHT * iou_loss(iou).sum() / count,
        }

    def propose(self, images: Tensor) -> Proposals:
        """Score a box at every point."""
        points, classes, objectness, boxes = _side_by_side(self(images))
        return Proposals(boxes, classes.sigmoid() * objectness.sigmoid(), points.levels)


def _side_by_side(outputs: YoloOutputs) -> tuple[Points, Tensor, Tensor, Tensor]:
    """The points ``P``, logits of class and objectness ``[B, P]``, boxes ``[B, P, 4]``."""
    points = points_of(outputs.classes, STRIDES)
    return (
        points,
        side_by_side(outputs.classes).squeeze(2),
        side_by_side(outputs.objectness).squeeze(2),
        decode_deltas(cell_boxes(points), side_by_side(outputs.deltas)),
    )


class SimOTAAssignment(NamedTuple):
    """What every point learns.

    Attributes
    ----------
    objects
        ``[B, P]`` int64, the object of each positive point.
    iou
        ``[B, P]`` IoU of its predicted box and its object; 0 for background.
    """

    objects: Tensor
    iou: Tensor


@torch.no_grad()
def assign_sim_ota(
    points: Points, scores: Tensor, boxes: Tensor, objects: Objects
) -> SimOTAAssignment:
    """Give each object the k points of its centre that cost least (section 2.1, "SimOTA").

    Candidates are the points within 1.5 strides of the object's centre on every level whose boxes
    overlap it. A point costs −ln score − 3 ln IoU. k is the sum of the ten largest IoUs among the
    candidates, rounded down and at least 1. A point of several objects goes to the one for which it
    costs least.

    Parameters
    ----------
    points
        Of all levels.
    scores, boxes
        ``[B, P]`` in [0, 1] and ``[B, P, 4]``: the present predictions.
    objects
        The truth.
    """
    middles = (objects.boxes[..., None, :2] + objects.boxes[..., None, 2:]) / 2
    distances = (points.centers - middles).abs()
    is_near = (distances < CENTER_RADIUS * points.strides[:, None]).all(dim=-1)
    iou = pairwise_iou(objects.boxes, boxes)
    is_candidate = is_near & (iou > 0) & objects.is_real[..., None]
    log_score = scores.clamp_min(torch.finfo(scores.dtype).tiny).log()
    cost = COST_WEIGHT * iou_loss(iou) - log_score[:, None]
    cost = cost.masked_fill(~is_candidate, torch.inf)
    most = min(MOST_POINTS, cost.shape[-1])
    count = (iou * is_candidate).topk(most).values.sum(dim=-1).int().clamp_min(1)
    cheapest = cost.topk(most, largest=False).indices
    is_taken = torch.arange(most, device=cost.device) < count[..., None]
    is_chosen = torch.zeros_like(is_candidate).scatter(-1, cheapest, is_taken) & is_candidate
    owner = cost.masked_fill(~is_chosen, torch.inf).argmin(dim=1)
    own_iou = (iou * is_chosen).gather(1, owner[:, None])[:, 0]
    return SimOTAAssignment(owner, own_iou)
