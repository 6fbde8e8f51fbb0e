"""Findings put into radiographs that have none: painted ones, and real ones moved over.

Painting needs only where real boxes lie; it teaches the network what a box is before it sees the
few real ones. Moving a real opacity to the same place of another chest shows it in new company.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def paint_opacity(
    image: NDArray[np.uint8], box: NDArray[np.float32], generator: np.random.Generator
) -> None:
    """Paint a hazy opacity that fills a box, in place.

    An airspace opacity replaces air: it lifts grey values towards those of soft tissue, hides
    vessels in part, and fades at an uneven edge. So the paint is a blend towards a little more
    than a bright quantile of the box, weighted by a cloudy ellipse with a ragged outline.

    Parameters
    ----------
    image
        ``[S, S]`` grey values, changed inside the box only.
    box
        x0 y0 x1 y1 in its pixels.
    generator
        Where chance comes from.
    """
    window = _window(box, image.shape[0])
    height, width = image[window].shape
    if height < 4 or width < 4:
        return
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    power = generator.uniform(2.0, 3.5)
    radius = (
        np.abs((x + 0.5) / width * 2 - 1) ** power + np.abs((y + 0.5) / height * 2 - 1) ** power
    ) ** (1 / power)
    ragged = radius + generator.uniform(0.03, 0.16) * _clouds(height, width, 3, generator)
    softness = generator.uniform(0.2, 0.6)
    coverage = np.clip((1 - ragged) / softness, 0, 1)
    coverage = coverage * coverage * (3 - 2 * coverage)
    cells = int(generator.integers(2, 7))
    density = 1 + generator.uniform(0.05, 0.3) * _clouds(height, width, cells, generator)
    weight = np.clip(coverage * density * generator.uniform(0.25, 0.8), 0, 0.95)
    region = image[window].astype(np.float32)
    tissue = np.quantile(region, generator.uniform(0.8, 0.98)) + generator.uniform(5, 35)
    lifted = region + weight * np.maximum(tissue - region, 8.0)
    image[window] = np.clip(lifted, 0, 255).astype(np.uint8)


def move_opacity(
    donor: NDArray[np.uint8],
    box: NDArray[np.float32],
    image: NDArray[np.uint8],
    generator: np.random.Generator,
) -> None:
    """Blend the pixels of a real finding into the same place of another chest, in place.

    The patch is shifted in grey value so that its surroundings match the new ones, and fades at
    its edge.

    Parameters
    ----------
    donor, image
        ``[S, S]`` grey values; ``image`` is changed.
    box
        x0 y0 x1 y1 of the finding, in the pixels of both.
    generator
        Where chance comes from.
    """
    margin = 0.12 * (box[2:] - box[:2])
    window = _window(np.concatenate([box[:2] - margin, box[2:] + margin]), image.shape[0])
    patch, region = donor[window].astype(np.float32), image[window].astype(np.float32)
    height, width = patch.shape
    if height < 8 or width < 8:
        return
    rim_y, rim_x = max(2, height // 10), max(2, width // 10)
    inside = np.zeros((height, width), np.float32)
    inside[rim_y:-rim_y, rim_x:-rim_x] = 1
    blurred = cv2.GaussianBlur(inside, (0, 0), sigmaX=rim_x / 1.5, sigmaY=rim_y / 1.5)
    weight = np.asarray(blurred, np.float32)
    around = 1 - weight
    offset = ((region - patch) * around).sum() / around.sum()
    blended = region + generator.uniform(0.85, 1.0) * weight * (patch + offset - region)
    image[window] = np.clip(blended, 0, 255).astype(np.uint8)


def overlaps(box: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    """Whether a box shares any area with one of the others: real findings of an exam do not."""
    return bool(np.any(np.all((box[:2] < others[:, 2:]) & (box[2:] > others[:, :2]), axis=1)))


def _window(box: NDArray[np.float32], size: int) -> tuple[slice, slice]:
    x0, y0, x1, y1 = (int(value) for value in np.round(box).clip(0, size))
    return slice(y0, y1), slice(x0, x1)


def _clouds(
    height: int, width: int, cells: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Smooth noise of about ``cells`` clouds across, mean 0, deviation about 1."""
    coarse = generator.standard_normal((cells, cells), np.float32)
    fine = generator.standard_normal((2 * cells, 2 * cells), np.float32)
    smooth = [
        cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
        for noise in (coarse, fine)
    ]
    return np.asarray(smooth[0] + 0.5 * smooth[1], np.float32)
