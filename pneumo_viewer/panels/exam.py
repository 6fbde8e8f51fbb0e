"""The reader's verdict on the whole exam, and the comment."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from pneumo_viewer.actions import Actions
from pneumo_viewer.review.findings import ExamVerdict
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import mark, tr

EXAM_COMMANDS = {
    ExamVerdict.PNEUMONIA: "exam_pneumonia",
    ExamVerdict.NO_PNEUMONIA: "exam_no_pneumonia",
    ExamVerdict.UNSURE: "exam_unsure",
}
EXAM_WORDS = {
    ExamVerdict.PNEUMONIA: mark("Yes"),
    ExamVerdict.NO_PNEUMONIA: mark("No"),
    ExamVerdict.UNSURE: mark("Unsure"),
}


EXAM_ANSWERS = {
    ExamVerdict.PNEUMONIA: mark("yes"),
    ExamVerdict.NO_PNEUMONIA: mark("no"),
    ExamVerdict.UNSURE: mark("unsure"),
}
"""The same within a table."""


class CommentField(QLineEdit):
    """A line of text in which single keys are typed and are no commands.

    Enter ends the typing, and Esc takes back what was typed.
    """

    left = Signal()
    """The reader has finished here and goes back to the image."""

    def event(self, event: QEvent) -> bool:
        """Keep the keys that are typed, though they are commands elsewhere."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            held = event.modifiers() & ~(
                Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
            )
            is_function = Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
            if not held and not is_function:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave with Enter and with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            while self.isUndoAvailable():
                self.undo()
            self.setModified(False)
            self.left.emit()
            return
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()


class ExamForm(QWidget):
    """Three answers and a line of text.

    It shows what it is told; a text that is being typed is sent when the reader leaves it.
    """

    commented = Signal(str, str)
    """Key of an image, and the comment that it should get."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key: str | None = None
        self._verdict: ExamVerdict | None = None
        self._comment = ""
        self._buttons: dict[ExamVerdict, QPushButton] = {}
        self.comment = CommentField()
        self._build(actions)

    def _build(self, actions: Actions) -> None:
        title = QLabel(tr("Pneumonia"))
        title.setProperty("role", "secondary")
        row = QHBoxLayout()
        row.addWidget(title)
        for verdict, command in EXAM_COMMANDS.items():
            action = actions[command]
            button = QPushButton()
            actions.label_button(button, tr(EXAM_WORDS[verdict]), command)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(action.text())
            button.clicked.connect(self._show_verdict)  # until the session says that it is so
            button.clicked.connect(action.trigger)
            action.enabledChanged.connect(button.setEnabled)
            button.setEnabled(action.isEnabled())
            self._buttons[verdict] = button
            row.addWidget(button, 1)
        actions.follow_key(
            "comment",
            lambda key: self.comment.setPlaceholderText(
                tr("Comment ({key})", key=key) if key else tr("Comment")
            ),
        )
        self.comment.setAccessibleName(tr("Comment on the exam"))
        self.comment.editingFinished.connect(self.send_comment)
        self.comment.setEnabled(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * UNIT)
        layout.addLayout(row)
        layout.addWidget(self.comment)

    def show_exam(self, key: str | None, verdict: ExamVerdict | None, comment: str) -> None:
        """Show what the reader says of an image; a comment that is being typed stays."""
        if key != self._key:
            self.send_comment()
            self.comment.setModified(False)
        self._key, self._verdict, self._comment = key, verdict, comment
        self._show_verdict()
        self.comment.setEnabled(key is not None)
        if not self.comment.isModified():
            self.comment.setText(comment)
            self.comment.home(False)
            self.comment.setToolTip(comment)

    def send_comment(self) -> None:
        """Send what has been typed, if it is another text than before."""
        text = self.comment.text().strip()
        if self._key is None or not self.comment.isModified():
            return
        self.comment.setModified(False)
        if text != self._comment:
            self.commented.emit(self._key, text)

    def _show_verdict(self) -> None:
        for verdict, button in self._buttons.items():
            button.setChecked(verdict is self._verdict)
