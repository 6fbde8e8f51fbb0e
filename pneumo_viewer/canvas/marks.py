"""How findings and ground truth are drawn, at one size on the screen whatever the zoom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.label_layout import place_labels
from pneumo_viewer.canvas.texts import SMALL, scaled_font
from pneumo_viewer.review.findings import Finding, Verdict

_LINE = 2.0
_THIN_LINE = 1.0
_SELECTED_LINE = 3.0
_HALO = 2.0
"""How much wider the dark line under a white one is."""
_DIMMED = 0.35
_CORNER = 14.0
_HANDLE = 6.0
_ROOM_FOR_HANDLE = 48.0
_PADDING = QSizeF(5, 2)


@dataclass(frozen=True, slots=True)
class Mark:
    """One finding as it is shown.

    Attributes
    ----------
    number
        Its place by score among all findings of the image, from 1.
    is_dimmed
        Whether it lies below a threshold that is being moved.
    is_draft
        Whether it shows what the mouse is doing, which is not on disk.
    judgement
        TP or FP while the truth is shown, else "".
    """

    finding: Finding
    number: int
    is_selected: bool
    is_dimmed: bool
    is_draft: bool = False
    judgement: str = ""

    @property
    def label(self) -> str:
        """Number, score, which own boxes have not, and what it is against the truth."""
        score = self.finding.score
        text = str(self.number) if score is None else f"{self.number}  {score:.2f}"
        return f"{text}  {self.judgement}" if self.judgement else text


def shown_marks(
    findings: Sequence[Finding], threshold: float, is_moving: bool, selected: str | None
) -> list[Mark]:
    """Choose the findings that are shown: those at the threshold or above, and own boxes.

    While the threshold is being moved the others are shown too, dimmed.
    """
    return [
        Mark(finding, number, finding.id == selected, not finding.reaches(threshold))
        for number, finding in enumerate(findings, start=1)
        if is_moving or finding.reaches(threshold)
    ]


def finding_at(marks: Sequence[Mark], x: float, y: float) -> str | None:
    """Return the id of the smallest shown box around an image point, or None."""
    around = [
        mark.finding
        for mark in marks
        if not mark.is_dimmed
        and mark.finding.box[0] <= x <= mark.finding.box[2]
        and mark.finding.box[1] <= y <= mark.finding.box[3]
    ]
    return min(around, key=_area).id if around else None


def _area(finding: Finding) -> float:
    x0, y0, x1, y1 = finding.box
    return (x1 - x0) * (y1 - y0)


def _coordinates(rect: QRectF) -> tuple[float, float, float, float]:
    return rect.left(), rect.top(), rect.right(), rect.bottom()


def on_screen(rect: QRectF, device_ratio: float) -> QRectF:
    """Move the edges of a rectangle in view coordinates to whole pixels of the screen."""
    x0, y0, x1, y1 = (round(edge * device_ratio) / device_ratio for edge in _coordinates(rect))
    return QRectF(QPointF(x0, y0), QPointF(x1, y1))


def paint_truth(painter: QPainter, rect: QRectF) -> None:
    """Draw a box of the ground truth: white dots on a dark line."""
    painter.setPen(_pen(colours.SHADOW, _LINE + _HALO))
    painter.drawRect(rect)
    pen = _pen(colours.TRUTH, _LINE)
    pen.setDashPattern([1.0, 2.0])
    painter.setPen(pen)
    painter.drawRect(rect)


def paint_box(painter: QPainter, mark: Mark, rect: QRectF) -> None:
    """Draw the box of a finding: its line says the verdict, its handles that it is selected."""
    is_rejected = mark.finding.verdict is Verdict.REJECTED
    width = _THIN_LINE if is_rejected else _LINE
    pen = _pen(_colour(mark.finding), _SELECTED_LINE if mark.is_selected else width)
    painter.setOpacity(_DIMMED if mark.is_dimmed else 1)
    if is_rejected:
        pen.setWidthF(width)
    if is_rejected or mark.is_draft:
        pen.setDashPattern([6.0, 4.0])
    painter.setPen(pen)
    painter.drawRect(rect)
    if is_rejected:
        painter.drawLine(rect.bottomLeft(), rect.topRight())
    if mark.is_selected:
        _paint_corners(painter, rect)
        _paint_handles(painter, rect)
    painter.setOpacity(1)


def paint_original(painter: QPainter, rect: QRectF) -> None:
    """Draw where the detector put a box that the reader corrected: thin, red, in short dashes."""
    pen = _pen(colours.DETECTION, _THIN_LINE)
    pen.setDashPattern([3.0, 3.0])
    painter.setPen(pen)
    painter.drawRect(rect)


def _colour(finding: Finding) -> str:
    return colours.READER if finding.has_readers_box else colours.DETECTION


def _paint_corners(painter: QPainter, rect: QRectF) -> None:
    outer = rect.adjusted(-3, -3, 3, 3)
    across = min(_CORNER, outer.width() / 3)
    down = min(_CORNER, outer.height() / 3)
    painter.setPen(_pen(colours.SELECTION, _SELECTED_LINE))
    for corner, right, below in (
        (outer.topLeft(), 1, 1),
        (outer.topRight(), -1, 1),
        (outer.bottomLeft(), 1, -1),
        (outer.bottomRight(), -1, -1),
    ):
        painter.drawPolyline(
            [
                corner + QPointF(right * across, 0),
                corner,
                corner + QPointF(0, below * down),
            ]
        )


def _paint_handles(painter: QPainter, rect: QRectF) -> None:
    """Draw squares at the middle of the edges; the corners have their own marks."""
    middle = rect.center()
    across = [QPointF(middle.x(), y) for y in (rect.top(), rect.bottom())]
    down = [QPointF(x, middle.y()) for x in (rect.left(), rect.right())]
    points = across if rect.width() >= _ROOM_FOR_HANDLE else []
    points = points + (down if rect.height() >= _ROOM_FOR_HANDLE else [])
    size = QPointF(_HANDLE / 2, _HANDLE / 2)
    for point in points:
        painter.fillRect(QRectF(point - size, point + size), QColor(colours.SELECTION))


def _pen(colour: str, width: float) -> QPen:
    return QPen(
        QColor(colour),
        width,
        Qt.PenStyle.SolidLine,
        Qt.PenCapStyle.FlatCap,
        Qt.PenJoinStyle.MiterJoin,
    )


def layout_labels(
    marks: Sequence[Mark],
    rects: Sequence[QRectF],
    truth: Sequence[QRectF],
    taken: Sequence[QRectF],
    font: QFont,
    view: QSizeF,
) -> list[tuple[Mark, QRectF]]:
    """Give each mark that is in view and not dimmed a place for its label.

    Parameters
    ----------
    rects
        The boxes of the marks in view coordinates.
    truth, taken
        Boxes of the ground truth and rectangles of texts, which labels should leave visible.
    """
    whole = QRectF(QPointF(0, 0), view)
    labelled = [
        (mark, rect & whole)
        for mark, rect in zip(marks, rects, strict=True)
        if not mark.is_dimmed and rect.intersects(whole)
    ]
    sizes = [_label_size(mark, scaled_font(font, SMALL)) for mark, _ in labelled]
    places = place_labels(
        edges([rect for _, rect in labelled]),
        np.array([(size.width(), size.height()) for size in sizes]).reshape(-1, 2),
        (view.width(), view.height()),
        edges(taken),
        edges(truth),
    )
    return [
        (mark, QRectF(QPointF(x0, y0), QPointF(x1, y1)))
        for (mark, _), (x0, y0, x1, y1) in zip(labelled, places.round().tolist(), strict=True)
    ]


def edges(rects: Sequence[QRectF]) -> NDArray[np.float64]:
    """Return rectangles as ``[N, 4]`` x0 y0 x1 y1."""
    return np.array([_coordinates(rect) for rect in rects], dtype=np.float64).reshape(-1, 4)


def _label_size(mark: Mark, font: QFont) -> QSizeF:
    metrics = QFontMetricsF(font)
    width = metrics.horizontalAdvance(mark.label)
    if mark.finding.verdict is not Verdict.UNDECIDED:
        width += metrics.height()
    return QSizeF(
        round(width + 2 * _PADDING.width()), round(metrics.height() + 2 * _PADDING.height())
    )


def paint_label(painter: QPainter, mark: Mark, rect: QRectF, font: QFont) -> None:
    """Write number, score and verdict of a finding on a dark plate."""
    small = scaled_font(font, SMALL)
    small.setStrikeOut(mark.finding.verdict is Verdict.REJECTED)
    metrics = QFontMetricsF(small)
    painter.fillRect(rect, QColor(colours.PLATE))
    edge = colours.SELECTION if mark.is_selected else _colour(mark.finding)
    painter.fillRect(QRectF(rect.left(), rect.top(), 2, rect.height()), QColor(edge))
    painter.setFont(small)
    painter.setPen(QColor(colours.TEXT))
    baseline = rect.top() + _PADDING.height() + metrics.ascent()
    painter.drawText(QPointF(rect.left() + _PADDING.width(), baseline), mark.label)
    side = metrics.height() * 0.5
    sign = QRectF(rect.right() - _PADDING.width() - side, rect.center().y() - side / 2, side, side)
    _paint_sign(painter, mark.finding.verdict, sign)


def _paint_sign(painter: QPainter, verdict: Verdict, rect: QRectF) -> None:
    """Draw ✓, ✗ or ✎ as lines, since not every font has them."""
    if verdict is Verdict.UNDECIDED:
        return
    path = QPainterPath()
    if verdict is Verdict.ACCEPTED:
        colour = colours.TICK
        path.moveTo(rect.left(), rect.center().y())
        path.lineTo(rect.left() + rect.width() * 0.35, rect.bottom())
        path.lineTo(rect.topRight())
    elif verdict in (Verdict.CORRECTED, Verdict.ADDED):
        colour = colours.READER
        _add_pencil(path, rect)
    else:
        colour = colours.SECONDARY
        path.moveTo(rect.topLeft())
        path.lineTo(rect.bottomRight())
        path.moveTo(rect.topRight())
        path.lineTo(rect.bottomLeft())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    is_pencil = verdict in (Verdict.CORRECTED, Verdict.ADDED)
    painter.strokePath(path, _pen(colour, 1.5 if is_pencil else 2.0))
    painter.restore()


def _add_pencil(path: QPainterPath, rect: QRectF) -> None:
    """Add a pencil whose point is at the bottom left."""
    width, height = rect.width(), rect.height()
    outline = [(0, 1), (0.1, 0.65), (0.75, 0), (1, 0.25), (0.35, 0.9), (0, 1)]
    points = [rect.topLeft() + QPointF(x * width, y * height) for x, y in outline]
    path.moveTo(points[0])
    for point in points[1:]:
        path.lineTo(point)
