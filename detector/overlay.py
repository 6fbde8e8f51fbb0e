"""A radiograph with its boxes drawn on it, as a picture."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.dicom.grey_values import render
from detector.radiograph import Radiograph

LONGEST_SIDE: Final = 2048
_RED: Final = (0, 0, 255)
_SUBPIXEL_BITS: Final = 4
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX


def draw_overlay(radiograph: Radiograph, detections: Detections) -> bytes:
    """Draw boxes in red with their scores on the radiograph as it is shown by default.

    Returns
    -------
    bytes
        A PNG file, at most :data:`LONGEST_SIDE` pixels a side.
    """
    grey = render(radiograph)
    scale = min(1.0, LONGEST_SIDE / max(grey.shape))
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    shown = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    picture = np.repeat(np.asarray(shown, np.uint8)[..., None], 3, axis=2)
    thickness = max(1, round(max(height, width) / 512))
    for box, score in zip(detections.boxes * scale, detections.scores, strict=True):
        _draw_box(picture, box, thickness)
        _write(picture, f"{score:.2f}", (float(box[0]), float(box[1])), thickness, _RED)
    model = detections.model
    caption = f"{model.name} {model.version}, research use only"
    _write(picture, caption, (0, height), thickness, (200, 200, 200))
    return cv2.imencode(".png", picture)[1].tobytes()


def _draw_box(picture: NDArray[np.uint8], box: NDArray[np.float32], thickness: int) -> None:
    """Draw a box by its continuous coordinates; OpenCV's integer ones name pixel centres."""
    x0, y0, x1, y1 = (round((float(edge) - 0.5) * 2**_SUBPIXEL_BITS) for edge in box)
    cv2.rectangle(
        picture, (x0, y0), (x1, y1), _RED, thickness, lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS
    )


def _write(
    picture: NDArray[np.uint8],
    text: str,
    corner: tuple[float, float],
    thickness: int,
    color: tuple[int, int, int],
) -> None:
    """Write on a black ground above a corner, moved so far that all of it lies in the picture."""
    scale = 0.5 * thickness
    (width, ascent), descent = cv2.getTextSize(text, _FONT, scale, thickness)
    height = ascent + descent
    left = max(0, min(round(corner[0]), picture.shape[1] - width))
    top = max(0, round(corner[1]) - height)
    picture[top : top + height, left : left + width] = 0
    cv2.putText(picture, text, (left, top + ascent), _FONT, scale, color, thickness, cv2.LINE_AA)
