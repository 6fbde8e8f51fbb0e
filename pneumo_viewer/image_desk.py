"""What the reader does with the image alone: windows of the file, turns, tools and drawings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from detector.dicom.grey_values import offered_views
from detector.radiograph import Window
from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.tools import Tool
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.canvas.windowing import describe_view


class ImageDesk(QObject):
    """Keeps the commands on the image at what the viewport shows.

    Parameters
    ----------
    viewport
        Where the image is.
    actions
        Checked and enabled as the viewport's tools are.
    window_menu
        Gets the windows of the file.
    """

    def __init__(
        self, viewport: Viewport, actions: Actions, window_menu: QMenu, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewport = viewport
        self._actions = actions
        self.file_windows = QMenu("Windows of the file", window_menu)
        window_menu.addMenu(self.file_windows)
        self.file_windows.aboutToShow.connect(self._fill_file_windows)
        actions["show_graphics"].setChecked(True)
        viewport.tools.changed.connect(self._follow_tools)
        viewport.view_changed.connect(self._follow_image)
        self._follow_tools()
        self._follow_image()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What the commands on the image call."""
        viewport = self._viewport
        return {
            "rotate_right": viewport.rotate_right,
            "rotate_left": viewport.rotate_left,
            "flip_horizontally": viewport.flip_horizontally,
            "flip_vertically": viewport.flip_vertically,
            "show_graphics": viewport.set_graphics_visible,
            "magnifier": viewport.set_magnifier,
            "delete_measurement": viewport.tools.delete_selected,
            **{tool.value: partial(self._take, tool) for tool in Tool},
        }

    def _take(self, tool: Tool, is_on: bool) -> None:
        tools = self._viewport.tools
        if is_on != (tools.tool is tool):
            tools.choose(tool if is_on else None)

    def _follow_tools(self) -> None:
        tools = self._viewport.tools
        for tool in Tool:
            self._actions[tool.value].setChecked(tools.tool is tool)
        self._actions["delete_measurement"].setEnabled(tools.selected is not None)

    def _follow_image(self) -> None:
        radiograph = self._viewport.radiograph
        for command in self.slots():
            if command != "delete_measurement":
                self._actions[command].setEnabled(radiograph is not None)
        has_graphics = radiograph is not None and bool(radiograph.overlays)
        self._actions["show_graphics"].setEnabled(has_graphics)
        views = () if radiograph is None else offered_views(radiograph)
        self.file_windows.setEnabled(bool(views))

    def _fill_file_windows(self) -> None:
        radiograph, menu = self._viewport.radiograph, self.file_windows
        menu.clear()
        for view in () if radiograph is None else offered_views(radiograph):
            explanation = view.explanation if isinstance(view, Window) else ""
            text = " · ".join(filter(None, [explanation, describe_view(view)]))
            menu.addAction(text, partial(self._viewport.set_view, view))
