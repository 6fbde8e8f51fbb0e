"""An image that takes its time is shown at low resolution meanwhile, with its identity."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from canvas_stage import picture
from desk_stage import answer_decoding, reading_window
from fake_jobs import FakeJobs
from pytestqt.qtbot import QtBot

from detector.errors import DamagedFileError
from pneumo_viewer.main_window import MainWindow

WHITE = np.full((96, 96), 255, np.uint8)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """Image b takes its time; its thumbnail, which is white, is there."""
    with reading_window(qtbot, tmp_path / "reviews.sqlite3") as window:
        window.show()
        qtbot.waitExposed(window)
        window.workspace.thumbnail_ready.emit("b", WHITE)
        jobs(window).waiting.clear()
        window.workspace._radiographs.clear()
        window.session.show("b")
        yield window


def jobs(window: MainWindow) -> FakeJobs:
    found = window.workspace.jobs
    assert isinstance(found, FakeJobs)
    return found


def middle(window: MainWindow) -> int:
    seen = picture(window.viewport)
    return int(seen[seen.shape[0] // 2, seen.shape[1] // 2].max())


def test_in_the_first_tenth_of_a_second_there_is_the_identity_and_nothing_else(
    window: MainWindow,
) -> None:
    assert window.viewport.preview is None
    assert middle(window) == 0
    assert window.viewport.corner_texts[0][0] == "b"


def test_after_a_tenth_of_a_second_the_thumbnail_stands_in_until_the_image_is_there(
    window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: window.viewport.preview is not None, timeout=1000)
    assert middle(window) == 255
    assert window.viewport.corner_texts[0][0] == "b", "never without its patient"
    assert window.viewport.read_pixel(window.viewport.rect().center().toPointF()) is None
    answer_decoding(jobs(window))
    assert window.viewport.preview is None
    assert window.viewport.radiograph is not None


def test_a_thumbnail_that_comes_later_is_shown_when_it_comes(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.worklist.model._thumbnails.clear()
    qtbot.waitUntil(lambda: window.viewport.message[0] == "Reading …", timeout=1000)
    window.workspace.thumbnail_ready.emit("b", WHITE)
    assert middle(window) == 255


def test_an_image_that_cannot_be_read_says_so_and_shows_no_thumbnail(
    window: MainWindow, qtbot: QtBot
) -> None:
    job = jobs(window).named("decode")[0]  # the next one is fetched ahead
    job.fail(DamagedFileError("b.dcm", "it breaks off"))
    window.workspace.thumbnail_ready.emit("b", WHITE)
    qtbot.wait(150)
    assert window.viewport.preview is None
    assert window.viewport.message[0] == "This image cannot be shown"
