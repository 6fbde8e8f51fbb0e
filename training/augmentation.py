"""Random changes of a training image that leave its finding what it is.

Every change of place is one affine map of continuous coordinates that moves pixels and boxes
together. Everything is drawn from the generator that is passed in.
"""

from __future__ import annotations

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


def augment(
    kind: Augmentation,
    image: NDArray[np.uint8],
    boxes: NDArray[np.float32],
    size: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Change an image and its boxes at random, and bring them to a size.

    Parameters
    ----------
    kind
        ``none``; ``da``, the paper's: one of the square's eight symmetries, brightness × U(0.5,
        1.5) and a crop that keeps 0.6 of each box; ``strong``: flip, affine map, gamma, contrast,
        brightness, loss of resolution and noise.
    image
        ``[S, S]`` grey values.
    boxes
        ``[N, 4]`` x0 y0 x1 y1 in its pixels.
    size
        Side of the new image.
    generator
        Where chance comes from.

    Returns
    -------
    image, boxes
        New arrays of the same kinds; boxes that leave the image are cut or dropped.
    """
    matrix = IDENTITY
    if kind == "da":
        matrix = random_symmetry(image.shape[0], generator)
        matrix = random_crop(move_boxes(boxes, matrix), image.shape[0], generator) @ _square(matrix)
    elif kind == "strong":
        matrix = random_affine(image.shape[0], generator)
    image, boxes = warp(image, boxes, matrix * (size / image.shape[0]), size)
    if kind == "da":
        image = cv2.convertScaleAbs(image, alpha=generator.uniform(0.5, 1.5)).astype(np.uint8)
    elif kind == "strong":
        image = change_grey_values(image, generator)
    return image, boxes


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
    whole = move_boxes(boxes, matrix)
    visible = whole.clip(0, size)
    is_kept = _areas(visible) >= MINIMUM_VISIBLE * _areas(whole)
    return np.asarray(moved, np.uint8), visible[is_kept]


def change_grey_values(
    image: NDArray[np.uint8], generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw gamma, contrast, brightness, a loss of resolution and noise.

    The loss of resolution hides from the network which data set an image comes from: a soft one
    may be of any.
    """
    gamma = np.exp(generator.uniform(-0.35, 0.35))
    contrast = np.exp(generator.uniform(-0.2, 0.2))
    brightness = generator.uniform(-25, 25)
    curve = 255 * (np.arange(256) / 255) ** gamma
    table = np.clip((curve - 128) * contrast + 128 + brightness, 0, 255).astype(np.uint8)
    changed = cv2.LUT(image, table)
    if generator.random() < SOFTENED:
        size = image.shape[0]
        smaller = max(1, round(min(size, SOFT_SIDE) * generator.uniform(0.5, 1.0)))
        changed = cv2.resize(changed, (smaller, smaller), interpolation=cv2.INTER_AREA)
        changed = cv2.resize(changed, (size, size), interpolation=cv2.INTER_LINEAR)
    deviation = generator.uniform(0, 6)
    noise = generator.standard_normal(image.shape, np.float32) * np.float32(deviation)
    return np.clip(changed + noise, 0, 255).astype(np.uint8)


def _about_centre(
    linear: NDArray[np.float64], size: int, shift: NDArray[np.float64]
) -> NDArray[np.float64]:
    center = np.full(2, size / 2)
    return np.column_stack([linear, center + shift - linear @ center])


def _square(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([matrix, (0, 0, 1)])


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
