"""The two themes: legible by computation, followed everywhere, as large as wished."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QStyleHints
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

import pneumo_viewer
from pneumo_viewer import theme
from pneumo_viewer.canvas import colours as on_image
from pneumo_viewer.settings import Settings
from pneumo_viewer.theme import BACKGROUNDS, DARK, LIGHT, TEXTS, Colours, Theme, colours, icon

SOURCES = Path(pneumo_viewer.__file__).parent


@pytest.fixture
def applied(qapp: QApplication) -> Iterator[Theme]:
    """A theme that can be changed; afterwards it is the dark one again."""
    made = Theme(qapp)
    yield made
    made.apply("dark", 1.0)
    made.deleteLater()


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definitions)."""
    rgb = QColor(colour)
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (rgb.redF(), rgb.greenF(), rgb.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2, definitions), 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_definition() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WCAG's known example


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("shown", [DARK, LIGHT], ids=["dark", "light"])
def test_every_text_is_legible_on_every_background(
    shown: Colours, text: str, background: str
) -> None:
    assert contrast(getattr(shown, text), getattr(shown, background)) >= 4.5


@pytest.mark.parametrize(
    "text", ["TEXT", "SECONDARY", "SELECTION", "WARNING", "TICK", "READER", "DETECTION", "TRUTH"]
)
def test_every_text_on_the_image_is_legible_on_black(text: str) -> None:
    assert contrast(getattr(on_image, text), on_image.VIEWPORT) >= 4.5


@pytest.mark.parametrize("shown", [DARK, LIGHT], ids=["dark", "light"])
def test_the_text_on_a_selection_is_legible(shown: Colours) -> None:
    assert contrast(shown.window, shown.selection) >= 4.5


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("shown", [DARK, LIGHT], ids=["dark", "light"])
def test_marks_that_are_no_text_can_be_told_from_every_background(
    shown: Colours, background: str
) -> None:
    for mark in ("detection", "reader", "selection"):
        assert contrast(getattr(shown, mark), getattr(shown, background)) >= 3  # WCAG 1.4.11


def test_the_dark_colours_are_those_of_the_reading_room() -> None:
    assert (DARK.window, DARK.panel, DARK.line) == ("#15181d", "#1b1f26", "#2c323b")
    assert (DARK.text, DARK.secondary, DARK.selection) == ("#e6e9ed", "#9aa4b0", "#4da3ff")
    assert (DARK.detection, DARK.reader, DARK.tick) == ("#ff4d40", "#ffc247", "#45d18a")
    assert on_image.VIEWPORT == "#000000"
    assert Settings().theme == "dark"


def test_panels_name_no_colour_and_none_of_the_image_but_its_black() -> None:
    """Every colour is in the one table; what a panel takes once would not follow the theme."""
    for source in SOURCES.rglob("*.py"):
        if source.parent.name == "canvas" or source.name == "theme.py":
            continue
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "pneumo_viewer.canvas.colours":
                assert [name.name for name in node.names] == ["VIEWPORT"], source
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                is_colour = node.value.startswith("#") and QColor(node.value).isValid()
                assert not is_colour, f"{source} names {node.value}"


def test_the_light_theme_changes_the_panels_and_leaves_the_image_on_black(
    applied: Theme, qtbot: QtBot
) -> None:
    label = QLabel("text")
    qtbot.addWidget(label)
    label.ensurePolished()
    applied.apply("light", 1.0)
    assert colours() is LIGHT
    assert label.palette().windowText().color() == QColor(LIGHT.text)
    assert DARK.text == on_image.TEXT
    applied.apply("dark", 1.0)
    assert label.palette().windowText().color() == QColor(DARK.text)


def test_as_the_system_follows_the_system_while_the_program_runs(
    applied: Theme, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = {"scheme": Qt.ColorScheme.Unknown}
    monkeypatch.setattr(QStyleHints, "colorScheme", lambda _: system["scheme"])
    applied.apply("system", 1.0)
    assert colours() is DARK, "where the system says nothing"

    def switch(scheme: Qt.ColorScheme) -> None:
        system["scheme"] = scheme
        qapp.styleHints().colorSchemeChanged.emit(scheme)

    switch(Qt.ColorScheme.Light)
    assert colours() is LIGHT
    switch(Qt.ColorScheme.Dark)
    assert colours() is DARK
    applied.apply("light", 1.0)
    switch(Qt.ColorScheme.Dark)
    assert colours() is LIGHT, "a reader's choice is not the system's to change"


def darkest(shown: QIcon, mode: QIcon.Mode) -> str:
    """The colour of the glyph: of the pixels that are wholly painted."""
    image = shown.pixmap(QSize(32, 32), mode).toImage()
    painted = [
        image.pixelColor(x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    ]
    assert painted
    return painted[len(painted) // 2].name()


def test_icons_follow_the_theme_without_being_made_again(applied: Theme) -> None:
    shown = icon("mdi6.square", "text")
    seen = []
    for choice in ("dark", "light"):
        applied.apply(choice, 1.0)
        seen.append((darkest(shown, QIcon.Mode.Normal), darkest(shown, QIcon.Mode.Disabled)))
    assert seen == [(DARK.text, DARK.faint), (LIGHT.text, LIGHT.faint)]


def test_the_text_grows_with_its_setting(applied: Theme, qtbot: QtBot) -> None:
    label = QLabel("text")
    title = QLabel("title")
    title.setProperty("role", "title")
    for widget in (label, title):
        qtbot.addWidget(widget)
        widget.ensurePolished()
    applied.apply("dark", 1.0)
    before = label.font().pointSizeF(), title.font().pointSizeF()
    applied.apply("dark", 2.0)
    assert (label.font().pointSizeF(), title.font().pointSizeF()) == pytest.approx(
        (2 * before[0], 2 * before[1])
    )
    assert before == pytest.approx((theme.TYPE_SIZE, 1.25 * theme.TYPE_SIZE))


def test_both_themes_have_every_colour() -> None:
    for shown in (DARK, LIGHT):
        assert all(QColor(getattr(shown, field.name)).isValid() for field in fields(Colours))
