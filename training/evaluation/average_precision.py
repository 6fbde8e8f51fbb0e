"""Average precision and recall of matched detections, equal to pycocotools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.exam import Exam
from training.evaluation.matching import Criterion, Matches, last_of_equal_scores, match_exams
from training.evaluation.running_totals import HitCurve

RECALLS = np.linspace(0.0, 1.0, 101)
"""The recalls at which COCO reads the precision."""


def average_precision(curve: HitCurve) -> NDArray[np.float64]:
    """Mean over 101 recalls of the best precision at that recall or a higher one.

    Precision falls from one hit to the next only by the misses between them, so that the curve is
    known from its hits alone.

    Returns
    -------
    ``[B]``; NaN where a draw has no true box.
    """
    draws = len(curve.truth_count)
    precision = curve.true_positives / np.maximum(curve.detections, 1)
    envelope = np.zeros((draws, precision.shape[1] + 1))  # nothing beyond the last hit
    envelope[:, -2::-1] = np.maximum.accumulate(precision[:, ::-1], axis=1)
    result = np.full(draws, np.nan)
    for draw, truth_count in enumerate(curve.truth_count):
        if truth_count > 0:
            recalls = curve.true_positives[draw] / truth_count
            result[draw] = envelope[draw, np.searchsorted(recalls, RECALLS, side="left")].mean()
    return result


def found_boxes(matches: Matches, criterion: int, max_detections: int) -> NDArray[np.intp]:
    """Number of true boxes that the best ``max_detections`` of each exam hit, ``[E]``.

    Their sum, divided by that of ``matches.truth_count``, is COCO's recall.
    """
    counted = matches.is_hit[criterion] & (matches.rank < max_detections)
    return np.bincount(matches.exam[counted], minlength=matches.truth_count.shape[1])


@dataclass(frozen=True, eq=False, slots=True)
class PrecisionRecallCurve:
    """Precision and recall of the boxes that score at least each threshold.

    Attributes
    ----------
    iou
        Least IoU of a hit.
    thresholds
        ``[P]`` every score that a box has, highest first.
    recall, precision
        ``[P]``; recall is NaN where there is no true box.
    """

    iou: float
    thresholds: NDArray[np.float64]
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]


def precision_recall_curve(exams: Sequence[Exam], iou: float = 0.5) -> PrecisionRecallCurve:
    """Precision against recall over all boxes of the exams, for plotting."""
    matches = match_exams(exams, [Criterion(iou)])
    last = last_of_equal_scores(matches.score)
    hits = np.cumsum(matches.is_hit[0])[last]
    truth_count = int(matches.truth_count.sum())
    return PrecisionRecallCurve(
        iou=iou,
        thresholds=matches.score[last],
        recall=hits / truth_count if truth_count else np.full(len(last), np.nan),
        precision=hits / (last + 1),
    )
