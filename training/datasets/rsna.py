"""The RSNA Pneumonia Detection Challenge as Kaggle lays it out.

``stage_2_train_images/<patientId>.dcm``, ``stage_2_train_labels.csv`` and
``stage_2_detailed_class_info.csv``; where it is known, ``patients.csv`` maps each ``patientId``,
which is an exam, to the NIH patient (Shih et al., Radiology: AI 2019).
"""

from __future__ import annotations

from pathlib import Path

from detector.exam_class import ExamClass
from training.datasets.labelled_image import (
    CLASS_NAMES,
    DataSetError,
    LabelledImage,
    read_rows,
    require_certain,
)
from training.datasets.truth import read_challenge_labels

IMAGES = "stage_2_train_images"
LABELS = "stage_2_train_labels.csv"
CLASSES = "stage_2_detailed_class_info.csv"
PATIENTS = "patients.csv"


def read_challenge(folder: Path) -> list[LabelledImage]:
    """Read every labelled exam of a folder in the challenge's layout, ordered by ``patientId``.

    Without ``patients.csv`` every exam counts as a patient of its own.

    Raises
    ------
    DataSetError
        When an image, an exam's class or an exam's patient is missing, or a box cannot be.
    detector.errors.InputError
        When the label table is missing or cannot be understood.
    """
    labels = read_challenge_labels(folder / LABELS)
    require_certain(labels)
    classes = _read_column(folder / CLASSES, "class")
    has_patients = (folder / PATIENTS).is_file()
    patients = _read_column(folder / PATIENTS, "nih_patient") if has_patients else {}
    images = []
    for name, boxes in sorted(labels.exams.items()):
        place = f"{LABELS}, {labels.places[name]}"
        path = folder / IMAGES / f"{name}.dcm"
        if not path.is_file():
            raise DataSetError(
                f"{place}: names exam {name}, but {path} is missing. Add it or remove its rows."
            )
        exam_class = CLASS_NAMES.get(classes.get(name, ""))
        if exam_class is None:
            raise DataSetError(f"{CLASSES} gives exam {name} none of the challenge's classes.")
        if (exam_class is ExamClass.LUNG_OPACITY) != (len(boxes) > 0):
            raise DataSetError(
                f"{place}: exam {name} has {len(boxes)} boxes but the class {classes[name]} in "
                f"{CLASSES}. Correct either."
            )
        if has_patients and name not in patients:
            raise DataSetError(f"{PATIENTS} does not say whose exam {name} is. Add its row.")
        patient = patients.get(name, name)
        images.append(LabelledImage(name, path, patient, boxes, exam_class, labelled_at=place))
    return images


def _read_column(path: Path, column: str) -> dict[str, str]:
    """One column of a table by ``patientId``; rows that repeat an exam must repeat its value."""
    if not path.is_file():
        raise DataSetError(f"{path} is missing. Point to a folder in the challenge's layout.")
    values: dict[str, str] = {}
    for exam, value in read_rows(path, ("patientId", column)):
        if values.setdefault(exam, value) != value:
            raise DataSetError(
                f"{path.name} gives exam {exam} “{values[exam]}” and “{value}” as {column}. "
                "Keep one of these rows."
            )
    return values
