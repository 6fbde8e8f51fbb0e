"""A folder of radiographs with one table of boxes, as a hospital's researcher would lay it out.

The table is a CSV beside its images, which are DICOM, PNG or JPEG. Each line is one box, or one
image without any. Its columns, in any order, by these names:

- ``file``, a path from the table's folder; or ``SOPInstanceUID``, by which the DICOM files in that
  folder and below it are found;
- ``x0``, ``y0``, ``x1``, ``y1``, or ``x``, ``y``, ``width``, ``height``, in pixels of the image;
  all four empty in the line of an image without boxes;
- ``patient``, which may be missing or empty: then the Patient ID (0010,0020) of the DICOM header;
- ``class``, which may be missing or empty: one of the challenge's three. Else an image with boxes
  is Lung Opacity, and whether one without is normal is not known.

Other columns are not looked at, nor are images that the table does not name.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detector.dicom.reading import read_identity
from detector.errors import NoPixelDataError, NotAnImageFileError
from detector.exam_class import ExamClass
from detector.radiograph import ImageIdentity
from training.datasets.labelled_image import (
    CLASS_NAMES,
    DataSetError,
    LabelledImage,
    normalise_patient,
    read_table,
)

CORNERS = ("x0", "y0", "x1", "y1")
CORNER_AND_EXTENT = ("x", "y", "width", "height")


def read_folder(table: Path) -> list[LabelledImage]:
    """Read every image that the table lists, in its order.

    Raises
    ------
    DataSetError
        When a column, an image or a patient is missing, when lines contradict or repeat each
        other, or when a box cannot be. The sentence names the line.
    detector.errors.InputError
        When the header of an image cannot be read.
    """
    entries: dict[Path, _Entry] = {}
    find = None
    for line, row in read_table(table):
        find = find or _Finder(table, row)
        name, path = find(line, row)
        entry = entries.setdefault(path, _Entry(table, name, path))
        entry.add(line, {column: cell.strip() for column, cell in row.items()})
    if not entries:
        raise DataSetError(f"{table} lists no image.")
    return [entry.labelled_image() for entry in entries.values()]


def read_patient_ids(folder: Path) -> frozenset[str]:
    """The patients of the DICOM images in a folder and below it, as they are compared.

    Raises
    ------
    DataSetError
        When there is no DICOM image, or one does not say whose it is.
    detector.errors.InputError
        When a header cannot be read.
    """
    patients = set()
    for identity in _dicom_identities(folder):
        if not identity.patient_id:
            raise DataSetError(f"{identity.source} has no Patient ID, so nobody can be left out.")
        patients.add(normalise_patient(identity.patient_id))
    if not patients:
        raise DataSetError(f"{folder} holds no DICOM image. Name another folder.")
    return frozenset(patients)


class _Finder:
    """Finds the image that a line of the table names."""

    def __init__(self, table: Path, columns: Collection[str]) -> None:
        self._table = table
        self._files: dict[str, Path] | None = None
        if "file" in columns:
            self._column = "file"
        elif "SOPInstanceUID" in columns:
            self._column = "SOPInstanceUID"
            self._files = _files_by_instance(table.parent)
        else:
            raise DataSetError(f"{table} has no column file and none SOPInstanceUID. Add either.")

    def __call__(self, line: int, row: Mapping[str, str]) -> tuple[str, Path]:
        name = row.get(self._column, "").strip()
        if self._files is not None:
            path = self._files.get(name)
        else:
            path = (self._table.parent / name).resolve()
        if not name or path is None or not path.is_file():
            raise DataSetError(
                f"{self._table.name}, line {line}: names “{name}”, which is not in "
                f"{self._table.parent}. Add the image or remove the line."
            )
        return name, path


@dataclass(slots=True)
class _Entry:
    """What the lines of a table say about one image."""

    table: Path
    name: str
    path: Path
    boxes: list[tuple[float, ...]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    patient: str = ""
    class_name: str = ""

    def add(self, line: int, row: Mapping[str, str]) -> None:
        box = self._box(line, row)
        if self.lines and (box is None or not self.boxes):
            contradiction = "twice" if box is None and not self.boxes else "with boxes and"
            raise self._error(line, f"lists {self.name} {contradiction} without a box")
        if box is not None:
            if box in self.boxes:
                raise self._error(line, f"repeats a box of {self.name}")
            self.boxes.append(box)
        patient, class_name = row.get("patient", ""), row.get("class", "")
        if self.lines and patient != self.patient:
            raise self._error(line, f"gives {self.name} another patient than line {self.lines[0]}")
        if self.lines and class_name != self.class_name:
            raise self._error(line, f"gives {self.name} another class than line {self.lines[0]}")
        if class_name and class_name not in CLASS_NAMES:
            raise self._error(line, f"“{class_name}” is none of {', '.join(CLASS_NAMES)}")
        self.patient, self.class_name = patient, class_name
        self.lines.append(line)

    def labelled_image(self) -> LabelledImage:
        line = self.lines[0]
        exam_class = ExamClass.LUNG_OPACITY if self.boxes else ExamClass.UNKNOWN
        if self.class_name:
            exam_class = CLASS_NAMES[self.class_name]
        if (exam_class is ExamClass.LUNG_OPACITY) != bool(self.boxes):
            count = len(self.boxes)
            raise self._error(line, f"{self.name} has {count} boxes but is {self.class_name}")
        patient = self.patient or read_identity(self.path).patient_id
        if not patient:
            raise self._error(
                line,
                f"whose image {self.name} is, neither the table nor the image says; splits are "
                "made by patient",
            )
        boxes = np.array(self.boxes, np.float32).reshape(-1, 4)
        place = f"{self.table.name}, line {', '.join(map(str, self.lines))}"
        return LabelledImage(self.name, self.path, patient, boxes, exam_class, labelled_at=place)

    def _box(self, line: int, row: Mapping[str, str]) -> tuple[float, ...] | None:
        """x0 y0 x1 y1, or None in the line of an image without boxes."""
        columns = CORNERS if set(row) >= set(CORNERS) else CORNER_AND_EXTENT
        if not set(row) >= set(columns):
            raise self._error(
                line, f"neither {', '.join(CORNERS)} nor {', '.join(CORNER_AND_EXTENT)} are there"
            )
        cells = [row[column] for column in columns]
        if not any(cells):
            return None
        try:
            first, second, third, fourth = map(float, cells)
        except ValueError as error:
            raise self._error(line, f"the box is not four numbers: {', '.join(cells)}") from error
        if not all(map(math.isfinite, (first, second, third, fourth))):
            raise self._error(line, f"the box is not finite: {', '.join(cells)}")
        if columns is CORNER_AND_EXTENT:
            third, fourth = first + third, second + fourth
        if third <= first or fourth <= second:
            raise self._error(line, f"the box has no area: {', '.join(cells)}")
        return first, second, third, fourth

    def _error(self, line: int, found: str) -> DataSetError:
        return DataSetError(f"{self.table.name}, line {line}: {found}. Correct the table.")


def _files_by_instance(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for identity in _dicom_identities(folder):
        path = Path(identity.source)
        other = files.setdefault(identity.sop_instance_uid, path)
        if other != path:
            raise DataSetError(f"{other} and {path} are the same instance. Remove one of them.")
    return files


def _dicom_identities(folder: Path) -> Iterator[ImageIdentity]:
    """The identity of every DICOM image in a folder and below it; other files are passed by."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        try:
            identity = read_identity(path)
        except (NotAnImageFileError, NoPixelDataError):
            continue
        if identity.is_dicom:
            yield identity
