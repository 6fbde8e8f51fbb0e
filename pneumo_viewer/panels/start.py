"""What the middle shows while nothing is open: where to begin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from pneumo_viewer.panels.scrolling import MIDDLE, Scrolling
from pneumo_viewer.theme import UNIT, icon, keep_styled, scaled
from pneumo_viewer.words import tr


class StartPage(QWidget):
    """A drop target with the three ways to begin."""

    open_requested = Signal()
    demo_requested = Signal()
    folder_requested = Signal(object)
    """Path of a recent folder."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("start")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        target = QFrame()
        target.setObjectName("target")
        layout = QVBoxLayout(target)
        layout.setContentsMargins(10 * UNIT, 10 * UNIT, 10 * UNIT, 8 * UNIT)
        layout.setSpacing(3 * UNIT)

        self._mark = QLabel()
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._target = target
        keep_styled(self, self._fit_text)
        title = QLabel(tr("Drop chest radiographs here"))
        title.setProperty("role", "title")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title.setWordWrap(True)
        formats = QLabel(
            tr("DICOM, PNG and JPEG. Nothing leaves this computer unless you send it.")
        )
        formats.setProperty("role", "secondary")
        formats.setAlignment(Qt.AlignmentFlag.AlignCenter)
        formats.setWordWrap(True)
        self.open_button = QPushButton()
        self.show_key("")
        self.open_button.setIcon(icon("mdi6.folder-open-outline", "selection"))
        self.open_button.setIconSize(QSize(20, 20))
        self.open_button.clicked.connect(self.open_requested)
        demo = tr("Demo studies")
        self.demo_button = QPushButton(f"  {demo}")
        self.demo_button.setIcon(icon("mdi6.school-outline", "selection"))
        self.demo_button.setIconSize(QSize(20, 20))
        self.demo_button.clicked.connect(self.demo_requested)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        for widget in (self._mark, title, formats, self.open_button, self.demo_button):
            layout.addWidget(widget)
        layout.addLayout(self._recent)

        note = QLabel(tr("For research use only. Not a medical device."))
        note.setProperty("role", "secondary")
        content = QWidget()
        column = QVBoxLayout(content)
        column.addStretch()
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(target, 100)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch()
        column.addWidget(note, 0, Qt.AlignmentFlag.AlignHCenter)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Scrolling(content, MIDDLE))

    def _fit_text(self) -> None:
        self._target.setMaximumWidth(scaled(480))
        self._mark.setPixmap(icon("mdi6.lungs", "secondary").pixmap(56, 56))

    def show_key(self, key: str) -> None:
        """Name the key that opens a folder."""
        words = tr("Open a folder")
        self.open_button.setText(f"  {words}   ({key})" if key else f"  {words}")

    def show_recent(self, folders: Sequence[Path]) -> None:
        """List the folders that were opened lately."""
        while item := self._recent.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        if not folders:
            return
        heading = QLabel(tr("Recent folders"))
        heading.setProperty("role", "secondary")
        self._recent.addWidget(heading)
        for folder in folders[:5]:
            button = QPushButton()
            button.setFlat(True)
            button.setProperty("role", "link")
            button.setToolTip(str(folder))
            metrics = button.fontMetrics()
            button.setText(
                metrics.elidedText(str(folder), Qt.TextElideMode.ElideMiddle, scaled(390))
            )
            button.clicked.connect(
                lambda _=False, folder=folder: self.folder_requested.emit(folder)
            )
            self._recent.addWidget(button)
