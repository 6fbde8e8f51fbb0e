"""The changes that a reader can make, undo and redo.

An operation is a value: it can be kept, named, written to the log and carried out again.
Operations assign. Carrying one out gives back the operation of the same kind that assigns what was
there before, so that undoing is carrying out the inverse, and the log can tell both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from pneumo_viewer.review.findings import (
    Assessment,
    Box,
    ExamVerdict,
    Finding,
    Verdict,
    parse_finding_id,
)
from pneumo_viewer.words import mark, tr

if TYPE_CHECKING:
    from pneumo_viewer.review.store import ReviewStore

Payload = Mapping[str, Any]
"""What JSON can hold."""


class Operation(Protocol):
    """One change to one image.

    Attributes
    ----------
    kind
        Names the class in the log. Stored; do not rename.
    """

    kind: ClassVar[str]

    @property
    def image(self) -> str:
        """Key of the image that it changes."""

    def name(self, inverse: Operation) -> str:
        """What the Edit menu shows after "Undo" and "Redo"; ``inverse`` knows what was there."""

    def payload(self) -> Payload:
        """Everything but the image, for the log."""

    @classmethod
    def from_payload(cls, image: str, payload: Payload) -> Self:
        """The operation with this image and `payload`."""

    def carry_out(self, store: ReviewStore, reader: str) -> Operation:
        """Assign in the open transaction of ``store``, and return the inverse."""


_VERDICT_NAMES = {
    Verdict.ACCEPTED: mark("Accept finding {number}"),
    Verdict.REJECTED: mark("Reject finding {number}"),
    Verdict.UNDECIDED: mark("Reset finding {number}"),
    Verdict.CORRECTED: mark("Correct finding {number}"),
}


_EXAM_NAMES = {
    None: mark("Reset exam"),
    ExamVerdict.PNEUMONIA: mark("Call exam pneumonia"),
    ExamVerdict.NO_PNEUMONIA: mark("Call exam no pneumonia"),
    ExamVerdict.UNSURE: mark("Call exam unsure"),
}


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """Accept, reject, correct or reset one finding of a detector.

    Attributes
    ----------
    box
        The reader's, with `Verdict.CORRECTED`; else None.
    """

    kind: ClassVar[str] = "set verdict"

    image: str
    finding: str
    verdict: Verdict
    box: Box | None = None

    def name(self, inverse: Operation) -> str:
        """The verb and the number that the finding has on the screen."""
        _, index = parse_finding_id(self.finding)
        return tr(_VERDICT_NAMES[self.verdict], number=index + 1)

    def payload(self) -> Payload:
        """The finding, the verdict that it gets, and the corrected box if there is one."""
        payload: dict[str, Any] = {"finding": self.finding, "verdict": self.verdict.value}
        return payload if self.box is None else {**payload, "box": self.box}

    @classmethod
    def from_payload(cls, image: str, payload: Payload) -> SetVerdict:
        """Read what `payload` wrote."""
        verdict = Verdict(payload["verdict"])
        return cls(image, payload["finding"], verdict, _box(payload.get("box")))

    def carry_out(self, store: ReviewStore, reader: str) -> SetVerdict:
        """Assign the verdict, and return the operation that assigns the one before."""
        assessment = Assessment(self.verdict, self.box)
        before = store.assign_assessment(self.image, self.finding, reader, assessment)
        return SetVerdict(self.image, self.finding, before.verdict, before.box)


@dataclass(frozen=True, slots=True)
class SetOwnBox:
    """Add, change or, with None as its box, remove a box of the reader's own."""

    kind: ClassVar[str] = "set own box"

    image: str
    finding: str
    box: Box | None

    def name(self, inverse: Operation) -> str:
        """The verb."""
        if self.box is None:
            return tr("Remove box")
        return tr("Change box") if inverse.payload()["box"] else tr("Add box")

    def payload(self) -> Payload:
        """The finding and its box."""
        return {"finding": self.finding, "box": self.box}

    @classmethod
    def from_payload(cls, image: str, payload: Payload) -> SetOwnBox:
        """Read what `payload` wrote."""
        return cls(image, payload["finding"], _box(payload["box"]))

    def carry_out(self, store: ReviewStore, reader: str) -> SetOwnBox:
        """Assign the box, and return the operation that assigns the one before."""
        before = store.assign_own_box(self.image, self.finding, reader, self.box)
        return SetOwnBox(self.image, self.finding, before)


@dataclass(frozen=True, slots=True)
class SetExamVerdict:
    """Say whether the image shows pneumonia, or take that back with None."""

    kind: ClassVar[str] = "set exam verdict"

    image: str
    verdict: ExamVerdict | None

    def name(self, inverse: Operation) -> str:
        """The verdict."""
        return tr(_EXAM_NAMES[self.verdict])

    def payload(self) -> Payload:
        """The verdict."""
        return {"verdict": None if self.verdict is None else self.verdict.value}

    @classmethod
    def from_payload(cls, image: str, payload: Payload) -> SetExamVerdict:
        """Read what `payload` wrote."""
        verdict = payload["verdict"]
        return cls(image, None if verdict is None else ExamVerdict(verdict))

    def carry_out(self, store: ReviewStore, reader: str) -> SetExamVerdict:
        """Assign the verdict, and return the operation that assigns the one before."""
        return SetExamVerdict(
            self.image, store.assign_exam_verdict(self.image, reader, self.verdict)
        )


@dataclass(frozen=True, slots=True)
class SetComment:
    """Comment on the image, or take the comment back with an empty text."""

    kind: ClassVar[str] = "set comment"

    image: str
    comment: str

    def name(self, inverse: Operation) -> str:
        """What was changed; the text itself may name a patient."""
        return tr("Change comment")

    def payload(self) -> Payload:
        """The text."""
        return {"comment": self.comment}

    @classmethod
    def from_payload(cls, image: str, payload: Payload) -> SetComment:
        """Read what `payload` wrote."""
        return cls(image, payload["comment"])

    def carry_out(self, store: ReviewStore, reader: str) -> SetComment:
        """Assign the text, and return the operation that assigns the one before."""
        return SetComment(self.image, store.assign_comment(self.image, reader, self.comment))


_CLASSES: dict[str, type[SetVerdict | SetOwnBox | SetExamVerdict | SetComment]] = {
    operation.kind: operation for operation in (SetVerdict, SetOwnBox, SetExamVerdict, SetComment)
}


def read_operation(kind: str, image: str, payload: Payload) -> Operation:
    """The operation that the log holds.

    Raises
    ------
    KeyError
        There is no such kind.
    """
    return _CLASSES[kind].from_payload(image, payload)


def set_box(image: str, finding: Finding, box: Box) -> Operation:
    """The operation that gives a finding another box; a detector's is corrected by it."""
    if finding.is_own:
        return SetOwnBox(image, finding.id, box)
    return SetVerdict(image, finding.id, Verdict.CORRECTED, box)


def decide(image: str, finding: Finding, verdict: Verdict) -> Operation | None:
    """The operation for accepting, rejecting or resetting what is on the screen.

    To reject an own box is to remove it; accepting leaves a reader's box as it is.

    Returns
    -------
    Operation or None
        None where there is nothing to change.
    """
    if finding.is_own:
        return SetOwnBox(image, finding.id, None) if verdict is Verdict.REJECTED else None
    if finding.verdict is Verdict.CORRECTED and verdict is Verdict.ACCEPTED:
        return None
    return SetVerdict(image, finding.id, verdict)


def _box(values: Sequence[float] | None) -> Box | None:
    if values is None:
        return None
    x0, y0, x1, y1 = values
    return (x0, y0, x1, y1)
