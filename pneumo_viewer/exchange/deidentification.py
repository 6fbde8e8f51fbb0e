"""De-identified images by the Basic Application Level Confidentiality Profile, PS3.15 Annex E.

Table E.1-1 says what to do with each attribute that may identify. We go the safer way round: a new
object is made, into which only attributes that are known and needed to show the image right are
taken over. What is not in `KEPT` is not there: descriptions, dates, names, overlays, private and
unknown elements. UIDs are replaced, the same one alike within an export (action U); attributes
that the standard wants present are empty (Z), the patient's id is a pseudonym (D). A test holds
`KEPT` against the table.

Pixels are decoded and stored native, as compressed streams can carry comments, and unused high
bits, which can hold overlays, are cleared. Colour becomes luminance, as it is shown. Text that is
burned into the pixels stays: `Deidentified.burned_in` says what the file says of it.
"""

from __future__ import annotations

import hmac
import re
import uuid
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom import uid
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.valuerep import DS

from detector import __version__
from detector.dicom.attributes import grey_scale_of
from detector.dicom.elements import Elements
from detector.dicom.frames import read_frame
from detector.dicom.headers import Header, read_header
from detector.errors import InputError
from detector.files import access_error
from detector.radiograph import GreyScale, LookupTable
from pneumo_viewer.exchange import concepts
from pneumo_viewer.exchange.evidence import SOFTWARE
from pneumo_viewer.exchange.records import Review

KEPT: Final = (
    "ImageType",
    "SOPClassUID",
    "Modality",
    "ConversionType",
    "PresentationIntentType",
    "Manufacturer",
    "BodyPartExamined",
    "KVP",
    "DistanceSourceToDetector",
    "DistanceSourceToPatient",
    "EstimatedRadiographicMagnificationFactor",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "PositionerType",
    "DetectorType",
    "ViewPosition",
    "SeriesNumber",
    "InstanceNumber",
    "PatientOrientation",
    "Laterality",
    "ImageLaterality",
    "NumberOfFrames",
    "FrameTime",
    "PixelSpacing",
    "PixelSpacingCalibrationType",
    "PixelAspectRatio",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "PixelIntensityRelationship",
    "PixelIntensityRelationshipSign",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "BurnedInAnnotation",
    "RecognizableVisualFeatures",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
    "PresentationLUTShape",
)
"""Attributes whose values are taken over, beside pixels, lookup tables and `KEPT_CODES`."""

KEPT_CODES: Final = ("ViewCodeSequence", "AnatomicRegionSequence")
"""Sequences of coded concepts that are taken over, each with value, scheme and meaning."""

_EMPTY: Final = (
    "AccessionNumber",
    "PatientBirthDate",
    "PatientSex",
    "ReferringPhysicianName",
    "StudyDate",
    "StudyID",
    "StudyTime",
)
_REPLACED_UIDS: Final = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
_READER: Final = "Reader"
_CODE_STRING: Final = re.compile(r"[A-Z0-9 _]{1,16}")
_MAY_BE_EMPTY: Final = ("CS", "IS")
_RANGES: Final = {"US": (0, 2**16 - 1), "SS": (-(2**15), 2**15 - 1)}


class NotDeidentifiableError(InputError):
    """An image that cannot be de-identified without losing how it is to be shown."""

    kind = "cannot be de-identified"
    advice = "Export it by other means."


@dataclass(frozen=True, slots=True)
class Deidentified:
    """An image without its identity.

    Attributes
    ----------
    content
        The file.
    burned_in
        Burned In Annotation (0028,0301): "NO", "YES", or "" where the file does not say. Unless it
        is "NO", somebody has to look at the pixels before the file is passed on.
    """

    content: bytes
    burned_in: str


def deidentify(path: Path, secret: bytes) -> Deidentified:
    """De-identify one image.

    Parameters
    ----------
    path
        A DICOM image.
    secret
        Random, the same for all files of an export, and forgotten after it: by it the same UID or
        patient becomes the same in all of them, and nobody finds the way back.

    Raises
    ------
    InputError
        The image cannot be read, or has attributes a frame, which are not taken over.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise access_error(path, error) from error
    source = str(path)
    header = read_header(BytesIO(data), source)
    elements = header.elements
    if "SharedFunctionalGroupsSequence" in elements:
        raise NotDeidentifiableError(source, "it is an enhanced object with attributes a frame")
    clean = Dataset()
    clean.SpecificCharacterSet = "ISO_IR 192"
    for keyword in KEPT:
        if (value := _value(elements, keyword)) not in (None, []):
            setattr(clean, keyword, value)
        elif keyword in elements and dictionary_VR(keyword) in _MAY_BE_EMPTY:
            setattr(clean, keyword, "")  # of type 2, which an image has even where it is unknown
    for keyword in KEPT_CODES:
        if (code := elements.code(keyword)) is not None:
            setattr(clean, keyword, [_code_item(code.value, code.scheme, code.meaning)])
    for keyword in _EMPTY:
        setattr(clean, keyword, "")
    _add_pixels(clean, header, data, source)
    _add_identity(clean, elements, secret, source)
    stream = BytesIO()
    clean.save_as(stream, enforce_file_format=True)
    return Deidentified(stream.getvalue(), elements.text("BurnedInAnnotation").upper())


def without_identity(review: Review) -> Review:
    """A review that names nobody: the reader has no name, and what was typed is left out."""
    return replace(review, reader=_READER if review.reader else "", comment="")


def _value(elements: Elements, keyword: str) -> Any:
    """A value of the kind that the dictionary has for the keyword, or None."""
    vr = dictionary_VR(keyword)
    match vr:
        case "DS":
            return [DS(number, auto_format=True) for number in elements.numbers(keyword)]
        case "IS":
            return [round(number) for number in elements.numbers(keyword)]
        case "US" | "SS" | "US or SS":
            is_signed = vr == "SS" or elements.integer("PixelRepresentation") == 1
            low, high = _RANGES["SS" if is_signed else "US"]
            number = elements.integer(keyword)
            return number if number is not None and low <= number <= high else None
        case "CS":
            texts = elements.texts(keyword)
            return list(texts) if all(map(_CODE_STRING.fullmatch, texts)) else None
        case _:
            return elements.text(keyword)[:64] or None


def _code_item(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _add_pixels(clean: Dataset, header: Header, data: bytes, source: str) -> None:
    frames = [read_frame(header, data, index, source) for index in range(header.frame_count)]
    first = frames[0]
    pixels = np.stack([frame.pixels for frame in frames])
    clean.Rows, clean.Columns = pixels.shape[1:]
    clean.SamplesPerPixel = 1
    shown = header.elements.text("PhotometricInterpretation")
    clean.PhotometricInterpretation = "MONOCHROME1" if shown == "MONOCHROME1" else "MONOCHROME2"
    clean.BitsAllocated = 8 * pixels.itemsize
    clean.BitsStored, clean.HighBit = first.bits_stored, first.bits_stored - 1
    clean.PixelRepresentation = int(first.is_signed)
    clean.LossyImageCompression = "01" if first.is_lossy else "00"
    if not first.is_colour:
        _add_lookup_tables(
            clean, grey_scale_of(header.elements, first.bits_stored, first.is_signed)
        )
    content = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    clean.PixelData = content + b"\0" * (len(content) % 2)
    clean["PixelData"].VR = "OB" if pixels.itemsize == 1 else "OW"


def _add_lookup_tables(clean: Dataset, grey: GreyScale) -> None:
    if isinstance(grey.modality, LookupTable):
        clean.ModalityLUTSequence = [_lut_item(grey.modality)]
        clean.ModalityLUTSequence[0].ModalityLUTType = "US"
    if grey.voi_luts:
        clean.VOILUTSequence = [_lut_item(table) for table in grey.voi_luts]


def _lut_item(table: LookupTable) -> Dataset:
    """A table without its explanation, PS3.3 C.11.1.1."""
    item = Dataset()
    count = len(table.entries) % 2**16
    vr = "US" if table.first_mapped >= 0 else "SS"
    if vr == "SS" and count >= 2**15:
        count -= 2**16  # unsigned all the same, of whatever VR
    item.add(DataElement("LUTDescriptor", vr, [count, table.first_mapped, table.bits]))
    entries = table.entries.astype("<u1" if table.bits == 8 else "<u2").tobytes()
    item.add(DataElement("LUTData", "OW", entries + b"\0" * (len(entries) % 2)))
    return item


def _add_identity(clean: Dataset, elements: Elements, secret: bytes, source: str) -> None:
    """What PS3.15 E.1.1 asks for in place of what was there."""
    for keyword in _REPLACED_UIDS:
        if original := elements.text(keyword):
            setattr(clean, keyword, _new_uid(secret, original))
    original = elements.text("SOPInstanceUID")
    clean.SOPInstanceUID = _new_uid(secret, original or source)
    study = elements.text("StudyInstanceUID") or original or source
    for keyword in _REPLACED_UIDS[:2]:
        if keyword not in clean:
            setattr(clean, keyword, _new_uid(secret, f"{keyword} {study}"))
    patient = _digest(secret, f"patient {elements.text('PatientID') or study}")
    clean.PatientID = f"ANON-{patient.hex()[:12].upper()}"
    clean.PatientName = f"{clean.PatientID}^"
    clean.PatientIdentityRemoved = "YES"
    clean.DeidentificationMethod = [
        "DICOM PS3.15 Basic Profile, keep list",
        f"{SOFTWARE} {__version__}",
        "Research use only",
    ]
    clean.DeidentificationMethodCodeSequence = [_as_item(concepts.BASIC_PROFILE)]
    clean.LongitudinalTemporalInformationModified = "REMOVED"
    clean.ContentQualification = "RESEARCH"
    clean.file_meta = FileMetaDataset()
    clean.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian


def _as_item(code: Code) -> Dataset:
    return _code_item(code.value, code.scheme_designator, code.meaning)


def _new_uid(secret: bytes, original: str) -> str:
    """A UID made from a random UUID, PS3.5 B.2, the same for the same original."""
    return f"2.25.{uuid.UUID(bytes=_digest(secret, original)[:16], version=4).int}"


def _digest(secret: bytes, text: str) -> bytes:
    return hmac.new(secret, text.encode(), sha256).digest()
