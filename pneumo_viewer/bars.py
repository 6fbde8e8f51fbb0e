"""The menus, the tool bar and the status bar of the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import (
    QLabel,
    QMainWindow,
    QMenu,
    QStatusBar,
    QToolButton,
)

from detector.model_card import ModelCard
from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.image_view import PointerReading
from pneumo_viewer.jobs.tasks import DetectorState
from pneumo_viewer.panels.notice import NoticeLine
from pneumo_viewer.panels.status import TaskProgress, WorkProgress, describe
from pneumo_viewer.theme import UNIT
from pneumo_viewer.tool_bar import ToolBar
from pneumo_viewer.words import tr

_ON_IMAGE = ("Image/Window", "Image/Measure", "delete_measurement")
_VIEWING = ("invert", "fit", "actual_size", "reset_view")
_READING = (
    ("accept", "reject", "undecide", "add_box"),
    ("exam_pneumonia", "exam_no_pneumonia", "exam_unsure", "comment"),
)
"""Sections of the context menus, commands and whole menus: short, so that the image is in sight."""


class Menus:
    """The menu bar and the context menu of the image.

    Attributes
    ----------
    by_title
        Each menu by its title, or ``Menu/Submenu``.
    recent
        The recent folders, in the File menu.
    context, beside
        What a right click opens, on the current image and on one beside it.
    """

    def __init__(self, window: QMainWindow, actions: Actions) -> None:
        self.by_title = actions.fill_menu_bar(window.menuBar())
        self.recent = QMenu(tr("Recent folders"), window)
        self.by_title["File"].insertMenu(actions["load_truth"], self.recent)
        self.context = self._joined((*_READING, _ON_IMAGE, _VIEWING), window, actions)
        self.beside = self._joined((_ON_IMAGE, _VIEWING), window, actions)

    def _joined(
        self, sections: Iterable[Iterable[str]], window: QMainWindow, actions: Actions
    ) -> QMenu:
        menu = QMenu(window)
        for section in sections:
            for name in section:
                if name in self.by_title:
                    menu.addMenu(self.by_title[name])
                else:
                    menu.addAction(actions[name])
            menu.addSeparator()
        return menu


def add_tool_bar(window: QMainWindow, actions: Actions, menus: Menus) -> ToolBar:
    """Make the tool bar: the commands with icons, and the windows as a menu."""
    tool_bar = ToolBar(window, actions)
    choice = QToolButton()
    choice.setText(tr("Window ▾"))
    choice.setToolTip(tr("Choose a window"))
    choice.setMenu(menus.by_title["Image/Window"])
    choice.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    tool_bar.insertWidget(actions["invert"], choice)
    window.addToolBar(tool_bar)
    return tool_bar


class StatusLine:
    """The status bar: work going on, the latest notice, the pointer's pixel and the detector.

    Attributes
    ----------
    scanning, scoring, exporting
        Progress of reading files, of the detector and of an export.
    task
        A task in one piece that takes long.
    notice
        The latest notice.
    """

    def __init__(self, bar: QStatusBar, card: ModelCard | None) -> None:
        self.scanning = WorkProgress(tr("Reading {done} of {total}"), tr("Stop reading"))
        self.scoring = WorkProgress(tr("Detecting {done} of {total}"), tr("Stop detecting"))
        self.exporting = WorkProgress(tr("Exporting {done} of {total}"), tr("Stop exporting"))
        self.task = TaskProgress()
        self.notice = NoticeLine()
        self._pointer = QLabel()
        self._detector = QLabel(tr("no model") if card is None else f"{card.name} {card.version}")
        bar.setContentsMargins(2 * UNIT, 0, 0, 0)
        bar.setSizeGripEnabled(False)
        bar.addWidget(self.scanning)
        bar.addWidget(self.scoring)
        bar.addWidget(self.exporting)
        bar.addWidget(self.task)
        bar.addWidget(self.notice, 1)
        research = QLabel(tr("Research use only"))
        research.setProperty("role", "secondary")
        for label in (self._pointer, self._detector, research):
            label.setContentsMargins(2 * UNIT, 0, 3 * UNIT, 0)
            bar.addPermanentWidget(label)

    def show_pointer(self, reading: PointerReading | None) -> None:
        """Show the pixel under the pointer."""
        self._pointer.setText(describe(reading))

    def show_detector(self, state: DetectorState) -> None:
        """Show what the detector runs on."""
        self._detector.setText(state.text)
