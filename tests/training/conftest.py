"""A data set small enough to write in a test, in the challenge's layout."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import matplotlib.font_manager  # noqa: F401 - finds its cache before tests have homes of their own
import numpy as np
import pytest
from small_radiographs import write_dicom

SIDE = 96
BOX = (20.0, 30.0, 24.0, 36.0)
"""x, y, width, height of the bright patch in each positive exam."""


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.fixture
def challenge_folder(tmp_path: Path) -> Path:
    """Six exams of five patients: ``a`` and ``b`` are one person's; ``a``, ``c`` have a box."""
    folder = tmp_path / "challenge"
    patients = {"a": "1", "b": "1", "c": "2", "d": "3", "e": "4", "f": "5"}
    classes = {
        "a": "Lung Opacity",
        "b": "Normal",
        "c": "Lung Opacity",
        "d": "No Lung Opacity / Not Normal",
        "e": "Normal",
        "f": "Normal",
    }
    x, y, width, height = map(int, BOX)
    for name, patient in patients.items():
        # No two exams look alike, nor do any two people.
        texture = np.random.default_rng(ord(name)).integers(
            40, 81, (SIDE // 6, SIDE // 6), np.uint8
        )
        pixels = np.kron(texture, np.ones((6, 6), np.uint8))
        if name in "ac":
            pixels[y : y + height, x : x + width] += 140
        write_dicom(folder / "stage_2_train_images" / f"{name}.dcm", pixels, patient)
    write_table(
        folder / "stage_2_train_labels.csv",
        ("patientId", "x", "y", "width", "height", "Target"),
        [(n, *BOX, 1) if n in "ac" else (n, "", "", "", "", 0) for n in patients],
    )
    write_table(
        folder / "stage_2_detailed_class_info.csv", ("patientId", "class"), list(classes.items())
    )
    folds = {"1": 0, "2": 1, "3": 0, "4": 1, "5": 2}
    write_table(
        folder / "patients.csv",
        ("patientId", "nih_patient", "fold"),
        [(name, patient, folds[patient]) for name, patient in patients.items()],
    )
    return folder
