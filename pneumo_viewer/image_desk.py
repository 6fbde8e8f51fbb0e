"""What the reader does with the image alone: size, windows, turns, tools and drawings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from detector.dicom.grey_values import offered_views
from detector.radiograph import LookupTable, Window
from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.tools import Tool
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.canvas.viewport_grid import ViewportGrid
from pneumo_viewer.canvas.windowing import describe_view
from pneumo_viewer.words import tr

_PRESETS = ("lung", "mediastinum", "bone")
_WITHOUT_IMAGE = {"delete_measurement", "cancel"}
"""Commands that are not enabled and disabled as there is an image."""


class ImageDesk(QObject):
    """Lets the commands on the image act on the active viewport, and keeps them at what it shows.

    The tool in hand goes along from viewport to viewport.

    Parameters
    ----------
    viewports
        Where the images are.
    actions
        Checked and enabled as the active viewport's tools are.
    window_menu
        Gets the windows of the file.
    """

    def __init__(
        self, viewports: ViewportGrid, actions: Actions, window_menu: QMenu, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewports = viewports
        self._active = viewports.active
        self._actions = actions
        self.file_windows = QMenu(tr("Windows of the file"), window_menu)
        window_menu.addMenu(self.file_windows)
        self.file_windows.aboutToShow.connect(self._fill_file_windows)
        self._of_image = self.slots().keys() - _WITHOUT_IMAGE
        actions["show_graphics"].setChecked(True)
        for viewport in viewports.viewports:
            viewport.tools.changed.connect(self._follow_tools)
            viewport.view_changed.connect(self._follow_image)
        viewports.active_changed.connect(self._follow_active)
        self._follow_tools()
        self._follow_image()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What the commands on the image call."""
        on_active = self._on_active
        return {
            "fit": on_active(Viewport.fit),
            "actual_size": on_active(Viewport.actual_size),
            "zoom_in": on_active(Viewport.zoom_in),
            "zoom_out": on_active(Viewport.zoom_out),
            "reset_view": on_active(Viewport.reset_view),
            "cancel": self._cancel_or_reset,
            "window_auto": on_active(Viewport.set_auto_window),
            "window_file": on_active(Viewport.set_file_window),
            "window_full": on_active(Viewport.set_full_range),
            **{f"window_{name}": partial(self._set_preset, name) for name in _PRESETS},
            "invert": self._set_inverted,
            "rotate_right": on_active(Viewport.rotate_right),
            "rotate_left": on_active(Viewport.rotate_left),
            "flip_horizontally": on_active(Viewport.flip_horizontally),
            "flip_vertically": on_active(Viewport.flip_vertically),
            "show_graphics": self._viewports.set_graphics_visible,
            "magnifier": self._viewports.set_magnifier,
            "delete_measurement": on_active(lambda viewport: viewport.tools.delete_selected()),
            **{tool.value: partial(self._take, tool) for tool in Tool},
        }

    def _on_active(self, act: Callable[[Viewport], None]) -> Callable[[], None]:
        return lambda: act(self._viewports.active)

    def _cancel_or_reset(self) -> None:
        """Give up what is being drawn, or the tool; where there is none, reset the view."""
        gave_up = [viewport.cancel_gesture() for viewport in self._viewports.viewports]
        if not any(gave_up):
            self._viewports.active.reset_view()

    def _set_preset(self, name: str) -> None:
        self._viewports.active.set_preset(name)

    def _set_view(self, view: Window | LookupTable) -> None:
        self._viewports.active.set_view(view)

    def _set_inverted(self, is_inverted: bool) -> None:
        if self._viewports.active.is_inverted != is_inverted:
            self._viewports.active.invert()

    def _take(self, tool: Tool, is_on: bool) -> None:
        tools = self._viewports.active.tools
        if is_on != (tools.tool is tool):
            tools.choose(tool if is_on else None)

    def _follow_active(self) -> None:
        before, self._active = self._active, self._viewports.active
        tool = before.tools.tool
        before.tools.choose(None)
        self._active.tools.choose(tool)
        self._follow_image()

    def _follow_tools(self) -> None:
        tools = self._viewports.active.tools
        for tool in Tool:
            self._actions[tool.value].setChecked(tools.tool is tool)
        self._actions["delete_measurement"].setEnabled(tools.selected is not None)

    def _follow_image(self) -> None:
        radiograph = self._viewports.active.radiograph
        for command in self._of_image:
            self._actions[command].setEnabled(radiograph is not None)
        self._actions["invert"].setChecked(self._viewports.active.is_inverted)
        has_graphics = radiograph is not None and bool(radiograph.overlays)
        self._actions["show_graphics"].setEnabled(has_graphics)
        views = () if radiograph is None else offered_views(radiograph)
        self.file_windows.setEnabled(bool(views))

    def _fill_file_windows(self) -> None:
        radiograph, menu = self._viewports.active.radiograph, self.file_windows
        menu.clear()
        for view in () if radiograph is None else offered_views(radiograph):
            explanation = view.explanation if isinstance(view, Window) else ""
            text = " · ".join(filter(None, [explanation, describe_view(view)]))
            menu.addAction(text, partial(self._set_view, view))
