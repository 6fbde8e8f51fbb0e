"""Small pictures of radiographs, kept on disk."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray

from detector.dicom.grey_values import render
from detector.dicom.reading import read_radiograph
from detector.files import access_error, replace_file

logger = logging.getLogger(__name__)

CACHE_LIMIT_BYTES = 128 * 1024 * 1024
_WRITES_BETWEEN_TRIMS = 64


def make_thumbnail(path: Path, size: int) -> NDArray[np.uint8]:
    """Render a radiograph by its default view into a square of ``size`` pixels.

    Returns
    -------
    uint8 array
        ``[h, w]``, the longer side ``size``, or smaller where the image is.

    Raises
    ------
    InputError
        The file cannot be shown.
    """
    grey = render(read_radiograph(path))
    height, width = grey.shape
    scale = min(1.0, size / max(height, width))
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(grey, shape, interpolation=cv2.INTER_AREA), np.uint8)


class ThumbnailCache:
    """Thumbnails on disk, found again as long as their file is the same.

    Parameters
    ----------
    folder
        Where they lie; by default in the user's cache folder.
    limit_bytes
        When they take more, those least recently written go. This is looked after at the first
        write and then now and again, so that a few may lie there in excess.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int = CACHE_LIMIT_BYTES) -> None:
        self._folder = folder or Path(platformdirs.user_cache_dir("pneumo-viewer")) / "thumbnails"
        self._limit = limit_bytes
        self._writes = 0

    def thumbnail(self, path: Path, size: int) -> NDArray[np.uint8]:
        """Find a thumbnail, or make it and keep it; see :func:`make_thumbnail`."""
        place = self._place(path, size)
        try:
            kept = self._kept(place)
        except OSError as error:
            logger.info("a kept thumbnail cannot be read: %s", error.strerror)
            kept = None
        if kept is not None:
            return kept
        made = make_thumbnail(path, size)
        try:
            self._keep(place, made)
        except OSError as error:
            logger.info("a thumbnail cannot be kept: %s", error.strerror)
        return made

    def _place(self, path: Path, size: int) -> Path:
        try:
            status = path.stat()
        except OSError as error:
            raise access_error(path, error) from error
        facts = f"{path.absolute()}\0{status.st_mtime_ns}\0{status.st_size}\0{size}"
        digest = hashlib.sha256(facts.encode(errors="surrogateescape")).hexdigest()
        return self._folder / f"{digest}.png"

    def _kept(self, place: Path) -> NDArray[np.uint8] | None:
        content = place.read_bytes() if place.exists() else b""
        if not content:
            return None
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
        return None if pixels is None else np.asarray(pixels, np.uint8)

    def _keep(self, place: Path, pixels: NDArray[np.uint8]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(place, cv2.imencode(".png", pixels)[1].tobytes())
        if self._writes % _WRITES_BETWEEN_TRIMS == 0:
            self._trim()
        self._writes += 1

    def _trim(self) -> None:
        """Remove the oldest files until the rest fits; other processes may be doing the same."""
        facts: list[tuple[int, int, Path]] = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                status = path.stat()
                facts.append((status.st_mtime_ns, status.st_size, path))
        excess = sum(size for _, size, _ in facts) - self._limit
        for _, size, path in sorted(facts):
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size
