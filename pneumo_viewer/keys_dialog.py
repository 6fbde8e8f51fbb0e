"""Where the reader gives other keys to commands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.actions import Actions, native_text
from pneumo_viewer.commands import COMMANDS, MENUS, Command, Scope
from pneumo_viewer.keys import changed_keys, conflicts
from pneumo_viewer.preferences import Preferences
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import mark, tr

_WHERE = {Scope.WINDOW: mark("Everywhere"), Scope.READING: mark("While reading")}
_ROLE_COMMAND = Qt.ItemDataRole.UserRole


class KeysDialog(QDialog):
    """Every command with its keys; a key that would get in the way of another is refused.

    Parameters
    ----------
    actions
        Whose keys are shown.
    preferences
        Where changed keys are kept.
    parent
        The main window, which goes on working meanwhile.
    """

    def __init__(self, actions: Actions, preferences: Preferences, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keys"))
        self._actions = actions
        self._preferences = preferences
        self._headings: list[QTreeWidgetItem] = []
        self._rows: dict[str, QTreeWidgetItem] = {}
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Filter by command or key …"))
        self.filter.setAccessibleName(tr("Filter the commands"))
        self.filter.setClearButtonEnabled(True)
        self.tree = QTreeWidget()
        self.key = QKeySequenceEdit()
        self.message = QLabel()
        self.set_button = QPushButton(tr("Set"))
        self.add_button = QPushButton(tr("Add"))
        self.clear_button = QPushButton(tr("No key"))
        self.reset_button = QPushButton(tr("Reset"))
        self._build()
        self._fill()
        preferences.changed.connect(self._refresh)
        self.filter.textChanged.connect(self._refresh)
        self.tree.currentItemChanged.connect(self._choose)
        self.key.keySequenceChanged.connect(self._judge)
        self.set_button.clicked.connect(lambda: self._store((self._wanted,)))
        self.add_button.clicked.connect(lambda: self._store((*self._keys, self._wanted)))
        self.clear_button.clicked.connect(lambda: self._store(()))
        self.reset_button.clicked.connect(lambda: self._store(None))
        self._choose()

    def _build(self) -> None:
        self.tree.setAccessibleName(tr("Commands and their keys"))
        self.tree.setHeaderLabels([tr("Command"), tr("Keys"), tr("Works")])
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.key.setAccessibleName(tr("New key"))
        self.key.setMaximumSequenceLength(1)
        self.key.setClearButtonEnabled(True)
        self.message.setProperty("role", "warning")
        self.message.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("New key")))
        row.addWidget(self.key, 1)
        for button in (self.set_button, self.add_button, self.clear_button, self.reset_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.RestoreDefaults | QDialogButtonBox.StandardButton.Close
        )
        self.reset_all_button = buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
        self.reset_all_button.setText(tr("Reset all"))
        self.reset_all_button.clicked.connect(lambda: self._preferences.change(keys={}))
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * UNIT, 4 * UNIT, 4 * UNIT, 4 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addWidget(self.filter)
        layout.addWidget(self.tree, 1)
        layout.addLayout(row)
        layout.addWidget(self.message)
        layout.addWidget(buttons)
        em = self.fontMetrics().height()
        self.resize(44 * em, 38 * em)

    def _fill(self) -> None:
        for menu in MENUS:
            heading = QTreeWidgetItem(self.tree, [tr(menu)])
            self._headings.append(heading)
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for command in COMMANDS:
                if command.menu.partition("/")[0] == menu:
                    row = QTreeWidgetItem(
                        heading, [tr(command.text), "", tr(_WHERE[command.scope])]
                    )
                    row.setData(0, _ROLE_COMMAND, command)
                    self._rows[command.id] = row
        self.tree.expandAll()
        self._refresh()

    def _refresh(self, *_: object) -> None:
        wanted = self.filter.text().casefold()
        for command_id, row in self._rows.items():
            keys = self._actions.keys[command_id]
            row.setText(1, ", ".join(map(native_text, keys)))
            row.setHidden(wanted not in f"{row.text(0)} {row.text(1)}".casefold())
        for heading in self._headings:
            heading.setHidden(
                all(row.isHidden() for row in self._rows.values() if row.parent() is heading)
            )

    def choose(self, command_id: str) -> None:
        """Select a command."""
        self.tree.setCurrentItem(self._rows[command_id])

    @property
    def _command(self) -> Command | None:
        item = self.tree.currentItem()
        return None if item is None else item.data(0, _ROLE_COMMAND)

    @property
    def _keys(self) -> tuple[str, ...]:
        return () if self._command is None else self._actions.keys[self._command.id]

    @property
    def _wanted(self) -> str:
        return self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _choose(self, *_: object) -> None:
        self.key.clear()
        self._judge()

    def _judge(self, *_: object) -> None:
        """Say what is in the way, and enable what can be done."""
        command = self._command
        found = [] if command is None else conflicts(self._actions.keys, command, self._wanted)
        has_key = command is not None and bool(self._wanted)
        self.message.setText(_taken(native_text(self._wanted), found) if has_key and found else "")
        for button in (self.set_button, self.add_button):
            button.setEnabled(has_key and not found)
        self.clear_button.setEnabled(bool(self._keys))
        self.reset_button.setEnabled(command is not None and self._keys != command.keys)

    def _store(self, keys: tuple[str, ...] | None) -> None:
        """Keep other keys for the command that is selected; None stands for its own ones."""
        command = self._command
        if command is None:
            return
        chosen = command.keys if keys is None else tuple(dict.fromkeys(keys))
        taken = {
            native_text(key): found
            for key in chosen
            if (found := conflicts(self._actions.keys, command, key))
        }
        if taken:
            key, found = next(iter(taken.items()))
            self.message.setText(_taken(key, found))
            return
        self._preferences.change(keys=changed_keys({**self._actions.keys, command.id: chosen}))
        self._choose()


def _taken(key: str, found: list[str]) -> str:
    return tr("{key} is the key of: {commands}.", key=key, commands=", ".join(found))
