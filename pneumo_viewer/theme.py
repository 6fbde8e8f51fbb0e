"""Colours, type sizes and spacing of the window: the reading room at night."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from pneumo_viewer.canvas.colours import SECONDARY, SELECTION, TEXT

WINDOW = "#15181d"
PANEL = "#1b1f26"
RAISED = "#242a33"
LINE = "#2c323b"
SELECTED_ROW = "#22364d"
WARNING = "#ffc247"

UNIT = 4
"""Spacing unit in device-independent pixels."""

_STYLE = f"""
QWidget {{ color: {TEXT}; }}
QMainWindow, QDialog {{ background: {WINDOW}; }}
QMainWindow::separator {{ background: {WINDOW}; width: 4px; height: 4px; }}
QMainWindow::separator:hover {{ background: {SELECTION}; }}
QMenuBar {{ background: {WINDOW}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 4px 8px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {RAISED}; }}
QMenu {{ background: {PANEL}; border: 1px solid {LINE}; padding: 4px; }}
QMenu::item {{ padding: 4px 24px 4px 28px; border-radius: 4px; }}
QMenu::item:selected {{ background: {SELECTED_ROW}; }}
QMenu::item:disabled {{ color: #626c78; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 4px 8px; }}
QToolBar {{ background: {WINDOW}; border: none; spacing: 4px; padding: 4px 8px; }}
QToolBar::separator {{ background: {LINE}; width: 1px; margin: 4px 4px; }}
QToolButton {{ padding: 4px 8px; border-radius: 4px; border: 1px solid transparent; }}
QToolButton:hover {{ background: {RAISED}; }}
QToolButton:checked {{ background: {SELECTED_ROW}; border-color: {SELECTION}; }}
QToolButton:disabled {{ color: #626c78; }}
QToolButton::menu-indicator {{ image: none; }}
QStatusBar {{ background: {WINDOW}; border-top: 1px solid {LINE}; color: {SECONDARY}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ color: {SECONDARY}; }}
QLineEdit, QComboBox, QSpinBox {{
    background: {WINDOW}; border: 1px solid {LINE}; border-radius: 4px; padding: 4px 8px;
    selection-background-color: {SELECTION};
}}
QLineEdit:focus, QComboBox:focus {{ border-color: {SELECTION}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox QAbstractItemView {{ background: {PANEL}; border: 1px solid {LINE}; }}
QAbstractItemView {{
    background: {PANEL}; border: none; outline: none;
    selection-background-color: {SELECTED_ROW}; selection-color: {TEXT};
}}
QHeaderView {{ background: {PANEL}; }}
QHeaderView::section {{
    background: {PANEL}; color: {SECONDARY}; border: none; border-bottom: 1px solid {LINE};
    padding: 4px;
}}
QTableView {{ gridline-color: {LINE}; }}
QTableView::item {{ padding: 0 4px; }}
QPushButton {{
    background: {RAISED}; border: 1px solid {LINE}; border-radius: 4px; padding: 4px 8px;
    min-height: 20px;
}}
QPushButton:hover {{ border-color: {SECONDARY}; }}
QPushButton:pressed {{ background: {LINE}; }}
QPushButton:focus {{ border-color: {SELECTION}; }}
QPushButton:disabled {{ color: #626c78; }}
QPushButton:checked {{ background: {SELECTED_ROW}; border-color: {SELECTION}; }}
QProgressBar {{
    background: {RAISED}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px;
}}
QProgressBar::chunk {{ background: {SELECTION}; border-radius: 3px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: #3a424e; border-radius: 4px; min-height: 24px; margin: 1px; }}
QScrollBar::handle:hover {{ background: {SECONDARY}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolTip {{
    background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px;
}}
QLabel[role="heading"] {{ font-weight: 600; letter-spacing: 1px; color: {SECONDARY}; }}
QLabel[role="secondary"] {{ color: {SECONDARY}; }}
QLabel[role="figure"] {{ font-size: 20px; font-weight: 600; }}
QFrame[role="panel"] {{ background: {PANEL}; }}
QFrame[role="notice"] {{ background: {RAISED}; border-bottom: 1px solid {LINE}; }}
"""


def apply_theme(application: QApplication) -> None:
    """Give the application its style, palette, font and style sheet."""
    application.setStyle("Fusion")
    palette = QPalette()
    for role, colour in {
        QPalette.ColorRole.Window: WINDOW,
        QPalette.ColorRole.WindowText: TEXT,
        QPalette.ColorRole.Base: PANEL,
        QPalette.ColorRole.AlternateBase: RAISED,
        QPalette.ColorRole.Text: TEXT,
        QPalette.ColorRole.Button: RAISED,
        QPalette.ColorRole.ButtonText: TEXT,
        QPalette.ColorRole.ToolTipBase: RAISED,
        QPalette.ColorRole.ToolTipText: TEXT,
        QPalette.ColorRole.PlaceholderText: SECONDARY,
        QPalette.ColorRole.Highlight: SELECTION,
        QPalette.ColorRole.HighlightedText: WINDOW,
        QPalette.ColorRole.Link: SELECTION,
    }.items():
        palette.setColor(role, QColor(colour))
    application.setPalette(palette)
    font = QFont(application.font())
    font.setPointSizeF(10)
    font.setFeature(QFont.Tag("tnum"), 1)
    application.setFont(font)
    application.setStyleSheet(_STYLE)
