"""All measures of a detector on a set of exams, with intervals.

Average precision, areas and recalls are the paper's (Wu et al., Sci Rep 14:1929, 2024), who report
AP, AP_M, AP_L, AR10, AR_M and AR_L at IoU 0.5 with COCO's areas at 512 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from training.evaluation.average_precision import average_precision, recall
from training.evaluation.challenge import challenge_scores, mean_score
from training.evaluation.exam import Exam
from training.evaluation.intervals import patient_draws, percentile_interval
from training.evaluation.matching import Criterion, match_exams
from training.evaluation.measures import MEASURES, Estimate, Evaluation
from training.evaluation.ranking import area_under_roc

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


class EvaluationCancelled(Exception):  # noqa: N818 - an outcome, not an error
    """The caller asked to stop."""


def evaluate(
    exams: Sequence[Exam],
    *,
    threshold: float = 0.0,
    resamples: int = 0,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Evaluation:
    """Measure how well the detections of the exams agree with their truth.

    Parameters
    ----------
    exams
        In an order that does not depend on the scores: it breaks ties between equal ones.
    threshold
        Least score of the boxes that enter the challenge metric, which judges a submission and not
        a ranking. To be chosen on other exams.
    resamples
        Draws of patients for the 95 % intervals; 0 for none, 2,000 for a report.
    seed
        Of the draws.
    cancelled
        Asked between blocks of draws.

    Raises
    ------
    EvaluationCancelled
        ``cancelled`` returned True.
    ValueError
        Two exams have the same ``image_id``.
    """
    if len({exam.image_id for exam in exams}) < len(exams):
        raise ValueError("two exams have the same image_id")
    measure = _Measurement(exams, threshold)
    values = measure(np.ones((1, len(exams))))
    patients = [exam.patient for exam in exams]
    blocks = []
    if len(set(patients)) > 1:
        for weights in patient_draws(patients, resamples, seed):
            if cancelled():
                raise EvaluationCancelled
            blocks.append(measure(weights))
    draws = np.concatenate(blocks, axis=2) if blocks else np.empty((*values.shape[:2], 0))

    def estimates(part: int) -> dict[str, Estimate]:
        return {
            name: Estimate(None)
            if np.isnan(value := values[part, place, 0])
            else Estimate(float(value), percentile_interval(draws[part, place]))
            for place, name in enumerate(MEASURES)
        }

    return Evaluation(
        exam_count=len(exams),
        positive_count=sum(exam.is_positive for exam in exams),
        patient_count=len(set(patients)),
        truth_count=sum(len(exam.truth) for exam in exams),
        detection_count=sum(len(exam.boxes) for exam in exams),
        threshold=threshold,
        resamples=resamples,
        seed=seed,
        positives=estimates(0),
        all_exams=estimates(1),
    )


class _Measurement:
    """The measures of fixed exams as a function of how often each is counted."""

    def __init__(self, exams: Sequence[Exam], threshold: float) -> None:
        self._exams = exams
        self._is_positive = np.array([exam.is_positive for exam in exams], dtype=np.float64)
        self._matches = match_exams(exams, CRITERIA)
        self._challenge = challenge_scores(self._matches, slice(CHALLENGE_IOUS), threshold)

    def __call__(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``[2, measures, B]`` for weights ``[B, E]``: positive exams only, then all."""
        parts = (weights * self._is_positive, weights)
        return np.array([list(self._measures(part).values()) for part in parts])

    def _measures(self, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        def precision(criterion: int) -> NDArray[np.float64]:
            return average_precision(self._matches, criterion, weights)

        def recall_of(criterion: int) -> NDArray[np.float64]:
            return recall(self._matches, criterion, weights, RECALL_DETECTIONS)

        by_iou = {place: precision(place) for place in (0, *range(IOU_50, len(IOUS)))}
        coco = [by_iou[place] for place in range(IOU_50, len(IOUS))]
        values = {
            "AP50": by_iou[IOU_50],
            "AP75": by_iou[IOU_75],
            "AP50:95": np.mean(coco, axis=0),
            "AP40": by_iou[0],
            "AR10": recall_of(IOU_50),
            "Challenge": mean_score(self._challenge, weights),
            "AUROC": area_under_roc(self._exams, weights),
        }
        for name, criterion in AREA_CRITERIA.items():
            values[f"AP_{name}"] = precision(criterion)
            values[f"AR_{name}"] = recall_of(criterion)
        return {name: values[name] for name in MEASURES}
