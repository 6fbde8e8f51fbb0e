"""One labelled data set, whatever its layout, with the fold of each patient."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.datasets.coco import read_coco_data_set
from training.datasets.labelled_image import LabelledImage
from training.datasets.rsna import PATIENTS, read_challenge
from training.datasets.splits import assign_folds, read_folds, select_folds

FOLD_COUNT = 5
"""Folds that patients are spread over where the data set does not say."""


@dataclass(frozen=True, eq=False, slots=True)
class DataSet:
    """Labelled radiographs, and to which fold each patient belongs."""

    images: tuple[LabelledImage, ...]
    folds: Mapping[str, int]

    def split(self, folds: Collection[int]) -> tuple[list[LabelledImage], list[LabelledImage]]:
        """The images of these folds, and the others."""
        others = set(self.folds.values()) - set(folds)
        return (
            select_folds(self.images, self.folds, folds),
            select_folds(self.images, self.folds, others),
        )


def read_data_set(data: Path) -> DataSet:
    """Read a folder in the RSNA challenge's layout, or a COCO file beside its images.

    Folds are those of the challenge folder's ``patients.csv``; without one, patients are spread
    over five folds by a digest of their ids.

    Raises
    ------
    training.datasets.labelled_image.DataSetError
        When images, labels and patients do not fit together.
    detector.errors.InputError
        When a file is missing or cannot be understood.
    """
    if data.suffix.lower() == ".json":
        images = read_coco_data_set(data, data.parent)
    else:
        images = read_challenge(data)
    table = data / PATIENTS
    if table.is_file():
        folds = read_folds(table)
    else:
        folds = assign_folds({image.patient for image in images}, FOLD_COUNT)
    return DataSet(tuple(images), folds)
