"""The forms in which reviews are handed out, and the files that each makes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Final

from detector.errors import FolderNotWritableError
from detector.files import make_writable, replace_file
from pneumo_viewer.exchange.records import ReviewedImage

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Format(Enum):
    """One form of export; the value is its file, or the folder of its files."""

    STRUCTURED_REPORTS = "structured_reports"
    PRESENTATION_STATES = "presentation_states"
    IMAGES = "deidentified_images"
    COCO = "reviews_coco.json"
    TABLE = "reviews.csv"
    SUBMISSION = "submission_research_use_only.csv"
    REPORT = "review_report.pdf"

    @property
    def is_per_image(self) -> bool:
        """Whether it makes a file an image."""
        return not PurePosixPath(self.value).suffix


class FilesThereError(FolderNotWritableError):
    """Files would be overwritten, and nobody asked for that."""

    kind = "nothing was written"
    advice = "Choose another folder, or tick “Replace files that are there”."


def names_of(images: Sequence[ReviewedImage]) -> list[str]:
    """A name for the files of each image: that of its own file, numbered where several have it."""
    stems = [_UNSAFE.sub("_", image.path.stem).strip("._") or "image" for image in images]
    counts = Counter(stem.lower() for stem in stems)
    return [
        stem if counts[stem.lower()] == 1 else f"{stem}-{number:04d}"
        for number, stem in enumerate(stems, start=1)
    ]


def file_names(formats: Collection[Format], names: Sequence[str]) -> list[str]:
    """Every file that an export makes, below its folder."""
    made: list[str] = []
    for form in formats:
        made += (
            [f"{form.value}/{name}.dcm" for name in names] if form.is_per_image else [form.value]
        )
    return made


def require_free(folder: Path, files: Sequence[str], *, may_replace: bool) -> None:
    """Make the folder, and make sure that the files can be written into it.

    Raises
    ------
    FilesThereError
        Some of them are there.
    FolderNotWritableError
        It cannot be made or written.
    """
    make_writable(folder)
    there = [] if may_replace else [name for name in files if (folder / name).exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise FilesThereError(str(folder), f"{there[0]}{more} would be overwritten")


def write_file(folder: Path, name: str, content: bytes) -> None:
    """Write one file of an export, whole or not at all.

    Raises
    ------
    FolderNotWritableError
        The disk is full, or the folder cannot be written any more.
    """
    path = folder / name
    try:
        path.parent.mkdir(exist_ok=True)
        replace_file(path, content)
    except OSError as error:
        reason = (error.strerror or "it cannot be written").lower()
        raise FolderNotWritableError(str(path), reason) from error
