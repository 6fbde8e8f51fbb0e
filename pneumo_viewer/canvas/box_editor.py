"""Boxes under the mouse: taking hold of them, drawing new ones, and the draft meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import hypot
from typing import Protocol

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QTransform

from detector.radiograph import Radiograph
from pneumo_viewer.canvas.gestures import Drag, Draggable
from pneumo_viewer.canvas.marks import Mark, finding_at
from pneumo_viewer.review.boxes import WHOLE, Grip, change_box, draw_box
from pneumo_viewer.review.findings import Box, Finding, Verdict

_REACH = 6.0
"""View pixels around an edge of the selected box in which the mouse takes hold of it."""
_PLACED = 0.25
"""Side of a box that is placed without the mouse, as a part of the visible image."""

_DRAFT = Finding("", (0, 0, 0, 0), score=None, model=None, verdict=Verdict.ADDED)


class EditedView(Draggable, Protocol):
    """What the editor needs of the viewport."""

    @property
    def radiograph(self) -> Radiograph | None: ...
    def viewportTransform(self) -> QTransform: ...
    def shown_box(self) -> Box: ...
    def marks(self) -> Sequence[Mark]: ...
    def redraw(self) -> None: ...


class BoxEditor(QObject):
    """Turns drags into boxes; what it reports is shown as a draft until findings are set again."""

    box_changed = Signal(str, object)
    """Id of a finding and the box that it should get."""
    box_drawn = Signal(object)
    """A new box."""

    def __init__(self, view: EditedView, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._is_drawing = False
        self._draft: Finding | None = None
        self.is_enabled = True
        """Whether boxes can be taken hold of."""

    @property
    def is_drawing(self) -> bool:
        """Whether the next drag draws a box."""
        return self._is_drawing

    def start_drawing(self) -> None:
        """Let the next drag draw a box; called again, place one in the middle of the view."""
        if self._is_drawing:
            x0, y0, x1, y1 = self._view.shown_box()
            right, down = _PLACED / 2 * (x1 - x0), _PLACED / 2 * (y1 - y0)
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            self.draw((x - right, y - down), (x + right, y + down))
            self.finish()
        elif self._view.radiograph is not None:
            self._is_drawing = True
            self._view.redraw()

    def cancel(self) -> bool:
        """Give up what is being drawn or dragged; say whether there was anything."""
        was_busy = self._is_drawing or self._draft is not None
        self._is_drawing = False
        self._draft = None
        self._view.redraw()
        return was_busy

    def forget_draft(self) -> None:
        """Show what is on disk again."""
        self._draft = None

    def drafted(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings as they would be with the draft."""
        draft = self._draft
        if draft is None:
            return tuple(findings)
        if not draft.id:
            return (*findings, draft)
        return tuple(draft if finding.id == draft.id else finding for finding in findings)

    def is_draft(self, finding: Finding) -> bool:
        """Whether this is no more than what the mouse is doing."""
        return finding is self._draft

    # What the mouse does

    def drag_at(
        self, position: QPointF, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
    ) -> Callable[[Draggable, QPointF], Drag] | None:
        """The drag that begins here, or None where no box is meant."""
        is_plain = modifiers == Qt.KeyboardModifier.NoModifier
        if button is not Qt.MouseButton.LeftButton or not is_plain:
            return None
        if self._is_drawing:
            return partial(DrawingDrag, self)
        held = self._held_at(position)
        return None if held is None else partial(BoxDrag, self, *held)

    def cursor_at(self, position: QPointF) -> Qt.CursorShape:
        """What the mouse would do here, as a cursor."""
        if self._view.radiograph is None:
            return Qt.CursorShape.ArrowCursor
        if self._is_drawing:
            return Qt.CursorShape.CrossCursor
        held = self._held_at(position)
        if held is None:
            return Qt.CursorShape.ArrowCursor
        finding, grip = held
        if grip != WHOLE:
            return self.cursor_of(grip)
        is_selected = any(mark.is_selected and mark.finding is finding for mark in self._marks())
        return Qt.CursorShape.SizeAllCursor if is_selected else Qt.CursorShape.PointingHandCursor

    def cursor_of(self, grip: Grip) -> Qt.CursorShape:
        """The double arrow along which a grip moves on the screen."""
        transform = self._view.viewportTransform()
        way = transform.map(QPointF(*grip)) - transform.map(QPointF(0, 0))
        if abs(way.x()) > 2 * abs(way.y()):
            return Qt.CursorShape.SizeHorCursor
        if abs(way.y()) > 2 * abs(way.x()):
            return Qt.CursorShape.SizeVerCursor
        is_falling = way.x() * way.y() > 0
        return Qt.CursorShape.SizeFDiagCursor if is_falling else Qt.CursorShape.SizeBDiagCursor

    def draw(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Show a new box between two points of the image."""
        self._draft = replace(_DRAFT, box=draw_box(start, end, self._size()))
        self._view.redraw()

    def drag(self, finding: Finding, grip: Grip, right: float, down: float) -> None:
        """Show a finding with its box changed by so many image pixels."""
        box = change_box(finding.box, grip, right, down, self._size())
        verdict = Verdict.ADDED if finding.is_own else Verdict.CORRECTED
        self._draft = replace(
            finding,
            box=box,
            verdict=verdict,
            original=None if finding.is_own else finding.original or finding.box,
        )
        self._view.redraw()

    def finish(self) -> None:
        """Report the draft."""
        draft = self._draft
        self._is_drawing = False
        if draft is not None and draft.id:
            self.box_changed.emit(draft.id, draft.box)
        elif draft is not None:
            self.box_drawn.emit(draft.box)
        self._view.redraw()

    def to_image(self, position: QPointF) -> tuple[float, float]:
        """The image point under a point of the view."""
        to_image, _ = self._view.viewportTransform().inverted()
        point = to_image.map(position)
        return point.x(), point.y()

    def _marks(self) -> list[Mark]:
        return [mark for mark in self._view.marks() if not mark.is_dimmed]

    def _size(self) -> tuple[int, int]:
        assert self._view.radiograph is not None
        height, width = self._view.radiograph.pixels.shape
        return width, height

    def _held_at(self, position: QPointF) -> tuple[Finding, Grip] | None:
        """The selected box by its edges, else the smallest box around the point as a whole."""
        if not self.is_enabled:
            return None
        x, y = self.to_image(position)
        beside_x, beside_y = self.to_image(position + QPointF(_REACH, 0))
        reach = hypot(beside_x - x, beside_y - y)
        marks = self._marks()
        for mark in marks:
            if mark.is_selected:
                grip = _grip_at(mark.finding.box, x, y, reach)
                if grip is not None:
                    return mark.finding, grip
        around = finding_at(marks, x, y)
        return next(((mark.finding, WHOLE) for mark in marks if mark.finding.id == around), None)


class DrawingDrag(Drag):
    """A new box from where the drag began to where the mouse is."""

    def __init__(self, editor: BoxEditor, viewport: Draggable, start: QPointF) -> None:
        super().__init__(viewport, start)
        self.cursor = Qt.CursorShape.CrossCursor
        self._editor = editor

    def move(self, position: QPointF) -> None:
        self._editor.draw(self._editor.to_image(self.start), self._editor.to_image(position))

    def finish(self) -> None:
        self._editor.finish()


class BoxDrag(Drag):
    """A box, or its edges, follow the mouse."""

    def __init__(
        self, editor: BoxEditor, finding: Finding, grip: Grip, viewport: Draggable, start: QPointF
    ) -> None:
        super().__init__(viewport, start)
        is_whole = grip == WHOLE
        self.cursor = Qt.CursorShape.SizeAllCursor if is_whole else editor.cursor_of(grip)
        self._editor, self._finding, self._grip = editor, finding, grip

    def move(self, position: QPointF) -> None:
        x, y = self._editor.to_image(position)
        from_x, from_y = self._editor.to_image(self.start)
        self._editor.drag(self._finding, self._grip, x - from_x, y - from_y)

    def finish(self) -> None:
        self._editor.finish()


def _grip_at(box: Box, x: float, y: float, reach: float) -> Grip | None:
    """The edge or corner of a box near a point; None away from its edges.

    Inside a small box the edges reach no further than a quarter of it, so that it can be moved.
    """
    horizontal = _edge_at(box[0], box[2], x, reach)
    vertical = _edge_at(box[1], box[3], y, reach)
    if horizontal is None or vertical is None or horizontal == vertical == 0:
        return None
    return Grip(horizontal, vertical)


def _edge_at(low: float, high: float, place: float, reach: float) -> int | None:
    if not low - reach <= place <= high + reach:
        return None
    inside = min(reach, (high - low) / 4)
    return -1 if place < low + inside else 1 if place > high - inside else 0
