"""The commands as Qt actions, and the menus and tool bar made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QMenu, QMenuBar, QToolBar, QWidget

from pneumo_viewer.commands import COMMANDS, MENUS, SUBMENUS, Scope
from pneumo_viewer.theme import icon
from pneumo_viewer.words import tr

_SYMBOLS = {"Return": "↵", "Backspace": "⌫"}


def native_text(key: str) -> str:
    """A key sequence as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


class Actions(QObject):
    """The QActions of the commands, and the menus and bars made from them.

    Attributes
    ----------
    keys
        The key sequences in force of each command, by its id.
    """

    keys_changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._by_id: dict[str, QAction] = {}
        for command in COMMANDS:
            action = QAction(tr(command.text), self)
            action.setCheckable(command.is_toggle)
            if command.scope is Scope.READING:
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            if command.icon:
                action.setIcon(icon(command.icon))
            self._by_id[command.id] = action
        self.keys: dict[str, tuple[str, ...]] = {}
        self.set_keys({})

    def __getitem__(self, command_id: str) -> QAction:
        return self._by_id[command_id]

    def set_keys(self, changed: Mapping[str, Sequence[str]]) -> None:
        """Give each command its own keys, or those that the reader chose instead.

        Parameters
        ----------
        changed
            Keys by the id of the command; ids that are not known are left out.
        """
        for command in COMMANDS:
            keys = tuple(changed.get(command.id, command.keys))
            self.keys[command.id] = keys
            action = self[command.id]
            action.setShortcuts([QKeySequence(key) for key in keys])
            shown = f" ({native_text(keys[0])})" if keys else ""
            action.setToolTip(tr(command.text) + shown)
        self.keys_changed.emit()

    def follow_key(self, command_id: str, show: Callable[[str], object]) -> None:
        """Show the first key of a command, "" where it has none, now and after each change."""

        def tell() -> None:
            keys = self.keys[command_id]
            show(_SYMBOLS.get(keys[0], native_text(keys[0])) if keys else "")

        self.keys_changed.connect(tell)
        tell()

    def label_button(self, button: QAbstractButton, words: str, command_id: str) -> None:
        """Write words and the key of a command on a button, and keep them right."""

        def show(key: str) -> None:
            button.setText(f"{words} {key}".rstrip())
            button.setToolTip(self[command_id].toolTip())

        self.follow_key(command_id, show)

    def connect_all(self, slots: dict[str, Callable[..., object]]) -> None:
        """Connect each command to what it does.

        Raises
        ------
        ValueError
            When a command has no slot or a slot has no command.
        """
        if slots.keys() != self._by_id.keys():
            raise ValueError(f"commands and slots differ: {slots.keys() ^ self._by_id.keys()}")
        for command_id, slot in slots.items():
            action = self._by_id[command_id]
            (action.toggled if action.isCheckable() else action.triggered).connect(slot)

    def let_keys_work_in(self, widgets: Iterable[QWidget]) -> None:
        """Make the keys of the reading scope work while one of the widgets has the focus."""
        reading = [self[command.id] for command in COMMANDS if command.scope is Scope.READING]
        for widget in widgets:
            widget.addActions(reading)

    def fill_menu_bar(self, menu_bar: QMenuBar) -> dict[str, QMenu]:
        """Make all menus.

        Returns
        -------
        dict
            The menus by title.
        """
        menus: dict[str, QMenu] = {}
        for title in MENUS:
            menus[title] = menu_bar.addMenu(tr(title))
        for command in COMMANDS:
            if command.menu not in menus:
                parent = command.menu.partition("/")[0]
                menus[command.menu] = menus[parent].addMenu(tr(SUBMENUS[command.menu]))
            menu = menus[command.menu]
            if command.starts_section:
                menu.addSeparator()
            menu.addAction(self[command.id])
        return menus

    def fill_tool_bar(self, tool_bar: QToolBar) -> None:
        """Add every command that has an icon, with a separator between menus."""
        last_menu = ""
        for command in COMMANDS:
            if not command.icon:
                continue
            if last_menu and command.menu != last_menu:
                tool_bar.addSeparator()
            tool_bar.addAction(self[command.id])
            last_menu = command.menu
