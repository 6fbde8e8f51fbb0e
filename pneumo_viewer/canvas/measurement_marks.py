"""How measurements are drawn, at one size on the screen whatever the zoom."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
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
from pneumo_viewer.canvas.label_layout import place_labels
from pneumo_viewer.canvas.marks import edges
from pneumo_viewer.canvas.measurements import Kind, Measurement
from pneumo_viewer.canvas.texts import SMALL, scaled_font

_LINE, _HALO = 1.5, 4.0
_TICK = 6.0
_HANDLE = 7.0
_ARC = 22.0
_PADDING = QSizeF(5, 2)


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
    taken: Sequence[QRectF],
) -> None:
    """Draw measurements and, over all of them, their labels.

    Parameters
    ----------
    taken
        Rectangles of texts, which labels should leave visible.
    """
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
    small = scaled_font(font, SMALL)
    whole = QRectF(QPointF(0, 0), view)
    labelled = [(mark, _labelled_part(mark.measurement.kind, ends) & whole) for mark, ends in drawn]
    labelled = [(mark, rect) for mark, rect in labelled if not rect.isEmpty()]
    sizes = [_label_size(mark, QFontMetricsF(small)) for mark, _ in labelled]
    places = place_labels(
        edges([rect for _, rect in labelled]),
        np.array([(size.width(), size.height()) for size in sizes]).reshape(-1, 2),
        (view.width(), view.height()),
        edges(taken),
        edges([]),
    )
    for (mark, _), (x0, y0, x1, y1) in zip(labelled, places.round().tolist(), strict=True):
        _paint_label(painter, mark, QRectF(QPointF(x0, y0), QPointF(x1, y1)), small)
    painter.restore()


def _labelled_part(kind: Kind, handles: Sequence[QPointF]) -> QRectF:
    """What the label stands beside: the end of a length, the arc of an angle, all of a region."""
    if kind.is_region:
        return QRectF(handles[0], handles[2]).normalized().adjusted(-1, -1, 1, 1)
    reach = _ARC if kind is Kind.ANGLE else _TICK
    return QRectF(handles[1] - QPointF(reach, reach), QSizeF(2 * reach, 2 * reach))


def _label_size(mark: MeasurementMark, metrics: QFontMetricsF) -> QSizeF:
    width = max(metrics.horizontalAdvance(line) for line in mark.lines)
    return QSizeF(
        round(width + 2 * _PADDING.width()),
        round(len(mark.lines) * metrics.height() + 2 * _PADDING.height()),
    )


def _paint_label(painter: QPainter, mark: MeasurementMark, rect: QRectF, font: QFont) -> None:
    """Write on a dark plate."""
    metrics = QFontMetricsF(font)
    painter.fillRect(rect, QColor(colours.PLATE))
    edge = colours.SELECTION if mark.is_selected else colours.MEASUREMENT
    painter.fillRect(QRectF(rect.topLeft(), QSizeF(2, rect.height())), QColor(edge))
    painter.setFont(font)
    painter.setPen(QColor(colours.TEXT))
    for row, line in enumerate(mark.lines):
        baseline = rect.top() + _PADDING.height() + row * metrics.height() + metrics.ascent()
        painter.drawText(QPointF(rect.left() + _PADDING.width(), baseline), line)
