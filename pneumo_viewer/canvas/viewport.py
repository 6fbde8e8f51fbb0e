"""The viewport: a marked radiograph under the mouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)

from detector.radiograph import Radiograph
from pneumo_viewer.canvas.gestures import CLICK_RADIUS, Drag, Draggable, drag_for
from pneumo_viewer.canvas.image_view import PointerReading
from pneumo_viewer.canvas.marked_view import MarkedView
from pneumo_viewer.canvas.marks import finding_at
from pneumo_viewer.canvas.measurements import Measurements
from pneumo_viewer.dragging import dropped_image
from pneumo_viewer.review.findings import Finding
from pneumo_viewer.words import tr

__all__ = ["PointerReading", "Viewport"]

_NOTCH = 120
"""Wheel angle of one step, in eighths of a degree."""
_WHEEL_ZOOM = 1.2


_Begin = Callable[[Draggable, QPointF], Drag]


class Viewport(MarkedView):
    """Shows what it is told and reports what the mouse asks for; it holds no verdict.

    Keys are left to the actions of the window.
    """

    finding_clicked = Signal(object)
    """The id of the finding under a left click, or None beside all findings."""
    pointer_moved = Signal(object)
    """A `PointerReading`, or None beside the image."""
    context_menu_requested = Signal(QPoint)
    """A right click, in global coordinates."""
    step_requested = Signal(int)
    """Frames to go forward; negative is back."""
    maximise_requested = Signal()
    files_dropped = Signal(list)
    """Paths of the files and folders that were dropped."""
    image_dropped = Signal(str)
    """Key of an image of the worklist that was dropped."""

    def __init__(self, measurements: Measurements | None = None) -> None:
        super().__init__(measurements)
        self._press: tuple[QPointF, _Begin, Qt.MouseButton] | None = None
        self._drag: Drag | None = None
        self.installEventFilter(self.tools)
        self._wheel_angle = 0
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Radiograph"))

    # --- what is shown -----------------------------------------------------------------------

    def show_radiograph(self, radiograph: Radiograph | None) -> None:
        """Show an image; what was being dragged is given up."""
        self._end_drag()
        super().show_radiograph(radiograph)
        self.pointer_moved.emit(None)

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Show findings of this image. A finished draft goes, since it is among them now."""
        super().set_findings(findings)
        if self._drag is None:
            self.box_editor.forget_draft()

    def cancel_gesture(self) -> bool:
        """Give up what is being drawn or dragged, or the tool; say whether there was anything."""
        self._end_drag()
        return self.box_editor.cancel() or self.tools.cancel()

    def redraw(self) -> None:
        """Draw again, soon, and let the cursor say what the mouse would do now."""
        self.viewport().update()
        if self._drag is None:
            position = self.viewport().mapFromGlobal(QCursor.pos())
            self._set_cursor(QPointF(position))

    # --- mouse -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag or click begins; a second button does nothing."""
        event.accept()
        if self._press is not None or self.radiograph is None:
            return
        begin = self._begin_at(event.position(), event.button(), event.modifiers())
        if begin is not None:
            self._press = (event.position(), begin, event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, and report the pixel under the mouse."""
        position = event.position()
        self._pointer = position
        if self._has_magnifier:
            self.viewport().update()
        if self._press is not None and self._drag is None:
            start, begin, _ = self._press
            if (position - start).manhattanLength() > CLICK_RADIUS:
                self._drag = begin(self, start)
                self.viewport().setCursor(self._drag.cursor)
        if self._drag is not None:
            self._drag.move(position)
        elif self._press is None:
            self.tools.hover(position)
            self._set_cursor(position)
        self.pointer_moved.emit(self.read_pixel(position))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag, or take the press as a click."""
        event.accept()
        if self._press is None or event.button() is not self._press[2]:
            return
        drag, button = self._drag, self._press[2]
        self._end_drag()
        if drag is not None:
            drag.finish()
        elif button is Qt.MouseButton.RightButton:
            self.tools.select_at(event.position())
            self.context_menu_requested.emit(event.globalPosition().toPoint())
        elif button is Qt.MouseButton.LeftButton and not self.tools.click(event.position()):
            self.finding_clicked.emit(finding_at(self.marks(), *self.to_image(event.position())))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Maximise; with Ctrl, return to the file's own window."""
        event.accept()
        if event.button() is not Qt.MouseButton.LeftButton or self.tools.tool is not None:
            self.mousePressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_file_window()
        else:
            self.maximise_requested.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Answer the menu key; a right click is known only when the button is released."""
        if event.reason() is not QContextMenuEvent.Reason.Mouse:
            middle = self._middle().toPoint()
            self.context_menu_requested.emit(self.viewport().mapToGlobal(middle))
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the mouse; without Ctrl, step through the frames of an image with several."""
        event.accept()
        if self.radiograph is None:
            return
        angle = event.angleDelta().y()
        has_frames = self.radiograph.identity.frame_count > 1
        if has_frames and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._wheel_angle += angle
            steps = int(self._wheel_angle / _NOTCH)
            self._wheel_angle -= steps * _NOTCH
            if steps:
                self.step_requested.emit(-steps)
        else:
            self.zoom_at(event.position(), _WHEEL_ZOOM ** (angle / _NOTCH))

    def leaveEvent(self, event: QEvent) -> None:
        """Report that the mouse is beside the image."""
        super().leaveEvent(event)
        self._pointer = None
        self.viewport().update()
        self.pointer_moved.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave every key to the window; the base class would scroll."""
        event.ignore()

    def _begin_at(
        self, position: QPointF, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
    ) -> _Begin | None:
        what = position, button, modifiers
        begin = None if self.box_editor.is_drawing else self.tools.drag_at(*what)
        return begin or self.box_editor.drag_at(*what) or drag_for(button, modifiers)

    def _set_cursor(self, position: QPointF) -> None:
        cursor = None if self.box_editor.is_drawing else self.tools.cursor_at(position)
        self.viewport().setCursor(self.box_editor.cursor_at(position) if cursor is None else cursor)

    def _end_drag(self) -> None:
        self._press = None
        self._drag = None
        self._region = None
        self._wheel_angle = 0
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)

    # --- drag and drop -----------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take images of the worklist, files and folders of this machine, and nothing else."""
        if dropped_image(event.mimeData()) is not None or _dropped_paths(event):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Take them anywhere on the viewport."""
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Forget nothing; the base class would look for an entry that it was not told of."""
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Report what was dropped."""
        event.acceptProposedAction()
        key = dropped_image(event.mimeData())
        if key is None:
            self.files_dropped.emit(_dropped_paths(event))
        else:
            self.image_dropped.emit(key)


def _dropped_paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
