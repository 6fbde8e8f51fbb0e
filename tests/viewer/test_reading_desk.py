"""The reading loop: what is selected, where a verdict leads, and where undo returns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from canvas_stage import picture
from desk_stage import MODEL, answer_decoding, do, identity, reading_window, selected, verdicts
from fake_jobs import FakeJobs
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from detector.errors import DamagedFileError
from pneumo_viewer.library.found import ScannedImage
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.worklist_model import ROLE_NODE
from pneumo_viewer.panels.worklist_rows import Column
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with reading_window(qtbot, tmp_path / "reviews.sqlite3") as window:
        yield window


def test_the_first_undecided_finding_of_an_image_is_selected(window: MainWindow) -> None:
    assert selected(window) == ("a", 1)


def test_after_a_verdict_comes_the_next_finding_and_after_the_last_the_next_image(
    window: MainWindow,
) -> None:
    do(window, "accept")
    assert selected(window) == ("a", 2)
    do(window, "reject")
    assert verdicts(window, "a") == [Verdict.ACCEPTED, Verdict.REJECTED]
    assert selected(window) == ("b", 1)


def test_undo_returns_to_the_image_whose_verdict_it_takes_back(window: MainWindow) -> None:
    do(window, "accept", "accept")
    assert selected(window)[0] == "b"
    assert window.actions_by_id["undo"].text() == "Undo: Accept finding 2"
    do(window, "undo")
    assert selected(window) == ("a", 2)
    assert verdicts(window, "a") == [Verdict.ACCEPTED, Verdict.UNDECIDED]
    assert window.actions_by_id["redo"].text() == "Redo: Accept finding 2"


def test_after_the_last_image_the_reader_stays_there(window: MainWindow) -> None:
    do(window, "accept", "accept", "accept", "accept")
    assert selected(window) == ("b", 2)
    assert verdicts(window, "b") == [Verdict.ACCEPTED, Verdict.ACCEPTED]


def test_a_finding_that_the_threshold_hides_is_not_selected_any_more(window: MainWindow) -> None:
    do(window, "next_finding")
    assert selected(window) == ("a", 2)
    window.session.set_threshold(0.5)  # hides finding 2, at 0.25
    assert selected(window) == ("a", 1)
    window.session.set_threshold(0.8)  # hides finding 1, at 0.75, as well
    assert selected(window) == ("a", None)
    assert not window.actions_by_id["accept"].isEnabled()
    window.session.set_threshold(0.2)
    assert selected(window) == ("a", 1)


def test_findings_belong_to_the_first_frame(window: MainWindow) -> None:
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    window.viewport.step_requested.emit(+1)
    answer_decoding(jobs)
    shown = window.viewport.radiograph
    assert shown is not None
    assert shown.frame == 1
    assert not window.viewport.marks()
    window.viewport.step_requested.emit(-1)
    assert len(window.viewport.marks()) == 2
    window.viewport.step_requested.emit(-1)
    assert window.viewport.radiograph is not None
    assert window.viewport.radiograph.frame == 0


def test_an_image_that_cannot_be_shown_says_why_and_leaves_the_rest(window: MainWindow) -> None:
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    window.workspace._radiographs.clear()
    do(window, "next_image")
    for job in jobs.named("decode"):
        job.fail(DamagedFileError("b.dcm", "its pixels break off"))
    assert window.viewport.radiograph is None
    assert not window.actions_by_id["invert"].isEnabled()
    do(window, "previous_image")
    answer_decoding(jobs)
    assert window.viewport.radiograph is not None


def test_boxes_vanish_while_ctrl_h_is_held(window: MainWindow, qtbot: QtBot) -> None:
    window.show()
    qtbot.waitExposed(window)
    viewport = window.viewport
    qtbot.keyPress(viewport, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert not viewport.are_boxes_visible
    qtbot.keyRelease(viewport, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert viewport.are_boxes_visible


def test_boxes_come_back_where_the_release_of_ctrl_h_goes_to_another_program(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.show()
    qtbot.waitExposed(window)
    qtbot.keyPress(window.viewport, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    QApplication.sendEvent(QApplication.instance(), QEvent(QEvent.Type.ApplicationDeactivate))
    assert window.viewport.are_boxes_visible


def test_g_shows_and_hides_the_truth_and_brackets_move_the_threshold(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.viewport.setFocus()
    assert window.viewport._is_truth_visible
    qtbot.keyClick(window.viewport, Qt.Key.Key_G)
    assert not window.viewport._is_truth_visible
    for key, threshold in (  # with Shift these keys are braces
        (Qt.Key.Key_BracketRight, 0.21),
        (Qt.Key.Key_BraceRight, 0.26),
        (Qt.Key.Key_BracketLeft, 0.25),
        (Qt.Key.Key_BraceLeft, 0.20),
    ):
        qtbot.keyClick(window.viewport, key)
        assert window.session.threshold == pytest.approx(threshold)


def test_no_image_is_shown_without_its_patient(window: MainWindow) -> None:
    for key in "ab":
        window.session.show(key)
        assert window.viewport.radiograph is not None
        assert window.viewport.radiograph.identity.key == key
        assert window.viewport.corner_texts[0][0] == key


def test_the_threshold_is_kept_from_exam_to_exam(window: MainWindow) -> None:
    window.session.set_threshold(0.5)
    do(window, "next_exam")
    assert window.session.current == "b"
    assert window.session.threshold == 0.5
    assert window.findings_panel.slider.value == 0.5
    assert len(window.viewport.marks()) == 1


def test_selecting_in_the_list_and_on_the_image_is_one_thing(window: MainWindow) -> None:
    first, second = (finding.id for finding in window.session.findings("a"))
    window.findings_panel.finding_chosen.emit(second)
    assert [mark.is_selected for mark in window.viewport.marks()] == [False, True]
    window.viewport.finding_clicked.emit(first)
    (row,) = window.findings_panel.table.selectionModel().selectedRows()
    assert row.row() == 0


def test_thumbnails_appear_in_the_worklist_as_they_are_made(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.show()
    qtbot.waitExposed(window)
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    qtbot.waitUntil(lambda: len(jobs.named("thumbnail")) == 2)
    tree, model = window.worklist.tree, window.worklist.model

    def brightness(key: str) -> int:
        row = tree.visualRect(window.worklist.order.mapFromSource(model.index_of_key(key)))
        seen = picture(tree.viewport())
        return int(seen[row.top() : row.bottom(), row.left() + 10 : row.left() + 40].min(2).mean())

    assert brightness("b") < 40
    job = next(job for job in jobs.named("thumbnail") if "b.dcm" in job.task.arguments[0])
    job.give(np.full((96, 96), 255, np.uint8))
    assert brightness("b") > 150
    assert brightness("a") < 60


def test_the_worklist_is_filtered_by_typing_a_name_an_id_or_a_file(window: MainWindow) -> None:
    order = window.worklist.order
    assert order.rowCount() == 2
    for words in ("b.dcm", "B"):
        window.worklist.filter.setText(words)
        assert [order.index(row, 0).data(ROLE_NODE).key for row in range(order.rowCount())] == ["b"]
    window.worklist.filter.clear()
    assert order.rowCount() == 2


def test_figures_stand_right_and_scores_have_two_decimals(window: MainWindow) -> None:
    row = window.worklist.model.index_of_key("a")
    for column in (Column.SCORE, Column.READ, Column.VERDICT, Column.TRUTH):
        alignment = row.siblingAtColumn(column).data(Qt.ItemDataRole.TextAlignmentRole)
        assert alignment & Qt.AlignmentFlag.AlignRight
    assert row.siblingAtColumn(Column.SCORE).data() == "0.90"
    assert "0.90" in window.findings_panel._exam.text()
    assert [mark.label for mark in window.viewport.marks()] == ["1  0.75", "2  0.25"]


def test_a_row_of_the_worklist_says_why_its_image_could_not_be_scored(
    qtbot: QtBot, tmp_path: Path
) -> None:
    jobs = FakeJobs()
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        session = ReviewSession(InlineStoreAccess(store))
        session.set_model(MODEL)
        workspace = Workspace(jobs, session)  # type: ignore[arg-type]
        window = MainWindow(workspace, Settings(), None)
        qtbot.addWidget(window)
        workspace._loader.found.emit([ScannedImage(identity("a"), Path("/studies/a.dcm"))])
        row = window.worklist.model.index_of_key("a")
        score = row.siblingAtColumn(Column.SCORE)
        assert score.data() == "…"
        jobs.named("detect")[0].fail(DamagedFileError("a.dcm", "its pixels break off"))
        assert score.data() == "⚠"
        assert "its pixels break off" in row.data(Qt.ItemDataRole.ToolTipRole)


def second_line(window: MainWindow, key: str) -> str:
    model = window.worklist.model
    return model.texts.second_line(model.index_of_key(key).data(ROLE_NODE))


def test_in_the_order_of_the_score_each_row_shows_the_boxes_that_it_comes_from(
    window: MainWindow,
) -> None:
    before = second_line(window, "a")
    window.worklist.tree.sortByColumn(Column.SCORE, Qt.SortOrder.DescendingOrder)
    assert second_line(window, "a") == "2 boxes, best 0.75"
    window.session.set_threshold(0.5)
    assert second_line(window, "a") == "1 box, 0.75"
    window.session.set_threshold(0.8)
    assert second_line(window, "a") == "no box ≥ 0.80"
    window.worklist.tree.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert second_line(window, "a") == before
