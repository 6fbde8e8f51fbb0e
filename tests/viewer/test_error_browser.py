"""From error to error, on the image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from evaluation_stage import evaluate, jobs_of, open_studies, run_all
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from detector.errors import DamagedFileError
from pneumo_viewer.main_window import MainWindow

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with open_studies(qtbot, tmp_path) as window:
        window.viewport.setFocus()
        yield window


def where(window: MainWindow) -> tuple[str | None, float | None]:
    """The current image and the score of the selected finding."""
    session = window.session
    if session.current is None or session.selected is None:
        return session.current, None
    finding = session.finding(session.current, session.selected)
    assert finding is not None
    assert finding.score is not None
    return session.current, round(finding.score, 2)


def test_n_goes_through_the_errors_by_confidence_and_round(
    window: MainWindow, qtbot: QtBot
) -> None:
    seen = []
    for _ in range(4):
        qtbot.keyClick(window.viewport, Qt.Key.Key_N)
        run_all(window, "list_errors")
        seen.append(where(window))
    assert seen == [("b", 0.66), ("b", 0.34), ("a", 0.23), ("b", 0.66)]
    assert window.notice.text() == "Error 1 of 3: false positive, score 0.66."
    qtbot.keyClick(window.viewport, Qt.Key.Key_N, SHIFT)
    assert where(window) == ("a", 0.23)
    qtbot.keyClick(window.viewport, Qt.Key.Key_N, SHIFT)
    assert where(window) == ("b", 0.34)


def test_shift_n_begins_with_the_last(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.viewport, Qt.Key.Key_N, SHIFT)
    assert window.notice.text() == "Looking for errors …"
    run_all(window, "list_errors")
    assert where(window) == ("a", 0.23)


def test_the_errors_are_matched_once_for_all_thresholds(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    run_all(window, "list_errors")
    window.session.set_threshold(0.8)
    window.session.show("b")
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    assert jobs_of(window).named("list_errors") == []
    assert window.notice.text() == "Error 1 of 1: missed box, score 0.77."
    assert window.session.current == "a"


def test_a_missed_box_is_brought_into_view(window: MainWindow, qtbot: QtBot) -> None:
    window.session.set_threshold(0.8)
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    run_all(window, "list_errors")
    viewport = window.viewport
    for _ in range(12):
        viewport.zoom_in()
    viewport.show_box((900.0, 900.0, 910.0, 910.0))
    assert viewport.shown_box()[0] > 207
    qtbot.keyClick(viewport, Qt.Key.Key_N)
    x0, y0, x1, y1 = viewport.shown_box()
    assert x0 <= 157 <= x1, "the middle of the true box, 107 to 207"
    assert y0 <= 157 <= y1


def test_changed_truth_is_matched_anew(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    run_all(window, "list_errors")
    window.session.set_truth({"a": np.zeros((0, 4), np.float32)})
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    run_all(window, "list_errors")
    assert window.notice.text() == "Error 1 of 2: false positive, score 0.77."


def test_without_an_error_or_without_truth_the_reader_is_told_so(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.session.set_threshold(0.7)
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    run_all(window, "list_errors")
    assert window.notice.text() == "No error at the threshold of 0.70."
    window.session.set_truth({})
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    run_all(window, "list_errors")
    assert "Load ground truth" in window.notice.text()


def test_a_blinded_reader_is_not_led_to_errors(window: MainWindow, qtbot: QtBot) -> None:
    window.session.set_blinded(True)
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    assert window.notice.text().startswith("Blinded reading: the list of errors waits")
    assert jobs_of(window).named("list_errors") == []


def test_studies_that_change_while_errors_are_sought_end_the_search(
    window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    window.session.set_truth({})
    assert jobs_of(window).named("list_errors") == []
    assert "ask for the error again" in window.notice.text()


def test_why_errors_cannot_be_found_is_said(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    (job,) = jobs_of(window).named("list_errors")
    job.fail(DamagedFileError("a.dcm", "it breaks off"))
    assert "it breaks off" in window.notice.text()


def test_the_page_lists_the_errors_and_a_click_goes_there(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    page = evaluate(window, monkeypatch).page
    assert page.lists.tabText(0) == "Errors (3)"
    assert page.lists.errors.texts() == [
        ("FP  false positive", "0.66", "b.dcm", "R upper"),
        ("FP  false positive", "0.34", "b.dcm", "L middle"),
        ("FP  false positive", "0.23", "a.dcm", "L middle"),
    ]
    page.slider.moved.emit(0.8)
    assert page.lists.errors.texts() == [("FN  missed box", "0.77", "a.dcm", "R upper")]
    page.slider.moved.emit(0.2)
    table = page.lists.errors
    row = table.visualRect(table.model().index(2, 2)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert where(window) == ("a", 0.23)
    assert window.pages.currentWidget() is window.viewports
    qtbot.keyClick(window.viewport, Qt.Key.Key_N)
    assert where(window) == ("b", 0.66), "it goes on from there"


def test_n_on_the_page_goes_to_the_image_even_if_it_is_current_already(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    window.session.show("b")
    page = evaluate(window, monkeypatch).page
    qtbot.keyClick(page, Qt.Key.Key_N)
    assert where(window) == ("b", 0.66)
    assert window.pages.currentWidget() is window.viewports


def test_the_worst_are_half_false_positives_and_half_missed_boxes(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = np.array([[700, 700, 800, 800], [100, 700, 200, 800]], np.float32)
    window.session.set_truth({"a": far, "b": np.zeros((0, 4), np.float32)})
    errors = evaluate(window, monkeypatch).errors
    assert errors.count == 6  # four detections hit nothing, two boxes are missed
    worst = [(error.kind.value, error.score) for error in errors.worst(4)]
    assert worst == [
        ("FP", pytest.approx(0.77)),
        ("FP", pytest.approx(0.66)),
        ("FN", None),
        ("FN", None),
    ]
    assert [error.kind.value for error in errors.worst(5)] == ["FP"] * 3 + ["FN"] * 2
    assert len(errors.worst(50)) == 6
