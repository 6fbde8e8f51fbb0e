"""Folds and splits that never put one patient on two sides."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from training.datasets.labelled_image import DataSetError, LabelledImage, read_rows


def read_folds(patients_csv: Path) -> dict[str, int]:
    """Read the fold of each patient from a table with the columns ``nih_patient`` and ``fold``.

    Raises
    ------
    DataSetError
        When the table cannot be read, or one patient stands in two folds.
    """
    folds: dict[str, int] = {}
    for patient, fold in read_rows(patients_csv, ("nih_patient", "fold")):
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


def assign_folds(patients: Iterable[str], count: int) -> dict[str, int]:
    """Spread patients over folds by a digest of their ids: the same for any order or subset."""
    return {
        patient: int.from_bytes(hashlib.sha256(patient.encode()).digest()[:8]) % count
        for patient in patients
    }


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
        present = ", ".join(map(str, sorted(set(folds.values()))))
        raise DataSetError(f"There is no fold {missing[0]}; this data set has folds {present}.")
    return [image for image in images if folds[image.patient] in wanted]


def without_patients(
    images: Iterable[LabelledImage], patients: Collection[str]
) -> list[LabelledImage]:
    """The images of everyone else."""
    return [image for image in images if image.patient not in patients]


def require_disjoint_patients(splits: Mapping[str, Iterable[LabelledImage]]) -> None:
    """Refuse splits that share a patient.

    Raises
    ------
    DataSetError
        Names the first shared patient and both splits.
    """
    seen: dict[str, str] = {}
    for split, images in splits.items():
        for image in images:
            other = seen.setdefault(image.patient, split)
            if other != split:
                raise DataSetError(
                    f"Patient {image.patient} is in both {other} and {split}. "
                    "Split by patient, not by image."
                )
