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

T = TypeVar("T")

Position = tuple[int, ...]
"""Rows from the top: ``(patient,)``, ``(patient, study)`` or ``(patient, study, image)``."""


StudyTime = tuple[bool, date, str]
"""Whether the date is unknown, Study Date and Study Time."""


@dataclass(frozen=True, slots=True)
class StudyImage(ScannedImage):
    """An image of a study, listed once wherever its file lies.

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
    time
        The earliest date and time that an image gives, unknown last.
    images
        In worklist order, at least one.
    """

    id: str
    time: StudyTime
    images: list[StudyImage]

    @property
    def sort_key(self) -> tuple[StudyTime, str]:
        """Time, then UID."""
        return self.time, self.id


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

    @property
    def image_count(self) -> int:
        """Images of all studies."""
        return sum(len(study.images) for study in self.studies)


@dataclass(frozen=True, slots=True)
class Insertion:
    """A row came, still without rows below it; those follow as insertions of their own."""

    position: Position
    item: Patient | Study | StudyImage


@dataclass(frozen=True, slots=True)
class Removal:
    """A row went, with all rows below it."""

    position: Position


@dataclass(frozen=True, slots=True)
class Update:
    """An image's row shows something else."""

    position: Position
    item: StudyImage


Change = Insertion | Removal | Update


class StudyIndex:
    """All open images as a tree that does not depend on the order of their arrival."""

    def __init__(self) -> None:
        self.patients: list[Patient] = []
        self._patients: dict[str, Patient] = {}
        self._studies: dict[tuple[str, str], Study] = {}
        self._places: dict[str, tuple[Patient, Study, StudyImage]] = {}
        self._copies: dict[str, list[ScannedImage]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def add(self, images: Iterable[ScannedImage]) -> list[Change]:
        """Put images in their places.

        A file whose image is listed already is added to that image's other paths.

        Returns
        -------
        list of Change
            What happened to the rows, one after the other, so that whoever repeats it has the
            same rows. A study or image that moves, because a date or a copy became known, goes
            and comes again.
        """
        changes: list[Change] = []
        for image in images:
            changes += self._add(image)
        return changes

    def images(self) -> list[StudyImage]:
        """Every image in worklist order."""
        return [image for study in self._exams() for image in study.images]

    def find(self, key: str) -> StudyImage | None:
        """The image with this key, or None."""
        place = self._places.get(key)
        return None if place is None else place[2]

    def position(self, key: str) -> Position:
        """Rows of a listed image."""
        patient, study, image = self._places[key]
        return (
            _row(self.patients, patient),
            _row(patient.studies, study),
            _row(study.images, image),
        )

    def next_image(self, key: str) -> StudyImage | None:
        """The image after this one, or None at the end."""
        return self._neighbour_image(key, 1)

    def previous_image(self, key: str) -> StudyImage | None:
        """The image before this one, or None at the start."""
        return self._neighbour_image(key, -1)

    def next_exam(self, key: str) -> StudyImage | None:
        """The first image of the study after that of this image, or None at the end."""
        return self._neighbour_exam(key, 1)

    def previous_exam(self, key: str) -> StudyImage | None:
        """The first image of the study before that of this image, or None at the start."""
        return self._neighbour_exam(key, -1)

    def _exams(self) -> list[Study]:
        return [study for patient in self.patients for study in patient.studies]

    def _neighbour_image(self, key: str, step: int) -> StudyImage | None:
        images = self.images()
        row = [image.key for image in images].index(key) + step
        return images[row] if 0 <= row < len(images) else None

    def _neighbour_exam(self, key: str, step: int) -> StudyImage | None:
        studies = self._exams()
        row = studies.index(self._places[key][1]) + step
        return studies[row].images[0] if 0 <= row < len(studies) else None

    def _add(self, scanned: ScannedImage) -> list[Change]:
        key = scanned.identity.key
        copies = self._copies.setdefault(key, [])
        if any(copy.path == scanned.path for copy in copies):
            return []
        insort(copies, scanned, key=lambda copy: natural_key(str(copy.path)))
        image = _listed_once(copies)
        if key not in self._places:
            return self._insert(image)
        patient, study, before = self._places[key]
        if image.path == before.path:
            position = self.position(key)
            study.images[position[-1]] = image
            self._places[key] = patient, study, image
            return [Update(position, image)]
        return self._remove(key) + self._insert(image)

    def _insert(self, image: StudyImage) -> list[Change]:
        changes: list[Change] = []
        patient_id, sort_key = _patient_of(image.identity)
        patient = self._patients.get(patient_id)
        if patient is None:
            patient = self._patients[patient_id] = Patient(patient_id, sort_key, [])
            changes.append(Insertion((_insert_sorted(self.patients, patient),), patient))
        study_id = image.identity.study_instance_uid or image.key
        study = self._studies.get((patient_id, study_id))
        if study is None:
            study = self._studies[patient_id, study_id] = Study(study_id, _time_of([image]), [])
            position = _row(self.patients, patient), _insert_sorted(patient.studies, study)
            changes.append(Insertion(position, study))
        self._places[image.key] = patient, study, image
        _insert_sorted(study.images, image)
        changes.append(Insertion(self.position(image.key), image))
        return changes + self._reorder(patient, study, min(study.time, _time_of([image])))

    def _remove(self, key: str) -> list[Change]:
        position = patient_row, study_row, image_row = self.position(key)
        patient, study, _ = self._places.pop(key)
        del study.images[image_row]
        if study.images:
            return [Removal(position), *self._reorder(patient, study, _time_of(study.images))]
        del patient.studies[study_row], self._studies[patient.id, study.id]
        if patient.studies:
            return [Removal(position[:2])]
        del self.patients[patient_row], self._patients[patient.id]
        return [Removal(position[:1])]

    def _reorder(self, patient: Patient, study: Study, time: StudyTime) -> list[Change]:
        if time == study.time:
            return []
        patient_row = _row(self.patients, patient)
        before = _row(patient.studies, study)
        del patient.studies[before]
        study.time = time
        after = _insert_sorted(patient.studies, study)
        return [
            Removal((patient_row, before)),
            Insertion((patient_row, after), study),
            *(Insertion((patient_row, after, row), item) for row, item in enumerate(study.images)),
        ]


def _listed_once(copies: Sequence[ScannedImage]) -> StudyImage:
    first, *others = copies
    facts = replace(first.identity, source="")
    notes = tuple(
        f"Another file has the same SOP Instance UID but says otherwise: {other.path}."
        for other in others
        if replace(other.identity, source="") != facts
    )
    return StudyImage(first.identity, first.path, tuple(other.path for other in others), notes)


def _patient_of(identity: ImageIdentity) -> tuple[str, Any]:
    name = " ".join(identity.patient_name.replace("^", " ").casefold().split())
    patient_id = identity.patient_id.strip()
    alone, place = "", ""
    if not patient_id:
        alone = identity.study_instance_uid or identity.key
        place = identity.study_instance_uid or identity.source
    sort_key = (
        not name and not patient_id,
        natural_key(name),
        natural_key(patient_id),
        natural_key(place),
        alone,
    )
    return "\0".join((name, patient_id, alone)), sort_key


def _time_of(images: Iterable[StudyImage]) -> StudyTime:
    return min(
        (day is None, day or date.max, image.identity.study_time if day else "")
        for image in images
        for day in (image.identity.study_date,)
    )


def _unknown_last(number: int | None) -> tuple[bool, int]:
    return number is None, number or 0


_sort_key = attrgetter("sort_key")


def _row(rows: Sequence[T], row: T) -> int:
    return bisect_left(rows, _sort_key(row), key=_sort_key)


def _insert_sorted(rows: list[T], row: T) -> int:
    place = _row(rows, row)
    rows.insert(place, row)
    return place
