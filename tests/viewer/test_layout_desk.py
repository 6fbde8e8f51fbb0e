"""Priors beside the current exam, and the layout's commands, in the whole window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from canvas_stage import CTRL, LEFT, PLAIN, drag, is_coloured, picture, send_mouse, turn_wheel
from fake_jobs import FakeJob, FakeJobs
from layout_stage import answer_decoding, beside, do, exam, layout_window, shown, texts
from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QDrag, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QMenu, QTreeView
from pytestqt.qtbot import QtBot

from detector.errors import DamagedFileError
from detector.radiograph import GreyScale, Radiograph, Window
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.placement import CLOCKWISE, UPRIGHT
from pneumo_viewer.canvas.tools import Tool
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.dragging import dragged_image
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict
from pneumo_viewer.review.operations import SetExamVerdict, SetOwnBox
from pneumo_viewer.settings import Settings

Key = Qt.Key
EARLIER = exam("earlier", "cy", date(2023, 1, 1))  # a year before the lone exam
Opened = Callable[..., AbstractContextManager[MainWindow]]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Opened:
    """Open the window with some settings."""
    return partial(layout_window, qtbot, tmp_path / "reviews.sqlite3")


@pytest.fixture
def window(opened: Opened) -> Iterator[MainWindow]:
    """The exam of 2024 is shown alone and has the focus."""
    with opened() as window:
        window.viewport.setFocus()
        yield window


def press(qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
    qtbot.keyClick(QApplication.focusWidget(), key, modifier or Qt.KeyboardModifier.NoModifier)


def click(viewport: Viewport) -> None:
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        send_mouse(viewport, kind, (20, viewport.height() / 2), LEFT)


def double_click(viewport: Viewport) -> None:
    click(viewport)
    send_mouse(viewport, QEvent.Type.MouseButtonDblClick, (20, viewport.height() / 2), LEFT)


def has_colour(viewport: Viewport, colour: str) -> bool:
    return bool(is_coloured(picture(viewport), colour).any())


# The layout


@pytest.mark.parametrize(("key", "count"), [(Key.Key_2, 2), (Key.Key_4, 4), (Key.Key_1, 1)])
def test_alt_1_2_and_4_choose_the_layout_and_it_is_checked_in_the_menu(
    window: MainWindow, qtbot: QtBot, key: Qt.Key, count: int
) -> None:
    press(qtbot, key, Qt.KeyboardModifier.AltModifier)
    assert len(shown(window)) == count
    layouts = ("layout_one", "layout_two", "layout_four")
    checked = [name for name in layouts if window.actions_by_id[name].isChecked()]
    assert checked == [{1: "layout_one", 2: "layout_two", 4: "layout_four"}[count]]


def test_the_layout_is_remembered_between_starts(opened: Opened) -> None:
    with opened() as window:
        do(window, "layout_four", "compare_priors", "synchronise")
        settings = window.preferences.settings
        window.close()
    assert (settings.viewports, settings.compare_priors, settings.synchronise) == (4, True, False)
    with opened(settings) as window:
        assert len(shown(window)) == 4
        assert shown(window)[1] == "ann 2023"
        assert window.actions_by_id["compare_priors"].isChecked()
        assert not window.actions_by_id["synchronise"].isChecked()
        assert not window.viewports.is_synchronised


def test_at_first_there_is_one_viewport_and_all_would_move_together() -> None:
    settings = Settings()
    assert (settings.viewports, settings.compare_priors, settings.synchronise) == (1, False, True)


def test_a_double_click_maximises_within_the_layout_and_another_restores(
    window: MainWindow,
) -> None:
    do(window, "layout_four", "compare_priors")
    four = shown(window)
    docks = [window.docks["worklist"], window.docks["findings"]]
    double_click(beside(window))
    assert shown(window) == [four[1]]
    assert all(dock.isVisible() for dock in docks), "the panels stay"
    double_click(beside(window))
    assert shown(window) == four


def test_shift_m_maximises_and_w_goes_to_the_next_viewport(
    window: MainWindow, qtbot: QtBot
) -> None:
    do(window, "compare_priors")
    press(qtbot, Key.Key_W)
    assert window.viewports.active is beside(window)
    assert QApplication.focusWidget() is beside(window), "the keys go where the border is"
    press(qtbot, Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert shown(window) == ["ann 2023"]
    press(qtbot, Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    press(qtbot, Key.Key_W)
    assert window.viewports.active is window.viewport


# The active viewport


def test_a_click_makes_a_viewport_active_and_the_image_commands_act_there(
    window: MainWindow,
) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    click(beside(window))
    do(window, "rotate_right", "invert", "window_full")
    assert beside(window).turn == CLOCKWISE
    assert beside(window).is_inverted
    assert window.viewport.turn == UPRIGHT
    assert not window.viewport.is_inverted
    click(window.viewport)
    assert not window.actions_by_id["invert"].isChecked(), "as the active one is"
    click(beside(window))
    assert window.actions_by_id["invert"].isChecked()
    do(window, "reset_view")
    assert (beside(window).turn, beside(window).is_inverted) == (UPRIGHT, False)


def test_zooming_by_keys_acts_on_the_active_one(window: MainWindow, qtbot: QtBot) -> None:
    do(window, "compare_priors", "synchronise")
    answer_decoding(window)
    click(beside(window))
    zooms = window.viewport.zoom, beside(window).zoom
    press(qtbot, Key.Key_Plus)
    assert window.viewport.zoom == zooms[0]
    assert beside(window).zoom == pytest.approx(1.25 * zooms[1])


def test_the_tool_in_hand_goes_along(window: MainWindow) -> None:
    do(window, "compare_priors", "length")
    answer_decoding(window)
    drag(beside(window), LEFT, (60, 60), (60, 120), (60, 160))
    assert len(window.viewport.tools.measurements.of(("ann 2023", 0))) == 1
    assert window.viewport.tools.tool is None
    assert beside(window).tools.tool is Tool.LENGTH
    assert window.actions_by_id["length"].isChecked()
    do(window, "undo")
    assert window.viewport.tools.measurements.of(("ann 2023", 0)) == ()
    assert window.session.current == "ann 2024", "what is undone is seen where it is"


def test_escape_gives_up_what_is_drawn_before_it_resets_the_active_view(
    window: MainWindow,
) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    click(beside(window))
    do(window, "invert", "add_box", "cancel")
    assert not window.viewport.box_editor.is_drawing
    assert beside(window).is_inverted
    do(window, "cancel")
    assert not beside(window).is_inverted


def test_a_window_of_the_file_goes_to_the_active_viewport(window: MainWindow) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    click(beside(window))
    offered = (Window(40, 400, explanation="LUNG"), Window(500, 2000))
    assert beside(window).radiograph is not None
    grey = GreyScale(8, windows=offered)
    beside(window).show_radiograph(replace(beside(window).radiograph, grey=grey))
    before = window.viewport.view
    menu = window.image_desk.file_windows
    menu.aboutToShow.emit()
    menu.actions()[1].trigger()
    assert beside(window).view == offered[1]
    assert window.viewport.view == before


def test_without_an_image_in_the_active_viewport_no_image_command_can_be_called(
    window: MainWindow,
) -> None:
    do(window, "layout_two")
    click(beside(window))
    commands = ("fit", "invert", "rotate_right", "window_lung", "length")
    assert not any(window.actions_by_id[command].isEnabled() for command in commands)
    assert window.actions_by_id["accept"].isEnabled(), "that goes to the current image"
    click(window.viewport)
    assert all(window.actions_by_id[command].isEnabled() for command in commands)


def test_the_pixel_under_the_mouse_is_read_in_every_viewport(window: MainWindow) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    read: list[object] = []
    beside(window).pointer_moved.connect(read.append)
    middle = (beside(window).width() / 2, beside(window).height() / 2)
    send_mouse(beside(window), QEvent.Type.MouseMove, middle, Qt.MouseButton.NoButton)
    assert read
    assert "stored 0" in window.status_line._pointer.text()


def test_verdicts_go_to_the_current_image_whichever_viewport_is_active(
    window: MainWindow,
) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    click(beside(window))
    do(window, "accept")
    assert window.session.findings("ann 2024")[0].verdict is Verdict.ACCEPTED
    assert window.session.findings("ann 2023")[0].verdict is Verdict.UNDECIDED


def test_a_verdict_while_a_prior_is_maximised_shows_what_it_was_given_to(
    window: MainWindow,
) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    double_click(beside(window))
    do(window, "accept")
    assert shown(window) == ["ann 2024", "ann 2023"]


def test_another_exam_is_begun_in_the_first_viewport_and_seen(window: MainWindow) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    double_click(beside(window))
    window.session.show("bob 2025")
    assert shown(window) == ["bob 2025", "bob 2024"]
    assert window.viewports.active is window.viewport


def test_a_right_click_beside_offers_no_verdicts(window: MainWindow) -> None:
    def commands(menu: QMenu) -> set[object]:
        submenus = (action.menu() for action in menu.actions())
        below = (commands(submenu) for submenu in submenus if isinstance(submenu, QMenu))
        return set(menu.actions()).union(*below)

    accept, lung = window.actions_by_id["accept"], window.actions_by_id["window_lung"]
    assert {accept, lung} <= commands(window.menus.context)
    assert lung in commands(window.menus.beside)
    assert accept not in commands(window.menus.beside)


# Priors


def test_p_shows_the_nearest_prior_beside_the_current_exam(
    window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, Key.Key_P)
    assert shown(window) == ["ann 2024", "ann 2023"]
    press(qtbot, Key.Key_P)
    assert shown(window) == ["ann 2024"]


def test_four_viewports_show_three_priors_with_patient_date_and_distance(
    window: MainWindow,
) -> None:
    do(window, "layout_four", "compare_priors")
    assert shown(window) == ["ann 2024", "ann 2023", "ann 2022", "ann undated"]
    for place, date_text, relation in (
        (1, "2023-05-21", "PRIOR · 1 y earlier"),  # the 20th of June comes before the 21st
        (2, "2022-03-10", "PRIOR · 2 y 3 m earlier"),
        (3, "date unknown", "OTHER EXAM · order unknown"),
    ):
        lines = texts(beside(window, place)).splitlines()
        assert lines[:2] == ["Ann", "ann"]
        assert relation in lines
        assert any(date_text in line for line in lines)
    assert "2024-06-20" in texts(window.viewport)
    assert "PRIOR" not in texts(window.viewport)


def test_the_next_exam_brings_its_own_priors(window: MainWindow) -> None:
    do(window, "compare_priors")
    window.session.show("bob 2025")
    assert shown(window) == ["bob 2025", "bob 2024"]
    window.session.show("ann 2023")
    assert shown(window) == ["ann 2023", "ann 2022"]


def test_patients_are_never_mixed_on_the_way_through_the_worklist(window: MainWindow) -> None:
    do(window, "layout_four", "compare_priors")
    for image in window.workspace.images:
        window.session.show(image.key)
        for is_decoded in (False, True):  # before the new images are there, too
            if is_decoded:
                answer_decoding(window)
            patients = {
                viewport.radiograph.identity.patient_id
                for viewport in window.viewports.viewports
                if viewport.radiograph is not None
            }
            assert patients <= {image.identity.patient_id}


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("lone", "No other exam of this patient is open."),
        ("nobody", "This image names no patient id, so no exam is surely the same patient's."),
    ],
)
def test_without_a_prior_a_sentence_says_so(window: MainWindow, key: str, sentence: str) -> None:
    do(window, "compare_priors")
    window.session.show(key)
    assert shown(window) == [key, None]
    assert sentence in texts(beside(window))


def find_prior_of_lone(window: MainWindow) -> FakeJob:
    """Let an exam that comes before a lone one be found; the job that reads its image."""
    do(window, "compare_priors")
    window.session.show("lone")
    assert shown(window) == ["lone", None]
    window.workspace._loader.found.emit([EARLIER])
    assert "Reading …" in texts(beside(window))
    (job,) = cast("FakeJobs", window.workspace.jobs).named("decode")
    return job


def test_a_prior_that_is_found_later_is_shown_then(window: MainWindow) -> None:
    job = find_prior_of_lone(window)
    pixels = np.zeros((1000, 1000), np.uint8)
    job.give(Radiograph(pixels, GreyScale(8), None, EARLIER.identity))
    assert shown(window) == ["lone", "earlier"]
    assert "PRIOR · 1 y earlier" in texts(beside(window))


def test_a_prior_that_cannot_be_read_says_why_in_its_viewport(window: MainWindow) -> None:
    find_prior_of_lone(window).fail(DamagedFileError("earlier.dcm", "its pixels end early"))
    assert "its pixels end early" in texts(beside(window))
    assert shown(window) == ["lone", None]


def test_a_prior_that_is_read_again_stays_as_the_reader_turned_it(window: MainWindow) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    click(beside(window))
    do(window, "rotate_right")
    window.workspace.radiograph_ready.emit("ann 2023", beside(window).radiograph)
    assert beside(window).turn == CLOCKWISE


def test_what_is_no_longer_seen_is_let_go(window: MainWindow) -> None:
    do(window, "layout_four", "compare_priors")
    answer_decoding(window)
    do(window, "layout_one")
    assert [viewport.radiograph for viewport in window.viewports.viewports[1:]] == 3 * [None]
    do(window, "compare_priors", "close_all")
    assert [viewport.radiograph for viewport in window.viewports.viewports] == 4 * [None]


# Marks beside the current image


def test_findings_and_truth_of_a_prior_are_shown_as_those_of_the_current_image(
    window: MainWindow, qtbot: QtBot
) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    prior = beside(window)
    assert [mark.finding.box for mark in prior.marks()] == [
        (100, 100, 200, 200),
        (400, 500, 600, 700),
    ]
    window.session.set_threshold(0.5)
    assert len(prior.marks()) == 1
    assert has_colour(prior, colours.DETECTION)
    assert has_colour(prior, colours.TRUTH)
    qtbot.keyPress(window.viewport, Key.Key_H, CTRL)
    assert prior.marks() == []
    qtbot.keyRelease(window.viewport, Key.Key_H, CTRL)
    assert len(prior.marks()) == 1
    do(window, "show_truth")
    assert not has_colour(prior, colours.TRUTH)


def blind(window: MainWindow) -> None:
    window.session.set_blinded(True)
    window.session.show("bob 2025")
    do(window, "compare_priors")
    answer_decoding(window)
    assert window.session.stage("bob 2025") is Stage.BLINDED


def test_a_blinded_reader_sees_neither_findings_nor_truth_on_a_prior(window: MainWindow) -> None:
    blind(window)
    assert shown(window) == ["bob 2025", "bob 2024"]
    prior = beside(window)
    assert prior.marks() == []
    assert prior._truth is None
    assert not has_colour(prior, colours.DETECTION)


def test_what_was_revealed_of_a_prior_is_hidden_while_the_current_exam_is_blinded(
    window: MainWindow,
) -> None:
    session = window.session
    session.set_blinded(True)
    session.show("bob 2024")
    session.perform(SetExamVerdict("bob 2024", ExamVerdict.UNSURE))
    session.reveal("bob 2024")
    session.reveal("bob 2024")
    session.perform(SetOwnBox("bob 2024", "own:1", (10, 10, 60, 60)))
    blind(window)
    prior = beside(window)
    assert session.findings("bob 2024")[0].score is not None
    assert [mark.finding.is_own for mark in prior.marks()] == [True], "only the reader's own"
    assert prior._truth is None
    session.perform(SetExamVerdict("bob 2025", ExamVerdict.UNSURE))
    session.show("bob 2025")
    session.reveal("bob 2025")
    assert len(prior.marks()) == 3
    assert prior._truth is None, "the truth of the current image is still hidden"
    session.reveal("bob 2025")
    assert prior._truth is not None


def test_a_prior_that_was_seen_openly_is_not_read_blind_afterwards(window: MainWindow) -> None:
    do(window, "compare_priors")
    answer_decoding(window)
    window.session.set_blinded(True)
    assert window.session.stage("ann 2023") is Stage.TRUTH
    assert window.session.stage("bob 2024") is Stage.BLINDED


# Frames


def test_the_wheel_scrolls_the_frames_of_the_image_beneath_it(window: MainWindow) -> None:
    do(window, "layout_four", "compare_priors")
    answer_decoding(window)
    prior = beside(window, 2)
    zoom = prior.zoom
    for frame in (1, 2):
        turn_wheel(prior, -120, (50, 50))
        answer_decoding(window)
        assert prior.radiograph is not None
        assert prior.radiograph.frame == frame
    assert "frame 3 of 20" in texts(prior)
    assert prior.zoom == zoom
    assert prior.marks() == [], "the detector looked at the first frame only"
    turn_wheel(prior, 120, (50, 50), modifiers=CTRL)
    assert prior.zoom > zoom
    for _ in range(30):
        turn_wheel(prior, -120, (50, 50))
        answer_decoding(window)
    assert "frame 20 of 20" in texts(prior)


def test_the_frames_of_one_viewport_are_its_own(window: MainWindow) -> None:
    do(window, "layout_four", "compare_priors")
    answer_decoding(window)
    do(window, "synchronise")
    turn_wheel(beside(window, 2), -120, (50, 50))
    answer_decoding(window)
    assert window.viewport.radiograph is not None
    assert window.viewport.radiograph.frame == 0


# From the worklist


def drop(viewport: Viewport, data: QMimeData) -> bool:
    """Drop something; say whether it was taken."""
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    plain = Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPoint(20, 20), action, data, button, plain)
    QApplication.sendEvent(viewport.viewport(), entered)
    if entered.isAccepted():
        QApplication.sendEvent(
            viewport.viewport(), QDropEvent(QPointF(20, 20), action, data, button, plain)
        )
    return entered.isAccepted()


def row(window: MainWindow, key: str) -> QModelIndex:
    worklist = window.worklist
    return worklist.order.mapFromSource(worklist.model.index_of_key(key))


@pytest.mark.parametrize("is_by_its_study", [False, True])
def test_an_image_is_dragged_from_the_worklist_into_a_viewport(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, is_by_its_study: bool
) -> None:
    do(window, "layout_two")
    assert "Drag an image here" in texts(beside(window))

    def carry(drag: QDrag, *_: object) -> Qt.DropAction:
        assert drop(beside(window), drag.mimeData())
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", carry)
    tree = window.worklist.tree
    dragged = row(window, "ann 2022")
    point = tree.visualRect(dragged.parent() if is_by_its_study else dragged).center()
    send_to_tree(tree, QEvent.Type.MouseButtonPress, point)
    assert window.session.current == "ann 2024", "a press may begin a drag"
    send_to_tree(tree, QEvent.Type.MouseMove, point + QPoint(0, 40))
    assert shown(window) == ["ann 2024", "ann 2022"]
    assert "PRIOR · 2 y 3 m earlier" in texts(beside(window))
    assert tree.currentIndex() == row(window, "ann 2024"), "the mark is on the current image"


def send_to_tree(tree: QTreeView, kind: QEvent.Type, point: QPoint) -> None:
    button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else LEFT
    everywhere = QPointF(tree.viewport().mapToGlobal(point))
    event = QMouseEvent(kind, QPointF(point), everywhere, button, LEFT, PLAIN)
    QApplication.sendEvent(tree.viewport(), event)


def test_a_click_in_the_worklist_still_shows_the_image(window: MainWindow, qtbot: QtBot) -> None:
    tree = window.worklist.tree
    point = tree.visualRect(row(window, "bob 2024")).center()
    qtbot.mouseClick(tree.viewport(), LEFT, pos=point)
    assert window.session.current == "bob 2024"
    tree.setFocus()
    qtbot.keyClick(tree, Key.Key_End)
    assert window.session.current != "bob 2024"


def test_an_image_dropped_into_the_first_viewport_becomes_the_current_one(
    window: MainWindow,
) -> None:
    assert drop(window.viewport, dragged_image("bob 2024"))
    assert window.session.current == "bob 2024"


def test_a_drag_that_leaves_again_does_nothing(window: MainWindow) -> None:
    """Qt would warn, which fails the test."""
    do(window, "layout_two")
    target = beside(window).viewport()
    action, data = Qt.DropAction.CopyAction, dragged_image("ann 2022")
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(9, 9), action, data, LEFT, PLAIN))
    QApplication.sendEvent(target, QDragLeaveEvent())
    assert shown(window) == ["ann 2024", None]


def test_something_else_is_not_taken(window: MainWindow) -> None:
    data = QMimeData()
    data.setText("ann 2022")
    assert not drop(window.viewport, data)


def test_the_context_menu_of_the_worklist_shows_an_image_in_another_viewport(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)  # it would not close by itself
    tree = window.worklist.tree
    point = tree.visualRect(row(window, "ann 2022")).center()
    qtbot.mousePress(tree.viewport(), Qt.MouseButton.RightButton, pos=point)
    assert window.session.current == "ann 2024", "a right press shows nothing"
    tree.customContextMenuRequested.emit(point)
    offered = {action.text(): action for action in window.worklist.menu.actions()}
    offered["Show in the second viewport"].trigger()
    assert shown(window) == ["ann 2024", "ann 2022"]
    offered["Show in the fourth viewport"].trigger()
    assert len(shown(window)) == 4
    offered["Show"].trigger()
    assert window.session.current == "ann 2022"


def test_another_patient_beside_the_current_exam_is_said_and_goes_with_it(
    window: MainWindow,
) -> None:
    do(window, "layout_two")
    drop(beside(window), dragged_image("bob 2024"))
    assert shown(window) == ["ann 2024", "bob 2024"]
    assert "This is another patient." in beside(window).doubts
    window.session.show("ann 2023")
    assert shown(window) == ["ann 2023", "bob 2024"]
    window.session.show("lone")
    assert shown(window) == ["lone", None]
