"""What a change of the review's state says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from pneumo_viewer.review.store_errors import StoreError


class Aspect(Enum):
    """A part of the state that can change.

    VERDICTS is everything that the reader says: verdicts on findings and exams, own and corrected
    boxes, comments. The names of undo and redo change with it.
    """

    CURRENT = auto()
    SELECTION = auto()
    THRESHOLD = auto()
    DETECTIONS = auto()
    VERDICTS = auto()
    TRUTH = auto()
    MODEL = auto()
    PROBLEM = auto()


@dataclass(frozen=True, slots=True)
class Change:
    """What changed, and who asked.

    Attributes
    ----------
    aspects
        The parts of the state that changed.
    image
        The only image concerned, or None where it is all of them or none.
    by
        Whatever the caller gave as ``by``, so that a view can tell its own changes.
    problem
        With `Aspect.PROBLEM`: why what was asked did not happen. The state is as it was, and
        operations, undos and redos that were asked for meanwhile have not happened either.
    """

    aspects: frozenset[Aspect]
    image: str | None = None
    by: object | None = None
    problem: StoreError | None = None
