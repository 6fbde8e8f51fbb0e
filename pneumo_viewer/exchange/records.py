"""What is handed out of a review: one plain record an image, the same for every format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from detector.detections import ModelIdentity
from detector.radiograph import ImageIdentity
from pneumo_viewer.review.audit import Entry
from pneumo_viewer.review.blinding import Stage, payloads_by_stage
from pneumo_viewer.review.findings import Box, ExamVerdict, Verdict
from pneumo_viewer.review.images import IdentifiedImage
from pneumo_viewer.review.operations import SetExamVerdict, SetOwnBox, SetVerdict
from pneumo_viewer.review.reviewed import reviewed_boxes
from pneumo_viewer.review.session import ReviewSession

RESEARCH_USE_ONLY = "Research use only. Not a medical device."
OPACITY = "Opacity"
"""What every box of this program is said to be: DCM 112001."""

STANDING = frozenset({Verdict.ACCEPTED, Verdict.CORRECTED, Verdict.ADDED})
"""Verdicts on boxes that the reader stands by."""


@dataclass(frozen=True, slots=True)
class ReviewedFinding:
    """One box, where it comes from, and what the reader says of it.

    Attributes
    ----------
    box
        x0, y0, x1, y1 in continuous image pixels; the reader's where he corrected it.
    verdict
        The reader's.
    score
        The detector's, in [0, 1]; None where the reader drew the box.
    model
        The model that found it; None where the reader drew it.
    finding
        What it is, in the words of its code.
    stage
        How much of the image the reader had been shown when he said so; None where he has said
        nothing, or where that is unknown.
    """

    box: Box
    verdict: Verdict
    score: float | None = None
    model: ModelIdentity | None = None
    finding: str = OPACITY
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What one reader and one model say of one image.

    Attributes
    ----------
    reader
        The name that the reader chose; "" where it is unknown.
    findings
        Those at or above the threshold and those with a verdict.
    exam_verdict
        The reader's on the exam, or None.
    comment
        The reader's on the exam, or "".
    exam_score
        The model's probability of pneumonia, or None where it has not scored the image.
    model
        The model of the exam score.
    is_complete
        Whether the boxes that the reader stands by are known to be all that there are.
    stage
        How much of the image the reader has been shown by now.
    exam_verdicts_by_stage
        What the reader last said of the exam at each stage at which he said something.
    """

    reader: str = ""
    findings: tuple[ReviewedFinding, ...] = ()
    exam_verdict: ExamVerdict | None = None
    comment: str = ""
    exam_score: float | None = None
    model: ModelIdentity | None = None
    is_complete: bool = False
    stage: Stage = Stage.OPEN
    exam_verdicts_by_stage: Mapping[Stage, ExamVerdict] = field(default_factory=dict)

    @property
    def standing(self) -> tuple[ReviewedFinding, ...]:
        """The findings that the reader stands by."""
        return tuple(finding for finding in self.findings if finding.verdict in STANDING)

    @property
    def is_reviewed(self) -> bool:
        """Whether a reader has said anything of the image."""
        decided = any(finding.verdict is not Verdict.UNDECIDED for finding in self.findings)
        return decided or self.exam_verdict is not None or bool(self.comment)


@dataclass(frozen=True, slots=True)
class ReviewedImage:
    """An image and its review.

    Attributes
    ----------
    identity
        Of the image.
    path
        Of its file.
    review
        What is said of it.
    """

    identity: ImageIdentity
    path: Path
    review: Review = field(default_factory=Review)

    def clipped(self, box: Box) -> Box:
        """The part of a box that lies on the image, ``[0, columns] × [0, rows]``."""
        width, height = float(self.identity.columns), float(self.identity.rows)
        x0, y0, x1, y1 = box
        return (
            min(max(x0, 0.0), width),
            min(max(y0, 0.0), height),
            min(max(x1, 0.0), width),
            min(max(y1, 0.0), height),
        )


class FiledImage(IdentifiedImage, Protocol):
    """An open image and the file that it was read from."""

    @property
    def path(self) -> Path:
        """The file."""


def collect_reviews(
    images: Iterable[FiledImage], session: ReviewSession, trail: Iterable[Entry]
) -> list[ReviewedImage]:
    """Take out of the session what every export needs, for each image in the order given.

    Of an image that is hidden from the reader there is only what he himself said of it.

    Parameters
    ----------
    trail
        Tells what the reader said before and after each step of a blinded reading.
    """
    trail = tuple(trail)
    said = payloads_by_stage(trail, SetExamVerdict.kind)
    stages = _stages_of_findings(trail, session.reader)
    return [
        ReviewedImage(
            image.identity,
            image.path,
            replace(
                _review(image.identity.key, session, stages),
                exam_verdicts_by_stage={
                    stage: ExamVerdict(payload["verdict"])
                    for stage, payload in said.get((image.identity.key, session.reader), {}).items()
                    if payload["verdict"] is not None
                },
            ),
        )
        for image in images
    ]


def _stages_of_findings(trail: Iterable[Entry], reader: str) -> dict[tuple[str, str], Stage]:
    """The stage at which a reader last said something of each finding, by image key and id."""
    return {
        (entry.image, json.loads(entry.after)["finding"]): Stage(entry.stage)
        for entry in trail
        if entry.reader == reader and entry.operation in (SetVerdict.kind, SetOwnBox.kind)
    }


def _review(key: str, session: ReviewSession, stages: Mapping[tuple[str, str], Stage]) -> Review:
    detections = session.detections(key)
    return Review(
        reader=session.reader,
        findings=tuple(
            ReviewedFinding(
                finding.box,
                finding.verdict,
                finding.score,
                finding.model,
                stage=None
                if finding.verdict is Verdict.UNDECIDED
                else stages.get((key, finding.id)),
            )
            for finding in session.findings(key)
            if finding.reaches(session.threshold) or finding.verdict is not Verdict.UNDECIDED
        ),
        exam_verdict=session.exam_verdict(key),
        comment=session.comment(key),
        exam_score=None if detections is None else detections.exam_score,
        model=None if detections is None else detections.model,
        is_complete=reviewed_boxes(session, key) is not None,
        stage=session.stage(key),
    )
