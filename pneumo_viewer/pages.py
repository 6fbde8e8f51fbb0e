"""The pages in the middle of the window, one of them in sight."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStackedWidget, QWidget


class Pages(QStackedWidget):
    """Needs as much room as the page in sight, where Qt would take that of the largest page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.currentChanged.connect(self.updateGeometry)

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        if page is None:
            return super().minimumSizeHint()
        own, hint = page.minimumSize(), page.minimumSizeHint()
        return QSize(own.width() or hint.width(), own.height() or hint.height())
