"""Texts on the image: where they are, and how they stay legible on any grey."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter

from pneumo_viewer.canvas import colours

SMALL = 0.88
HEADING = 1.35
_RIM = [QPointF(x, y) for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1), (-1, -1))]


def scaled_font(font: QFont, factor: float) -> QFont:
    """Return the font at another size, whether it was given in points or pixels."""
    scaled = QFont(font)
    scaled.setPixelSize(round(QFontInfo(font).pixelSize() * factor))
    return scaled


@dataclass(frozen=True, slots=True)
class PlacedText:
    """One line of text in view coordinates."""

    text: str
    rect: QRectF
    font: QFont
    colour: str = colours.TEXT


def paint_texts(painter: QPainter, texts: Iterable[PlacedText]) -> None:
    """Draw lines of text with a soft dark rim, which separates them from white bone."""
    for line in texts:
        painter.setFont(line.font)
        baseline = line.rect.topLeft() + QPointF(0, QFontMetricsF(line.font).ascent())
        painter.setPen(QColor(colours.SHADOW))
        for shift in _RIM:
            painter.drawText(baseline + shift, line.text)
        painter.setPen(QColor(line.colour))
        painter.drawText(baseline, line.text)
