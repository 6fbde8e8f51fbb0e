"""What a mouse drag does to the viewport, one small class a gesture."""

from __future__ import annotations

import math
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt

CLICK_RADIUS = 4.0
"""A press that moves no further than this many view pixels is a click."""

_ZOOM_LENGTH = 150.0
"""View pixels of a drag that change the zoom by a factor e."""


class Draggable(Protocol):
    """What gestures need of a viewport; all lengths and points in view pixels."""

    def drag_window(self, right: float, up: float) -> None: ...
    def pan(self, right: float, down: float) -> None: ...
    def zoom_at(self, point: QPointF, factor: float) -> None: ...
    def set_region(self, region: QRectF | None) -> None: ...
    def window_from_region(self, region: QRectF) -> None: ...


class Drag:
    """A drag from ``start``; ``position`` is where the mouse was last."""

    cursor: Qt.CursorShape

    def __init__(self, viewport: Draggable, start: QPointF) -> None:
        self.viewport = viewport
        self.start = start
        self.position = start

    def move(self, position: QPointF) -> None:
        """Follow the mouse."""
        self.step(position - self.position)
        self.position = position

    def step(self, change: QPointF) -> None:
        """Do what one movement of the mouse means."""
        raise NotImplementedError

    def finish(self) -> None:
        """Do what the release of the button means."""


class WindowDrag(Drag):
    """Right is a wider window, up is a brighter image."""

    cursor = Qt.CursorShape.SizeAllCursor

    def step(self, change: QPointF) -> None:
        self.viewport.drag_window(change.x(), -change.y())


class PanDrag(Drag):
    """The image follows the mouse."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def step(self, change: QPointF) -> None:
        self.viewport.pan(change.x(), change.y())


class ZoomDrag(Drag):
    """Up is larger; the point where the drag began stays where it is."""

    cursor = Qt.CursorShape.SizeVerCursor

    def step(self, change: QPointF) -> None:
        self.viewport.zoom_at(self.start, math.exp(-change.y() / _ZOOM_LENGTH))


class RegionDrag(Drag):
    """A rectangle whose values make the window."""

    cursor = Qt.CursorShape.CrossCursor

    def move(self, position: QPointF) -> None:
        self.position = position
        self.viewport.set_region(self._region())

    def finish(self) -> None:
        self.viewport.set_region(None)
        self.viewport.window_from_region(self._region())

    def _region(self) -> QRectF:
        return QRectF(self.start, self.position).normalized()


def drag_for(button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> type[Drag] | None:
    """Return the gesture that a button and its modifiers begin."""
    if button is Qt.MouseButton.MiddleButton:
        return PanDrag
    if button is Qt.MouseButton.RightButton:
        return ZoomDrag
    if button is not Qt.MouseButton.LeftButton:
        return None
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        return RegionDrag
    if modifiers & Qt.KeyboardModifier.ShiftModifier:
        return PanDrag
    return WindowDrag
