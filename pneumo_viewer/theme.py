"""Colours, type sizes and spacing of the window; the one table of colours.

The viewport is black in every theme, so what is drawn on an image takes the dark colours from
:mod:`pneumo_viewer.canvas.colours`; panels ask :func:`colours` each time they paint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import qtawesome
from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QApplication, QWidget

from resources import ICONS

UNIT = 4
"""Spacing unit in device-independent pixels."""

TYPE_SIZE = 10.0
"""Points of the type for content, before it is scaled."""


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one theme, as ``#rrggbb``.

    Attributes
    ----------
    window, panel, raised, selected_row
        Backgrounds.
    line, handle
        Separators, and the handles of scroll bars.
    text, secondary, faint
        Texts of falling weight; faint is disabled, or below the threshold.
    selection
        Focus, links and what is chosen.
    warning, tick, detection, reader
        A problem, an accepted finding, the detector's and the reader's own boxes.
    """

    window: str
    panel: str
    raised: str
    selected_row: str
    line: str
    handle: str
    text: str
    secondary: str
    faint: str
    selection: str
    warning: str
    tick: str
    detection: str
    reader: str


DARK = Colours(
    window="#15181d",
    panel="#1b1f26",
    raised="#242a33",
    selected_row="#22364d",
    line="#2c323b",
    handle="#3a424e",
    text="#e6e9ed",
    secondary="#9aa4b0",
    faint="#969faa",
    selection="#4da3ff",
    warning="#ffc247",
    tick="#45d18a",
    detection="#ff4d40",
    reader="#ffc247",
)
LIGHT = Colours(
    window="#eef1f4",
    panel="#fafbfc",
    raised="#e4e9ef",
    selected_row="#d0e3fa",
    line="#c3cbd5",
    handle="#aab4c0",
    text="#171c22",
    secondary="#4a5562",
    faint="#56616e",
    selection="#0a58b5",
    warning="#7d5200",
    tick="#0a6b39",
    detection="#b82318",
    reader="#7d5200",
)
BACKGROUNDS = ("window", "panel", "raised", "selected_row")
TEXTS = ("text", "secondary", "faint", "selection", "warning", "tick")

_in_force = DARK
_scale = 1.0


def colours() -> Colours:
    """The colours of the theme in force; ask when painting, never once for all."""
    return _in_force


def scaled(length: int) -> int:
    """A length in pixels at the type size in force, for what holds text and has no layout."""
    return round(length * _scale)


class _ThemedIcon(QIconEngine):
    """An icon of the mdi6 family in the colours of the theme that is in force when it is drawn."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        role = "faint" if mode == QIcon.Mode.Disabled else self._role
        glyph: QIcon = qtawesome.icon(self._name, color=getattr(_in_force, role))
        glyph.paint(painter, rect)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _ThemedIcon(self._name, self._role)


def icon(name: str, role: str = "text") -> QIcon:
    """An icon that follows the theme.

    Parameters
    ----------
    name
        As qtawesome knows it, such as ``mdi6.undo``.
    role
        Name of a field of :class:`Colours`.
    """
    return QIcon(_ThemedIcon(name, role))


class _Restyler(QObject):
    def __init__(self, widget: QWidget, act: Callable[[], None]) -> None:
        super().__init__(widget)
        self._act = act
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.StyleChange:
            self._act()
        return super().eventFilter(watched, event)


def keep_styled(widget: QWidget, act: Callable[[], None]) -> None:
    """Call a function now, and again whenever the colours or the type size change."""
    act()
    _Restyler(widget, act)


class Theme(QObject):
    """Gives the application its colours and its type size, and follows the system if wished.

    Parameters
    ----------
    application
        The running application.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._choice = "dark"
        self._scale = 1.0
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow_system)

    def apply(self, choice: str, scale: float) -> None:
        """Put a theme in force; one that is in force already costs nothing.

        Parameters
        ----------
        choice
            "dark", "light" or "system".
        scale
            Of the type size, 1 to 2.
        """
        self._choice = choice
        self._scale = scale
        is_light = choice == "light" or (choice == "system" and self._system_is_light())
        wanted = (LIGHT if is_light else DARK, scale)
        if wanted != (_in_force, _scale) or not self._application.styleSheet():
            _apply(self._application, *wanted)

    def _system_is_light(self) -> bool:
        return self._application.styleHints().colorScheme() == Qt.ColorScheme.Light

    def _follow_system(self) -> None:
        if self._choice == "system":
            self.apply(self._choice, self._scale)


def _apply(application: QApplication, chosen: Colours, scale: float) -> None:
    global _in_force, _scale
    _in_force, _scale = chosen, scale
    palette = QPalette()
    for role, colour in {
        QPalette.ColorRole.Window: chosen.window,
        QPalette.ColorRole.WindowText: chosen.text,
        QPalette.ColorRole.Base: chosen.panel,
        QPalette.ColorRole.AlternateBase: chosen.raised,
        QPalette.ColorRole.Text: chosen.text,
        QPalette.ColorRole.Button: chosen.raised,
        QPalette.ColorRole.ButtonText: chosen.text,
        QPalette.ColorRole.ToolTipBase: chosen.raised,
        QPalette.ColorRole.ToolTipText: chosen.text,
        QPalette.ColorRole.PlaceholderText: chosen.secondary,
        QPalette.ColorRole.Highlight: chosen.selection,
        QPalette.ColorRole.HighlightedText: chosen.window,
        QPalette.ColorRole.Link: chosen.selection,
    }.items():
        palette.setColor(role, QColor(colour))
    application.setPalette(palette)
    font = QFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont))
    font.setPointSizeF(TYPE_SIZE * scale)
    font.setFeature(QFont.Tag("tnum"), 1)
    application.setFont(font)
    application.setStyleSheet(_style(chosen, TYPE_SIZE * scale))


def _style(c: Colours, size: float) -> str:
    return f"""
QWidget {{ color: {c.text}; }}
QMainWindow, QDialog {{ background: {c.window}; }}
QMainWindow::separator {{ background: {c.window}; width: 4px; height: 4px; }}
QMainWindow::separator:hover {{ background: {c.selection}; }}
QMenuBar {{ background: {c.window}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {c.raised}; }}
QMenu {{ background: {c.panel}; border: 1px solid {c.line}; padding: 4px; }}
QMenu::item {{ padding: 4px 24px 4px 28px; border-radius: 4px; }}
QMenu::item:selected {{ background: {c.selected_row}; }}
QMenu::item:disabled {{ color: {c.faint}; }}
QMenu::separator {{ height: 1px; background: {c.line}; margin: 4px 8px; }}
QToolBar {{ background: {c.window}; border: none; spacing: 4px; padding: 4px 8px; }}
QToolBar QToolButton {{ padding: 4px; }}
QToolBar::separator {{ background: {c.line}; width: 1px; margin: 4px 4px; }}
QToolButton {{ padding: 4px 8px; border-radius: 4px; border: 1px solid transparent; }}
QToolButton:hover {{ background: {c.raised}; }}
QToolButton:checked {{ background: {c.selected_row}; border-color: {c.selection}; }}
QToolButton:focus {{ border-color: {c.selection}; }}
QToolButton:disabled {{ color: {c.faint}; }}
QToolButton::menu-indicator {{ image: none; }}
QStatusBar {{ background: {c.window}; border-top: 1px solid {c.line}; color: {c.secondary}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ color: {c.secondary}; }}
QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QPlainTextEdit {{
    background: {c.window}; border: 1px solid {c.line}; border-radius: 4px; padding: 4px 8px;
    selection-background-color: {c.selection};
}}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus, QPlainTextEdit:focus {{
    border-color: {c.selection};
}}
QLineEdit, QComboBox, QPlainTextEdit {{ placeholder-text-color: {c.secondary}; }}
QComboBox::drop-down {{ border: none; width: 24px; }}
QComboBox::down-arrow, QSpinBox::down-arrow {{ image: url({ICONS.as_posix()}/down.svg); }}
QSpinBox::up-arrow {{ image: url({ICONS.as_posix()}/up.svg); }}
QSpinBox::up-button, QSpinBox::down-button {{ border: none; width: 24px; }}
QComboBox QAbstractItemView {{ background: {c.panel}; border: 1px solid {c.line}; }}
QListView::item {{ padding: 4px; }}
QAbstractItemView {{
    background: {c.panel}; border: 1px solid transparent; outline: none;
    selection-background-color: {c.selected_row}; selection-color: {c.text};
}}
QAbstractItemView:focus {{ border-color: {c.selection}; }}
QHeaderView {{ background: {c.panel}; }}
QHeaderView::section {{
    background: {c.panel}; color: {c.secondary}; border: none; border-bottom: 1px solid {c.line};
    padding: 4px;
}}
QTableView {{ gridline-color: {c.line}; }}
QTableView::item {{ padding: 0 4px; }}
QPushButton {{
    background: {c.raised}; border: 1px solid {c.line}; border-radius: 4px; padding: 4px 8px;
    }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QPushButton:hover {{ border-color: {c.secondary}; }}
QPushButton:pressed {{ background: {c.line}; }}
QPushButton:focus {{ border-color: {c.selection}; }}
QPushButton:disabled {{ color: {c.faint}; }}
QPushButton:checked {{ background: {c.selected_row}; border-color: {c.selection}; }}
QCheckBox::indicator, QRadioButton::indicator {{
    width: 12px; height: 12px; border: 1px solid {c.secondary}; background: {c.window};
}}
QCheckBox::indicator {{ border-radius: 3px; }}
QRadioButton::indicator {{ border-radius: 7px; }}
QCheckBox::indicator:checked, QRadioButton::indicator:checked {{
    background: {c.selection}; border-color: {c.selection};
}}
QCheckBox::indicator:checked {{ image: url({ICONS.as_posix()}/check.svg); }}
QRadioButton::indicator:checked {{ image: url({ICONS.as_posix()}/dot.svg); }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ border-color: {c.line}; }}
QCheckBox:focus, QRadioButton:focus {{ color: {c.selection}; }}
QProgressBar {{
    background: {c.raised}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px;
}}
QProgressBar::chunk {{ background: {c.selection}; border-radius: 3px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {c.handle}; border-radius: 4px; min-height: 24px; margin: 1px; }}
QScrollBar::handle:hover {{ background: {c.secondary}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {c.line}; }}
QTabBar {{ background: {c.panel}; }}
QTabBar::tab {{
    background: transparent; color: {c.secondary}; border: none; padding: 6px 8px;
    margin-right: 8px; border-bottom: 2px solid transparent;
}}
QTabBar::tab:hover {{ color: {c.text}; }}
QTabBar::tab:selected {{ color: {c.text}; border-bottom-color: {c.selection}; }}
QSplitter::handle {{ background: {c.panel}; }}
QToolTip {{
    background: {c.raised}; color: {c.text}; border: 1px solid {c.line}; padding: 4px;
}}
QLabel[role="heading"] {{ font-weight: 600; letter-spacing: 1px; color: {c.secondary}; }}
QLabel[role="secondary"] {{ color: {c.secondary}; }}
QLabel[role="figure"] {{ font-size: {size * 1.5:.1f}pt; font-weight: 600; }}
QLabel[role="title"] {{ font-size: {size * 1.25:.1f}pt; font-weight: 600; }}
QLabel[role="warning"] {{ color: {c.warning}; }}
QFrame[role="panel"] {{ background: {c.panel}; }}
QFrame[role="popup"] {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: 8px; }}
QFrame[role="notice"] {{ background: {c.raised}; border-bottom: 1px solid {c.line}; }}
#start {{ background: {c.window}; }}
#start #target {{ border: 1px dashed {c.line}; border-radius: 8px; }}
QPushButton[role="link"] {{
    text-align: left; border: none; background: none; padding: 4px 0; color: {c.selection};
}}
QPushButton[role="link"]:hover, QPushButton[role="link"]:focus {{ text-decoration: underline; }}
"""
