"""Where the labels of boxes go, so that they cover neither findings nor one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GAP = 5.0
_COST_OF_OWN_BOX = 100.0
_COST_OF_TEXT = 30.0
_COST_OF_OTHER_BOX = 1.0


def place_labels(
    boxes: NDArray[np.float64],
    sizes: NDArray[np.float64],
    view: tuple[float, float],
    texts: NDArray[np.float64],
    other_boxes: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Place one label at the edge of each box, in the order given.

    Each label tries above, below, right and left of its box, at both ends of the edge, moved
    into the view where it would leave it, and takes the first place that covers least. Covering
    its own box costs most, then other labels and texts, then other boxes.

    Parameters
    ----------
    boxes
        ``[N, 4]`` x0 y0 x1 y1 in view coordinates, each at least partly inside the view.
    sizes
        ``[N, 2]`` widths and heights of the labels.
    view
        Width and height of the view.
    texts
        ``[M, 4]`` rectangles of other texts.
    other_boxes
        ``[K, 4]`` boxes without a label.

    Returns
    -------
    NDArray
        ``[N, 4]`` x0 y0 x1 y1 of the labels.
    """
    placed = np.empty((0, 4))
    for index, (box, size) in enumerate(zip(boxes, sizes, strict=True)):
        places = _places(box, size, view)
        others = np.concatenate([boxes[:index], boxes[index + 1 :], other_boxes])
        cost = (
            _COST_OF_OWN_BOX * _overlaps(places, box[np.newaxis])
            + _COST_OF_TEXT * _overlaps(places, np.concatenate([placed, texts]))
            + _COST_OF_OTHER_BOX * _overlaps(places, others)
        )
        placed = np.concatenate([placed, places[np.argmin(cost)][np.newaxis]])
    return placed


def _places(
    box: NDArray[np.float64], size: NDArray[np.float64], view: tuple[float, float]
) -> NDArray[np.float64]:
    """Return ``[8, 4]`` places around a box, the preferred one first, all inside the view."""
    x0, y0, x1, y1 = box
    width, height = size
    above, below = y0 - _GAP - height, y1 + _GAP
    before, after = x0 - _GAP - width, x1 + _GAP
    corners = np.array(
        [
            (x0, above),
            (x1 - width, above),
            (x0, below),
            (x1 - width, below),
            (after, y0),
            (before, y0),
            (after, y1 - height),
            (before, y1 - height),
        ]
    )
    corners = np.clip(corners, 0, np.maximum(np.array(view) - size, 0))
    return np.concatenate([corners, corners + size], axis=1)


def _overlaps(places: NDArray[np.float64], obstacles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each place the area that it shares with the obstacles, summed."""
    top_left = np.maximum(places[:, np.newaxis, :2], obstacles[np.newaxis, :, :2])
    bottom_right = np.minimum(places[:, np.newaxis, 2:], obstacles[np.newaxis, :, 2:])
    sides = np.clip(bottom_right - top_left, 0, None)
    areas: NDArray[np.float64] = (sides[..., 0] * sides[..., 1]).sum(axis=1)
    return areas
