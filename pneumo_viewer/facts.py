"""What a file says of its patient and study, in words for the screen."""

from __future__ import annotations

from detector.radiograph import ImageIdentity, Radiograph
from pneumo_viewer.words import tr

SEPARATOR = " · "


def patient_line(identity: ImageIdentity) -> str:
    """Name (the id where there is none), sex and age, as far as they are known."""
    return _joined(_name(identity), _sex_and_age(identity))


def _name(identity: ImageIdentity) -> str:
    return identity.patient_name or identity.patient_id or tr("unknown patient")


def _further_id(identity: ImageIdentity) -> str:
    """The patient id, unless it is shown as the name."""
    return "" if identity.patient_id == _name(identity) else identity.patient_id


def _sex_and_age(identity: ImageIdentity) -> str:
    age = identity.patient_age_years
    text = (
        ""
        if age is None
        else (
            tr("{years} y", years=int(age)) if age >= 2 else tr("{months:.0f} mo", months=age * 12)
        )
    )
    return " ".join(part for part in (identity.patient_sex, text) if part)


def study_line(identity: ImageIdentity) -> str:
    """Date and description of the study."""
    if identity.study_date is None:
        return _joined(identity.study_description, tr("date unknown"))
    return _joined(identity.study_date.isoformat(), identity.study_description)


def image_line(identity: ImageIdentity) -> str:
    """View and series of the image."""
    if not identity.is_dicom:
        return tr("picture without DICOM facts")
    view = " ".join(part for part in (identity.view_position, identity.image_laterality) if part)
    series = identity.series_description
    return _joined(identity.modality, "" if view in series.split() else view, series) or tr("image")


def exam_line(identity: ImageIdentity) -> str:
    """Patient id, view and study of a patient's only image."""
    return _joined(_further_id(identity), image_line(identity), study_line(identity))


def _joined(*parts: str) -> str:
    return SEPARATOR.join(part for part in parts if part)


def identity_texts(identity: ImageIdentity) -> tuple[list[str], list[str]]:
    """The lines for the top left and top right corner while the image itself is being read."""
    left = [_name(identity), _further_id(identity), _sex_and_age(identity)]
    return [line for line in left if line], [study_line(identity), image_line(identity)]


def corner_texts(radiograph: Radiograph) -> tuple[list[str], list[str]]:
    """The lines for the top left and top right corner of the image."""
    identity = radiograph.identity
    left, right = identity_texts(identity)
    if identity.frame_count > 1:
        right.append(
            tr(
                "frame {number} of {count}",
                number=radiograph.frame + 1,
                count=identity.frame_count,
            )
        )
    right.extend(radiograph.notes)
    return left, right
