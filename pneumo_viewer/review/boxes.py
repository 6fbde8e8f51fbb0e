"""How a reader changes a box: it stays inside the image and keeps a smallest size.

Boxes are x0, y0, x1, y1 in continuous image pixels; a size is the image's width and height.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pneumo_viewer.review.findings import Box

SMALLEST_SIDE = 8.0
"""Image pixels. Nothing smaller is a finding, and it could not be taken hold of again."""


class Grip(NamedTuple):
    """What part of a box is moved: -1 its left or top edge, 1 its right or bottom edge.

    With 0 and 0 the whole box moves.
    """

    horizontal: int
    vertical: int


WHOLE = Grip(0, 0)


def draw_box(start: tuple[float, float], end: tuple[float, float], size: tuple[int, int]) -> Box:
    """The box between two points, clipped to the image and not too small."""
    x0, x1 = _span(start[0], end[0], size[0])
    y0, y1 = _span(start[1], end[1], size[1])
    return _rounded(x0, y0, x1, y1)


def change_box(box: Box, grip: Grip, right: float, down: float, size: tuple[int, int]) -> Box:
    """Move a box or some of its edges by image pixels.

    A box that moves keeps its size and stops at the edge of the image; an edge that moves stops
    there too, and before it comes too near to the opposite one.
    """
    x0, x1 = _moved(box[0], box[2], grip.horizontal, grip == WHOLE, right, size[0])
    y0, y1 = _moved(box[1], box[3], grip.vertical, grip == WHOLE, down, size[1])
    return _rounded(x0, y0, x1, y1)


def _span(start: float, end: float, length: int) -> tuple[float, float]:
    low, high = sorted((min(max(start, 0.0), length), min(max(end, 0.0), length)))
    missing = max(min(SMALLEST_SIDE, length) - (high - low), 0.0)
    low = min(max(low - missing / 2, 0.0), length - (high - low) - missing)
    return low, max(high, low + min(SMALLEST_SIDE, length))


def _moved(
    low: float, high: float, edge: int, is_whole: bool, step: float, length: int
) -> tuple[float, float]:
    least = min(SMALLEST_SIDE, length)
    if is_whole:
        side = min(max(high - low, least), length)
        low = min(max(low + step, 0.0), length - side)
        return low, low + side
    if edge < 0:
        return max(min(low + step, high - least), 0.0), high
    if edge > 0:
        return low, min(max(high + step, low + least), length)
    return low, high


def _rounded(x0: float, y0: float, x1: float, y1: float) -> Box:
    """Float32, as every box is."""
    a, b, c, d = np.array([x0, y0, x1, y1], np.float32).tolist()
    return a, b, c, d
