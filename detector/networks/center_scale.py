"""The centre-and-scale detector, assembled from a preset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from detector.assignment import (
    Assignment,
    Objects,
    assign_ranges,
    assign_task_aligned,
    boxes_of,
    gaussian_closeness,
    pad_objects,
    pairwise_iou,
)
from detector.decoding import Points, decode_boxes, encode_distances
from detector.exam_class import ExamClass
from detector.losses import (
    batch_divisor,
    binary_cross_entropy,
    box_loss,
    exam_loss,
    gaussian_focal_loss,
    quality_focal_loss,
)
from detector.networks.dense import DenseDetector, Proposals, points_of, side_by_side
from detector.networks.heads import ExamHead, PointHead, PointOutputs
from detector.networks.protocol import Target
from detector.networks.pyramids import FeaturePyramid, LateralPyramid
from detector.presets import STRIDES, Preset


class RawOutputs(NamedTuple):
    """What :meth:`CenterScaleDetector.forward` returns.

    Attributes
    ----------
    points
        Predictions on the grids of the five levels.
    exam
        ``[B, 3]`` logits of the exam's class, or None.
    """

    points: PointOutputs
    exam: Tensor | None


class _PointPredictions(NamedTuple):
    """The predictions of all levels side by side, in the order of ``points``."""

    points: Points
    centers: Tensor  # [B, P] logits
    distances: Tensor  # [B, P, 4] in strides
    qualities: Tensor | None  # [B, P] logits


class CenterScaleDetector(DenseDetector):
    """An anchor-free detector that predicts at every point an object's centre and its extent.

    Wu et al., Sci Rep 14:1929, 2024, after CSP (Liu et al., CVPR 2019). The weights are random
    until some are loaded.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__(preset)
        pyramid = FeaturePyramid if preset.pyramid == "fpn" else LateralPyramid
        self.pyramid = pyramid(self.body.channels, preset.channels)
        self.point_head = PointHead(preset)
        self.exam_head = ExamHead(self.body.channels[2]) if preset.has_exam_head else None

    def forward(self, images: Tensor) -> RawOutputs:
        """Predict on grids.

        Parameters
        ----------
        images
            ``[B, 1, S, S]`` float in [0, 1]; S is a multiple of 32.
        """
        features = self.body_features(images)
        exam = None if self.exam_head is None else self.exam_head(features[2])
        return RawOutputs(self.point_head(self.pyramid(features)), exam)

    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return the weighted scalar parts whose sum is the loss.

        CENTER is divided by the sum of its targets (the paper's N, the number of objects), SCALE
        and quality by the sum of their weights, each at least 1; so a batch without a box has a
        finite loss. Images whose boxes are unknown take part in the exam's loss alone.

        Parameters
        ----------
        images
            As for :meth:`forward`.
        targets
            One per image.
        """
        preset = self.preset
        outputs = self(images)
        predictions = _side_by_side(outputs.points)
        objects = pad_objects([target.boxes for target in targets], images.device)
        assignment = self._assign(predictions, objects)
        is_positive = assignment.scale_weight > 0
        true_boxes = boxes_of(objects, assignment.objects)
        true_distances = encode_distances(predictions.points, true_boxes)[is_positive]
        distances = predictions.distances[is_positive]
        weights = assignment.scale_weight[is_positive]
        weight = batch_divisor(weights.sum())
        center = self._center_loss(predictions, assignment, objects)
        are_known = center.new_tensor([target.are_boxes_known for target in targets])
        scale = box_loss(preset.scale_loss, distances, true_distances)
        parts = {
            "center": (center * are_known[:, None]).sum()
            / batch_divisor(assignment.center_target.sum()),
            "scale": preset.scale_weight * (scale * weights).sum() / weight,
        }
        if predictions.qualities is not None:
            iou = _iou_of_distances(distances.detach(), true_distances)
            quality = binary_cross_entropy(predictions.qualities[is_positive], iou)
            parts["quality"] = preset.quality_weight * (quality * weights).sum() / weight
        if outputs.exam is not None:
            classes = torch.tensor([target.exam_class for target in targets], device=images.device)
            parts["exam"] = preset.exam_weight * exam_loss(outputs.exam.float(), classes)
        return parts

    def outputs(self, images: Tensor) -> RawOutputs:
        """Predict on grids as at inference.

        Where the preset says so, the outputs for the mirror image are mirrored back and averaged.
        """
        outputs: RawOutputs = self(images)
        if self.preset.is_flip_averaged:
            outputs = _average(outputs, _mirror(self(images.flip(3))))
        return outputs

    def propose(self, images: Tensor) -> Proposals:
        """Score a box at every point of :meth:`outputs`: what of inference can be exported.

        A box's score is p of CENTER, or √(p · quality).
        """
        outputs = self.outputs(images)
        predictions = _side_by_side(outputs.points)
        scores = predictions.centers.sigmoid()
        if predictions.qualities is not None:
            scores = (scores * predictions.qualities.sigmoid()).sqrt()
        exam = None
        if self.preset.exam_points:
            exam = self._exam_score(scores)
        elif outputs.exam is not None:
            exam = outputs.exam.float().softmax(dim=1)[:, ExamClass.LUNG_OPACITY]
        boxes = decode_boxes(predictions.points, predictions.distances.clamp_min(0))
        return Proposals(boxes, scores, predictions.points.levels, exam)

    def _exam_score(self, scores: Tensor) -> Tensor:
        count = min(self.preset.exam_points, scores.shape[1])
        mean = scores.topk(count, dim=1).values.mean(dim=1).clamp(1e-6, 1 - 1e-6)
        slope, offset = self.preset.exam_calibration
        return (slope * (mean / (1 - mean)).log() + offset).sigmoid()

    def _assign(self, predictions: _PointPredictions, objects: Objects) -> Assignment:
        preset = self.preset
        if preset.assignment == "ranges":
            return assign_ranges(
                predictions.points,
                objects,
                limits=preset.level_limits,
                radius=preset.center_radius,
            )
        return assign_task_aligned(
            predictions.points,
            predictions.centers.detach().sigmoid(),
            decode_boxes(predictions.points, predictions.distances.detach()),
            objects,
            count=preset.aligned_points,
        )

    def _center_loss(
        self, predictions: _PointPredictions, assignment: Assignment, objects: Objects
    ) -> Tensor:
        preset = self.preset
        if preset.center_loss == "bce":
            return binary_cross_entropy(predictions.centers, assignment.center_target)
        if preset.center_loss == "quality_focal":
            return quality_focal_loss(predictions.centers, assignment.center_target)
        closeness = gaussian_closeness(predictions.points, objects, limits=preset.level_limits)
        return gaussian_focal_loss(predictions.centers, assignment.center_target, closeness)


def _mirror(outputs: RawOutputs) -> RawOutputs:
    """What the outputs for a mirror image say of the image itself: left and right change places."""

    def grids(levels: Sequence[Tensor]) -> tuple[Tensor, ...]:
        return tuple(level.flip(3) for level in levels)

    points = outputs.points
    distances = tuple(level[:, [2, 1, 0, 3]] for level in grids(points.distances))
    qualities = None if points.qualities is None else grids(points.qualities)
    return RawOutputs(PointOutputs(grids(points.centers), distances, qualities), outputs.exam)


def _average(first: RawOutputs, second: RawOutputs) -> RawOutputs:
    def means(ones: Sequence[Tensor], others: Sequence[Tensor]) -> tuple[Tensor, ...]:
        return tuple((one + other) / 2 for one, other in zip(ones, others, strict=True))

    a, b = first.points, second.points
    points = PointOutputs(
        means(a.centers, b.centers),
        means(a.distances, b.distances),
        means(a.qualities, b.qualities) if a.qualities and b.qualities else None,
    )
    if first.exam is None or second.exam is None:
        return RawOutputs(points, None)
    return RawOutputs(points, (first.exam + second.exam) / 2)


def _side_by_side(outputs: PointOutputs) -> _PointPredictions:
    return _PointPredictions(
        points_of(outputs.centers, STRIDES),
        side_by_side(outputs.centers).squeeze(2),
        side_by_side(outputs.distances),
        None if outputs.qualities is None else side_by_side(outputs.qualities).squeeze(2),
    )


def _iou_of_distances(first: Tensor, second: Tensor) -> Tensor:
    """IoU ``[N]`` of boxes given by distances ``[N, 4]`` from the same points."""
    signs = first.new_tensor([-1.0, -1.0, 1.0, 1.0])
    return pairwise_iou((first * signs)[:, None], (second * signs)[:, None])[:, 0, 0]
