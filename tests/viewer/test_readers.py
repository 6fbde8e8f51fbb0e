"""Several readers on one folder: each has a name, sees his own verdicts, and can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot
from readers_stage import BOXES, FOUND, MODEL, opened_window

from pneumo_viewer.application import Application
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.agreement import AgreementPage, kappa_text
from pneumo_viewer.reader_dialog import ReaderDialog
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.agreement import Kappa, Reading
from pneumo_viewer.review.findings import ExamVerdict, Verdict, new_own_id
from pneumo_viewer.review.operations import SetExamVerdict, SetOwnBox, SetVerdict
from pneumo_viewer.review.readers import ReaderNameError, collect_readings, reader_name
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.steps import Action
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings, load_settings, save_settings, settings_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.sqlite3"


@pytest.fixture
def window(qtbot: QtBot, path: Path) -> Iterator[MainWindow]:
    with opened_window(qtbot, path, Settings(reader="ada")) as window:
        yield window


def do(window: MainWindow, *commands: str) -> None:
    for command in commands:
        window.actions_by_id[command].trigger()


# Names


@pytest.mark.parametrize(
    ("typed", "name"), [("ada", "ada"), ("  Ada   Lovelace ", "Ada Lovelace"), ("Å. Ö", "Å. Ö")]
)
def test_a_name_has_single_spaces_and_none_around_it(typed: str, name: str) -> None:
    assert reader_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("", "needs a name"), (" \t\n", "needs a name"), ("a" * 65, "64"), ("a\x00b", "be seen")],
)
def test_a_name_that_is_none_is_refused_with_a_sentence(typed: str, reason: str) -> None:
    with pytest.raises(ReaderNameError, match=reason):
        reader_name(typed)


@given(st.text())
def test_a_name_that_is_taken_is_never_empty_and_stays_as_it_is(typed: str) -> None:
    try:
        name = reader_name(typed)
    except ReaderNameError:
        return
    assert name
    assert name == name.strip()
    assert reader_name(name) == name
    name.encode()


# Each his own


def test_another_reader_sees_his_own_verdicts_and_the_first_finds_hers_again(
    window: MainWindow,
) -> None:
    session = window.session
    do(window, "accept")
    session.perform(SetExamVerdict("a", ExamVerdict.PNEUMONIA))
    session.set_reader("grace")
    assert [finding.verdict for finding in session.findings("a")] == [Verdict.UNDECIDED] * 2
    assert session.exam_verdict("a") is None
    assert session.undo_name is None
    session.perform(SetExamVerdict("a", ExamVerdict.NO_PNEUMONIA))
    session.set_reader("ada")
    assert session.findings("a")[0].verdict is Verdict.ACCEPTED
    assert session.exam_verdict("a") is ExamVerdict.PNEUMONIA
    assert session.undo_name == "Call exam pneumonia"


def test_two_windows_on_one_store_show_each_reader_his_own(
    qtbot: QtBot, window: MainWindow, path: Path
) -> None:
    with opened_window(qtbot, path, Settings(reader="grace")) as other:
        do(window, "accept")
        do(other, "reject")
        for here, verdict in ((window, Verdict.ACCEPTED), (other, Verdict.REJECTED)):
            assert here.session.findings("a")[0].verdict is verdict


def test_the_switch_waits_for_what_was_asked_before(path: Path) -> None:
    """A store that answers later: a verdict on its way is still the first reader's."""

    class LateAccess(InlineStoreAccess):
        def __init__(self, store: ReviewStore) -> None:
            super().__init__(store)
            self.waiting: list[tuple[object, ...]] = []

        def run(self, *work: object) -> None:  # type: ignore[override]
            self.waiting.append(work)

        def answer(self) -> None:
            while self.waiting:
                super().run(*self.waiting.pop(0))  # type: ignore[arg-type]

    with closing(ReviewStore(path)) as store:
        late = LateAccess(store)
        session = ReviewSession(late, "ada")
        session.open_images(["a"])
        late.answer()
        session.perform(SetExamVerdict("a", ExamVerdict.UNSURE))
        session.perform(SetExamVerdict("a", ExamVerdict.PNEUMONIA))
        session.set_reader("grace")
        session.perform(SetExamVerdict("a", ExamVerdict.NO_PNEUMONIA))
        assert session.reader == "ada"
        late.answer()
        assert session.reader == "grace"
        assert session.exam_verdict("a") is ExamVerdict.NO_PNEUMONIA
        assert store.reviews(["a"], "ada")["a"].verdict is ExamVerdict.PNEUMONIA
        assert store.readers() == ["ada", "grace"]


# The question


def test_the_reader_stands_at_the_bottom_and_a_click_asks_who_reads(
    window: MainWindow, qtbot: QtBot
) -> None:
    field = window.reader_desk.field
    assert field.text() == "Reader: ada"
    do(window, "accept")
    window.session.set_reader("grace")
    assert field.text() == "Reader: grace"
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    dialog = window.findChild(ReaderDialog)
    assert dialog is not None
    assert not dialog.isModal(), "the reading goes on"
    assert [dialog.name.itemText(row) for row in range(dialog.name.count())] == ["grace", "ada"]
    with qtbot.waitSignal(window.preferences.changed) as changed:
        dialog.name.setEditText("  mary ")
        dialog.accept()
    assert window.session.reader == "mary"
    assert changed.args[0].reader == "mary"
    dialog.deleteLater()


def test_an_empty_name_cannot_be_given(window: MainWindow, qtbot: QtBot) -> None:
    do(window, "change_reader")
    dialog = window.findChild(ReaderDialog)
    assert dialog is not None
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert ok.isEnabled()
    dialog.name.setEditText("   ")
    assert not ok.isEnabled()
    assert dialog.problem.text() == "A reader needs a name."
    dialog.reject()
    assert window.session.reader == "ada"
    dialog.deleteLater()


def test_at_the_first_start_the_reader_is_told_under_which_name_and_only_then(
    qtbot: QtBot,
) -> None:
    said = []
    for _ in range(2):
        application = Application()
        said.append((application.window.notice.text(), application.window.session.reader))
        application.close()
    (first, reader), (second, same) = said
    assert reader == same == Settings().reader != ""
    assert first.startswith(f"You read as {reader}, the name of this account.")
    assert "Reader …" in first
    assert second == ""


def test_reader_and_blinding_are_those_of_the_last_time(qtbot: QtBot) -> None:
    save_settings(Settings(reader="mary", blinded=True), settings_path())
    application = Application()
    assert application.window.session.reader == "mary"
    assert application.window.session.is_blinded
    assert application.window.actions_by_id["blinded_reading"].isChecked()
    application.close()
    assert load_settings(settings_path())[0].blinded


# What readers stand for


def test_a_reader_stands_for_boxes_drawn_corrected_or_accepted(path: Path) -> None:
    with closing(ReviewStore(path)) as store:
        for image in "ab":
            store.add_detections(image, FOUND)
        own, corrected = (1.0, 2.0, 30.0, 40.0), (90.0, 90.0, 210.0, 210.0)
        first, second = (f"{MODEL.fingerprint}:{index}" for index in (0, 1))
        for operation in (
            SetVerdict("a", first, Verdict.CORRECTED, corrected),
            SetVerdict("a", second, Verdict.ACCEPTED),
            SetOwnBox("a", new_own_id(), own),
            SetExamVerdict("a", ExamVerdict.PNEUMONIA),
            SetVerdict("b", first, Verdict.REJECTED),
            SetExamVerdict("b", ExamVerdict.NO_PNEUMONIA),
        ):
            store.perform(Action.DO, operation, "ada")
        store.perform(Action.DO, SetVerdict("a", first, Verdict.ACCEPTED), "grace")  # no verdict

        readings = collect_readings(store, ["a", "b", "c"], MODEL.fingerprint)
        assert list(readings) == ["ada"]
        assert {image: reading.verdict for image, reading in readings["ada"].items()} == {
            "a": "pneumonia",
            "b": "no pneumonia",
        }
        boxes = readings["ada"]["a"].boxes
        assert sorted(boxes.tolist()) == sorted([[*own], [*corrected], BOXES[1].tolist()])
        assert readings["ada"]["b"].boxes.shape == (0, 4)
        without_model = collect_readings(store, ["a"], None)
        assert without_model["ada"]["a"].boxes.tolist() == [[*own]]


# The page


def reading(verdict: str, *rows: tuple[float, float, float, float]) -> Reading:
    return Reading(verdict, np.array(rows, np.float32).reshape(-1, 4))


def cells(page: AgreementPage) -> list[list[str]]:
    table = page.table
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


BOX = (0.0, 0.0, 10.0, 10.0)
ADA = {"a": reading("pneumonia", BOX), "b": reading("no pneumonia"), "c": reading("unsure")}
GRACE = {"a": reading("pneumonia", BOX), "b": reading("pneumonia", BOX), "d": reading("unsure")}


@pytest.fixture
def page(qtbot: QtBot) -> AgreementPage:
    page = AgreementPage(lambda key: f"exam {key}")
    qtbot.addWidget(page)
    return page


def test_two_readers_get_cohens_kappa_with_its_interval_and_the_exams_on_which_they_differ(
    page: AgreementPage,
) -> None:
    page.show_readings({"ada": ADA, "grace": GRACE})
    assert page.summary.text() == "2 exams judged by all of ada, grace; 2 judged only by some."
    assert page.kappa_name.text() == "Cohen's kappa, with its 95 % interval"
    # One of two agrees; by chance ada's 1/2 · grace's 1 = 1/2: kappa 0, whatever ada says.
    assert page.kappa.text() == "0.00  (interval unknown)"
    assert page.observed.text() == "50 % agree; by chance 50 %"
    # Boxes: one pair on a, one lone box on b: 2 of 3, both alike.
    assert page.share.text() == "67 %"
    assert page.iou.text() == "2 of 3; their mean IoU is 1.00"
    assert cells(page) == [["exam b", "no", "yes", "0 of 1"]]


def test_more_readers_get_fleiss_kappa_and_some_can_be_left_out(page: AgreementPage) -> None:
    page.show_readings({"ada": ADA, "grace": GRACE, "mary": ADA})
    assert page.kappa_name.text() == "Fleiss' kappa, with its 95 % interval"
    page.readers["grace"].setChecked(False)
    assert page.kappa_name.text() == "Cohen's kappa, with its 95 % interval"
    assert page.kappa.text() == "1.00  (interval unknown)"
    assert cells(page) == []
    page.readers["mary"].setChecked(False)
    assert page.summary.text() == "Choose two readers or more."
    assert page.kappa.text() == "–"


def test_readers_without_a_common_exam_and_with_always_the_same_verdict(
    page: AgreementPage,
) -> None:
    page.show_readings({"ada": {"a": ADA["a"]}, "grace": {"b": GRACE["b"]}})
    assert page.summary.text() == "There is no exam that all of these readers have judged."
    page.show_readings({"ada": {"a": ADA["a"]}, "grace": {"a": GRACE["a"]}})
    assert page.kappa.text() == "–"
    assert page.observed.text() == "undefined: every verdict is the same"


def test_a_click_on_an_exam_opens_it(window: MainWindow) -> None:
    session = window.session
    for reader, verdict in (("ada", ExamVerdict.PNEUMONIA), ("grace", ExamVerdict.UNSURE)):
        session.set_reader(reader)
        session.perform(SetExamVerdict("b", verdict))
    session.show("a")
    do(window, "compare_readers")
    page = window.reader_desk.agreement_page
    assert window.pages.currentWidget() is page
    assert [row[1:3] for row in cells(page)] == [["yes", "unsure"]]
    page.table.cellClicked.emit(0, 1)
    assert session.current == "b"
    assert window.pages.currentWidget() is window.viewports


def test_one_reader_is_told_that_agreement_takes_two(window: MainWindow) -> None:
    window.session.perform(SetExamVerdict("b", ExamVerdict.UNSURE))
    do(window, "compare_readers")
    assert "takes two readers" in window.reader_desk.agreement_page.message.text()


def test_a_negative_kappa_has_a_true_minus() -> None:
    assert kappa_text(Kappa(-0.25, -1.0, 0.5, 0.4, 0.52, 9, 2)) == "−0.25  (−1.00 to 0.50)"
    assert kappa_text(Kappa(1.0, None, None, 1.0, 0.5, 9, 2)) == "1.00  (interval unknown)"
    assert kappa_text(None) == "–"
