"""The thumbnail of an image that is still being read, as large as the image will be."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPixmap

from pneumo_viewer.canvas.overlay import MARGIN
from pneumo_viewer.canvas.texts import SMALL, PlacedText, paint_texts, scaled_font
from pneumo_viewer.words import mark, tr

_NOTE = mark("reading … shown at low resolution")


def paint_preview(painter: QPainter, picture: QPixmap, font: QFont, view: QSizeF) -> None:
    """Draw a picture fitted into the view, and say at the bottom left what it is."""
    size = QSizeF(picture.size()).scaled(view, Qt.AspectRatioMode.KeepAspectRatio)
    corner = QPointF((view.width() - size.width()) / 2, (view.height() - size.height()) / 2)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(QRectF(corner, size), picture, QRectF(picture.rect()))
    painter.restore()
    note = tr(_NOTE)
    small = scaled_font(font, SMALL)
    metrics = QFontMetricsF(small)
    top = view.height() - MARGIN - metrics.height()
    rect = QRectF(MARGIN, top, metrics.horizontalAdvance(note), metrics.height())
    paint_texts(painter, [PlacedText(note, rect, small)])
