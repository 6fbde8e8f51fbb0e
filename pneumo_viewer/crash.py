"""What happens when something inside the program goes wrong, and after it ended unexpectedly."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import (
    QLockFile,
    QMessageLogContext,
    QObject,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)

from pneumo_viewer.words import tr

logger = logging.getLogger(__name__)

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class RunningMark:
    """A lock that lies on disk while the program runs; one whose process is gone tells of a crash.

    Beside it lies what :mod:`faulthandler` writes when the process is ended by the system.

    Parameters
    ----------
    folder
        Of the marks of this user; several programs can run at a time.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.faults_of_others: list[str] = []
        self.other_ended_unexpectedly = False
        for path in folder.glob("*.lock"):
            self._examine(path)
        self._lock = _lock(folder / f"{os.getpid()}.lock")
        self._lock.tryLock(0)
        self._faults_path = folder / f"{os.getpid()}.faults"
        self._faults = self._faults_path.open("w+", encoding="utf-8")

    def _examine(self, path: Path) -> None:
        lock = _lock(path)
        if not lock.tryLock(0):  # that program still runs
            return
        self.other_ended_unexpectedly = True
        faults = path.with_suffix(".faults")
        if faults.is_file():
            self.faults_of_others.append(faults.read_text(encoding="utf-8", errors="replace"))
            faults.unlink()
        lock.unlock()  # which also removes the file

    def watch_faults(self) -> None:
        """Have the stacks of all threads written when the system ends this process."""
        faulthandler.enable(self._faults)

    def end(self) -> None:
        """The program ended in order."""
        if faulthandler.is_enabled():
            faulthandler.disable()
        self._faults.close()
        self._faults_path.unlink(missing_ok=True)
        self._lock.unlock()


def mark_running(folder: Path) -> RunningMark | None:
    """Mark that the program runs, and log how others ended; None where nothing can be written."""
    try:
        mark = RunningMark(folder)
    except OSError as error:
        logger.warning("a crash would go unnoticed, %s: %s", folder, error.strerror)
        return None
    for faults in mark.faults_of_others:
        logger.error("an earlier run ended unexpectedly%s", f"\n{faults}".rstrip())
    mark.watch_faults()
    return mark


def _lock(path: Path) -> QLockFile:
    lock = QLockFile(str(path))
    lock.setStaleLockTime(0)  # however old, as long as its process lives
    return lock


class BugReporter(QObject):
    """Logs what nothing caught and tells the reader once; the program goes on."""

    noticed = Signal(str)
    """A sentence for the reader."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: set[tuple[str, str, int]] = set()
        self._hooks = sys.excepthook, threading.excepthook

    def install(self) -> None:
        """Take exceptions of slots and threads, and Qt's own messages."""
        sys.excepthook = self.take
        threading.excepthook = self._take_of_thread
        qInstallMessageHandler(take_qt_message)

    def uninstall(self) -> None:
        """Let everything be as before."""
        sys.excepthook, threading.excepthook = self._hooks
        qInstallMessageHandler(None)

    def take(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Log a bug and announce it; the same one again, as from painting, says nothing new."""
        if issubclass(kind, KeyboardInterrupt):
            self._hooks[0](kind, error, trace)
            return
        last = trace
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        file = "" if last is None else Path(last.tb_frame.f_code.co_filename).name
        place = (kind.__qualname__, file, 0 if last is None else last.tb_lineno)
        if place in self._known:
            return
        self._known.add(place)
        logger.error("an error inside the program", exc_info=(kind, error, trace))
        self.noticed.emit(
            tr(
                "An error inside the program ({kind} in {file}). "
                "Your verdicts are safe; View → Log says more.",
                kind=kind.__qualname__,
                file=file,
            )
        )

    def _take_of_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self.take(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)


def take_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Put a message of Qt into the log."""
    logging.getLogger("qt").log(_LEVELS[kind], "%s", text)
