"""All measures of a detector on a set of exams, with intervals.

Average precision, areas and recalls are the paper's (Wu et al., Sci Rep 14:1929, 2024), who report
AP, AP_M, AP_L, AR10, AR_M and AR_L at IoU 0.5 with COCO's areas at 512 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.model_card import OperatingPoint
from training.evaluation.exam import Exam
from training.evaluation.intervals import bootstrap, percentile_interval
from training.evaluation.measurement import Measurement
from training.evaluation.measures import MEASURES, AtOperatingPoint, Estimate, Evaluation
from training.evaluation.operating_points import OPERATING_FIGURES, operating_ratios
from training.evaluation.ratio import ratio


def evaluate(
    exams: Sequence[Exam],
    *,
    threshold: float = 0.0,
    operating_points: Sequence[OperatingPoint] = (),
    resamples: int = 0,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
    workers: int | None = None,
) -> Evaluation:
    """Measure how well the detections of the exams agree with their truth.

    Parameters
    ----------
    exams
        In an order that does not depend on the scores: it breaks ties between equal ones.
    threshold
        Least score of the boxes that enter the challenge metric, which judges a submission and not
        a ranking. To be chosen on other exams.
    operating_points
        Chosen on other exams by `training.evaluation.operating_points.choose_operating_points`.
    resamples
        Draws of patients for the 95 % intervals; 0 for none, 2,000 for a report.
    seed
        Of the draws.
    cancelled
        Asked between blocks of draws.
    workers
        Threads that measure draws, one for each processor by default; no figure depends on them.

    Raises
    ------
    EvaluationCancelled
        ``cancelled`` returned True.
    ValueError
        Two exams have the same ``image_id``.
    """
    if len({exam.image_id for exam in exams}) < len(exams):
        raise ValueError("two exams have the same image_id")
    measurement = Measurement(exams, threshold)
    numerators, denominators = operating_ratios(exams, [p.threshold for p in operating_points])

    def measure(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        at_points = ratio(numerators @ weights.T, denominators @ weights.T)
        return np.concatenate([*measurement(weights), *at_points])

    values = measure(np.ones((1, len(exams))))[:, 0]
    patients = [exam.patient for exam in exams]
    draws = bootstrap(measure, patients, resamples, seed, cancelled=cancelled, workers=workers)
    estimates = map(_estimate, values, draws)
    return Evaluation(
        exam_count=len(exams),
        positive_count=sum(exam.is_positive for exam in exams),
        patient_count=len(set(patients)),
        truth_count=sum(len(exam.truth) for exam in exams),
        detection_count=sum(len(exam.boxes) for exam in exams),
        threshold=threshold,
        resamples=resamples,
        seed=seed,
        positives={name: next(estimates) for name in MEASURES},
        all_exams={name: next(estimates) for name in MEASURES},
        operating_points=tuple(
            AtOperatingPoint(
                point.name,
                point.threshold,
                point.measured_on,
                **{figure: next(estimates) for figure in OPERATING_FIGURES},
            )
            for point in operating_points
        ),
    )


def _estimate(value: float, draws: NDArray[np.float64]) -> Estimate:
    return Estimate(None) if np.isnan(value) else Estimate(float(value), percentile_interval(draws))
