"""What a data set says of its exams and people beyond the truth: view, sex, age, class."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from detector.exam_class import ExamClass
from training.datasets.labelled_image import LabelledImage, read_rows
from training.datasets.rsna import PATIENTS
from training.evaluation.subgroups import age_band

VIEW, SEX, AGE, CLASS = "view", "sex", "age", "class"
TABLE_COLUMNS = (VIEW, SEX, AGE)

_CLASS_TITLES = {
    ExamClass.NORMAL: "normal",
    ExamClass.NO_OPACITY_NOT_NORMAL: "not normal, no opacity",
    ExamClass.LUNG_OPACITY: "lung opacity",
}


def read_traits(data: Path, images: Iterable[LabelledImage]) -> dict[str, Mapping[str, str]]:
    """Find the traits of each image, by its name.

    View, sex and age stand in the columns of those names of the data set's ``patients.csv``, as
    far as it has them; ages are told by bands of twenty years. What is not stated is left out.

    Raises
    ------
    training.datasets.labelled_image.DataSetError
        When the table cannot be read.
    """
    table = _read_table(data / PATIENTS)
    traits: dict[str, Mapping[str, str]] = {}
    for image in images:
        row = dict(table.get(image.name, {}))
        if AGE in row:
            row[AGE] = (row[AGE].isdecimal() and age_band(int(row[AGE]))) or ""
        row[CLASS] = _CLASS_TITLES.get(image.exam_class, "")
        traits[image.name] = {trait: value for trait, value in row.items() if value}
    return traits


def _read_table(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        header = next(csv.reader(file), [])
    columns = [column for column in TABLE_COLUMNS if column in header]
    rows = read_rows(path, ("patientId", *columns))
    return {name: dict(zip(columns, cells, strict=True)) for name, *cells in rows}
