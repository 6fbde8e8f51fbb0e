"""Average precision and recall of matched detections, equal to pycocotools."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from training.evaluation.matching import Matches
from training.evaluation.ratio import ratio

RECALLS = np.linspace(0.0, 1.0, 101)
"""The recalls at which COCO reads the precision."""


def average_precision(
    matches: Matches, criterion: int, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean over 101 recalls of the best precision at that recall or a higher one.

    Precision falls from one hit to the next only by the misses between them, so that the curve is
    known from its hits alone: misses are counted by exam and by the hit that they precede, and one
    sparse product gives the curves of all draws.

    Parameters
    ----------
    criterion
        Index of the criterion.
    weights
        ``[B, E]`` how often each exam is counted, in B draws: a row of ones gives COCO's figure.

    Returns
    -------
    ``[B]``; NaN where a draw has no true box.
    """
    hits = np.flatnonzero(matches.is_hit[criterion])
    misses = np.flatnonzero(matches.is_miss[criterion])
    next_hit = np.searchsorted(hits, misses)
    misses, next_hit = misses[next_hit < len(hits)], next_hit[next_hit < len(hits)]
    misses_before_hit = csr_array(
        (np.ones(len(misses)), (matches.exam[misses], next_hit)),
        shape=(weights.shape[1], len(hits)),
    )
    true_positives = np.cumsum(weights[:, matches.exam[hits]], axis=1)
    false_positives = np.cumsum(weights @ misses_before_hit, axis=1)
    precision = true_positives / (true_positives + false_positives + np.spacing(1.0))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    beyond_last_hit = np.zeros((len(weights), 1))
    envelope = np.concatenate([envelope, beyond_last_hit], axis=1)
    result = np.full(len(weights), np.nan)
    for draw, truth_count in enumerate(weights @ matches.truth_count[criterion]):
        if truth_count > 0:
            recall = true_positives[draw] / truth_count
            result[draw] = envelope[draw, np.searchsorted(recall, RECALLS, side="left")].mean()
    return result


def recall(
    matches: Matches, criterion: int, weights: NDArray[np.float64], max_detections: int
) -> NDArray[np.float64]:
    """Share of the true boxes that the best ``max_detections`` of each exam hit.

    Parameters and returned values are those of `average_precision`.
    """
    counted = matches.is_hit[criterion] & (matches.rank < max_detections)
    found = np.bincount(matches.exam[counted], minlength=weights.shape[1])
    return ratio(weights @ found, weights @ matches.truth_count[criterion])
