"""The operating points of the model's card set the threshold by their names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from fake_jobs import FakeJobs
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from detector.model_card import ModelCard, OperatingPoint, read_card
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace
from resources import DEFAULT_WEIGHTS

POINTS = (
    OperatingPoint(name="best F1", threshold=0.4, measured_on="73 exams of fold 3"),
    OperatingPoint(name="sensitivity 0.9", threshold=0.1, measured_on="73 exams of fold 3"),
    OperatingPoint(name="one false positive an image", threshold=0.3, measured_on="fold 2"),
)


def make_window(qtbot: QtBot, store: ReviewStore, card: ModelCard | None) -> MainWindow:
    session = ReviewSession(InlineStoreAccess(store))
    workspace = Workspace(FakeJobs(), session)  # type: ignore[arg-type]
    window = MainWindow(workspace, Settings(), card)
    qtbot.addWidget(window)
    return window


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        yield store


@pytest.fixture
def window(qtbot: QtBot, store: ReviewStore) -> MainWindow:
    card = read_card(DEFAULT_WEIGHTS).model_copy(update={"operating_points": POINTS})
    return make_window(qtbot, store, card)


def float32(value: float) -> float:
    return float(np.float32(value))


def test_a_chosen_point_moves_the_threshold_and_the_slider(
    window: MainWindow, qtbot: QtBot
) -> None:
    points = window.findings_panel.points
    window.show()
    points.setFocus()
    qtbot.keyClick(points, Qt.Key.Key_Home)
    qtbot.keyClick(points, Qt.Key.Key_Down)
    assert points.currentText() == "sensitivity 0.9"
    assert window.session.threshold == window.findings_panel.slider.value == float32(0.1)


def test_the_name_is_shown_only_while_the_threshold_is_the_points(window: MainWindow) -> None:
    points = window.findings_panel.points
    window.session.set_threshold(0.3)
    assert points.currentText() == "one false positive an image"
    assert points.toolTip() == "Threshold 0.3, chosen on fold 2"
    window.session.set_threshold(0.31)
    assert points.currentIndex() == -1


def test_a_key_goes_to_the_next_higher_point_and_round(window: MainWindow) -> None:
    window.session.set_threshold(0.2)
    visited = []
    for _ in range(4):
        window.actions_by_id["next_point"].trigger()
        visited.append(window.session.threshold)
    assert visited == [float32(value) for value in (0.3, 0.4, 0.1, 0.3)]


def test_without_points_there_is_nothing_to_choose(qtbot: QtBot, store: ReviewStore) -> None:
    window = make_window(qtbot, store, None)
    assert window.findings_panel.points.isHidden()
    assert not window.actions_by_id["next_point"].isEnabled()
