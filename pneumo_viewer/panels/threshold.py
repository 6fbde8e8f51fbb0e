"""The slider and the list that choose from which score on findings are shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from detector.model_card import OperatingPoint
from pneumo_viewer.theme import colours
from pneumo_viewer.words import tr

_MARGIN = 8
_GROOVE_Y = 10
_HANDLE_RADIUS = 6


class ThresholdSlider(QWidget):
    """A slider over [0, 1].

    Ticks below it stand at the scores of the current image, those above it at the model's
    operating points.
    """

    moved = Signal(float)
    """The threshold that the reader chose."""
    drag_changed = Signal(bool)
    """Whether the handle is being dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = 0.0
        self._scores: tuple[float, ...] = ()
        self._points: tuple[float, ...] = ()
        self._is_dragged = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Score threshold"))
        self.setToolTip(tr("Findings below this score are hidden."))

    def sizeHint(self) -> QSize:
        return QSize(160, 26)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 26)

    @property
    def value(self) -> float:
        """The threshold shown."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a threshold."""
        self._value = value
        self.update()

    def set_scores(self, scores: Sequence[float]) -> None:
        """Show a tick at each score."""
        self._scores = tuple(scores)
        self.update()

    def set_points(self, thresholds: Sequence[float]) -> None:
        """Show a tick at each operating point."""
        self._points = tuple(thresholds)
        self.update()

    def _x_of(self, value: float) -> float:
        return _MARGIN + value * (self.width() - 2 * _MARGIN)

    def _choose(self, x: float) -> None:
        share = (x - _MARGIN) / max(1, self.width() - 2 * _MARGIN)
        self.moved.emit(round(min(1.0, max(0.0, share)), 2))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._is_dragged = True
            self.drag_changed.emit(True)
            self._choose(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._is_dragged:
            self._choose(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_dragged:
            self._is_dragged = False
            self.drag_changed.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -0.01, Qt.Key.Key_Right: 0.01}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.moved.emit(round(min(1.0, max(0.0, self._value + step)), 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right, here = self._x_of(0), self._x_of(1), self._x_of(self._value)
        painter.setPen(_round_pen(colours().line))
        painter.drawLine(QPointF(left, _GROOVE_Y), QPointF(right, _GROOVE_Y))
        painter.setPen(_round_pen(colours().selection))
        painter.drawLine(QPointF(here, _GROOVE_Y), QPointF(right, _GROOVE_Y))
        for score in self._scores:
            colour = colours().detection if score >= self._value else colours().secondary
            painter.setPen(QPen(QColor(colour), 1.5))
            x = self._x_of(score)
            painter.drawLine(QPointF(x, _GROOVE_Y + 8), QPointF(x, _GROOVE_Y + 13))
        painter.setPen(QPen(QColor(colours().selection), 1.5))
        for threshold in self._points:
            x = self._x_of(threshold)
            painter.drawLine(QPointF(x, _GROOVE_Y - 10), QPointF(x, _GROOVE_Y - 5))
        painter.setPen(Qt.PenStyle.NoPen)
        if self.hasFocus():
            painter.setBrush(QColor(colours().selection))
            halo = _HANDLE_RADIUS + 2
            painter.drawEllipse(QPointF(here, _GROOVE_Y), halo, halo)
        painter.setBrush(QColor(colours().text))
        painter.drawEllipse(
            QRectF(
                here - _HANDLE_RADIUS,
                _GROOVE_Y - _HANDLE_RADIUS,
                2 * _HANDLE_RADIUS,
                2 * _HANDLE_RADIUS,
            )
        )


class OperatingPointList(QComboBox):
    """The operating points of the model's card by name; hidden where it has none.

    Parameters
    ----------
    points
        In the card's order.
    """

    chosen = Signal(float)
    """Threshold of the point that the reader chose."""

    def __init__(self, points: Sequence[OperatingPoint], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thresholds: list[float] = []
        self.setPlaceholderText(tr("own threshold"))
        self.setAccessibleName(tr("Operating point"))
        self.activated.connect(lambda row: self.chosen.emit(self._thresholds[row]))
        self.set_points(points)

    def set_points(self, points: Sequence[OperatingPoint]) -> None:
        """Offer the points of another card."""
        self._thresholds = [float(np.float32(point.threshold)) for point in points]
        self.clear()
        for row, point in enumerate(points):
            self.addItem(point.name)
            tip = tr(
                "Threshold {threshold:g}, chosen on {data}",
                threshold=point.threshold,
                data=point.measured_on,
            )
            self.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.setVisible(bool(points))

    def set_value(self, threshold: float) -> None:
        """Show the name of the point that has this threshold, or that none has."""
        row = self._thresholds.index(threshold) if threshold in self._thresholds else -1
        self.setCurrentIndex(row)
        tip = self.itemData(row, Qt.ItemDataRole.ToolTipRole) if row >= 0 else ""
        self.setToolTip(tip or tr("Set the threshold to an operating point of the model."))


def _round_pen(colour: str) -> QPen:
    pen = QPen(QColor(colour), 3)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen
