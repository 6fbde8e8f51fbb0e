"""The commands: each has its words, its keys and a slot, and they agree wherever they stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QMenuBar, QToolBar, QWidget
from pytestqt.qtbot import QtBot

from detector.model_card import ModelCard
from detector.presets import PRESETS
from pneumo_viewer import dialogs
from pneumo_viewer.actions import Actions
from pneumo_viewer.commands import COMMANDS, MENUS, MOUSE, Scope


@pytest.fixture
def actions(qapp: QObject) -> Iterator[Actions]:
    actions = Actions(qapp)
    yield actions
    actions.deleteLater()


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Something that dialogs can belong to."""
    window = QWidget()
    qtbot.addWidget(window)
    return window


def slots(calls: list[str]) -> dict[str, Callable[..., object]]:
    def slot(name: str) -> Callable[..., object]:
        return lambda *_: calls.append(name)

    return {command.id: slot(command.id) for command in COMMANDS}


def native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def test_ids_are_unique_and_every_key_is_one_that_qt_knows() -> None:
    assert not [name for name, n in Counter(c.id for c in COMMANDS).items() if n > 1]
    for command in COMMANDS:
        for key in command.keys:
            assert QKeySequence(key)[0].key() != Qt.Key.Key_unknown, key


def test_no_two_commands_share_a_key() -> None:
    keys = Counter(QKeySequence(key).toString() for command in COMMANDS for key in command.keys)
    assert not [key for key, count in keys.items() if count > 1]


KNOWN_KEYS = {
    **dict(zip("012345", ("auto", "file", "full", "lung", "mediastinum", "bone"), strict=True)),
    "I": "invert",
    "R": "rotate_right",
    "L": "rotate_left",
    "H": "flip_horizontally",
    "V": "flip_vertically",
    "Z": "zoom_tool",
    "+": "zoom_in",
    "-": "zoom_out",
    "=": "fit",
    "Space": "reset_view",
    "Esc": "cancel",
    "Up": "previous_image",
    "Down": "next_image",
    "PgUp": "previous_exam",
    "PgDown": "next_exam",
    "Ctrl+Left": "previous_exam",
    "Ctrl+Right": "next_exam",
    "Tab": "next_finding",
    "Shift+Tab": "previous_finding",
    "Enter": "accept",
    "Return": "accept",
    "Backspace": "reject",
    "Delete": "reject",
    "B": "add_box",
    "G": "show_truth",
    "[": "threshold_down",
    "]": "threshold_up",
    "D": "length",
    "A": "angle",
    "M": "magnifier",
    "Ctrl+Z": "undo",
    "Ctrl+Y": "redo",
    "Ctrl+Shift+Z": "redo",
    "F1": "show_keys",
    "F11": "full_screen",
    "Ctrl+K": "show_palette",
}
"""The habits of OHIF and Weasis; the digits choose windows."""


@pytest.mark.parametrize(("key", "command"), KNOWN_KEYS.items())
def test_the_keys_are_those_that_radiologists_know(key: str, command: str) -> None:
    wanted = f"window_{command}" if key.isdigit() else command
    assert [c.id for c in COMMANDS if key in c.keys] == [wanted]


def test_icons_are_of_one_family() -> None:
    assert all(command.icon.startswith("mdi6.") for command in COMMANDS if command.icon)


def test_keys_that_are_typed_into_text_work_only_while_reading() -> None:
    for command in COMMANDS:
        for key in command.keys:
            is_typed = not re.match(r"Ctrl|F\d", key)
            assert (command.scope is Scope.READING) == is_typed or key.startswith("Ctrl"), key


def test_each_command_calls_its_slot(actions: Actions) -> None:
    calls: list[str] = []
    actions.connect_all(slots(calls))
    for command in COMMANDS:
        actions[command.id].trigger()
    assert calls == [command.id for command in COMMANDS]


def test_a_missing_and_a_surplus_slot_are_refused(actions: Actions) -> None:
    missing = slots([])
    del missing["undo"]
    with pytest.raises(ValueError, match="undo"):
        actions.connect_all(missing)
    with pytest.raises(ValueError, match="teleport"):
        actions.connect_all({**slots([]), "teleport": lambda: None})


def test_the_menus_stand_in_order_and_hold_every_command_once(
    actions: Actions, qtbot: QtBot
) -> None:
    bar = QMenuBar()
    qtbot.addWidget(bar)
    actions.fill_menu_bar(bar)
    assert tuple(action.text() for action in bar.actions()) == MENUS

    def commands(menu: QMenu) -> list[str]:
        found: list[str] = []
        for action in menu.actions():
            if action.menu() is not None:
                found += commands(action.menu())
            elif not action.isSeparator():
                found.append(action.text())
        return found

    for menu_action in bar.actions():
        wanted = [c.text for c in COMMANDS if c.menu.partition("/")[0] == menu_action.text()]
        assert commands(menu_action.menu()) == wanted
        first = menu_action.menu().actions()[0]
        assert not first.isSeparator(), "a section that starts a menu needs no line above it"


def test_tool_tips_name_the_key(actions: Actions) -> None:
    assert actions["open_folder"].toolTip() == "Open a folder … (Ctrl+O)"
    for command in COMMANDS:
        key = f" ({native(command.keys[0])})" if command.keys else ""
        assert actions[command.id].toolTip() == command.text + key


def test_the_tool_bar_holds_the_commands_with_icons(actions: Actions, qtbot: QtBot) -> None:
    bar = QToolBar()
    qtbot.addWidget(bar)
    actions.fill_tool_bar(bar)
    held = [action for action in bar.actions() if not action.isSeparator()]
    assert held == [actions[command.id] for command in COMMANDS if command.icon]
    assert not any(action.icon().isNull() for action in held)


def test_reading_keys_work_where_they_were_allowed_and_not_in_a_text(
    actions: Actions, qtbot: QtBot
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    image, text = QWidget(window), QLineEdit(window)
    calls: list[str] = []
    actions.connect_all(slots(calls))
    actions.let_keys_work_in([image])
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    image.setFocus()
    qtbot.keyClick(image, Qt.Key.Key_U)
    assert calls == ["undecide"]
    text.setFocus()
    qtbot.keyClick(text, Qt.Key.Key_U)
    assert calls == ["undecide"]
    assert text.text() == "u"


def sheet(dialog: QWidget) -> list[tuple[str, str]]:
    """The rows of the key sheet: keys and words."""
    html = "".join(label.text() for label in dialog.findChildren(QLabel))
    rows = re.findall(r"<tr><td[^>]*><b>(.*?)</b></td><td[^>]*>(.*?)</td></tr>", html)
    return [(unescape(keys), unescape(text)) for keys, text in rows]


def test_the_key_sheet_lists_every_key_in_force_and_every_gesture(
    actions: Actions, window: QWidget, qtbot: QtBot
) -> None:
    dialog = dialogs.show_keys(window, actions)
    qtbot.addWidget(dialog)
    wanted = [
        (", ".join(map(native, command.keys)), command.text) for command in COMMANDS if command.keys
    ]
    assert sorted(sheet(dialog)) == sorted([*wanted, *MOUSE])
    actions.set_keys({"undo": ["Ctrl+Alt+U"]})
    again = dialogs.show_keys(window, actions)
    qtbot.addWidget(again)
    assert ("Ctrl+Alt+U", "Undo") in sheet(again)


def test_the_model_sheet_shows_the_card_or_why_there_is_none(window: QWidget, qtbot: QtBot) -> None:
    card = ModelCard(
        name="compact",
        version="7",
        preset=PRESETS["compact"],
        terms="None.",
        training_data="Phantoms.",
        training_command="true",
        score_threshold=0.2,
    )
    known = dialogs.show_model(window, card, "")
    qtbot.addWidget(known)
    assert "Phantoms." in words(known)
    unknown = dialogs.show_model(window, None, "The weights are truncated.")
    qtbot.addWidget(unknown)
    assert words(unknown) == "The weights are truncated."


def test_the_program_says_that_it_is_for_research(window: QWidget, qtbot: QtBot) -> None:
    about = dialogs.show_about(window)
    qtbot.addWidget(about)
    assert "Not a medical device" in words(about)


def words(dialog: QWidget) -> str:
    return " ".join(label.text() for label in dialog.findChildren(QLabel))
