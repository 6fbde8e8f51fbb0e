"""Whether exam scores mean what they say: of exams scored 0.3, three in ten have pneumonia."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.exam import Exam
from training.evaluation.exam_level import ExamScores
from training.evaluation.ratio import ratio

BINS = 10
"""Bins of equal mass: exam scores crowd near 0, so that bins of equal width would leave most with
a handful of exams, whose chance deviations the expected calibration error adds up (Nixon et al.,
CVPR Workshops 2019)."""


def brier_score(scores: ExamScores, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean squared difference of score and truth (Brier 1950), ``[B]`` for ``[B, E]`` weights."""
    squares = (scores.score - scores.is_positive) ** 2
    return ratio(weights.take(scores.order, axis=1) @ squares, weights.sum(axis=1))


def calibration_error(scores: ExamScores, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected calibration error: mean over `BINS` of |mean score − share of positive exams|.

    Bins hold equal numbers of the exams of each draw; equal scores stay together.

    Returns
    -------
    ``[B]`` for ``[B, E]`` weights.
    """
    counts = scores.totals(weights, np.ones(len(scores.order)))
    excess = scores.totals(weights, scores.score - scores.is_positive)
    result = np.full(len(weights), np.nan)
    for draw, (count, sums) in enumerate(zip(counts, excess, strict=True)):
        of_bins = np.diff(sums[_bin_ends(count)], prepend=0)
        result[draw] = np.abs(of_bins).sum() / count[-1]
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
