"""One, two or four viewports that share the middle of the window and can be moved together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.theme import keep_styled, scaled
from pneumo_viewer.words import tr

COLUMNS = 2
_MOST = 4
_GAP = 2
"""Pixels between viewports, where the active one's border is drawn; more with larger texts."""
_ACTIVATING = (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)


class ViewportGrid(QWidget):
    """Shows as many viewports as it is told and reports what the mouse asks for.

    While it is synchronised, every viewport shows the same part of its image as the one that the
    reader moved last. Only what the reader does is passed on, so that nothing comes back.

    Attributes
    ----------
    viewports
        All of them, seen or not; in the first, boxes can be edited.
    """

    activation_requested = Signal(int)
    """A viewport was pressed or its wheel turned."""
    maximise_requested = Signal(int)
    """A viewport was double-clicked."""
    image_dropped = Signal(int, str)
    """An image of the worklist was dropped into a viewport."""
    active_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        first = Viewport()
        beside = [Viewport(first.tools.measurements) for _ in range(_MOST - 1)]
        self.viewports: Sequence[Viewport] = (first, *beside)
        self._active = 0
        self._visible: Collection[int] = (0,)
        self._is_synchronised = True
        self._grid = QGridLayout(self)
        for place, viewport in enumerate(self.viewports):
            self._grid.addWidget(viewport, *divmod(place, COLUMNS))
            viewport.viewport().installEventFilter(self)
            viewport.maximise_requested.connect(partial(self.maximise_requested.emit, place))
            viewport.image_dropped.connect(partial(self.image_dropped.emit, place))
            viewport.moved.connect(partial(self._lead, viewport))
            viewport.resized.connect(partial(self._keep_up, viewport))
            viewport.image_changed.connect(partial(self._join, viewport))
        for place, viewport in enumerate(beside, start=2):
            viewport.box_editor.is_enabled = False
            viewport.setAccessibleName(tr("Radiograph beside it, {place}", place=place))
        keep_styled(self, lambda: self.lay_out(self._visible, self._active))

    @property
    def active(self) -> Viewport:
        """The viewport on which tools and windows act."""
        return self.viewports[self._active]

    @property
    def is_synchronised(self) -> bool:
        """Whether zoom and pan are those of all viewports."""
        return self._is_synchronised

    def lay_out(self, visible: Collection[int], active: int) -> None:
        """Show some of the viewports, with a border around the active one if there are more."""
        had_focus = self.active.hasFocus()
        is_other = active != self._active
        self._visible, self._active = visible, active
        gap = scaled(_GAP) if len(visible) > 1 else 0
        self._grid.setContentsMargins(gap, gap, gap, gap)
        self._grid.setSpacing(gap)
        for place, viewport in enumerate(self.viewports):
            viewport.setVisible(place in visible)
        for line in range(COLUMNS):
            rows, columns = zip(*(divmod(place, COLUMNS) for place in visible), strict=True)
            self._grid.setRowStretch(line, int(line in rows))
            self._grid.setColumnStretch(line, int(line in columns))
        self._grid.activate()
        if had_focus:
            self.active.setFocus()
        if is_other:
            self.active_changed.emit()
        self.update()

    # What holds for all of them

    def set_truth_visible(self, is_visible: bool) -> None:
        """Show or hide the ground truth."""
        for viewport in self.viewports:
            viewport.set_truth_visible(is_visible)

    def set_boxes_visible(self, are_visible: bool) -> None:
        """Show or hide all boxes, the truth among them."""
        for viewport in self.viewports:
            viewport.set_boxes_visible(are_visible)

    def set_threshold_moving(self, is_moving: bool) -> None:
        """While the threshold moves, dim the findings below it instead of hiding them."""
        for viewport in self.viewports:
            viewport.set_threshold_moving(is_moving)

    def set_graphics_visible(self, are_visible: bool) -> None:
        """Show or hide the overlays that the files draw on the images."""
        for viewport in self.viewports:
            viewport.set_graphics_visible(are_visible)

    def set_magnifier(self, is_on: bool) -> None:
        """Magnify the image around the mouse."""
        for viewport in self.viewports:
            viewport.set_magnifier(is_on)

    def set_up_brighter(self, is_up_brighter: bool) -> None:
        """Let a drag upwards make an image brighter, or darker."""
        for viewport in self.viewports:
            viewport.is_up_brighter = is_up_brighter

    # Moving together

    def set_synchronised(self, is_synchronised: bool) -> None:
        """Let zoom and pan be those of all viewports, from the active one on, or not."""
        self._is_synchronised = is_synchronised
        self._lead(self.active)

    def _lead(self, leader: Viewport) -> None:
        """Let the others show what a viewport shows."""
        for viewport in self.viewports:
            self._follow(viewport, leader)

    def _keep_up(self, viewport: Viewport) -> None:
        """After a change of size: the scale stays, so that it is another part that is seen."""
        if viewport is self.active:
            self._lead(viewport)
        else:
            self._follow(viewport, self.active)

    def _join(self, viewport: Viewport) -> None:
        """A new current image is fitted in all viewports; what hangs beside it follows it."""
        first = self.viewports[0]
        if viewport is first:
            self._lead(first)
        else:
            self._follow(viewport, first)

    def _follow(self, viewport: Viewport, leader: Viewport) -> None:
        view = leader.relative_view
        if self._is_synchronised and viewport is not leader and view is not None:
            viewport.follow(view)

    # What Qt asks

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for a viewport to become active before it gets the event itself."""
        if event.type() in _ACTIVATING:
            for place, viewport in enumerate(self.viewports):
                if watched is viewport.viewport():
                    self.activation_requested.emit(place)
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the border of the active viewport in the gaps."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.GAP))
        if len(self._visible) > 1:
            gap = self._grid.spacing()
            border = self.active.geometry().adjusted(-gap, -gap, gap, gap)
            painter.fillRect(border, QColor(colours.SELECTION))
