"""CSP (Liu et al., "High-level Semantic Feature Detection", CVPR 2019).

Written from the paper's formulas. One map at stride 8, the body's first (the paper's 4 costs four
times as much); all levels are brought to it by 1×1 convolutions and bilinear interpolation in place
of deconvolutions. The paper predicts the height of pedestrians and derives the width from it;
opacities have no fixed aspect ratio, so height and width are both predicted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from detector.assignment import assign_ranges, boxes_of, gaussian_closeness, pad_objects
from detector.decoding import cell_boxes, decode_deltas, encode_deltas
from detector.losses import batch_divisor, gaussian_focal_loss
from detector.networks.dense import DenseDetector, Proposals, points_of, side_by_side
from detector.networks.heads import NORM_GROUPS, PRIOR_LOGIT, convolution
from detector.networks.protocol import Target
from detector.networks.pyramids import LateralPyramid
from detector.presets import STRIDES, Preset

CENTER_WEIGHT: Final = 0.01
SCALE_WEIGHT: Final = 1.0
OFFSET_WEIGHT: Final = 0.1
SCALE_RADIUS: Final = 2
"""Cells around the centre that learn the size."""
LEVEL_NORM: Final = 10.0
"""Length that every feature vector has before concatenation."""
PRIOR_SIDE: Final = 16.0
"""Sides of a box before training, in strides."""


class CSPOutputs(NamedTuple):
    """Predictions on the one grid.

    Attributes
    ----------
    centers
        ``[B, 1, h, w]`` logits.
    deltas
        ``[B, 4, h, w]``: the offset of the centre from the middle of the cell, x y in strides,
        then the logarithms of width and height in strides.
    """

    centers: Tensor
    deltas: Tensor


class CSPDetector(DenseDetector):
    """Finds the cells that hold a centre, and says for each the offset and the size."""

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        channels = preset.channels
        self.laterals = LateralPyramid(self.body.channels, channels)
        self.joint = nn.Sequential(
            convolution(len(STRIDES) * channels, channels, 3),
            nn.GroupNorm(NORM_GROUPS, channels),
            nn.ReLU(inplace=True),
        )
        self.center = convolution(channels, 1, 1, bias=PRIOR_LOGIT)
        self.offset = convolution(channels, 2, 1)
        self.size = convolution(channels, 2, 1, bias=math.log(PRIOR_SIDE))

    def forward(self, images: Tensor) -> CSPOutputs:
        """Predict on the grid of stride 8 for ``[B, 1, S, S]`` in [0, 1]; S is a multiple of 32."""
        levels = self.laterals(self.body_features(images))
        size = levels[0].shape[-2:]
        joint = self.joint(
            torch.cat(
                [
                    LEVEL_NORM * F.normalize(F.interpolate(level, size, mode="bilinear"))
                    for level in levels
                ],
                dim=1,
            )
        )
        return CSPOutputs(
            self.center(joint), torch.cat([self.offset(joint), self.size(joint)], dim=1)
        )

    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return the paper's three parts with its weights.

        The focal loss of the centres is divided by their number, the Smooth L1 losses of sizes and
        offsets by the number of cells that learn them. Sizes are learnt in the cells within radius
        2 of a centre that lie inside the object, offsets in the centre's cell. As in the authors'
        code, for which the weights were chosen, the error of a size is relative to its logarithm;
        here to 1 at least, since an object of one stride has a logarithm of 0.
        """
        outputs = self(images)
        points = points_of([outputs.centers], STRIDES[:1])
        objects = pad_objects([target.boxes for target in targets], images.device)
        assignment = assign_ranges(points, objects, limits=(), radius=SCALE_RADIUS)
        is_center, is_scale = assignment.center_target > 0, assignment.scale_weight > 0
        centers = side_by_side([outputs.centers]).squeeze(2)
        closeness = gaussian_closeness(points, objects, limits=())
        center = gaussian_focal_loss(centers, assignment.center_target, closeness)
        deltas = side_by_side([outputs.deltas])
        true_deltas = encode_deltas(cell_boxes(points), boxes_of(objects, assignment.objects))
        true_sizes = true_deltas[is_scale][:, 2:]
        unit = true_sizes.clamp_min(1)
        size = F.smooth_l1_loss(deltas[is_scale][:, 2:] / unit, true_sizes / unit, reduction="sum")
        offset = F.smooth_l1_loss(
            deltas[is_center][:, :2], true_deltas[is_center][:, :2], reduction="sum"
        )
        return {
            "center": CENTER_WEIGHT * center.sum() / batch_divisor(is_center.sum()),
            "scale": SCALE_WEIGHT * size / batch_divisor(is_scale.sum()),
            "offset": OFFSET_WEIGHT * offset / batch_divisor(is_center.sum()),
        }

    def propose(self, images: Tensor) -> Proposals:
        """Score a box at every cell."""
        outputs = self(images)
        points = points_of([outputs.centers], STRIDES[:1])
        boxes = decode_deltas(cell_boxes(points), side_by_side([outputs.deltas]))
        return Proposals(boxes, side_by_side([outputs.centers]).squeeze(2).sigmoid(), points.levels)
