"""Texts on the image: where they are, and how they stay legible on any grey."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter, QPainterPath, QPen

from pneumo_viewer.canvas import colours

SMALL = 0.88
HEADING = 1.35
_RIMS = (4.0, 2.0)
"""Widths of the strokes that darken the image around letters, one over the other."""


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


def paint_texts(painter: QPainter, texts: Iterable[PlacedText]) -> None:
    """Draw lines of light text with a soft dark rim, which separates them from white bone."""
    for line in texts:
        baseline = line.rect.topLeft() + QPointF(0, QFontMetricsF(line.font).ascent())
        outline = QPainterPath()
        outline.addText(baseline, line.font, line.text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for width in _RIMS:
            painter.strokePath(outline, QPen(QColor(colours.SHADOW), width))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(line.font)
        painter.setPen(QColor(colours.TEXT))
        painter.drawText(baseline, line.text)
