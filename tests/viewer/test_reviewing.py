"""The whole of reviewing in a window: own boxes, corrections, the exam, by keys and by mouse."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from canvas_stage import LEFT, SHIFT, drag, is_coloured, picture, reds, send_mouse
from desk_stage import TWO_BOXES, answer_decoding, reading_window, selected, verdicts
from fake_jobs import FakeJobs
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from pneumo_viewer.canvas import colours
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.worklist_rows import Column
from pneumo_viewer.review.findings import Box, ExamVerdict, Finding, Verdict

ALT, SHIFT_ALT, CTRL_ALT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier,
)
CTRL = Qt.KeyboardModifier.ControlModifier
FIRST, SECOND = (tuple(box) for box in TWO_BOXES.boxes.tolist())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.sqlite3"


@pytest.fixture
def window(qtbot: QtBot, path: Path) -> Iterator[MainWindow]:
    with reading_window(qtbot, path) as window:
        show(qtbot, window)
        yield window


def show(qtbot: QtBot, window: MainWindow) -> None:
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.viewport.setFocus()


def press(
    qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Press a key where the focus is, as a keyboard does."""
    qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


def finding(window: MainWindow, number: int, key: str = "a") -> Finding:
    return window.session.findings(key)[number - 1]


def on_screen(window: MainWindow, x: float, y: float) -> tuple[float, float]:
    """The point of the view over a point of the image."""
    point = window.viewport.viewportTransform().map(QPointF(x, y))
    return point.x(), point.y()


def near(box: Box) -> object:
    """The same box within what a pixel of the screen covers."""
    return pytest.approx(box, abs=2)


def drag_in_image(window: MainWindow, start: tuple[float, float], end: tuple[float, float]) -> None:
    points = [on_screen(window, *start), on_screen(window, *end)]
    drag(window.viewport, LEFT, points[0], points[1], points[1])


# Boxes by mouse


def test_b_and_a_drag_add_a_box_which_is_selected(window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Qt.Key.Key_B)
    assert window.viewport.box_editor.is_drawing
    assert window.viewport.viewport().cursor().shape() is Qt.CursorShape.CrossCursor
    drag_in_image(window, (700, 700), (900, 800))
    own = finding(window, 3)
    assert own.box == near((700, 700, 900, 800))
    assert own.is_own
    assert selected(window) == ("a", 3)
    assert not window.viewport.box_editor.is_drawing
    assert window.actions_by_id["undo"].text() == "Undo: Add box"
    view = window.viewport.view
    drag_in_image(window, (20, 900), (60, 900))
    assert len(window.session.findings("a")) == 3, "the next drag is the window's again"
    assert window.viewport.view != view


def test_esc_gives_up_drawing_and_only_then_resets_the_view(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.viewport.zoom_in()
    zoom = window.viewport.zoom
    press(qtbot, Qt.Key.Key_B)
    start, end = on_screen(window, 700, 700), on_screen(window, 800, 800)
    send_mouse(window.viewport, QEvent.Type.MouseButtonPress, start, LEFT)
    send_mouse(window.viewport, QEvent.Type.MouseMove, end, LEFT)
    assert is_coloured(picture(window.viewport), colours.READER).any(), "the draft is shown"
    press(qtbot, Qt.Key.Key_Escape)
    send_mouse(window.viewport, QEvent.Type.MouseButtonRelease, end, LEFT)
    assert len(window.session.findings("a")) == 2
    assert window.viewport.zoom == zoom
    press(qtbot, Qt.Key.Key_Escape)
    assert window.viewport.zoom < zoom


def test_a_drag_moves_a_box_and_the_detectors_stays_known(window: MainWindow) -> None:
    drag_in_image(window, (450, 600), (500, 620))
    moved = finding(window, 2)
    assert moved.box == near((450, 520, 650, 720))
    assert (moved.verdict, moved.original) == (Verdict.CORRECTED, SECOND)
    assert selected(window) == ("a", 2)
    image = picture(window.viewport)
    assert is_coloured(image, colours.READER).any()
    assert is_coloured(image, colours.DETECTION).any(), "the detector's box, thin beside it"


@pytest.mark.parametrize(
    ("start", "end", "box"),
    [
        ((100, 150), (60, 150), (60, 100, 200, 200)),  # left edge
        ((150, 200), (150, 260), (100, 100, 200, 260)),  # bottom edge
        ((200, 200), (260, 280), (100, 100, 260, 280)),  # bottom right corner
        ((200, 100), (240, 60), (100, 60, 240, 200)),  # top right corner
        ((200, 200), (-100, -100), (100, 100, 108, 108)),  # no smaller than 8 by 8
        ((150, 150), (-500, -500), (0, 0, 100, 100)),  # the whole box stops at the corner
    ],
)
def test_the_selected_box_is_resized_by_its_edges_and_corners(
    window: MainWindow, start: tuple[float, float], end: tuple[float, float], box: Box
) -> None:
    drag_in_image(window, start, end)
    assert finding(window, 1).box == near(box)


def test_cursors_tell_what_a_drag_would_do(window: MainWindow, qtbot: QtBot) -> None:
    editor = window.viewport.box_editor
    for place, cursor in (
        ((100, 150), Qt.CursorShape.SizeHorCursor),
        ((150, 200), Qt.CursorShape.SizeVerCursor),
        ((100, 100), Qt.CursorShape.SizeFDiagCursor),
        ((200, 100), Qt.CursorShape.SizeBDiagCursor),
        ((150, 150), Qt.CursorShape.SizeAllCursor),
        ((500, 600), Qt.CursorShape.PointingHandCursor),  # not the selected one
        ((800, 100), Qt.CursorShape.ArrowCursor),
    ):
        assert editor.cursor_at(QPointF(*on_screen(window, *place))) is cursor
    press(qtbot, Qt.Key.Key_B)
    assert editor.cursor_at(QPointF(*on_screen(window, 800, 100))) is Qt.CursorShape.CrossCursor


def test_shift_still_pans_over_a_box(window: MainWindow) -> None:
    start, end = on_screen(window, 150, 150), on_screen(window, 250, 150)
    drag(window.viewport, LEFT, start, end, modifiers=SHIFT)
    assert verdicts(window, "a") == [Verdict.UNDECIDED] * 2


# Boxes by keys


def test_b_twice_puts_a_box_in_the_middle_and_alt_and_the_arrows_place_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_B)
    press(qtbot, Qt.Key.Key_B)
    own = finding(window, 3)
    assert own.box == near((375, 375, 625, 625))  # a quarter of 1000, about 500
    x0, y0, x1, y1 = own.box
    press(qtbot, Qt.Key.Key_Right, ALT)
    press(qtbot, Qt.Key.Key_Down, SHIFT_ALT)
    press(qtbot, Qt.Key.Key_Left, CTRL_ALT)
    press(qtbot, Qt.Key.Key_Down, CTRL_ALT | Qt.KeyboardModifier.ShiftModifier)
    moved = pytest.approx((x0 + 1, y0 + 10, x1 + 1 - 1, y1 + 10 + 10), abs=1e-3)
    assert finding(window, 3).box == moved
    assert selected(window) == ("a", 3), "to change a box is no verdict to go on after"
    for _ in range(5):
        press(qtbot, Qt.Key.Key_Z, CTRL)
    assert len(window.session.findings("a")) == 2


def test_backspace_strikes_a_detectors_box_and_removes_an_own_one(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_B)
    press(qtbot, Qt.Key.Key_B)
    press(qtbot, Qt.Key.Key_Backspace)
    assert len(window.session.findings("a")) == 2
    assert selected(window) == ("a", 1), "the first that is undecided"
    press(qtbot, Qt.Key.Key_Delete)
    assert verdicts(window, "a")[0] is Verdict.REJECTED
    assert len(window.session.findings("a")) == 2


def test_accepting_a_corrected_box_keeps_the_correction_and_goes_on(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_Right, ALT)
    press(qtbot, Qt.Key.Key_Return)
    assert finding(window, 1).box == (101, 100, 201, 200)
    assert verdicts(window, "a") == [Verdict.CORRECTED, Verdict.UNDECIDED]
    assert selected(window) == ("a", 2)


def test_leaving_a_corrected_box_undecided_returns_to_the_detectors(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_Right, ALT)
    press(qtbot, Qt.Key.Key_U)
    assert finding(window, 1).box == FIRST


def test_boxes_are_drawn_on_the_first_frame_only(window: MainWindow, qtbot: QtBot) -> None:
    window.viewport.step_requested.emit(+1)
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    answer_decoding(jobs)
    assert not window.actions_by_id["add_box"].isEnabled()
    assert not window.actions_by_id["box_move_left"].isEnabled()


# The exam


def exam_buttons(window: MainWindow) -> list[bool]:
    return [button.isChecked() for button in window.findings_panel.exam.findChildren(QPushButton)]


def test_an_exam_verdict_stays_while_something_is_undecided_and_goes_on_after(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_F6)
    assert window.session.exam_verdict("a") is ExamVerdict.PNEUMONIA
    assert exam_buttons(window) == [True, False, False]
    assert selected(window) == ("a", 1)
    window.session.set_threshold(1)  # nothing is shown, so nothing is undecided
    press(qtbot, Qt.Key.Key_F8)
    assert window.session.exam_verdict("a") is ExamVerdict.UNSURE
    assert window.session.current == "b"
    assert exam_buttons(window) == [False] * 3


def test_the_same_answer_again_takes_it_back(window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Qt.Key.Key_F7)
    press(qtbot, Qt.Key.Key_F7)
    assert window.session.exam_verdict("a") is None
    assert exam_buttons(window) == [False] * 3
    assert window.session.current == "a"


def test_the_worklist_shows_the_verdict_on_the_exam(window: MainWindow, qtbot: QtBot) -> None:
    cell = window.worklist.model.index_of_key("a").siblingAtColumn(Column.VERDICT)
    assert cell.data() == ""
    press(qtbot, Qt.Key.Key_F7)
    assert cell.data() == "no"


def test_a_comment_is_typed_without_setting_off_commands_and_kept_with_enter(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_F9)
    field = window.findings_panel.exam.comment
    assert field.hasFocus()
    qtbot.keyClicks(field, "unsure: bronchi")
    for key in (Qt.Key.Key_Backspace, Qt.Key.Key_Tab, Qt.Key.Key_PageDown, Qt.Key.Key_Up):
        press(qtbot, key)
    assert window.session.current == "a"
    assert verdicts(window, "a") == [Verdict.UNDECIDED] * 2
    window.viewport.setFocus()
    assert window.session.comment("a") == "unsure: bronch"
    press(qtbot, Qt.Key.Key_F9)
    qtbot.keyClicks(field, "blurred")
    press(qtbot, Qt.Key.Key_Return)
    assert window.session.comment("a") == "blurred"
    assert window.viewport.hasFocus()
    press(qtbot, Qt.Key.Key_Z, CTRL)
    assert window.session.comment("a") == "unsure: bronch"
    assert field.text() == "unsure: bronch"


def test_to_comment_brings_the_findings_back(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_by_id["show_findings"].setChecked(False)
    press(qtbot, Qt.Key.Key_F9)
    assert window.findings_panel.exam.comment.hasFocus()


def test_esc_takes_back_what_was_typed(window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Qt.Key.Key_F9)
    field = window.findings_panel.exam.comment
    qtbot.keyClicks(field, "no, wait")
    press(qtbot, Qt.Key.Key_Escape)
    assert (field.text(), window.session.comment("a")) == ("", "")
    assert window.viewport.hasFocus()


def test_a_comment_that_is_being_typed_goes_to_its_own_exam(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_F9)
    qtbot.keyClicks(window.findings_panel.exam.comment, "blurred")
    window.session.show("b")
    assert (window.session.comment("a"), window.session.comment("b")) == ("blurred", "")
    assert window.findings_panel.exam.comment.text() == ""


# The whole loop


def test_two_exams_are_read_by_keys_alone_and_all_of_it_undone_after_a_restart(
    qtbot: QtBot, path: Path
) -> None:
    key = Qt.Key
    with reading_window(qtbot, path) as window:
        show(qtbot, window)
        press(qtbot, key.Key_F6)  # pneumonia
        press(qtbot, key.Key_Return)  # the first finding
        press(qtbot, key.Key_Up, SHIFT_ALT)  # the second one, 10 px higher
        press(qtbot, key.Key_Return)
        assert window.session.current == "b"
        press(qtbot, key.Key_B)
        press(qtbot, key.Key_B)
        press(qtbot, key.Key_Tab)  # from the own box round to the first
        press(qtbot, key.Key_Backspace)
        press(qtbot, key.Key_Delete)
        press(qtbot, key.Key_F9)
        qtbot.keyClicks(window.findings_panel.exam.comment, "scar")
        press(qtbot, key.Key_Return)
        press(qtbot, key.Key_F7)
        window.close()
    with reading_window(qtbot, path) as window:
        show(qtbot, window)
        session = window.session
        assert verdicts(window, "a") == [Verdict.ACCEPTED, Verdict.CORRECTED]
        x0, y0, x1, y1 = SECOND
        assert finding(window, 2).box == (x0, y0 - 10, x1, y1 - 10)
        assert verdicts(window, "b") == [Verdict.REJECTED, Verdict.REJECTED, Verdict.ADDED]
        assert session.exam_verdict("b") is ExamVerdict.NO_PNEUMONIA
        assert session.comment("b") == "scar"
        for _ in range(8):
            press(qtbot, key.Key_Z, CTRL)
        assert session.undo_name is None
        assert verdicts(window, "a") == verdicts(window, "b") == [Verdict.UNDECIDED] * 2
        assert session.exam_verdict("a") is None
        for _ in range(8):
            press(qtbot, key.Key_Y, CTRL)
        assert session.redo_name is None
        assert session.comment("b") == "scar"


def amber_edge(window: MainWindow) -> np.ndarray:
    """Whether the left edge at x 700, from y 720 to 880, is amber, from top to bottom."""
    image = is_coloured(picture(window.viewport), colours.READER)
    x, top = (round(value) for value in on_screen(window, 700, 720))
    bottom = round(on_screen(window, 700, 880)[1])
    return np.asarray(image[top:bottom, x - 2 : x + 3].any(axis=1))


def test_a_box_is_dashed_while_it_is_drawn_and_solid_when_it_is_on_disk(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Qt.Key.Key_B)
    start, end = on_screen(window, 700, 700), on_screen(window, 900, 900)
    send_mouse(window.viewport, QEvent.Type.MouseButtonPress, start, LEFT)
    send_mouse(window.viewport, QEvent.Type.MouseMove, end, LEFT)
    send_mouse(window.viewport, QEvent.Type.MouseMove, end, LEFT)
    assert 0.3 < amber_edge(window).mean() < 0.9
    send_mouse(window.viewport, QEvent.Type.MouseButtonRelease, end, LEFT)
    window.session.select(None)
    assert amber_edge(window).all()
    assert reds(window.viewport).any(), "the detector's stay red"


def test_a_change_that_cannot_be_kept_is_not_shown(
    window: MainWindow, qtbot: QtBot, path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        store = window.session._store._store  # type: ignore[attr-defined]
        store._connection.execute("PRAGMA busy_timeout = 1")
        other.execute("BEGIN EXCLUSIVE")
        drag_in_image(window, (150, 150), (250, 150))
        press(qtbot, Qt.Key.Key_F6)
        assert finding(window, 1).box == FIRST
        assert [mark.finding.box for mark in window.viewport.marks()] == [FIRST, SECOND]
        assert exam_buttons(window) == [False] * 3
        assert "another program holds it" in window.notice.text()
        other.execute("ROLLBACK")
    press(qtbot, Qt.Key.Key_F6)
    assert exam_buttons(window) == [True, False, False]


def test_the_window_still_fits_a_small_screen(window: MainWindow) -> None:
    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 720
