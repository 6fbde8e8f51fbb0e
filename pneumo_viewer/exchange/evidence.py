"""What a DICOM object that we write takes over from the image that it speaks of."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydicom import uid
from pydicom.dataset import Dataset

from detector.dicom.elements import quiet_pydicom
from detector.dicom.headers import Header, read_header
from detector.errors import InputError
from detector.files import access_error

SOFTWARE: Final = "pneumo-viewer"
_UIDS: Final = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
_TEXTS: Final = {
    "PatientID": 64,
    "PatientName": 194,
    "AccessionNumber": 16,
    "StudyID": 16,
    "ReferringPhysicianName": 194,
}
"""The longest value of each, PS3.5 6.2; a name has three groups of 64."""
_DEIDENTIFICATION: Final = (
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
)
_SEXES: Final = ("M", "F", "O")
_MULTI_FRAME: Final = ("Multi-frame", "Angiographic", "Radiofluoroscopic", "Enhanced", "X-Ray 3D")
"""In names of SOP classes whose objects are referred to by frame, as far as X-rays go."""
_NAME_LENGTH: Final = 63
_NOT_IN_NAMES: Final = str.maketrans("\\=^", "   ")


class NotReportableError(InputError):
    """An image that no DICOM object can refer to."""

    kind = "cannot be referred to"
    advice = "Export it as COCO or CSV, which name files."


def read_image_header(path: Path) -> Header:
    """Read the elements of an image up to its pixels.

    Raises
    ------
    InputError
        It cannot be opened, or is no DICOM image.
    """
    try:
        with path.open("rb") as stream:
            return read_header(stream, str(path))
    except OSError as error:
        raise access_error(path, error) from error


def evidence_of(header: Header, source: str) -> Dataset:
    """Patient, study and identity of an image, as far as they have values that the standard allows.

    Raises
    ------
    NotReportableError
        The image lacks a UID by which it could be referred to.
    """
    elements = header.elements
    evidence = Dataset()
    for keyword in _UIDS:
        value = uid.UID(elements.text(keyword))
        if not value.is_valid:
            raise NotReportableError(source, f"it has no usable {keyword}")
        setattr(evidence, keyword, value)
    if evidence.SOPClassUID.type != "SOP Class" or evidence.SOPClassUID.is_retired:
        raise NotReportableError(source, "its SOP class is retired or no standard one")
    with quiet_pydicom():
        for keyword, longest in _TEXTS.items():
            text = elements.text(keyword)
            setattr(evidence, keyword, text if len(text) <= longest else "")
    for keyword in ("PatientBirthDate", "StudyDate"):
        day = elements.date(keyword)
        setattr(evidence, keyword, "" if day is None else day.strftime("%Y%m%d"))
    evidence.StudyTime = elements.time("StudyTime").replace(":", "")
    sex = elements.text("PatientSex").upper()
    evidence.PatientSex = sex if sex in _SEXES else ""
    evidence.Modality = elements.text("Modality")
    evidence.Rows, evidence.Columns = header.rows, header.columns
    evidence.SamplesPerPixel = 1
    if header.frame_count > 1 and any(kind in evidence.SOPClassUID.name for kind in _MULTI_FRAME):
        evidence.NumberOfFrames = header.frame_count
    evidence.SpecificCharacterSet = "ISO_IR 192"
    if any(elements.values(keyword) for keyword in _DEIDENTIFICATION[1:]):
        mark_as_deidentified(evidence, elements.dataset)
    return evidence


def mark_as_deidentified(made: Dataset, evidence: Dataset) -> None:
    """Say of what we made from an image whose identity was removed that it names nobody."""
    for keyword in _DEIDENTIFICATION:
        if keyword in evidence:
            made[keyword] = evidence[keyword]


def person_name(reader: str) -> str:
    """A reader's chosen name as a value of VR PN, PS3.5 6.2.1.

    A caret ends the family name; one at the end tells that there is no other part.
    """
    return (reader.translate(_NOT_IN_NAMES).strip()[:_NAME_LENGTH] or "unknown") + "^"
