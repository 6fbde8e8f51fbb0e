"""The same evaluation for every view, sex, age band and class.

A detector may have learnt the view instead of the disease: of the RSNA exams 38 % of the AP views,
taken in bed, show pneumonia, but 9 % of the PA views. Its AUROC over all exams is then high, and
low within each view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detector.model_card import OperatingPoint
from training.evaluation.exam import Exam
from training.evaluation.measures import Evaluation
from training.evaluation.report import evaluate

SMALL_GROUP = 50
"""Groups of fewer exams are marked: their figures say little, whatever their intervals."""

NOT_STATED = "not stated"

_AGE_BAND_STARTS = (0, 20, 40, 60, 80)
_OLDEST = 120


@dataclass(frozen=True, slots=True)
class Subgroup:
    """The exams that share a value of a trait, and how the detector does on them.

    Attributes
    ----------
    trait, value
        ``view`` and ``AP``, say.
    is_small
        Whether it has fewer than `SMALL_GROUP` exams.
    """

    trait: str
    value: str
    is_small: bool
    evaluation: Evaluation


def evaluate_subgroups(
    exams: Sequence[Exam],
    *,
    threshold: float = 0.0,
    operating_points: Sequence[OperatingPoint] = (),
    resamples: int = 0,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Subgroup, ...]:
    """Evaluate every group of exams that share a trait.

    Intervals are over the patients of the group. Other parameters are those of
    `training.evaluation.report.evaluate`.

    Returns
    -------
    For each trait that any exam states the groups by value; exams that do not state it form a
    group of their own.

    Raises
    ------
    EvaluationCancelled
        ``cancelled`` returned True.
    """
    subgroups = []
    for trait in dict.fromkeys(trait for exam in exams for trait in exam.traits):
        groups: dict[str, list[Exam]] = {}
        for exam in exams:
            groups.setdefault(exam.traits.get(trait, NOT_STATED), []).append(exam)
        for value in sorted(groups, key=lambda value: (value == NOT_STATED, value)):
            evaluation = evaluate(
                groups[value],
                threshold=threshold,
                operating_points=operating_points,
                resamples=resamples,
                seed=seed,
                cancelled=cancelled,
            )
            is_small = len(groups[value]) < SMALL_GROUP
            subgroups.append(Subgroup(trait, value, is_small, evaluation))
    return tuple(subgroups)


def age_band(years: int) -> str | None:
    """The band of twenty years, such as ``40–59``; None for an age that nobody has."""
    if not 0 <= years <= _OLDEST:
        return None
    start = max(first for first in _AGE_BAND_STARTS if first <= years)
    return f"{start}+" if start == _AGE_BAND_STARTS[-1] else f"{start}–{start + 19}"
