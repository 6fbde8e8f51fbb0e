"""The commands as Qt actions, and the menus and tool bar made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import qtawesome
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar, QWidget

from pneumo_viewer.canvas.colours import SECONDARY, TEXT
from pneumo_viewer.commands import COMMANDS, MENUS, Scope


class Actions(QObject):
    """The QActions of the commands, and the menus and bars made from them."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._by_id: dict[str, QAction] = {}
        for command in COMMANDS:
            action = QAction(command.text, self)
            action.setShortcuts([QKeySequence(key) for key in command.keys])
            action.setCheckable(command.is_toggle)
            if command.scope is Scope.READING:
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            if command.icon:
                action.setIcon(qtawesome.icon(command.icon, color=TEXT, color_disabled=SECONDARY))
            shown_key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{command.text} ({shown_key})" if shown_key else command.text)
            self._by_id[command.id] = action

    def __getitem__(self, command_id: str) -> QAction:
        return self._by_id[command_id]

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
            menus[title] = menu_bar.addMenu(title)
        for command in COMMANDS:
            if command.menu not in menus:
                parent, _, title = command.menu.partition("/")
                menus[command.menu] = menus[parent].addMenu(title)
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
