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
    gaussian_closeness,
    pad_objects,
    pairwise_iou,
)
from detector.decoding import (
    CANDIDATES_PER_LEVEL,
    Points,
    decode_boxes,
    encode_distances,
    grid_points,
    select_boxes,
    top_points_per_level,
)
from detector.losses import (
    binary_cross_entropy,
    box_loss,
    exam_loss,
    gaussian_focal_loss,
    quality_focal_loss,
)
from detector.networks.heads import ExamHead, PointHead, PointOutputs
from detector.networks.protocol import DetectionNetwork, ExamClass, Prediction, Target
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


class Proposals(NamedTuple):
    """A box at every point of all levels, before any selection.

    Attributes
    ----------
    boxes
        ``[B, P, 4]`` x0 y0 x1 y1 in network pixels, not yet clipped to the image.
    scores
        ``[B, P]`` in [0, 1].
    levels
        ``[P]`` int64, index of each point's level from 0.
    exam
        ``[B]`` probability of Lung Opacity, or None without an exam head.
    """

    boxes: Tensor
    scores: Tensor
    levels: Tensor
    exam: Tensor | None


class _PointPredictions(NamedTuple):
    """The predictions of all levels side by side, in the order of ``points``."""

    points: Points
    centers: Tensor  # [B, P] logits
    distances: Tensor  # [B, P, 4] in strides
    qualities: Tensor | None  # [B, P] logits


class CenterScaleDetector(DetectionNetwork):
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
        finite loss.

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
        true_boxes = objects.boxes.gather(1, assignment.objects[..., None].expand(-1, -1, 4))
        true_distances = encode_distances(predictions.points, true_boxes)[is_positive]
        distances = predictions.distances[is_positive]
        weights = assignment.scale_weight[is_positive]
        weight = weights.sum().clamp_min(1)
        center = self._center_loss(predictions, assignment, objects)
        scale = box_loss(preset.scale_loss, distances, true_distances)
        parts = {
            "center": center.sum() / assignment.center_target.sum().clamp_min(1),
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

    @torch.no_grad()
    def predict(self, images: Tensor) -> list[Prediction]:
        """Detect in every image of ``[B, 1, S, S]``; the network should be in eval mode.

        A box's score is p of CENTER, or √(p · quality), times the gate of the exam's score where
        the preset has one. The exam's score is the probability of Lung Opacity; without an exam
        head the best box's score, 0 if there is none.
        """
        return self.select(self.propose(images), (images.shape[2], images.shape[3]))

    def propose(self, images: Tensor) -> Proposals:
        """Score a box at every point: the dense part of inference, which can be exported.

        Where the preset says so, the outputs for the mirror image are mirrored back and averaged.
        """
        outputs = self(images)
        if self.preset.is_flip_averaged:
            outputs = _average(outputs, _mirror(self(images.flip(3))))
        predictions = _side_by_side(outputs.points)
        scores = predictions.centers.sigmoid()
        if predictions.qualities is not None:
            scores = (scores * predictions.qualities.sigmoid()).sqrt()
        exam = None
        if outputs.exam is not None:
            exam = outputs.exam.float().softmax(dim=1)[:, ExamClass.LUNG_OPACITY]
            scores = scores * exam[:, None] ** self.preset.exam_gate
        boxes = decode_boxes(predictions.points, predictions.distances.clamp_min(0))
        return Proposals(boxes, scores, predictions.points.levels, exam)

    def select(self, proposals: Proposals, image_size: tuple[int, int]) -> list[Prediction]:
        """Reduce the proposals of each image, of the given height and width, to its detections."""
        results = []
        for index, (boxes, scores) in enumerate(self.select_boxes(proposals, image_size)):
            if proposals.exam is not None:
                exam_score = proposals.exam[index].item()
            else:
                exam_score = scores[0].item() if len(scores) else 0.0
            results.append(Prediction(boxes, scores, exam_score))
        return results

    def select_boxes(
        self, proposals: Proposals, image_size: tuple[int, int]
    ) -> list[tuple[Tensor, Tensor]]:
        """Give the boxes ``[M, 4]`` and scores ``[M]`` of :meth:`select` for each image."""
        preset = self.preset
        boxes, scores, levels, _ = proposals
        best = top_points_per_level(scores, levels, CANDIDATES_PER_LEVEL)
        return [
            select_boxes(
                boxes[index, candidates],
                scores[index, candidates],
                levels[candidates],
                image_size=image_size,
                score_threshold=preset.score_threshold,
                nms_iou=preset.nms_iou,
                max_detections=preset.max_detections,
                level_selection=preset.level_selection,
            )
            for index, candidates in enumerate(best)
        ]

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
    """Lay the levels side by side in single precision, whatever the network computed in."""
    sizes = [(level.shape[2], level.shape[3]) for level in outputs.centers]

    def flatten(levels: Sequence[Tensor]) -> Tensor:
        return torch.cat([level.flatten(2).transpose(1, 2) for level in levels], dim=1).float()

    return _PointPredictions(
        grid_points(sizes, STRIDES, outputs.centers[0].device),
        flatten(outputs.centers).squeeze(2),
        flatten(outputs.distances),
        None if outputs.qualities is None else flatten(outputs.qualities).squeeze(2),
    )


def _iou_of_distances(first: Tensor, second: Tensor) -> Tensor:
    """IoU ``[N]`` of boxes given by distances ``[N, 4]`` from the same points."""
    signs = first.new_tensor([-1.0, -1.0, 1.0, 1.0])
    return pairwise_iou((first * signs)[:, None], (second * signs)[:, None])[:, 0, 0]
