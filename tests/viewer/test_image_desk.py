"""The keys and menus of the image, in the whole window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from canvas_stage import LEFT, drag, send_mouse, turn_wheel
from desk_stage import do, frame, reading_window, verdicts
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from detector.dicom.grey_values import automatic_window, full_range_window
from detector.radiograph import GreyScale, LookupTable, Overlay, Window
from pneumo_viewer.canvas.placement import (
    CLOCKWISE,
    COUNTERCLOCKWISE,
    LEFT_TO_RIGHT,
    TOP_TO_BOTTOM,
    UPRIGHT,
    Turn,
)
from pneumo_viewer.canvas.tools import Tool
from pneumo_viewer.canvas.windowing import preset_window
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.findings import Verdict

Key = Qt.Key


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """Image a is shown and has the focus."""
    with reading_window(qtbot, tmp_path / "review.sqlite") as window:
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        window.viewport.setFocus()
        yield window


def press(qtbot: QtBot, *keys: Qt.Key, shift: bool = False, ctrl: bool = False) -> None:
    modifier = Qt.KeyboardModifier.NoModifier
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else modifier
    modifier = Qt.KeyboardModifier.ControlModifier if ctrl else modifier
    for key in keys:
        qtbot.keyClick(QApplication.focusWidget(), key, modifier)


def draw_length(window: MainWindow) -> None:
    window.viewport.tools.choose(Tool.LENGTH)
    drag(window.viewport, LEFT, (60, 60), (160, 90))
    window.viewport.tools.choose(None)


def lengths(window: MainWindow) -> int:
    return len(window.viewport.tools.marks)


@pytest.mark.parametrize(
    ("key", "turn"),
    [
        (Key.Key_R, CLOCKWISE),
        (Key.Key_L, COUNTERCLOCKWISE),
        (Key.Key_H, LEFT_TO_RIGHT),
        (Key.Key_V, TOP_TO_BOTTOM),
    ],
)
def test_r_l_h_and_v_turn_and_flip_and_space_resets(
    window: MainWindow, qtbot: QtBot, key: Qt.Key, turn: Turn
) -> None:
    press(qtbot, key)
    assert window.viewport.turn == turn
    press(qtbot, Key.Key_Space)
    assert window.viewport.turn == UPRIGHT


def test_i_inverts_and_plus_minus_and_equals_zoom_and_fit(window: MainWindow, qtbot: QtBot) -> None:
    fitted = window.viewport.zoom
    press(qtbot, Key.Key_I, Key.Key_Plus, Key.Key_Plus)
    assert window.viewport.is_inverted
    assert window.viewport.zoom == pytest.approx(fitted * 1.25**2)
    press(qtbot, Key.Key_Minus)
    assert window.viewport.zoom == pytest.approx(fitted * 1.25)
    press(qtbot, Key.Key_Equal)
    assert window.viewport.zoom == fitted
    assert window.viewport.is_inverted


def test_the_digits_choose_the_window(window: MainWindow, qtbot: QtBot) -> None:
    ramp = np.tile(np.linspace(0, 4000, 1000).astype(np.uint16), (1000, 1))
    own = Window(600, 1200, explanation="own")
    image = replace(frame("a", 0), pixels=ramp, grey=GreyScale(12, windows=(own,)))
    window.viewport.show_radiograph(image)
    wanted = (
        automatic_window(image),
        own,
        full_range_window(image),
        *(preset_window(image, name) for name in ("lung", "mediastinum", "bone")),
    )
    assert len(set(wanted)) == 6
    for key, view in zip("012345", wanted, strict=True):
        press(qtbot, Qt.Key(ord(key)))
        assert window.viewport.view == view


@pytest.mark.parametrize(
    ("key", "shift", "tool"),
    [
        (Key.Key_Z, False, Tool.ZOOM),
        (Key.Key_D, False, Tool.LENGTH),
        (Key.Key_A, False, Tool.ANGLE),
        (Key.Key_D, True, Tool.RECTANGLE),
        (Key.Key_A, True, Tool.ELLIPSE),
    ],
)
def test_z_d_and_a_take_a_tool_and_give_it_back_and_escape_does_too(
    window: MainWindow, qtbot: QtBot, key: Qt.Key, shift: bool, tool: Tool
) -> None:
    tools = window.viewport.tools
    for given_back in (
        lambda: press(qtbot, key, shift=shift),
        lambda: press(qtbot, Key.Key_Escape),
    ):
        press(qtbot, key, shift=shift)
        assert tools.tool is tool
        assert [t for t in Tool if window.actions_by_id[t.value].isChecked()] == [tool]
        given_back()
        assert tools.tool is None
        assert not window.actions_by_id[tool.value].isChecked()


def test_one_tool_replaces_another(window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Key.Key_D, Key.Key_A)
    assert window.viewport.tools.tool is Tool.ANGLE
    assert not window.actions_by_id["length"].isChecked()


def test_escape_with_nothing_to_cancel_resets_the_view(window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Key.Key_R, Key.Key_D, Key.Key_Escape)
    assert window.viewport.turn == CLOCKWISE
    press(qtbot, Key.Key_Escape)
    assert window.viewport.turn == UPRIGHT


def test_m_turns_the_magnifier_on_and_off(window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Key.Key_M)
    assert window.actions_by_id["magnifier"].isChecked()
    press(qtbot, Key.Key_M)
    assert not window.actions_by_id["magnifier"].isChecked()


def test_delete_deletes_a_selected_measurement_and_else_rejects_the_finding(
    window: MainWindow, qtbot: QtBot
) -> None:
    draw_length(window)
    press(qtbot, Key.Key_Delete)
    assert lengths(window) == 0
    assert verdicts(window, "a") == [Verdict.UNDECIDED, Verdict.UNDECIDED]
    press(qtbot, Key.Key_Delete)
    assert verdicts(window, "a")[0] is Verdict.REJECTED


def test_undo_and_redo_go_through_verdicts_and_measurements_in_their_order(
    window: MainWindow, qtbot: QtBot
) -> None:
    do(window, "accept")
    draw_length(window)
    assert window.actions_by_id["undo"].text() == "Undo: Measurement"
    do(window, "accept")
    assert verdicts(window, "a") == [Verdict.ACCEPTED, Verdict.ACCEPTED]
    window.session.show("a")
    states = []
    for command in ("undo", "undo", "undo", "redo", "redo", "redo"):
        do(window, command)
        states.append((lengths(window), verdicts(window, "a").count(Verdict.ACCEPTED)))
    assert states == [(1, 1), (0, 1), (0, 0), (0, 1), (1, 1), (1, 2)]
    assert not window.actions_by_id["redo"].isEnabled()


def test_undoing_a_measurement_goes_to_its_image(window: MainWindow, qtbot: QtBot) -> None:
    draw_length(window)
    window.session.show("b")
    assert lengths(window) == 0
    assert window.actions_by_id["undo"].isEnabled()
    press(qtbot, Key.Key_Z, ctrl=True)
    assert window.session.current == "a"
    assert lengths(window) == 0
    do(window, "redo")
    assert lengths(window) == 1


def test_a_double_click_hides_the_panels_and_another_brings_them_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    docks = [window.docks["worklist"], window.docks["findings"]]
    layout = window.docks.layout
    width = window.viewport.width()
    send_mouse(window.viewport, QEvent.Type.MouseButtonDblClick, (50, 50), LEFT)
    qtbot.waitUntil(lambda: window.viewport.width() > width)
    assert not any(dock.isVisible() for dock in docks)
    assert window.docks.layout == layout  # what is remembered at the end of the program
    send_mouse(window.viewport, QEvent.Type.MouseButtonDblClick, (50, 50), LEFT)
    qtbot.waitUntil(lambda: window.viewport.width() == width)
    assert all(dock.isVisible() for dock in docks)
    assert window.docks.layout == layout


def test_the_wheel_steps_frames_and_the_view_stays(window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Key.Key_R, Key.Key_I, Key.Key_Plus)
    zoom = window.viewport.zoom
    # The frames after the first are read when they are asked for.
    for number in (1, 2):
        turn_wheel(window.viewport, -120)
        window.desk._show_radiograph("a", frame("a", number))
        shown = window.viewport.radiograph
        assert shown is not None
        assert shown.frame == number
    assert window.viewport.zoom == zoom
    assert window.viewport.turn == CLOCKWISE
    assert window.viewport.is_inverted
    assert window.actions_by_id["invert"].isChecked()


def test_the_windows_of_the_file_stand_in_the_menu_with_their_explanations(
    window: MainWindow,
) -> None:
    views = (Window(40, 400, explanation="LUNG"), Window(500, 2000))
    table = LookupTable(0, np.arange(256, dtype=np.uint16), 8, "own table")
    grey = GreyScale(16, windows=views, voi_luts=(table,))
    window.viewport.show_radiograph(replace(frame("a", 0), grey=grey))
    menu = window.image_desk.file_windows
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions()]
    assert texts == ["LUT own table", "LUNG · W 400 L 40", "W 2000 L 500"]
    menu.actions()[2].trigger()
    assert window.viewport.view is views[1]
    window.viewport.show_radiograph(frame("a", 0))
    assert not menu.isEnabled()


def test_overlays_can_be_hidden_where_there_are_some(window: MainWindow) -> None:
    action = window.actions_by_id["show_graphics"]
    assert not action.isEnabled()
    overlays = (Overlay(np.ones((5, 5), np.bool_)),)
    window.viewport.show_radiograph(replace(frame("a", 0), overlays=overlays))
    assert action.isEnabled()
    assert action.isChecked()


def test_without_an_image_no_tool_can_be_taken(window: MainWindow) -> None:
    window.viewport.show_radiograph(None)
    for command in ("rotate_right", "magnifier", *(tool.value for tool in Tool)):
        assert not window.actions_by_id[command].isEnabled()


def test_closing_the_studies_forgets_the_steps_but_not_the_measurements(
    window: MainWindow,
) -> None:
    draw_length(window)
    do(window, "close_all")
    assert not window.actions_by_id["undo"].isEnabled()
    assert len(window.viewport.tools.measurements.of(("a", 0))) == 1


def test_the_context_menu_leaves_the_image_in_sight_and_leads_to_window_and_measure(
    window: MainWindow,
) -> None:
    menu = window.menus.context
    submenus = [action.text() for action in menu.actions() if action.menu() is not None]
    assert submenus == ["Window", "Measure"]
    for command in ("accept", "reject", "add_box", "delete_measurement", "reset_view"):
        assert window.actions_by_id[command] in menu.actions()
    assert menu.sizeHint().height() < 720 * 2 / 3
