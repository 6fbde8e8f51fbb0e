"""The evaluation page as a reader uses it: table, curves, lists, and the way to the image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from evaluation_stage import evaluate, jobs_of, open_studies, run_all
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from readers_stage import TRUTH

from detector.detections import Detections, ModelIdentity
from pneumo_viewer import theme
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.evaluation_curves import CurvePlot, point_at
from pneumo_viewer.panels.rows import Row
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.review.operations import Operation, decide
from pneumo_viewer.review.sources import LOADED_TRUTH, ReaderSource

OTHER = ModelIdentity("best", "2", "f" * 16, "best")


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with open_studies(qtbot, tmp_path) as window:
        yield window


def near(plot: CurvePlot, x: float, y: float) -> QPoint:
    """Where a point of the curve lies in the widget."""
    return plot.mapFromScene(plot.getPlotItem().vb.mapViewToScene(QPointF(x, y)))


def test_the_threshold_is_read_off_a_curve_at_the_last_score_that_reaches_it() -> None:
    thresholds = np.array([np.inf, 0.75, 0.5])
    assert [point_at(thresholds, t) for t in (0.9, 0.75, 0.6, 0.5, 0.1)] == [0, 1, 1, 2, 2]
    assert point_at(thresholds[1:], 0.9) is None


def test_the_table_stands_left_the_curves_right_and_the_exams_below(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = evaluate(window, monkeypatch).page
    names = [name for name, *_ in page.measures.texts()]
    assert names == ["AP", "AP_M", "AP_L", "AR10", "AR_M", "AR_L", "FROC", "AUROC", "AUPRC"]
    # a's box is found first of all boxes; with two patients every draw with a has AP 1.
    assert page.measures.texts()[0] == ("AP", "100.0 (100.0–100.0)", "100.0 (100.0–100.0)")
    assert page.summary.text() == (
        "2 exams of 2 patients, 1 with 1 true box; 4 detections by compact 1. 0 files left out."
    )
    table, curves, lists = (
        widget.mapTo(page, QPoint(0, 0)) for widget in (page.measures, page.curves, page.lists)
    )
    assert table.x() + page.measures.width() <= curves.x()
    assert curves.y() + page.curves.height() <= lists.y()
    assert page.width() == window.width(), "the docks make room"


def test_the_marks_on_both_curves_follow_the_threshold(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = evaluate(window, monkeypatch).page
    # Four boxes from 0.2 on, one of them a hit: precision 1/4, 3 misses on 2 images.
    assert page.curves.precision_recall.mark == (1.0, 0.25)
    assert page.curves.froc.mark == (1.5, 1.0)
    page.slider.moved.emit(0.5)  # 0.77 and 0.66 are left
    assert window.session.threshold == 0.5
    assert page.curves.precision_recall.mark == (1.0, 0.5)
    assert page.curves.froc.mark == (0.5, 1.0)
    assert page.curves.figures() == (
        "recall 1.00, precision 0.50",
        "0.50 false positives per image, sensitivity 1.00",
    )
    page.slider.moved.emit(0.9)
    assert page.curves.precision_recall.mark is None
    assert page.curves.froc.mark == (0.0, 0.0)


def test_a_click_on_a_curve_moves_the_threshold_and_lists_the_exams_that_change(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    desk = evaluate(window, monkeypatch)
    froc = desk.page.curves.froc
    qtbot.mouseClick(froc.viewport(), Qt.MouseButton.LeftButton, pos=near(froc, 0.0, 1.0))
    qtbot.waitUntil(lambda: window.session.threshold != pytest.approx(0.2))
    assert window.session.threshold == pytest.approx(0.77)
    assert desk.page.lists.currentWidget().isAncestorOf(desk.page.lists.changed)
    assert desk.page.lists.changed.texts() == [
        ("positive → negative", "0.66", "b.dcm", "no pneumonia")
    ]
    curve = desk.page.curves.precision_recall
    qtbot.mouseClick(curve.viewport(), Qt.MouseButton.LeftButton, pos=near(curve, 1.0, 0.5))
    qtbot.waitUntil(lambda: window.session.threshold != pytest.approx(0.77))
    assert window.session.threshold == pytest.approx(0.66)
    assert desk.page.lists.changed.texts() == [
        ("negative → positive", "0.66", "b.dcm", "no pneumonia")
    ]


def test_a_click_on_an_exam_goes_to_the_image_and_one_key_back_to_the_page(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    page = evaluate(window, monkeypatch).page
    page.lists.setCurrentIndex(2)
    table = page.lists.exams
    assert table.texts() == [
        ("true positive", "0.91", "2", "1", "a.dcm"),
        ("false positive", "0.48", "2", "0", "b.dcm"),
    ]
    index = table.model().index(1, 4)
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center()
    )
    assert window.session.current == "b"
    assert window.pages.currentWidget() is window.viewports
    assert window.docks["worklist"].isVisible(), "the docks are back"
    qtbot.keyClick(window.viewport, Qt.Key.Key_F5)
    assert window.pages.currentWidget() is page
    assert not window.docks["worklist"].isVisible()
    qtbot.keyClick(page, Qt.Key.Key_F5)
    assert window.pages.currentWidget() is window.viewports


def test_the_layout_that_is_stored_is_the_one_with_the_docks(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = window.docks.layout
    evaluate(window, monkeypatch)
    assert window.docks.layout == before


def test_subgroups_have_sizes_intervals_and_a_mark_where_they_are_small(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = evaluate(window, monkeypatch).page
    assert page.subgroups.message.text() == "No header states view, sex or age."
    images = window.workspace.index.images
    for key, sex in (("a", "F"), ("b", "M")):
        object.__setattr__(images[key].identity, "patient_sex", sex)
    evaluate(window, monkeypatch)
    rows = page.subgroups.table.texts()
    assert [row[:3] for row in rows] == [("sex F *", "1 of 1", "100.0"), ("sex M *", "0 of 1", "–")]
    assert "fewer than 50" in page.subgroups.message.text()


def test_the_truth_can_be_a_readers_verdicts(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = evaluate(window, monkeypatch).page
    assert [page.truths.itemData(row) for row in range(page.truths.count())] == [LOADED_TRUTH]
    session = window.session
    session.perform(_decided(window, "b", Verdict.ACCEPTED))
    evaluate(window, monkeypatch)
    anna = ReaderSource("anna")
    assert page.truths.itemData(1) == anna
    page.truths.setCurrentIndex(1)
    page.truth_chosen.emit(anna)
    run_all(window, "measure", "measure_subgroups")
    assert page.summary.text().startswith("1 exam of 1 patient, 1 with 1 true box; 2 detections")
    assert page.lists.left_out.texts() == [("a.dcm", "not read yet")]
    assert not page.staleness.isVisible()
    session.undo()
    assert page.staleness.isVisible(), "the truth is another now"


def test_two_models_are_compared_on_the_page(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = np.array([[100, 100, 200, 200]], np.float32)
    for key, score in (("a", 0.1), ("b", 0.1)):
        found = Detections(boxes, np.array([score], np.float32), score, OTHER)
        window.session.add_detections(key, found)
    panel = evaluate(window, monkeypatch).page.comparison
    assert [panel.first.itemText(row) for row in (0, 1)] == [
        "best 2 (ffffffff)",
        "compact 1 (00112233)",
    ]
    assert (panel.first.currentIndex(), panel.second.currentIndex()) == (0, 1)
    panel.button.click()
    assert panel.message.text() == "Comparing …"
    assert panel.cancel_button.isVisibleTo(panel)
    run_all(window, "compare")
    rows = {row[0]: row[1:] for row in panel.table.texts()}
    # At 0.2 the first shows nothing: no exam called, no false positive instead of 3 on 2 images.
    assert rows["Exam sensitivity"][1].startswith("−100.0 (")
    assert rows["Exam specificity"][1].startswith("+100.0 (")
    assert rows["False positives per image"][1].startswith("−1.50 (")
    # Both rank the hit first, and one patient with pneumonia gives no interval.
    assert rows["AP"][0] == "+0.0"
    assert rows["AP"][1].startswith("+0.0 (")
    assert "best 2 (ffffffff) less compact 1 (00112233) on 2 exams" in panel.message.text()
    assert not panel.cancel_button.isVisibleTo(panel)


def test_one_model_alone_is_not_compared(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = evaluate(window, monkeypatch).page.comparison
    assert not panel.button.isEnabled()
    assert "needs two models or readers" in panel.message.text()


def test_a_reader_who_has_read_nothing_is_named(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.session.perform(_decided(window, "b", Verdict.ACCEPTED))
    page = evaluate(window, monkeypatch).page
    page.truths.setCurrentIndex(1)
    window.session.undo()
    page.truth_chosen.emit(page.truth)
    run_all(window, "measure", "measure_subgroups")
    assert "anna has not read any of them" in page.summary.text()
    assert page.lists.left_out.texts() == [("a.dcm", "not read yet"), ("b.dcm", "not read yet")]


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        (
            {"a": np.zeros((0, 4), np.float32), "b": np.zeros((0, 4), np.float32)},
            "No exam has a true box: AP, recall, FROC and AUROC are undefined.",
        ),
        (
            {"a": TRUTH["a"], "b": TRUTH["a"]},
            "Every exam has a true box: AUROC and AUPRC are undefined.",
        ),
        (
            {"a": TRUTH["a"]},
            "Every exam has a true box: AUROC and AUPRC are undefined. "
            "The exams of one patient give no intervals.",
        ),
        ({}, ""),
        (TRUTH, ""),
    ],
)
def test_what_the_exams_cannot_tell_is_said(
    window: MainWindow,
    monkeypatch: pytest.MonkeyPatch,
    truth: dict[str, np.ndarray],
    expected: str,
) -> None:
    window.session.set_truth(truth)
    page = evaluate(window, monkeypatch).page
    assert page.caution.text() == expected
    assert page.caution.isVisible() == bool(expected)
    figures = {name: text for name, _, text in page.measures.texts()}
    if expected:  # the table agrees
        assert (figures["AP"] == "–") == expected.startswith("No exam")
        assert figures["AUROC"] == figures["AUPRC"] == "–"
        assert ("(" not in figures["AP"]) == ("no intervals" in expected or figures["AP"] == "–")


def test_no_figure_is_cut_in_a_small_window(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, sex in (("a", "F"), ("b", "M")):
        identity = window.workspace.index.images[key].identity
        object.__setattr__(identity, "patient_sex", sex)
    page = evaluate(window, monkeypatch).page
    page.figures.setCurrentIndex(1)
    full = ("sex F *", "100 of 100", *["100.0 (100.0–100.0)"] * 3)
    page.subgroups.table.show_rows(1, lambda row: Row(full))
    page.figures.setCurrentIndex(2)
    widest = ("False positives per image", "−100.0 (−100.0 to −10.0)", "−100.0 (−100.0 to −10.0)")
    page.comparison.table.show_rows(1, lambda row: Row(widest))
    for tab, table in ((1, page.subgroups.table), (2, page.comparison.table)):
        page.figures.setCurrentIndex(tab)
        last = table.model().columnCount() - 1
        assert table.columnWidth(last) >= table.sizeHintForColumn(last)


def test_without_truth_the_reader_is_told_what_to_load(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.session.set_truth({})
    page = evaluate(window, monkeypatch).page
    assert "Load ground truth" in page.summary.text()
    assert {cell for row in page.measures.texts() for cell in row[1:]} == {"–"}
    assert page.lists.left_out.texts() == [
        ("a.dcm", "no ground truth"),
        ("b.dcm", "no ground truth"),
    ]
    assert not page.export_button.isEnabled()
    assert not window.actions_by_id["export_evaluation"].isEnabled()
    page.lists.left_out.chosen.emit(1)
    assert window.session.current == "b"


def test_one_healthy_exam_has_no_curve_and_no_interval(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.session.set_truth({"b": np.zeros((0, 4), np.float32)})
    page = evaluate(window, monkeypatch).page
    assert page.curves.figures() == ("no box at this threshold, or no true box",) * 2
    assert page.curves.precision_recall.mark is None
    assert page.lists.exams.texts() == [("false positive", "0.48", "2", "0", "b.dcm")]


def test_studies_that_changed_since_are_said_to_have(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = evaluate(window, monkeypatch).page
    assert not page.staleness.isVisible()
    window.session.set_truth({})
    assert page.staleness.isVisible()
    evaluate(window, monkeypatch)
    assert not page.staleness.isVisible()


def test_the_buttons_name_the_keys_in_force_and_the_threshold_has_its_keys_on_the_page(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    page = evaluate(window, monkeypatch).page
    assert page.back_button.text() == "Back to the image F5"
    assert page.evaluate_button.text() == "Evaluate again Ctrl+E"
    window.actions_by_id.set_keys({"show_image": ("Ctrl+J",)})
    assert page.back_button.text() == "Back to the image Ctrl+J"
    page.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_BracketRight)
    assert window.session.threshold == pytest.approx(0.21)
    qtbot.keyClick(page, Qt.Key.Key_BraceRight)
    assert window.session.threshold == pytest.approx(0.26)


def test_the_curves_follow_the_theme(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    curve = evaluate(window, monkeypatch).page.curves.froc
    monkeypatch.setattr(theme, "_in_force", theme.LIGHT)
    QApplication.sendEvent(curve, QEvent(QEvent.Type.StyleChange))
    assert curve.backgroundBrush().color().name() == theme.LIGHT.panel
    assert curve.getAxis("left").textPen().color().name() == theme.LIGHT.secondary


def test_nothing_old_can_be_exported_while_or_after_a_new_evaluation_is_cancelled(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = evaluate(window, monkeypatch).page
    assert page.export_button.isEnabled()
    window.actions_by_id["evaluate"].trigger()
    assert not page.export_button.isEnabled()
    page.cancel_button.click()
    assert not page.export_button.isEnabled()


def test_progress_can_be_cancelled(window: MainWindow) -> None:
    window.actions_by_id["evaluate"].trigger()
    page = window.evaluation_page
    assert page.message.text() == "Measuring …"
    assert page.cancel_button.isVisible()
    page.cancel_button.click()
    assert jobs_of(window).named("measure") == []
    assert "cancelled" in page.message.text()
    assert not page.cancel_button.isVisible()


def test_closing_the_studies_forgets_the_evaluation(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = evaluate(window, monkeypatch)
    window.workspace.close_all()
    assert not desk.has_content
    assert desk.errors.count == 0
    assert not window.actions_by_id["export_evaluation"].isEnabled()


def _decided(window: MainWindow, key: str, verdict: Verdict) -> Operation:
    operation = decide(key, window.session.findings(key)[0], verdict)
    assert operation is not None
    return operation
