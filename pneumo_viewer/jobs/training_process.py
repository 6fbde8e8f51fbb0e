"""The process that trains: ``pneumo-train`` at low priority, with its log in a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QIODevice, QObject, QProcess, QProcessEnvironment, Signal

import resources
from pneumo_viewer.words import tr

_NICENESS = 15
_STOPPED_STATUS, _REFUSED_STATUS = 3, 2
"""Exit statuses of ``pneumo-train``."""
_CLOSING_MS = 3000


class Ending(Enum):
    """How the process ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    """With a checkpoint."""
    REFUSED = "refused"
    """The last line of its log says why."""
    DIED = "died"


class TrainingProcess(QObject):
    """Runs ``pneumo-train``; at most one at a time."""

    ended = Signal(object)
    """Ending."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.started.connect(self._lower_priority)
        self._process.finished.connect(self._tell)
        self._process.errorOccurred.connect(self._tell_failed_start)

    def start(self, arguments: Sequence[str], log: Path) -> None:
        """Begin, with arguments of ``pneumo-train``; what it prints is added to the log."""
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONUNBUFFERED", "1")
        environment.insert("NO_COLOR", "1")
        self._process.setProcessEnvironment(environment)
        self._process.setWorkingDirectory(str(Path(resources.__file__).parents[1]))
        self._process.setStandardOutputFile(str(log), QIODevice.OpenModeFlag.Append)
        self._process.start(sys.executable, ["-m", "training.train_command", *arguments])

    def stop(self) -> None:
        """Ask it to save its step and end."""
        self._process.terminate()

    def close(self) -> None:
        """End it now: it is given a moment to save its step. Nothing is told any more."""
        self._process.blockSignals(True)
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self._process.terminate()
            if not self._process.waitForFinished(_CLOSING_MS):
                self._process.kill()
                self._process.waitForFinished()

    def _lower_priority(self) -> None:
        if sys.platform != "win32":
            with suppress(ProcessLookupError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, self._process.processId(), _NICENESS)

    def _tell(self, status: int, how: QProcess.ExitStatus) -> None:
        if how is QProcess.ExitStatus.CrashExit:
            self.ended.emit(Ending.DIED)
        else:
            endings = {
                0: Ending.FINISHED,
                _STOPPED_STATUS: Ending.STOPPED,
                _REFUSED_STATUS: Ending.REFUSED,
            }
            self.ended.emit(endings.get(status, Ending.DIED))

    def _tell_failed_start(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.ended.emit(Ending.DIED)


def last_lines(log: Path, count: int) -> str:
    """The last lines of a log that hold something, joined."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return tr("it wrote nothing.")
    said = [line.strip() for line in lines if line.strip()]
    return " ".join(said[-count:]) or tr("it wrote nothing.")
