"""Reviewed studies as a data set that ``pneumo-train`` reads: COCO, with folds of patients."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.errors import FolderNotWritableError
from detector.exam_class import ExamClass
from detector.files import access_error, make_writable, replace_file
from detector.radiograph import ImageIdentity
from pneumo_viewer.jobs.tasks import Task
from pneumo_viewer.review.evaluation import patient_of
from pneumo_viewer.review.reviewed import reviewed_boxes
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.words import tr
from training.datasets.labelled_image import LabelledImage
from training.datasets.splits import assign_folds

ANNOTATIONS = "training_set.json"
IMAGES = "images"
MOST_FOLDS = 5
_PART = 20
"""Images that are linked in one task."""


class FiledImage(Protocol):
    """An open image and the file that it was read from."""

    @property
    def identity(self) -> ImageIdentity:
        """Who and what the image is."""

    @property
    def path(self) -> Path:
        """The file."""


@dataclass(frozen=True, eq=False, slots=True)
class TrainingExam:
    """One reviewed image.

    Attributes
    ----------
    path, identity
        The file, and who and what it shows.
    patient
        Groups the images of one person.
    boxes
        ``[N, 4]`` float32 x0 y0 x1 y1 in image pixels: what the reader let stand.
    fold
        Of the patient.
    """

    path: Path
    identity: ImageIdentity
    patient: str
    boxes: NDArray[np.float32]
    fold: int


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Reviewed images, and how many others are left out."""

    exams: tuple[TrainingExam, ...] = ()
    not_reviewed: int = 0

    @property
    def patients(self) -> int:
        """How many people there are."""
        return len({exam.patient for exam in self.exams})

    @property
    def positives(self) -> int:
        """How many images have a box."""
        return sum(len(exam.boxes) > 0 for exam in self.exams)

    @property
    def folds(self) -> dict[int, tuple[int, int]]:
        """By fold, how many images there are and how many of them have a box."""
        images = Counter(exam.fold for exam in self.exams)
        positives = Counter(exam.fold for exam in self.exams if len(exam.boxes))
        return {fold: (images[fold], positives[fold]) for fold in sorted(images)}

    def describe(self) -> str:
        """One sentence with all the numbers."""
        if not self.exams:
            return tr("No exam is reviewed to its end; {open} are open.", open=self.not_reviewed)
        return tr(
            "{exams} reviewed exams of {patients} patients: {positives} with boxes, {others} "
            "without. {open} not reviewed to their end are left out.",
            exams=len(self.exams),
            patients=self.patients,
            positives=self.positives,
            others=len(self.exams) - self.positives,
            open=self.not_reviewed,
        )


def plan_training_set(images: Iterable[FiledImage], session: ReviewSession) -> TrainingSet:
    """Collect the reviewed images and spread their patients over folds.

    Boxes that the reader accepted, drew or corrected are the truth; an image that was reviewed
    and has none left is a negative. Folds are :func:`training.datasets.splits.assign_folds`'.
    """
    reviewed: list[LabelledImage] = []
    identities: list[ImageIdentity] = []
    not_reviewed = 0
    for image in images:
        identity = image.identity
        boxes = reviewed_boxes(session, identity.key)
        if boxes is None:
            not_reviewed += 1
            continue
        exam_class = ExamClass.LUNG_OPACITY if len(boxes) else ExamClass.UNKNOWN
        patient = patient_of(identity)
        reviewed.append(LabelledImage(identity.key, image.path, patient, boxes, exam_class))
        identities.append(identity)
    count = min(MOST_FOLDS, len({image.patient for image in reviewed}))
    folds = assign_folds(reviewed, count)
    return TrainingSet(
        tuple(
            TrainingExam(image.path, identity, image.patient, image.boxes, folds[image.patient])
            for image, identity in zip(reviewed, identities, strict=True)
        ),
        not_reviewed,
    )


def writing_tasks(folder: Path, exams: Sequence[TrainingExam]) -> list[Task]:
    """The tasks that write a training set, in their order; the last returns its path.

    Each is :func:`link_images` or :func:`write_annotations`, which say what can go wrong.
    """
    here = "pneumo_viewer.exchange.training_set"
    parts = [exams[first : first + _PART] for first in range(0, len(exams), _PART)]
    return [
        *(
            Task(f"{here}:link_images", (folder, part, number * _PART))
            for number, part in enumerate(parts)
        ),
        Task(f"{here}:write_annotations", (folder, exams)),
    ]


def link_images(folder: Path, exams: Sequence[TrainingExam], before: int) -> None:
    """Put the images of some exams beside the annotations, which are to be written last.

    Images are linked where the file system can, so that they take no room, and else copied; they
    are numbered, since names differ between folders only.

    Parameters
    ----------
    folder
        Is made if need be.
    exams
        In their order.
    before
        How many come before them.

    Raises
    ------
    FolderNotWritableError
        The folder cannot be written, or holds a training set already.
    FileAccessError
        An image is not there any more or cannot be copied.
    """
    make_writable(folder)
    if (folder / ANNOTATIONS).exists():
        raise FolderNotWritableError(str(folder), "it holds a training set already")
    (folder / IMAGES).mkdir(exist_ok=True)
    for number, exam in enumerate(exams, start=before + 1):
        _link(exam.path, folder / _file_name(number, exam))


def _file_name(number: int, exam: TrainingExam) -> str:
    return f"{IMAGES}/{number:06d}{exam.path.suffix.lower() or '.dcm'}"


def write_annotations(folder: Path, exams: Sequence[TrainingExam]) -> Path:
    """Write ``training_set.json`` for the images that :func:`link_images` put there.

    Returns
    -------
    Path
        The file of annotations.
    """
    annotations = folder / ANNOTATIONS
    images: list[dict[str, object]] = []
    boxes: list[dict[str, object]] = []
    for number, exam in enumerate(exams, start=1):
        images.append(
            {
                "id": number,
                "file_name": _file_name(number, exam),
                "width": exam.identity.columns,
                "height": exam.identity.rows,
                "patient_id": exam.patient,
                "sop_instance_uid": exam.identity.sop_instance_uid,
                "fold": exam.fold,
            }
        )
        for x0, y0, x1, y1 in exam.boxes.tolist():
            boxes.append(
                {
                    "id": len(boxes) + 1,
                    "image_id": number,
                    "category_id": 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": 0,
                }
            )
    content = {
        "info": {
            "description": "Reviewed studies, made by pneumo-viewer. Research use only. "
            "Images and patient ids are as they were: not de-identified."
        },
        "images": images,
        "annotations": boxes,
        "categories": [{"id": 1, "name": "pneumonia"}],
    }
    replace_file(annotations, json.dumps(content, indent=1).encode())
    return annotations


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise access_error(source, error) from error
