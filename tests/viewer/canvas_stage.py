"""Radiographs and findings made by hand, and the hand and the eye of a reader at a viewport."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from detector.detections import ModelIdentity
from detector.radiograph import (
    GreyScale,
    ImageIdentity,
    PixelSpacing,
    Radiograph,
    SpacingOrigin,
    VoiFunction,
    Window,
)
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.review.findings import Finding, Verdict

LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)
CTRL, SHIFT, PLAIN = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)
MODEL = ModelIdentity("compact", "1", "0" * 16, "compact")
BYTE_WINDOW = Window(127.5, 255, VoiFunction.LINEAR_EXACT)
"""Shows the values 0 to 255 as they are."""


def radiograph(pixels: NDArray[np.generic], grey: GreyScale, **identity: object) -> Radiograph:
    return Radiograph(
        pixels,  # type: ignore[arg-type]
        grey,
        PixelSpacing(0.2, 0.2, SpacingOrigin.AT_DETECTOR),
        ImageIdentity("test", "test", **identity),  # type: ignore[arg-type]
    )


def ramp(is_inverted: bool = False) -> Radiograph:
    """256 × 256 pixels of 16 bits whose value is their column."""
    pixels = np.tile(np.arange(256, dtype=np.uint16), (256, 1))
    return radiograph(pixels, GreyScale(16, is_inverted=is_inverted, windows=(BYTE_WINDOW,)))


def black(height: int = 400, width: int = 400, **identity: object) -> Radiograph:
    return radiograph(np.zeros((height, width), np.uint8), GreyScale(8), **identity)


def finding(
    name: str = "a",
    box: tuple[float, float, float, float] = (100, 100, 300, 300),
    score: float = 0.87,
    verdict: Verdict = Verdict.UNDECIDED,
) -> Finding:
    return Finding(name, box, score, MODEL, verdict)


def picture(viewport: Viewport) -> NDArray[np.uint8]:
    """``[H, W, 3]`` red, green, blue."""
    image = viewport.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    return pixels.copy()  # the image's own memory goes with the image


def is_coloured(image: NDArray[np.uint8], colour: str) -> NDArray[np.bool_]:
    rgb = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    same: NDArray[np.bool_] = (image == rgb).all(axis=-1)
    return same


def reds(viewport: Viewport) -> NDArray[np.bool_]:
    return is_coloured(picture(viewport), colours.DETECTION)


def send_mouse(
    viewport: Viewport,
    kind: QEvent.Type,
    position: tuple[float, float],
    button: Qt.MouseButton,
    modifiers: Qt.KeyboardModifier = PLAIN,
) -> None:
    point = QPointF(*position)
    is_move = kind is QEvent.Type.MouseMove
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else button
    event = QMouseEvent(
        kind,
        point,
        QPointF(viewport.viewport().mapToGlobal(point)),
        Qt.MouseButton.NoButton if is_move else button,
        held,
        modifiers,
    )
    QApplication.sendEvent(viewport.viewport(), event)


def drag(
    viewport: Viewport,
    button: Qt.MouseButton,
    *points: tuple[float, float],
    modifiers: Qt.KeyboardModifier = PLAIN,
) -> None:
    send_mouse(viewport, QEvent.Type.MouseButtonPress, points[0], button, modifiers)
    for point in points[1:]:
        send_mouse(viewport, QEvent.Type.MouseMove, point, button, modifiers)
    send_mouse(viewport, QEvent.Type.MouseButtonRelease, points[-1], button, modifiers)


def turn_wheel(
    viewport: Viewport,
    angle: int,
    position: tuple[float, float] = (200, 200),
    modifiers: Qt.KeyboardModifier = PLAIN,
) -> None:
    point = QPointF(*position)
    event = QWheelEvent(
        point,
        QPointF(viewport.viewport().mapToGlobal(point)),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport.viewport(), event)


def in_image(viewport: Viewport, position: tuple[float, float]) -> tuple[float, float]:
    to_image, _ = viewport.viewportTransform().inverted()
    point = to_image.map(QPointF(*position))
    return point.x(), point.y()
