"""Whether one system is better than another on the same exams."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.exam import Exam
from training.evaluation.intervals import bootstrap, percentile_interval
from training.evaluation.measurement import Measurement
from training.evaluation.measures import MEASURES, MISSING
from training.evaluation.operating_points import OPERATING_FIGURES, operating_ratios
from training.evaluation.ratio import ratio


@dataclass(frozen=True, slots=True)
class Difference:
    """The first system's measure less the second's.

    Attributes
    ----------
    value
        None where the exams do not define the measure.
    interval
        Ends of its 95 % interval, or None without draws.
    share_above
        Share of the draws in which the first system is ahead, ties counting one half.
    p_value
        Two-sided: twice the smaller share of draws on one side of 0, those at 0 counted on both,
        with one added to draws and share so that it is never 0 (Davison and Hinkley 1997, 4.4).
    """

    value: float | None
    interval: tuple[float, float] | None = None
    share_above: float | None = None
    p_value: float | None = None

    def __str__(self) -> str:
        """In percent, such as ``+2.1 (−0.4 to +4.6)``."""
        if self.value is None:
            return MISSING
        text = _signed(self.value)
        if self.interval is None:
            return text
        low, high = self.interval
        return f"{text} ({_signed(low)} to {_signed(high)})"


def paired_difference(
    first: Sequence[Exam],
    second: Sequence[Exam],
    resamples: int,
    seed: int = 0,
    *,
    threshold: float = 0.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Mapping[str, Difference]:
    """Compare two systems on the same draws of the same patients.

    What both find hard or easy cancels out, so that intervals are narrower than those of the two
    systems suggest.

    Parameters
    ----------
    first, second
        The same exams, in the same order, with what each system found. Give positive exams only
        for the figures that the paper reports.
    threshold, cancelled
        As for `training.evaluation.report.evaluate`.

    Returns
    -------
    The difference of each of `MEASURES`.

    Raises
    ------
    ValueError
        The exams, their patients or their truth are not the same.
    EvaluationCancelled
        ``cancelled`` returned True.
    """
    _require_same(first, second)
    one, other = Measurement(first, threshold), Measurement(second, threshold)

    def differences(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        everyone = 1
        result: NDArray[np.float64] = one(weights)[everyone] - other(weights)[everyone]
        return result

    values = differences(np.ones((1, len(first))))[:, 0]
    patients = [exam.patient for exam in first]
    draws = bootstrap(differences, patients, resamples, seed, cancelled=cancelled)
    return {name: _judge(values[place], draws[place]) for place, name in enumerate(MEASURES)}


def paired_operating_difference(
    first: Sequence[Exam],
    second: Sequence[Exam],
    thresholds: tuple[float, float],
    resamples: int,
    seed: int = 0,
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> Mapping[str, Difference]:
    """Compare two systems, each at a threshold of its own, on the same draws of the same patients.

    Returns
    -------
    The difference of each of `OPERATING_FIGURES`; that of the false positives is a number per
    image and not a share.

    Raises
    ------
    ValueError, EvaluationCancelled
        As for `paired_difference`.
    """
    _require_same(first, second)
    ratios = [
        operating_ratios(exams, [threshold])
        for exams, threshold in zip((first, second), thresholds, strict=True)
    ]

    def differences(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        one, other = (ratio(top[0] @ weights.T, below[0] @ weights.T) for top, below in ratios)
        return one - other

    values = differences(np.ones((1, len(first))))[:, 0]
    patients = [exam.patient for exam in first]
    draws = bootstrap(differences, patients, resamples, seed, cancelled=cancelled)
    return {
        figure: _judge(values[place], draws[place])
        for place, figure in enumerate(OPERATING_FIGURES)
    }


def _judge(value: float, draws: NDArray[np.float64]) -> Difference:
    if np.isnan(value):
        return Difference(None)
    known = draws[~np.isnan(draws)]
    if not len(known):
        return Difference(float(value))
    above, below = np.count_nonzero(known > 0), np.count_nonzero(known < 0)
    at_zero = len(known) - above - below
    tail = (min(above, below) + at_zero + 1) / (len(known) + 1)
    return Difference(
        value=float(value),
        interval=percentile_interval(known),
        share_above=(above + at_zero / 2) / len(known),
        p_value=min(1.0, 2 * tail),
    )


def _require_same(first: Sequence[Exam], second: Sequence[Exam]) -> None:
    if len(first) != len(second):
        raise ValueError(f"{len(first)} exams cannot be compared with {len(second)}")
    if len({exam.image_id for exam in first}) < len(first):
        raise ValueError("two exams have the same image_id")
    for one, other in zip(first, second, strict=True):
        if (one.image_id, one.patient) != (other.image_id, other.patient):
            raise ValueError(f"exam {one.image_id} stands where the other has {other.image_id}")
        if not np.array_equal(one.truth, other.truth):
            raise ValueError(f"exam {one.image_id} does not have the same truth in both")


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")
