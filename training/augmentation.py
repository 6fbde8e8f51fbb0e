"""Random changes of a training image that leave its finding what it is.

One affine map moves pixels and boxes together; one lookup table, a blur and noise change the grey
values. Everything is drawn from the generator that is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MINIMUM_VISIBLE = 0.5
"""Share of a box that must stay inside the image for the box to stay truth."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far images are changed.

    Attributes
    ----------
    flip
        Probability of a left-right flip.
    rotation_degrees, scaling, shift
        Half ranges of the affine map: an angle, a share of the size and a share of the image's
        side.
    gamma, contrast
        Half ranges of the logarithm of gamma and of a factor about mid-grey.
    brightness
        Half range of an added grey value.
    soften
        Probability of a loss of resolution to between 0.4 and 1 times: it hides from the network
        which data set an image comes from by how sharp it is.
    noise
        Highest standard deviation of the added noise, in grey values.
    """

    flip: float = 0.5
    rotation_degrees: float = 5.0
    scaling: float = 0.15
    shift: float = 0.06
    gamma: float = 0.35
    contrast: float = 0.2
    brightness: float = 25.0
    soften: float = 0.4
    noise: float = 6.0


def augment(
    image: NDArray[np.uint8],
    boxes: NDArray[np.float32],
    augmentation: Augmentation,
    size: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Change an image and its boxes at random.

    Parameters
    ----------
    image
        ``[S, S]`` grey values.
    boxes
        ``[N, 4]`` x0 y0 x1 y1 in its pixels.
    augmentation
        How far.
    size
        Side of the new image.
    generator
        Where chance comes from.

    Returns
    -------
    image, boxes
        New arrays of the same kinds; boxes that leave the image are cut or dropped.
    """
    matrix = random_affine(image.shape[0], augmentation, generator) * (size / image.shape[0])
    image, boxes = warp(image, boxes, matrix, size)
    return change_grey_values(image, augmentation, generator), boxes


def random_affine(
    size: int, augmentation: Augmentation, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Draw a flip, rotation, scaling and shift about the centre of a square, as ``[2, 3]``.

    The map takes continuous coordinates (x, y, 1) to continuous coordinates.
    """
    angle = np.radians(generator.uniform(-1, 1) * augmentation.rotation_degrees)
    scale = 1 + generator.uniform(-1, 1) * augmentation.scaling
    mirror = -1.0 if generator.random() < augmentation.flip else 1.0
    shift = generator.uniform(-1, 1, 2) * augmentation.shift * size
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cosine * mirror, -sine], [sine * mirror, cosine]])
    center = np.full(2, size / 2)
    return np.column_stack([linear, center + shift - linear @ center])


def warp(
    image: NDArray[np.uint8],
    boxes: NDArray[np.float32],
    matrix: NDArray[np.float64],
    size: int,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Move pixels and boxes by one affine map of continuous coordinates into a square.

    A box becomes the bounds of its inscribed ellipse after the map: findings are round, and the
    bounds of the box's turned corners would grow by a tenth at 5°.
    """
    linear, offset = matrix[:, :2], matrix[:, 2]
    half = np.full(2, 0.5)
    on_centres = np.column_stack([linear, linear @ half + offset - half])  # cv2: centre at (0, 0)
    moved = cv2.warpAffine(image, on_centres, (size, size), flags=cv2.INTER_LINEAR)
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2 @ linear.T + offset
    radii = np.sqrt(((boxes[:, 2:] - boxes[:, :2]) / 2) ** 2 @ (linear**2).T)
    whole = np.concatenate([centers - radii, centers + radii], axis=1)
    visible = whole.clip(0, size)
    is_kept = _areas(visible) >= MINIMUM_VISIBLE * _areas(whole)
    return np.asarray(moved, np.uint8), visible[is_kept].astype(np.float32)


def change_grey_values(
    image: NDArray[np.uint8], augmentation: Augmentation, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw gamma, contrast, brightness, a loss of resolution and noise."""
    gamma = np.exp(generator.uniform(-1, 1) * augmentation.gamma)
    factor = np.exp(generator.uniform(-1, 1) * augmentation.contrast)
    added = generator.uniform(-1, 1) * augmentation.brightness
    curve = 255 * (np.arange(256) / 255) ** gamma
    table = np.clip((curve - 128) * factor + 128 + added, 0, 255).astype(np.uint8)
    changed = cv2.LUT(image, table)
    if generator.random() < augmentation.soften:
        size = image.shape[0]
        smaller = max(1, round(size * generator.uniform(0.4, 1.0)))
        changed = cv2.resize(changed, (smaller, smaller), interpolation=cv2.INTER_AREA)
        changed = cv2.resize(changed, (size, size), interpolation=cv2.INTER_LINEAR)
    deviation = generator.random() * augmentation.noise
    noise = generator.standard_normal(image.shape, np.float32) * deviation
    return np.clip(changed + noise, 0, 255).astype(np.uint8)


def _areas(boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
