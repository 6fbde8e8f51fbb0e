"""The metric of the RSNA Pneumonia Detection Challenge (Kaggle, 2018)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.evaluation.matching import Matches
from training.evaluation.ratio import ratio


def challenge_scores(matches: Matches, criteria: slice, threshold: float) -> NDArray[np.float64]:
    """Score of each exam: mean over the criteria of TP / (TP + FP + FN).

    An exam with neither true nor detected boxes has no score; one with detections only scores 0.
    The metric is the mean of the exams that have a score.

    Parameters
    ----------
    criteria
        Those of the IoU thresholds 0.40, 0.45 … 0.75 without area range.
    threshold
        Detections with a lower score are not submitted.

    Returns
    -------
    ``[E]``, NaN for an exam without score.
    """
    truth_count = matches.truth_count[criteria]
    submitted = matches.score >= threshold
    exam = matches.exam[submitted]
    exams = truth_count.shape[1]
    hits = np.array(
        [
            np.bincount(exam, weights=is_hit[submitted], minlength=exams)
            for is_hit in matches.is_hit[criteria]
        ]
    )
    detections = np.bincount(exam, minlength=exams)
    # TP + FP + FN = detections + true boxes − hits
    union = detections + truth_count - hits
    return np.asarray(ratio(hits, union).mean(axis=0))
