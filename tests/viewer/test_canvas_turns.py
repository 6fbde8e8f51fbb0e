"""Turned and flipped images, pixels that are not square, frames, and screens of high density."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from canvas_stage import (
    BYTE_WINDOW,
    CTRL,
    LEFT,
    black,
    drag,
    finding,
    picture,
    radiograph,
    reds,
    send_mouse,
)
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from detector.dicom.grey_values import default_view, display_table
from detector.radiograph import GreyScale, PixelSpacing, SpacingOrigin, Window
from pneumo_viewer.canvas.image_item import ImageItem
from pneumo_viewer.canvas.placement import UPRIGHT
from pneumo_viewer.canvas.viewport import PointerReading, Viewport

QUARTERS = np.array([[10, 60], [120, 200]], np.uint8)
"""A different grey in each quarter."""
GREY = GreyScale(8, windows=(BYTE_WINDOW,))


def quarters(viewport: Viewport) -> list[list[int]]:
    """The greys at the middle of each quarter of the view, 400 × 400."""
    seen = picture(viewport)[:, :, 0]
    return [[int(seen[y, x]) for x in (100, 300)] for y in (100, 300)]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["rotate_right"], np.rot90(QUARTERS, -1)),
        (["rotate_left"], np.rot90(QUARTERS)),
        (["flip_horizontally"], np.fliplr(QUARTERS)),
        (["flip_vertically"], np.flipud(QUARTERS)),
        (["rotate_right", "flip_horizontally"], np.fliplr(np.rot90(QUARTERS, -1))),
        (["flip_vertically", "rotate_left"], np.rot90(np.flipud(QUARTERS))),
        (["rotate_right"] * 4, QUARTERS),
    ],
)
@pytest.mark.parametrize("side", [100, 200, 1600])
def test_the_image_turns_as_the_reader_sees_it(
    viewport: Viewport, keys: Sequence[str], expected: np.ndarray, side: int
) -> None:
    pixels = np.kron(QUARTERS, np.ones((side, side), np.uint8))
    viewport.show_radiograph(radiograph(pixels, GREY))
    for key in keys:
        getattr(viewport, key)()
    assert quarters(viewport) == expected.tolist()


def test_a_turned_image_is_exact_to_the_pixel(viewport: Viewport) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (400, 400), np.uint8)
    viewport.show_radiograph(radiograph(pixels, GREY))
    viewport.rotate_right()
    viewport.flip_vertically()
    seen = picture(viewport)[100:300, 100:300, 0]
    assert (seen == np.flipud(np.rot90(pixels, -1))[100:300, 100:300]).all()


def test_boxes_truth_pointer_and_region_follow_the_image(viewport: Viewport) -> None:
    pixels = np.tile(np.arange(400, dtype=np.uint16), (400, 1))
    viewport.show_radiograph(radiograph(pixels, GreyScale(16, windows=(Window(200, 400),))))
    viewport.set_findings([finding(box=(20, 100, 120, 160))])
    viewport.rotate_right()  # (x, y) goes to (400 - y, x)
    red = reds(viewport)
    rows, columns = (np.flatnonzero(red.sum(axis=axis) > 40) for axis in (1, 0))
    assert (columns[0], columns[-1]) == pytest.approx((240, 300), abs=2)
    assert (rows[0], rows[-1]) == pytest.approx((20, 120), abs=2)
    clicked: list[object] = []
    viewport.finding_clicked.connect(clicked.append)
    drag(viewport, LEFT, (270, 70))
    assert clicked == ["a"]
    readings: list[PointerReading | None] = []
    viewport.pointer_moved.connect(readings.append)
    send_mouse(viewport, QEvent.Type.MouseMove, (99.5, 30.5), Qt.MouseButton.NoButton)
    assert readings[-1] is not None
    assert (readings[-1].x, readings[-1].y, readings[-1].stored) == (30, 300, 30)
    drag(viewport, LEFT, (200, 100), (250, 200), modifiers=CTRL)
    assert isinstance(viewport.view, Window)
    assert viewport.view.center == pytest.approx(150, abs=2)  # columns 100 to 200 lie there


def test_reset_lays_the_image_upright_and_another_image_begins_so(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.rotate_left()
    viewport.zoom_in()
    viewport.reset_view()
    assert viewport.turn == UPRIGHT
    assert viewport.zoom == 1
    viewport.rotate_left()
    viewport.show_radiograph(replace(black(), identity=replace(black().identity, key="other")))
    assert viewport.turn == UPRIGHT


def test_turning_a_fitted_image_fits_it_and_a_zoomed_one_stays_about_the_middle(
    viewport: Viewport,
) -> None:
    viewport.resize(400, 200)
    viewport.show_radiograph(black(100, 200))
    assert viewport.zoom == 2
    viewport.rotate_right()
    assert viewport.zoom == 1
    viewport.zoom_at(viewport.to_view(50, 50), 3)
    zoom, middle = viewport.zoom, viewport.to_image(viewport.viewport().rect().center().toPointF())
    viewport.flip_vertically()
    assert viewport.zoom == zoom
    after = viewport.to_image(viewport.viewport().rect().center().toPointF())
    assert after == pytest.approx(middle, abs=1)


def test_another_frame_keeps_window_zoom_and_turn(viewport: Viewport) -> None:
    first = black(frame_count=3)
    viewport.show_radiograph(first)
    viewport.set_view(Window(40, 80))
    viewport.invert()
    viewport.rotate_right()
    viewport.zoom_in()
    before = viewport.viewportTransform()
    viewport.show_radiograph(replace(first, frame=1, pixels=np.full((400, 400), 40, np.uint8)))
    assert viewport.viewportTransform() == before
    assert viewport.view == Window(40, 80)
    assert viewport.is_inverted
    viewport.show_radiograph(first)
    assert viewport.viewportTransform() == before


@pytest.mark.parametrize(
    ("spacing", "ratio"),
    [(PixelSpacing(0.4, 0.2, SpacingOrigin.CALIBRATED), 1.0), (None, 2.0)],
)
def test_pixels_twice_as_high_as_wide_keep_the_shape_of_the_body(
    viewport: Viewport, spacing: PixelSpacing | None, ratio: float
) -> None:
    pixels = np.zeros((100, 200), np.uint8)
    circle = replace(radiograph(pixels, GREY), spacing=spacing, aspect_ratio=ratio)
    cv2.ellipse(pixels, (100, 50), (60, 30), 0, 0, 360, 255, -1)  # round in millimetres
    viewport.show_radiograph(circle)
    for turn in (viewport.fit, viewport.rotate_right):
        turn()
        white = picture(viewport)[:, :, 0] == 255
        # A radius of 60 columns at 400 / 200 = 2 view pixels; texts lie beside it.
        middle = white[200].sum(), white[:, 200].sum()
        assert middle == pytest.approx((240, 240), abs=6)
    viewport.reset_view()
    assert viewport.box_to_view((50, 25, 150, 75)) == QRectF(100, 100, 200, 200)


@pytest.mark.parametrize("ratio", [1.0, 2.0, 1.5])
def test_one_image_pixel_a_device_pixel_is_drawn_unchanged_on_any_density(
    ratio: float, qapp: object
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (120, 90), np.uint8)
    image = radiograph(pixels, GREY)
    item = ImageItem()
    item.set_image(image)
    item.set_table(display_table(image.grey, default_view(image)))
    target = QImage(90, 120, QImage.Format.Format_Grayscale8)
    target.setDevicePixelRatio(ratio)
    target.fill(0)
    painter = QPainter(target)
    painter.setWorldTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
    item.paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    rows = np.frombuffer(target.constBits(), np.uint8).reshape(120, target.bytesPerLine())
    assert (rows[:, :90] == pixels).all()
