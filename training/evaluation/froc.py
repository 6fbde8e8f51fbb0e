"""Free-response receiver operating characteristic: sensitivity against false positives per image.

Every exam counts as an image, with or without pneumonia. A box is a hit under the rules of average
precision (IoU 0.5 unless said otherwise). The curve is that of ``monai.metrics`` (CAMELYON 16): one
point for each score that occurs, straight lines between them, constant beyond the last. What
differs there is the hit itself: MONAI asks whether the centre of a detection lies in a lesion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.exam import Exam
from training.evaluation.matching import Criterion, Matches, last_of_equal_scores, match_exams
from training.evaluation.measures import FROC_RATES
from training.evaluation.ratio import ratio
from training.evaluation.running_totals import RunningTotal


@dataclass(frozen=True, eq=False, slots=True)
class FrocCurve:
    """Sensitivity and false positives per image of the boxes that score at least each threshold.

    Attributes
    ----------
    iou
        Least IoU of a hit.
    thresholds
        ``[P]`` infinity, then every score that a box has, highest first.
    false_positives
        ``[P]`` per image, ascending from 0.
    sensitivity
        ``[P]`` share of the true boxes that are hit; NaN where there is none.
    """

    iou: float
    thresholds: NDArray[np.float64]
    false_positives: NDArray[np.float64]
    sensitivity: NDArray[np.float64]


def froc_curve(exams: Sequence[Exam], iou: float = 0.5) -> FrocCurve:
    """The whole curve, for plotting and for reading off what a threshold does.

    Raises
    ------
    ValueError
        There is no exam.
    """
    if not exams:
        raise ValueError("false positives per image of no image")
    matches = match_exams(exams, [Criterion(iou)])
    last = last_of_equal_scores(matches.score)
    hits = np.append(0, np.cumsum(matches.is_hit[0])[last])
    detections = np.append(0, last + 1)
    return FrocCurve(
        iou=iou,
        thresholds=np.append(np.inf, matches.score[last]),
        false_positives=(detections - hits) / len(exams),
        sensitivity=ratio(hits, matches.truth_count.sum()),
    )


class Froc:
    """Sensitivity at `FROC_RATES` for one criterion without area range, as a function of the draw.

    Between two scores that hits have, the curve is level; so it is known from the ends of those
    scores' runs and from what stands just before them.
    """

    def __init__(self, matches: Matches, criterion: int) -> None:
        exams = matches.truth_count.shape[1]
        self._truth_count = matches.truth_count[criterion]
        last = last_of_equal_scores(matches.score)
        run = np.unique(np.searchsorted(last, np.flatnonzero(matches.is_hit[criterion])))
        before = np.append(-1, last)[run]
        end = np.array([len(matches.score) - 1], dtype=np.intp)
        places = np.unique(np.concatenate([before, last[run], end]))
        places = places[places >= 0]
        self._hits = RunningTotal(matches.exam, matches.is_hit[criterion], places, exams)
        self._misses = RunningTotal(matches.exam, matches.is_miss[criterion], places, exams)

    def __call__(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give ``[rates, B]`` for ``[B, E]`` how often each exam is counted.

        NaN where a draw has no true box.
        """
        origin = np.zeros((len(weights), 1))
        misses = np.hstack([origin, self._misses(weights)])
        hits = np.hstack([origin, self._hits(weights)])
        allowed = weights.sum(axis=1)[:, None] * list(FROC_RATES.values())
        found = np.array([np.interp(*draw) for draw in zip(allowed, misses, hits, strict=True)])
        return ratio(found.reshape(-1, len(FROC_RATES)).T, weights @ self._truth_count)
