"""The viewport as a reader sees and handles it: pixels of its picture, events of the mouse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from detector.detections import ModelIdentity
from detector.radiograph import (
    GreyScale,
    ImageIdentity,
    LookupTable,
    PixelSpacing,
    Radiograph,
    Rescale,
    SpacingOrigin,
    VoiFunction,
    Window,
)
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.viewport import PointerReading, Viewport
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


@pytest.fixture
def viewport(qtbot: QtBot) -> Viewport:
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(400, 400)
    viewport.show()
    qtbot.waitExposed(viewport)
    return viewport


def picture(viewport: Viewport) -> NDArray[np.uint8]:
    """``[H, W, 3]`` red, green, blue."""
    image = viewport.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


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


# --- grey values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_monochrome1", "is_inverted"), [(False, False), (False, True), (True, False), (True, True)]
)
def test_every_stored_value_gets_its_grey(
    viewport: Viewport, is_monochrome1: bool, is_inverted: bool
) -> None:
    viewport.resize(256, 256)
    viewport.show_radiograph(ramp(is_monochrome1))
    if is_inverted:
        viewport.invert()
    row = picture(viewport)[128]
    expected = np.arange(256) if is_monochrome1 == is_inverted else 255 - np.arange(256)
    assert viewport.zoom == 1
    assert row.tolist() == np.stack([expected] * 3, axis=1).tolist()


def test_a_window_clips_and_stretches(viewport: Viewport) -> None:
    viewport.resize(256, 256)
    viewport.show_radiograph(ramp())
    viewport.set_view(Window(100, 50, VoiFunction.LINEAR_EXACT))
    row = picture(viewport)[128, :, 0]
    # Black up to 75, white from 125; 110 lies at (110 - 75) / 50 = 0.7 of 255.
    assert row[[0, 75, 110, 125, 255]].tolist() == [0, 0, 178, 255, 255]


def test_signed_values_and_a_rescale_are_shown(viewport: Viewport) -> None:
    viewport.resize(256, 256)
    pixels = np.tile(np.arange(-128, 128, dtype=np.int16), (256, 1))
    grey = GreyScale(16, is_signed=True, modality=Rescale(2, 256), windows=(Window(256, 512),))
    viewport.show_radiograph(radiograph(pixels, grey))
    row = picture(viewport)[128, :, 0].astype(int)
    # -128 · 2 + 256 = 0 and 127 · 2 + 256 = 510 span all but the last step of the window.
    assert row[0] == 0
    assert row[255] == pytest.approx(254.5, abs=0.5)
    assert (np.diff(row) >= 0).all()


def test_a_reduced_image_shows_the_mean_of_the_pixels_that_it_merges(viewport: Viewport) -> None:
    stripes = np.zeros((400, 800), np.uint8)
    stripes[:, ::2] = 200
    viewport.show_radiograph(radiograph(stripes, GreyScale(8, windows=(BYTE_WINDOW,))))
    assert viewport.zoom == 0.5
    assert np.unique(picture(viewport)[200]).tolist() == [100]


def test_an_enlarged_image_shows_pixels_as_squares(viewport: Viewport) -> None:
    pixels = np.array([[10, 200], [90, 50]], np.uint8)
    viewport.show_radiograph(radiograph(pixels, GreyScale(8, windows=(BYTE_WINDOW,))))
    assert viewport.zoom == 32  # no larger, though the view has room for 200
    image = picture(viewport)[168:232, 168:232, 0]
    assert (image == np.kron(pixels, np.ones((32, 32), np.uint8))).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (701, 3), (1023, 777)])
def test_images_of_any_size_fill_their_place(viewport: Viewport, size: tuple[int, int]) -> None:
    pixels = np.full(size, 255, np.uint8)
    viewport.show_radiograph(radiograph(pixels, GreyScale(8)))
    for zoom in (viewport.zoom_in, viewport.zoom_out, viewport.actual_size, viewport.fit):
        zoom()
        white = is_coloured(picture(viewport), "#ffffff").sum()
        height, width = (min(max(side * viewport.zoom, 1), 400) for side in size)
        assert white >= 0.8 * height * width - 2000  # texts lie on it


def test_the_views_are_chosen_by_name(viewport: Viewport) -> None:
    table = LookupTable(0, np.arange(256, dtype=np.uint16), 8, "own")
    viewport.show_radiograph(replace(ramp(), grey=GreyScale(16, voi_luts=(table,))))
    assert viewport.view is table
    viewport.set_auto_window()
    automatic = viewport.view
    assert isinstance(automatic, Window)
    assert automatic.center == pytest.approx(127.5, abs=1)
    viewport.set_full_range()
    assert isinstance(viewport.view, Window)
    assert viewport.view.width == pytest.approx(65535, abs=1)
    viewport.set_preset("bone")
    assert isinstance(viewport.view, Window)
    assert viewport.view.center > automatic.center
    viewport.invert()
    viewport.reset_view()
    assert viewport.view is table
    assert not viewport.is_inverted


def test_a_real_radiograph_looks_like_its_pixels(viewport: Viewport, shared_data: Path) -> None:
    path = sorted((shared_data / "nih" / "images").glob("*.jpg"))[0]
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    viewport.show_radiograph(radiograph(pixels.astype(np.uint8), GreyScale(8)))
    expected = cv2.resize(pixels, (400, 400), interpolation=cv2.INTER_AREA)[100:300, 100:300]
    difference = picture(viewport)[100:300, 100:300, 0].astype(int) - expected
    assert np.abs(difference).mean() < 2


# --- dragging and wheel --------------------------------------------------------------------------


@pytest.mark.parametrize("is_monochrome1", [False, True])
def test_left_drag_right_widens_the_window_and_up_brightens(
    viewport: Viewport, is_monochrome1: bool
) -> None:
    viewport.show_radiograph(ramp(is_monochrome1))
    drag(viewport, LEFT, (200, 200), (240, 200), (280, 200))
    assert isinstance(viewport.view, Window)
    assert viewport.view.width > BYTE_WINDOW.width
    assert viewport.view.center == BYTE_WINDOW.center
    before = picture(viewport)[100, 100:300].mean()
    drag(viewport, LEFT, (200, 200), (200, 150), (200, 120))
    assert picture(viewport)[100, 100:300].mean() > before


def test_a_drag_of_another_scale_of_values_changes_as_much_on_the_screen(
    viewport: Viewport,
) -> None:
    widened = []
    for factor in (1, 200):
        pixels = np.tile(np.arange(256, dtype=np.uint16) * factor, (256, 1))
        viewport.show_radiograph(radiograph(pixels, GreyScale(16)))
        start = viewport.view
        drag(viewport, LEFT, (100, 200), (200, 200))
        assert isinstance(viewport.view, Window)
        assert isinstance(start, Window)
        widened.append(viewport.view.width / start.width)
    assert widened[0] == pytest.approx(widened[1], rel=0.01)
    assert widened[0] > 1.1


@pytest.mark.parametrize(("button", "modifiers"), [(MIDDLE, PLAIN), (LEFT, SHIFT)])
def test_the_image_follows_a_pan(
    viewport: Viewport, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
) -> None:
    viewport.show_radiograph(black())
    view = viewport.view
    held = in_image(viewport, (200, 200))
    drag(viewport, button, (200, 200), (230, 180), (260, 170), modifiers=modifiers)
    assert in_image(viewport, (260, 170)) == pytest.approx(held)
    assert viewport.view is view


def test_right_drag_up_enlarges_about_where_it_began(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    held = in_image(viewport, (120, 300))
    drag(viewport, RIGHT, (120, 300), (120, 250), (120, 200))
    assert viewport.zoom > 1.5
    assert in_image(viewport, (120, 300)) == pytest.approx(held, abs=0.5)
    drag(viewport, RIGHT, (120, 200), (120, 390))
    assert viewport.zoom < 1


def test_many_turns_of_the_wheel_keep_the_image_point_under_the_mouse(viewport: Viewport) -> None:
    viewport.show_radiograph(black(3000, 2500))
    rng = np.random.default_rng(0)
    for _ in range(30):
        position = (float(rng.integers(50, 350)), float(rng.integers(50, 350)))
        held, zoom = in_image(viewport, position), viewport.zoom
        for angle in rng.choice([-240, -120, 40, 120, 360], 8):
            turn_wheel(viewport, int(angle), position)
            # Half a pixel of the screen then and now, because the image's corner lies on a
            # whole one; nothing more, however often the wheel turned.
            tolerance = 0.51 / zoom + 0.51 / viewport.zoom
            assert in_image(viewport, position) == pytest.approx(held, abs=tolerance)
    assert viewport.zoom <= 32


def test_zooming_in_and_out_at_the_mouse_returns_to_the_same_place(viewport: Viewport) -> None:
    viewport.show_radiograph(black(3000, 2500))
    before = viewport.viewportTransform()
    for angle in [120] * 20 + [-120] * 20:
        turn_wheel(viewport, angle, (313, 77))
    assert viewport.viewportTransform().m11() == pytest.approx(before.m11())
    assert viewport.viewportTransform().dx() == pytest.approx(before.dx(), abs=1)
    assert viewport.viewportTransform().dy() == pytest.approx(before.dy(), abs=1)


def test_zoom_stays_between_5_and_3200_percent(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    turn_wheel(viewport, 120 * 100)
    assert viewport.zoom == pytest.approx(32)
    turn_wheel(viewport, -120 * 200)
    assert viewport.zoom == pytest.approx(0.05)


def test_the_wheel_steps_through_several_frames_and_with_ctrl_zooms(
    viewport: Viewport, qtbot: QtBot
) -> None:
    viewport.show_radiograph(black(frame_count=20))
    steps: list[int] = []
    viewport.step_requested.connect(steps.append)
    turn_wheel(viewport, -120)
    turn_wheel(viewport, 240)
    turn_wheel(viewport, -60)  # half a notch of a fine wheel: nothing yet
    turn_wheel(viewport, -60)
    assert steps == [1, -2, 1]
    assert viewport.zoom == 1
    turn_wheel(viewport, 120, modifiers=CTRL)
    assert viewport.zoom == pytest.approx(1.2)
    assert len(steps) == 3


def test_ctrl_drag_windows_the_region_and_ctrl_double_click_returns(viewport: Viewport) -> None:
    viewport.resize(256, 256)
    viewport.show_radiograph(ramp())
    send_mouse(viewport, QEvent.Type.MouseButtonPress, (50, 100), LEFT, CTRL)
    send_mouse(viewport, QEvent.Type.MouseMove, (150, 120), LEFT, CTRL)
    assert is_coloured(picture(viewport), colours.SELECTION).any()  # the region is outlined
    send_mouse(viewport, QEvent.Type.MouseButtonRelease, (150, 120), LEFT, CTRL)
    assert not is_coloured(picture(viewport), colours.SELECTION).any()
    assert isinstance(viewport.view, Window)
    assert viewport.view.center == pytest.approx(100, abs=1)
    assert viewport.view.width == pytest.approx(98, abs=3)
    send_mouse(viewport, QEvent.Type.MouseButtonDblClick, (50, 100), LEFT, CTRL)
    assert viewport.view is BYTE_WINDOW


def test_double_click_asks_to_maximise(viewport: Viewport, qtbot: QtBot) -> None:
    viewport.show_radiograph(ramp())
    with qtbot.waitSignal(viewport.maximise_requested, timeout=100):
        send_mouse(viewport, QEvent.Type.MouseButtonDblClick, (50, 100), LEFT)
    assert viewport.view is BYTE_WINDOW


def test_fitting_goes_on_until_the_reader_zooms_or_pans(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.resize(800, 600)
    assert viewport.zoom == 1.5
    viewport.zoom_in()
    zoom = viewport.zoom
    middle = in_image(viewport, (400, 300))
    viewport.resize(500, 400)
    assert viewport.zoom == zoom
    assert in_image(viewport, (250, 200)) == pytest.approx(middle, abs=1)
    viewport.fit()
    viewport.resize(400, 200)
    assert viewport.zoom == 0.5


# --- boxes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("zoom", [0.3, 1.0, 2.7])
@pytest.mark.parametrize(
    ("verdict", "is_selected", "width"),
    [
        (Verdict.UNDECIDED, False, 2),
        (Verdict.ACCEPTED, False, 2),
        (Verdict.UNDECIDED, True, 3),
        (Verdict.REJECTED, False, 1),
    ],
)
def test_lines_have_the_same_width_at_any_zoom(
    viewport: Viewport, zoom: float, verdict: Verdict, is_selected: bool, width: int
) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding(verdict=verdict, box=(200, 100, 380, 300))])
    viewport.set_selected("a" if is_selected else None)
    viewport.zoom_at(QPointF(200, 200), zoom)
    # The left edge lies at the middle of the view; dashes are counted where they are drawn.
    strip = reds(viewport)[180:220, 190:210].sum(axis=1)
    assert set(strip[strip > 0].tolist()) == {width}
    if verdict is not Verdict.REJECTED:
        assert (strip > 0).all()


def test_a_rejected_box_is_dashed_and_struck(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding(verdict=Verdict.REJECTED)])
    image = reds(viewport)
    edge = image[105:295, 100] | image[105:295, 99]
    assert 0.4 < edge.mean() < 0.8
    assert image[190:210, 190:210].any()  # the line across the middle


def test_boxes_lie_where_their_pixels_are(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding(box=(100, 120, 300, 320))])
    image = reds(viewport)
    rows, columns = np.flatnonzero(image.sum(axis=1) > 150), np.flatnonzero(image.sum(axis=0) > 150)
    # A line of 2 px lies half on either side of the edge.
    assert rows.tolist() == [119, 120, 319, 320]
    assert columns.tolist() == [99, 100, 299, 300]


def test_findings_below_the_threshold_are_hidden_and_dimmed_while_it_moves(
    viewport: Viewport,
) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding(score=0.3)])
    viewport.set_threshold(0.3)
    assert reds(viewport).any()
    viewport.set_threshold(0.31)
    assert picture(viewport)[90:310, 90:310].max() == 0
    viewport.set_threshold_moving(True)
    dimmed = picture(viewport)[200, 99:101]
    assert 50 < dimmed[..., 0].max() < 120
    viewport.set_threshold_moving(False)
    assert picture(viewport)[90:310, 90:310].max() == 0


def test_numbers_count_all_findings_so_that_a_threshold_renames_none(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding("a", score=0.9), finding("b", (10, 10, 50, 50), score=0.4)])
    viewport.set_threshold(0.95)
    viewport.set_findings([finding("b", (10, 10, 50, 50), score=0.99)])
    assert [mark.label for mark in viewport._marks()] == ["1  0.99"]


def test_truth_is_white_dots_under_the_findings(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_truth(np.array([[150, 150, 250, 250]], np.float32))
    edge = is_coloured(picture(viewport), "#ffffff")[150:250, 149]
    assert 0.2 < edge.mean() < 0.5
    viewport.set_truth_visible(False)
    assert picture(viewport)[140:260, 140:260].max() == 0


def test_truth_is_visible_on_white_bone(viewport: Viewport) -> None:
    viewport.show_radiograph(radiograph(np.full((400, 400), 255, np.uint8), GreyScale(8)))
    viewport.set_truth(np.array([[150, 150, 250, 250]], np.float32))
    edge = picture(viewport)[160:240, 148:152].min(axis=(1, 2))
    assert edge.max() < 160


def test_all_boxes_vanish_at_once(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    viewport.set_truth(np.array([[150, 150, 250, 250]], np.float32))
    viewport.set_boxes_visible(False)
    assert picture(viewport)[60:340, 60:340].max() == 0
    viewport.set_boxes_visible(True)
    assert reds(viewport).any()


def test_an_accepted_finding_has_a_green_tick(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    assert not is_coloured(picture(viewport), colours.TICK).any()
    viewport.set_findings([finding(verdict=Verdict.ACCEPTED)])
    assert is_coloured(picture(viewport), colours.TICK).any()


def test_the_selected_finding_has_blue_corners(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    viewport.set_selected("a")
    image = is_coloured(picture(viewport), colours.SELECTION)
    for rows, columns in ((90, 90), (90, 290), (290, 90), (290, 290)):
        assert image[rows : rows + 20, columns : columns + 20].any()


def test_nothing_is_drawn_over_the_inside_of_a_finding(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings(
        [finding("a", score=0.9, verdict=Verdict.ACCEPTED), finding("b", (20, 20, 90, 380), 0.8)]
    )
    viewport.set_selected("a")
    assert picture(viewport)[103:297, 103:297].max() == 0


def test_a_click_selects_the_smallest_box_around_it(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings(
        [finding("large"), finding("small", (180, 180, 220, 220), 0.5), finding("low", score=0.1)]
    )
    viewport.set_threshold(0.2)
    clicked: list[str | None] = []
    viewport.finding_clicked.connect(clicked.append)
    for position in ((200, 200), (120, 120), (20, 20)):
        drag(viewport, LEFT, position)
    assert clicked == ["small", "large", None]


def test_a_drag_is_not_a_click(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    clicked: list[str | None] = []
    viewport.finding_clicked.connect(clicked.append)
    drag(viewport, LEFT, (200, 200), (260, 200))
    assert clicked == []


def test_a_finding_outside_the_view_is_brought_to_the_middle_and_no_other(
    viewport: Viewport,
) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding("a", (10, 10, 50, 50)), finding("b", (180, 180, 220, 220), 0.5)])
    viewport.zoom_at(QPointF(200, 200), 4)
    before = viewport.viewportTransform()
    viewport.center_on_finding("b")
    assert viewport.viewportTransform() == before
    viewport.center_on_finding("a")
    assert in_image(viewport, (200, 200)) == pytest.approx((30, 30), abs=0.5)


# --- reports -------------------------------------------------------------------------------------


def test_the_pointer_reads_stored_modality_and_displayed_value(viewport: Viewport) -> None:
    pixels = np.tile(np.arange(400, dtype=np.uint16), (400, 1))
    window = Window(100, 400, VoiFunction.LINEAR_EXACT)
    grey = GreyScale(12, modality=Rescale(2, -100), windows=(window,))
    viewport.show_radiograph(radiograph(pixels, grey))
    readings: list[PointerReading | None] = []
    viewport.pointer_moved.connect(readings.append)
    send_mouse(viewport, QEvent.Type.MouseMove, (120.5, 7.5), Qt.MouseButton.NoButton)
    # 120 · 2 - 100 = 140; (140 - 100) / 400 + 0.5 = 0.6 of 255 is 153.
    assert readings == [PointerReading(120, 7, stored=120, value=140, displayed=153)]
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    assert readings[-1] is None


def test_beside_the_image_there_is_nothing_to_read(viewport: Viewport) -> None:
    viewport.show_radiograph(black(400, 100))
    readings: list[PointerReading | None] = []
    viewport.pointer_moved.connect(readings.append)
    for x in (149.5, 150, 249.9, 250):
        send_mouse(viewport, QEvent.Type.MouseMove, (x, 200), Qt.MouseButton.NoButton)
    assert [reading and reading.x for reading in readings] == [None, 0, 99, None]


def test_right_click_and_the_menu_key_ask_for_the_menu(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    asked: list[QPoint] = []
    viewport.context_menu_requested.connect(asked.append)
    drag(viewport, RIGHT, (50, 60))
    drag(viewport, RIGHT, (50, 60), (50, 120))
    key = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(viewport.viewport(), key)
    to_global: Callable[[QPoint], QPoint] = viewport.viewport().mapToGlobal
    assert asked == [to_global(QPoint(50, 60)), to_global(QPoint(200, 200))]


def test_dropped_files_are_reported_and_other_things_refused(viewport: Viewport) -> None:
    dropped: list[list[Path]] = []
    viewport.files_dropped.connect(dropped.append)
    files, text = QMimeData(), QMimeData()
    files.setUrls([QUrl.fromLocalFile("/studies/one"), QUrl("https://example.org/two")])
    text.setText("three")
    copy = Qt.DropAction.CopyAction
    for data, is_taken in ((files, True), (text, False)):
        enter = QDragEnterEvent(QPoint(5, 5), copy, data, LEFT, PLAIN)
        QApplication.sendEvent(viewport.viewport(), enter)
        assert enter.isAccepted() is is_taken
    drop = QDropEvent(QPointF(5, 5), copy, files, LEFT, PLAIN)
    QApplication.sendEvent(viewport.viewport(), drop)
    assert dropped == [[Path("/studies/one")]]


@pytest.mark.parametrize(
    "name",
    ["Return", "Backspace", "Up", "Left", "PageDown", "Space", "Plus", "Escape", "A", "Menu"],
)
def test_keys_are_left_to_the_window(viewport: Viewport, name: str) -> None:
    viewport.show_radiograph(black())
    viewport.zoom_in()
    before = viewport.viewportTransform()
    for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
        event = QKeyEvent(kind, Qt.Key[f"Key_{name}"], PLAIN)
        event.ignore()
        QApplication.sendEvent(viewport, event)
        assert not event.isAccepted()
    assert viewport.viewportTransform() == before


def test_changes_of_the_view_are_reported(viewport: Viewport, qtbot: QtBot) -> None:
    viewport.show_radiograph(black())
    for change in (viewport.invert, viewport.zoom_in, viewport.set_auto_window, viewport.fit):
        with qtbot.waitSignal(viewport.view_changed, timeout=100):
            change()


# --- states --------------------------------------------------------------------------------------


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
