"""How well exam scores tell exams with pneumonia from those without."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from training.evaluation.exam import Exam
from training.evaluation.ratio import ratio


def area_under_roc(exams: Sequence[Exam], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that a positive exam scores above a negative one, ties counting one half.

    This is the Mann-Whitney statistic divided by the number of pairs.

    Parameters
    ----------
    weights
        ``[B, E]`` how often each exam is counted, in B draws.

    Returns
    -------
    ``[B]``; NaN where a draw lacks positive or negative exams, or an exam has no score.
    """
    if not exams or any(exam.exam_score is None for exam in exams):
        return np.full(len(weights), np.nan)
    values, place = np.unique([exam.exam_score for exam in exams], return_inverse=True)
    positive = np.array([exam.is_positive for exam in exams])
    of_score = csr_array(
        (np.ones(len(exams)), (np.arange(len(exams)), place)), shape=(len(exams), len(values))
    )
    positives = (weights * positive) @ of_score
    negatives = (weights * ~positive) @ of_score
    negatives_below = np.cumsum(negatives, axis=1) - negatives
    won = np.sum(positives * (negatives_below + negatives / 2), axis=1)
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return ratio(won, pairs)
