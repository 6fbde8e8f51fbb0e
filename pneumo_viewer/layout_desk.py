"""The layout: how many viewports, which one is active, and what hangs beside the current image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QActionGroup

from pneumo_viewer.actions import Actions
from pneumo_viewer.beside_desk import BesideDesk
from pneumo_viewer.canvas.viewport_grid import ViewportGrid
from pneumo_viewer.library.hanging import Cell, Hanging
from pneumo_viewer.preferences import Preferences
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.workspace import Workspace

_LAYOUT_COMMANDS = {1: "layout_one", 2: "layout_two", 4: "layout_four"}
_MARK_ASPECTS = {
    Aspect.CURRENT,
    Aspect.DETECTIONS,
    Aspect.VERDICTS,
    Aspect.THRESHOLD,
    Aspect.MODEL,
    Aspect.TRUTH,
}
_LOOKED_AT = {Aspect.CURRENT, Aspect.SELECTION, Aspect.VERDICTS}
"""What changes where the reader works on the current image, which must then be seen."""


class LayoutDesk(QObject):
    """Keeps the viewports and the commands on them at what hangs where.

    Parameters
    ----------
    workspace
        What is open.
    grid
        The viewports.
    actions
        Checked as the layout is.
    preferences
        Hold the layout from one start to the next.
    """

    alone_maximised = Signal()
    """The only viewport is to have the whole window, or no longer."""

    def __init__(
        self,
        workspace: Workspace,
        grid: ViewportGrid,
        actions: Actions,
        preferences: Preferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        settings = preferences.settings
        self._workspace = workspace
        self._session = workspace.session
        self._grid = grid
        self._actions = actions
        self._preferences = preferences
        self._hanging = Hanging(settings.viewports, settings.compare_priors)
        grid.set_synchronised(settings.synchronise)
        self._beside = [BesideDesk(workspace, viewport, self) for viewport in grid.viewports[1:]]
        layouts = QActionGroup(self)
        for command in _LAYOUT_COMMANDS.values():
            layouts.addAction(actions[command])
        grid.activation_requested.connect(self._activate)
        grid.maximise_requested.connect(self._toggle_maximised)
        grid.image_dropped.connect(self.place)
        workspace.images_added.connect(self._hang)
        self._session.subscribe(self._follow)
        self._lay_out()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What the commands on the layout call."""
        return {
            **{command: partial(self._choose, n) for n, command in _LAYOUT_COMMANDS.items()},
            "compare_priors": self._compare,
            "synchronise": self._synchronise,
            "maximise": lambda: self._toggle_maximised(self._hanging.active),
            "next_viewport": self._activate_next,
        }

    def shows(self, key: str) -> bool:
        """Whether an image is in one of the viewports."""
        return key == self._session.current or any(desk.key == key for desk in self._beside)

    def place(self, place: int, key: str) -> None:
        """Show an image of the worklist in a viewport; in the first it is the current one."""
        if place == 0 or self._session.current is None:
            self._session.show(key)
            return
        self._hanging.place(place, key)
        self._lay_out()

    # What the reader asks for

    def _choose(self, count: int, is_chosen: bool) -> None:
        if is_chosen and count != self._hanging.count:
            self._hanging.choose(count)
            self._lay_out()

    def _compare(self, is_comparing: bool) -> None:
        if is_comparing != self._hanging.is_comparing:
            self._hanging.compare(is_comparing)
            self._lay_out()

    def _synchronise(self, is_synchronised: bool) -> None:
        self._grid.set_synchronised(is_synchronised)
        self._preferences.change(synchronise=is_synchronised)

    def _activate(self, place: int) -> None:
        if place != self._hanging.active:
            self._hanging.activate(place)
            self._show_layout()

    def _activate_next(self) -> None:
        self._hanging.activate_next()
        self._show_layout()

    def _toggle_maximised(self, place: int) -> None:
        if self._hanging.toggle_maximised(place):
            self._show_layout()
        else:
            self.alone_maximised.emit()

    # What is shown

    def _lay_out(self) -> None:
        """Show the layout and what hangs in it, tell the commands, and remember it."""
        hanging = self._hanging
        self._show_layout()
        self._hang()
        self._actions[_LAYOUT_COMMANDS[hanging.count]].setChecked(True)
        self._actions["compare_priors"].setChecked(hanging.is_comparing)
        self._actions["synchronise"].setChecked(self._grid.is_synchronised)
        self._actions["next_viewport"].setEnabled(hanging.count > 1)
        self._preferences.change(viewports=hanging.chosen, compare_priors=hanging.is_comparing)

    def _show_layout(self) -> None:
        self._grid.lay_out(self._hanging.visible, self._hanging.active)

    def _hang(self) -> None:
        cells = self._hanging.arrange(self._workspace.index, self._session.current)
        unseen = (len(self._beside) - len(cells)) * [Cell()]
        for desk, cell in zip(self._beside, [*cells, *unseen], strict=True):
            desk.show(cell)

    def _follow(self, change: Change) -> None:
        aspects = change.aspects
        if aspects & _LOOKED_AT and change.image in (None, self._session.current):
            self._look_at_current(Aspect.CURRENT in aspects)
        if Aspect.CURRENT in aspects:
            self._hang()
        if aspects & _MARK_ASPECTS:
            for desk in self._beside:
                desk.show_marks()

    def _look_at_current(self, is_other_image: bool) -> None:
        """Another image is begun in the first viewport; work on the current one makes it seen."""
        hanging = self._hanging
        if is_other_image or 0 not in hanging.visible:
            hanging.show_current()
            self._show_layout()
