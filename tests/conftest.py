"""Fixtures and guards that every test shares."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Workers that have more threads than there are cores spend their time waiting for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["LC_ALL"] = "C.UTF-8"  # the window speaks English wherever its tests run

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real radiographs that lies beside the checkout on some machines."""
    folder = Path(os.environ.get("PNEUMO_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the radiographs in {folder}")
    return folder


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Find a program of the system; in CI a missing one fails the test instead of skipping it."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            message = f"needs the program {name}"
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        return path

    return find


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has settings, caches and a store of its own."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    return home


@pytest.fixture(autouse=True)
def no_unexpected_log_lines(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A warning in the log that the test did not take with ``caplog.clear()`` fails it."""
    yield
    for phase in ("setup", "call"):
        unexpected = [
            record for record in caplog.get_records(phase) if record.levelno >= logging.WARNING
        ]
        assert not unexpected, [record.getMessage() for record in unexpected]


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test with a window that leaves a thread, a running timer or a visible window fails."""
    if "qapp" not in request.fixturenames and "qtbot" not in request.fixturenames:
        yield
        return
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    # pytest-qt has the windows of earlier tests deleted later, which needs an event loop. Each that
    # stays costs every later change of the style sheet some 20 ms.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    threads = set(threading.enumerate())
    yield
    left = [thread.name for thread in threading.enumerate() if thread not in threads]
    assert not left, f"threads still run: {left}"
    timers = [thing for thing in gc.get_objects() if type(thing) is QTimer]
    assert not any(isValid(timer) and timer.isActive() for timer in timers), "timers still run"
    visible = [
        widget.objectName() or type(widget).__name__
        for widget in QApplication.topLevelWidgets()
        if widget.isVisible()
    ]
    assert not visible, f"windows are still open: {visible}"
