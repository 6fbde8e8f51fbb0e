"""While nothing is open: where to begin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fake_jobs import FakeJobs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.start import StartPage
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace
from resources import DEMO_STUDIES


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    settings = Settings(recent_folders=(tmp_path / "new", tmp_path / "old"))
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        session = ReviewSession(InlineStoreAccess(store))
        window = MainWindow(Workspace(FakeJobs(), session), settings, None)  # type: ignore[arg-type]
        qtbot.addWidget(window)
        window.show()
        qtbot.waitExposed(window)
        yield window


def buttons(page: StartPage) -> list[QPushButton]:
    return [button for button in page.findChildren(QPushButton) if button.isVisible()]


def asked_for(window: MainWindow) -> list[tuple[str, ...]]:
    """The paths that were given to the worker processes to be sorted."""
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    return [job.task.arguments[0] for job in jobs.named("sort_paths")]


def test_an_empty_window_offers_a_folder_the_demo_studies_and_recent_folders(
    window: MainWindow, tmp_path: Path
) -> None:
    page = window.start_page
    assert page.isVisible()
    assert page.acceptDrops() or window.acceptDrops(), "what is dropped goes on to the window"
    words = [button.text().strip() for button in buttons(page)]
    assert words[:2] == ["Open a folder   (Ctrl+O)", "Demo studies"]
    tips = [button.toolTip() for button in buttons(page)[2:]]
    assert tips == [str(tmp_path / "new"), str(tmp_path / "old")]


def test_the_demo_studies_are_one_click_away(window: MainWindow) -> None:
    window.start_page.demo_button.click()
    assert asked_for(window) == [(str(DEMO_STUDIES),)]
    assert not window.start_page.isVisible()


def test_a_recent_folder_is_one_click_away(window: MainWindow, tmp_path: Path) -> None:
    buttons(window.start_page)[3].click()
    assert asked_for(window) == [(str(tmp_path / "old"),)]


def test_closing_the_studies_comes_back_to_it_with_the_latest_folder_first(
    window: MainWindow, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    window.open([tmp_path / "old"])
    window.actions_by_id["close_all"].trigger()
    assert window.start_page.isVisible()
    tips = [button.toolTip() for button in buttons(window.start_page)[2:]]
    assert tips == [str(tmp_path / "old"), str(tmp_path / "new")]


def test_icons_of_the_tool_bar_have_their_words_where_these_fit_and_none_is_cut_off(
    window: MainWindow, qtbot: QtBot
) -> None:
    tool_bar, invert = window.tool_bar, window.actions_by_id["invert"]
    button = tool_bar.widgetForAction(invert)
    for width, has_words in ((1200, False), (2400, True), (1200, False)):
        window.resize(width, 800)
        qtbot.waitUntil(lambda wanted=has_words: tool_bar.has_words is wanted)
        qtbot.waitUntil(lambda: tool_bar.sizeHint().width() <= tool_bar.width())
        is_named = button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        assert is_named is has_words
        assert invert.iconText() == "Invert"


def test_only_the_page_in_sight_asks_for_room(window: MainWindow, qtbot: QtBot) -> None:
    """With the texts at twice their size the window of an image still fits a screen of 1920."""
    wide = window.minimumSizeHint().width()
    window.show_image_page()
    qtbot.waitUntil(lambda: window.minimumSizeHint().width() < wide)
    assert window.minimumSizeHint().width() <= 1920 / 2
