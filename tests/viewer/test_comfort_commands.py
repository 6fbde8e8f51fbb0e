"""Commands by typing, keys as the reader wants them, and settings made from their schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QComboBox, QLineEdit, QMainWindow, QSpinBox
from pytestqt.qtbot import QtBot

from pneumo_viewer.actions import Actions
from pneumo_viewer.commands import COMMANDS, Scope
from pneumo_viewer.keys import can_meet, changed_keys, conflicts
from pneumo_viewer.keys_dialog import KeysDialog
from pneumo_viewer.panels.palette import CommandPalette, find_commands, fuzzy_score
from pneumo_viewer.preferences import Preferences
from pneumo_viewer.settings import Settings, load_settings, save_settings, shown_settings
from pneumo_viewer.settings_dialog import SettingsDialog

OWN_KEYS = {command.id: command.keys for command in COMMANDS}
BY_ID = {command.id: command for command in COMMANDS}


@pytest.fixture
def actions(qapp: QObject) -> Iterator[Actions]:
    actions = Actions(qapp)
    yield actions
    actions.deleteLater()


@pytest.fixture
def preferences(actions: Actions) -> Preferences:
    preferences = Preferences(Settings(reader="ada"), actions)
    preferences.changed.connect(lambda settings: actions.set_keys(settings.keys))
    return preferences


@pytest.fixture
def window(qtbot: QtBot, actions: Actions) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    actions.fill_menu_bar(window.menuBar())
    window.setCentralWidget(QLineEdit())
    window.resize(900, 600)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


# Finding


def test_letters_at_words_and_in_a_row_count_most() -> None:
    assert fuzzy_score("nf", "Next finding") == 8 + 8  # both begin words
    assert fuzzy_score("ne", "Next finding") == 8 + 9  # N begins a word, e follows it
    assert fuzzy_score("xg", "Next finding") == 1 + 1
    assert fuzzy_score("n f", "Next finding") == 16  # blanks count for nothing
    assert fuzzy_score("fn", "Next finding") == 8 + 1  # the order typed
    assert fuzzy_score("gn", "Next finding") is None
    assert fuzzy_score("", "Next finding") == 0


def test_the_best_way_to_find_the_letters_counts() -> None:
    # "in" first meets the i of "minus", but "inner" is better: 8 + 9.
    assert fuzzy_score("in", "minus inner") == 17


@given(st.text(alphabet="abc ", max_size=6), st.text(alphabet="abc ", max_size=12))
def test_a_text_is_found_exactly_when_it_holds_the_letters_in_order(wanted: str, text: str) -> None:
    rest = iter(text)
    holds = all(letter in rest for letter in wanted.replace(" ", ""))
    assert (fuzzy_score(wanted, text) is not None) == holds


def test_the_best_command_is_first_and_equals_keep_the_order_of_the_menus() -> None:
    assert find_commands("undo", COMMANDS)[0].id == "undo"
    assert find_commands("", COMMANDS) == list(COMMANDS)
    assert find_commands("qqq", COMMANDS) == []


def test_ctrl_k_lists_what_can_be_done_now_and_enter_does_it(
    window: QMainWindow, actions: Actions, qtbot: QtBot
) -> None:
    palette = CommandPalette(actions, window)
    actions["show_palette"].triggered.connect(palette.open)
    actions["evaluate"].setEnabled(False)
    done: list[str] = []
    actions["undo"].triggered.connect(lambda: done.append("undo"))
    came_from = window.centralWidget()
    came_from.setFocus()
    qtbot.keyClick(came_from, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert palette.isVisible()
    assert palette.field.hasFocus()
    assert palette.found == [command.id for command in COMMANDS if command.id != "evaluate"]
    qtbot.keyClicks(palette.field, "undo")
    assert palette.found[0] == "undo"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["undo"]
    assert not palette.isVisible()
    assert came_from.hasFocus(), "the reader goes on where he was"


def test_the_palette_is_left_with_esc_and_gone_through_with_arrows(
    window: QMainWindow, actions: Actions, qtbot: QtBot
) -> None:
    palette = CommandPalette(actions, window)
    palette.open()
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_the_palette_names_the_keys_in_force(window: QMainWindow, actions: Actions) -> None:
    actions.set_keys({"undo": ["Ctrl+U"]})
    palette = CommandPalette(actions, window)
    palette.open()
    row = palette.found.index("undo")
    spoken = palette.list.model().index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Undo, Ctrl+U"


# Keys


def test_no_own_key_is_in_the_way_of_another() -> None:
    for command in COMMANDS:
        for key in command.keys:
            assert conflicts(OWN_KEYS, command, key) == [], (command.id, key)


def test_keys_of_the_window_meet_those_of_every_scope_and_others_only_their_own() -> None:
    assert can_meet(Scope.WINDOW, Scope.READING)
    assert can_meet(Scope.READING, Scope.WINDOW)
    assert can_meet(Scope.READING, Scope.READING)


def test_a_key_that_is_taken_is_told_with_what_has_it() -> None:
    assert conflicts(OWN_KEYS, BY_ID["accept"], "Ctrl+Z") == ["Undo"]
    assert conflicts(OWN_KEYS, BY_ID["undo"], "U") == ["Leave finding undecided"]
    assert conflicts(OWN_KEYS, BY_ID["undo"], "Ctrl+H") == ["Hide all boxes"]
    assert conflicts(OWN_KEYS, BY_ID["undo"], "Ctrl+Z") == [], "its own key is not in its way"
    assert conflicts(OWN_KEYS, BY_ID["undo"], "Ctrl+Alt+U") == []


def test_only_keys_that_were_changed_are_stored() -> None:
    assert changed_keys(OWN_KEYS) == {}
    assert changed_keys({**OWN_KEYS, "undo": ("F10",)}) == {"undo": ("F10",)}


def test_a_changed_key_works_in_menu_and_tool_tip_and_survives_a_restart(
    actions: Actions, preferences: Preferences, window: QMainWindow, tmp_path: Path
) -> None:
    dialog = KeysDialog(actions, preferences, window)
    dialog.choose("undo")
    dialog.key.setKeySequence(QKeySequence("Ctrl+Alt+U"))
    assert dialog.set_button.isEnabled()
    dialog.set_button.click()
    assert actions["undo"].shortcut() == QKeySequence("Ctrl+Alt+U")
    assert actions["undo"].toolTip() == "Undo (Ctrl+Alt+U)"
    save_settings(preferences.settings, tmp_path / "settings.json")
    stored, _ = load_settings(tmp_path / "settings.json")
    assert stored.keys == {"undo": ("Ctrl+Alt+U",)}
    dialog.close()


def test_a_key_in_the_way_of_another_is_refused_with_its_name(
    actions: Actions, preferences: Preferences, window: QMainWindow
) -> None:
    dialog = KeysDialog(actions, preferences, window)
    dialog.choose("accept")
    dialog.key.setKeySequence(QKeySequence("Ctrl+Z"))
    assert not dialog.set_button.isEnabled()
    assert not dialog.add_button.isEnabled()
    assert dialog.message.text() == "Ctrl+Z is the key of: Undo."
    dialog.close()


def test_a_key_is_added_removed_and_reset(
    actions: Actions, preferences: Preferences, window: QMainWindow
) -> None:
    dialog = KeysDialog(actions, preferences, window)
    dialog.choose("redo")
    own = BY_ID["redo"].keys
    dialog.key.setKeySequence(QKeySequence("Ctrl+Alt+R"))
    dialog.add_button.click()
    assert actions.keys["redo"] == (*own, "Ctrl+Alt+R")
    dialog.clear_button.click()
    assert actions.keys["redo"] == ()
    assert actions["redo"].toolTip() == "Redo"
    dialog.reset_button.click()
    assert actions.keys["redo"] == own
    assert preferences.settings.keys == {}
    dialog.close()


def test_a_reset_is_refused_where_another_command_has_the_key_by_now(
    actions: Actions, preferences: Preferences, window: QMainWindow
) -> None:
    preferences.change(keys={"undo": ("Ctrl+Alt+U",), "accept": ("Ctrl+Z",)})
    dialog = KeysDialog(actions, preferences, window)
    dialog.choose("undo")
    dialog.reset_button.click()
    assert actions.keys["undo"] == ("Ctrl+Alt+U",)
    assert dialog.message.text() == "Ctrl+Z is the key of: Accept finding."
    dialog.reset_all_button.click()
    assert actions.keys == OWN_KEYS
    dialog.close()


def test_the_commands_are_filtered_by_words_and_keys(
    actions: Actions, preferences: Preferences, window: QMainWindow
) -> None:
    dialog = KeysDialog(actions, preferences, window)
    dialog.filter.setText("ctrl+z")
    shown = [
        heading.child(row).text(0)
        for heading in map(dialog.tree.topLevelItem, range(dialog.tree.topLevelItemCount()))
        if not heading.isHidden()
        for row in range(heading.childCount())
        if not heading.child(row).isHidden()
    ]
    assert shown == ["Undo"]
    dialog.close()


# Settings


def test_every_shown_setting_has_words_and_a_group_and_every_choice_has_its_own() -> None:
    for setting in shown_settings():
        assert setting.title[0].isupper()
        assert setting.help.endswith(".")
        assert setting.group
        if "enum" in setting.schema:
            assert list(setting.choices) == setting.schema["enum"]


def test_the_dialog_is_made_from_the_schema(preferences: Preferences, window: QMainWindow) -> None:
    dialog = SettingsDialog(preferences, window)
    assert set(dialog.fields) == {s.name for s in shown_settings()}
    for setting in shown_settings():
        field = dialog.fields[setting.name]
        assert field.accessibleName() == setting.title
        assert field.toolTip() == setting.help
    size = dialog.fields["text_size"]
    assert isinstance(size, QSpinBox)
    assert (size.minimum(), size.maximum(), size.singleStep()) == (100, 200, 10)
    dialog.close()


def test_a_change_holds_at_once_and_a_change_from_elsewhere_is_shown(
    preferences: Preferences, window: QMainWindow
) -> None:
    dialog = SettingsDialog(preferences, window)
    theme, size = dialog.fields["theme"], dialog.fields["text_size"]
    assert isinstance(theme, QComboBox)
    assert isinstance(size, QSpinBox)
    assert not dialog.isModal()
    theme.setCurrentIndex(theme.findData("light"))
    theme.activated.emit(theme.currentIndex())
    size.setValue(150)
    assert (preferences.settings.theme, preferences.settings.text_size) == ("light", 150)
    preferences.change(theme="system")
    assert theme.currentText() == "As the system"
    dialog.close()


def test_a_reset_returns_what_is_shown_to_its_defaults_and_nothing_else(
    preferences: Preferences, window: QMainWindow
) -> None:
    kept = {"reader": "grace", "keys": {"undo": ("F10",)}}
    preferences.change(theme="light", text_size=200, drag_up="darker", **kept)
    dialog = SettingsDialog(preferences, window)
    dialog.reset_button.click()
    assert preferences.settings == Settings(**kept)
    dialog.close()


def test_a_value_out_of_bounds_changes_nothing(preferences: Preferences) -> None:
    before = preferences.settings
    with pytest.raises(ValidationError):
        preferences.change(text_size=1000)
    assert preferences.settings is before


def test_setting_the_same_again_tells_nobody(preferences: Preferences, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(preferences.changed):
        preferences.change(theme="dark")
        preferences.set(preferences.settings.model_copy())


def test_a_command_is_never_two_rows_of_the_editor(
    actions: Actions, preferences: Preferences, window: QMainWindow
) -> None:
    dialog = KeysDialog(actions, preferences, window)
    rows = sum(
        dialog.tree.topLevelItem(row).childCount() for row in range(dialog.tree.topLevelItemCount())
    )
    assert rows == len(COMMANDS)
    dialog.close()
