"""The radiograph as one item of the scene, drawn from 8-bit images of halving size."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from detector.dicom.grey_values import apply_table

_SHARP_FROM = 2.0
"""Screen pixels per image pixel from which image pixels are drawn as squares."""

StoredPixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int16]


class ImageItem(QGraphicsItem):
    """Draws stored values through a display table; scene coordinates are image coordinates.

    A level is the mean of 2 × 2 pixels of the level before it, so that a radiograph much larger
    than the screen is neither jagged nor slow. Levels are made when they are first drawn: a
    window dragged faster than it can be drawn costs nothing for the steps in between.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pixels: StoredPixels | None = None
        self._table: NDArray[np.uint8] | None = None
        self._levels: list[NDArray[np.uint8]] = []

    def set_image(self, pixels: StoredPixels | None) -> None:
        """Take ``[H, W]`` stored values; nothing is drawn until a table follows."""
        self.prepareGeometryChange()
        self._pixels = pixels
        self._table = None
        self._levels = []

    def set_table(self, table: NDArray[np.uint8]) -> None:
        """Take a table of display values by stored value."""
        self._table = table
        self._levels = []
        self.update()

    def boundingRect(self) -> QRectF:
        """The image, ``[0, W] × [0, H]``."""
        if self._pixels is None:
            return QRectF()
        height, width = self._pixels.shape
        return QRectF(0, 0, width, height)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Resample the smallest level that has a pixel for each pixel of the screen.

        OpenCV resamples 8-bit grey several times faster than the painter does.
        """
        if self._pixels is None or self._table is None:
            return
        world, ratio = painter.worldTransform(), painter.device().devicePixelRatioF()
        covered = world.mapRect(self.boundingRect()) & QRectF(painter.viewport())
        left, top = round(covered.left() * ratio), round(covered.top() * ratio)
        width, height = round(covered.right() * ratio) - left, round(covered.bottom() * ratio) - top
        if width <= 0 or height <= 0:
            return
        scale = world.m11() * ratio
        level, factor = self._level(max(math.floor(-math.log2(scale)), 0))
        step = 1 / (scale * factor)
        columns, first_x = _seen(left - world.dx() * ratio, width, step, level.shape[1])
        rows, first_y = _seen(top - world.dy() * ratio, height, step, level.shape[0])
        to_level = np.array([[step, 0, first_x], [0, step, first_y]])
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
            assert self._pixels is not None
            assert self._table is not None
            self._levels = [apply_table(self._pixels, self._table)]
        while len(self._levels) <= halvings and min(self._levels[-1].shape) > 1:
            self._levels.append(_halved(self._levels[-1]))
        place = min(halvings, len(self._levels) - 1)
        return self._levels[place], 2**place


def _seen(start: float, count: int, step: float, size: int) -> tuple[slice, float]:
    """Return the part of a row or column of a level that is seen, and where in it that begins.

    Parameters
    ----------
    start
        Pixels of the screen from the image's edge to the first one drawn.
    count
        How many are drawn.
    step
        Pixels of the level per pixel of the screen.
    size
        Pixels of the level.
    """
    first = (start + 0.5) * step - 0.5  # a pixel's centre lies half a pixel after its edge
    low = min(max(math.floor(first), 0), size - 1)
    high = min(math.ceil(first + (count - 1) * step) + 1, size)
    return slice(low, max(high, low + 1)), first - low


def _halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average 2 × 2 pixels. An odd last row or column, less than a screen pixel, is left out."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    halved = np.empty((height, width), np.uint8)
    even = image[: 2 * height, : 2 * width]
    cv2.resize(even, (width, height), dst=halved, interpolation=cv2.INTER_AREA)
    return halved
