"""Every word of the window can be translated, and German is complete and compiled."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from desk_stage import reading_window
from PySide6.QtCore import QCoreApplication, QSize, QTranslator
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QMenu,
    QPushButton,
    QRadioButton,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot
from text_stage import cut_headers, cut_texts, every_dialog

from pneumo_viewer import words
from pneumo_viewer.commands import COMMANDS, MENUS
from pneumo_viewer.dialogs import show_about, show_keys
from pneumo_viewer.keys_dialog import KeysDialog
from pneumo_viewer.language import choose_language
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.settings import Settings
from pneumo_viewer.settings_dialog import SettingsDialog
from pneumo_viewer.words import counted, tr
from resources import TRANSLATIONS

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "pneumo_viewer").rglob("*.py"))
GERMAN = TRANSLATIONS / "pneumo_viewer_de.ts"


def test_words_go_through_tr_and_mark_as_literals() -> None:
    """Else lupdate does not find them; of an f-string it does not see the inside either."""
    faults = []
    for path, tree in _trees():
        inside_f_strings = {
            node
            for text in ast.walk(tree)
            if isinstance(text, ast.JoinedStr)
            for node in ast.walk(text)
        }
        for call in _calls(tree, {"tr", "mark"}):
            first = call.args[0]
            is_literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
            if (
                isinstance(first, ast.JoinedStr)
                or (is_literal and call in inside_f_strings)
                or (not is_literal and _name(call) == "mark")
            ):
                faults.append(_place(path, call))
    assert faults == []


def test_no_text_is_shown_untranslated() -> None:
    faults = []
    for path, tree in _trees():
        for call in _calls(tree, SHOWING):
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            faults += [_place(path, text) for value in given for text in _raw_texts(value)]
        for command in _calls(tree, {"Command"}):
            faults += [_place(path, text) for text in _raw_texts(command.args[1])]
    assert faults == []


def test_no_sentence_stands_untranslated_anywhere_else() -> None:
    faults = []
    for path, tree in _trees():
        if path.relative_to(ROOT / "pneumo_viewer").as_posix().startswith(IN_ENGLISH):
            continue
        left_out = _not_for_people(tree)
        for node in ast.walk(tree):
            text = _text(node)
            if node not in left_out and text is not None and _is_sentence(text):
                faults.append(_place(path, node))
    assert faults == []


def test_the_file_of_translations_holds_exactly_the_words_of_the_window(tmp_path: Path) -> None:
    collected = tmp_path / "collected.ts"
    command = (
        "import make_translations as m, pathlib, sys; m.collect('de', pathlib.Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", command, collected], cwd=ROOT / "tests", check=True)
    known = set(_messages(GERMAN))
    assert set(_messages(collected)) == known
    assert known == {
        call.args[0].value
        for _, tree in _trees()
        for call in _calls(tree, {"tr", "mark"})
        if isinstance(call.args[0], ast.Constant)
    }


def test_every_word_is_translated_with_the_same_places_for_values() -> None:
    for source, translation in _messages(GERMAN).items():
        assert translation, source
        assert _places(translation) == _places(source)
        assert translation.endswith("…") == source.endswith("…"), source
        assert translation.endswith(".") == source.endswith("."), source


def test_what_ships_is_compiled_from_the_file_of_translations(tmp_path: Path) -> None:
    compiled = tmp_path / "compiled.qm"
    release = Path(sys.executable).with_name("pyside6-lrelease")
    subprocess.run(
        [release, "-silent", str(GERMAN), "-qm", str(compiled)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert compiled.read_bytes() == GERMAN.with_suffix(".qm").read_bytes()


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    """The window speaks German in this test, and English after it."""
    choose_language(qapp, "de")
    yield
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    words.speak(lambda text: text)


@pytest.fixture
def window(german: None, qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with reading_window(qtbot, tmp_path / "reviews.sqlite") as window:
        yield window


def test_one_thing_and_several_have_words_of_their_own(german: None) -> None:
    assert counted(1, tr("{n} exam"), tr("{n} exams")) == "1 Untersuchung"
    assert counted(2, tr("{n} exam"), tr("{n} exams")) == "2 Untersuchungen"


def test_in_german_every_command_says_german_in_menu_and_palette(window: MainWindow) -> None:
    german = _messages(GERMAN)
    titles = [action.text() for action in window.menuBar().actions()]
    assert titles == [german[title] for title in MENUS]
    named_anew = {"undo", "redo", "reveal"}
    for command in COMMANDS:
        if command.id not in named_anew:
            assert window.actions_by_id[command.id].text() == german[command.text]
    window.command_palette.open()
    window.command_palette.field.setText("Schwellenwert um 0,05 senken")
    assert window.command_palette.found == ["threshold_far_down"]


def test_in_german_steps_are_named_in_german(window: MainWindow) -> None:
    window.actions_by_id["accept"].trigger()
    assert window.actions_by_id["undo"].text() == "Rückgängig: Befund 1 annehmen"


def test_in_german_nothing_of_the_window_and_its_dialogs_is_left_in_english(
    window: MainWindow,
) -> None:
    german = _messages(GERMAN)
    same = {source for source, translation in german.items() if source == translation}
    dialogs = (
        show_keys(window, window.actions_by_id),
        show_about(window),
        KeysDialog(window.actions_by_id, window.preferences, window),
        SettingsDialog(window.preferences, window),
    )
    shown = {text for widget in (window, *dialogs) for text in _shown(widget)}
    for dialog in dialogs:
        dialog.close()
    assert len(shown) > 200
    assert sorted(shown & (german.keys() - same - set(german.values()))) == []


@pytest.mark.parametrize(
    ("scale", "size"), [(1.0, QSize(1280, 720)), (1.5, QSize(1920, 1080)), (2.0, QSize(2560, 1440))]
)
def test_no_german_text_is_cut_up_to_twice_the_size(
    window: MainWindow,
    qtbot: QtBot,
    large_text: Callable[[float], None],
    scale: float,
    size: QSize,
) -> None:
    window.show()
    large_text(scale)
    window.resize(size)
    qtbot.wait(50)
    assert window.size() == size, "it fits on a screen of this size"
    assert list(cut_texts(window)) == []
    assert list(cut_headers(window.worklist.tree)) == []
    for dialog in every_dialog(window):
        qtbot.wait(20)
        assert list(cut_texts(dialog)) == [], dialog.windowTitle()


def test_qts_own_words_in_dialogs_are_german(german: None) -> None:
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"


def test_english_needs_no_file(qapp: QApplication) -> None:
    choose_language(qapp, "en")
    try:
        assert tr("Settings") == "Settings"
    finally:
        words.speak(lambda text: text)


def test_german_can_be_chosen_in_the_settings() -> None:
    assert Settings(language="de").language == "de"


SHOWING = frozenset(
    {
        *("setText", "setWindowTitle", "setToolTip", "setStatusTip", "setTitle", "setIconText"),
        *("setPlaceholderText", "setAccessibleName", "setAccessibleDescription", "setLabel"),
        *("setSuffix", "setPrefix", "setTabText", "setItemText", "setHtml", "setPlainText"),
        *("setHeaderLabels", "setHorizontalHeaderLabels", "appendPlainText", "drawText", "addRow"),
        *("addAction", "addMenu", "addTab", "addItem", "addItems", "setData", "emit"),
        *("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory"),
        *("QLabel", "QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QGroupBox"),
        *("QDockWidget", "QAction", "QMenu", "QToolBar", "QFileDialog", "QTableWidgetItem"),
        *("QTreeWidgetItem", "QStandardItem", "Column", "title_bar", "secondary", "show_message"),
        *("say", "_say", "ask", "label_button", "LeftOut", "Cell", "WorkProgress", "CurvePlot"),
    }
)
"""Calls whose texts are seen by people; those of commands are looked at by themselves."""

NO_WORDS = frozenset(
    {
        *("pneumo-viewer", "CENTER"),  # names
        *("evaluate", "left"),  # of a command, and of an axis
        *("evaluation.pdf", "view.png", "png"),
        *("set verdict", "set own box", "set exam verdict", "set comment"),  # stored
        *("in progress", "no pneumonia", "Review/Selected box"),  # values and keys
        "Study Description",  # measured, not shown
        "Reveal the \0",  # no step to undo
        "Verdicts of \0",  # in reports; the window says it itself
    }
)

IN_ENGLISH = (
    "exchange/",  # files that other programs and other people read
    "__main__.py",  # the command lines
    "audit_command.py",
    "environment.py",
    "review/audit.py",
    "review/schema.py",  # SQL
    "bugs.py",  # the log
    "program_log.py",
    "jobs/",  # what worker processes raise is a bug, or comes from the detector
    "library/archives.py",  # reasons inside the sentences of the detector's errors
    "library/scanning.py",
    "library/tags.py",  # DICOM's own names beside values as they are in the file
    "theme.py",  # style sheets
)
_LOG = {"debug", "info", "warning", "error", "exception", "critical"}
_BUGS = {"LookupError", "ValueError", "TypeError", "KeyError", "RuntimeError", "AssertionError"}
_SENTENCE = re.compile(r"[A-Za-z]{2,}[,:;.]? \(?[A-Za-z]{2,}")
_CODE = re.compile(
    r"</|^\s*(SELECT|INSERT|DELETE|UPDATE|CREATE|PRAGMA|BEGIN)\b|: [\w-]+;|WHERE |%\("
)


def _trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in SOURCES:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _calls(tree: ast.AST, names: set[str] | frozenset[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in names and node.args:
            yield node


def _text(node: ast.AST) -> str | None:
    """The text of a literal, or what is fixed of an f-string."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "\0".join(_text(value) or "" for value in values)
    return None


def _raw_texts(node: ast.AST) -> Iterator[ast.AST]:
    """Literals with words among what a value may be; not those inside of calls."""
    match node:
        case ast.Constant(value=str() as text):
            shown = re.sub(r"<[^>]*>", "", text).strip()
            if re.search(r"[A-Za-z]{2}", shown) and "_" not in shown and shown not in NO_WORDS:
                yield node
        case ast.JoinedStr(values=values):
            for value in values:
                yield from _raw_texts(value)
        case ast.FormattedValue(value=value):
            yield from _raw_texts(value)
        case ast.IfExp(body=body, orelse=other):
            yield from (*_raw_texts(body), *_raw_texts(other))
        case ast.BinOp(left=left, right=right):
            yield from (*_raw_texts(left), *_raw_texts(right))
        case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
            for value in values:
                yield from _raw_texts(value)


def _not_for_people(tree: ast.Module) -> set[ast.AST]:
    """Docstrings, translated words, the log, messages of bugs, and parts of f-strings."""
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                left_out.add(text)
            case ast.Call() if _name(node) in {"tr", "mark", *_LOG, *_BUGS, "Field"}:
                left_out.update(ast.walk(node))
            case ast.Assert(msg=ast.AST() as message):
                left_out.update(ast.walk(message))
            case ast.JoinedStr(values=values):
                left_out.update(value for value in values if isinstance(value, ast.Constant))
    return left_out


def _is_sentence(text: str) -> bool:
    return bool(_SENTENCE.search(text)) and not _CODE.search(text) and text not in NO_WORDS


def _place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)[:80]}"


def _messages(path: Path) -> dict[str, str]:
    """Translations by source."""
    return {
        message.findtext("source", ""): message.findtext("translation", "")
        for message in ElementTree.parse(path).iter("message")
    }


def _places(text: str) -> set[tuple[str, str]]:
    """Name and format of each place for a value."""
    return {
        (name, form or "")
        for _, name, form, _ in string.Formatter().parse(text)
        if name is not None
    }


def _shown(root: QWidget) -> Iterator[str]:
    """Texts, titles, tool tips and accessible names below a widget."""
    for widget in (root, *root.findChildren(QWidget)):
        yield widget.windowTitle()
        yield widget.toolTip()
        yield widget.accessibleName()
        if isinstance(widget, QLabel | QPushButton | QCheckBox | QRadioButton):
            yield widget.text()
        if isinstance(widget, QGroupBox | QMenu):
            yield widget.title()
        if isinstance(widget, QDockWidget):
            yield widget.windowTitle()
        if isinstance(widget, QTabWidget):
            yield from (widget.tabText(row) for row in range(widget.count()))
        for action in widget.actions():
            yield action.text()
            yield action.toolTip()
