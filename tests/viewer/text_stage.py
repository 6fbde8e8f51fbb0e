"""The dialogs of a window, and which of its texts have less room than they take."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QPushButton,
    QStyleOptionHeader,
    QTreeView,
    QWidget,
)

from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.worklist_rows import Column


def every_dialog(window: MainWindow) -> Iterator[QWidget]:
    """Open each dialog in turn; it is closed when the next is asked for."""
    for command in ("settings", "edit_keys", "show_keys", "about", "about_model"):
        before = set(QApplication.topLevelWidgets())
        window.actions_by_id[command].trigger()
        (dialog,) = (
            widget
            for widget in QApplication.topLevelWidgets()
            if widget not in before and widget.isVisible() and widget.isWindow()
        )
        yield dialog
        dialog.close()


def cut_texts(root: QWidget) -> Iterator[str]:
    """Labels and buttons that have less room than their words take."""
    for widget in root.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QLabel) and not widget.wordWrap() and type(widget) is QLabel:
            if widget.width() < widget.sizeHint().width():
                yield f"label {widget.text()!r}: {widget.width()} of {widget.sizeHint().width()}"
        elif isinstance(widget, QPushButton | QCheckBox):
            words = widget.fontMetrics().horizontalAdvance(widget.text())
            icon = 0 if widget.icon().isNull() else widget.iconSize().width()
            if widget.width() < words + icon:
                yield f"button {widget.text()!r}: {widget.width()} of {words + icon}"
            if widget.height() < widget.fontMetrics().height():
                yield f"button {widget.text()!r} is too low"


def cut_headers(tree: QTreeView) -> Iterator[str]:
    """Headings of the worklist that have less room than they take."""
    header = tree.header()
    for column in Column:
        option = QStyleOptionHeader()
        option.initFrom(header)
        option.text = str(tree.model().headerData(column, Qt.Orientation.Horizontal) or "")
        need = header.fontMetrics().horizontalAdvance(option.text)
        if header.sectionSize(column) < need:
            yield f"{option.text}: {header.sectionSize(column)} of {need}"
