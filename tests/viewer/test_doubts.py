"""What the input gate doubts is seen at the image and in its row; the reader may overrule it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from fake_jobs import FakeJobs
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from detector.detections import Detections, ModelIdentity
from detector.dicom.grey_values import render
from detector.dicom.reading import read_radiograph
from detector.input_gate import DeclinedError
from pneumo_viewer.library.found import ScannedImage
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.worklist_rows import Column
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace
from resources import DEMO_STUDIES

MODEL = ModelIdentity("compact", "1", "00112233aabbccdd", "compact")
FOUND = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.75, MODEL)
RADIOGRAPH = read_radiograph(sorted(DEMO_STUDIES.glob("*.dcm"))[0])
KEY = RADIOGRAPH.identity.key


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def window(unscored: MainWindow, jobs: FakeJobs) -> MainWindow:
    """One radiograph is open, shown and scored; its thumbnail is being made."""
    (detection,) = jobs.named("detect")
    detection.give(FOUND)
    return unscored


@pytest.fixture
def unscored(qtbot: QtBot, jobs: FakeJobs, tmp_path: Path) -> Iterator[MainWindow]:
    """One radiograph is open and shown; the detector is at work on it."""
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        session = ReviewSession(InlineStoreAccess(store))
        session.set_model(MODEL)
        workspace = Workspace(jobs, session)  # type: ignore[arg-type]
        window = MainWindow(workspace, Settings(), None)
        qtbot.addWidget(window)
        scanned = ScannedImage(RADIOGRAPH.identity, Path(RADIOGRAPH.identity.source))
        workspace._loader.found.emit([scanned])
        (decoding,) = jobs.named("decode")
        decoding.give(RADIOGRAPH)
        yield window


def give_thumbnail(jobs: FakeJobs, inverted: bool) -> None:
    picture = render(RADIOGRAPH)[::10, ::10].copy()
    (job,) = jobs.named("thumbnail")
    job.give(~picture if inverted else picture)


def row(window: MainWindow, column: Column, role: int) -> str:
    index = window.worklist.model.index_of_key(KEY).siblingAtColumn(column)
    return str(index.data(role))


def test_an_inverted_image_is_marked_at_the_image_and_in_its_row(
    window: MainWindow, jobs: FakeJobs
) -> None:
    give_thumbnail(jobs, inverted=True)
    (sentence,) = window.viewport.doubts
    assert sentence.startswith("Inverted: its distance from frontal chests is ")
    assert row(window, Column.SCORE, Qt.ItemDataRole.DisplayRole) == "⚠ 0.75"
    assert sentence in row(window, Column.STUDY, Qt.ItemDataRole.ToolTipRole)


def test_what_is_in_order_carries_no_mark(window: MainWindow, jobs: FakeJobs) -> None:
    give_thumbnail(jobs, inverted=False)
    assert window.viewport.doubts == ()
    assert row(window, Column.SCORE, Qt.ItemDataRole.DisplayRole) == "0.75"


def test_the_thumbnail_of_the_current_image_is_asked_for_once_even_where_no_row_is_painted(
    window: MainWindow, jobs: FakeJobs
) -> None:
    window.workspace.request_thumbnail(KEY)
    assert len(jobs.named("thumbnail")) == 1


def test_closing_forgets_the_doubts(window: MainWindow, jobs: FakeJobs) -> None:
    give_thumbnail(jobs, inverted=True)
    window.workspace.close_all()
    assert window.workspace.doubts == {}
    assert window.viewport.doubts == ()


def decline(jobs: FakeJobs) -> None:
    (detection,) = jobs.named("detect")
    assert detection.task.arguments[2] is True
    detection.fail(DeclinedError("a.dcm", "Inverted: its distance is 2"))


def test_a_declined_image_says_why_in_its_row_and_has_no_score(
    unscored: MainWindow, jobs: FakeJobs
) -> None:
    decline(jobs)
    assert row(unscored, Column.SCORE, Qt.ItemDataRole.DisplayRole) == "⚠"
    assert "The detector declines: Inverted" in row(
        unscored, Column.STUDY, Qt.ItemDataRole.ToolTipRole
    )
    assert jobs.named("detect") == []


@pytest.mark.parametrize("command", ["detect_declined", "detect_all_declined"])
def test_the_reader_has_a_declined_image_scored_all_the_same(
    command: str, unscored: MainWindow, jobs: FakeJobs
) -> None:
    decline(jobs)
    unscored.actions_by_id[command].trigger()
    (detection,) = jobs.named("detect")
    assert detection.task.arguments[2] is False
    detection.give(FOUND)
    assert row(unscored, Column.SCORE, Qt.ItemDataRole.DisplayRole) == "0.75"


def test_an_image_that_was_not_declined_is_not_asked_for_again(
    window: MainWindow, jobs: FakeJobs
) -> None:
    notices: list[str] = []
    window.workspace.notice_given.connect(notices.append)
    window.actions_by_id["detect_declined"].trigger()
    assert notices == ["The detector has not declined this image."]
    assert jobs.named("detect") == []


def test_another_model_asks_the_gate_again_except_where_the_reader_overruled_it(
    unscored: MainWindow, jobs: FakeJobs
) -> None:
    decline(jobs)
    other = ModelIdentity("other", "1", "ffeeddccbbaa9988", "compact")
    unscored.session.set_model(other)
    decline(jobs)
    unscored.actions_by_id["detect_declined"].trigger()
    unscored.session.set_model(MODEL)
    (detection,) = jobs.named("detect")
    assert detection.task.arguments[2] is False
