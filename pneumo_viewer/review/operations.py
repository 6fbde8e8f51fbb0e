"""The changes that a reader can make, undo and redo.

An operation is a value: it can be kept, named, written to the journal and carried out again.
Operations assign. Carrying one out gives back the operation of the same kind that assigns what was
there before, so that undoing is carrying out the inverse, and the journal can tell both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from pneumo_viewer.review.findings import Verdict, parse_finding_id

if TYPE_CHECKING:
    from pneumo_viewer.review.store import ReviewStore


class Operation(Protocol):
    """One change to one image.

    Attributes
    ----------
    kind
        Names the class in the journal. Stored; do not rename.
    """

    kind: ClassVar[str]

    @property
    def image(self) -> str:
        """Key of the image that it changes."""

    @property
    def name(self) -> str:
        """What the Edit menu shows after "Undo" and "Redo"."""

    def payload(self) -> Mapping[str, str]:
        """Everything but the image, for the journal."""

    def carry_out(self, store: ReviewStore, reader: str) -> Operation:
        """Assign in the open transaction of ``store``, and return the inverse."""


_VERBS = {
    Verdict.ACCEPTED: "Accept",
    Verdict.REJECTED: "Reject",
    Verdict.UNDECIDED: "Reset",
}


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """Accept, reject or reset one finding."""

    kind: ClassVar[str] = "set verdict"

    image: str
    finding: str
    verdict: Verdict

    @property
    def name(self) -> str:
        """The verb and the number that the finding has on the screen."""
        _, index = parse_finding_id(self.finding)
        return f"{_VERBS[self.verdict]} finding {index + 1}"

    def payload(self) -> Mapping[str, str]:
        """The finding and the verdict that it gets."""
        return {"finding": self.finding, "verdict": self.verdict.value}

    def carry_out(self, store: ReviewStore, reader: str) -> SetVerdict:
        """Assign the verdict, and return the operation that assigns the one before."""
        before = store.assign_verdict(self.image, self.finding, reader, self.verdict)
        return SetVerdict(self.image, self.finding, before)
