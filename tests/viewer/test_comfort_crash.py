"""A bug is told and the reading goes on; a crash is told at the next start; logs name nobody."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from pneumo_viewer.crash import BugReporter, RunningMark, mark_running, take_qt_message
from pneumo_viewer.panels.log import LogPanel
from pneumo_viewer.panels.notice import NoticeLine, NoticeStrip
from pneumo_viewer.program_log import ProgramLog, log_folder

REPOSITORY = Path(__file__).parents[2]
NAME = "Doe^John"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ProgramLog]:
    log = ProgramLog(tmp_path / "log")
    yield log
    log.close()


@pytest.fixture
def reporter() -> Iterator[BugReporter]:
    reporter = BugReporter()
    reporter.install()
    yield reporter
    reporter.uninstall()


def fail() -> None:
    raise ValueError(f"no such patient: {NAME}")


def bug() -> BaseException:
    try:
        fail()
    except ValueError as error:
        return error
    raise AssertionError


# Bugs


def test_a_bug_is_told_once_with_its_place_and_logged_without_its_message(
    log: ProgramLog, caplog: pytest.LogCaptureFixture
) -> None:
    reporter = BugReporter()
    told: list[str] = []
    reporter.noticed.connect(told.append)
    for _ in range(3):
        error = bug()
        reporter.take(type(error), error, error.__traceback__)
    assert len(told) == 1
    assert "ValueError in test_comfort_crash.py" in told[0]
    written = log.path.read_text()
    assert written.count("an error inside the program") == 1
    assert "in fail" in written
    assert "ValueError" in written
    assert NAME not in written
    assert NAME not in "".join(log.lines)
    caplog.clear()


def test_a_bug_in_a_slot_does_not_end_the_program(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPushButton
from pneumo_viewer.crash import BugReporter
qt = QApplication([])
reporter = BugReporter()
reporter.install()
reporter.noticed.connect(print)
button = QPushButton()
button.clicked.connect(lambda: 1 / 0)
QTimer.singleShot(0, button.click)
QTimer.singleShot(50, lambda: print("still here"))
QTimer.singleShot(100, qt.quit)
qt.exec()
"""
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        timeout=120,
    )
    assert result.stdout.startswith("An error inside the program (ZeroDivisionError in <string>)")
    assert result.stdout.endswith("still here\n")


def test_a_bug_in_a_thread_is_told_in_the_window(
    reporter: BugReporter, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    with qtbot.waitSignal(reporter.noticed):
        thread = threading.Thread(target=fail)
        thread.start()
    thread.join()
    caplog.clear()


def test_a_keyboard_interrupt_is_no_bug(
    reporter: BugReporter, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed_on: list[object] = []
    monkeypatch.setattr(reporter, "_hooks", (lambda *a: passed_on.append(a), threading.excepthook))
    with qtbot.assertNotEmitted(reporter.noticed):
        reporter.take(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert len(passed_on) == 1
    monkeypatch.undo()


def test_messages_of_qt_go_into_the_log_by_their_weight(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for kind in (QtMsgType.QtInfoMsg, QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg):
        take_qt_message(kind, QMessageLogContext(), "so and so")
    assert [record.levelname for record in caplog.records if record.name == "qt"][-2:] == [
        "WARNING",
        "ERROR",
    ]
    caplog.clear()


# Crashes

START = """
import os, sys
from pathlib import Path
from pneumo_viewer.crash import mark_running
mark = mark_running(Path(sys.argv[1]))
assert mark is not None
print(mark.other_ended_unexpectedly, flush=True)
"""


def start(folder: Path, how_it_ends: str) -> str:
    """Run a program that marks itself; return what it knew of the ones before."""
    return subprocess.run(
        [sys.executable, "-c", START + how_it_ends, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        timeout=120,
    ).stdout.strip()


@pytest.mark.parametrize(
    "crash", ["os.kill(os.getpid(), 9)", "import ctypes; ctypes.string_at(0)", "os._exit(1)"]
)
def test_the_start_after_a_crash_knows_of_it_and_the_one_after_does_not(
    tmp_path: Path, crash: str
) -> None:
    assert start(tmp_path, crash) == "False"
    assert start(tmp_path, "mark.end()") == "True"
    assert start(tmp_path, "mark.end()") == "False"
    assert list(tmp_path.iterdir()) == []


def test_where_a_fault_of_the_system_happened_stands_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    start(tmp_path, "import ctypes; ctypes.string_at(0)")
    mark = RunningMark(tmp_path)
    assert "Segmentation fault" in mark.faults_of_others[0]
    assert "string_at" in mark.faults_of_others[0]
    mark.end()
    caplog.clear()


def test_a_second_program_beside_the_first_is_no_crash(tmp_path: Path) -> None:
    first = RunningMark(tmp_path)
    assert start(tmp_path, "mark.end()") == "False"
    first.end()
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_that_can_be_written_the_program_starts_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    assert mark_running(tmp_path / "file" / "log") is None
    ProgramLog(tmp_path / "file" / "log").close()
    assert "a crash would go unnoticed" in caplog.text
    assert "no log is kept" in caplog.text
    caplog.clear()


# The log


def test_the_log_keeps_info_and_more_in_a_file_and_for_the_window(
    log: ProgramLog, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("pneumo_viewer.test")
    with qtbot.waitSignal(log.written) as written:
        logger.info("opened %d files", 3)
    logger.debug("too small")
    assert written.args[0].endswith("INFO     pneumo_viewer.test: opened 3 files")
    assert log.path.read_text().splitlines() == log.lines == written.args


def test_the_log_lies_where_the_system_keeps_state(private_home: Path) -> None:
    assert log_folder().is_relative_to(private_home)


def test_the_panel_shows_notices_and_log_and_copies_the_log_alone(qtbot: QtBot) -> None:
    panel = LogPanel()
    qtbot.addWidget(panel)
    panel.add_line("12:00:00 INFO     started")
    panel.add_notice(f"{NAME}.dcm cannot be shown.")
    panel.add_notice("")
    assert len(panel.view.toPlainText().splitlines()) == 2
    assert f"notice   {NAME}.dcm cannot be shown." in panel.view.toPlainText()
    panel.copy_button.click()
    assert QGuiApplication.clipboard().text() == "12:00:00 INFO     started"


# Notices


def test_a_notice_is_kept_and_a_click_on_it_asks_for_the_history(qtbot: QtBot) -> None:
    line = NoticeLine()
    qtbot.addWidget(line)
    with qtbot.waitSignal(line.given) as given:
        line.say("Ground truth: 12 boxes.")
    assert given.args == ["Ground truth: 12 boxes."]
    with qtbot.waitSignal(line.clicked):
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton)


def test_the_strip_offers_answers_and_goes_with_any(qtbot: QtBot) -> None:
    strip = NoticeStrip()
    qtbot.addWidget(strip)
    given: list[str] = []
    strip.ask("It ended.", {"Open again": lambda: given.append("open"), "Log": lambda: None})
    assert strip.isVisible()
    assert [button.text() for button in strip.buttons] == ["Open again", "Log"]
    strip.buttons[0].click()
    assert given == ["open"]
    assert not strip.isVisible()
    strip.ask("Another.", {"Yes": lambda: None})
    assert [b.text() for b in strip.findChildren(QPushButton) if not b.isHidden()] == ["Yes"]
    strip.hide()


PROGRAM = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pneumo_viewer import application

def act():
    (window,) = [w for w in QApplication.topLevelWidgets()
                 if isinstance(w, application.MainWindow)]
    if sys.argv[1] == "killed":
        window.open([Path(sys.argv[2])])
        os.kill(os.getpid(), 9)
    strip = window.notice_strip
    print(strip.isVisible(), [button.text() for button in strip.buttons], flush=True)
    window.close()

show = application.MainWindow.showEvent
application.MainWindow.showEvent = lambda self, event: (
    show(self, event), QTimer.singleShot(0, act))
sys.exit(application.run([]))
"""


def test_the_program_that_was_killed_offers_its_folder_at_the_next_start_and_not_at_the_one_after(
    tmp_path: Path,
) -> None:
    """The whole program, killed as by the system (signal 9) with a folder open."""
    home = {f"XDG_{n}_HOME": str(tmp_path / n) for n in ("CONFIG", "DATA", "STATE", "CACHE")}
    folder = tmp_path / "march"
    folder.mkdir()

    def run(what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, what, str(folder)],
            env={**os.environ, **home, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
            timeout=120,
        )

    assert run("killed").returncode == -9
    assert run("looked at").stdout.strip() == "True ['Open march again', 'Show the log']"
    assert run("looked at").stdout.strip() == "False []"
