"""What a file says of its patient and study, in words for the screen."""

from __future__ import annotations

from detector.radiograph import ImageIdentity, Radiograph

_SEP = " · "


def patient_line(identity: ImageIdentity) -> str:
    """Name, id, sex and age, as far as they are known."""
    parts = [identity.patient_name]
    if identity.patient_id != identity.patient_name:
        parts.append(identity.patient_id)
    return _SEP.join(part for part in (*parts, _sex_and_age(identity)) if part) or "unknown patient"


def _sex_and_age(identity: ImageIdentity) -> str:
    age = identity.patient_age_years
    years = "" if age is None else (f"{age:.0f} y" if age >= 2 else f"{age * 12:.0f} mo")
    return " ".join(part for part in (identity.patient_sex, years) if part)


def study_line(identity: ImageIdentity) -> str:
    """Date and description of the study."""
    day = "date unknown" if identity.study_date is None else identity.study_date.isoformat()
    return _SEP.join(part for part in (day, identity.study_description) if part)


def image_line(identity: ImageIdentity) -> str:
    """View and series of the image; its file name where the header says nothing."""
    view = " ".join(part for part in (identity.view_position, identity.image_laterality) if part)
    modality = identity.modality if identity.is_dicom else "picture without DICOM facts"
    parts = [part for part in (modality, view, identity.series_description) if part]
    return _SEP.join(parts) or identity.body_part or "image"


def corner_texts(radiograph: Radiograph) -> tuple[list[str], list[str]]:
    """The lines for the top left and top right corner of the image."""
    identity = radiograph.identity
    left = [identity.patient_name or identity.patient_id or "unknown patient"]
    if identity.patient_id and identity.patient_id != identity.patient_name:
        left.append(identity.patient_id)
    left.append(_sex_and_age(identity))
    right = [study_line(identity), image_line(identity)]
    if identity.frame_count > 1:
        right.append(f"frame {radiograph.frame + 1} of {identity.frame_count}")
    right.extend(radiograph.notes)
    return [line for line in left if line], right
