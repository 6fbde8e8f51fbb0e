"""Folds and splits that never put one patient on two sides."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.exam_class import ExamClass
from training.datasets.labelled_image import (
    DataSetError,
    LabelledImage,
    normalise_patient,
    read_rows,
)


def listed(folds: Iterable[int]) -> str:
    """The numbers of folds in their order, with commas between them."""
    return ", ".join(map(str, sorted(folds)))


def read_folds(patients_csv: Path) -> dict[str, int]:
    """Read the fold of each patient from a table with the columns ``nih_patient`` and ``fold``.

    Raises
    ------
    DataSetError
        When the table cannot be read, or one patient stands in two folds.
    """
    folds: dict[str, int] = {}
    for name, fold in read_rows(patients_csv, ("nih_patient", "fold")):
        patient = normalise_patient(name)
        if not fold.isdecimal():
            raise DataSetError(
                f"{patients_csv.name}: patient {patient} stands in fold “{fold}”. Number the folds."
            )
        if folds.setdefault(patient, int(fold)) != int(fold):
            raise DataSetError(
                f"{patients_csv.name}: patient {patient} stands in folds "
                f"{folds[patient]} and {fold}. Give each patient one fold."
            )
    return folds


def assign_folds(images: Iterable[LabelledImage], count: int) -> dict[str, int]:
    """Spread patients over folds that have about the same share of every exam class.

    Patients with many exams are placed first, each where the squared number of exams a fold,
    summed over folds and divided by the class's total, grows least in the sum over classes. Among
    equals a digest of their ids decides who comes first, so that the result is the same for any
    order of the images. Where each patient's exams are of one class, the numbers of two folds
    differ by at most the exams of one patient.

    Parameters
    ----------
    images
        All of a data set.
    count
        How many folds there are.

    Returns
    -------
    folds
        The fold of each patient, from 0.
    """
    classes = list(ExamClass)
    exams: dict[str, NDArray[np.int64]] = {}
    for image in images:
        tally = exams.setdefault(image.patient, np.zeros(len(classes), np.int64))
        tally[classes.index(image.exam_class)] += 1
    totals = np.maximum(sum(exams.values(), np.zeros(len(classes), np.int64)), 1)
    filled = np.zeros((count, len(classes)), np.int64)
    folds = {}
    for patient in sorted(exams, key=lambda name: (-exams[name].sum(), _digest(name))):
        growth = filled @ (exams[patient] / totals)
        # Folds that are equal for these classes differ in how many exams they hold at all.
        fold = int(np.lexsort((filled.sum(axis=1), growth.round(12)))[0])
        filled[fold] += exams[patient]
        folds[patient] = fold
    return folds


def select_folds(
    images: Sequence[LabelledImage], folds: Mapping[str, int], wanted: Collection[int]
) -> list[LabelledImage]:
    """The images whose patients belong to the wanted folds.

    Raises
    ------
    DataSetError
        When a fold is wanted that no patient belongs to.
    """
    missing = sorted(set(wanted) - set(folds.values()))
    if missing:
        present = listed(set(folds.values()))
        raise DataSetError(f"There is no fold {missing[0]}; this data set has folds {present}.")
    return [image for image in images if folds[image.patient] in wanted]


def without_patients(
    images: Iterable[LabelledImage], patients: Collection[str]
) -> list[LabelledImage]:
    """The images of everyone else."""
    return [image for image in images if image.patient not in patients]


def patients_known_as(images: Iterable[LabelledImage], identifiers: Collection[str]) -> set[str]:
    """The patients that are meant by identifiers, or of whom an image has one for its name.

    The Patient ID in the challenge's radiographs is the name of the exam.
    """
    return {
        image.patient
        for image in images
        if image.patient in identifiers or image.name in identifiers
    }


def require_disjoint_patients(splits: Mapping[str, Iterable[LabelledImage]]) -> None:
    """Refuse splits that share a patient.

    Raises
    ------
    DataSetError
        Names an image of the first shared patient in each of both splits, but not the patient.
    """
    seen: dict[str, tuple[str, str]] = {}
    for split, images in splits.items():
        for image in images:
            other, name = seen.setdefault(image.patient, (split, image.name))
            if other != split:
                raise DataSetError(
                    f"{name} of {other} and {image.name} of {split} are of one patient. "
                    "Split by patient, not by image."
                )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
