"""What every archive can do, whatever it speaks, and what can go wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from pydicom.config import IGNORE
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    EnhancedSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    SecondaryCaptureImageStorage,
)

from detector.errors import FolderNotWritableError, InputError
from detector.files import replace_file
from pneumo_viewer.words import mark, tr

PATIENCE_SECONDS: Final = 30.0
"""After which a server that says nothing is given up."""
LONGEST_CONNECTING_SECONDS: Final = 10.0
MOST_STUDIES: Final = 200
"""More studies than these are not listed."""

IMAGE_CLASSES: Final = (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
)
REPORT_CLASSES: Final = (
    GrayscaleSoftcopyPresentationStateStorage,
    BasicTextSRStorage,
    EnhancedSRStorage,
    ComprehensiveSRStorage,
    Comprehensive3DSRStorage,
)

UNKNOWN_HOST = mark("{server}: no machine is called {host}. Check the name of the host.")
REFUSED = mark(
    "{server}: nothing listens at {address}. Check host and port, and that the server runs."
)
UNREACHABLE = mark("{server}: {address} cannot be reached ({why}). Check host, port and network.")
SILENT = mark(
    "{server}: no answer from {address} within {seconds} s. Check host and port, or try again."
)
CLOSED = mark(
    "{server}: the connection to {address} was closed without an answer. Check that the port is "
    "the one for this kind of server, and that it asks for no encryption."
)
BROKEN_OFF = mark(
    "{server}: the connection broke off, or no answer came within {seconds} s. Try again."
)
UNKNOWN_CALLED_TITLE = mark(
    "{server} is not called {title}. Check the AE title of the server (“called”)."
)
UNKNOWN_OWN_TITLE = mark(
    "{server} does not know us as {title}. Have this AE title entered there, or change ours."
)
BUSY = mark("{server} takes no more connections at the moment. Try again later.")
REJECTED = mark(
    "{server} rejected the connection. Check both AE titles, and that it admits this machine."
)
NOT_OFFERED = mark(
    "{server} does not offer what was asked: {what}. Ask those who run it to permit it."
)
OUT_OF_STORAGE = mark(
    "{server} is out of storage or resources. Nothing is lost here; send again when it has room."
)
FAILED = mark("{server} could not do it: {why}. Those who run it find more in its log.")
NOT_GIVEN = mark(
    "{server} gave no image. It may have been deleted there, or its compression is none that is "
    "read here."
)
UNSAFE_ANSWER = mark("{server} answered with something that is no DICOM identifier; left alone.")
NO_CERTIFICATE = mark(
    "{server}: the encrypted connection failed ({why}). Check the address and its certificate."
)
NOT_ADMITTED = mark(
    "{server} asks for a sign-in (HTTP {code}). Ask those who run it to admit this machine."
)
NOT_FOUND = mark("{server} knows no such address (HTTP 404). Check the path of its address.")
NO_DICOMWEB = mark("{server} does not answer as DICOMweb does. Check the path of its address.")
NOT_DICOM = mark("{file} is not a DICOM file and cannot be sent. Choose SR, GSPS or image files.")


class ServerError(InputError):
    """An archive could not do what was asked.

    Parameters
    ----------
    server
        Its name.
    sentence
        What happened, which server, what to do next: one of the marked sentences, which is put
        into the language of the window where it is shown.
    values
        For the ``{names}`` of the sentence.
    """

    kind = "server"

    def __init__(self, server: str, sentence: str, **values: object) -> None:
        super().__init__(server, sentence)
        self.values = values

    @property
    def reason(self) -> str:
        """The sentence; it names the server."""
        return tr(self.detail, server=self.source, **self.values)

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class StudyQuery:
    """What studies to look for; what is empty matches every study.

    Attributes
    ----------
    patient_name, patient_id, accession
        ``*`` stands for any characters, ``?`` for one (PS3.4, C.2.2.2.4).
    first, last
        Dates of the study, both included.
    modalities
        Any of them.
    """

    patient_name: str = ""
    patient_id: str = ""
    accession: str = ""
    first: date | None = None
    last: date | None = None
    modalities: tuple[str, ...] = ()

    @property
    def keys(self) -> dict[str, str]:
        """The matching keys that are the same for every modality, by their keyword."""
        name = self.patient_name
        return {
            "PatientName": name if not name or set("*?") & set(name) else f"{name}*",
            "PatientID": self.patient_id,
            "AccessionNumber": self.accession,
            "StudyDate": _date_range(self.first, self.last),
        }


def _date_range(first: date | None, last: date | None) -> str:
    """A range of dates as PS3.4, C.2.2.2.5 has it."""
    if first is None and last is None:
        return ""
    return "-".join("" if day is None else day.strftime("%Y%m%d") for day in (first, last))


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study as the archive describes it; the texts are empty where it does not."""

    uid: str
    patient_name: str
    patient_id: str
    date: str
    description: str
    modalities: str
    images: str


@dataclass(frozen=True, slots=True)
class FoundStudies:
    """The newest studies first, and whether there were more than are listed."""

    studies: tuple[FoundStudy, ...]
    is_capped: bool


@dataclass(frozen=True, slots=True)
class InstanceAddress:
    """Where an image or report lies in an archive."""

    study: str
    series: str
    instance: str


class Archive(Protocol):
    """A server that keeps studies. Each method raises :class:`ServerError`."""

    def test(self) -> None:
        """See whether it answers."""

    def find_studies(self, query: StudyQuery) -> FoundStudies:
        """Look for studies."""

    def list_instances(self, study: str) -> tuple[InstanceAddress, ...]:
        """The radiographs, presentation states and reports of a study."""

    def retrieve(self, address: InstanceAddress) -> bytes:
        """One of them, as the content of a DICOM file, compressed as the archive has it."""

    def store(self, path: Path) -> None:
        """Put a file into the archive."""


def is_wanted(class_uid: str) -> bool:
    """Whether objects of this class are retrieved; where the archive is silent on it, they are."""
    return not class_uid or class_uid in (*IMAGE_CLASSES, *REPORT_CLASSES)


def checked_address(server: str, study: str, series: str, instance: str) -> InstanceAddress:
    """An address that is safe to be the name of a file.

    Raises
    ------
    ServerError
        A part is not a DICOM UID.
    """
    parts = (study, series, instance)
    if not all(UID(part, validation_mode=IGNORE).is_valid for part in parts):
        raise ServerError(server, UNSAFE_ANSWER)
    return InstanceAddress(study, series, instance)


def newest_first(studies: list[FoundStudy]) -> FoundStudies:
    """Each study once, as many as are listed; those without a date last."""
    known = {study.uid: study for study in studies}
    ordered = sorted(known.values(), key=lambda study: study.date, reverse=True)
    return FoundStudies(tuple(ordered[:MOST_STUDIES]), len(ordered) > MOST_STUDIES)


def keep(content: bytes, address: InstanceAddress, folder: Path) -> Path:
    """Write what was retrieved into the folder of its study, which no other user can read.

    Raises
    ------
    FolderNotWritableError
        The disk is full, or the folder cannot be written.
    """
    path = folder / address.study / f"{address.instance}.dcm"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        replace_file(path, content)
    except OSError as error:
        raise FolderNotWritableError(str(path.parent), str(error.strerror).lower()) from error
    return path
