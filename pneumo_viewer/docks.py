"""The panels around the middle: where they lie, at the start, now and after a reset."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QByteArray, QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from pneumo_viewer.actions import Actions
from pneumo_viewer.panels.scrolling import BESIDE, Scrolling
from pneumo_viewer.screens import bring_onto_screen

_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea


class Docks(QObject):
    """The docks of a window, each shown and hidden by the command ``show_NAME``.

    Parameters
    ----------
    window
        Where the docks lie.
    actions
        The commands.
    """

    def __init__(self, window: QMainWindow, actions: Actions) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._by_name: dict[str, QDockWidget] = {}
        self._initial = QByteArray()
        self._before_hiding: QByteArray | None = None

    def __getitem__(self, name: str) -> QDockWidget:
        return self._by_name[name]

    def add(
        self,
        name: str,
        title: str,
        panel: QWidget,
        area: Qt.DockWidgetArea,
        title_bar: QWidget | None = None,
        *,
        is_visible: bool = True,
        width: int = 340,
        height: int = 160,
    ) -> QDockWidget:
        """Put a panel into a dock.

        Parameters
        ----------
        name
            Of the command ``show_NAME`` and in the stored layout; never changed.
        title
            What the dock is called.
        panel, title_bar
            What it holds.
        area
            Where it lies at first.
        is_visible
            Whether it is open at first.
        width, height
            At first: the one at the sides, the other at the bottom.
        """
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(Scrolling(panel, BESIDE))
        if title_bar is not None:
            dock.setTitleBarWidget(title_bar)
        self._window.addDockWidget(area, dock)
        is_beside = area in (_LEFT, _RIGHT)
        direction = Qt.Orientation.Horizontal if is_beside else Qt.Orientation.Vertical
        self._window.resizeDocks([dock], [width if is_beside else height], direction)
        dock.setVisible(is_visible)
        command = self._actions[f"show_{name}"]
        command.setChecked(is_visible)
        dock.toggleViewAction().toggled.connect(command.setChecked)
        self._by_name[name] = dock
        return dock

    def add_behind_findings(
        self, name: str, title: str, panel: QWidget, title_bar: QWidget
    ) -> None:
        """Put a panel into a dock that shares the place of the findings, hidden at first."""
        dock = self.add(name, title, panel, _RIGHT, title_bar, is_visible=False)
        self._window.tabifyDockWidget(self._by_name["findings"], dock)
        self._by_name["findings"].raise_()

    @property
    def panels(self) -> list[QDockWidget]:
        """The docks in the order in which they were added."""
        return list(self._by_name.values())

    @property
    def slots(self) -> dict[str, Callable[[bool], None]]:
        """What the commands of the docks do."""
        return {f"show_{name}": partial(self._show, name) for name in self._by_name}

    @property
    def layout(self) -> str:
        """Where everything lies, or lay before all was hidden, base64."""
        layout = self._before_hiding or self._window.saveState()
        return layout.toBase64().toStdString()

    @property
    def are_hidden(self) -> bool:
        """Whether the whole window is left to the middle."""
        return self._before_hiding is not None

    def toggle_hidden(self) -> None:
        """Leave the whole window to the middle; called again, lay out everything as before."""
        if self._before_hiding is not None:
            self._window.restoreState(self._before_hiding)
            self._before_hiding = None
            return
        self._before_hiding = self._window.saveState()
        for dock in self._by_name.values():
            dock.hide()

    def restore(self, layout: str) -> None:
        """Remember how the window was built, and lay it out as it was left."""
        self._initial = self._window.saveState()
        if layout:
            self._window.restoreState(QByteArray.fromBase64(layout.encode("ascii")))
        for dock in self._by_name.values():
            if dock.isFloating():
                bring_onto_screen(dock)

    def reset(self) -> None:
        """Lay everything out as it was built."""
        self._before_hiding = None
        self._window.restoreState(self._initial)

    def bring_forward(self, name: str) -> None:
        """Show a dock before those that share its place."""
        self._by_name[name].show()
        self._by_name[name].raise_()
        self._actions[f"show_{name}"].setChecked(True)

    def _show(self, name: str, is_wanted: bool) -> None:
        """Show or hide a dock; one that lies behind another comes forward before it is hidden."""
        dock = self._by_name[name]
        if is_wanted != dock.isHidden():
            return  # it is so already
        is_behind = dock.isVisible() and dock.visibleRegion().isEmpty()
        if is_wanted or is_behind:
            self.bring_forward(name)
        else:
            dock.hide()
