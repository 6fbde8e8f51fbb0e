"""Blinded reading: nothing is shown before its step, each step is kept, and none is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QWidget
from pytestqt.qtbot import QtBot
from readers_stage import MODEL, SCORES, opened_window

from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.worklist_model import ROLE_NODE
from pneumo_viewer.panels.worklist_rows import Column
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.audit import find_fault, read_trail
from pneumo_viewer.review.blinding import Reveal, Stage, payloads_by_stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict
from pneumo_viewer.review.operations import SetExamVerdict, SetVerdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.steps import Action
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings

BLINDED = Settings(reader="ada", blinded=True)
SAYING = ("text", "toolTip", "statusTip", "accessibleName", "accessibleDescription")
ROLES = [role for role in Qt.ItemDataRole if role is not Qt.ItemDataRole.UserRole]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.sqlite3"


@pytest.fixture
def window(qtbot: QtBot, path: Path) -> Iterator[MainWindow]:
    with opened_window(qtbot, path, BLINDED) as window:
        yield window


def do(window: MainWindow, *commands: str) -> None:
    for command in commands:
        window.actions_by_id[command].trigger()


def judge(window: MainWindow, key: str) -> None:
    window.session.perform(SetExamVerdict(key, ExamVerdict.UNSURE))


def texts(window: MainWindow) -> list[str]:
    """Everything that a widget or command says, in tool tips and to screen readers as well."""
    said: list[str] = []
    for thing in [window, *window.findChildren(QWidget), *window.findChildren(QAction)]:
        said += [str(getattr(thing, name)()) for name in SAYING if hasattr(thing, name)]
        if isinstance(thing, QAbstractItemView) and thing.model() is not None:
            said += cells(thing, QModelIndex())
    return said


def cells(view: QAbstractItemView, parent: QModelIndex) -> Iterator[str]:
    model = view.model()
    for row in range(model.rowCount(parent)):
        for column in range(model.columnCount(parent)):
            index = model.index(row, column, parent)
            yield from (str(index.data(role)) for role in ROLES)
        yield from cells(view, model.index(row, 0, parent))


def scores_said(window: MainWindow) -> set[str]:
    return {score for score in SCORES if any(score in text for text in texts(window))}


# What is hidden


def test_in_open_reading_the_window_says_the_scores(qtbot: QtBot, path: Path) -> None:
    with opened_window(qtbot, path, Settings(reader="ada")) as window:
        assert scores_said(window) == {"0.77", "0.23", "0.91", "0.48"}  # boxes of the current only
        assert len(window.viewport.marks()) == 2
        assert window.viewport._truth is not None


def test_while_blinded_no_widget_says_a_score_a_finding_or_the_truth(window: MainWindow) -> None:
    assert scores_said(window) == set()
    assert window.viewport.marks() == []
    assert window.viewport._truth is None
    assert window.findings_panel.model.findings == ()
    assert window.session.selected is None
    for key in "ab":
        index = window.worklist.model.index_of_key(key)
        assert index.siblingAtColumn(Column.SCORE).data() == ""
        assert index.siblingAtColumn(Column.READ).data() == ""
        assert index.siblingAtColumn(Column.TRUTH).data() == "–"


def test_while_blinded_the_picture_is_that_of_an_image_without_detector_and_truth(
    qtbot: QtBot, tmp_path: Path
) -> None:
    def picture(settings: Settings, *, is_scored: bool) -> object:
        name = f"{settings.blinded}{is_scored}.sqlite3"
        with opened_window(qtbot, tmp_path / name, settings, is_scored=is_scored) as window:
            if not is_scored:
                window.session.set_truth({})
            return window.viewport.grab().toImage()

    plain = picture(Settings(reader="ada"), is_scored=False)
    assert picture(BLINDED, is_scored=True) == plain
    assert picture(Settings(reader="ada"), is_scored=True) != plain


@pytest.mark.parametrize("column", [Column.SCORE, Column.READ, Column.TRUTH])
@pytest.mark.parametrize("order", Qt.SortOrder)
def test_while_blinded_no_order_of_the_worklist_tells_scores_or_truth(
    window: MainWindow, column: Column, order: Qt.SortOrder
) -> None:
    window.worklist.tree.sortByColumn(column, order)
    model = window.worklist.tree.model()
    rows = [model.index(row, 0) for row in range(2)]
    assert [row.data() for row in rows] == ["a", "b"]
    nodes = [row.data(ROLE_NODE) for row in rows]
    assert [window.worklist.model.texts.second_line(n) for n in nodes] == [
        n.lines[1] for n in nodes
    ]


def test_while_blinded_the_evaluation_and_the_agreement_say_nothing(window: MainWindow) -> None:
    do(window, "evaluate")
    assert "Still hidden: 2." in window.evaluation_page.message.text()
    do(window, "compare_readers")
    assert "Still hidden: 2." in window.reader_desk.agreement_page.message.text()
    assert scores_said(window) == set()


def test_verdicts_on_findings_cannot_be_given_before_they_are_revealed(window: MainWindow) -> None:
    for command in ("accept", "reject", "undecide"):
        assert not window.actions_by_id[command].isEnabled()
    do(window, "next_finding")
    assert window.session.selected is None


# The steps


def test_the_detector_is_revealed_after_the_exam_verdict_and_the_truth_after_the_detector(
    window: MainWindow,
) -> None:
    session, reveal = window.session, window.actions_by_id["reveal"]
    assert not reveal.isEnabled()
    session.reveal("a")
    assert session.stage("a") is Stage.BLINDED

    do(window, "exam_unsure")
    assert session.current == "a", "the next step comes before the next image"
    assert reveal.isEnabled()
    assert reveal.text() == "Reveal the detector's findings"
    reveal.trigger()
    assert session.stage("a") is Stage.DETECTOR
    assert scores_said(window) == {"0.77", "0.23", "0.91"}
    assert len(window.viewport.marks()) == 2
    assert window.viewport._truth is None

    assert reveal.text() == "Reveal the ground truth"
    reveal.trigger()
    assert session.stage("a") is Stage.TRUTH
    assert window.viewport._truth is not None
    assert not reveal.isEnabled()
    assert session.stage("b") is Stage.BLINDED


def test_a_step_is_not_taken_back_by_undo(window: MainWindow) -> None:
    do(window, "exam_unsure", "reveal")
    assert window.session.undo_name == "Call exam unsure"
    do(window, "undo", "undo", "redo")
    assert window.session.stage("a") is Stage.DETECTOR


def test_the_steps_are_in_the_trail_with_their_times_and_in_order(
    window: MainWindow, path: Path
) -> None:
    do(window, "exam_unsure", "reveal", "exam_pneumonia", "reveal", "exam_no_pneumonia")
    trail = read_trail(path)
    assert find_fault(trail) is None
    assert [(e.operation, e.stage) for e in trail.entries] == [
        ("set exam verdict", "blinded"),
        ("reveal", "blinded"),
        ("set exam verdict", "detector"),
        ("reveal", "detector"),
        ("set exam verdict", "truth"),
    ]
    times = [datetime.fromisoformat(entry.time) for entry in trail.entries]
    assert times == sorted(times)
    assert payloads_by_stage(trail.entries, SetExamVerdict.kind) == {
        ("a", "ada"): {
            Stage.BLINDED: {"verdict": "unsure"},
            Stage.DETECTOR: {"verdict": "pneumonia"},
            Stage.TRUTH: {"verdict": "no pneumonia"},
        }
    }


def test_after_a_restart_what_was_revealed_is_shown_and_the_rest_is_not(
    qtbot: QtBot, window: MainWindow, path: Path
) -> None:
    do(window, "exam_unsure", "reveal")
    with opened_window(qtbot, path, BLINDED) as again:
        assert again.session.stage("a") is Stage.DETECTOR
        assert again.session.stage("b") is Stage.BLINDED
        assert len(again.viewport.marks()) == 2
        again.session.show("b")
        assert again.viewport.marks() == []


def test_another_reader_starts_blinded_where_the_first_has_seen_everything(
    window: MainWindow,
) -> None:
    do(window, "exam_unsure", "reveal", "reveal")
    window.session.set_reader("grace")
    assert window.session.stage("a") is Stage.BLINDED
    assert window.session.exam_verdict("a") is None
    assert scores_said(window) == set()
    window.session.set_reader("ada")
    assert window.session.stage("a") is Stage.TRUTH


# Turning it on and off


def test_what_was_seen_openly_stays_revealed_when_blinded_reading_begins(
    qtbot: QtBot, path: Path
) -> None:
    with opened_window(qtbot, path, Settings(reader="ada")) as window:
        do(window, "blinded_reading")
        assert window.session.is_blinded
        assert window.session.stage("a") is Stage.TRUTH
        assert window.session.stage("b") is Stage.BLINDED
        window.session.show("b")
        assert "0.48" not in scores_said(window)
    (entry,) = read_trail(path).entries
    assert (entry.image, entry.operation) == ("a", "reveal")


def test_an_image_that_was_judged_in_open_reading_is_never_blinded(path: Path) -> None:
    with closing(ReviewStore(path)) as store:
        store.perform(Action.DO, SetExamVerdict("a", ExamVerdict.UNSURE), "ada")
        stages = store.stages(["a", "b"], "ada")
        assert stages == {"a": Stage.TRUTH, "b": Stage.BLINDED}
        assert store.stages(["a"], "grace") == {"a": Stage.BLINDED}


def test_ending_blinded_reading_reveals_every_open_image_for_good(
    window: MainWindow, path: Path
) -> None:
    do(window, "blinded_reading")
    assert not window.session.is_blinded
    assert scores_said(window) == {"0.77", "0.23", "0.91", "0.48"}
    do(window, "blinded_reading")
    assert {window.session.stage(key) for key in "ab"} == {Stage.TRUTH}
    assert [(e.image, e.operation, e.stage) for e in read_trail(path).entries] == [
        ("a", "reveal", "blinded"),
        ("b", "reveal", "blinded"),
    ]


def test_the_choice_is_a_setting(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.preferences.changed) as changed:
        do(window, "blinded_reading")
    assert changed.args[0].blinded is False


def test_a_revealed_image_counts_in_the_evaluation_and_the_message_counts_down(
    window: MainWindow,
) -> None:
    do(window, "exam_unsure", "reveal", "reveal", "evaluate")
    assert "Still hidden: 1." in window.evaluation_page.message.text()


# Without a window


def test_a_reveal_that_cannot_be_written_shows_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(ReviewStore(path)) as store:
        session = ReviewSession(InlineStoreAccess(store), "ada")
        session.set_blinded(True)
        session.open_images(["a"])
        session.perform(SetExamVerdict("a", ExamVerdict.UNSURE))

        def refuse(*_: object) -> None:
            raise OSError("no entry today")

        monkeypatch.setattr(store, "reveal", refuse)
        with pytest.raises(OSError, match="no entry today"):
            session.reveal("a")
        assert session.stage("a") is Stage.BLINDED


@given(st.lists(st.sampled_from([Stage.BLINDED, Stage.DETECTOR, Stage.TRUTH]), max_size=6))
def test_what_was_shown_only_grows(
    tmp_path_factory: pytest.TempPathFactory, asked: list[Stage]
) -> None:
    path = tmp_path_factory.mktemp("store") / "reviews.sqlite3"
    with closing(ReviewStore(path)) as store:
        shown = Stage.BLINDED
        for stage in asked:
            store.reveal(["a"], stage, "ada")
            shown = max(shown, stage, key=Stage.order)
            assert store.stages(["a"], "ada") == {"a": shown}
        assert store.steps("ada", datetime.now().date()) == []


def test_a_verdict_on_a_finding_says_at_which_step_it_was_given(
    window: MainWindow, path: Path
) -> None:
    do(window, "exam_unsure", "reveal", "accept")
    entry = read_trail(path).entries[-1]
    assert (entry.operation, entry.stage) == (SetVerdict.kind, "detector")
    assert window.session.findings("a")[0].verdict is Verdict.ACCEPTED
    assert entry.model == MODEL.fingerprint


def test_a_reveal_reads_back_from_its_payload() -> None:
    reveal = Reveal("a", Stage.TRUTH)
    assert Reveal.from_payload("a", reveal.payload()) == reveal


def test_while_blinded_a_notice_does_not_count_the_boxes_of_the_truth(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("patientId,x,y,width,height,Target\na,1,2,30,40,1\nb,,,,,0\n")
    window.workspace.load_truth(truth)
    (job,) = window.workspace.jobs.named("read_truth_files")  # type: ignore[attr-defined]
    job.run()
    assert window.notice.text() == "Ground truth from truth.csv: 2 of 2 open images are covered."
