"""The log of the program: a file that outlives it, and lines for the window.

No line holds a patient's name, id or birth date: of an exception the kind and the place are logged,
not its message, which may quote a file.
"""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_path
from PySide6.QtCore import QObject, Signal

from pneumo_viewer.bugs import describe_bug

_LARGEST_FILE = 1_000_000
_OLD_FILES = 2
_MOST_LINES = 1000


def log_folder() -> Path:
    """Where the log of this user lies."""
    return user_log_path("pneumo-viewer")


class PrivateFormatter(logging.Formatter):
    """Formats without the messages of exceptions."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        known, record.exc_text = record.exc_text, None  # another formatter's, with the message
        try:
            return super().format(record)
        finally:
            record.exc_text = known

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        return "" if ei[1] is None else describe_bug(ei[1])


class ProgramLog(QObject):
    """Takes every record from INFO on while the program runs.

    Parameters
    ----------
    folder
        Where ``pneumo-viewer.log`` is kept; where it cannot be written, only the window has it.
    """

    written = Signal(str)
    """A line, or several of one record."""

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = folder / "pneumo-viewer.log"
        self.lines: list[str] = []
        self._handlers: list[logging.Handler] = [_ToSignal(self)]
        problem = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._handlers.append(
                RotatingFileHandler(
                    self.path, maxBytes=_LARGEST_FILE, backupCount=_OLD_FILES, encoding="utf-8"
                )
            )
        except OSError as error:
            problem = error.strerror or "it cannot be made"
        formatter = PrivateFormatter()
        for handler in self._handlers:
            handler.setFormatter(formatter)
            handler.setLevel(logging.INFO)
            logging.getLogger().addHandler(handler)
        if problem:
            logging.getLogger(__name__).warning("no log is kept in %s: %s", folder, problem)

    def keep(self, line: str) -> None:
        """Keep a line for a window that is opened later, and announce it."""
        self.lines.append(line)
        del self.lines[:-_MOST_LINES]
        self.written.emit(line)

    def close(self) -> None:
        """Take no more."""
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        self._handlers.clear()


class _ToSignal(logging.Handler):
    def __init__(self, log: ProgramLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.keep(self.format(record))
