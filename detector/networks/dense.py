"""What all detectors share that score a box at every point: from grids to few boxes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from detector.decoding import (
    CANDIDATES_PER_LEVEL,
    Points,
    grid_points,
    select_boxes,
    top_points_per_level,
)
from detector.networks.protocol import DetectionNetwork, Prediction


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
        ``[B]`` probability of Lung Opacity, or None where the best box's score stands for it.
    """

    boxes: Tensor
    scores: Tensor
    levels: Tensor
    exam: Tensor | None = None


def side_by_side(levels: Sequence[Tensor]) -> Tensor:
    """Lay grids ``[B, C, h, w]`` side by side as ``[B, P, C]``, in single precision.

    Losses and boxes are computed in it whatever the network computed in.
    """
    return torch.cat([level.flatten(2).transpose(1, 2) for level in levels], dim=1).float()


def points_of(levels: Sequence[Tensor], strides: Sequence[int]) -> Points:
    """The points of grids ``[B, C, h, w]`` in the order of :func:`side_by_side`."""
    sizes = [(level.shape[2], level.shape[3]) for level in levels]
    return grid_points(sizes, strides, levels[0].device)


class DenseDetector(DetectionNetwork):
    """A detector that scores a box at every point of its grids."""

    @abstractmethod
    def propose(self, images: Tensor) -> Proposals:
        """Score a box at every point: the dense part of inference, which can be exported.

        Parameters
        ----------
        images
            ``[B, 1, S, S]`` float in [0, 1]; S is a multiple of 32.
        """

    @torch.no_grad()
    def predict(self, images: Tensor) -> list[Prediction]:
        """Detect in every image of ``[B, 1, S, S]``; the network should be in eval mode.

        The exam's score is the proposals'; without one the best box's score, 0 if there is none.
        """
        return self.select(self.propose(images), (images.shape[2], images.shape[3]))

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
                voting_iou=preset.voting_iou,
            )
            for index, candidates in enumerate(best)
        ]
