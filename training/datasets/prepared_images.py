"""Radiographs decoded once, fitted to the training size and kept in one memory-mapped array."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import FolderNotWritableError
from detector.files import access_error
from detector.preparation import PREPARATION, ImageMap
from detector.presets import Preset
from training.datasets.decoding import decode_many
from training.datasets.labelled_image import DataSetError, LabelledImage

TOLERANCE = 1.0
"""Image pixels by which a box may reach beyond its image: readers' tools round."""

SAVE_EVERY = 256
"""Images after which those done are safe from an interruption."""

_FACTS = np.dtype(
    [
        ("is_done", np.bool_),
        ("scale", np.float64, 2),
        ("offset", np.int64, 2),
        ("extent", np.int64, 2),
        ("digest", "U32"),
        ("sop_instance_uid", "U64"),
    ]
)


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
    digests
        Of each image's stored pixels.
    sop_instance_uids
        Of each image, "" where it has none.
    """

    images: tuple[LabelledImage, ...]
    pixels: NDArray[np.uint8]
    maps: tuple[ImageMap, ...]
    extents: tuple[tuple[int, int], ...]
    digests: tuple[str, ...]
    sop_instance_uids: tuple[str, ...]

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
            tuple(self.digests[place] for place in chosen),
            tuple(self.sop_instance_uids[place] for place in chosen),
        )

    def __len__(self) -> int:
        return len(self.images)


def prepare_images(
    images: Sequence[LabelledImage],
    size: int,
    cache: Path,
    progressed: Callable[[int], None] = lambda done: None,
    *,
    preset: Preset,
) -> PreparedImages:
    """Decode, render and fit radiographs exactly as inference does, or find that done before.

    Parameters
    ----------
    images
        What to prepare.
    size
        Side of the square in network pixels.
    cache
        A folder for the arrays, which one process at a time fills. They are found again as long as
        no file changed; so are the images that were done when it was interrupted.
    progressed
        Called with the number of images done.
    preset
        Says how images are enhanced.

    Raises
    ------
    DataSetError
        When there is no image, or a box lies outside its image.
    detector.errors.InputError
        When a file cannot be read, or the cache has no room for the images.
    """
    if not images:
        raise DataSetError("There is no image to train on or to judge. Choose other folds.")
    pixels_path = cache / f"{_digest(images, size, preset)}.npy"
    facts_path = pixels_path.with_suffix(".facts.npy")
    arrays = _kept(pixels_path, facts_path)
    if arrays is None:
        cache.mkdir(parents=True, exist_ok=True)
        _fill(images, size, preset, pixels_path, facts_path, progressed)
        arrays = _open(pixels_path, facts_path)
    pixels, facts = arrays
    extents = tuple((int(width), int(height)) for width, height in facts["extent"])
    for image, extent in zip(images, extents, strict=True):
        _require_inside(image, *extent)
    return PreparedImages(
        tuple(images),
        pixels,
        tuple(
            ImageMap((float(x), float(y)), (int(left), int(top)))
            for (x, y), (left, top) in zip(facts["scale"], facts["offset"], strict=True)
        ),
        extents,
        tuple(facts["digest"].tolist()),
        tuple(facts["sop_instance_uid"].tolist()),
    )


def _kept(pixels_path: Path, facts_path: Path) -> tuple[NDArray[np.uint8], NDArray[Any]] | None:
    """The arrays that an earlier run left, unless it left none or one that breaks off."""
    try:
        return _open(pixels_path, facts_path)
    except (OSError, ValueError, EOFError):  # what cannot be read can be made again
        return None


def _open(pixels_path: Path, facts_path: Path) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    return np.load(pixels_path, mmap_mode="r"), np.load(facts_path)


def _fill(
    images: Sequence[LabelledImage],
    size: int,
    preset: Preset,
    pixels_path: Path,
    facts_path: Path,
    progressed: Callable[[int], None],
) -> None:
    """Decode what is not done; the files get their names when all of it is."""
    partial_pixels, partial_facts = (
        path.with_suffix(".partial.npy") for path in (pixels_path, facts_path)
    )
    shape = (len(images), size, size)
    is_begun = partial_pixels.is_file() and partial_facts.is_file()
    if not is_begun:
        _require_room(pixels_path.parent, math.prod(shape))
    facts = np.load(partial_facts) if is_begun else np.zeros(len(images), _FACTS)
    pixels = np.lib.format.open_memmap(
        partial_pixels, "r+" if is_begun else "w+", dtype=np.uint8, shape=shape
    )

    def save() -> None:
        pixels.flush()  # before the facts, which say that they are there
        unfinished = partial_facts.with_suffix(".tmp.npy")
        np.save(unfinished, facts)
        unfinished.replace(partial_facts)

    left = np.flatnonzero(~facts["is_done"]).tolist()
    decoded = decode_many([images[index].path for index in left], size, preset)
    try:
        for count, (index, one) in enumerate(zip(left, decoded, strict=True), start=1):
            pixels[index] = one.square
            facts[index] = (
                True,
                one.image_map.scale,
                one.image_map.offset,
                one.extent,
                one.digest,
                one.sop_instance_uid,
            )
            if count % SAVE_EVERY == 0:
                save()
            progressed(len(images) - len(left) + count)
    finally:
        decoded.close()
        save()
    partial_pixels.replace(pixels_path)
    partial_facts.replace(facts_path)


def _require_room(folder: Path, size: int) -> None:
    """A mapped file takes its room page by page, and the end of it would kill the process."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise FolderNotWritableError(
            str(folder), f"the images need {size / 1e9:.1f} GB and {free / 1e9:.1f} GB are free"
        )


def _require_inside(image: LabelledImage, width: int, height: int) -> None:
    low, high = -TOLERANCE, np.array((width, height) * 2) + TOLERANCE
    for box in image.boxes:
        if not (np.all(box >= low) and np.all(box <= high)):  # so that NaN is refused, too
            corners = ", ".join(f"{value:g}" for value in box)
            place = f"{image.labelled_at}: the" if image.labelled_at else "The"
            raise DataSetError(
                f"{place} box ({corners}) of {image.name} lies outside its image of "
                f"{width} × {height} pixels. Correct or remove it."
            )


def _digest(images: Sequence[LabelledImage], size: int, preset: Preset) -> str:
    enhancement = f"{preset.has_median_filter} {preset.has_clahe}"
    digest = hashlib.sha256(f"{PREPARATION} {size} {enhancement} {_FACTS}".encode())
    for image in images:
        try:
            facts = image.path.stat()
        except OSError as error:
            raise access_error(image.path, error) from error
        digest.update(f"\n{image.path.resolve()} {facts.st_size} {facts.st_mtime_ns}".encode())
    return digest.hexdigest()[:32]
