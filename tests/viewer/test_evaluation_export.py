"""The report of an evaluation and its tables, as they lie on disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from evaluation_stage import evaluate, jobs_of, open_studies, run_all
from pypdf import PdfReader
from pytestqt.qtbot import QtBot

from detector.detections import ModelIdentity
from detector.errors import DamagedFileError
from pneumo_viewer.evaluation_desk import EvaluationDesk
from pneumo_viewer.exchange.evaluation_content import (
    LabelledComparison,
    ReportContent,
)
from pneumo_viewer.exchange.evaluation_csv import USE, curves_csv, exams_csv, measures_csv
from pneumo_viewer.exchange.evaluation_pdf import report_pdf
from pneumo_viewer.exchange.records import RESEARCH_USE_ONLY
from pneumo_viewer.jobs import measuring
from pneumo_viewer.main_window import MainWindow
from training.evaluation.exam import Exam

MODEL = ModelIdentity("compact", "1", "00112233aabbccdd", "compact")
HERE = np.array([[100, 100, 200, 200]], np.float32)
THERE = np.array([[300, 300, 400, 400]], np.float32)
NO_BOX = np.zeros((0, 4), np.float32)
UID = "1.2.826.0.1.3680043.8.498.4711"
FILES = (
    "report.pdf",
    "report-measures.csv",
    "report-curves.csv",
    "report-exams.csv",
)


@pytest.fixture
def content(monkeypatch: pytest.MonkeyPatch) -> ReportContent:
    """One exam with a hit and a missed box, one healthy exam with a false positive."""
    monkeypatch.setattr(measuring, "RESAMPLES", 20)
    both = np.concatenate([HERE, THERE])
    scores = np.array([0.9], np.float32)
    traits = {"view": "AP", "sex": "F"}
    exams = (
        Exam(UID, "Doe^Jane", 512, 512, both, HERE, scores, 0.8, traits),
        Exam("b", "p2", 512, 512, NO_BOX, THERE, np.array([0.5], np.float32), 0.3, traits),
    )
    measured = measuring.measure(exams, 0.4)
    table = measured.errors
    return ReportContent(
        exams=exams,
        measured=measured,
        subgroups=measuring.measure_subgroups(exams, 0.4),
        compared=LabelledComparison(
            "best 2", "compact 1", measuring.compare(exams, exams, (0.4, 0.4))
        ),
        model=MODEL,
        threshold=0.4,
        truth="Verdicts of Żaneta 石",
        left_out={"no ground truth": 3},
        errors=tuple(table[row] for row in table.rows_at(0.4)),
        pictures={UID: np.full((64, 64), 90, np.uint8)},
        made_at="2026-01-01 12:00",
    )


def text_of(pdf: bytes) -> list[str]:
    """The text of each page, with single spaces."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def rows(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode())))


def test_the_report_says_what_was_measured_with_what_and_for_what(content: ReportContent) -> None:
    pages = text_of(report_pdf(content))
    assert all(RESEARCH_USE_ONLY in page for page in pages)
    text = " ".join(pages)
    for part in (
        "Evaluation of a pneumonia detector",
        "2 exams of 2 patients, 1 with 2 true boxes; 2 detections",
        "3 × no ground truth",
        "compact 1, preset compact",
        "00112233aabbccdd",
        "Threshold 0.40",
        "AP 50.5",  # 51 of the 101 recalls lie at or below 1/2, each with precision 1
        "Recall",
        "False positives per image",
        "view AP *",
        "best 2 less compact 1, 2 exams",
        "FP, false positive, score 0.50",
        "FN, missed box, never found",
        UID[-16:],
        "The image cannot be shown.",
    ):
        assert part in text, part


def test_the_report_has_the_pictures_of_the_errors(content: ReportContent) -> None:
    reader = PdfReader(io.BytesIO(report_pdf(content)))
    pictures = [image for page in reader.pages for image in page.images]
    assert [image.image.size for image in pictures if image.image] == [(64, 64)]
    without = replace(content, errors=())
    assert "There is no error." in " ".join(text_of(report_pdf(without)))


def test_nobody_is_named(content: ReportContent) -> None:
    written = [report_pdf(content), measures_csv(content), curves_csv(content), exams_csv(content)]
    assert all(b"Doe" not in part for part in written)
    assert not any("Doe" in page for page in text_of(written[0]))


def test_letters_that_the_fonts_of_pdf_lack_do_not_break_it(content: ReportContent) -> None:
    assert "Verdicts of ?aneta ?" in " ".join(text_of(report_pdf(content)))


def test_an_evaluation_without_truth_boxes_can_be_reported(content: ReportContent) -> None:
    healthy = content.exams[1:]
    bare = replace(
        content,
        exams=healthy,
        measured=measuring.measure(healthy, 0.4),
        subgroups=(),
        compared=None,
        errors=(),
    )
    assert "no true box" in " ".join(text_of(report_pdf(bare)))
    assert {row["y"] for row in rows(curves_csv(bare)) if row["curve"] == "froc"} == {""}


def test_measures_are_shares_with_their_intervals_by_group(content: ReportContent) -> None:
    table = rows(measures_csv(content))
    groups = dict.fromkeys((row["group"], row["exams"]) for row in table)
    assert list(groups) == [
        ("exams with pneumonia", "1"),
        ("all exams", "2"),
        ("view AP", "2"),
        ("sex F", "2"),
    ]
    (recall,) = [r for r in table if r["group"] == "all exams" and r["measure"] == "AR10"]
    assert (recall["value"], recall["low"], recall["high"]) == ("0.5", "0.5", "0.5")
    assert {row["use"] for row in table} == {USE}


def test_every_point_of_the_curves_has_its_threshold(content: ReportContent) -> None:
    points = [(r["curve"], r["threshold"], r["x"], r["y"]) for r in rows(curves_csv(content))]
    assert points == [
        ("precision_recall", "0.9", "0.5", "1"),
        ("precision_recall", "0.5", "0.5", "0.5"),
        ("froc", "inf", "0", "0"),
        ("froc", "0.9", "0", "0.5"),
        ("froc", "0.5", "0.5", "0.5"),
    ]


def test_each_exam_has_its_hits_and_errors_at_the_threshold(content: ReportContent) -> None:
    def counts(threshold: float) -> list[tuple[str, ...]]:
        table = rows(exams_csv(replace(content, threshold=threshold)))
        return [(r["image"], r["true_boxes"], r["tp"], r["fp"], r["fn"]) for r in table]

    assert counts(0.4) == [(UID, "2", "1", "0", "1"), ("b", "0", "0", "1", "0")]
    assert counts(0.6) == [(UID, "2", "1", "0", "1"), ("b", "0", "0", "0", "0")]
    assert counts(0.95) == [(UID, "2", "0", "0", "2"), ("b", "0", "0", "0", "0")]


# From the page to the disk


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with open_studies(qtbot, tmp_path) as window:
        yield window


@pytest.fixture
def desk(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> EvaluationDesk:
    return evaluate(window, monkeypatch)


def draw_pictures(window: MainWindow) -> None:
    run_all(window, "check_folder")
    while jobs := jobs_of(window).named("picture"):
        jobs[0].give(np.full((32, 32), 100, np.uint8))


def test_everything_is_written_beside_the_report(
    window: MainWindow, desk: EvaluationDesk, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    steps: list[tuple[int, int]] = []
    desk.export.progressed.connect(lambda *step: steps.append(step))
    desk.write_export(folder / "report.pdf")
    draw_pictures(window)
    run_all(window, "compose", "save")
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert steps == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5)]  # folder, two images, tables, files
    assert window.notice.text() == f"Written to {folder}: {', '.join(FILES)}."
    assert desk.page.measures.isVisible(), "the evaluation is shown again"
    assert "FP, false positive, score 0.66" in " ".join(text_of((folder / FILES[0]).read_bytes()))


def test_an_image_that_cannot_be_read_any_more_leaves_a_gap_and_no_failure(
    window: MainWindow, desk: EvaluationDesk, tmp_path: Path
) -> None:
    desk.write_export(tmp_path / "out" / "report.pdf")
    run_all(window, "check_folder")
    while jobs := jobs_of(window).named("picture"):
        jobs[0].fail(DamagedFileError("b.dcm", "it breaks off"))
    run_all(window, "compose", "save")
    text = " ".join(text_of((tmp_path / "out" / "report.pdf").read_bytes()))
    assert text.count("The image cannot be shown.") == 3


def test_a_folder_that_may_not_be_written_is_said_before_any_work(
    window: MainWindow, desk: EvaluationDesk, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    desk.write_export(blocked / "report.pdf")
    run_all(window, "check_folder")
    assert jobs_of(window).named("picture") == []
    assert window.notice.text().startswith("Nothing can be written there: ")
    assert window.notice.text().endswith("Name another folder.")
    assert not desk.export.is_running


@pytest.mark.parametrize("stage", ["check_folder", "picture", "compose"])
def test_an_export_can_be_cancelled_and_leaves_no_file(
    window: MainWindow, desk: EvaluationDesk, tmp_path: Path, stage: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    desk.write_export(folder / "report.pdf")
    if stage != "check_folder":
        run_all(window, "check_folder")
    if stage == "compose":
        draw_pictures(window)
    assert len(jobs_of(window).named(stage)) == 1
    desk.page.cancel_button.click()
    assert jobs_of(window).named(stage) == []
    assert list(folder.iterdir()) == []
    assert window.notice.text() == "Export cancelled."
    assert desk.page.measures.isVisible()


def test_a_report_is_replaced_as_a_whole(
    window: MainWindow, desk: EvaluationDesk, tmp_path: Path
) -> None:
    (tmp_path / "report.pdf").write_bytes(b"old")
    desk.write_export(tmp_path / "report.pdf")
    draw_pictures(window)
    run_all(window, "compose")
    assert (tmp_path / "report.pdf").read_bytes() == b"old"
    run_all(window, "save")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
