"""A window with an evaluation of two images on its page, measured in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fake_jobs import FakeJobs
from pytestqt.qtbot import QtBot
from readers_stage import opened_window

from pneumo_viewer.evaluation_desk import EvaluationDesk
from pneumo_viewer.jobs import measuring
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.settings import Settings


def jobs_of(window: MainWindow) -> FakeJobs:
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    return jobs


def run_all(window: MainWindow, *names: str) -> None:
    """Do every waiting task of these names, and those that they bring about."""
    while jobs := [job for name in names for job in jobs_of(window).named(name)]:
        jobs[0].run()


@contextmanager
def open_studies(qtbot: QtBot, folder: Path) -> Iterator[MainWindow]:
    """Images a and b at threshold 0.2, shown.

    a: 0.77 hits the true box (IoU 0.76), 0.23 hits nothing. b is healthy, with 0.66 and 0.34.
    """
    settings = Settings(reader="anna")
    with opened_window(qtbot, folder / "reviews.sqlite3", settings) as window:
        window.resize(1280, 720)
        window.show()
        qtbot.waitExposed(window)
        yield window


def evaluate(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> EvaluationDesk:
    """Evaluate with few draws, and wait for the subgroups."""
    monkeypatch.setattr(measuring, "RESAMPLES", 20)
    window.actions_by_id["evaluate"].trigger()
    run_all(window, "measure", "measure_subgroups")
    return window.evaluation_desk
