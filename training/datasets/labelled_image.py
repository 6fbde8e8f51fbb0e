"""One radiograph of a data set with what its readers said about it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.exam_class import ExamClass
from detector.files import access_error
from training.datasets.truth import TruthTable

CLASS_NAMES: Final = {
    "Normal": ExamClass.NORMAL,
    "No Lung Opacity / Not Normal": ExamClass.NO_OPACITY_NOT_NORMAL,
    "Lung Opacity": ExamClass.LUNG_OPACITY,
}
"""The challenge's words for the class of an exam."""


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
    has_unknown_boxes
        Whether the exam shows findings of which nobody drew the boxes; ``boxes`` is then empty.
    labelled_at
        Where the labels stand, for messages: a table and its lines.
    """

    name: str
    path: Path
    patient: str
    boxes: NDArray[np.float32]
    exam_class: ExamClass
    has_unknown_boxes: bool = False
    labelled_at: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "patient", normalise_patient(self.patient))

    @property
    def is_positive(self) -> bool:
        """Whether the readers drew a box."""
        return len(self.boxes) > 0


def normalise_patient(text: str) -> str:
    """One spelling of a patient's id, so that data sets can be compared.

    Numbers lose leading zeros, and the ``NIH-`` that the demo studies put before them: ``1620``,
    ``00001620`` and ``NIH-00001620`` are one patient.
    """
    text = text.strip()
    number = text.removeprefix("NIH-")
    return number.lstrip("0") or "0" if number.isdecimal() else text


def read_table(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a table row by row: the line, and the cells by column; cells that are not there lack.

    Raises
    ------
    DataSetError
        When the table is missing, is no text or no CSV.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file, strict=True)
            _require_commas(path, table.fieldnames or ())
            for row in table:
                cells = {name: cell for name, cell in row.items() if name and cell is not None}
                yield table.line_num, cells
    except OSError as error:
        raise DataSetError(str(access_error(path, error))) from error
    except UnicodeDecodeError as error:
        raise DataSetError(f"{path} is not text in UTF-8.") from error
    except csv.Error as error:
        raise DataSetError(f"{path}, line {table.reader.line_num}: {error}.") from error


def _require_commas(path: Path, header: Sequence[str]) -> None:
    if len(header) == 1 and (other := re.search("[;\t]", header[0])):
        separator = "tabs" if other[0] == "\t" else "semicolons"
        raise DataSetError(f"{path} has {separator} between its columns. Save it with commas.")


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Read columns of a table by their names, row by row.

    Raises
    ------
    DataSetError
        When the table or a column is missing, a row is too short, or it is no text.
    """
    for line, row in read_table(path):
        for column in columns:
            if column not in row:
                raise DataSetError(f"{path}, line {line}: there is no {column}.")
        yield tuple(row[column] for column in columns)


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
