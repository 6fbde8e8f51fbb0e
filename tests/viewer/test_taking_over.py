"""What a reader said goes back into a fresh store, and what is hidden from him stays so."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from exporting_stage import MODEL, OWN, STUDIES, export, keys, opened, review
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from pneumo_viewer.exchange.formats import Format
from pneumo_viewer.exchange.records import RESEARCH_USE_ONLY
from pneumo_viewer.exchange.review_table import read_review_table
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict, finding_id
from pneumo_viewer.review.operations import SetComment, SetExamVerdict, SetOwnBox, SetVerdict


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with opened(qtbot, tmp_path / "reviews.sqlite3") as window:
        yield window


def take_over(window: MainWindow, monkeypatch: pytest.MonkeyPatch, files: list[Path]) -> None:
    monkeypatch.setattr(
        QFileDialog, "getOpenFileNames", lambda *_, **__: ([str(file) for file in files], "")
    )
    window.actions_by_id["take_over"].trigger()
    for job in window.workspace.jobs.named("read_reviews"):  # type: ignore[attr-defined]
        job.run()


def said(window: MainWindow) -> dict[str, object]:
    """Everything that the reader says, by image."""
    session = window.session
    return {
        key: (
            [(f.box, f.verdict, f.score) for f in session.findings(key)],
            session.exam_verdict(key),
            session.comment(key),
        )
        for key in keys(window)
    }


@pytest.mark.parametrize("form", [Format.STRUCTURED_REPORTS, Format.TABLE])
def test_a_fresh_store_takes_over_every_box_and_verdict(
    form: Format,
    window: MainWindow,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    review(window)
    before = said(window)
    export(window, tmp_path / "out", form)
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    with opened(qtbot, tmp_path / "fresh.sqlite3") as fresh:
        assert said(fresh) != before
        take_over(fresh, monkeypatch, files)
        assert fresh.notice.text() == "Reviews taken over: 2."
        assert said(fresh) == before
        fresh.session.perform(SetComment(keys(fresh)[0], "mine"))
        after = said(fresh)
        take_over(fresh, monkeypatch, files)
        assert "Reviewed here before, and left as they are: 2." in fresh.notice.text()
        assert said(fresh) == after
        for _ in range(20):
            fresh.session.undo()
        assert all(verdict is None for _, verdict, _ in said(fresh).values())  # type: ignore[misc]


def test_another_readers_reviews_are_not_taken_for_ones_own(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    review(window)
    export(window, tmp_path / "out", Format.TABLE)
    with opened(qtbot, tmp_path / "fresh.sqlite3") as fresh:
        fresh.session.set_reader("ada")
        before = said(fresh)
        take_over(fresh, monkeypatch, [tmp_path / "out" / "reviews.csv"])
        assert fresh.notice.text() == ("Reviews taken over: 0. Another reader's, and left out: 2.")
        assert said(fresh) == before


def test_a_verdict_on_what_the_model_here_has_not_found_is_left_out_and_said(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    review(window)
    export(window, tmp_path / "out", Format.TABLE)
    path = tmp_path / "out" / "reviews.csv"
    path.write_text(path.read_text().replace(MODEL.fingerprint, "another"))
    with opened(qtbot, tmp_path / "fresh.sqlite3") as fresh:
        take_over(fresh, monkeypatch, [path])
        assert fresh.notice.text() == (
            "Reviews taken over: 2. Verdicts on findings that the active model does not have, "
            "left out: 4."
        )
        assert [f.verdict for f in fresh.session.findings(keys(fresh)[0])][-1] is Verdict.ADDED


def test_while_blinded_nothing_is_taken_over(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(qtbot, tmp_path / "fresh.sqlite3", blinded=True) as fresh:
        take_over(fresh, monkeypatch, [tmp_path / "reviews.csv"])
        assert fresh.notice.text() == (
            "Blinded reading: earlier reviews wait until all is revealed."
        )


# Blinded reading


def test_while_blinded_nothing_goes_out_that_the_reader_has_not_seen(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with opened(qtbot, tmp_path / "reviews.sqlite3", blinded=True) as window:
        first, second, third = keys(window)
        session = window.session
        session.perform(SetExamVerdict(first, ExamVerdict.UNSURE))
        session.perform(SetOwnBox(second, "own:0000000000000001", OWN))
        session.perform(SetExamVerdict(second, ExamVerdict.PNEUMONIA))
        session.reveal(second)
        session.perform(SetExamVerdict(second, ExamVerdict.NO_PNEUMONIA))
        first_finding = finding_id(MODEL.fingerprint, 0)
        session.perform(SetVerdict(second, first_finding, Verdict.REJECTED))
        forms = set(Format) - {Format.IMAGES}
        export(window, tmp_path / "out", *forms)
        table = read_review_table(tmp_path / "out" / "reviews.csv")
        assert table[first].stage is Stage.BLINDED
        assert table[first].findings == ()
        assert (table[first].model, table[first].exam_score) == (None, None)
        assert table[third].findings == ()
        assert len(table[second].findings) == 3
        assert [finding.stage for finding in table[second].findings] == [
            Stage.DETECTOR,  # its verdict came after the detector was revealed
            None,  # undecided
            Stage.BLINDED,  # drawn before that
        ]
        assert table[second].exam_verdict is ExamVerdict.NO_PNEUMONIA
        assert table[second].exam_verdicts_by_stage == {
            Stage.BLINDED: ExamVerdict.PNEUMONIA,
            Stage.DETECTOR: ExamVerdict.NO_PNEUMONIA,
        }
        hidden = STUDIES[0].stem
        for path in (tmp_path / "out").rglob("*"):
            if path.stem == hidden:
                content = path.read_bytes()
                for secret in (b"compact", MODEL.fingerprint.encode(), b"0.875", b"0.9375"):
                    assert secret not in content, (path, secret)
        rows = csv.DictReader(io.StringIO((tmp_path / "out" / "reviews.csv").read_text()))
        (row,) = [row for row in rows if row["file"] == STUDIES[0].name]
        assert {name for name, cell in row.items() if cell} == {
            "file",
            "sop_instance_uid",
            "reader",
            "shown",
            "exam_verdict",
            "exam_verdict_blinded",
            "is_complete",
            "use",
        }
        assert row["use"] == RESEARCH_USE_ONLY
