"""The other exams of a patient, and how long before or after an exam they were made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pneumo_viewer.library.index import Study, StudyImage, StudyIndex
from pneumo_viewer.words import tr


@dataclass(frozen=True, slots=True)
class OtherExam:
    """Another exam of a patient.

    Attributes
    ----------
    image
        Its image that is most like the one it is compared with.
    relation
        How it stands to that one in time, for the corner of the image.
    """

    image: StudyImage
    relation: str


def other_exams(index: StudyIndex, key: str) -> list[OtherExam] | None:
    """The other open exams of an image's patient.

    Earlier exams come first, the nearest one before the others, then later ones alike, then those
    without a date in worklist order.

    Returns
    -------
    list of OtherExam or None
        None where the image names no patient id, so that no exam is surely the same patient's.
    """
    patient, study, image = index.place(key)
    if not image.identity.patient_id.strip():
        return None
    day = _day_of(study)

    def nearness(other: Study) -> tuple[int, int]:
        other_day = _day_of(other)
        if day is None or other_day is None:
            return 2, 0
        return int(other_day > day), abs((other_day - day).days)

    others = sorted((s for s in patient.studies if s is not study), key=nearness)
    return [OtherExam(_most_like(image, s), describe_relation(day, _day_of(s))) for s in others]


def relation_of(index: StudyIndex, key: str, other: str) -> str:
    """How the exam of another image of the same patient stands to that of an image in time."""
    (_, study, _), (_, other_study, _) = index.place(key), index.place(other)
    if study is other_study:
        return ""
    return describe_relation(_day_of(study), _day_of(other_study))


def describe_relation(day: date | None, other: date | None) -> str:
    """Say how long before or after ``day`` another exam of the patient was made."""
    if day is None or other is None:
        return tr("OTHER EXAM · order unknown")
    if other == day:
        return tr("OTHER EXAM · same day")
    if other < day:
        return tr("PRIOR · {interval} earlier", interval=describe_interval(other, day))
    return tr("LATER EXAM · {interval} later", interval=describe_interval(day, other))


def describe_interval(earlier: date, later: date) -> str:
    """Whole years and months between two dates, or days where no month is complete."""
    months = 12 * (later.year - earlier.year) + later.month - earlier.month
    months -= later.day < earlier.day
    if not months:
        return tr("{days} d", days=(later - earlier).days)
    years, months = divmod(months, 12)
    if not years:
        return tr("{months} m", months=months)
    return (
        tr("{years} y {months} m", years=years, months=months)
        if months
        else tr("{years} y", years=years)
    )


def _day_of(study: Study) -> date | None:
    is_unknown, day, *_ = study.order
    return None if is_unknown else day


def _most_like(image: StudyImage, study: Study) -> StudyImage:
    """The image with the same view, else the first one."""
    view = image.identity.view_position
    same = (other for other in study.images if other.identity.view_position == view)
    return next(same, study.images[0])
