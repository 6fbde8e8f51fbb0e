"""Worker functions that evaluate, so that thousands of resamples never hold the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.evaluation.average_precision import PrecisionRecallCurve, precision_recall_curve
from training.evaluation.errors import ErrorTable, find_errors
from training.evaluation.exam import Exam
from training.evaluation.froc import FrocCurve, froc_curve
from training.evaluation.measures import Evaluation
from training.evaluation.paired import (
    Difference,
    paired_difference,
    paired_operating_difference,
)
from training.evaluation.report import evaluate
from training.evaluation.subgroups import Subgroup, evaluate_subgroups

RESAMPLES = 2000


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """All that is measured of a set of exams as a whole.

    Attributes
    ----------
    froc
        None where there is no exam.
    """

    evaluation: Evaluation
    precision_recall: PrecisionRecallCurve
    froc: FrocCurve | None
    errors: ErrorTable


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first side's figures less the second's.

    Attributes
    ----------
    exam_count
        Exams that both answered and whose truth is known.
    positives, all_exams
        Differences of the measures over exams with pneumonia, and over all.
    at_thresholds
        Differences of the operating figures, each side at its own threshold.
    """

    exam_count: int
    positives: Mapping[str, Difference]
    all_exams: Mapping[str, Difference]
    at_thresholds: Mapping[str, Difference]


def measure(exams: Sequence[Exam], threshold: float) -> Measured:
    """Evaluate with 95 % intervals from :data:`RESAMPLES` draws of patients."""
    return Measured(
        evaluate(exams, threshold=threshold, resamples=RESAMPLES),
        precision_recall_curve(exams),
        froc_curve(exams) if exams else None,
        find_errors(exams),
    )


def measure_subgroups(exams: Sequence[Exam], threshold: float) -> tuple[Subgroup, ...]:
    """Evaluate every view, sex and age band, with intervals."""
    return evaluate_subgroups(exams, threshold=threshold, resamples=RESAMPLES)


def list_errors(exams: Sequence[Exam]) -> ErrorTable:
    """Match the exams, for stepping from error to error without an evaluation."""
    return find_errors(exams)


def compare(
    first: Sequence[Exam], second: Sequence[Exam], thresholds: tuple[float, float]
) -> Comparison:
    """Compare two sides on the same exams, with 95 % intervals over the same draws."""
    positives = [[exam for exam in exams if exam.is_positive] for exams in (first, second)]
    return Comparison(
        len(first),
        paired_difference(positives[0], positives[1], RESAMPLES),
        paired_difference(first, second, RESAMPLES),
        paired_operating_difference(first, second, thresholds, RESAMPLES),
    )
