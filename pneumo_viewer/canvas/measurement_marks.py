"""How measurements are drawn, at one size on the screen whatever the zoom."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPen,
)

from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.measurements import Kind, Measurement
from pneumo_viewer.canvas.texts import SMALL, scaled_font

_LINE, _HALO = 1.5, 4.0
_TICK = 6.0
_HANDLE = 7.0
_ARC = 22.0
_PADDING = QSizeF(5, 2)
_GAP = 8.0


@dataclass(frozen=True, slots=True)
class MeasurementMark:
    """One measurement as it is shown, with the lines that say what it amounts to."""

    measurement: Measurement
    lines: tuple[str, ...]
    is_selected: bool


def is_on_line(kind: Kind, handles: Sequence[QPointF], position: QPointF, reach: float) -> bool:
    """Whether a point of the view lies near a line of a measurement."""
    stroker = QPainterPathStroker()
    stroker.setWidth(2 * reach)
    return stroker.createStroke(_outline(kind, handles)).contains(position)


def _outline(kind: Kind, handles: Sequence[QPointF]) -> QPainterPath:
    path = QPainterPath()
    if kind.is_region:
        rect = QRectF(handles[0], handles[2]).normalized()
        if kind is Kind.ELLIPSE:
            path.addEllipse(rect)
        else:
            path.addRect(rect)
        return path
    path.moveTo(handles[0])
    for handle in handles[1:]:
        path.lineTo(handle)
    return path


def _ornaments(kind: Kind, handles: Sequence[QPointF]) -> QPainterPath:
    """Ticks across the ends of a length; an arc between the legs of an angle."""
    path = QPainterPath()
    if kind is Kind.LENGTH:
        line = QLineF(handles[0], handles[1])
        if line.length() > 0:
            normal = line.normalVector().unitVector()
            across = QPointF(normal.dx(), normal.dy()) * _TICK
            for end in handles:
                path.moveTo(end - across)
                path.lineTo(end + across)
    elif kind is Kind.ANGLE:
        first, second = QLineF(handles[1], handles[0]), QLineF(handles[1], handles[2])
        if min(first.length(), second.length()) > 0:
            turn = math.remainder(second.angle() - first.angle(), 360)
            radius = min(_ARC, first.length(), second.length())
            around = QRectF(handles[1] - QPointF(radius, radius), QSizeF(2 * radius, 2 * radius))
            path.arcMoveTo(around, first.angle())
            path.arcTo(around, first.angle(), turn)
    return path


def paint_measurements(
    painter: QPainter,
    marks: Sequence[MeasurementMark],
    to_view: Callable[[float, float], QPointF],
    font: QFont,
    view: QSizeF,
) -> None:
    """Draw measurements and, over all of them, their labels."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    drawn = [(mark, [to_view(*point) for point in mark.measurement.handles]) for mark in marks]
    for mark, handles in drawn:
        path = _outline(mark.measurement.kind, handles)
        path.addPath(_ornaments(mark.measurement.kind, handles))
        colour = colours.SELECTION if mark.is_selected else colours.MEASUREMENT
        painter.strokePath(path, QPen(QColor(colours.SHADOW), _HALO))
        painter.strokePath(path, QPen(QColor(colour), _LINE))
        if mark.is_selected:
            for handle in handles:
                corner = handle - QPointF(_HANDLE, _HANDLE) / 2
                painter.fillRect(QRectF(corner, QSizeF(_HANDLE, _HANDLE)), QColor(colour))
    for mark, handles in drawn:
        _paint_label(painter, mark, handles, scaled_font(font, SMALL), view)
    painter.restore()


def _paint_label(
    painter: QPainter, mark: MeasurementMark, handles: Sequence[QPointF], font: QFont, view: QSizeF
) -> None:
    """Write on a dark plate to the right of the measurement, below its lowest point, in view."""
    metrics = QFontMetricsF(font)
    width = max(metrics.horizontalAdvance(line) for line in mark.lines) + 2 * _PADDING.width()
    height = len(mark.lines) * metrics.height() + 2 * _PADDING.height()
    x = max(handle.x() for handle in handles) + _GAP
    y = max(handle.y() for handle in handles) + _GAP
    left = max(min(x, view.width() - width), 0.0)
    top = max(min(y, view.height() - height), 0.0)
    rect = QRectF(round(left), round(top), round(width), round(height))
    painter.fillRect(rect, QColor(colours.PLATE))
    edge = colours.SELECTION if mark.is_selected else colours.MEASUREMENT
    painter.fillRect(QRectF(rect.topLeft(), QSizeF(2, rect.height())), QColor(edge))
    painter.setFont(font)
    painter.setPen(QColor(colours.TEXT))
    for row, line in enumerate(mark.lines):
        baseline = rect.top() + _PADDING.height() + row * metrics.height() + metrics.ascent()
        painter.drawText(QPointF(rect.left() + _PADDING.width(), baseline), line)
