"""Which detections hit which true boxes, as COCO decides it.

The rules are those of pycocotools' ``COCOeval.evaluateImg``; the code works on all exams at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.exam import Exam

REFERENCE_SIDE = 512
"""Areas are measured after the longer side of the image is brought to this many pixels."""

MAX_DETECTIONS = 100
"""Only the best detections of an exam count (COCO's last ``maxDets``)."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """When a detection is a hit, and which boxes are looked at.

    Attributes
    ----------
    iou
        Least intersection over union of a hit.
    smallest, largest
        Area of the boxes that count, in square pixels at ``REFERENCE_SIDE``, both included.
    """

    iou: float
    smallest: float = 0.0
    largest: float = 1e10


@dataclass(frozen=True, eq=False, slots=True)
class Matches:
    """The detections of E exams under C criteria, D in all, best score first.

    Equal scores keep the order of the exams and, within one, of its boxes.

    Attributes
    ----------
    exam
        ``[D]`` index of the exam.
    score
        ``[D]``, descending.
    rank
        ``[D]`` place within the exam, from 0.
    is_hit
        ``[C, D]`` hits a true box that counts.
    is_miss
        ``[C, D]`` hits nothing and counts. What is neither is ignored: it hits a true box outside
        the area range, or hits nothing and is itself outside it.
    truth_count
        ``[C, E]`` true boxes that count.
    """

    exam: NDArray[np.intp]
    score: NDArray[np.float64]
    rank: NDArray[np.intp]
    is_hit: NDArray[np.bool_]
    is_miss: NDArray[np.bool_]
    truth_count: NDArray[np.int64]

    def of_exams(self, is_kept: NDArray[np.bool_]) -> Matches:
        """The matches of some exams only, ``[E]`` bool; exams are numbered anew."""
        kept = is_kept[self.exam]
        return Matches(
            exam=(np.cumsum(is_kept) - 1)[self.exam[kept]],
            score=self.score[kept],
            rank=self.rank[kept],
            is_hit=self.is_hit[:, kept],
            is_miss=self.is_miss[:, kept],
            truth_count=self.truth_count[:, is_kept],
        )


def last_of_equal_scores(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Places in sorted scores at which a run of equal ones ends."""
    return np.flatnonzero(np.append(scores[1:] != scores[:-1], np.full(len(scores[:1]), True)))


def intersection_over_union(
    boxes: NDArray[np.floating], others: NDArray[np.floating]
) -> NDArray[np.float64]:
    """IoU of every box with every other, ``[..., M, 4]`` and ``[..., N, 4]`` to ``[..., M, N]``.

    Boxes without common area have IoU 0, also where both have no area at all.
    """
    a = boxes[..., :, None, :].astype(np.float64)
    b = others[..., None, :, :].astype(np.float64)
    extent = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    common: NDArray[np.float64] = np.prod(np.maximum(extent, 0), axis=-1)
    union = _areas(a) + _areas(b) - common
    result = np.zeros_like(common)
    np.divide(common, union, out=result, where=common > 0)
    return result


def match_exams(exams: Sequence[Exam], criteria: Sequence[Criterion]) -> Matches:
    """Match the detections of each exam with its true boxes.

    Detections take their turn from the best score down. Each takes the free true box that it
    overlaps most, if their IoU reaches the criterion's; true boxes within the area range come
    first, and of equal overlaps the later box is taken.
    """
    detection_counts = np.array([min(len(e.scores), MAX_DETECTIONS) for e in exams], dtype=np.intp)
    orders = [np.argsort(-exam.scores, kind="stable")[:MAX_DETECTIONS] for exam in exams]
    boxes, is_box = _padded([exam.boxes[order] for exam, order in zip(exams, orders, strict=True)])
    truth, is_truth = _padded([exam.truth for exam in exams])
    scale = np.array([REFERENCE_SIDE / max(exam.width, exam.height) for exam in exams])
    smallest = np.array([criterion.smallest for criterion in criteria])[:, None]
    largest = np.array([criterion.largest for criterion in criteria])[:, None]

    def is_outside(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
        areas = (_areas(boxes) * scale[:, None] ** 2)[:, None, :]
        outside: NDArray[np.bool_] = (areas < smallest) | (areas > largest)
        return outside

    truth_ignored = is_outside(truth)
    hit, hit_ignored = _match(
        intersection_over_union(boxes, truth),
        np.array([min(criterion.iou, 1 - 1e-10) for criterion in criteria]),
        detection_counts,
        is_truth,
        truth_ignored,
    )
    is_miss = ~hit & ~is_outside(boxes)
    scores = [exam.scores[order] for exam, order in zip(exams, orders, strict=True)]
    score = np.concatenate([np.empty(0), *scores])
    exam_index, rank = np.nonzero(is_box)
    by_score = np.argsort(-score, kind="stable")
    flat = exam_index[by_score], rank[by_score]
    return Matches(
        exam=flat[0],
        score=score[by_score],
        rank=flat[1],
        is_hit=(hit & ~hit_ignored).transpose(1, 0, 2)[:, *flat],
        is_miss=is_miss.transpose(1, 0, 2)[:, *flat],
        truth_count=np.sum(is_truth[:, None, :] & ~truth_ignored, axis=2).T,
    )


def _match(
    iou: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    detection_counts: NDArray[np.intp],
    is_truth: NDArray[np.bool_],
    truth_ignored: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Match rank by rank, for all E exams and C criteria at once.

    Parameters
    ----------
    iou
        ``[E, M, N]`` with padding.
    truth_ignored
        ``[E, C, N]``.

    Returns
    -------
    Two ``[E, C, M]``: whether the detection hits a true box, and whether that is an ignored one.
    """
    exams, detections, truths = iou.shape
    hit = np.zeros((exams, len(thresholds), detections), dtype=np.bool_)
    hit_ignored = np.zeros_like(hit)
    if truths == 0:
        return hit, hit_ignored
    free = np.broadcast_to(is_truth[:, None, :], truth_ignored.shape).copy()
    for rank in range(detections):
        rows = np.flatnonzero(detection_counts > rank)
        overlap = iou[rows, rank][:, None, :]
        candidate = free[rows] & (overlap >= thresholds[:, None])
        preferred = candidate & ~truth_ignored[rows]
        allowed = np.where(preferred.any(axis=2, keepdims=True), preferred, candidate)
        value = np.where(allowed, overlap, -1.0)
        best = truths - 1 - np.argmax(value[..., ::-1], axis=2)[..., None]
        found = np.take_along_axis(allowed, best, axis=2)
        hit[rows, :, rank] = found[..., 0]
        ignored = np.take_along_axis(truth_ignored[rows], best, axis=2)
        hit_ignored[rows, :, rank] = (found & ignored)[..., 0]
        taken = free[rows]
        still_free = np.take_along_axis(taken, best, axis=2) & ~found
        np.put_along_axis(taken, best, still_free, axis=2)
        free[rows] = taken
    return hit, hit_ignored


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _padded(
    lists: Sequence[NDArray[np.floating]],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Stack lists of boxes to ``[E, longest, 4]``, and say which are real: ``[E, longest]``."""
    counts = np.array([len(boxes) for boxes in lists], dtype=np.intp)
    is_real = np.arange(counts.max(initial=0)) < counts[:, None]
    stacked = np.zeros((*is_real.shape, 4))
    stacked[is_real] = np.concatenate([np.empty((0, 4)), *lists])
    return stacked, is_real
