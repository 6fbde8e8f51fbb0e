"""Random changes of a training image that leave its finding what it is.

Every change of place is one affine map of continuous coordinates that moves pixels and boxes
together. Everything is drawn here, from the generator that is passed in; the pixels are changed
later, a batch at once (:mod:`training.device_augmentation`).
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.presets import Augmentation

MINIMUM_VISIBLE = 0.5
"""Share of a box that must stay inside the image for the box to stay truth."""

CROP_MINIMUM_VISIBLE = 0.6
"""The same in the paper's crop, which is drawn so that every box keeps it."""

CROP_ATTEMPTS = 20

SOFTENED = 0.5
"""Share of images that lose resolution in ``strong`` augmentation."""

SOFT_SIDE = 256
"""Side in pixels through which those pass at most: that of the smallest images trained on."""

IDENTITY = np.eye(2, 3)


class Change(NamedTuple):
    """What is done to the pixels of one image, as :mod:`training.device_augmentation` does it.

    Attributes
    ----------
    size
        Side of the new image.
    matrix
        ``[2, 3]``, takes (x, y, 1) of the old image to (x, y) of the new one.
    gamma, gain, offset
        A grey value v in [0, 1] becomes v^gamma · gain + offset, cut to that range.
    sharpness
        The side of the coarser grid that the image passes through, as a share; 1 for none.
    noise
        Standard deviation of Gaussian noise.
    noise_seed
        Names the noise.
    """

    size: int
    matrix: NDArray[np.float64] = IDENTITY
    gamma: float = 1.0
    gain: float = 1.0
    offset: float = 0.0
    sharpness: float = 1.0
    noise: float = 0.0
    noise_seed: int = 0


def draw_change(
    kind: Augmentation,
    boxes: NDArray[np.float32],
    old_size: int,
    new_size: int,
    generator: np.random.Generator,
) -> tuple[Change, NDArray[np.float32]]:
    """Draw how to change an image, and move its boxes accordingly.

    Parameters
    ----------
    kind
        ``none``; ``da``, the paper's: one of the square's eight symmetries, brightness × U(0.5,
        1.5) and a crop that keeps 0.6 of each box; ``strong``: flip, affine map, gamma, contrast,
        brightness, loss of resolution and noise.
    boxes
        ``[N, 4]`` x0 y0 x1 y1 in pixels of the image.
    old_size, new_size
        Sides of the image and of the one that is made of it.
    generator
        Where chance comes from.

    Returns
    -------
    change, boxes
        For the pixels; and new boxes, cut at the edges or dropped where they leave the image.
    """
    matrix = IDENTITY
    if kind == "da":
        matrix = random_symmetry(old_size, generator)
        matrix = random_crop(move_boxes(boxes, matrix), old_size, generator) @ _square(matrix)
    elif kind == "strong":
        matrix = random_affine(old_size, generator)
    if new_size != old_size:
        matrix = matrix * (new_size / old_size)
    change = Change(new_size, matrix)
    if kind == "da":
        change = change._replace(gain=generator.uniform(0.5, 1.5))
    elif kind == "strong":
        change = _draw_grey_values(change, generator)
    return change, keep_visible(move_boxes(boxes, change.matrix), new_size)


def random_affine(
    size: int,
    generator: np.random.Generator,
    *,
    rotation_degrees: float = 5.0,
    scaling: float = 0.15,
    shift: float = 0.06,
) -> NDArray[np.float64]:
    """Draw a left-right flip, rotation, scaling and shift about the centre of a square.

    Parameters
    ----------
    size
        Side of the square.
    generator
        Where chance comes from.
    rotation_degrees, scaling, shift
        Half ranges: an angle, a share of the size, a share of the side.

    Returns
    -------
    matrix
        ``[2, 3]``, takes (x, y, 1) to (x, y).
    """
    angle = np.radians(generator.uniform(-1, 1) * rotation_degrees)
    scale = 1 + generator.uniform(-1, 1) * scaling
    mirror = -1.0 if generator.random() < 0.5 else 1.0
    moved = generator.uniform(-1, 1, 2) * shift * size
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    return _about_centre(np.array([[cosine * mirror, -sine], [sine * mirror, cosine]]), size, moved)


def random_symmetry(size: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw one of the eight maps of a square onto itself, as ``[2, 3]``."""
    signs = generator.choice([-1.0, 1.0], 2)
    linear = np.diag(signs)
    return _about_centre(linear[::-1] if generator.random() < 0.5 else linear, size, np.zeros(2))


def random_crop(
    boxes: NDArray[np.float32], size: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Draw a square part of a square, enlarged to the whole, as ``[2, 3]``.

    Its side is at least 0.6 of the whole, and each box keeps at least 0.6 of its area. Where twenty
    draws find none, the whole stays.
    """
    for _ in range(CROP_ATTEMPTS):
        side = size * generator.uniform(CROP_MINIMUM_VISIBLE, 1)
        corner = generator.uniform(0, size - side, 2)
        visible = boxes.clip(np.tile(corner, 2), np.tile(corner + side, 2))
        if np.all(_areas(visible) >= CROP_MINIMUM_VISIBLE * _areas(boxes)):
            scale = size / side
            return np.column_stack([np.eye(2) * scale, -corner * scale])
    return IDENTITY


def move_boxes(boxes: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Move boxes ``[N, 4]`` by an affine map of continuous coordinates.

    A box becomes the bounds of its inscribed ellipse after the map: findings are round, and the
    bounds of the box's turned corners would grow by a tenth at 5°. For maps that turn by right
    angles the two are the same.
    """
    linear, offset = matrix[:, :2], matrix[:, 2]
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2 @ linear.T + offset
    radii = np.sqrt(((boxes[:, 2:] - boxes[:, :2]) / 2) ** 2 @ (linear**2).T)
    return np.concatenate([centers - radii, centers + radii], axis=1).astype(np.float32)


def warp(
    image: NDArray[np.uint8],
    boxes: NDArray[np.float32],
    matrix: NDArray[np.float64],
    size: int,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Move pixels and boxes by an affine map of continuous coordinates into a square of a size.

    What comes from outside the image is black. Boxes are cut at the edge, and dropped where less
    than half of them is left.
    """
    linear, offset = matrix[:, :2], matrix[:, 2]
    half = np.full(2, 0.5)
    on_centers = np.column_stack([linear, linear @ half + offset - half])  # cv2: centre at (0, 0)
    moved = cv2.warpAffine(image, on_centers, (size, size), flags=cv2.INTER_LINEAR)
    return np.asarray(moved, np.uint8), keep_visible(move_boxes(boxes, matrix), size)


def keep_visible(boxes: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Cut boxes at the edges of a square, and drop those of which less than half is left."""
    visible = boxes.clip(0, size)
    return visible[_areas(visible) >= MINIMUM_VISIBLE * _areas(boxes)]


def _draw_grey_values(change: Change, generator: np.random.Generator) -> Change:
    """Draw gamma, contrast about the middle grey, brightness, a loss of resolution and noise.

    The loss of resolution hides from the network which data set an image comes from: a soft one
    may be of any.
    """
    contrast = float(np.exp(generator.uniform(-0.2, 0.2)))
    return change._replace(
        gamma=float(np.exp(generator.uniform(-0.35, 0.35))),
        gain=contrast,
        offset=0.5 * (1 - contrast) + generator.uniform(-0.1, 0.1),
        sharpness=(
            min(1.0, SOFT_SIDE / change.size) * generator.uniform(0.5, 1.0)
            if generator.random() < SOFTENED
            else 1.0
        ),
        noise=generator.uniform(0, 0.024),
        noise_seed=int(generator.integers(2**63)),
    )


def _about_centre(
    linear: NDArray[np.float64], size: int, shift: NDArray[np.float64]
) -> NDArray[np.float64]:
    center = np.full(2, size / 2)
    return np.column_stack([linear, center + shift - linear @ center])


def _square(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([matrix, (0, 0, 1)])


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
