"""A new image, no image, a message, other screens."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from canvas_stage import (
    BYTE_WINDOW,
    CTRL,
    LEFT,
    MIDDLE,
    PLAIN,
    RIGHT,
    SHIFT,
    black,
    drag,
    finding,
    is_coloured,
    picture,
    radiograph,
    ramp,
    send_mouse,
    turn_wheel,
)
from PySide6.QtCore import QEvent, QPoint, QRect
from PySide6.QtGui import QImage

from detector.radiograph import GreyScale
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.viewport import Viewport


def test_a_new_image_keeps_nothing_of_the_one_before(viewport: Viewport) -> None:
    viewport.show_radiograph(ramp())
    viewport.set_findings([finding()])
    viewport.set_truth(np.array([[150, 150, 250, 250]], np.float32))
    viewport.set_corner_texts(["Mustermann"], ["PA"])
    viewport.invert()
    viewport.zoom_in()
    viewport.show_radiograph(black())
    assert viewport.zoom == 1
    assert not viewport.is_inverted
    assert picture(viewport)[:350].max() == 0


def test_a_message_replaces_the_image(viewport: Viewport) -> None:
    viewport.show_radiograph(radiograph(np.full((400, 400), 255, np.uint8), GreyScale(8)))
    viewport.show_message("⚠ damaged file", "The file breaks off early. Fetch it again.")
    assert viewport.radiograph is None
    image = picture(viewport)
    assert image[:100].max() == 0
    assert is_coloured(image[150:250], colours.TEXT).any()
    viewport.show_radiograph(black())
    assert picture(viewport)[150:250].max() == 0


def test_what_was_done_to_the_image_is_said_at_it(viewport: Viewport) -> None:
    plain = black()
    viewport.show_radiograph(plain)
    said = ["W 255 L 128", "zoom 100\N{NO-BREAK SPACE}%", "0.200 mm at detector"]
    assert viewport._facts(plain) == said
    squeezed = replace(plain, is_lossy=True, identity=replace(plain.identity, key="other"))
    viewport.show_radiograph(squeezed)
    viewport.invert()
    viewport.rotate_right()
    assert viewport._facts(squeezed) == [
        said[0],
        "inverted",
        "rotated 90°",
        *said[1:],
        "lossy compression",
    ]


def test_without_an_image_nothing_that_the_mouse_does_fails(viewport: Viewport) -> None:
    viewport.set_findings([finding()])
    for button in (LEFT, MIDDLE, RIGHT):
        for modifiers in (PLAIN, SHIFT, CTRL):
            drag(viewport, button, (10, 10), (50, 60), modifiers=modifiers)
            send_mouse(viewport, QEvent.Type.MouseButtonDblClick, (9, 9), button, modifiers)
    turn_wheel(viewport, 120)
    for command in (viewport.fit, viewport.zoom_in, viewport.actual_size, viewport.reset_view):
        command()
    viewport.set_preset("lung")
    viewport.center_on_finding("a")
    assert picture(viewport).max() == 0
    assert viewport.view is None


def test_an_image_that_goes_in_the_middle_of_a_drag_ends_it(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    send_mouse(viewport, QEvent.Type.MouseButtonPress, (100, 100), LEFT, CTRL)
    send_mouse(viewport, QEvent.Type.MouseMove, (150, 150), LEFT, CTRL)
    viewport.show_radiograph(ramp())
    send_mouse(viewport, QEvent.Type.MouseMove, (200, 150), LEFT, CTRL)
    send_mouse(viewport, QEvent.Type.MouseButtonRelease, (200, 150), LEFT, CTRL)
    assert viewport.view is BYTE_WINDOW


_AT_TWO_PIXELS_A_POINT = """
import numpy as np
from PySide6.QtWidgets import QApplication
from detector.radiograph import GreyScale, ImageIdentity, Radiograph
from pneumo_viewer.canvas.viewport import Viewport
application = QApplication([])
board = (np.indices((700, 700)).sum(axis=0) % 2 * 255).astype(np.uint8)
viewport = Viewport()
viewport.resize(300, 300)
viewport.show()
viewport.show_radiograph(Radiograph(board, GreyScale(8), None, ImageIdentity("a", "a")))
viewport.actual_size()
picture = viewport.grab().toImage()
assert picture.width() == 600, picture.width()
greys = [picture.pixelColor(x, 300).red() for x in range(600)]
assert greys in ([0, 255] * 300, [255, 0] * 300), greys
assert viewport.zoom == 1
"""


def test_one_image_pixel_is_one_pixel_of_a_high_resolution_screen() -> None:
    subprocess.run(
        [sys.executable, "-c", _AT_TWO_PIXELS_A_POINT],
        check=True,
        env={**os.environ, "QT_SCALE_FACTOR": "2"},
        cwd=Path(__file__).parents[2],
    )


def test_the_view_can_be_painted_into_a_picture(viewport: Viewport) -> None:
    viewport.resize(256, 256)
    viewport.show_radiograph(ramp())
    image = QImage(256, 256, QImage.Format.Format_RGB32)
    viewport.viewport().render(image, QPoint(), QRect(0, 0, 256, 256))
    assert image.pixelColor(90, 128).red() == 90
