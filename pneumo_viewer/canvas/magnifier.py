"""A round glass that follows the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.image_item import ImageItem

RADIUS = 110.0
MAGNIFICATION = 2.0


def paint_magnifier(
    painter: QPainter, image: ImageItem, world: QTransform, center: QPointF
) -> None:
    """Draw the image around a point of the view again, twice as large, in a circle.

    Parameters
    ----------
    world
        From image to view coordinates.
    """
    enlarged = world * QTransform().translate(center.x(), center.y()).scale(
        MAGNIFICATION, MAGNIFICATION
    ).translate(-center.x(), -center.y())
    glass = QPainterPath()
    glass.addEllipse(center, RADIUS, RADIUS)
    painter.save()
    painter.setClipPath(glass)
    painter.fillPath(glass, QColor(colours.VIEWPORT))
    image.draw(painter, enlarged, glass.boundingRect())
    painter.restore()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.strokePath(glass, QPen(QColor(colours.SHADOW), 4))
    painter.strokePath(glass, QPen(QColor(colours.SECONDARY), 1.5))
    painter.restore()
