"""What the program said and logged since it was started, to read and to copy."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from pneumo_viewer.panels.title_bar import title_bar
from pneumo_viewer.theme import UNIT, icon
from pneumo_viewer.words import tr

_MOST_LINES = 5000


class LogPanel(QWidget):
    """Notices and lines of the log in the order in which they came."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._log: deque[str] = deque(maxlen=_MOST_LINES)
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setMaximumBlockCount(_MOST_LINES)
        self.view.setAccessibleName(tr("Log"))
        self.view.setPlaceholderText(tr("Nothing has been said or logged yet."))
        self.view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.copy_button = QToolButton()
        self.copy_button.setIcon(icon("mdi6.content-copy", "secondary"))
        self.copy_button.setToolTip(tr("Copy the log, without the notices, which may name files"))
        self.copy_button.setAccessibleName(tr("Copy the log"))
        self.copy_button.clicked.connect(self._copy)
        self.title_bar = title_bar(tr("LOG"), self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * UNIT, 0, 3 * UNIT, 2 * UNIT)
        layout.addWidget(self.view)

    def add_notice(self, text: str) -> None:
        """Add what the reader was told."""
        if text:
            self.view.appendPlainText(
                tr("{time:%H:%M:%S} notice   {text}", time=datetime.now(), text=text)
            )

    def add_line(self, line: str) -> None:
        """Add a line of the log."""
        self._log.append(line)
        self.view.appendPlainText(line)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(self._log))
