"""Notices: a line at the bottom for what happened, a strip at the top for what asks an answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QMouseEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from pneumo_viewer.theme import UNIT, icon
from pneumo_viewer.words import tr


def reading_ms(text: str) -> int:
    """How long a notice stays: twice as long as one takes to read it, at 15 letters a second."""
    return 5000 + 2 * 1000 * len(text) // 15


class NoticeLine(QLabel):
    """Shows the latest notice, shortened to the room there is; the tool tip has all of it.

    It never takes the focus and moves nothing. A notice goes by itself when it was there for long
    enough to be read, unless the mouse rests on it; the log keeps it.
    """

    given = Signal(str)
    """A notice, for whoever keeps them."""
    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(tr("Notice"))
        self.expiry = QTimer(self)
        self.expiry.setSingleShot(True)
        self.expiry.timeout.connect(self._expire)

    def say(self, text: str) -> None:
        """Show a notice."""
        self._show(text)
        self._await_reading()
        self.given.emit(text)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._await_reading()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.expiry.stop()

    def _await_reading(self) -> None:
        if self.text() and self.isVisible():
            self.expiry.start(reading_ms(self.text()))
        else:
            self.expiry.stop()

    def _expire(self) -> None:
        if self.underMouse():
            self.expiry.start()
        else:
            self._show("")

    def _show(self, text: str) -> None:
        self.setText(text)
        self.setToolTip(text)
        self.setAccessibleDescription(text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(
            self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text
        )


class NoticeStrip(QFrame):
    """A sentence with what can be done about it, above the image; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.buttons: list[QPushButton] = []
        close = QToolButton()
        close.setIcon(icon("mdi6.close", "secondary"))
        close.setToolTip(tr("Close this notice"))
        close.setAccessibleName(tr("Close this notice"))
        close.clicked.connect(self.hide)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(4 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        self._layout.setSpacing(2 * UNIT)
        self._layout.addWidget(self.sentence, 1)
        self._layout.addWidget(close)
        self.hide()

    def ask(self, text: str, answers: dict[str, Callable[[], object]]) -> None:
        """Show a sentence and a button for each answer, by its words."""
        for button in self.buttons:
            button.hide()
            button.deleteLater()
        self.buttons = []
        self.sentence.setText(text)
        for words, answer in answers.items():
            button = QPushButton(words)
            button.clicked.connect(self.hide)
            button.clicked.connect(answer)
            self._layout.insertWidget(self._layout.count() - 1, button)
            self.buttons.append(button)
        self.show()
