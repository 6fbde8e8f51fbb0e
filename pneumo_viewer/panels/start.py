"""What the middle shows while nothing is open: where to begin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import qtawesome
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from pneumo_viewer.canvas.colours import SECONDARY, SELECTION, VIEWPORT
from pneumo_viewer.theme import LINE, UNIT


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
        self.setStyleSheet(f"#start {{ background: {VIEWPORT}; }}")
        target = QFrame()
        target.setObjectName("target")
        target.setStyleSheet(f"#target {{ border: 1px dashed {LINE}; border-radius: 8px; }}")
        target.setFixedWidth(480)
        layout = QVBoxLayout(target)
        layout.setContentsMargins(10 * UNIT, 10 * UNIT, 10 * UNIT, 8 * UNIT)
        layout.setSpacing(3 * UNIT)

        mark = QLabel()
        mark.setPixmap(qtawesome.icon("mdi6.lungs", color=SECONDARY).pixmap(56, 56))
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel("Drop chest radiographs here")
        title.setStyleSheet("font-size: 16px; font-weight: 600;")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        formats = QLabel("DICOM, PNG and JPEG. Nothing leaves this computer.")
        formats.setProperty("role", "secondary")
        formats.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open_button = QPushButton("  Open a folder   (Ctrl+O)")
        self.open_button.setIcon(qtawesome.icon("mdi6.folder-open-outline", color=SELECTION))
        self.open_button.setIconSize(QSize(20, 20))
        self.open_button.clicked.connect(self.open_requested)
        self.demo_button = QPushButton("  Demo studies")
        self.demo_button.setIcon(qtawesome.icon("mdi6.school-outline", color=SELECTION))
        self.demo_button.setIconSize(QSize(20, 20))
        self.demo_button.clicked.connect(self.demo_requested)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        for widget in (mark, title, formats, self.open_button, self.demo_button):
            layout.addWidget(widget)
        layout.addLayout(self._recent)

        note = QLabel("For research use only. Not a medical device.")
        note.setProperty("role", "secondary")
        outer = QVBoxLayout(self)
        outer.addStretch()
        outer.addWidget(target, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch()
        outer.addWidget(note, 0, Qt.AlignmentFlag.AlignHCenter)

    def show_recent(self, folders: Sequence[Path]) -> None:
        """List the folders that were opened lately."""
        while item := self._recent.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        if not folders:
            return
        heading = QLabel("Recent folders")
        heading.setProperty("role", "secondary")
        self._recent.addWidget(heading)
        for folder in folders[:5]:
            button = QPushButton()
            button.setFlat(True)
            button.setStyleSheet(
                f"QPushButton {{ text-align: left; border: none; background: none;"
                f" padding: 4px 0; color: {SELECTION}; }} QPushButton:hover, QPushButton:focus"
                " { text-decoration: underline; }"
            )
            button.setToolTip(str(folder))
            metrics = button.fontMetrics()
            button.setText(metrics.elidedText(str(folder), Qt.TextElideMode.ElideMiddle, 390))
            button.clicked.connect(
                lambda _=False, folder=folder: self.folder_requested.emit(folder)
            )
            self._recent.addWidget(button)
