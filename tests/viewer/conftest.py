"""Jobs for tests, and proof that each leaves nothing behind; a viewport on the screen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from archive_stage import Orthanc, running_orthanc
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.jobs.jobs import Jobs, Pool
from pneumo_viewer.jobs.tasks import Task
from pneumo_viewer.theme import Theme


def worker_processes() -> list[psutil.Process]:
    """Living worker processes of this process."""
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(child.cmdline())
    ]


def open_files() -> list[str]:
    """What the open descriptors of this process stand for."""
    links = Path("/proc/self/fd").iterdir()
    return [str(link.readlink()) for link in links if link.is_symlink()]


def blocks_of_memory() -> list[str]:
    """The shared memory that this process has mapped or opened."""
    held = Path("/proc/self/maps").read_text().splitlines() + open_files()
    return [text for text in held if "memfd:pneumo" in text or "/dev/shm" in text]


class JobsForTests:
    """Jobs whose results can be waited for, and whose tasks are those of fake_tasks.py."""

    def __init__(self, qtbot: QtBot, **options: Any) -> None:
        self._qtbot = qtbot
        self.jobs = Jobs(**options)
        self.results: list[Any] = []
        self.errors: list[Exception] = []

    def submit(self, name: str, *arguments: Any, pool: Pool = Pool.FILES, priority: int = 0) -> Any:
        return self.jobs.submit(
            pool,
            Task(f"fake_tasks:{name}", arguments),
            priority=priority,
            done=self.results.append,
            failed=self.errors.append,
        )

    def wait_for(self, count: int) -> None:
        """Until so many tasks are done or have failed."""
        self._qtbot.waitUntil(
            lambda: len(self.results) + len(self.errors) >= count, timeout=200_000
        )


@pytest.fixture
def make_jobs(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., JobsForTests]]:
    """Make jobs; at the end they are closed and no thread, process or memory is left."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    threads = set(threading.enumerate())
    blocks = blocks_of_memory()
    descriptors = len(open_files())
    made: list[JobsForTests] = []

    def make(**options: Any) -> JobsForTests:
        made.append(JobsForTests(qtbot, **options))
        return made[-1]

    yield make
    for jobs in made:
        jobs.jobs.close()
        jobs.results.clear()
    assert set(threading.enumerate()) <= threads, "another test's may have ended meanwhile"
    assert worker_processes() == []
    assert blocks_of_memory() == blocks
    assert len(open_files()) <= descriptors + 1, "the resource tracker's and no more"


@pytest.fixture
def viewport(qtbot: QtBot) -> Viewport:
    """An empty viewport of 400 × 400."""
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(400, 400)
    viewport.show()
    qtbot.waitExposed(viewport)
    return viewport


@pytest.fixture(scope="session")
def orthanc(
    program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Orthanc]:
    """An archive with the demo studies."""
    with running_orthanc(program("Orthanc"), tmp_path_factory.mktemp("orthanc")) as running:
        yield running


@pytest.fixture
def large_text(qapp: QApplication) -> Iterator[Callable[[float], None]]:
    """Give texts another size; after the test it is 100 % again."""
    theme = Theme(qapp)
    yield lambda scale: theme.apply("dark", scale)
    theme.apply("dark", 1.0)
    theme.deleteLater()
