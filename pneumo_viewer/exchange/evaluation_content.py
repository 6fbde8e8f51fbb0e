"""What the report of an evaluation says. Images are named by their UIDs, never by people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.detections import ModelIdentity
from pneumo_viewer.jobs.measuring import Comparison, Measured
from training.evaluation.errors import BoxError
from training.evaluation.exam import Exam
from training.evaluation.subgroups import Subgroup


@dataclass(frozen=True, eq=False, slots=True)
class LabelledComparison:
    """A comparison with the names of its sides."""

    first: str
    second: str
    comparison: Comparison


@dataclass(frozen=True, eq=False, slots=True)
class ReportContent:
    """Everything that goes into the report and its tables.

    Attributes
    ----------
    threshold
        Boxes from this score on are shown in pictures and counted exam by exam.
    truth
        What counted as right, in words.
    left_out
        How many files were left out, by reason.
    errors
        The worst errors at the threshold.
    pictures
        By image id, ``[h, w]`` uint8 of the images of the errors, smaller than those.
    made_at
        Date and time, in words.
    """

    exams: tuple[Exam, ...]
    measured: Measured
    subgroups: tuple[Subgroup, ...]
    compared: LabelledComparison | None
    model: ModelIdentity
    threshold: float
    truth: str
    left_out: Mapping[str, int]
    errors: tuple[BoxError, ...]
    pictures: Mapping[str, NDArray[np.uint8]]
    made_at: str

    def exam(self, image_id: str) -> Exam:
        """The exam with this image."""
        return next(exam for exam in self.exams if exam.image_id == image_id)
