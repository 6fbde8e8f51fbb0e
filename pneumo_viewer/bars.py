"""The menus, the tool bar and the status bar of the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QLabel,
    QMainWindow,
    QMenu,
    QStatusBar,
    QToolBar,
    QToolButton,
)

from detector.model_card import ModelCard
from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.image_view import PointerReading
from pneumo_viewer.jobs.tasks import DetectorState
from pneumo_viewer.panels.notice import NoticeLine
from pneumo_viewer.panels.status import TaskProgress, WorkProgress, describe
from pneumo_viewer.theme import UNIT, keep_styled, scaled

_WORDS = {"open_folder": "Open", "show_truth": "Truth", "evaluate": "Evaluate"}
"""Commands that have a word beside the icon."""
_IMAGE_MENUS = ("Image/Measure", "Image/Window")


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
        self.recent = QMenu("Recent folders", window)
        self.by_title["File"].insertMenu(actions["load_truth"], self.recent)
        self.context = self._joined((*_IMAGE_MENUS, "Review"), window)
        self.beside = self._joined(_IMAGE_MENUS, window)

    def _joined(self, titles: Iterable[str], window: QMainWindow) -> QMenu:
        menu = QMenu(window)
        for title in titles:
            menu.addActions(self.by_title[title].actions())
            menu.addSeparator()
        return menu


def add_tool_bar(window: QMainWindow, actions: Actions, menus: Menus) -> QToolBar:
    """Make the tool bar: the commands with icons, and the windows as a menu."""
    tool_bar = QToolBar("Tools", window)
    tool_bar.setObjectName("Tools")
    tool_bar.setMovable(False)
    tool_bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    keep_styled(tool_bar, lambda: tool_bar.setIconSize(QSize(scaled(24), scaled(24))))
    actions.fill_tool_bar(tool_bar)
    choice = QToolButton()
    choice.setText("Window ▾")
    choice.setToolTip("Choose a window")
    choice.setMenu(menus.by_title["Image/Window"])
    choice.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    tool_bar.insertWidget(actions["invert"], choice)
    for command, word in _WORDS.items():
        actions[command].setIconText(word)
        button = tool_bar.widgetForAction(actions[command])
        if isinstance(button, QToolButton):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
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
        self.scanning = WorkProgress("Reading")
        self.scoring = WorkProgress("Detecting")
        self.exporting = WorkProgress("Exporting")
        self.task = TaskProgress()
        self.notice = NoticeLine()
        self._pointer = QLabel()
        self._detector = QLabel("no model" if card is None else f"{card.name} {card.version}")
        bar.setContentsMargins(2 * UNIT, 0, 0, 0)
        bar.setSizeGripEnabled(False)
        bar.addWidget(self.scanning)
        bar.addWidget(self.scoring)
        bar.addWidget(self.exporting)
        bar.addWidget(self.task)
        bar.addWidget(self.notice, 1)
        research = QLabel("Research use only")
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
