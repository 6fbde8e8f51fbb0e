"""What the mouse does to the viewport, and what the viewport reports of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
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
    in_image,
    is_coloured,
    picture,
    radiograph,
    ramp,
    send_mouse,
    turn_wheel,
)
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from detector.radiograph import GreyScale, Rescale, VoiFunction, Window
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.viewport import PointerReading, Viewport


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
