"""The few windows beside the main one; none of them stops the reading."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from detector import __version__
from detector.model_card import ModelCard, card_as_markdown
from pneumo_viewer.actions import Actions, native_text
from pneumo_viewer.commands import COMMANDS, MENUS, MOUSE
from pneumo_viewer.theme import UNIT, colours
from pneumo_viewer.words import tr


def show_keys(parent: QWidget, actions: Actions) -> QDialog:
    """Show every key in force and every mouse gesture."""
    sections = []
    for menu in MENUS:
        rows = [
            (
                ", ".join(native_text(key) for key in actions.keys[command.id]),
                tr(command.text),
            )
            for command in COMMANDS
            if command.menu.partition("/")[0] == menu and actions.keys[command.id]
        ]
        if rows:
            sections.append((tr(menu), rows))
    sections.append((tr("Mouse"), [(tr(gesture), tr(effect)) for gesture, effect in MOUSE]))
    columns: list[list[str]] = [[], [], []]
    heights = [0, 0, 0]
    for title, rows in sections:
        shortest = heights.index(min(heights))
        columns[shortest].append(_table(title, rows))
        heights[shortest] += len(rows) + 2
    content = QWidget()
    layout = QHBoxLayout(content)
    layout.setSpacing(8 * UNIT)
    for column in columns:
        label = QLabel("".join(column))
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        label.setWordWrap(True)
        layout.addWidget(label, 1)
    return _dialog(parent, tr("Keys and mouse"), _scrolling(content), QSize(1240, 660))


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td style='padding-right:20px; white-space:nowrap'><b>{keys}</b></td>"
        f"<td>{text}</td></tr>"
        for keys, text in rows
    )
    heading = f"<p style='color:{colours().secondary}'>{title.upper()}</p>"
    return f"{heading}<table cellspacing='3'>{lines}</table>"


def show_model(parent: QWidget, card: ModelCard | None, problem: str) -> QDialog:
    """Show what is known of the loaded model."""
    text = QLabel()
    text.setWordWrap(True)
    text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if card is None:
        text.setText(problem)
    else:
        text.setTextFormat(Qt.TextFormat.MarkdownText)
        text.setText(card_as_markdown(card))
    return _dialog(parent, tr("Model"), _scrolling(text), QSize(720, 560))


def show_about(parent: QWidget) -> QDialog:
    """Show what this program is and what it is not."""
    text = QLabel(
        f"<h3>pneumo-viewer {__version__}</h3>"
        + tr(
            "<p>Review chest radiographs with an embedded anchor-free pneumonia detector, after "
            "Wu et al., <i>Pneumonia detection based on RSNA dataset and anchor-free deep learning "
            "detector</i>, Scientific Reports 14:1929 (2024).</p>"
            "<p><b>For research use only. Not a medical device.</b></p>"
            "<p>Demo studies: NIH ChestX-ray14, with thanks to the NIH Clinical Center "
            "(Wang et al., CVPR 2017).</p>"
        )
    )
    text.setWordWrap(True)
    text.setMinimumWidth(420)
    return _dialog(parent, tr("About"), text)


def _scrolling(content: QWidget) -> QScrollArea:
    scroll = QScrollArea()
    scroll.setWidget(content)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    return scroll


def _dialog(parent: QWidget, title: str, content: QWidget, size: QSize | None = None) -> QDialog:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    content.setAccessibleName(title)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(4 * UNIT, 4 * UNIT, 4 * UNIT, 4 * UNIT)
    layout.addWidget(content, 1)
    layout.addWidget(buttons)
    if size is not None:
        dialog.resize(size)
    dialog.show()
    return dialog
