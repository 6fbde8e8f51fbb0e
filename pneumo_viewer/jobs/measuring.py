"""Worker function that evaluates, so that thousands of resamples never hold the window."""

from __future__ import annotations

from collections.abc import Sequence

from training.evaluation.exam import Exam
from training.evaluation.measures import Evaluation
from training.evaluation.report import evaluate

RESAMPLES = 2000


def measure(exams: Sequence[Exam], threshold: float) -> Evaluation:
    """Evaluate with 95 % intervals from :data:`RESAMPLES` draws of patients."""
    return evaluate(exams, threshold=threshold, resamples=RESAMPLES)
