"""Export and import by the menus: what is asked, written, said, stopped and hidden."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from exporting_stage import MODEL, READER, STUDIES, export, keys, opened, review, run_jobs
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog
from pytestqt.qtbot import QtBot

from pneumo_viewer.exchange.formats import Format
from pneumo_viewer.exchange.reports import read_structured_report
from pneumo_viewer.exchange.review_table import read_review_table
from pneumo_viewer.export_desk import COMMANDS
from pneumo_viewer.export_dialog import ExportDialog
from pneumo_viewer.export_run import Exams, ExportOrder
from pneumo_viewer.library.found import ScannedImage
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.audit import read_trail


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with opened(qtbot, tmp_path / "reviews.sqlite3") as window:
        yield window


def asked(window: MainWindow) -> ExportDialog:
    (dialog,) = [d for d in window.findChildren(ExportDialog) if d.isVisible()]
    return dialog


# The way


def test_reviews_go_out_as_reports_and_come_back_as_the_same_boxes_and_verdicts(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.show()
    review(window)
    first, second, third = keys(window)
    window.actions_by_id["export_reports"].trigger()
    dialog = asked(window)
    dialog.exams[Exams.ALL].setChecked(True)
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).click()
    run_jobs(window)
    folder = tmp_path / "out" / "structured_reports"
    assert window.notice.text() == (
        f"Exported to {tmp_path / 'out'}: structured reports (3). Research use only."
    )

    read = {}
    for path in folder.iterdir():
        read.update(read_structured_report(path))
    assert set(read) == {first, second, third}
    for key in (first, second, third):
        shown = [f for f in window.session.findings(key) if f.reaches(0.2)]
        assert [(f.box, f.verdict, f.score) for f in read[key].findings] == [
            (f.box, f.verdict, f.score) for f in shown
        ]
        assert read[key].exam_verdict is window.session.exam_verdict(key)
        assert read[key].comment == window.session.comment(key)
        assert (read[key].reader, read[key].model) == (READER, MODEL)
    boxes = {key: read[key].standing for key in (first, second)}
    window.close()

    monkeypatch.setattr(
        QFileDialog,
        "getOpenFileNames",
        lambda *_, **__: ([str(path) for path in sorted(folder.iterdir())], ""),
    )
    with opened(qtbot, tmp_path / "fresh.sqlite3") as fresh:
        fresh.actions_by_id["load_truth"].trigger()
        (job,) = fresh.workspace.jobs.named("read_truth_files")  # type: ignore[attr-defined]
        job.run()
        for key, standing in boxes.items():
            truth = fresh.session.truth(key)
            assert truth is not None
            assert truth.tolist() == [list(finding.box) for finding in standing]
        assert fresh.session.truth(third) is None
        assert fresh.notice.text() == (
            "Ground truth from structured_reports: 2 boxes, and 2 of 3 open images are covered. "
            "Left out, since they are not reviewed to their end: 1."
        )


# The dialog


@pytest.mark.parametrize(("command", "form"), COMMANDS.items())
def test_each_command_of_the_menu_asks_with_its_form_ticked(
    window: MainWindow, command: str, form: Format
) -> None:
    window.show()
    window.actions_by_id[command].trigger()
    dialog = asked(window)
    assert [known for known, box in dialog.forms.items() if box.isChecked()] == [form]
    assert not dialog.isModal(), "reading goes on"
    dialog.close()


def test_the_dialog_counts_and_asks_for_a_folder_and_a_form(window: MainWindow) -> None:
    window.show()
    review(window)
    window.actions_by_id["export_pdf"].trigger()
    dialog = asked(window)
    assert [button.text() for button in dialog.exams.values()] == [
        "The current image (1)",
        "Reviewed exams (2)",
        "All open exams (3)",
    ]
    assert dialog.exams[Exams.REVIEWED].isChecked()
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not ok.isEnabled()
    dialog.folder.setText("/somewhere")
    assert ok.isEnabled()
    dialog.forms[Format.REPORT].setChecked(False)
    assert not ok.isEnabled()
    dialog.forms[Format.IMAGES].setChecked(True)
    assert "names neither patient nor reader" in dialog.note.text()
    assert dialog.order == ExportOrder(
        Exams.REVIEWED, frozenset({Format.IMAGES}), Path("/somewhere")
    )
    dialog.close()


def test_without_studies_the_menu_says_so(qtbot: QtBot, window: MainWindow) -> None:
    window.workspace.close_all()
    window.actions_by_id["export_coco"].trigger()
    assert window.notice.text() == "Open studies first, then export them."
    window.actions_by_id["export_view"].trigger()
    assert window.notice.text() == "There is no image on the screen to save."


# Writing


def test_everything_at_once_for_the_reviewed_exams(window: MainWindow, tmp_path: Path) -> None:
    review(window)
    export(window, tmp_path, *set(Format) - {Format.IMAGES}, exams=Exams.REVIEWED)
    written = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    stems = [path.stem for path in STUDIES[:2]]
    expected = [
        f"{kind}/{stem}.dcm"
        for kind in ("presentation_states", "structured_reports")
        for stem in stems
    ]
    tables = [form.value for form in Format if not form.is_per_image]
    assert written == sorted(
        [
            *expected,
            *tables,
            "reviews.sqlite3",
            *(w for w in written if w.startswith("reviews.sqlite3-")),
        ]
    )
    assert set(read_review_table(tmp_path / "reviews.csv")) == set(keys(window)[:2])
    assert window.notice.text().endswith("Research use only.")


def test_only_the_current_image(window: MainWindow, tmp_path: Path) -> None:
    review(window)
    window.session.show(keys(window)[1])
    export(window, tmp_path / "out", Format.TABLE, exams=Exams.CURRENT)
    assert list(read_review_table(tmp_path / "out" / "reviews.csv")) == [keys(window)[1]]


def test_files_that_are_there_stay_until_the_reader_says_otherwise(
    window: MainWindow, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "reviews.csv").write_text("mine")
    export(window, folder, Format.TABLE)
    assert (folder / "reviews.csv").read_text() == "mine"
    assert window.notice.text() == (
        f"Export to {folder}: Nothing was written: reviews.csv would be overwritten. "
        "Choose another folder, or tick “Replace files that are there”."
    )
    order = ExportOrder(Exams.ALL, frozenset({Format.TABLE}), folder, may_replace=True)
    window.export_desk.run.start(order)
    run_jobs(window)
    assert len(read_review_table(folder / "reviews.csv")) == 3


def test_a_folder_that_cannot_be_written_is_one_clear_sentence(
    window: MainWindow, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    export(window, tmp_path / "file", Format.TABLE)
    assert window.notice.text() == (
        f"Export to {tmp_path / 'file'}: Nothing can be written there: file exists. "
        "Name another folder."
    )
    assert not window.export_desk.run.is_running


def test_an_export_can_be_stopped_and_what_is_written_is_whole(
    window: MainWindow, tmp_path: Path
) -> None:
    window.show()
    run, progress = window.export_desk.run, window.status_line.exporting
    run.start(ExportOrder(Exams.ALL, frozenset({Format.STRUCTURED_REPORTS}), tmp_path / "out"))
    jobs = window.workspace.jobs
    jobs.named("check")[0].run()  # type: ignore[attr-defined]
    assert progress.isVisible()
    jobs.named("export_image")[0].run()  # type: ignore[attr-defined]
    run.start(ExportOrder(Exams.ALL, frozenset({Format.TABLE}), tmp_path))
    assert "under way already" in window.notice.text()
    progress.cancelled.emit()
    assert window.notice.text() == (
        f"Export stopped. Images written to {tmp_path / 'out'}: 1 of 3."
    )
    assert not jobs.named("export_image")  # type: ignore[attr-defined]
    assert not progress.isVisible()
    (path,) = (tmp_path / "out" / "structured_reports").iterdir()
    assert read_structured_report(path)


def test_an_image_that_is_gone_is_named_and_the_others_are_written(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, (first, second, _) = window.workspace.index.images, keys(window)
    gone = ScannedImage(images[first].identity, tmp_path / "gone.dcm")
    monkeypatch.setitem(images, first, gone)  # type: ignore[arg-type]
    silent = pydicom.dcmread(images[second].path)
    del silent.BurnedInAnnotation
    silent.save_as(tmp_path / "silent.dcm")
    other = ScannedImage(images[second].identity, tmp_path / "silent.dcm")
    monkeypatch.setitem(images, second, other)  # type: ignore[arg-type]
    export(window, tmp_path / "out", Format.STRUCTURED_REPORTS, Format.IMAGES)
    assert len(list((tmp_path / "out" / "structured_reports").iterdir())) == 2
    assert "Left out: 1, for instance gone.dcm: No access" in window.notice.text()
    assert "names are burned into the pixels: 1. Look at them" in window.notice.text()


def test_coco_tells_how_many_exams_it_leaves_out(window: MainWindow, tmp_path: Path) -> None:
    review(window)
    export(window, tmp_path / "out", Format.COCO)
    assert window.notice.text().endswith(
        "reviews_coco.json leaves out what is not reviewed to its end: 1."
    )


def test_the_report_prints_the_head_of_the_audit_trail(window: MainWindow, tmp_path: Path) -> None:
    from pypdf import PdfReader

    review(window)
    export(window, tmp_path / "out", Format.REPORT)
    pages = PdfReader(tmp_path / "out" / Format.REPORT.value).pages
    head = read_trail(tmp_path / "reviews.sqlite3").head
    assert str(head) in pages[0].extract_text()


# The picture


def test_the_view_is_saved_as_it_is_shown(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cv2

    window.show()
    window.session.show(keys(window)[0])
    window.actions_by_id["export_view"].trigger()
    (dialog,) = window.findChildren(QFileDialog)
    assert dialog.isVisible()
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    assert not dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile("view")
    dialog.accept()
    shown = window.viewports.grab().toImage()
    run_jobs(window)
    saved = cv2.imread(str(tmp_path / "view.png"))
    assert saved is not None
    assert saved.shape[1] == shown.width()
    assert saved.shape[0] > shown.height()
    assert saved[: shown.height()].max() > 100
    assert "Research use only" in window.notice.text()


# The window


def test_the_window_starts_without_the_libraries_that_write_reports() -> None:
    script = (
        "import sys, pneumo_viewer.main_window;"
        "print([n for n in ('highdicom', 'reportlab', 'pydicom.sr') if n in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
