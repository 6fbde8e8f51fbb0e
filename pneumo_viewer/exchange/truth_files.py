"""Reviews and ground truth from files of any kind that is known.

Nothing imports this; a worker process runs it by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.dicom.headers import looks_like_dicom
from detector.files import access_error
from pneumo_viewer.exchange.records import Review
from pneumo_viewer.exchange.reports import (
    NotAReportError,
    is_structured_report,
    read_presentation_state,
    read_structured_report,
    title_of,
)
from pneumo_viewer.exchange.review_table import is_review_table, read_review_table
from training.datasets.truth import TruthFileError, TruthTable, read_truth


def read_reviews(paths: Sequence[Path]) -> dict[str, Review]:
    """Read reports and tables of reviews.

    Returns
    -------
    dict
        By SOP Instance UID; of a table without one, by file name without extension.

    Raises
    ------
    InputError
        One of them cannot be opened or understood, or two are on the same image.
    """
    reviews: dict[str, Review] = {}
    for path in paths:
        read = _read_report(path) if _is_dicom(path) else read_review_table(path)
        for image, review in read.items():
            if image in reviews:
                raise NotAReportError(str(path), "another of the files is on the same image")
            reviews[image] = review
    return reviews


def read_truth_files(paths: Sequence[Path]) -> list[TruthTable]:
    """Read files of ground truth; all reports among them become one table.

    Raises
    ------
    InputError
        One of them cannot be opened or understood.
    """
    tables: list[TruthTable] = []
    report_paths: list[Path] = []
    for path in paths:
        if _is_dicom(path):
            report_paths.append(path)
        elif is_review_table(path):
            tables.append(_table("table of reviews", path, read_review_table(path)))
        else:
            tables.append(read_truth(path))
    if report_paths:
        source = report_paths[0] if len(report_paths) == 1 else report_paths[0].parent
        tables.append(_table("structured reports", source, read_reviews(report_paths)))
    return tables


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return looks_like_dicom(file.read(132))
    except OSError as error:
        raise access_error(path, error) from error


def _read_report(path: Path) -> dict[str, Review]:
    if not is_structured_report(path):
        return read_presentation_state(path)
    reviews = read_structured_report(path)
    if not reviews:
        title = title_of(path) or "without a title"
        raise NotAReportError(str(path), f"the report “{title}” measures nothing on an image")
    return reviews


def _table(name: str, source: Path, reviews: Mapping[str, Review]) -> TruthTable:
    """What the readers stand by, of every image that was reviewed to its end."""
    exams: dict[str, NDArray[np.float32]] = {}
    for image, review in reviews.items():
        if review.is_complete:
            boxes = [finding.box for finding in review.standing]
            exams[image] = np.array(boxes, np.float32).reshape(-1, 4)
    if not exams:
        raise TruthFileError(str(source), "no image in it is reviewed to its end")
    notes = []
    if left := len(reviews) - len(exams):
        notes.append(f"Left out, since they are not reviewed to their end: {left}.")
    return TruthTable(
        name=name,
        source=source,
        exams=exams,
        exam_count=len(exams),
        box_count=sum(map(len, exams.values())),
        notes=tuple(notes),
    )
