"""The radiograph as one item of the scene, drawn from 8-bit images of halving size."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from detector.dicom.graphics import is_shut, overlay_marks
from detector.dicom.grey_values import apply_table
from detector.radiograph import Radiograph

_SHARP_FROM = 2.0
"""Screen pixels per image pixel from which image pixels are drawn as squares."""

_BLACK, _WHITE = 0, 255


class ImageItem(QGraphicsItem):
    """Draws stored values through a display table; scene coordinates are image coordinates.

    A level is the mean of 2 × 2 pixels of the level before it, so that a radiograph much larger
    than the screen is neither jagged nor slow. Levels are made when they are first drawn: a
    window dragged faster than it can be drawn costs nothing for the steps in between.
    """

    def __init__(self) -> None:
        super().__init__()
        self._radiograph: Radiograph | None = None
        self._table: NDArray[np.uint8] | None = None
        self._levels: list[NDArray[np.uint8]] = []
        self._has_graphics = True

    def set_image(self, radiograph: Radiograph | None) -> None:
        """Take an image; nothing is drawn until a table follows."""
        self.prepareGeometryChange()
        self._radiograph = radiograph
        self._table = None
        self._levels = []

    def set_graphics_visible(self, are_visible: bool) -> None:
        """Draw the image's overlays or leave them out."""
        self._has_graphics = are_visible
        self._levels = []
        self.update()

    def set_table(self, table: NDArray[np.uint8]) -> None:
        """Take a table of display values by stored value."""
        self._table = table
        self._levels = []
        self.update()

    def boundingRect(self) -> QRectF:
        """The image, ``[0, W] × [0, H]``."""
        if self._radiograph is None:
            return QRectF()
        height, width = self._radiograph.pixels.shape
        return QRectF(0, 0, width, height)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw what the painter shows of the image."""
        self.draw(painter, painter.worldTransform(), QRectF(painter.viewport()))

    def draw(self, painter: QPainter, world: QTransform, region: QRectF) -> None:
        """Resample the smallest level that has a pixel for each pixel of the screen.

        OpenCV resamples 8-bit grey several times faster than the painter does.

        Parameters
        ----------
        painter
            Its transformation is reset.
        world
            From image to painter coordinates; it may turn and reflect by right angles.
        region
            What is drawn at most, in painter coordinates.
        """
        if self._radiograph is None or self._table is None:
            return
        ratio = painter.device().devicePixelRatioF()
        covered = world.mapRect(self.boundingRect()) & region
        left, top = round(covered.left() * ratio), round(covered.top() * ratio)
        width, height = round(covered.right() * ratio) - left, round(covered.bottom() * ratio) - top
        if width <= 0 or height <= 0:
            return
        scale = math.sqrt(abs(world.determinant())) * ratio
        level, factor = self._level(max(math.floor(-math.log2(scale)), 0))
        to_level = _screen_to_level(world, ratio, factor, left, top)
        ends = to_level @ np.array([[0, width - 1], [0, height - 1], [1, 1]])
        columns, rows = (
            _seen(min(places), max(places), size)
            for places, size in zip(ends.tolist(), level.shape[::-1], strict=True)
        )
        to_level[:, 2] -= columns.start, rows.start
        sampling = cv2.INTER_NEAREST if scale >= _SHARP_FROM else cv2.INTER_LINEAR
        grey = np.empty((height, width), np.uint8)
        cv2.warpAffine(
            level[rows, columns],
            to_level,
            (width, height),
            dst=grey,
            flags=sampling | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8)
        image.setDevicePixelRatio(ratio)
        painter.resetTransform()
        painter.drawImage(QPointF(left / ratio, top / ratio), image)

    def _level(self, halvings: int) -> tuple[NDArray[np.uint8], int]:
        """Return the level after at most so many halvings, and its pixels' size in the image."""
        if not self._levels:
            self._levels = [self._displayed()]
        while len(self._levels) <= halvings and min(self._levels[-1].shape) > 1:
            self._levels.append(_halved(self._levels[-1]))
        place = min(halvings, len(self._levels) - 1)
        return self._levels[place], 2**place

    def _displayed(self) -> NDArray[np.uint8]:
        """Make all pixels, black behind the shutter; overlays are white with a black rim."""
        assert self._radiograph is not None
        assert self._table is not None
        grey = apply_table(self._radiograph.pixels, self._table)
        if self._radiograph.shutter is not None:
            grey[is_shut(self._radiograph.shutter, grey.shape)] = _BLACK
        if self._radiograph.overlays and self._has_graphics:
            marks = overlay_marks(self._radiograph.overlays, grey.shape)
            grey[cv2.dilate(marks, np.ones((3, 3), np.uint8)) > 0] = _BLACK
            grey[marks > 0] = _WHITE
        return grey


def _screen_to_level(
    world: QTransform, ratio: float, factor: int, left: int, top: int
) -> NDArray[np.float64]:
    """Map the pixels of the screen, counted from ``(left, top)``, to those of a level.

    Returns
    -------
    NDArray
        ``[2, 3]``, from column and row of one to column and row of the other. A pixel's centre
        lies half a pixel after its edge in both.
    """
    inverse, _ = world.inverted()
    linear = np.array([[inverse.m11(), inverse.m21()], [inverse.m12(), inverse.m22()]])
    first = inverse.map(QPointF((left + 0.5) / ratio, (top + 0.5) / ratio))
    start = np.array([first.x(), first.y()]) / factor - 0.5
    return np.column_stack([linear / (ratio * factor), start])


def _seen(first: float, last: float, size: int) -> slice:
    """Return the part of a row or column of a level that is seen between two places in it."""
    low = min(max(math.floor(first), 0), size - 1)
    high = min(math.ceil(last) + 1, size)
    return slice(low, max(high, low + 1))


def _halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average 2 × 2 pixels. An odd last row or column, less than a screen pixel, is left out."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    halved = np.empty((height, width), np.uint8)
    even = image[: 2 * height, : 2 * width]
    cv2.resize(even, (width, height), dst=halved, interpolation=cv2.INTER_AREA)
    return halved
