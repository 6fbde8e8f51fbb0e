"""What can be undone and done again, from the log of operations or as they happen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from pneumo_viewer.review.operations import Operation


class Action(Enum):
    """How an operation came about. The values are stored; do not rename them."""

    DO = "do"
    UNDO = "undo"
    REDO = "redo"


def day_of(time: datetime) -> date:
    """The day of a time, by the reader's clock."""
    return time.astimezone().date()


class Step(NamedTuple):
    """An operation that is on disk, and the one that takes it back."""

    operation: Operation
    inverse: Operation

    @property
    def name(self) -> str:
        """What the Edit menu calls it."""
        return self.operation.name(self.inverse)


class Steps:
    """The steps of a day, those on images that are not open included.

    Steps on different images do not touch one another. So the steps of any choice of images can be
    undone and redone in order while the others wait.

    Parameters
    ----------
    log
        What happened: the operation that was carried out each time, and its inverse.
    """

    def __init__(self, log: Iterable[tuple[Action, Step]] = ()) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []
        for action, (operation, inverse) in log:
            self.remember(action, operation, inverse)

    def remember(self, action: Action, operation: Operation, inverse: Operation | None) -> None:
        """Take note of what has been carried out; without an inverse it changed nothing."""
        step = None if inverse is None else Step(operation, inverse)
        if action is Action.DO and step is not None:
            self._done.append(step)
            self._undone.clear()
        elif action is Action.UNDO:
            undone = _take(self._done, operation.image) or (step and Step(*reversed(step)))
            self._undone.extend([undone] if undone else [])
        elif action is Action.REDO:
            redone = _take(self._undone, operation.image)
            step = step or redone
            self._done.extend([step] if step else [])

    def to_undo(self, images: Container[str]) -> Step | None:
        """The last step that was done on one of the images."""
        return _last(self._done, images)

    def to_redo(self, images: Container[str]) -> Step | None:
        """The last step on one of the images that was undone."""
        return _last(self._undone, images)


def _last(steps: Sequence[Step], images: Container[str]) -> Step | None:
    return next((step for step in reversed(steps) if step.operation.image in images), None)


def _take(steps: list[Step], image: str) -> Step | None:
    """Remove the last step on an image; None where it is of an earlier day."""
    for place in reversed(range(len(steps))):
        if steps[place].operation.image == image:
            return steps.pop(place)
    return None
