"""What the reader does with boxes, by mouse and by keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.commands import BOX_STEPS, BoxStep
from pneumo_viewer.review.boxes import change_box
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.findings import Box, new_own_id
from pneumo_viewer.review.operations import SetOwnBox
from pneumo_viewer.review.session import ReviewSession


class BoxDesk(QObject):
    """Sends the session the boxes that the reader adds and changes.

    Boxes belong to the first frame of an image, as the detector's do.

    Parameters
    ----------
    session
        Of the review.
    viewport
        Where boxes are drawn.
    actions
        Enabled and disabled as there is something to change.
    """

    def __init__(
        self, session: ReviewSession, viewport: Viewport, actions: Actions, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._viewport = viewport
        self._actions = actions
        self._added: str | None = None  # to be selected when it is on disk
        viewport.box_editor.box_drawn.connect(self._add)
        viewport.box_editor.box_changed.connect(self._change)
        viewport.view_changed.connect(self._enable_actions)
        session.subscribe(self._refresh)
        self._enable_actions()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What the commands on boxes call."""
        steps = {name: partial(self._step, step) for name, step in BOX_STEPS.items()}
        return {"add_box": self._viewport.box_editor.start_drawing, **steps}

    def _add(self, box: Box) -> None:
        key = self._session.current
        if key is None:
            return
        self._added = new_own_id()
        self._session.perform(SetOwnBox(key, self._added, box), by=self)

    def _change(self, finding: str, box: Box) -> None:
        key = self._session.current
        if key is not None:
            self._session.select(finding, by=self)
            self._session.change_box(key, finding, lambda _: box, by=self)

    def _step(self, step: BoxStep) -> None:
        key, finding, radiograph = (
            self._session.current,
            self._session.selected,
            self._viewport.radiograph,
        )
        if key is None or finding is None or radiograph is None or radiograph.frame:
            return
        height, width = radiograph.pixels.shape
        self._session.change_box(
            key,
            finding,
            lambda box: change_box(box, step.grip, step.right, step.down, (width, height)),
            by=self,
        )

    def _refresh(self, change: Change) -> None:
        if Aspect.PROBLEM in change.aspects:
            self._added = None
            self._viewport.cancel_gesture()
        key, added = self._session.current, self._added
        if key is not None and added is not None and self._session.finding(key, added):
            self._added = None
            self._session.select(added, by=self)
        self._enable_actions()

    def _enable_actions(self) -> None:
        radiograph = self._viewport.radiograph
        has_first_frame = radiograph is not None and radiograph.frame == 0
        self._actions["add_box"].setEnabled(has_first_frame)
        for name in BOX_STEPS:
            is_selected = self._session.selected is not None
            self._actions[name].setEnabled(has_first_frame and is_selected)
