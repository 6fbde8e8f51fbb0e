"""The measures of fixed exams as a function of how often each is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.average_precision import average_precision, found_boxes
from training.evaluation.calibration import brier_score, calibration_error
from training.evaluation.challenge import challenge_scores
from training.evaluation.exam import Exam
from training.evaluation.exam_level import (
    ExamScores,
    area_under_precision_recall,
    area_under_roc,
)
from training.evaluation.froc import Froc
from training.evaluation.matching import Criterion, Matches, match_exams
from training.evaluation.measures import EXAM_MEASURES, FROC_RATES, MEASURES
from training.evaluation.ratio import ratio
from training.evaluation.running_totals import HitCurves

RECALL_DETECTIONS = 10
CHALLENGE_IOUS = 8
IOUS = (0.4, 0.45, *np.linspace(0.5, 0.95, 10).tolist())
AREAS = {
    "M": (32.0**2, 96.0**2),
    "L": (96.0**2, 1e10),
    # Thirds of the RSNA boxes: 45,989 and 89,256 px² at 1024, a quarter of that at 512.
    "T1": (0.0, 45_989 / 4),
    "T2": (45_989 / 4, 89_256 / 4),
    "T3": (89_256 / 4, 1e10),
}
CRITERIA = (
    *(Criterion(iou) for iou in IOUS),
    *(Criterion(0.5, smallest, largest) for smallest, largest in AREAS.values()),
)
AREA_CRITERIA = {name: len(IOUS) + place for place, name in enumerate(AREAS)}
IOU_50, IOU_75 = IOUS.index(0.5), IOUS.index(0.75)


class Measurement:
    """All measures of a set of exams; called with draws, by several threads if need be."""

    def __init__(self, exams: Sequence[Exam], threshold: float = 0.0) -> None:
        matches = match_exams(exams, CRITERIA)
        self._is_positive = np.array([exam.is_positive for exam in exams], dtype=np.bool_)
        self._positives = _BoxMeasurement(matches.of_exams(self._is_positive), threshold)
        self._everyone = _BoxMeasurement(matches, threshold)
        self._exam_scores = ExamScores.of(exams)

    def __call__(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give ``[2, measures, B]`` for weights ``[B, E]``: positive exams only, then all."""
        positives = self._positives(np.compress(self._is_positive, weights, axis=1))
        everyone = self._everyone(weights) | self._exam_measures(weights)
        missing = np.full(len(weights), np.nan)
        return np.array(
            [[part.get(name, missing) for name in MEASURES] for part in (positives, everyone)]
        )

    def _exam_measures(self, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        scores = self._exam_scores
        if scores is None:
            return dict.fromkeys(EXAM_MEASURES, np.full(len(weights), np.nan))
        return {
            "AUROC": area_under_roc(scores, weights),
            "AUPRC": area_under_precision_recall(scores, weights),
            "ECE": calibration_error(scores, weights),
            "Brier": brier_score(scores, weights),
        }


class _BoxMeasurement:
    """The measures of the boxes, of all exams of the matches."""

    def __init__(self, matches: Matches, threshold: float) -> None:
        self._hit_curves = HitCurves(matches)
        self._froc = Froc(matches, IOU_50)
        challenge = challenge_scores(matches, slice(CHALLENGE_IOUS), threshold)
        self._ratios: dict[str, tuple[NDArray[Any], NDArray[Any]]] = {
            "Challenge": (np.nan_to_num(challenge), ~np.isnan(challenge))
        }
        for name, criterion in (("AR10", IOU_50), *_of_areas("AR")):
            found = found_boxes(matches, criterion, RECALL_DETECTIONS)
            self._ratios[name] = (found, matches.truth_count[criterion])

    def __call__(self, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Give ``[B]`` for each measure."""
        precision = {
            criterion: average_precision(curve) for criterion, curve in self._hit_curves(weights)
        }
        froc = self._froc(weights)
        return {
            "AP50": precision[IOU_50],
            "AP75": precision[IOU_75],
            "AP50:95": np.mean([precision[place] for place in range(IOU_50, len(IOUS))], axis=0),
            "AP40": precision[0],
            **{name: precision[criterion] for name, criterion in _of_areas("AP")},
            "FROC": froc.mean(axis=0),
            **dict(zip(FROC_RATES, froc, strict=True)),
            **{
                name: ratio(weights @ numerator, weights @ denominator)
                for name, (numerator, denominator) in self._ratios.items()
            },
        }


def _of_areas(kind: str) -> list[tuple[str, int]]:
    return [(f"{kind}_{name}", criterion) for name, criterion in AREA_CRITERIA.items()]
