"""The radiograph as one item of the scene, drawn from 8-bit images of halving size."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
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
        """Draw the smallest level that has at least one pixel for each pixel of the screen."""
        if self._pixels is None or self._table is None:
            return
        scale = painter.deviceTransform().m11()
        halvings = max(math.floor(-math.log2(scale)), 0)
        level, factor = self._level(halvings)
        height, width = level.shape
        image = QImage(level.data, width, height, width, QImage.Format.Format_Grayscale8)
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, factor > 1 or scale < _SHARP_FROM
        )
        painter.drawImage(QRectF(0, 0, width * factor, height * factor), image)

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


def _halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average 2 × 2 pixels. An odd last row or column, less than a screen pixel, is left out."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    halved = np.empty((height, width), np.uint8)
    even = image[: 2 * height, : 2 * width]
    cv2.resize(even, (width, height), dst=halved, interpolation=cv2.INTER_AREA)
    return halved
