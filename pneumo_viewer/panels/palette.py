"""The command palette: every command that can be given now, found by typing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.actions import Actions, native_text
from pneumo_viewer.commands import COMMANDS, Command
from pneumo_viewer.theme import UNIT, colours
from pneumo_viewer.words import tr

_ROLE_COMMAND = Qt.ItemDataRole.UserRole
_ROLE_KEY = Qt.ItemDataRole.UserRole + 1
_WIDTH = 560
_MOST_ROWS = 10
_AT_WORD, _AFTER_LAST, _ANYWHERE = 8, 9, 1


def fuzzy_score(wanted: str, text: str) -> int | None:
    """How well a text answers to what was typed, or None where it does not.

    Every letter must stand in the text in the order typed; blanks count for nothing. A letter at
    the beginning of a word counts 8, one right behind the last one 9, any other 1. Of all ways to
    find the letters the best one counts.
    """
    letters = wanted.casefold().replace(" ", "")
    text = text.casefold()
    # best[i]: the best score of the letters so far with the last one at text[i].
    best: list[int | None] = []
    for count, letter in enumerate(letters):
        row: list[int | None] = [None] * len(text)
        reached: int | None = 0 if count == 0 else None
        for i, found in enumerate(text):
            if i > 0 and count > 0 and best[i - 1] is not None:
                before = best[i - 1]
                reached = before if reached is None else max(reached, before or 0)
            if found != letter or reached is None:
                continue
            at_word = i == 0 or not text[i - 1].isalnum()
            row[i] = reached + (_AT_WORD if at_word else _ANYWHERE)
            previous = best[i - 1] if i > 0 and count > 0 else None
            if previous is not None:
                row[i] = max(row[i] or 0, previous + _AFTER_LAST)
        best = row
    return 0 if not letters else max((s for s in best if s is not None), default=None)


def find_commands(wanted: str, candidates: Sequence[Command]) -> list[Command]:
    """The commands that answer to what was typed, the best first, else in their own order."""
    scored = [(fuzzy_score(wanted, tr(command.text)), command) for command in candidates]
    found = [(score, command) for score, command in scored if score is not None]
    return [command for _, command in sorted(found, key=lambda pair: -pair[0])]


class _Row(QStyledItemDelegate):
    """The command on the left, its key on the right."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        painter.save()
        painter.setPen(colours().secondary)
        painter.setFont(option.font)
        painter.drawText(
            option.rect.adjusted(0, 0, -3 * UNIT, 0),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            index.data(_ROLE_KEY),
        )
        painter.restore()


class CommandPalette(QFrame):
    """A field to type into and the commands found, over the upper part of the window.

    Parameters
    ----------
    actions
        The commands; those that are disabled are left out.
    window
        Over which it lies.
    """

    def __init__(self, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._actions = actions
        self._window = window
        self._came_from: QWidget | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Find a command …"))
        self.field.setAccessibleName(tr("Find a command"))
        self.field.textChanged.connect(self._find)
        self.field.installEventFilter(self)
        self._model = QStandardItemModel(self)
        self.list = QListView()
        self.list.setAccessibleName(tr("Commands found"))
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.clicked.connect(self._give)
        self.setProperty("role", "popup")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.hide()

    def open(self) -> None:
        """Show every command that can be given now, and wait for what is typed."""
        self._came_from = QApplication.focusWidget()
        self.field.clear()
        self._find("")
        window = self._window
        width = min(_WIDTH * self.fontMetrics().height() // 16, window.width() - 8 * UNIT)
        self.setFixedWidth(width)
        self.list.setFixedHeight(_MOST_ROWS * self.list.sizeHintForRow(0) + 2 * UNIT)
        self.adjustSize()
        self.move((window.width() - self.width()) // 2, 16 * UNIT)
        self.show()
        self.raise_()
        self.field.setFocus()

    @property
    def found(self) -> list[str]:
        """Ids of the commands that are listed."""
        rows = range(self._model.rowCount())
        return [self._model.item(row).data(_ROLE_COMMAND) for row in rows]

    def _find(self, wanted: str) -> None:
        self._model.clear()
        enabled = [command for command in COMMANDS if self._action(command).isEnabled()]
        for command in find_commands(wanted, enabled):
            action = self._action(command)
            mark = "✓ " if action.isChecked() else ""
            item = QStandardItem(mark + action.text())
            keys = ", ".join(map(native_text, self._actions.keys[command.id]))
            item.setData(command.id, _ROLE_COMMAND)
            item.setData(keys, _ROLE_KEY)
            item.setData(f"{action.text()}, {keys}", Qt.ItemDataRole.AccessibleTextRole)
            self._model.appendRow(item)
        self.list.setCurrentIndex(self._model.index(0, 0))

    def _action(self, command: Command) -> QAction:
        return self._actions[command.id]

    def _give(self, index: QModelIndex) -> None:
        self._leave()
        if index.isValid():
            self._actions[index.data(_ROLE_COMMAND)].trigger()

    def _leave(self) -> None:
        self.hide()
        if self._came_from is not None:
            self._came_from.setFocus()
            self._came_from = None

    def _step(self, step: int) -> None:
        row = self.list.currentIndex().row() + step
        if 0 <= row < self._model.rowCount():
            self.list.setCurrentIndex(self._model.index(row, 0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Choose with the arrow keys, give the command with Enter, leave with Esc."""
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        if event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        assert isinstance(event, QKeyEvent)
        match event.key():
            case Qt.Key.Key_Down:
                self._step(+1)
            case Qt.Key.Key_Up:
                self._step(-1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._give(self.list.currentIndex())
            case Qt.Key.Key_Escape:
                self._leave()
            case _:
                return super().eventFilter(watched, event)
        return True
