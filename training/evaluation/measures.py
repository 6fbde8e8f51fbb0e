"""What is measured, and the figures of one evaluation. Needs nothing but the standard library."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BOX_MEASURES: Mapping[str, str] = {
    "AP50": "average precision at IoU 0.5",
    "AP75": "average precision at IoU 0.75",
    "AP50:95": "average precision, mean over IoU 0.50 to 0.95",
    "AP40": "average precision at IoU 0.4",
    "AP_M": "AP50 of medium boxes, 32² to 96² px at 512",
    "AP_L": "AP50 of large boxes, over 96² px at 512",
    "AR10": "recall at IoU 0.5 of the best ten boxes of an exam",
    "AR_M": "the same of medium boxes",
    "AR_L": "the same of large boxes",
    "AP_T1": "AP50 of the smallest third of the RSNA boxes",
    "AP_T2": "AP50 of the middle third",
    "AP_T3": "AP50 of the largest third",
    "AR_T1": "recall of the smallest third",
    "AR_T2": "recall of the middle third",
    "AR_T3": "recall of the largest third",
    "Challenge": "RSNA challenge metric, IoU 0.40 to 0.75",
    "FROC": "mean sensitivity at 1/8 to 8 false positives per image, IoU 0.5",
}
FROC_RATES: Mapping[str, float] = {
    "FROC_1/8": 1 / 8,
    "FROC_1/4": 1 / 4,
    "FROC_1/2": 1 / 2,
    "FROC_1": 1.0,
    "FROC_2": 2.0,
    "FROC_4": 4.0,
    "FROC_8": 8.0,
}
"""False positives per image at which the sensitivity is measured."""

EXAM_MEASURES: Mapping[str, str] = {
    "AUROC": "exams with pneumonia told from those without",
    "AUPRC": "the same as mean precision; chance gives the share of exams with pneumonia",
    "ECE": "expected calibration error of the exam score, ten bins of equal mass; 0 is best",
    "Brier": "mean squared error of the exam score; 0 is best",
}
MEASURES: Mapping[str, str] = {
    **BOX_MEASURES,
    **{
        name: f"sensitivity at {name.removeprefix('FROC_')} false positives per image, IoU 0.5"
        for name in FROC_RATES
    },
    **EXAM_MEASURES,
}
"""Every measure and what it is, in the order in which they are shown. All lie in [0, 1]."""

LOWER_IS_BETTER = frozenset({"ECE", "Brier"})

MISSING = "–"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One measure.

    Attributes
    ----------
    value
        In [0, 1], or None where the exams do not define it (no true box of that size, say).
    interval
        Ends of the 95 % interval, or None where none was asked for.
    """

    value: float | None
    interval: tuple[float, float] | None = None

    def __str__(self) -> str:
        """In percent, such as ``43.1 (35.0–51.2)``."""
        if self.value is None:
            return MISSING
        text = f"{100 * self.value:.1f}"
        if self.interval is None:
            return text
        low, high = self.interval
        return f"{text} ({100 * low:.1f}–{100 * high:.1f})"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` finds.

    Attributes
    ----------
    exam_count, positive_count, patient_count, truth_count, detection_count
        What was evaluated; positive exams are those with a true box.
    threshold
        Least score of the boxes that enter the challenge metric; the other measures use all.
    resamples, seed
        Of the intervals.
    positives
        The measures of `MEASURES` over positive exams only, as the paper reports them. Those of
        `EXAM_MEASURES` are missing here.
    all_exams
        The measures over all exams.
    """

    exam_count: int
    positive_count: int
    patient_count: int
    truth_count: int
    detection_count: int
    threshold: float
    resamples: int
    seed: int
    positives: Mapping[str, Estimate]
    all_exams: Mapping[str, Estimate]

    def as_json(self) -> dict[str, Any]:
        """Return numbers, texts and None only, for ``json.dump``."""
        return dataclasses.asdict(self)
