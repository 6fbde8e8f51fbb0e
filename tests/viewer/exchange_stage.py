"""Reviews of the studies that ship, as they are handed out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from detector.detections import ModelIdentity
from detector.dicom.reading import read_identity
from pneumo_viewer.exchange.records import Review, ReviewedFinding, ReviewedImage
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict
from resources import DEMO_STUDIES

MODEL = ModelIdentity("compact", "2", "00112233aabbccdd", "compact")
FINDINGS = (
    ReviewedFinding(
        (100.5, 200.25, 400.75, 500.0), Verdict.ACCEPTED, 0.87, MODEL, stage=Stage.DETECTOR
    ),
    ReviewedFinding(
        (500.5, 200.25, 700.75, 500.0), Verdict.REJECTED, 0.42, MODEL, stage=Stage.TRUTH
    ),
    ReviewedFinding((90.5, 600.25, 300.75, 800.0), Verdict.CORRECTED, 0.375, MODEL),
    ReviewedFinding((600.0, 650.0, 700.0, 760.0), Verdict.UNDECIDED, 0.25, MODEL),
    ReviewedFinding((500.0, 600.0, 700.0, 800.0), Verdict.ADDED, stage=Stage.BLINDED),
)
COMMENT = "Verschattung; \"see\" <prior> & 'old'"
FULL = Review(
    reader="Dr. Müller",
    findings=FINDINGS,
    exam_verdict=ExamVerdict.PNEUMONIA,
    comment=COMMENT,
    exam_score=0.91,
    model=MODEL,
    is_complete=True,
    stage=Stage.TRUTH,
    exam_verdicts_by_stage={
        Stage.BLINDED: ExamVerdict.UNSURE,
        Stage.DETECTOR: ExamVerdict.PNEUMONIA,
    },
)
HEALTHY = Review(
    reader="Dr. Müller",
    exam_verdict=ExamVerdict.NO_PNEUMONIA,
    exam_score=0.0625,
    model=MODEL,
    is_complete=True,
)
UNFINISHED = replace(FULL, is_complete=False, comment="")


def demo_studies() -> list[Path]:
    return sorted(DEMO_STUDIES.glob("*.dcm"))


def reviewed(path: Path, review: Review = FULL) -> ReviewedImage:
    return ReviewedImage(read_identity(path), path, review)


def three_reviews() -> list[ReviewedImage]:
    """One with every kind of finding, one without any, and one that is not at its end."""
    reviews: Sequence[Review] = (FULL, HEALTHY, UNFINISHED)
    return [reviewed(*pair) for pair in zip(demo_studies(), reviews, strict=False)]
