"""Where real findings lie: the boxes of many exams, to place painted opacities by."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.datasets.labelled_image import LabelledImage, normalise_patient, read_rows
from training.datasets.truth import read_challenge_labels

CHALLENGE_SIZE = 1024
"""Rows and columns of every image of the challenge."""

NIH_MAP = "rsna_nih_map.csv"


def read_box_places(
    labels: Path, held_out: Iterable[LabelledImage], excluded: Collection[str] = ()
) -> list[NDArray[np.float32]]:
    """The boxes of each positive exam of a challenge label table, in units of the image's side.

    Parameters
    ----------
    labels
        A table such as ``stage_2_train_labels.csv``. Where ``rsna_nih_map.csv`` lies beside it, it
        says whose exam each is.
    held_out
        Images kept for judging. Their exams, and all exams of their patients, are not looked at.
    excluded
        Further patients of whom no exam is looked at.

    Returns
    -------
    places
        For each exam ``[N, 4]`` x0 y0 x1 y1 in [0, 1].

    Raises
    ------
    detector.errors.InputError
        When ``labels`` cannot be understood.
    training.datasets.labelled_image.DataSetError
        When ``rsna_nih_map.csv`` cannot be read.
    """
    held_out_patients = {image.name: image.patient for image in held_out}
    nih_map = labels.with_name(NIH_MAP)
    patients = _read_patients(nih_map) if nih_map.is_file() else {}
    unseen = {*held_out_patients.values(), *excluded}
    return [
        (boxes / CHALLENGE_SIZE).astype(np.float32)
        for exam, boxes in sorted(read_challenge_labels(labels).exams.items())
        if len(boxes) and exam not in held_out_patients and patients.get(exam, exam) not in unseen
    ]


def _read_patients(nih_map: Path) -> dict[str, str]:
    """The NIH patient of each ``patientId``; NIH names images ``<patient>_<follow-up>.png``."""
    return {
        exam: normalise_patient(image.partition("_")[0])
        for exam, image in read_rows(nih_map, ("patientId", "nih"))
    }
