"""Whether exam scores mean what they say: of exams scored 0.3, three in ten have pneumonia."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.exam import Exam
from training.evaluation.exam_level import ExamScores, ExamTotals

BINS = 10
"""Bins of equal mass: exam scores crowd near 0, so that bins of equal width would leave most with
a handful of exams, whose chance deviations the expected calibration error adds up (Nixon et al.,
CVPR Workshops 2019)."""


LEAST_SLOPE = 0.01
"""Calibration keeps the order of exams, even of a detector whose scores fall with pneumonia."""


def fit_calibration(exams: Sequence[Exam]) -> tuple[float, float]:
    """Fit slope and offset of the log-odds at which exam scores mean what they say.

    Maximum likelihood with Platt's targets, (N₊ + 1) / (N₊ + 2) and 1 / (N₋ + 2), which keep a
    perfectly parted set finite (Platt, Advances in Large Margin Classifiers, 1999).

    Parameters
    ----------
    exams
        That the network was not trained on, each with a score in (0, 1); at least one.
    """
    # The window imports this module and never fits: scipy.optimize takes 0.2 s.
    from scipy.optimize import minimize
    from scipy.special import logit

    scores = np.array([exam.exam_score for exam in exams], dtype=np.float64)
    are_positive = np.array([exam.is_positive for exam in exams])
    odds = logit(np.clip(scores, 1e-6, 1 - 1e-6))
    positives = int(are_positive.sum())
    negatives = len(exams) - positives
    targets = np.where(are_positive, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(parameters: NDArray[np.float64]) -> float:
        turned = parameters[0] * odds + parameters[1]
        return float((np.logaddexp(0, turned) - targets * turned).mean())

    fit = minimize(loss, (1.0, 0.0), bounds=((LEAST_SLOPE, None), (None, None)))
    return float(fit.x[0]), float(fit.x[1])


def squared_errors(exams: Sequence[Exam]) -> NDArray[np.float64]:
    """Squared difference of score and truth, ``[E]``, whose mean is Brier's score (1950)."""
    return np.array(
        [
            np.nan if exam.exam_score is None else (exam.exam_score - exam.is_positive) ** 2
            for exam in exams
        ]
    )


def calibration_error(totals: ExamTotals) -> NDArray[np.float64]:
    """Expected calibration error: mean over `BINS` of |mean score − share of positive exams|.

    Bins hold equal numbers of the exams of each draw; equal scores stay together.

    Returns
    -------
    ``[B]``
    """
    excess = totals.score_sum - totals.positives
    result = np.full(len(excess), np.nan)
    for draw, exams in enumerate(totals.exams):
        of_bins = np.diff(excess[draw, _bin_ends(exams)], prepend=0)
        result[draw] = np.abs(of_bins).sum() / exams[-1]
    return result


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Exams of about the same score.

    Attributes
    ----------
    lowest, highest
        Of their scores.
    exam_count, positive_count
        How many they are, and how many of them have pneumonia.
    mean_score, positive_share
        Equal where the scores are calibrated.
    """

    lowest: float
    highest: float
    exam_count: int
    positive_count: int
    mean_score: float
    positive_share: float


def reliability_table(exams: Sequence[Exam]) -> tuple[ReliabilityBin, ...]:
    """The bins of the calibration error, lowest scores first; none where an exam has no score."""
    scores = ExamScores.of(exams)
    if scores is None:
        return ()
    ends = scores.last[np.unique(_bin_ends(scores.last + 1))] + 1
    table = []
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        score, positive = scores.score[start:end], scores.is_positive[start:end]
        table.append(
            ReliabilityBin(
                lowest=float(score[-1]),
                highest=float(score[0]),
                exam_count=len(score),
                positive_count=int(positive.sum()),
                mean_score=float(score.mean()),
                positive_share=float(positive.mean()),
            )
        )
    return tuple(reversed(table))


def _bin_ends(counts: NDArray[Any]) -> NDArray[np.intp]:
    """Runs of equal scores at which the bins end, from the running count of exams ``[G]``."""
    wanted = np.arange(1, BINS + 1) * counts[-1]
    ends: NDArray[np.intp] = np.searchsorted(BINS * counts, wanted)
    return ends
