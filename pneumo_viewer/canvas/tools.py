"""The tools of the left mouse button: measuring and zooming."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent

from detector.radiograph import Radiograph
from pneumo_viewer.canvas.gestures import Drag, Draggable, ZoomDrag
from pneumo_viewer.canvas.measurement_marks import MeasurementMark, is_on_line
from pneumo_viewer.canvas.measurements import (
    Frame,
    Kind,
    Measurement,
    Measurements,
    Point,
    describe_measurement,
)

_REACH = 7.0
"""View pixels around a handle or a line in which the mouse takes hold of it."""
_DELETE_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class Tool(Enum):
    """What the left button does instead of windowing; the values are ids of commands."""

    ZOOM = "zoom_tool"
    LENGTH = "length"
    ANGLE = "angle"
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"


_KINDS = {
    Tool.LENGTH: Kind.LENGTH,
    Tool.ANGLE: Kind.ANGLE,
    Tool.RECTANGLE: Kind.RECTANGLE,
    Tool.ELLIPSE: Kind.ELLIPSE,
}


class MeasuredView(Draggable, Protocol):
    """What the tools need of the viewport."""

    @property
    def radiograph(self) -> Radiograph | None: ...
    def to_image(self, position: QPointF) -> Point: ...
    def to_view(self, x: float, y: float) -> QPointF: ...
    def redraw(self) -> None: ...


class MeasuringTools(QObject):
    """Turns drags into measurements of the image that is shown; the model keeps them.

    A drag draws a length or a region. For an angle it draws one leg; the other follows the mouse
    until the next click. Measurements are taken hold of at their lines and handles with any tool.
    """

    changed = Signal()
    """The tool, the selection or a measurement is another."""

    def __init__(self, view: MeasuredView, measurements: Measurements, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._measurements = measurements
        self._tool: Tool | None = None
        self._selected: int | None = None
        self._draft: Measurement | None = None
        self._draft_place: int | None = None  # of the measurement that the draft changes
        self._is_second_leg = False
        self._marks: list[MeasurementMark] = []
        self._described: Frame | None = None  # of which the marks say what they amount to
        measurements.subscribe(self._follow)

    @property
    def measurements(self) -> Measurements:
        """Those of all images."""
        return self._measurements

    @property
    def tool(self) -> Tool | None:
        """The tool in hand; None where the left button windows."""
        return self._tool

    @property
    def selected(self) -> Measurement | None:
        """The selected measurement of the image that is shown."""
        return None if self._selected is None else self._shown()[self._selected]

    @property
    def marks(self) -> list[MeasurementMark]:
        """What is drawn."""
        return self._marks

    def choose(self, tool: Tool | None) -> None:
        """Take a tool, or none."""
        self._forget_draft()
        self._tool = tool
        self._refresh()

    def show_frame(self) -> None:
        """Begin with the image that the view shows now, with nothing selected."""
        self._forget_draft()
        self._selected = None
        self._refresh()

    def cancel(self) -> bool:
        """Give up what is drawn, else the selection, else the tool; say whether there was any."""
        if self._draft is not None:
            self._forget_draft()
        elif self._selected is not None:
            self._selected = None
        elif self._tool is not None:
            self._tool = None
        else:
            return False
        self._refresh()
        return True

    def delete_selected(self) -> None:
        """Delete the selected measurement, if any."""
        frame, place = self._frame(), self._selected
        if frame is not None and place is not None:
            shown = self._shown()
            self._selected = None
            self._measurements.assign(frame, shown[:place] + shown[place + 1 :])

    # What the mouse does

    def drag_at(
        self, position: QPointF, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
    ) -> Callable[[Draggable, QPointF], Drag] | None:
        """The drag that begins here, or None where no tool is meant."""
        is_plain = modifiers == Qt.KeyboardModifier.NoModifier
        if button is not Qt.MouseButton.LeftButton or not is_plain:
            return None
        if self._is_second_leg:
            return partial(MeasuringDrag, self.stretch, self.finish)
        held = self._held_at(position)
        if held is not None:
            return partial(self._take, *held)
        if self._tool is Tool.ZOOM:
            return ZoomDrag
        return None if self._tool is None else partial(self._begin, _KINDS[self._tool])

    def click(self, position: QPointF) -> bool:
        """End an angle, or select what lies here; say whether the click was meant for a tool."""
        if self._is_second_leg:
            self.stretch(position)
            self.finish()
            return True
        self.select_at(position)
        return self._selected is not None or self._tool is not None

    def select_at(self, position: QPointF) -> None:
        """Select the measurement here, or none."""
        held = self._held_at(position)
        selected = None if held is None else held[0]
        if selected != self._selected:
            self._selected = selected
            self._refresh()

    def hover(self, position: QPointF) -> None:
        """Let the second leg of an angle follow the mouse."""
        if self._is_second_leg:
            self.stretch(position)

    def cursor_at(self, position: QPointF) -> Qt.CursorShape | None:
        """What the mouse would do here, as a cursor; None where no tool is meant."""
        if self._is_second_leg:
            return Qt.CursorShape.CrossCursor
        held = self._held_at(position)
        if held is not None:
            is_whole = held[1] is None
            return Qt.CursorShape.SizeAllCursor if is_whole else Qt.CursorShape.PointingHandCursor
        if self._tool is None or self._view.radiograph is None:
            return None
        is_zoom = self._tool is Tool.ZOOM
        return ZoomDrag.cursor if is_zoom else Qt.CursorShape.CrossCursor

    def stretch(self, position: QPointF) -> None:
        """Draw the new measurement to a point of the view."""
        assert self._draft is not None
        point, points = self._view.to_image(position), self._draft.points
        kept = points[:2] if self._is_second_leg else points[:1]
        count = len(points) - len(kept)
        self._draft = Measurement(self._draft.kind, kept + count * (point,))
        self._refresh()

    def finish(self) -> None:
        """Keep what was drawn; of an angle's first leg, go on to the second."""
        frame, draft, place = self._frame(), self._draft, self._draft_place
        assert frame is not None
        assert draft is not None
        if place is None and draft.kind is Kind.ANGLE and not self._is_second_leg:
            self._is_second_leg = True
            return
        shown = self._shown()
        place = len(shown) if place is None else place
        self._forget_draft()
        self._selected = place
        self._measurements.assign(frame, (*shown[:place], draft, *shown[place + 1 :]))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Delete the selected measurement with the keys that else reject a finding."""
        is_key = isinstance(event, QKeyEvent) and event.key() in _DELETE_KEYS
        if not is_key or self._selected is None:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            self.delete_selected()
            return True
        return False

    def _begin(self, kind: Kind, viewport: Draggable, start: QPointF) -> Drag:
        point = self._view.to_image(start)
        count = 3 if kind is Kind.ANGLE else 2
        self._selected = None
        self._draft = Measurement(kind, count * (point,))
        return MeasuringDrag(self.stretch, self.finish, viewport, start)

    def _take(self, place: int, handle: int | None, viewport: Draggable, start: QPointF) -> Drag:
        """Move a measurement, or one of its handles."""
        measurement = self._shown()[place]
        from_x, from_y = self._view.to_image(start)
        self._selected = self._draft_place = place
        self._draft = measurement

        def follow(position: QPointF) -> None:
            x, y = self._view.to_image(position)
            if handle is None:
                self._draft = measurement.moved(x - from_x, y - from_y)
            else:
                self._draft = measurement.with_handle(handle, (x, y))
            self._refresh()

        return MeasuringDrag(follow, self.finish, viewport, start)

    def _held_at(self, position: QPointF) -> tuple[int, int | None] | None:
        """Place of the measurement here, the newest first, and its handle or None for a line."""
        for place, mark in reversed(list(enumerate(self._marks))):
            ends = [self._view.to_view(*point) for point in mark.measurement.handles]
            for index, end in enumerate(ends):
                if (end - position).manhattanLength() <= _REACH:
                    return place, index
            if is_on_line(mark.measurement.kind, ends, position, _REACH):
                return place, None
        return None

    # Following the model

    def _frame(self) -> Frame | None:
        radiograph = self._view.radiograph
        return None if radiograph is None else (radiograph.identity.key, radiograph.frame)

    def _shown(self) -> tuple[Measurement, ...]:
        frame = self._frame()
        return () if frame is None else self._measurements.of(frame)

    def _follow(self, frame: Frame) -> None:
        if frame == self._frame():
            if self._selected is not None and self._selected >= len(self._shown()):
                self._selected = None
            self._refresh()

    def _forget_draft(self) -> None:
        self._draft = self._draft_place = None
        self._is_second_leg = False

    def _refresh(self) -> None:
        shown = list(self._shown())
        chosen = self._selected
        if self._draft is not None:
            chosen = len(shown) if self._draft_place is None else self._draft_place
            shown[chosen : chosen + 1] = [self._draft]
        known = (
            {}
            if self._described != self._frame()
            else {m.measurement: m.lines for m in self._marks}
        )
        self._described = self._frame()
        self._marks = [
            MeasurementMark(measurement, self._lines(measurement, known), place == chosen)
            for place, measurement in enumerate(shown)
        ]
        self._view.redraw()
        self.changed.emit()

    def _lines(
        self, measurement: Measurement, known: dict[Measurement, tuple[str, ...]]
    ) -> tuple[str, ...]:
        assert self._view.radiograph is not None
        return known.get(measurement) or describe_measurement(measurement, self._view.radiograph)


class MeasuringDrag(Drag):
    """A measurement follows the mouse."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self,
        follow: Callable[[QPointF], None],
        finish: Callable[[], None],
        viewport: Draggable,
        start: QPointF,
    ) -> None:
        super().__init__(viewport, start)
        self._follow = follow
        self._finish = finish

    def move(self, position: QPointF) -> None:
        self._follow(position)

    def finish(self) -> None:
        self._finish()
