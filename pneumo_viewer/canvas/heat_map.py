"""The heat map of the CENTER branch over the radiograph, with its legend."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QGraphicsItem,
    QStyleOptionGraphicsItem,
    QWidget,
)

from detector.heat_map import HeatMap
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.image_view import ImageView
from pneumo_viewer.canvas.texts import SMALL, scaled_font
from pneumo_viewer.words import tr

_OPAQUE_FROM = 0.3
"""Probability from which the map is as opaque as it gets."""
_MOST_OPAQUE = 0.6
_BAR = QSize(12, 120)
_EDGE = 12


def colour_table() -> NDArray[np.uint8]:
    """``[256, 4]`` red, green, blue and alpha for probabilities 0 to 1.

    Viridis, whose lightness rises evenly also for the colour-blind. What is unlikely is
    transparent, so that the lung under it stays as it is.
    """
    steps = np.arange(256, dtype=np.uint8)
    blue_green_red = cv2.applyColorMap(steps, cv2.COLORMAP_VIRIDIS).reshape(256, 3)
    alpha = 255 * _MOST_OPAQUE * np.minimum(1.0, steps / 255 / _OPAQUE_FROM)
    return np.column_stack([blue_green_red[:, ::-1], alpha.round().astype(np.uint8)])


def paint_values(values: NDArray[np.float32]) -> QImage:
    """Give probabilities ``[h, w]`` their colours."""
    rgba = np.ascontiguousarray(colour_table()[(values.clip(0, 1) * 255).round().astype(np.uint8)])
    height, width = values.shape
    image = QImage(rgba.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return image.copy()  # the array's memory goes with the array


class HeatMapItem(QGraphicsItem):
    """Draws a heat map in image coordinates, so that it lies right at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: QImage | None = None
        self._extent = QRectF()
        self._image = QRectF()

    def set_heat_map(self, heat_map: HeatMap | None, width: int = 0, height: int = 0) -> None:
        """Show a map, cut at the edges of an image of this size, or none."""
        self.prepareGeometryChange()
        self._picture = None if heat_map is None else paint_values(heat_map.values)
        if heat_map is not None:
            x0, y0, x1, y1 = heat_map.extent
            self._extent = QRectF(x0, y0, x1 - x0, y1 - y0)
        self._image = QRectF(0, 0, width, height)
        self.update()

    @property
    def is_shown(self) -> bool:
        """Whether there is a map."""
        return self._picture is not None

    def boundingRect(self) -> QRectF:
        """The image, ``[0, W] × [0, H]``."""
        return self._image

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the picture over what the grid covers."""
        if self._picture is None:
            return
        painter.save()  # the view does not
        painter.setClipRect(self._image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._extent, self._picture)
        painter.restore()


class HeatLegend(QWidget):
    """A bar of the colours with the probabilities that they stand for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(tr("Legend of the heat map"))
        font = scaled_font(self.font(), SMALL)
        self.setFont(font)
        metrics = self.fontMetrics()
        self._line = metrics.height()
        scale = _BAR.width() + 6 + metrics.horizontalAdvance("0.0")
        width = max(metrics.horizontalAdvance("CENTER"), scale)
        self.resize(width + 16, _BAR.height() + 2 * self._line + 12)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.PLATE))
        painter.setPen(QColor(colours.TEXT))
        ascent = self.fontMetrics().ascent()
        painter.drawText(8, 4 + ascent, "CENTER")
        top = 8 + self._line
        for row, (red, green, blue, _) in enumerate(
            colour_table()[np.linspace(255, 0, _BAR.height()).astype(int)].tolist()
        ):
            painter.fillRect(8, top + row, _BAR.width(), 1, QColor(red, green, blue))
        for value in (1.0, 0.5, 0.0):
            y = top + round((1 - value) * (_BAR.height() - 1)) + ascent // 2 - 1
            painter.drawText(8 + _BAR.width() + 6, y, f"{value:.1f}")


class HeatMapLayer(QObject):
    """Puts heat maps over the image of a view.

    Parameters
    ----------
    view
        Its scene has image coordinates. Maps are of its first frame and vanish on others.
    """

    def __init__(self, view: ImageView) -> None:
        super().__init__(view)
        self._view = view
        self.item = HeatMapItem()
        self.item.setZValue(1)
        view.scene().addItem(self.item)
        self.legend = HeatLegend(view.viewport())
        view.viewport().installEventFilter(self)
        view.view_changed.connect(self._show_on_first_frame)

    def show_map(self, heat_map: HeatMap, width: int, height: int) -> None:
        """Show a map over an image of this size."""
        self.item.set_heat_map(heat_map, width, height)
        self._place_legend()
        self._show_on_first_frame()

    def clear(self) -> None:
        """Show none."""
        self.item.set_heat_map(None)
        self.legend.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the legend at the right edge of the view."""
        if event.type() is QEvent.Type.Resize:
            self._place_legend()
        return super().eventFilter(watched, event)

    def _show_on_first_frame(self) -> None:
        radiograph = self._view.radiograph
        is_first = radiograph is not None and radiograph.frame == 0
        self.item.setVisible(is_first)
        self.legend.setVisible(is_first and self.item.is_shown)

    def _place_legend(self) -> None:
        room = self._view.viewport().size()
        # Below the middle: there the orientation letter stands.
        top = max(room.height() // 2 + 3 * _EDGE, _EDGE)
        self.legend.move(room.width() - self.legend.width() - _EDGE, top)
