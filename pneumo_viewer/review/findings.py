"""One box on one image, and what the reader says of it and of the image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from time import time_ns

from detector.detections import Detections, ModelIdentity

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in continuous image pixels."""

_OWN = "own"


class Verdict(Enum):
    """A reader's verdict on one finding. The values are stored; do not rename them."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CORRECTED = "corrected"
    """Accepted with another box than the detector's."""
    ADDED = "added"
    """The reader's own box."""


class ExamVerdict(Enum):
    """A reader's verdict on a whole image. The values are stored; do not rename them."""

    PNEUMONIA = "pneumonia"
    NO_PNEUMONIA = "no pneumonia"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Finding:
    """A detector's box with the reader's verdict, or a box of the reader's own.

    Attributes
    ----------
    id
        Unique within the image: the model's fingerprint and the place of the box among its boxes,
        or `new_own_id`.
    box
        The reader's where he corrected or added it, else the detector's.
    score
        In [0, 1]; None for an own box.
    model
        The model that made the box; None for an own box.
    verdict
        The reader's verdict.
    original
        The detector's box where the reader corrected it.
    """

    id: str
    box: Box
    score: float | None
    model: ModelIdentity | None
    verdict: Verdict = Verdict.UNDECIDED
    original: Box | None = None

    @property
    def is_own(self) -> bool:
        """Whether the reader drew it and no detector."""
        return self.verdict is Verdict.ADDED

    @property
    def has_readers_box(self) -> bool:
        """Whether the reader added or corrected it."""
        return self.verdict in (Verdict.ADDED, Verdict.CORRECTED)

    def reaches(self, threshold: float) -> bool:
        """Whether it is shown at a threshold; own boxes always are."""
        return self.score is None or self.score >= threshold


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a reader says of a detector's finding: the verdict, and the box if corrected."""

    verdict: Verdict = Verdict.UNDECIDED
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class ImageReview:
    """Everything that one reader says of one image.

    Attributes
    ----------
    assessments
        By finding id, of every model's findings; what is undecided is missing.
    own_boxes
        By id, in the order in which they were added.
    verdict
        None where the reader has given none.
    comment
        Empty where there is none.
    """

    assessments: Mapping[str, Assessment] = field(default_factory=dict)
    own_boxes: Mapping[str, Box] = field(default_factory=dict)
    verdict: ExamVerdict | None = None
    comment: str = ""


def finding_id(fingerprint: str, index: int) -> str:
    """The id of a model's box number ``index``, counted from 0, best score first."""
    return f"{fingerprint}:{index}"


def parse_finding_id(finding: str) -> tuple[str, int]:
    """The model's fingerprint and the index of the box, from the id of a detector's finding."""
    fingerprint, _, index = finding.rpartition(":")
    return fingerprint, int(index)


def detected_findings(
    detections: Detections, assessments: Mapping[str, Assessment], count: int | None = None
) -> tuple[Finding, ...]:
    """The first ``count`` findings of a model, best score first, as a reader assessed them."""
    boxes, scores = detections.boxes[:count].tolist(), detections.scores[:count].tolist()
    findings = []
    for index, ((x0, y0, x1, y1), score) in enumerate(zip(boxes, scores, strict=True)):
        id_ = finding_id(detections.model.fingerprint, index)
        found, said = (x0, y0, x1, y1), assessments.get(id_, Assessment())
        original = found if said.box else None
        findings.append(
            Finding(id_, said.box or found, score, detections.model, said.verdict, original)
        )
    return tuple(findings)


def own_findings(boxes: Mapping[str, Box]) -> tuple[Finding, ...]:
    """The reader's own boxes, by id, as findings."""
    return tuple(
        Finding(own_id, box, score=None, model=None, verdict=Verdict.ADDED)
        for own_id, box in boxes.items()
    )


def new_own_id() -> str:
    """An id for a new box of the reader's own; those of later boxes are greater."""
    return f"{_OWN}:{time_ns():016x}"
