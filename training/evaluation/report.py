"""All measures of a detector on a set of exams, with intervals.

Average precision, areas and recalls are the paper's (Wu et al., Sci Rep 14:1929, 2024), who report
AP, AP_M, AP_L, AR10, AR_M and AR_L at IoU 0.5 with COCO's areas at 512 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from training.evaluation.exam import Exam
from training.evaluation.intervals import bootstrap, percentile_interval
from training.evaluation.measurement import Measurement
from training.evaluation.measures import MEASURES, Estimate, Evaluation


def evaluate(
    exams: Sequence[Exam],
    *,
    threshold: float = 0.0,
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
    measure = Measurement(exams, threshold)
    values = measure(np.ones((1, len(exams))))
    patients = [exam.patient for exam in exams]
    draws = bootstrap(measure, patients, resamples, seed, cancelled=cancelled, workers=workers)

    def estimates(part: int) -> dict[str, Estimate]:
        return {
            name: estimate(values[part, place, 0], draws[part, place])
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


def estimate(value: float, draws: NDArray[np.float64]) -> Estimate:
    """A measure with the interval of its draws; missing where the value is NaN."""
    return Estimate(None) if np.isnan(value) else Estimate(float(value), percentile_interval(draws))
