"""Which points learn which objects, for a whole batch at once. Pure functions on tensors.

Shapes: B images, G objects (padded), P points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from detector.decoding import Points


class Objects(NamedTuple):
    """The objects of a batch, padded to the same number.

    Attributes
    ----------
    boxes
        ``[B, G, 4]`` x0 y0 x1 y1 in network pixels, 0 where padded; G is at least 1.
    is_real
        ``[B, G]`` bool, False where padded.
    """

    boxes: Tensor
    is_real: Tensor


class Assignment(NamedTuple):
    """What every point learns.

    Attributes
    ----------
    objects
        ``[B, P]`` int64, the object of each point; 0 where ``scale_weight`` is 0.
    center_target
        ``[B, P]`` in [0, 1], what CENTER should say.
    scale_weight
        ``[B, P]``, how much SCALE learns there; 0 for background.
    """

    objects: Tensor
    center_target: Tensor
    scale_weight: Tensor


def pad_objects(boxes: Sequence[Tensor], device: torch.device | None = None) -> Objects:
    """Gather the boxes ``[N, 4]`` of each image into one padded tensor."""
    count = max(1, *(len(image_boxes) for image_boxes in boxes))
    padded = torch.zeros(len(boxes), count, 4)
    is_real = torch.zeros(len(boxes), count, dtype=torch.bool)
    for index, image_boxes in enumerate(boxes):
        padded[index, : len(image_boxes)] = image_boxes
        is_real[index, : len(image_boxes)] = True
    return Objects(padded.to(device), is_real.to(device))


def pairwise_iou(first: Tensor, second: Tensor) -> Tensor:
    """IoU ``[..., N, M]`` of boxes ``[..., N, 4]`` and ``[..., M, 4]``; 0 where both are empty."""
    corner = torch.maximum(first[..., :, None, :2], second[..., None, :, :2])
    opposite = torch.minimum(first[..., :, None, 2:], second[..., None, :, 2:])
    intersection = (opposite - corner).clamp_min(0).prod(dim=-1)
    areas = [(boxes[..., 2:] - boxes[..., :2]).prod(dim=-1) for boxes in (first, second)]
    union = areas[0][..., :, None] + areas[1][..., None, :] - intersection
    return intersection / union.clamp_min(torch.finfo(union.dtype).tiny)


def is_inside(points: Points, objects: Objects) -> Tensor:
    """Whether each point lies inside each real object, ``[B, G, P]``."""
    centers = points.centers
    after = centers > objects.boxes[..., None, :2]
    before = centers < objects.boxes[..., None, 2:]
    return (after & before).all(dim=-1) & objects.is_real[..., None]


def assign_task_aligned(
    points: Points,
    scores: Tensor,
    boxes: Tensor,
    objects: Objects,
    *,
    count: int = 13,
    alpha: float = 1.0,
    beta: float = 6.0,
) -> Assignment:
    """Give each object the points that already score and fit best.

    Task-aligned assignment of TOOD (Feng et al., ICCV 2021, section 3.2): alignment t = s^α u^β
    of score s and IoU u ranks the points inside an object; the best ``count`` are its own, and a
    point of several objects goes to the one that it overlaps most. Their target is t scaled so
    that the best of each object equals the object's largest IoU. An object that holds no point,
    smaller than the smallest stride, gets none.

    Parameters
    ----------
    points
        Of all levels.
    scores, boxes
        ``[B, P]`` in [0, 1] and ``[B, P, 4]``: the present predictions; no gradient flows here.
    objects
        The truth.
    """
    with torch.no_grad():
        iou = pairwise_iou(objects.boxes, boxes)
        is_candidate = is_inside(points, objects)
        alignment = scores[:, None] ** alpha * iou**beta * is_candidate
        best = alignment.topk(min(count, alignment.shape[-1]), dim=-1).indices
        is_chosen = torch.zeros_like(is_candidate).scatter(-1, best, True) & is_candidate
        owner = iou.masked_fill(~is_chosen, -1).argmax(dim=1)
        is_chosen &= owner[:, None] == torch.arange(iou.shape[1], device=iou.device)[:, None]
        alignment = alignment * is_chosen
        largest_alignment = alignment.amax(dim=-1, keepdim=True)
        largest_iou = (iou * is_chosen).amax(dim=-1, keepdim=True)
        tiny = torch.finfo(alignment.dtype).tiny
        target = (alignment / largest_alignment.clamp_min(tiny) * largest_iou).amax(dim=1)
        return Assignment(owner * is_chosen.any(dim=1), target, target)


def object_levels(boxes: Tensor, limits: Sequence[float]) -> Tensor:
    """Level of each box ``[..., 4]`` by max(l, t, r, b) at its centre, half its longer side.

    Level i holds m_{i−1} < max(l, t, r, b) < m_i; a size equal to a limit would fit two levels
    and goes to the larger stride.
    """
    size = (boxes[..., 2:] - boxes[..., :2]).amax(dim=-1) / 2
    return torch.bucketize(size, size.new_tensor(limits), right=True)


def cell_offsets(points: Points, objects: Objects) -> Tensor:
    """Cells from each object's centre cell to each point, ``[B, G, P, 2]`` x y, in its stride."""
    cells = (points.centers / points.strides[:, None]).floor()
    middles = (objects.boxes[..., :2] + objects.boxes[..., 2:]) / 2
    return cells - (middles[..., None, :] / points.strides[:, None]).floor()


def is_central(points: Points, objects: Objects, share: float) -> Tensor:
    """Whether each point lies in the middle of each real object, ``[B, G, P]``.

    The middle is the box shrunk about its centre to ``share`` of its sides, and the cell that holds
    the centre, so that a narrow object has a middle on every level.
    """
    sides = objects.boxes[..., 2:] - objects.boxes[..., :2]
    middles = objects.boxes[..., :2] + sides / 2
    distances = (points.centers - middles[..., None, :]).abs()
    is_shrunk = (distances <= share / 2 * sides[..., None, :]).all(dim=-1)
    is_center = (cell_offsets(points, objects) == 0).all(dim=-1)
    return (is_shrunk | is_center) & objects.is_real[..., None]


def smallest_object(objects: Objects, is_candidate: Tensor) -> Tensor:
    """Index ``[B, P]`` of the smallest object of each point; ``is_candidate`` is ``[B, G, P]``."""
    area = (objects.boxes[..., 2:] - objects.boxes[..., :2]).prod(dim=-1, keepdim=True)
    return area.expand(is_candidate.shape).masked_fill(~is_candidate, torch.inf).argmin(dim=1)


def boxes_of(objects: Objects, owner: Tensor) -> Tensor:
    """The box ``[B, P, 4]`` of each point's object, by its index ``[B, P]``."""
    return objects.boxes.gather(1, owner[..., None].expand(-1, -1, 4))


def assign_ranges(
    points: Points, objects: Objects, *, limits: Sequence[float], radius: int
) -> Assignment:
    """Give each object one level, there its centre cell, and the neighbours for SCALE.

    The paper's assignment: CENTER is 1 in the cell that holds the centre. SCALE learns there and
    in the cells within ``radius`` (columns and rows) whose points lie inside the box. A point of
    several objects learns the smallest.

    Parameters
    ----------
    points
        Of all levels.
    objects
        The truth.
    limits
        Sizes in pixels that part the levels, see :func:`object_levels`.
    radius
        In cells.
    """
    level = object_levels(objects.boxes, limits)
    is_level = (level[..., None] == points.levels) & objects.is_real[..., None]
    distance = cell_offsets(points, objects).abs().amax(dim=-1)
    is_center = is_level & (distance == 0)
    is_positive = is_center | (is_level & (distance <= radius) & is_inside(points, objects))
    owner = smallest_object(objects, is_positive)
    dtype = points.centers.dtype
    return Assignment(owner, is_center.any(dim=1).to(dtype), is_positive.any(dim=1).to(dtype))


def gaussian_closeness(points: Points, objects: Objects, *, limits: Sequence[float]) -> Tensor:
    """Closeness M ``[B, P]`` in [0, 1] to the nearest centre, 1 in the centre cell.

    The maximum over the objects of the point's level of a Gaussian over the box, 0 outside it
    (CSP, Liu et al., CVPR 2019, Eq. 2). For a side of k cells σ = 0.3 ((k − 1)/2 − 1) + 0.8.
    """
    level = object_levels(objects.boxes, limits)
    is_level = (level[..., None] == points.levels) & objects.is_real[..., None]
    offsets = cell_offsets(points, objects)
    sides = (objects.boxes[..., 2:] - objects.boxes[..., :2])[..., None, :]
    sigmas = 0.3 * ((sides / points.strides[:, None] - 1) / 2 - 1) + 0.8
    gaussian = (-(offsets**2) / (2 * sigmas**2)).sum(dim=-1).exp()
    is_center = (offsets == 0).all(dim=-1)
    return (gaussian * (is_level & (is_center | is_inside(points, objects)))).amax(dim=1)
