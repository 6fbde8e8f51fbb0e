"""What the processes of :attr:`Pool.FILES` do. Nothing imports this; it is run by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.dicom.reading import read_radiograph
from detector.radiograph import Radiograph
from pneumo_viewer.library import archives, scanning, tags
from pneumo_viewer.library.found import Listing, Refusal, ScannedImage, TruthFile
from pneumo_viewer.library.thumbnails import ThumbnailCache


def sort_paths(paths: tuple[str, ...]) -> Listing:
    """Tell files from folders."""
    return scanning.sort_paths(map(Path, paths))


def unpack(paths: tuple[str], into: str) -> Listing:
    """Unpack one archive."""
    return archives.unpack(Path(paths[0]), Path(into))


def list_folders(paths: tuple[str, ...]) -> Listing:
    """List some folders."""
    return scanning.list_folders(map(Path, paths))


def examine(paths: tuple[str, ...]) -> list[ScannedImage | Refusal | TruthFile]:
    """Read the headers of some files."""
    return [scanning.examine(Path(path)) for path in paths]


def decode(path: str, frame: int) -> Radiograph:
    """Read one frame of an image file; raises :class:`~detector.errors.InputError`."""
    return read_radiograph(Path(path), frame)


def list_tags(path: str) -> tags.TagListing:
    """List the elements of a header; raises :class:`~detector.errors.InputError`."""
    return tags.list_tags(Path(path))


def thumbnail(path: str, size: int) -> NDArray[np.uint8]:
    """Find or make a thumbnail ``[h, w]``; raises :class:`~detector.errors.InputError`."""
    return _thumbnails().thumbnail(Path(path), size)


@cache
def _thumbnails() -> ThumbnailCache:
    return ThumbnailCache()
