"""Worker functions that write the report of an evaluation.

Nothing imports this; it is run by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import FolderNotWritableError
from detector.files import make_writable, replace_file
from pneumo_viewer.exchange.evaluation_content import ReportContent
from pneumo_viewer.exchange.evaluation_csv import curves_csv, exams_csv, measures_csv
from pneumo_viewer.exchange.evaluation_pdf import report_pdf
from pneumo_viewer.library.thumbnails import make_thumbnail

PICTURE_SIDE = 640


def picture(path: str) -> NDArray[np.uint8]:
    """Render an image for the report; raises :class:`~detector.errors.InputError`."""
    return make_thumbnail(Path(path), PICTURE_SIDE)


def check_folder(folder: str) -> None:
    """Raise :class:`~detector.errors.FolderNotWritableError` before any work is done in vain."""
    make_writable(Path(folder))


def compose(content: ReportContent, stem: str) -> dict[str, bytes]:
    """Make the report and its tables, by file name."""
    return {
        f"{stem}.pdf": report_pdf(content),
        f"{stem}-measures.csv": measures_csv(content),
        f"{stem}-curves.csv": curves_csv(content),
        f"{stem}-exams.csv": exams_csv(content),
    }


def save(folder: str, files: Mapping[str, bytes]) -> None:
    """Write files, each whole or not at all; raises ``FolderNotWritableError``."""
    make_writable(Path(folder))
    try:
        for name, data in files.items():
            replace_file(Path(folder) / name, data)
    except OSError as error:
        reason = (error.strerror or "it cannot be written").lower()
        raise FolderNotWritableError(folder, reason) from error
