"""One radiograph in a scrollable view: which grey values, how large, and which part of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent, QTransform
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView

from detector.dicom.grey_values import (
    apply_table,
    automatic_window,
    default_view,
    display_table,
    full_range_window,
    modality_values,
)
from detector.radiograph import LookupTable, Radiograph, Window
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.image_item import ImageItem
from pneumo_viewer.canvas.placement import (
    CLOCKWISE,
    COUNTERCLOCKWISE,
    LEFT_TO_RIGHT,
    TOP_TO_BOTTOM,
    UPRIGHT,
    Placement,
    RelativeView,
    Turn,
)
from pneumo_viewer.canvas.windowing import (
    dragged_window,
    preset_window,
    region_window,
    window_of,
)

SMALLEST_ZOOM, LARGEST_ZOOM = 0.05, 32.0
_ZOOM_STEP = 1.25
_SCENE_REACH = 1e6
"""Image pixels around the origin that the scene covers, far beyond any image."""


@dataclass(frozen=True, slots=True)
class PointerReading:
    """The pixel under the mouse.

    Attributes
    ----------
    x, y
        Column and row from 0.
    stored
        The stored value.
    value
        After the modality transformation.
    displayed
        From 0, black, to 255, white.
    """

    x: int
    y: int
    stored: int
    value: float
    displayed: int


class ImageView(QGraphicsView):
    """Shows one radiograph.

    The view's transformation alone says where the image lies; the scroll bars stay at zero, since
    they count whole pixels and their rounding adds up.
    """

    view_changed = Signal()
    """The window, the inversion, the turn, the zoom or the visible part is another."""
    moved = Signal()
    """The reader zoomed or went to another part of the image."""
    resized = Signal()
    """The view has another size."""
    image_changed = Signal()
    """Another image is shown, or none; not for another frame of the same one."""

    def __init__(self) -> None:
        super().__init__()
        self._scene = QGraphicsScene(self)
        self._scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._scene.setSceneRect(-_SCENE_REACH, -_SCENE_REACH, 2 * _SCENE_REACH, 2 * _SCENE_REACH)
        self._image_item = ImageItem()
        self._scene.addItem(self._image_item)
        self.setScene(self._scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setBackgroundBrush(QColor(colours.VIEWPORT))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self._radiograph: Radiograph | None = None
        self._placement: Placement | None = None
        self._shown: Placement | None = None
        self._view: Window | LookupTable | None = None
        self._table: NDArray[np.uint8] | None = None
        self._is_inverted = False
        self.is_up_brighter = True
        """What an upward drag does."""
        self._value_range: float | None = None

    @property
    def radiograph(self) -> Radiograph | None:
        """The image that is shown."""
        return self._radiograph

    def show_radiograph(self, radiograph: Radiograph | None) -> None:
        """Show an image upright in its default window, fitted.

        Another frame of the same image is shown as the frame before was.
        """
        before, self._radiograph = self._radiograph, radiograph
        self._value_range = None
        if radiograph is not None and before is not None and _are_frames(before, radiograph):
            assert self._view is not None
            self._image_item.set_image(radiograph)
            self.set_view(self._view)
            return
        self._view = None
        self._table = None
        self._is_inverted = False
        self._placement = self._shown = None
        self._image_item.set_image(radiograph)
        if radiograph is None:
            self.view_changed.emit()
            self.image_changed.emit()
            return
        height, width = radiograph.pixels.shape
        aspect = radiograph.pixel_aspect
        self._place(
            Placement.fitted((width, height), self._size(), self._largest_scale(), aspect=aspect)
        )
        self.set_file_window()
        self.image_changed.emit()

    # --- grey values -------------------------------------------------------------------------

    @property
    def view(self) -> Window | LookupTable | None:
        """The window or table in use; None without an image."""
        return self._view

    @property
    def is_inverted(self) -> bool:
        """Whether the reader inverted the image."""
        return self._is_inverted

    def set_view(self, view: Window | LookupTable) -> None:
        """Show the image through a window or table."""
        if self._radiograph is None:
            return
        self._view = view
        self._table = display_table(self._radiograph.grey, view, self._is_inverted)
        self._image_item.set_table(self._table)
        self._changed()

    def set_auto_window(self) -> None:
        """Window from the image's own values."""
        if self._radiograph is not None:
            self.set_view(automatic_window(self._radiograph))

    def set_file_window(self) -> None:
        """Return to the view that the file asks for."""
        if self._radiograph is not None:
            self.set_view(default_view(self._radiograph))

    def set_full_range(self) -> None:
        """Show every value that can be stored."""
        if self._radiograph is not None:
            self.set_view(full_range_window(self._radiograph))

    def set_preset(self, name: str) -> None:
        """Window for "lung", "mediastinum" or "bone"."""
        if self._radiograph is not None:
            self.set_view(preset_window(self._radiograph, name))

    def set_graphics_visible(self, are_visible: bool) -> None:
        """Show or hide the overlays that the file draws on the image."""
        self._image_item.set_graphics_visible(are_visible)

    def invert(self) -> None:
        """Exchange black and white."""
        self._is_inverted = not self._is_inverted
        if self._view is not None:
            self.set_view(self._view)

    def drag_window(self, right: float, up: float) -> None:
        """Widen the window by a drag to the right, brighten the image by a drag upwards."""
        if self._radiograph is None or self._view is None:
            return
        if self._value_range is None:
            self._value_range = automatic_window(self._radiograph).width
        larger_is_darker = self._radiograph.grey.is_inverted != self._is_inverted
        window = window_of(self._view)
        up = up if self.is_up_brighter else -up
        self.set_view(dragged_window(window, right, up, self._value_range, larger_is_darker))

    def window_from_region(self, region: QRectF) -> None:
        """Window from the values in a rectangle of the view."""
        if self._radiograph is None or self._shown is None:
            return
        box = (region.left(), region.top(), region.right(), region.bottom())
        self.set_view(region_window(self._radiograph, *self._shown.box_to_image(box)))

    def read_pixel(self, position: QPointF) -> PointerReading | None:
        """Read the pixel at a point of the view; None beside the image."""
        if self._radiograph is None or self._placement is None or self._table is None:
            return None
        x, y = (int(value // 1) for value in self.to_image(position))
        height, width = self._radiograph.pixels.shape
        if not (0 <= x < width and 0 <= y < height):
            return None
        grey = self._radiograph.grey
        pixel = self._radiograph.pixels[y : y + 1, x : x + 1]
        return PointerReading(
            x,
            y,
            stored=int(pixel[0, 0]),
            value=float(modality_values(pixel, grey)[0, 0]),
            displayed=int(apply_table(pixel, self._table)[0, 0]),
        )

    # --- size and place ----------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        """Pixels of the screen per image pixel; 1 without an image."""
        return self._placement.scale * self.devicePixelRatioF() if self._placement else 1.0

    @property
    def turn(self) -> Turn:
        """How the image lies."""
        return self._placement.turn if self._placement else UPRIGHT

    def rotate_right(self) -> None:
        """Turn the image clockwise by a right angle."""
        self._turn(self.turn.then(CLOCKWISE))

    def rotate_left(self) -> None:
        """Turn the image counterclockwise by a right angle."""
        self._turn(self.turn.then(COUNTERCLOCKWISE))

    def flip_horizontally(self) -> None:
        """Exchange left and right of what is seen."""
        self._turn(self.turn.then(LEFT_TO_RIGHT))

    def flip_vertically(self) -> None:
        """Exchange top and bottom of what is seen."""
        self._turn(self.turn.then(TOP_TO_BOTTOM))

    def _turn(self, turn: Turn) -> None:
        if self._placement is not None:
            self._place(self._placement.turned(turn, self._largest_scale()))
            self._changed()

    def fit(self) -> None:
        """Show the whole image, also when the view changes its size."""
        if self._placement is not None:
            self._place(self._placement.refitted(self._largest_scale()))
            self._changed()
            self.moved.emit()

    def actual_size(self) -> None:
        """Show one image pixel on one pixel of the screen."""
        self.zoom_at(self._middle(), 1 / self.zoom)

    def zoom_in(self) -> None:
        """Enlarge about the middle of the view."""
        self.zoom_at(self._middle(), _ZOOM_STEP)

    def zoom_out(self) -> None:
        """Reduce about the middle of the view."""
        self.zoom_at(self._middle(), 1 / _ZOOM_STEP)

    def zoom_at(self, point: QPointF, factor: float) -> None:
        """Enlarge and keep the image point under a point of the view where it is."""
        if self._placement is None:
            return
        zoom = min(max(self.zoom * factor, SMALLEST_ZOOM), LARGEST_ZOOM)
        scale = zoom / self.devicePixelRatioF()
        self._place(self._placement.zoomed(scale, point.x(), point.y()))
        self._changed()
        self.moved.emit()

    def pan(self, right: float, down: float) -> None:
        """Move the image by view pixels."""
        if self._placement is not None:
            self._place(self._placement.panned(right, down))
            self._changed()
            self.moved.emit()

    def reset_view(self) -> None:
        """Return to the file's own window, not inverted, upright, fitted."""
        self._is_inverted = False
        self._turn(UPRIGHT)
        self.set_file_window()
        self.fit()

    def show_box(self, box: tuple[float, float, float, float]) -> None:
        """Bring a box x0 y0 x1 y1 to the middle if it is not wholly visible."""
        if self._placement is None or self._placement.shows(box):
            return
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        self._place(self._placement.centered(*middle))
        self._changed()
        self.moved.emit()

    @property
    def relative_view(self) -> RelativeView | None:
        """What of the image is seen; None without one."""
        return self._placement.relative(self._largest_scale()) if self._placement else None

    def follow(self, view: RelativeView) -> None:
        """Show the same part as another view does of its image."""
        if self._placement is not None:
            smallest = SMALLEST_ZOOM / self.devicePixelRatioF()
            self._place(self._placement.following(view, smallest, self._largest_scale()))
            self._changed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again while the image is fitted, else keep the middle where it is."""
        super().resizeEvent(event)
        if self._placement is not None:
            self._place(self._placement.resized(self._size(), self._largest_scale()))
            self._changed()
            self.resized.emit()

    def _place(self, placement: Placement) -> None:
        """Put the image's corner on a whole pixel of the screen, so that 100 % is sharp."""
        self._placement = placement
        self._shown = placement.on_whole_pixels(self.devicePixelRatioF())
        xx, xy, yx, yy = self._shown.matrix()
        self.setTransform(QTransform(xx, yx, xy, yy, *self._shown.offset()))

    def _changed(self) -> None:
        self.viewport().update()
        self.view_changed.emit()

    def to_image(self, position: QPointF) -> tuple[float, float]:
        """Map a point of the view into the image that is shown."""
        assert self._shown is not None
        return self._shown.to_image(position.x(), position.y())

    def to_view(self, x: float, y: float) -> QPointF:
        """Map a point of the image that is shown into the view."""
        assert self._shown is not None
        return QPointF(*self._shown.to_view(x, y))

    def box_to_view(self, box: tuple[float, float, float, float]) -> QRectF:
        """Map a box x0 y0 x1 y1 of the image that is shown into the view."""
        assert self._shown is not None
        x0, y0, x1, y1 = self._shown.box_to_view(box)
        return QRectF(QPointF(x0, y0), QPointF(x1, y1))

    def _largest_scale(self) -> float:
        return LARGEST_ZOOM / self.devicePixelRatioF()

    def _size(self) -> tuple[float, float]:
        return max(self.viewport().width(), 1), max(self.viewport().height(), 1)

    def _middle(self) -> QPointF:
        width, height = self._size()
        return QPointF(width / 2, height / 2)

    def _view_size(self) -> QSizeF:
        return QSizeF(*self._size())


def _are_frames(one: Radiograph, other: Radiograph) -> bool:
    return (one.identity.key, one.pixels.shape) == (other.identity.key, other.pixels.shape) and (
        one.frame != other.frame
    )
