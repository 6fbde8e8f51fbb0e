"""How well the exam score tells exams with pneumonia from those without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.exam import Exam
from training.evaluation.matching import last_of_equal_scores
from training.evaluation.ratio import ratio


@dataclass(frozen=True, eq=False, slots=True)
class ExamScores:
    """The exam scores of E exams in order, the highest first.

    Attributes
    ----------
    order
        ``[E]`` the exams by score.
    score, is_positive
        ``[E]`` in that order.
    last
        ``[G]`` places at which a run of equal scores ends: no threshold parts a run.
    """

    order: NDArray[np.intp]
    score: NDArray[np.float64]
    is_positive: NDArray[np.bool_]
    last: NDArray[np.intp]

    @classmethod
    def of(cls, exams: Sequence[Exam]) -> ExamScores | None:
        """Sort the scores of the exams; None where an exam has none, or there is no exam."""
        given = [exam.exam_score for exam in exams if exam.exam_score is not None]
        if not exams or len(given) < len(exams):
            return None
        scores = np.array(given, dtype=np.float64)
        order = np.argsort(-scores, kind="stable")
        is_positive = np.array([exam.is_positive for exam in exams])
        return cls(order, scores[order], is_positive[order], last_of_equal_scores(scores[order]))

    def totals(self, weights: NDArray[np.float64], values: NDArray[Any]) -> NDArray[np.float64]:
        """Sum ``[E]`` sorted values over the exams that score at least each threshold.

        Parameters
        ----------
        weights
            ``[B, E]`` how often each exam is counted, in B draws, in the exams' own order.

        Returns
        -------
        ``[B, G]``
        """
        sums = np.cumsum(weights.take(self.order, axis=1) * values, axis=1)
        return sums.take(self.last, axis=1)


def area_under_roc(scores: ExamScores, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that a positive exam scores above a negative one, ties counting one half.

    Returns
    -------
    ``[B]`` for ``[B, E]`` weights; NaN where a draw lacks positive or negative exams.
    """
    positives = scores.totals(weights, scores.is_positive)
    negatives = scores.totals(weights, ~scores.is_positive)
    steps = np.diff(negatives, prepend=0)
    heights = positives - np.diff(positives, prepend=0) / 2
    return ratio(np.sum(steps * heights, axis=1), positives[:, -1] * negatives[:, -1])


def area_under_precision_recall(
    scores: ExamScores, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean precision at the positive exams, each at the threshold of its own score.

    A sum of steps: straight lines between points would promise more than a threshold can give
    (Davis and Goadrich, ICML 2006).

    Returns
    -------
    ``[B]`` for ``[B, E]`` weights; NaN where a draw lacks positive or negative exams.
    """
    positives = scores.totals(weights, scores.is_positive)
    called = scores.totals(weights, np.ones(len(scores.order)))
    area = np.sum(np.diff(positives, prepend=0) * positives / np.maximum(called, 1), axis=1)
    has_both = (positives[:, -1] > 0) & (positives[:, -1] < called[:, -1])
    return np.where(has_both, ratio(area, positives[:, -1]), np.nan)
