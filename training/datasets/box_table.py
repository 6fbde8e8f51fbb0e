"""Where real findings lie: the boxes of many exams, to place painted opacities by."""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.datasets.truth import read_challenge_labels

CHALLENGE_SIZE = 1024
"""Rows and columns of every image of the challenge."""


def read_box_places(labels: Path, excluded: Collection[str]) -> list[NDArray[np.float32]]:
    """The boxes of each positive exam of a challenge label table, in units of the image's side.

    Parameters
    ----------
    labels
        A table such as ``stage_2_train_labels.csv``.
    excluded
        ``patientId`` of exams that must not be looked at, such as those kept for judging.

    Returns
    -------
    places
        For each exam ``[N, 4]`` x0 y0 x1 y1 in [0, 1].
    """
    exams = read_challenge_labels(labels).exams
    return [
        (boxes / CHALLENGE_SIZE).astype(np.float32)
        for exam, boxes in sorted(exams.items())
        if len(boxes) and exam not in excluded
    ]


def read_patients_of_exams(nih_map: Path) -> dict[str, str]:
    """The NIH patient of each ``patientId`` by a table with the columns ``patientId`` and ``nih``.

    ``nih`` is the name of the NIH image, ``<patient>_<follow-up>.png``.
    """
    with nih_map.open(newline="", encoding="utf-8") as table:
        return {
            row["patientId"]: str(int(row["nih"].partition("_")[0]))
            for row in csv.DictReader(table)
        }
