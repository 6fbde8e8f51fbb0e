"""One radiograph of a data set with what its readers said about it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.files import access_error
from detector.networks.protocol import ExamClass
from training.datasets.truth import TruthTable


class DataSetError(Exception):
    """A data set cannot be used as it lies on disk; the sentence says what to mend."""


@dataclass(frozen=True, eq=False, slots=True)
class LabelledImage:
    """A radiograph on disk and its ground truth.

    Attributes
    ----------
    name
        Names the image within its data set: the challenge's ``patientId``, or the file name.
    path
        The file.
    patient
        Groups the images of one person.
    boxes
        ``[N, 4]`` float32 x0 y0 x1 y1 in continuous pixel coordinates of the image.
    exam_class
        What the exam as a whole shows.
    """

    name: str
    path: Path
    patient: str
    boxes: NDArray[np.float32]
    exam_class: ExamClass

    @property
    def is_positive(self) -> bool:
        """Whether the readers drew a box."""
        return len(self.boxes) > 0


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Read columns of a table by their names, row by row.

    Raises
    ------
    DataSetError
        When the table or a column is missing, a row is too short, or it is no text.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            for row in table:
                cells = tuple(row.get(column) for column in columns)
                if None in cells:
                    missing = columns[cells.index(None)]
                    raise DataSetError(f"{path}, line {table.line_num}: there is no {missing}.")
                yield tuple(str(cell) for cell in cells)
    except OSError as error:
        raise DataSetError(str(access_error(path, error))) from error
    except UnicodeDecodeError as error:
        raise DataSetError(f"{path} is not text in UTF-8.") from error


def no_boxes() -> NDArray[np.float32]:
    """The truth of a radiograph without findings."""
    return np.zeros((0, 4), np.float32)


def require_certain(table: TruthTable) -> None:
    """Refuse to train on a table of which exams had to be left out.

    Raises
    ------
    DataSetError
        Quotes the first reason and counts the others.
    """
    if table.notes:
        others = f" {len(table.notes) - 1} more like it." if len(table.notes) > 1 else ""
        raise DataSetError(
            f"{table.source.name}: {table.notes[0]}{others} Correct or remove those rows."
        )
