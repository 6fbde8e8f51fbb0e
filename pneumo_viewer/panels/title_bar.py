"""The heading by which a panel is named and dragged."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from pneumo_viewer.theme import UNIT


def title_bar(title: str, *widgets: QWidget) -> QWidget:
    """Make a heading with some widgets at its right end."""
    bar = QWidget()
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    layout = QHBoxLayout(bar)
    layout.setContentsMargins(3 * UNIT, 2 * UNIT, 3 * UNIT, UNIT)
    layout.addWidget(heading)
    layout.addStretch()
    for widget in widgets:
        layout.addWidget(widget)
    return bar
