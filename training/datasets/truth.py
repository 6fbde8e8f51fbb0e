"""Ground truth from the files in which it is published.

Three layouts are read: the label table of the RSNA Pneumonia Detection Challenge
(``stage_2_train_labels.csv``), NIH's box list (``BBox_List_2017.csv``) with the
``Data_Entry_2017.csv`` beside it, and COCO JSON. Each says of an image that it has boxes, that it
has none, or nothing at all; the last is kept apart from "none" everywhere.

A file that cannot be understood (columns missing, a number that is no number, an exam that is
listed both with and without boxes) is refused whole. A box that is understood but cannot be (no
area, wholly outside its image, a COCO crowd) leaves its *exam* out of the table, with a note that
names the line: truth in doubt is no truth.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import InputError
from detector.files import access_error
from detector.radiograph import ImageIdentity

Box = tuple[float, float, float, float]

CHALLENGE_COLUMNS = ("patientId", "x", "y", "width", "height", "Target")
NIH_HEADERS = (
    ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]"),
    ("image", "finding", "x", "y", "w", "h"),
)
NIH_ENTRY_COLUMNS = ("Image Index", "Finding Labels")
FINDING = "pneumonia"
COCO_FINDINGS = frozenset({FINDING, "lung opacity"})


class TruthFileError(InputError):
    """A file of ground truth that cannot be understood."""

    kind = "unusable ground truth"
    advice = "Give a challenge label table, an NIH box list or a COCO file with images and boxes."


@dataclass(frozen=True, eq=False, slots=True)
class TruthTable:
    """What one file says about the images that it lists.

    Attributes
    ----------
    name
        The layout, for people.
    source
        The file.
    exams
        Boxes of each image, ``[N, 4]`` float32 x0 y0 x1 y1 in image pixels, under the names by
        which the file knows it: SOP Instance UID, ``patientId``, file name without folder and
        extension. ``N = 0`` says that the image has none.
    exam_count, box_count
        How many images and boxes there are.
    is_by_patient_id
        Whether the file names exams by their Patient ID (0010,0020), as the challenge does.
    notes
        Sentences about exams that were left out.
    places
        Where in the file the boxes of each image stand, such as "lines 4, 5".
    """

    name: str
    source: Path
    exams: Mapping[str, NDArray[np.float32]]
    exam_count: int
    box_count: int
    is_by_patient_id: bool = False
    notes: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)

    def find(self, identity: ImageIdentity) -> NDArray[np.float32] | None:
        """Return the boxes of one image, or None where the file says nothing about it.

        The image is known by its SOP Instance UID, else by its file name without extension, else,
        in the challenge's table, by its Patient ID. Boxes of which one lies wholly outside the
        image's pixels belong to some other rendition of it: None.
        """
        keys = [identity.sop_instance_uid, PurePath(identity.source).stem]
        if self.is_by_patient_id:
            keys.append(identity.patient_id)
        for key in keys:
            if key and (boxes := self.exams.get(key)) is not None:
                return boxes if _reaches_into(boxes, identity) else None
        return None


def is_truth_file(path: Path) -> bool:
    """Whether the file looks like ground truth, judged by its first line or its JSON keys.

    Raises
    ------
    FileAccessError
        It cannot be opened.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        with _access(path), path.open("rb") as file:
            header = file.readline(4096).decode("utf-8-sig", errors="replace")
        return _csv_reader(header) is not None
    if suffix == ".json":
        with _access(path):
            content = path.read_bytes()
        return all(key in content for key in (b'"images"', b'"annotations"')) and (
            b'score"' not in content
        )
    return False


def read_truth(path: Path) -> TruthTable:
    """Read a truth file of any known layout, told by its content.

    Raises
    ------
    FileAccessError
        It cannot be opened.
    TruthFileError
        It has none of the known layouts, or cannot be understood.
    """
    text = _read_text(path)
    if text.lstrip().startswith(("{", "[")):
        return read_coco(path)
    reader = _csv_reader(text.partition("\n")[0])
    if reader is None:
        raise TruthFileError(str(path), "its first line names none of the known columns")
    return reader(path)


def read_challenge_labels(path: Path) -> TruthTable:
    """Read the label table of the RSNA challenge: ``patientId,x,y,width,height,Target``.

    One line is one box (Target 1) or one exam without boxes (Target 0). A ``patientId`` is an exam,
    also its file name and its Patient ID.
    """
    draft = _Draft(path)
    lines = _csv_lines(path)
    _, header = next(lines, (0, []))
    missing = [column for column in CHALLENGE_COLUMNS if column not in header]
    if missing:
        raise TruthFileError(str(path), f"the column {missing[0]} is missing")
    places = [header.index(column) for column in CHALLENGE_COLUMNS]
    for line, cells in lines:
        if len(cells) < len(header):
            raise draft.error(line, f"{len(cells)} cells instead of {len(header)}")
        exam, *box, target = (cells[place].strip() for place in places)
        if target == "1":
            if draft.exams.get(exam) == []:
                raise draft.error(line, f"exam {exam} is listed both with and without boxes")
            draft.add_box(exam, _corners(draft, line, box), line)
        elif target == "0" and not any(box):
            if exam in draft.exams:
                other = "both with and" if draft.exams[exam] else "twice"
                raise draft.error(line, f"exam {exam} is listed {other} without boxes")
            draft.add_exam(exam, line)
        else:
            raise draft.error(line, "Target must be 1 with a box or 0 without one")
    return draft.table("RSNA challenge labels", is_by_patient_id=True)


def read_nih_boxes(path: Path) -> TruthTable:
    """Read NIH's box list, under its public header or the plain ``image,finding,x,y,w,h``.

    Only boxes labelled Pneumonia count, since that is what the detector finds. An image that has
    boxes of other findings only, or none, has truth "no box" where a ``Data_Entry_2017*.csv`` in
    the same folder says "No Finding" of it, and is unknown otherwise: NIH drew boxes into few of
    the images with a finding.
    """
    draft = _Draft(path)
    lines = _csv_lines(path)
    _, header = next(lines, (0, []))
    if tuple(header[:6]) not in NIH_HEADERS:
        raise TruthFileError(str(path), f"its columns are not {', '.join(NIH_HEADERS[0])}")
    for line, cells in lines:
        if len(cells) < 6:
            raise draft.error(line, f"{len(cells)} cells instead of 6")
        image, finding = cells[0].strip(), cells[1].strip()
        corners = _corners(draft, line, cells[2:6])
        if finding.lower() == FINDING:
            draft.add_box(PurePath(image).stem, corners, line)
    for entries in sorted(path.parent.glob("Data_Entry_2017*.csv")):
        for image in _images_without_finding(entries):
            draft.add_exam(PurePath(image).stem)
    return draft.table("NIH boxes")


def read_coco(path: Path) -> TruthTable:
    """Read ``images`` and ``annotations`` of a COCO file; every listed image is known.

    An image is known by its ``file_name`` without folder and extension and, where given, by its
    ``sop_instance_uid``. Of several categories only those called pneumonia or lung opacity count.
    """
    try:
        content = json.loads(_read_text(path))
    except json.JSONDecodeError as error:
        raise TruthFileError(str(path), f"broken JSON in line {error.lineno}") from error
    if not isinstance(content, dict) or not {"images", "annotations"} <= content.keys():
        raise TruthFileError(str(path), "it has no images and annotations")
    draft = _Draft(path)
    images: dict[Any, Mapping[str, Any]] = {}
    try:
        wanted = _coco_categories(path, content.get("categories", []))
        for image in content["images"]:
            if image["id"] in images:
                raise TruthFileError(str(path), f"two images have the id {image['id']}")
            images[image["id"]] = image
            draft.add_exam(str(image["id"]))
        if any("exam_score" in image for image in images.values()) or any(
            "score" in annotation for annotation in content["annotations"]
        ):
            raise TruthFileError(str(path), "it has scores: these are detections")
        for number, annotation in enumerate(content["annotations"], start=1):
            image = images[annotation["image_id"]]
            if wanted is not None and annotation.get("category_id") not in wanted:
                continue
            exam = str(image["id"])
            if annotation.get("iscrowd"):
                draft.doubt(exam, f"annotation {number} marks a crowd")
                continue
            box = _corners(draft, number, annotation["bbox"])
            draft.add_box(exam, box, number, (image.get("width"), image.get("height")))
        names = {
            str(image["id"]): (
                PurePath(image["file_name"]).stem,
                str(image.get("sop_instance_uid") or ""),
            )
            for image in images.values()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise TruthFileError(str(path), f"an entry lacks or misuses a field ({error})") from error
    return draft.table("COCO annotations", names)


class _Draft:
    """A truth table in the making: boxes by exam, and the exams that are in doubt."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.exams: dict[str, list[Box]] = {}
        self._lines: dict[str, list[int]] = {}
        self._doubts: dict[str, str] = {}
        self._unit = "annotation" if path.suffix.lower() == ".json" else "line"

    def error(self, line: int, detail: str) -> TruthFileError:
        return TruthFileError(str(self.path), f"{self._unit} {line}: {detail}")

    def add_exam(self, exam: str, line: int | None = None) -> None:
        self.exams.setdefault(exam, [])
        self._lines.setdefault(exam, []).extend([] if line is None else [line])

    def add_box(
        self, exam: str, box: Box, line: int, size: tuple[float | None, float | None] = (None, None)
    ) -> None:
        x0, y0, x1, y1 = box
        width, height = (math.inf if extent is None else extent for extent in size)
        if x1 <= x0 or y1 <= y0:
            self.doubt(exam, f"{self._unit} {line} has a box without area")
        elif x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
            self.doubt(exam, f"{self._unit} {line} has a box outside the image")
        elif box in self.exams.get(exam, ()):
            self.doubt(exam, f"{self._unit} {line} repeats a box")
        self.add_exam(exam, line)
        self.exams[exam].append(box)

    def doubt(self, exam: str, reason: str) -> None:
        self._doubts.setdefault(exam, reason)

    def table(
        self,
        name: str,
        names: Mapping[str, Iterable[str]] | None = None,
        *,
        is_by_patient_id: bool = False,
    ) -> TruthTable:
        """Freeze the draft; ``names`` gives the names of each exam where they are not its own."""
        notes = [
            f"Exam {exam} is left out: {reason}." for exam, reason in sorted(self._doubts.items())
        ]
        certain = {
            exam: np.array(boxes, dtype=np.float32).reshape(-1, 4)
            for exam, boxes in self.exams.items()
            if exam not in self._doubts
        }
        if not certain:
            raise TruthFileError(str(self.path), "it lists no image")
        known: dict[str, NDArray[np.float32]] = {}
        places: dict[str, str] = {}
        shared: set[str] = set()
        for exam, boxes in certain.items():
            boxes.setflags(write=False)
            for key in (exam,) if names is None else filter(None, names[exam]):
                if key in known:
                    shared.add(key)
                known[key] = boxes
                places[key] = self._place(exam)
        for key in sorted(shared):
            del known[key]
            notes.append(f"The name {key} is left out: several images have it.")
        return TruthTable(
            name=name,
            source=self.path,
            exams=known,
            exam_count=len(certain),
            box_count=sum(map(len, certain.values())),
            is_by_patient_id=is_by_patient_id,
            notes=tuple(notes),
            places=places,
        )

    def _place(self, exam: str) -> str:
        lines = self._lines[exam]
        plural = "s" if len(lines) > 1 else ""
        return f"{self._unit}{plural} {', '.join(map(str, lines))}" if lines else "no line"


def _reaches_into(boxes: NDArray[np.float32], identity: ImageIdentity) -> bool:
    if not (identity.columns and identity.rows):
        return True
    return bool(np.all((boxes[:, 0] < identity.columns) & (boxes[:, 1] < identity.rows)))


def _corners(draft: _Draft, line: int, box: Sequence[Any]) -> Box:
    """Turn x, y, width, height into x0 y0 x1 y1."""
    try:
        x, y, width, height = map(float, box)
    except (TypeError, ValueError) as error:
        raise draft.error(line, "x, y, width and height must be four numbers") from error
    if not all(map(math.isfinite, (x, y, width, height))):
        raise draft.error(line, "x, y, width and height must be finite")
    return x, y, x + width, y + height


def _images_without_finding(entries: Path) -> Iterator[str]:
    """Yield the images of NIH's ``Data_Entry_2017.csv`` whose only label is "No Finding"."""
    lines = _csv_lines(entries)
    _, header = next(lines, (0, []))
    if tuple(header[:2]) != NIH_ENTRY_COLUMNS:
        raise TruthFileError(str(entries), f"its first columns are not {NIH_ENTRY_COLUMNS}")
    for line, cells in lines:
        if len(cells) < 2:
            raise TruthFileError(str(entries), f"line {line}: it has no finding labels")
        if cells[1].strip() == "No Finding":
            yield cells[0].strip()


def _coco_categories(path: Path, categories: Sequence[Mapping[str, Any]]) -> set[Any] | None:
    """Return the category ids that count, or None where there is nothing to choose from."""
    if len(categories) <= 1:
        return None
    wanted = {
        category.get("id")
        for category in categories
        if str(category.get("name", "")).lower().replace("_", " ") in COCO_FINDINGS
    }
    if not wanted:
        raise TruthFileError(str(path), "none of its categories is called pneumonia")
    return wanted


@contextmanager
def _access(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise access_error(path, error) from error


def _read_text(path: Path) -> str:
    try:
        with _access(path):
            return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TruthFileError(str(path), "it is not text in UTF-8") from error


def _csv_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each line that is not blank."""
    reader = csv.reader(_read_text(path).splitlines(), strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise TruthFileError(str(path), f"line {reader.line_num}: {error}") from error


def _csv_reader(first_line: str) -> Callable[[Path], TruthTable] | None:
    """Return the function that reads a table with this first line."""
    header = tuple(first_line.strip().split(","))
    if {"patientId", "Target"} <= set(header):
        return read_challenge_labels
    if header[:6] in NIH_HEADERS:
        return read_nih_boxes
    return None
