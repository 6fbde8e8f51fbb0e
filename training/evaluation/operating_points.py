"""Named score thresholds: chosen on validation exams, applied to others.

Choosing gives `OperatingPoint` records, which say what they were chosen on; measuring takes such
records and has no way to choose. Nothing here does both, so that a threshold cannot be fitted to
the exams that it is judged on by leaving out an argument.

A threshold is one of box scores, as in the viewer: an exam counts as called where a box is shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.model_card import OperatingPoint
from training.evaluation.exam import Exam
from training.evaluation.froc import froc_curve
from training.evaluation.matching import Criterion, match_exams
from training.evaluation.ratio import ratio

OPERATING_IOU = 0.4
"""IoU at which a box counts as found at a threshold: the challenge's lowest."""

SENSITIVITY = 0.9
FALSE_POSITIVES = 1.0

OPERATING_FIGURES = ("sensitivity", "specificity", "box_sensitivity", "false_positives")
"""Of exams that show a box: with pneumonia, and without it showing none; share of the true boxes
that are hit at `OPERATING_IOU`; boxes that miss, per image."""


def choose_operating_points(
    validation: Sequence[Exam], described: str
) -> tuple[OperatingPoint, ...]:
    """Choose the operating points of a model card on exams that train and test leave alone.

    - ``sensitivity 0.9``: the highest threshold at which nine of ten exams with pneumonia show a
      box, wherever it lies;
    - ``1 false positive per image``: the lowest threshold at which boxes that miss at
      `OPERATING_IOU` are at most as many as exams.

    Parameters
    ----------
    validation
        Never the exams that the card's figures are measured on.
    described
        What they are, for the card: ``fold 3 of rsna``, say.

    Returns
    -------
    One record for each point that the detector reaches; what it reaches there stands in
    ``measured_on``.
    """
    thresholds: dict[str, float | None] = {
        f"sensitivity {SENSITIVITY:g}": _exam_sensitivity_threshold(validation),
        f"{FALSE_POSITIVES:g} false positive per image": _false_positive_threshold(validation),
    }
    return tuple(
        OperatingPoint(
            name=name,
            threshold=threshold,
            measured_on=f"{described}: {_reached(validation, threshold)}",
        )
        for name, threshold in thresholds.items()
        if threshold is not None
    )


def operating_ratios(
    exams: Sequence[Exam], thresholds: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the boxes from each threshold on do, exam by exam.

    Returns
    -------
    numerators, denominators
        ``[P, 4, E]`` for P thresholds and `OPERATING_FIGURES`; a figure is the sum over exams of
        the one, divided by that of the other.
    """
    matches = match_exams(exams, [Criterion(OPERATING_IOU)])
    positive = np.array([exam.is_positive for exam in exams], dtype=np.float64)
    shape = (len(thresholds), len(OPERATING_FIGURES), len(exams))
    numerators, denominators = np.zeros(shape), np.zeros(shape)
    denominators[:] = positive, 1 - positive, matches.truth_count[0], np.ones(len(exams))
    for point, threshold in enumerate(thresholds):
        shown = matches.score >= threshold
        hits = np.bincount(matches.exam[shown & matches.is_hit[0]], minlength=len(exams))
        misses = np.bincount(matches.exam[shown & matches.is_miss[0]], minlength=len(exams))
        is_called = hits + misses > 0
        numerators[point] = is_called * positive, ~is_called * (1 - positive), hits, misses
    return numerators, denominators


def _exam_sensitivity_threshold(validation: Sequence[Exam]) -> float | None:
    best = sorted(float(exam.scores.max(initial=-1)) for exam in validation if exam.is_positive)
    needed = math.ceil(SENSITIVITY * len(best) - 1e-9)
    threshold = best[-needed] if best else -1.0
    return None if threshold < 0 else threshold


def _false_positive_threshold(validation: Sequence[Exam]) -> float | None:
    if not validation:
        return None
    curve = froc_curve(validation, OPERATING_IOU)
    last = int(np.searchsorted(curve.false_positives, FALSE_POSITIVES, side="right")) - 1
    threshold = float(curve.thresholds[last])
    return threshold if math.isfinite(threshold) else None


def _reached(exams: Sequence[Exam], threshold: float) -> str:
    numerators, denominators = operating_ratios(exams, [threshold])
    figures = ratio(numerators[0].sum(axis=1), denominators[0].sum(axis=1))
    *shares, false_positives = figures.tolist()
    sensitivity, specificity, box_sensitivity = (
        "undefined" if math.isnan(share) else f"{100 * share:.1f} %" for share in shares
    )
    return (
        f"{len(exams)} exams, {sum(exam.is_positive for exam in exams)} positive; exam sensitivity "
        f"{sensitivity}, specificity {specificity}; box sensitivity at IoU {OPERATING_IOU:g} "
        f"{box_sensitivity}, {false_positives:.2f} false positives per image"
    )
