"""From points and distances to boxes, and from many boxes to few. Pure functions on tensors.

Boxes are x0 y0 x1 y1 in network pixels. Point p of a level with stride s lies in the middle of its
cell: x = (column + 0.5) s. Distances l t r b are in strides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.ops import batched_nms, box_iou, clip_boxes_to_image, nms

from detector.presets import STRIDES, LevelSelection

CANDIDATES_PER_LEVEL = 300
"""Points of one level that enter NMS at most."""
LARGEST_LOG_RATIO = math.log(256)
"""Of a side to its anchor's: 2,048 px at stride 8, which no input reaches."""


class Points(NamedTuple):
    """The points of all levels, level after level, row after row.

    Attributes
    ----------
    centers
        ``[P, 2]`` float x y in network pixels.
    strides
        ``[P]`` float, of the point's level.
    levels
        ``[P]`` int64, index of the level from 0.
    """

    centers: Tensor
    strides: Tensor
    levels: Tensor


def grid_points(
    sizes: Sequence[tuple[int, int]], strides: Sequence[int], device: torch.device | None = None
) -> Points:
    """Lay out the points of feature maps with the given (height, width) and strides."""
    centers, point_strides, levels = [], [], []
    for level, ((height, width), stride) in enumerate(zip(sizes, strides, strict=True)):
        rows, columns = torch.meshgrid(
            torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij"
        )
        centers.append((torch.stack([columns, rows], dim=-1).reshape(-1, 2) + 0.5) * stride)
        point_strides.append(centers[-1].new_full((height * width,), stride))
        levels.append(torch.full((height * width,), level, device=device))
    return Points(torch.cat(centers), torch.cat(point_strides), torch.cat(levels))


def encode_distances(points: Points, boxes: Tensor) -> Tensor:
    """Distances l t r b in strides from each point to the edges of its box, ``[..., P, 4]``.

    The inverse of :func:`decode_boxes`. A point outside its box has negative distances.
    """
    to_corner = points.centers - boxes[..., :2]
    from_corner = boxes[..., 2:] - points.centers
    return torch.cat([to_corner, from_corner], dim=-1) / points.strides[:, None]


def decode_boxes(points: Points, distances: Tensor) -> Tensor:
    """Boxes ``[..., P, 4]`` that lie at the given distances (in strides) around each point."""
    pixels = distances * points.strides[:, None]
    return torch.cat([points.centers - pixels[..., :2], points.centers + pixels[..., 2:]], dim=-1)


def cell_boxes(points: Points) -> Tensor:
    """The cell ``[P, 4]`` of each point: a square whose side is the stride."""
    half = points.strides[:, None] / 2
    return torch.cat([points.centers - half, points.centers + half], dim=-1)


def encode_deltas(anchors: Tensor, boxes: Tensor) -> Tensor:
    """Offset and size of boxes ``[..., 4]`` relative to their anchors, ``[..., 4]``.

    The offset of the centres in sides of the anchor, x y, and the logarithm of the ratio of sides
    (Girshick et al., CVPR 2014, appendix C). The inverse of :func:`decode_deltas`.
    """
    anchor_sides = anchors[..., 2:] - anchors[..., :2]
    sides = boxes[..., 2:] - boxes[..., :2]
    middles = boxes[..., :2] + sides / 2
    offsets = (middles - anchors[..., :2]) / anchor_sides - 0.5
    return torch.cat([offsets, (sides / anchor_sides).log()], dim=-1)


def decode_deltas(anchors: Tensor, deltas: Tensor) -> Tensor:
    """Boxes ``[..., 4]`` that lie at deltas from their anchors.

    Logarithms are cut at :data:`LARGEST_LOG_RATIO`.
    """
    anchor_sides = anchors[..., 2:] - anchors[..., :2]
    middles = anchors[..., :2] + (deltas[..., :2] + 0.5) * anchor_sides
    half = anchor_sides * deltas[..., 2:].clamp_max(LARGEST_LOG_RATIO).exp() / 2
    return torch.cat([middles - half, middles + half], dim=-1)


def top_points_per_level(scores: Tensor, levels: Tensor, count: int) -> Tensor:
    """Indices ``[B, K]`` of the ``count`` best points of each level for scores ``[B, P]``."""
    return top_points(scores, levels.bincount().tolist(), count)


def top_points(scores: Tensor, level_sizes: Sequence[int], count: int) -> Tensor:
    """As :func:`top_points_per_level`, for levels of the given numbers of points."""
    indices = []
    start = 0
    for size in level_sizes:
        level_scores = scores[:, start : start + size]
        indices.append(level_scores.topk(min(count, size), dim=1).indices + start)
        start += size
    return torch.cat(indices, dim=1)


def retain_largest_stride(
    boxes: Tensor, scores: Tensor, levels: Tensor, iou_threshold: float
) -> tuple[Tensor, Tensor]:
    """Merge boxes of different levels, as the paper does: "the largest stride ... is retained".

    Boxes of different levels with IoU ≥ ``iou_threshold`` form a cluster around the box of the
    largest stride, which survives with the cluster's best score. A box that touches two clusters
    belongs to the one that it overlaps most. Boxes of one level are never merged.

    Parameters
    ----------
    boxes, scores, levels
        ``[N, 4]``, ``[N]`` and ``[N]``, already without duplicates within each level.

    Returns
    -------
    boxes, scores
        The survivors, in no particular order.
    """
    kept_boxes, kept_scores = boxes[:0], scores[:0]
    for level in reversed(range(len(STRIDES))):
        level_boxes, level_scores = boxes[levels == level], scores[levels == level]
        is_new = torch.ones_like(level_scores, dtype=torch.bool)
        if len(kept_boxes):
            overlap, owner = box_iou(level_boxes, kept_boxes).max(dim=1)
            is_new = overlap < iou_threshold
            kept_scores = kept_scores.scatter_reduce(
                0, owner[~is_new], level_scores[~is_new], reduce="amax"
            )
        kept_boxes = torch.cat([kept_boxes, level_boxes[is_new]])
        kept_scores = torch.cat([kept_scores, level_scores[is_new]])
    return kept_boxes, kept_scores


def select_boxes(
    boxes: Tensor,
    scores: Tensor,
    levels: Tensor,
    *,
    image_size: tuple[int, int],
    score_threshold: float,
    nms_iou: float,
    max_detections: int,
    level_selection: LevelSelection,
    voting_iou: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Reduce the candidates of one image to its detections.

    Parameters
    ----------
    boxes, scores, levels
        ``[N, 4]``, ``[N]`` and ``[N]``: the candidates and the level of each.
    image_size
        Height and width to which boxes are clipped; those without area left are dropped.
    voting_iou
        As for :func:`vote`, or None where each survivor stays as it is.

    Returns
    -------
    boxes, scores
        ``[M, 4]`` and ``[M]``, scores descending, M ≤ ``max_detections``.
    """
    boxes = clip_boxes_to_image(boxes, image_size)
    has_area = (boxes[:, 2:] > boxes[:, :2]).all(dim=1)
    is_candidate = has_area & (scores >= score_threshold)
    boxes, scores, levels = boxes[is_candidate], scores[is_candidate], levels[is_candidate]
    candidates, candidate_scores = boxes, scores
    if level_selection == "largest_stride":
        kept = batched_nms(boxes, scores, levels, nms_iou)
        boxes, scores = retain_largest_stride(boxes[kept], scores[kept], levels[kept], nms_iou)
        kept = scores.argsort(descending=True, stable=True)
    else:
        kept = nms(boxes, scores, nms_iou)  # best score first
    kept = kept[:max_detections]
    boxes, scores = boxes[kept], scores[kept]
    if voting_iou is not None:
        boxes = vote(box_iou(boxes, candidates), candidates, candidate_scores, voting_iou)
        boxes = clip_boxes_to_image(boxes, image_size)  # a mean may round to beyond the edge
    return boxes, scores


def vote(iou: Tensor, candidates: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Move each survivor of NMS to the mean of the candidates around it, weighted by their scores.

    Where readers disagree about the edge of an opacity, so do the points inside it; their mean is
    nearer to the truth than the box of the best one ("box voting", Gidaris & Komodakis, ICCV 2015).

    Parameters
    ----------
    iou
        ``[M, N]`` of survivors and candidates.
    candidates, scores
        ``[N, 4]`` and ``[N]``, scores above 0.
    threshold
        Least IoU of a candidate with the survivor that it votes for, below 1: a survivor, which is
        one of the candidates, votes for itself.

    Returns
    -------
    Tensor
        ``[M, 4]``.
    """
    weights = torch.where(iou >= threshold, scores, 0.0)
    return weights @ candidates / weights.sum(dim=1, keepdim=True)


def pick_boxes(
    boxes: Tensor,
    scores: Tensor,
    *,
    score_threshold: float,
    nms_iou: float,
    max_detections: int,
    voting_iou: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Greedy NMS over a whole batch without a shape that depends on data, as CUDA graphs need.

    The best remaining box is taken, and what overlaps it with an IoU above ``nms_iou`` dropped,
    ``max_detections`` times over: what :func:`select_boxes` gives for ``level_selection="score"``.

    Parameters
    ----------
    boxes, scores
        ``[B, N, 4]``, inside the image, and ``[B, N]``.

    Returns
    -------
    boxes, scores
        ``[B, max_detections, 4]`` and ``[B, max_detections]``, scores descending; a score of -1
        stands where no box was left.
    """
    extents = boxes[..., 2:] - boxes[..., :2]
    areas = extents.prod(dim=2)
    is_candidate = (extents > 0).all(dim=2) & (scores >= score_threshold)
    scores = torch.where(is_candidate, scores, -1.0)
    votes = scores.clamp_min(0)
    picked_boxes, picked_scores = [], []
    for _ in range(max_detections):
        score, index = scores.max(dim=1, keepdim=True)
        box = boxes.gather(1, index[..., None].expand(-1, -1, 4))
        corner = torch.maximum(boxes[..., :2], box[..., :2])
        overlap = (torch.minimum(boxes[..., 2:], box[..., 2:]) - corner).clamp_min(0).prod(dim=2)
        iou = overlap / (areas + areas.gather(1, index) - overlap)
        scores = torch.where(iou > nms_iou, -1.0, scores).scatter(1, index, -1.0)
        if voting_iou is not None:
            weights = torch.where(iou >= voting_iou, votes, 0.0)[:, None]
            box = weights @ boxes / weights.sum(dim=2, keepdim=True).clamp_min(1e-9)
        picked_boxes.append(box)
        picked_scores.append(score)
    return torch.cat(picked_boxes, dim=1), torch.cat(picked_scores, dim=1)
