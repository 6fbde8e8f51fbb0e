"""A line of text over the image that says what happened, until it is dismissed."""

from __future__ import annotations

import qtawesome
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from pneumo_viewer.canvas.colours import SECONDARY, SELECTION
from pneumo_viewer.theme import UNIT

_SHOWN_FOR_MS = 12_000


class NoticeBar(QFrame):
    """Shows the latest notice; never takes the focus and never blocks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setAccessibleName("Notice")
        mark = QLabel()
        mark.setPixmap(qtawesome.icon("mdi6.information-outline", color=SELECTION).pixmap(18, 18))
        dismiss = QToolButton()
        dismiss.setIcon(qtawesome.icon("mdi6.close", color=SECONDARY))
        dismiss.setToolTip("Dismiss")
        dismiss.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * UNIT, UNIT, UNIT, UNIT)
        layout.addWidget(mark)
        layout.addWidget(self._text, 1)
        layout.addWidget(dismiss)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """The latest notice."""
        return self._text.text()

    def say(self, text: str) -> None:
        """Show a notice."""
        self._text.setText(text)
        self.show()
        self._timer.start(_SHOWN_FOR_MS)
