"""The open studies in worklist order: patient, study, image."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from detector.radiograph import ImageIdentity
from pneumo_viewer.library.found import ScannedImage
from pneumo_viewer.library.natural_order import natural_key
from pneumo_viewer.words import tr

T = TypeVar("T")

StudyOrder = tuple[bool, date, str, Any]
"""Whether the date is unknown, Study Date, Study Time, and the description by its numbers."""


@dataclass(frozen=True, slots=True)
class StudyImage(ScannedImage):
    """An image of a study, listed once wherever its files lie.

    Attributes
    ----------
    other_paths
        Where else the same SOP instance was found.
    notes
        Sentences about what is odd.
    """

    other_paths: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Identifies the image."""
        return self.identity.key

    @property
    def sort_key(self) -> Any:
        """Series number, series, instance number, path; unknown numbers last."""
        identity = self.identity
        return (
            _unknown_last(identity.series_number),
            identity.series_instance_uid,
            _unknown_last(identity.instance_number),
            natural_key(str(self.path)),
            self.key,
        )


@dataclass(eq=False, slots=True)
class Study:
    """One exam.

    Attributes
    ----------
    id
        Study Instance UID, or the key of the only image where there is none.
    order
        The earliest date and time that an image gives, unknown last, and the description.
    images
        In worklist order, at least one.
    """

    id: str
    order: StudyOrder
    images: list[StudyImage]

    @property
    def sort_key(self) -> tuple[StudyOrder, str]:
        """Time and description, then UID."""
        return self.order, self.id


@dataclass(eq=False, slots=True)
class Patient:
    """The studies of one patient.

    Images belong to one patient when name and id are both the same, since an id alone is not
    unique between hospitals. Without an id they belong together within one study only, and
    without that each file stands alone.

    Attributes
    ----------
    id
        Unique within the index.
    sort_key
        Name, then id, in natural order; those with neither last.
    studies
        In worklist order, at least one.
    """

    id: str
    sort_key: Any
    studies: list[Study]


class StudyIndex:
    """All open images as a tree.

    The tree does not depend on the order in which images arrive. Of several files of one image
    the first is listed and stays, since it may be on the screen already.

    Attributes
    ----------
    patients
        In worklist order.
    images
        Every listed image by its key.
    """

    def __init__(self) -> None:
        self.patients: list[Patient] = []
        self.images: dict[str, StudyImage] = {}
        self._patients: dict[str, Patient] = {}
        self._studies: dict[tuple[str, str], Study] = {}

    def add(self, images: Iterable[ScannedImage]) -> list[StudyImage]:
        """Put images in their places; return those that were not listed yet.

        A file whose image is listed already is added to that image's other paths.
        """
        new: list[StudyImage] = []
        for scanned in images:
            listed = self.images.get(scanned.identity.key)
            if listed is None:
                new.append(self._insert(StudyImage(scanned.identity, scanned.path)))
            elif scanned.path not in (listed.path, *listed.other_paths):
                self._replace(listed, _with_copy(listed, scanned))
        return new

    def place(self, key: str) -> tuple[Patient, Study, StudyImage]:
        """Where an image is listed."""
        image = self.images[key]
        patient = self._patients[_patient_id(image.identity)]
        return patient, self._studies[patient.id, _study_id(image)], image

    def _insert(self, image: StudyImage) -> StudyImage:
        patient_id = _patient_id(image.identity)
        patient = self._patients.get(patient_id)
        if patient is None:
            patient = Patient(patient_id, _patient_sort_key(image.identity), [])
            self._patients[patient_id] = patient
            insort(self.patients, patient, key=_sort_key)
        study_id, order = _study_id(image), _order_of(image.identity)
        study = self._studies.get((patient_id, study_id))
        if study is None:
            study = self._studies[patient_id, study_id] = Study(study_id, order, [])
            insort(patient.studies, study, key=_sort_key)
        elif order < study.order:
            del patient.studies[row_of(patient.studies, study)]
            study.order = order
            insort(patient.studies, study, key=_sort_key)
        insort(study.images, image, key=_sort_key)
        self.images[image.key] = image
        return image

    def _replace(self, before: StudyImage, after: StudyImage) -> None:
        _, study, _ = self.place(before.key)
        study.images[row_of(study.images, before)] = after
        self.images[after.key] = after


def _with_copy(listed: StudyImage, copy: ScannedImage) -> StudyImage:
    notes = listed.notes
    if replace(copy.identity, source=listed.identity.source) != listed.identity:
        notes += (
            tr(
                "Another file has the same SOP Instance UID but says otherwise: {path}.",
                path=copy.path,
            ),
        )
    return replace(listed, other_paths=(*listed.other_paths, copy.path), notes=notes)


def _patient_id(identity: ImageIdentity) -> str:
    patient_id = identity.patient_id.strip()
    alone = "" if patient_id else identity.study_instance_uid or identity.key
    return "\0".join((_plain_name(identity), patient_id, alone))


def _patient_sort_key(identity: ImageIdentity) -> Any:
    name, patient_id = _plain_name(identity), identity.patient_id.strip()
    place = "" if patient_id else identity.study_instance_uid or identity.source
    return (
        not name and not patient_id,
        natural_key(name),
        natural_key(patient_id),
        natural_key(place),
        _patient_id(identity),
    )


def _plain_name(identity: ImageIdentity) -> str:
    return " ".join(identity.patient_name.replace("^", " ").casefold().split())


def _study_id(image: StudyImage) -> str:
    return image.identity.study_instance_uid or image.key


def _order_of(identity: ImageIdentity) -> StudyOrder:
    day = identity.study_date
    time = identity.study_time if day else ""
    return day is None, day or date.max, time, natural_key(identity.study_description)


def _unknown_last(number: int | None) -> tuple[bool, int]:
    return number is None, number or 0


_sort_key = attrgetter("sort_key")


def row_of(rows: Sequence[T], row: T) -> int:
    """The place of a patient, study or image among those in worklist order."""
    return bisect_left(rows, _sort_key(row), key=_sort_key)
