"""How well the exam score tells exams with pneumonia from those without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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

    def totals(self, weights: NDArray[np.float64]) -> ExamTotals:
        """Count and sum over the exams that score at least each threshold.

        Parameters
        ----------
        weights
            ``[B, E]`` how often each exam is counted, in B draws, in the exams' own order.
        """
        drawn = weights.take(self.order, axis=1)

        def running(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.cumsum(values, axis=1).take(self.last, axis=1)

        return ExamTotals(
            exams=running(drawn),
            positives=running(drawn * self.is_positive),
            score_sum=running(drawn * self.score),
        )


@dataclass(frozen=True, eq=False, slots=True)
class ExamTotals:
    """The exams that score at least each of G thresholds, the highest first, in B draws.

    Attributes
    ----------
    exams, positives
        ``[B, G]`` how many they are, and how many of them have pneumonia.
    score_sum
        ``[B, G]`` sum of their scores.
    """

    exams: NDArray[np.float64]
    positives: NDArray[np.float64]
    score_sum: NDArray[np.float64]


def area_under_roc(totals: ExamTotals) -> NDArray[np.float64]:
    """Probability that a positive exam scores above a negative one, ties counting one half.

    Returns
    -------
    ``[B]``; NaN where a draw lacks positive or negative exams.
    """
    negatives = totals.exams - totals.positives
    heights = totals.positives - np.diff(totals.positives, prepend=0) / 2
    area = np.sum(np.diff(negatives, prepend=0) * heights, axis=1)
    return ratio(area, totals.positives[:, -1] * negatives[:, -1])


def area_under_precision_recall(totals: ExamTotals) -> NDArray[np.float64]:
    """Mean precision at the positive exams, each at the threshold of its own score.

    A sum of steps: straight lines between points would promise more than a threshold can give
    (Davis and Goadrich, ICML 2006).

    Returns
    -------
    ``[B]``; NaN where a draw lacks positive or negative exams.
    """
    positives, exams = totals.positives, totals.exams
    area = np.sum(np.diff(positives, prepend=0) * positives / np.maximum(exams, 1), axis=1)
    has_negatives = positives[:, -1] < exams[:, -1]
    return np.where(has_negatives, ratio(area, positives[:, -1]), np.nan)
