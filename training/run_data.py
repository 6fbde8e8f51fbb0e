"""What one training run learns from: the images of its folds, and those that it must not see."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.presets import Preset
from resources import DEMO_STUDIES
from training.datasets.box_table import read_box_places
from training.datasets.data_set import read_data_set
from training.datasets.folder import read_patient_ids
from training.datasets.labelled_image import LabelledImage
from training.datasets.negatives import read_negatives
from training.datasets.nih import read_pneumonia
from training.datasets.prepared_images import PreparedImages
from training.datasets.splits import (
    listed,
    patients_known_as,
    require_disjoint_patients,
    without_patients,
)
from training.samples import SampleStream


@dataclass(frozen=True, slots=True)
class Splits:
    """The labelled images of the wanted folds, the same with added negatives, and all others."""

    labelled: Sequence[LabelledImage]
    training: Sequence[LabelledImage]
    held_out: Sequence[LabelledImage]
    excluded: frozenset[str]
    """Patients of whom nothing is learnt, though they are not held out for judging."""
    folds: tuple[int, ...]
    """That are trained on."""
    name: str
    """Of those folds."""
    source: str
    """A phrase that says where the training images come from."""


def read_splits(
    data: Path,
    folds: Collection[int],
    preset: Preset,
    *,
    negatives: Sequence[Path] = (),
    weak_positives: Sequence[Path] = (),
    exclude: Sequence[Path] = (),
    unpacked: Path,
) -> Splits:
    """Read a data set and part it by patient.

    Parameters
    ----------
    data
        As for :func:`training.datasets.data_set.read_data_set`.
    folds
        To train on; the others are held out.
    preset
        Says whether exams without a box are used at all, and whether those with unknown boxes.
    negatives
        Folders as for :func:`training.datasets.negatives.read_negatives`, whose radiographs are
        added.
    weak_positives
        Folders in NIH's layout whose radiographs tagged Pneumonia are added.
    exclude
        Folders of DICOM images whose patients are not trained on, beside those of the demo studies.
    unpacked
        Where archives are unpacked.

    Raises
    ------
    training.datasets.labelled_image.DataSetError
        When files do not fit together, or a patient is in two splits.
    detector.errors.InputError
        When a file cannot be read.
    """
    labelled, held_out = read_data_set(data).split(folds)
    identifiers = {
        patient for folder in (DEMO_STUDIES, *exclude) for patient in read_patient_ids(folder)
    }
    excluded = identifiers | patients_known_as([*labelled, *held_out], identifiers)
    labelled = without_patients(labelled, excluded)
    training = [image for image in labelled if image.is_positive or not preset.is_positives_only]
    numbers = listed(folds)
    name = f"{data.name}, folds {numbers}" if folds else f"no fold of {data.name}"
    source = f"{len(training)} radiographs of {name}"
    unseen = excluded | {image.patient for image in held_out}
    if not preset.is_positives_only:
        for folder in negatives:
            added = without_patients(read_negatives(folder, unpacked), unseen)
            training += added
            source += f", and {len(added)} without finding of {folder.name}"
    if preset.has_exam_head and not preset.is_positives_only:
        for folder in weak_positives:
            added = without_patients(read_pneumonia(folder), unseen)
            training += added
            source += f", and {len(added)} tagged Pneumonia, without boxes, of {folder.name}"
    left_out = " and ".join(["the demo studies", *(folder.name for folder in exclude)])
    source += f"; without the patients of {left_out}."
    require_disjoint_patients({"the training images": training, "the held-out images": held_out})
    return Splits(
        labelled, training, held_out, frozenset(excluded), tuple(sorted(folds)), name, source
    )


def find_places(
    labels: Path | None, splits: Splits, prepared: PreparedImages
) -> list[NDArray[np.float32]]:
    """Where findings lie, in units of the image's side, held-out patients left out.

    They are those of a challenge label table, or else those of the training images.
    """
    if labels is not None:
        return read_box_places(labels, splits.held_out, splits.excluded)
    return [
        prepared.boxes(index) / np.float32(prepared.size)
        for index, image in enumerate(prepared.images)
        if image.is_positive
    ]


def describe_data(stream: SampleStream) -> dict[str, Any]:
    """All of the data on which a stream's samples depend, for the recipe of a checkpoint."""
    return {
        **describe_images(stream.prepared.images),
        "pixels": _digest([np.array(stream.prepared.digests)]),
        "places": _digest(stream.places),
        "seed": stream.seed,
    }


def describe_images(images: Sequence[LabelledImage]) -> dict[str, Any]:
    """Which images these are, and a digest of what the readers said about them."""
    return {
        "images": [image.name for image in images],
        "labels": _digest(
            part
            for image in images
            for part in (image.boxes, np.array([image.exam_class, image.has_unknown_boxes]))
        ),
    }


def _digest(arrays: Iterable[NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape} {array.dtype.str}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
