"""A COCO detection data set: one JSON file beside its folder of images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from detector.dicom.reading import read_identity
from detector.exam_class import ExamClass
from training.datasets.labelled_image import (
    DataSetError,
    LabelledImage,
    require_certain,
)
from training.datasets.truth import read_coco


def read_coco_folds(annotations: Path, labelled: Sequence[LabelledImage]) -> dict[str, int] | None:
    """The fold of each patient where every image of the file has a ``fold``, else None.

    Parameters
    ----------
    annotations
        The file.
    labelled
        What :func:`read_coco_data_set` read from it.

    Raises
    ------
    DataSetError
        When one patient stands in two folds.
    """
    entries = json.loads(annotations.read_text(encoding="utf-8-sig"))["images"]
    if not all(isinstance(entry.get("fold"), int) for entry in entries):
        return None
    folds: dict[str, int] = {}
    for image, entry in zip(labelled, entries, strict=True):
        if folds.setdefault(image.patient, entry["fold"]) != entry["fold"]:
            raise DataSetError(
                f"{annotations.name}: the patient of {image.name} stands in folds "
                f"{folds[image.patient]} and {entry['fold']}. Give each patient one fold."
            )
    return folds


def read_coco_data_set(annotations: Path, images: Path) -> list[LabelledImage]:
    """Read every image that the file lists, ordered as there.

    An image's patient is its ``patient_id`` in the file, else the Patient ID (0010,0020) in its
    DICOM header. An image without boxes is negative; whether it is normal is not known.

    Raises
    ------
    DataSetError
        When an image is missing, its patient is not known, or a box cannot be.
    detector.errors.InputError
        When the file is missing or cannot be understood.
    """
    truth = read_coco(annotations)
    require_certain(truth)
    labelled = []
    for entry in json.loads(annotations.read_text(encoding="utf-8-sig"))["images"]:
        name = entry["file_name"]
        path = images / name
        if not path.is_file():
            raise DataSetError(
                f"{annotations.name} names {name}, but {path} is missing. "
                "Add the image or remove its entry."
            )
        patient = str(entry.get("patient_id") or read_identity(path).patient_id)
        if not patient:
            raise DataSetError(
                f"{annotations.name} does not say whose image {name} is, nor does the image. "
                'Give its entry a "patient_id": splits are made by patient.'
            )
        boxes = truth.exams[Path(name).stem]
        exam_class = ExamClass.LUNG_OPACITY if len(boxes) else ExamClass.UNKNOWN
        place = f"{annotations.name}, {truth.places[Path(name).stem]}"
        labelled.append(LabelledImage(name, path, patient, boxes, exam_class, labelled_at=place))
    return labelled
