"""One labelled data set, whatever its layout, with the fold of each patient."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.datasets.coco import read_coco_data_set, read_coco_folds
from training.datasets.folder import read_folder
from training.datasets.labelled_image import DataSetError, LabelledImage
from training.datasets.rsna import LABELS, PATIENTS, read_challenge
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
    """Read a data set in any of three layouts.

    A ``.json`` file is COCO beside its images, a ``.csv`` file a table of boxes beside its images
    (:mod:`training.datasets.folder`). A folder with ``stage_2_train_labels.csv`` is the challenge's
    layout; any other is read by the one ``.csv`` that it holds.

    Folds are those of the challenge folder's ``patients.csv`` or of the images in the COCO file;
    without any, patients are spread over five folds of about the same share of every exam class.

    Raises
    ------
    training.datasets.labelled_image.DataSetError
        When images, labels and patients do not fit together.
    detector.errors.InputError
        When a file is missing or cannot be understood.
    """
    folds: Mapping[str, int] | None = None
    if data.suffix.lower() == ".json":
        images = read_coco_data_set(data, data.parent)
        folds = read_coco_folds(data, images)
    elif data.is_dir() and (data / LABELS).is_file():
        images = read_challenge(data)
    else:
        images = read_folder(_only_table(data) if data.is_dir() else data)
    table = data / PATIENTS
    if table.is_file():
        folds = read_folds(table)
    return DataSet(tuple(images), folds or assign_folds(images, FOLD_COUNT))


def _only_table(folder: Path) -> Path:
    tables = list(folder.glob("*.csv"))
    if len(tables) != 1:
        raise DataSetError(
            f"{folder} holds neither {LABELS} nor exactly one table of boxes. Name the data set's "
            ".csv or .json file instead of the folder."
        )
    return tables[0]
