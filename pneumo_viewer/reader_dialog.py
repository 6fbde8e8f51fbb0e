"""The question for the reader's name; it does not stop the reading."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from pneumo_viewer.review.readers import ReaderNameError, reader_name
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import tr


class ReaderDialog(QDialog):
    """Asks who reads; known readers can be chosen.

    Parameters
    ----------
    current
        Who reads now.
    known
        Who has read before.
    """

    chosen = Signal(str)
    """Another name than before, fit to be used."""

    def __init__(self, current: str, known: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Reader"))
        self._current = current
        self.name = QComboBox()
        self.name.setEditable(True)
        self.name.setAccessibleName(tr("Name of the reader"))
        self.name.addItems([current, *(name for name in known if name != current)])
        self.name.editTextChanged.connect(self._check)
        self.problem = QLabel()
        self.problem.setProperty("role", "secondary")
        self.problem.setWordWrap(True)
        text = QLabel(
            tr("Verdicts are kept for each reader. You see those that you gave, and no one's else.")
        )
        text.setWordWrap(True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * UNIT, 4 * UNIT, 4 * UNIT, 4 * UNIT)
        layout.setSpacing(3 * UNIT)
        for widget in (text, self.name, self.problem, self.buttons):
            layout.addWidget(widget)
        self.setMinimumWidth(380)
        edit = self.name.lineEdit()
        assert edit is not None
        edit.selectAll()
        self.name.setFocus()
        self._check(current)

    def _check(self, text: str) -> None:
        try:
            reader_name(text)
        except ReaderNameError as error:
            self.problem.setText(str(error))
        else:
            self.problem.clear()
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not self.problem.text())

    def accept(self) -> None:
        """Tell the name, if it is another one."""
        name = reader_name(self.name.currentText())
        super().accept()
        if name != self._current:
            self.chosen.emit(name)
