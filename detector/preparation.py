"""From grey values to the square that the network sees, and its boxes back to the image.

Training and inference both prepare images here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from detector.dicom.grey_values import render
from detector.presets import Preset
from detector.radiograph import Radiograph

PREPARATION: Final = "default view, 8 bit; centred letterbox, padding 0, area or linear; 1"
"""Names what this module does; weights carry it, and those made for other input are refused."""

CLAHE_CLIP_LIMIT: Final = 2.0
CLAHE_TILES: Final = (8, 8)
"""Tiles along x and y; the clip limit is a multiple of a tile's mean histogram count."""


@dataclass(frozen=True, slots=True)
class ImageMap:
    """Maps boxes between an image and the square that it was fitted into.

    Both planes have continuous pixel coordinates: the centre of the first pixel is (0.5, 0.5).

    Attributes
    ----------
    scale
        Network pixels per image pixel, along x and y. They differ by rounding only.
    offset
        Where the image's left upper corner lies in the square, x and y, in whole network pixels.
    """

    scale: tuple[float, float]
    offset: tuple[int, int]

    def to_network(self, boxes: ArrayLike) -> NDArray[np.float32]:
        """Map ``[N, 4]`` boxes x0 y0 x1 y1 from image pixels to network pixels."""
        return (_as_boxes(boxes) * (self.scale * 2) + self.offset * 2).astype(np.float32)

    def to_image(self, boxes: ArrayLike) -> NDArray[np.float32]:
        """Map ``[N, 4]`` boxes x0 y0 x1 y1 from network pixels to image pixels."""
        return ((_as_boxes(boxes) - self.offset * 2) / (self.scale * 2)).astype(np.float32)


def boxes_in_image(
    image_map: ImageMap,
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    extent: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Map detections from network pixels to an image and cut them at its edges.

    What lies wholly in the square's black bars is left out.

    Parameters
    ----------
    boxes, scores
        ``[N, 4]`` x0 y0 x1 y1 in network pixels, and ``[N]``.
    extent
        Width and height of the image.

    Returns
    -------
    boxes, scores
        ``[M, 4]`` in image pixels and ``[M]``, in the same order.
    """
    boxes = image_map.to_image(boxes).clip(0, np.array(extent * 2, np.float32))
    has_area = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    return boxes[has_area], scores[has_area]


def prepare(
    radiograph: Radiograph, size: int, preset: Preset
) -> tuple[NDArray[np.uint8], ImageMap]:
    """Render a radiograph as it is shown by default and fit it into the network's square.

    Where the preset asks for it, the image is first enhanced at its own resolution.

    Parameters
    ----------
    radiograph
        As read.
    size
        Side of the square in network pixels: ``preset.input_size`` at inference.
    preset
        Says how the image is enhanced.
    """
    return fit_to_square(enhance(render(radiograph), preset), size)


def enhance(grey: NDArray[np.uint8], preset: Preset) -> NDArray[np.uint8]:
    """Apply what the preset asks for: a 3×3 median, then CLAHE (Zuiderveld, Graphics Gems IV).

    Parameters
    ----------
    grey
        ``[H, W]`` grey values.
    preset
        Holds ``has_median_filter`` and ``has_clahe``.
    """
    if preset.has_median_filter:
        grey = np.asarray(cv2.medianBlur(grey, 3), np.uint8)
    if preset.has_clahe:
        grey = np.asarray(cv2.createCLAHE(CLAHE_CLIP_LIMIT, CLAHE_TILES).apply(grey), np.uint8)
    return grey


def fit_to_square(grey: NDArray[np.uint8], size: int) -> tuple[NDArray[np.uint8], ImageMap]:
    """Fit an image into a square: aspect ratio kept, centred, the rest black.

    Shrinking averages over areas, enlarging interpolates linearly; both keep pixel areas aligned
    (no half-pixel shift). The sides are rounded to whole pixels, and the map says exactly how.

    Parameters
    ----------
    grey
        ``[H, W]`` grey values, 0 is black.
    size
        Side of the square in network pixels.

    Returns
    -------
    square
        ``[size, size]``.
    image_map
        Maps boxes between ``grey`` and ``square``.
    """
    height, width = grey.shape
    ratio = size / max(height, width)
    fitted_width, fitted_height = (max(1, round(side * ratio)) for side in (width, height))
    left, top = (size - fitted_width) // 2, (size - fitted_height) // 2
    square = np.zeros((size, size), np.uint8)
    square[top : top + fitted_height, left : left + fitted_width] = cv2.resize(
        grey,
        (fitted_width, fitted_height),
        interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR,
    )
    return square, ImageMap((fitted_width / width, fitted_height / height), (left, top))


def _as_boxes(boxes: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(boxes, np.float64).reshape(-1, 4)
