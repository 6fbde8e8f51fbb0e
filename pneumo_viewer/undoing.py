"""Undo and redo, of the review and of measurements, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import QObject

from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.measurements import Frame, Measurements
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.words import tr


class _Made(Enum):
    REVIEW = auto()
    MEASUREMENT = auto()


class Undoing(QObject):
    """Takes back what the reader did last.

    Steps of the review are the session's and outlive the program; measurements live as long as it
    runs. Only the order of both is kept here.

    Parameters
    ----------
    session
        Of the review.
    measurements
        Those of all images.
    actions
        "undo" and "redo" name what they would do.
    is_shown
        Whether an image is on the screen, so that its measurements change before the reader's eyes.
    """

    def __init__(
        self,
        session: ReviewSession,
        measurements: Measurements,
        actions: Actions,
        is_shown: Callable[[str], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._measurements = measurements
        self._actions = actions
        self._is_shown = is_shown
        self._made: list[_Made] = []
        self._unmade: list[_Made] = []
        self._is_busy = False
        session.subscribe(self._follow_session)
        measurements.subscribe(self._follow_measurements)
        self._name_actions()

    def undo(self) -> None:
        """Take back the last step."""
        made = self._made.pop() if self._made else _Made.REVIEW
        self._unmade.append(made)
        if made is _Made.REVIEW:
            self._session.undo(by=self)
        else:
            self._show(self._measurements.undo)

    def redo(self) -> None:
        """Do again what was last taken back."""
        made = self._unmade.pop() if self._unmade else _Made.REVIEW
        self._made.append(made)
        if made is _Made.REVIEW:
            self._session.redo(by=self)
        else:
            self._show(self._measurements.redo)

    def forget_measuring(self) -> None:
        """Keep the measurements, but not how they came about."""
        self._measurements.forget_steps()
        self._made.clear()
        self._unmade.clear()
        self._name_actions()

    def _show(self, change: Callable[[], Frame]) -> None:
        self._is_busy = True
        key, _ = change()
        self._is_busy = False
        if not self._is_shown(key):
            self._session.show(key)
        self._name_actions()

    def _follow_session(self, change: Change) -> None:
        is_step = Aspect.VERDICTS in change.aspects and change.image is not None
        if is_step and change.by is not self:
            self._add(_Made.REVIEW)
            self._measurements.forget_undone()
        self._name_actions()

    def _follow_measurements(self, frame: Frame) -> None:
        if not self._is_busy:
            self._add(_Made.MEASUREMENT)
            self._name_actions()

    def _add(self, made: _Made) -> None:
        self._made.append(made)
        self._unmade.clear()

    def _name_actions(self) -> None:
        for command, made, name, verb, words in (
            ("undo", self._made, self._session.undo_name, tr("Undo"), tr("Undo: {step}")),
            ("redo", self._unmade, self._session.redo_name, tr("Redo"), tr("Redo: {step}")),
        ):
            if made and made[-1] is _Made.MEASUREMENT:
                name = tr("Measurement")
            action = self._actions[command]
            action.setEnabled(name is not None)
            action.setText(verb if name is None else words.format(step=name))
