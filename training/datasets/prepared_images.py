"""Radiographs decoded once, fitted to the training size and kept in one memory-mapped array."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.dicom.grey_values import render
from detector.dicom.reading import read_radiograph
from detector.preparation import PREPARATION, ImageMap, fit_to_square
from training.datasets.labelled_image import DataSetError, LabelledImage

TOLERANCE = 1.0
"""Image pixels by which a box may reach beyond its image: readers' tools round."""


@dataclass(frozen=True, eq=False, slots=True)
class PreparedImages:
    """Radiographs as the network sees them, and their boxes in its pixels.

    Attributes
    ----------
    images
        Where they come from.
    pixels
        ``[N, S, S]`` uint8, read-only, mapped from disk.
    maps
        Between each image and its square.
    extents
        Width and height of each image.
    """

    images: tuple[LabelledImage, ...]
    pixels: NDArray[np.uint8]
    maps: tuple[ImageMap, ...]
    extents: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """Side of the squares, in pixels."""
        return int(self.pixels.shape[1])

    def boxes(self, index: int) -> NDArray[np.float32]:
        """Boxes of one image, ``[N, 4]`` in network pixels."""
        return self.maps[index].to_network(self.images[index].boxes)

    def select(self, images: Sequence[LabelledImage]) -> PreparedImages:
        """Some of the images, in the order given; their pixels are copied into memory."""
        places = {image: place for place, image in enumerate(self.images)}
        chosen = [places[image] for image in images]
        return PreparedImages(
            tuple(images),
            self.pixels[chosen],
            tuple(self.maps[place] for place in chosen),
            tuple(self.extents[place] for place in chosen),
        )

    def __len__(self) -> int:
        return len(self.images)


def prepare_images(
    images: Sequence[LabelledImage],
    size: int,
    cache: Path,
    progressed: Callable[[int], None] = lambda done: None,
) -> PreparedImages:
    """Decode, render and fit radiographs exactly as inference does, or find that done before.

    Parameters
    ----------
    images
        What to prepare.
    size
        Side of the square in network pixels.
    cache
        A folder for the arrays. They are found again as long as no file changed.
    progressed
        Called with the number of images done.

    Raises
    ------
    DataSetError
        When a box lies outside its image.
    detector.errors.InputError
        When a file cannot be read.
    """
    pixels_path = cache / f"{_digest(images, size)}.npy"
    facts_path = pixels_path.with_suffix(".facts.npy")
    if not facts_path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            unfinished = Path(folder) / "pixels.npy"
            pixels = np.lib.format.open_memmap(
                unfinished, "w+", dtype=np.uint8, shape=(len(images), size, size)
            )
            facts = np.zeros((len(images), 6), np.float64)
            for index, image in enumerate(images):
                grey = render(read_radiograph(image.path))
                pixels[index], image_map = fit_to_square(grey, size)
                facts[index] = *image_map.scale, *image_map.offset, grey.shape[1], grey.shape[0]
                progressed(index + 1)
            pixels.flush()
            np.save(Path(folder) / "facts.npy", facts)
            unfinished.replace(pixels_path)
            (Path(folder) / "facts.npy").replace(facts_path)
    facts = np.load(facts_path)
    maps = tuple(ImageMap((sx, sy), (int(left), int(top))) for sx, sy, left, top, _, _ in facts)
    extents = tuple((int(width), int(height)) for *_, width, height in facts)
    for image, (width, height) in zip(images, extents, strict=True):
        _require_inside(image, width, height)
    return PreparedImages(tuple(images), np.load(pixels_path, mmap_mode="r"), maps, extents)


def _require_inside(image: LabelledImage, width: int, height: int) -> None:
    low, high = -TOLERANCE, np.array((width, height) * 2) + TOLERANCE
    for box in image.boxes:
        if np.any(box < low) or np.any(box > high):
            corners = ", ".join(f"{value:g}" for value in box)
            raise DataSetError(
                f"The box ({corners}) of {image.name} lies outside its image of "
                f"{width} × {height} pixels. Correct or remove it."
            )


def _digest(images: Sequence[LabelledImage], size: int) -> str:
    digest = hashlib.sha256(f"{PREPARATION} {size}".encode())
    for image in images:
        facts = image.path.stat()
        digest.update(f"\n{image.path.resolve()} {facts.st_size} {facts.st_mtime_ns}".encode())
    return digest.hexdigest()[:32]
