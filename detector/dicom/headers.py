"""DICOM headers: the data set up to its pixels, and where those lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from pydicom import config, uid
from pydicom.dataset import FileDataset
from pydicom.filereader import read_partial

from detector.dicom.elements import DAYS_A_YEAR, Elements, quiet_pydicom
from detector.errors import (
    DamagedFileError,
    InputError,
    NoPixelDataError,
    NotAnImageFileError,
    UnsupportedImageError,
)
from detector.radiograph import ImageIdentity

_FLOAT_PIXEL_DATA = (0x7FE00008, 0x7FE00009)
_PIXEL_DATA = 0x7FE00010
_UNDEFINED_LENGTH = 0xFFFFFFFF
_EVERY_OBJECT_HAS_ONE_OF = ("SOPInstanceUID", "Modality", "Rows", "PatientID")


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the value of a pixel data element lies.

    Attributes
    ----------
    tag
        (7FE0,0010), or one of its float variants.
    vr
        Its value representation, OB or OW; "" where the file does not say.
    offset
        Of its first byte in the file, or in the inflated data set of a deflated file.
    length
        In bytes as declared, or None where the length is undefined, as it is when encapsulated.
    """

    tag: int
    vr: str
    offset: int
    length: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """One DICOM image up to its pixels.

    Attributes
    ----------
    elements
        The elements before the pixels.
    transfer_syntax
        As the file says, or as its bytes show where it does not say.
    pixels
        Where the pixels lie.
    rows, columns, frame_count
        At least one each.
    """

    elements: Elements
    transfer_syntax: uid.UID
    pixels: PixelElement
    rows: int
    columns: int
    frame_count: int


def looks_like_dicom(start: bytes) -> bool:
    """Whether a file that begins so may be DICOM.

    True for the DICM prefix (PS3.10 7.1), and for a bare data set, which begins with an element of
    group 0002 or 0008 in either byte order.
    """
    return start[128:132] == b"DICM" or start[:2] in (b"\2\0", b"\0\2", b"\x08\0", b"\0\x08")


def read_header(stream: BinaryIO, source: str) -> Header:
    """Parse a data set up to its pixels.

    Raises
    ------
    NotAnImageFileError
        If it is no DICOM data set after all.
    NoPixelDataError
        If it is a valid object without pixels.
    DamagedFileError
        If it cannot be parsed, or describes an image and breaks off before its pixels.
    UnsupportedImageError
        If its pixels are floating point numbers.
    """
    dataset, pixels = _parse(stream, source)
    elements = Elements(dataset, [])
    if pixels is None:
        raise _why_no_pixels(elements, source)
    if pixels.tag != _PIXEL_DATA:
        raise UnsupportedImageError(source, "its pixels are floating point numbers")
    rows, columns = elements.integer("Rows") or 0, elements.integer("Columns") or 0
    if rows < 1 or columns < 1:
        raise DamagedFileError(source, "it does not say how many rows and columns it has")
    return Header(
        elements=elements,
        transfer_syntax=_transfer_syntax(dataset, pixels, source),
        pixels=pixels,
        rows=rows,
        columns=columns,
        frame_count=max(1, elements.integer("NumberOfFrames") or 1),
    )


def identity_of(header: Header, source: str, digest: Callable[[], str]) -> ImageIdentity:
    """Who and what the image is; ``digest`` is asked for a key if it has no SOP Instance UID."""
    elements = header.elements
    sop_instance_uid = elements.text("SOPInstanceUID")
    return ImageIdentity(
        key=sop_instance_uid or digest(),
        source=source,
        sop_instance_uid=sop_instance_uid,
        sop_class_uid=elements.text("SOPClassUID"),
        series_instance_uid=elements.text("SeriesInstanceUID"),
        study_instance_uid=elements.text("StudyInstanceUID"),
        patient_id=elements.text("PatientID"),
        patient_name=elements.person_name("PatientName"),
        patient_sex=elements.text("PatientSex"),
        patient_age_years=_age_in_years(elements),
        study_date=elements.date("StudyDate"),
        study_time=elements.time("StudyTime"),
        study_description=elements.text("StudyDescription"),
        series_description=elements.text("SeriesDescription"),
        series_number=elements.integer("SeriesNumber"),
        instance_number=elements.integer("InstanceNumber"),
        modality=elements.text("Modality"),
        body_part=elements.text("BodyPartExamined"),
        anatomic_region=elements.code("AnatomicRegionSequence"),
        view_position=elements.text("ViewPosition"),
        view=elements.code("ViewCodeSequence"),
        image_laterality=elements.text("ImageLaterality") or elements.text("Laterality"),
        patient_orientation=elements.texts("PatientOrientation"),
        rows=header.rows,
        columns=header.columns,
        frame_count=header.frame_count,
        transfer_syntax_uid=str(header.transfer_syntax),
    )


def _age_in_years(elements: Elements) -> float | None:
    age = elements.age_in_years("PatientAge")
    if age is not None:
        return age
    birth, study = elements.date("PatientBirthDate"), elements.date("StudyDate")
    if birth is None or study is None or study < birth:
        return None
    has_had_birthday = (study.month, study.day) >= (birth.month, birth.day)
    years = study.year - birth.year - (not has_had_birthday)
    return float(years) if years >= 2 else (study - birth).days / DAYS_A_YEAR


def _parse(stream: BinaryIO, source: str) -> tuple[FileDataset, PixelElement | None]:
    found: list[PixelElement] = []

    def is_pixel_data(tag: int, vr: str | None, length: int) -> bool:
        if tag == _PIXEL_DATA or tag in _FLOAT_PIXEL_DATA:
            declared = None if length == _UNDEFINED_LENGTH else length
            found.append(PixelElement(int(tag), vr or "", stream.tell(), declared))
        return bool(found)

    with quiet_pydicom():
        try:
            dataset = read_partial(stream, stop_when=is_pixel_data, force=True)
        except Exception as error:  # pydicom's parser lets errors of every kind out
            if isinstance(error, OSError) and error.errno is not None:
                raise  # from the file system, not from pydicom
            raise DamagedFileError(source, "its DICOM header cannot be parsed") from error
    return dataset, found[-1] if found else None


def _why_no_pixels(elements: Elements, source: str) -> InputError:
    """The reason for which a data set holds no pixels."""
    meta = Elements(elements.dataset.file_meta, elements.notes)
    kind = _uid(elements.text("SOPClassUID") or meta.text("MediaStorageSOPClassUID")).name
    is_dicom = kind or any(keyword in elements for keyword in _EVERY_OBJECT_HAS_ONE_OF)
    if not is_dicom:
        return NotAnImageFileError(source, "its bytes are neither DICOM nor a picture")
    if "Rows" in elements or kind.endswith("Image Storage"):
        return DamagedFileError(source, "it describes an image but holds no pixels")
    return NoPixelDataError(source, f"it is a DICOM object of another kind ({kind or 'unnamed'})")


def _uid(text: str) -> uid.UID:
    return uid.UID(text, config.IGNORE)


def _transfer_syntax(dataset: FileDataset, pixels: PixelElement, source: str) -> uid.UID:
    named = Elements(dataset.file_meta, []).text("TransferSyntaxUID")
    if named:
        return _uid(named)
    if pixels.length is None:
        raise DamagedFileError(source, "it does not say how its pixels are compressed")
    is_implicit, is_little_endian = dataset.original_encoding
    if is_implicit:
        return uid.ImplicitVRLittleEndian
    return uid.ExplicitVRLittleEndian if is_little_endian else uid.ExplicitVRBigEndian
