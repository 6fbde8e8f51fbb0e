"""Blinded reading: read first, then see the detector's findings, then the ground truth.

How much a reader has been shown of an image only ever grows. Each step is an operation in the log
with its time. It has no undo, since what was seen was seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from pneumo_viewer.review.operations import Operation, Payload

if TYPE_CHECKING:
    from pneumo_viewer.review.audit import Entry
    from pneumo_viewer.review.store import ReviewStore


class Stage(Enum):
    """How much of an image a reader is shown. The values are stored; do not rename them."""

    BLINDED = "blinded"
    """Neither detector nor truth."""
    DETECTOR = "detector"
    """What the detector found."""
    TRUTH = "truth"
    """The ground truth as well."""
    OPEN = "open"
    """Everything, since the reading is not blinded."""

    @property
    def shows_detector(self) -> bool:
        """Whether findings and scores may be seen."""
        return self is not Stage.BLINDED

    @property
    def shows_truth(self) -> bool:
        """Whether the ground truth may be seen."""
        return self in (Stage.TRUTH, Stage.OPEN)

    @property
    def following(self) -> Stage | None:
        """What the next step shows; None where nothing is hidden."""
        return {Stage.BLINDED: Stage.DETECTOR, Stage.DETECTOR: Stage.TRUTH}.get(self)

    def order(self) -> int:
        """Its place in a blinded reading, from 0; more is shown later."""
        return list(Stage).index(self)


@dataclass(frozen=True, slots=True)
class Reveal:
    """Show a reader more of an image.

    The log is where the stage is kept, so that carrying it out assigns nothing else. Where as much
    has been shown already it changes nothing.
    """

    kind: ClassVar[str] = "reveal"

    image: str
    stage: Stage

    def name(self, inverse: Operation) -> str:
        """What is shown."""
        return f"Reveal the {self.stage.value}"

    def payload(self) -> Payload:
        """The stage."""
        return {"stage": self.stage.value}

    @classmethod
    def from_payload(cls, image: str, payload: Payload) -> Reveal:
        """Read what `payload` wrote."""
        return cls(image, Stage(payload["stage"]))

    def carry_out(self, store: ReviewStore, reader: str) -> Reveal:
        """Return what had been shown before, as an operation that only the log needs."""
        before = store.stages([self.image], reader)[self.image]
        return Reveal(self.image, min(before, self.stage, key=Stage.order))


def payloads_by_stage(
    entries: Iterable[Entry], operation: str
) -> dict[tuple[str, str], dict[Stage, Payload]]:
    """Tell apart what readers said before and after each step.

    Parameters
    ----------
    entries
        Of the audit trail, in order.
    operation
        The kind of operation that says it, such as "set exam verdict".

    Returns
    -------
    dict
        By image key and reader, then by stage: what the last such operation at that stage
        assigned. Stages at which nothing was said are missing.
    """
    said: dict[tuple[str, str], dict[Stage, Payload]] = {}
    for entry in entries:
        if entry.operation == operation:
            stages = said.setdefault((entry.image, entry.reader), {})
            stages[Stage(entry.stage)] = json.loads(entry.after)
    return said
