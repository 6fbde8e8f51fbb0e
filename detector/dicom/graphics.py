"""What a file draws over its image, overlays, and what it covers of it, the shutter."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.dicom.elements import Elements
from detector.radiograph import Overlay, Shutter

_OVERLAY_GROUPS = range(0x6000, 0x6020, 2)
_ROWS, _COLUMNS, _FRAMES, _FIRST_FRAME = 0x0010, 0x0011, 0x0015, 0x0051
_DESCRIPTION, _TYPE, _ORIGIN, _BITS_ALLOCATED = 0x0022, 0x0040, 0x0050, 0x0100
_LABEL, _DATA = 0x1500, 0x3000


def overlays_of(elements: Elements, frame: int) -> tuple[Overlay, ...]:
    """Read the overlays of one frame, counted from 0, PS3.3 C.9.2.

    An overlay of one frame lies over every frame of the image. One that contradicts itself, or is
    hidden in unused bits of the pixels as the standard allowed until 2004, is left out with a note.
    """
    overlays = (_overlay(elements, group << 16, frame) for group in _OVERLAY_GROUPS)
    return tuple(overlay for overlay in overlays if overlay is not None)


def _overlay(elements: Elements, group: int, frame: int) -> Overlay | None:
    rows, columns = elements.integer(group | _ROWS), elements.integer(group | _COLUMNS)
    if rows is None and columns is None:
        return None
    data = elements.data(group | _DATA)
    if data is None and elements.integer(group | _BITS_ALLOCATED) not in (None, 1):
        elements.note("An overlay in unused bits of the pixels is not shown.")
        return None
    count = elements.integer(group | _FRAMES) or 1
    first = elements.integer(group | _FIRST_FRAME) or 1
    index = frame - (first - 1) if count > 1 else 0
    origin = elements.numbers(group | _ORIGIN) or (1, 1)
    size = (rows or 0) * (columns or 0)
    is_whole = data is not None and 8 * len(data) >= size * count
    if not is_whole or size < 1 or count < 1 or len(origin) != 2:
        elements.note("An overlay contradicts itself and is left out.")
        return None
    if not 0 <= index < count:
        return None
    assert data is not None
    start = index * size
    packed = np.frombuffer(data, np.uint8)[start // 8 : -(-(start + size) // 8)]
    bits = np.unpackbits(packed, bitorder="little")[start % 8 :][:size]
    return Overlay(
        bitmap=bits.reshape(rows or 0, columns or 0).astype(np.bool_),
        left=int(origin[1]) - 1,
        top=int(origin[0]) - 1,
        is_region=elements.text(group | _TYPE) == "R",
        label=elements.text(group | _LABEL) or elements.text(group | _DESCRIPTION),
    )


def shutter_of(elements: Elements) -> Shutter | None:
    """Read the display shutter, PS3.3 C.7.6.11.

    The standard counts rows and columns from 1; a shape includes the pixels that it names. A shape
    without its measures is left out with a note.
    """
    shapes = [shape.upper() for shape in elements.texts("ShutterShape")]
    if not shapes:
        return None
    shutter = Shutter(
        rectangle=_rectangle(elements) if "RECTANGULAR" in shapes else None,
        circle=_circle(elements) if "CIRCULAR" in shapes else None,
        polygon=_polygon(elements) if "POLYGONAL" in shapes else (),
    )
    return None if shutter == Shutter() else shutter


def _rectangle(elements: Elements) -> tuple[float, float, float, float] | None:
    left = elements.number("ShutterLeftVerticalEdge")
    right = elements.number("ShutterRightVerticalEdge")
    top = elements.number("ShutterUpperHorizontalEdge")
    bottom = elements.number("ShutterLowerHorizontalEdge")
    if left is None or right is None or top is None or bottom is None:
        elements.note("A rectangular shutter is incomplete and is left out.")
        return None
    return left - 1, top - 1, right, bottom


def _circle(elements: Elements) -> tuple[float, float, float] | None:
    center = elements.numbers("CenterOfCircularShutter")
    radius = elements.number("RadiusOfCircularShutter")
    if len(center) != 2 or radius is None or radius <= 0:
        elements.note("A circular shutter is incomplete and is left out.")
        return None
    return center[1] - 0.5, center[0] - 0.5, radius


def _polygon(elements: Elements) -> tuple[tuple[float, float], ...]:
    numbers = elements.numbers("VerticesOfThePolygonalShutter")
    if len(numbers) < 6 or len(numbers) % 2:
        elements.note("A polygonal shutter is incomplete and is left out.")
        return ()
    return tuple((x - 0.5, y - 0.5) for y, x in zip(numbers[::2], numbers[1::2], strict=True))


def is_shut(shutter: Shutter, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Tell which pixels of an image ``[H, W]`` a shutter covers."""
    height, width = shape
    x, y = np.arange(width) + 0.5, np.arange(height)[:, np.newaxis] + 0.5
    shut = np.zeros((height, width), np.bool_)
    if shutter.rectangle is not None:
        x0, y0, x1, y1 = shutter.rectangle
        shut |= (x < x0) | (x > x1) | (y < y0) | (y > y1)
    if shutter.circle is not None:
        center_x, center_y, radius = shutter.circle
        shut |= (x - center_x) ** 2 + (y - center_y) ** 2 > radius**2
    if shutter.polygon:
        opened = np.zeros((height, width), np.uint8)
        limit = 4 * max(height, width)  # far outside, and small enough for OpenCV's integers
        vertices = np.clip(np.array(shutter.polygon) - 0.5, -limit, limit)
        cv2.fillPoly(opened, [vertices.round().astype(np.int32)], 1)
        shut |= opened == 0
    return shut


def overlay_marks(overlays: tuple[Overlay, ...], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Draw overlays, regions of interest by their outline: ``[H, W]``, 1 where a line runs."""
    marks = np.zeros(shape, np.uint8)
    height, width = shape
    for overlay in overlays:
        bitmap = overlay.bitmap.astype(np.uint8)
        if overlay.is_region:
            inside = cv2.erode(bitmap, np.ones((3, 3), np.uint8), borderValue=0)
            bitmap[inside > 0] = 0
        rows, columns = bitmap.shape
        top, left = max(overlay.top, 0), max(overlay.left, 0)
        bottom, right = min(overlay.top + rows, height), min(overlay.left + columns, width)
        if top < bottom and left < right:
            marks[top:bottom, left:right] |= bitmap[
                top - overlay.top : bottom - overlay.top,
                left - overlay.left : right - overlay.left,
            ]
    return marks
