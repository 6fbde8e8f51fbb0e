"""An archive that speaks DIMSE: C-ECHO, C-FIND, C-GET and C-STORE (PS3.4 and PS3.7)."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from pynetdicom import AE, build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    Verification,
)

from detector.files import access_error
from pneumo_viewer.network import archive
from pneumo_viewer.network.archive import (
    IMAGE_CLASSES,
    LONGEST_CONNECTING_SECONDS,
    MOST_STUDIES,
    PATIENCE_SECONDS,
    REPORT_CLASSES,
    FoundStudies,
    FoundStudy,
    InstanceAddress,
    ServerError,
    StudyQuery,
)
from pneumo_viewer.network.servers import DimseServer, address_of

T = TypeVar("T")

# It logs identifiers, and each failure that it logs is a sentence here.
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)


_UNCOMPRESSED: Final = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
_SYNTAXES: Final = (
    *_UNCOMPRESSED,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    JPEG2000Lossless,
    JPEG2000,
    RLELossless,
)
_SUCCESS, _CANCELLED = 0x0000, 0xFE00
_STORED_WITH_WARNINGS: Final = (0xB000, 0xB006, 0xB007)

_BY_USER, _BY_PROVIDER, _BY_PRESENTATION = 1, 2, 3
_REJECTIONS: Final = {
    (_BY_USER, 3): archive.UNKNOWN_OWN_TITLE,
    (_BY_USER, 7): archive.UNKNOWN_CALLED_TITLE,
    (_BY_PRESENTATION, 1): archive.BUSY,
    (_BY_PRESENTATION, 2): archive.BUSY,
}
"""By source and reason (PS3.8, table 9-21)."""


class DimseArchive:
    """An archive behind DIMSE.

    Parameters
    ----------
    server
        Where it is.
    patience
        Seconds after which a server that says nothing is given up.
    """

    def __init__(self, server: DimseServer, patience: float = PATIENCE_SECONDS) -> None:
        self._server = server
        self._patience = patience

    def test(self) -> None:
        """C-ECHO."""
        with self._associated([build_context(Verification)], "C-ECHO") as association:
            self._require(self._ask(association.send_c_echo), (_SUCCESS,))

    def find_studies(self, query: StudyQuery) -> FoundStudies:
        """C-FIND at the level of studies, one for each modality.

        A list of modalities in one request is understood by some archives only.
        """
        found: list[FoundStudy] = []
        for modality in query.modalities or ("",):
            identifier = _identifier(
                "STUDY",
                StudyInstanceUID="",
                StudyDescription="",
                ModalitiesInStudy=modality,
                NumberOfStudyRelatedInstances="",
                **query.keys,
            )
            found += [_study(answer) for answer in self._find(identifier, MOST_STUDIES + 1)]
        return archive.newest_first(found)

    def list_instances(self, study: str) -> tuple[InstanceAddress, ...]:
        """C-FIND at the level of series, then of images."""
        addresses: list[InstanceAddress] = []
        all_series = self._find(_identifier("SERIES", StudyInstanceUID=study, SeriesInstanceUID=""))
        for series in (_text(answer, "SeriesInstanceUID") for answer in all_series):
            identifier = _identifier(
                "IMAGE",
                StudyInstanceUID=study,
                SeriesInstanceUID=series,
                SOPInstanceUID="",
                SOPClassUID="",
            )
            addresses += [
                archive.checked_address(
                    self._server.name, study, series, _text(answer, "SOPInstanceUID")
                )
                for answer in self._find(identifier)
                if archive.is_wanted(_text(answer, "SOPClassUID"))
            ]
        return tuple(addresses)

    def retrieve(self, address: InstanceAddress) -> bytes:
        """C-GET of one instance, in whatever transfer syntax the archive has it.

        An archive that does not transcode needs a presentation context for each transfer syntax.
        """
        received: dict[str, bytes] = {}

        def take(event: evt.Event) -> int:
            assert isinstance(event.request, C_STORE)
            received[str(event.request.AffectedSOPInstanceUID)] = event.encoded_dataset()
            return _SUCCESS

        contexts = [build_context(StudyRootQueryRetrieveInformationModelGet)]
        contexts += [build_context(each, syntax) for each in IMAGE_CLASSES for syntax in _SYNTAXES]
        contexts += [
            build_context(each, syntax) for each in REPORT_CLASSES for syntax in _UNCOMPRESSED
        ]
        roles = [build_role(each, scp_role=True) for each in (*IMAGE_CLASSES, *REPORT_CLASSES)]
        identifier = _identifier(
            "IMAGE",
            StudyInstanceUID=address.study,
            SeriesInstanceUID=address.series,
            SOPInstanceUID=address.instance,
        )
        model = StudyRootQueryRetrieveInformationModelGet
        handlers = [(evt.EVT_C_STORE, take)]
        with self._associated(contexts, "C-GET", roles, handlers) as association:
            answers = self._ask(lambda: association.send_c_get(identifier, model))
            for status, _ in answers:
                if not _is_pending(status) and address.instance not in received:
                    self._require(status, (_SUCCESS,))
        if address.instance not in received:
            raise self._error(archive.NOT_GIVEN)
        return received[address.instance]

    def store(self, path: Path) -> None:
        """C-STORE."""
        try:
            dataset = dcmread(path)
            syntax = dataset.file_meta.TransferSyntaxUID
            class_uid, _ = dataset.SOPClassUID, dataset.SOPInstanceUID
        except (InvalidDicomError, AttributeError) as error:
            raise self._error(archive.NOT_DICOM, file=path.name) from error
        except OSError as error:
            raise access_error(path, error) from error
        contexts = [build_context(class_uid, syntax)]
        with self._associated(contexts, UID(class_uid).name) as association:
            status = self._ask(lambda: association.send_c_store(dataset))
            self._require(status, (_SUCCESS, *_STORED_WITH_WARNINGS))

    # The way there and back

    def _find(self, identifier: Dataset, most: int | None = None) -> list[Dataset]:
        contexts = [build_context(StudyRootQueryRetrieveInformationModelFind)]
        found: list[Dataset] = []
        with self._associated(contexts, "C-FIND") as association:
            model = StudyRootQueryRetrieveInformationModelFind
            for status, answer in self._ask(lambda: association.send_c_find(identifier, model)):
                if not _is_pending(status):
                    self._require(status, (_SUCCESS, _CANCELLED))
                elif answer is not None:
                    found.append(answer)
                if len(found) == most:
                    association.abort()
                    break
        return found

    @contextmanager
    def _associated(
        self,
        contexts: Sequence[PresentationContext],
        what: str,
        roles: Sequence[Any] = (),
        handlers: Sequence[Any] = (),
    ) -> Iterator[Association]:
        """An association in which at least one context of the first class was accepted."""
        sockets: list[socket.socket] = []

        def remember(event: evt.Event) -> None:
            sockets.append(event.assoc.dul.socket.socket)  # type: ignore[union-attr, arg-type]

        association: Association | None = None
        handlers = [*handlers, (evt.EVT_CONN_OPEN, remember)]
        try:
            association = self._associate(contexts, what, roles, handlers)
            accepted = {context.abstract_syntax for context in association.accepted_contexts}
            if contexts[0].abstract_syntax not in accepted:
                raise self._error(archive.NOT_OFFERED, what=what)
            yield association
            if association.is_established:
                association.release()
        finally:
            if association is not None and association.is_established:
                association.abort()
            for left in sockets:  # the library leaves open what the other side has closed
                left.close()

    def _associate(
        self,
        contexts: Sequence[PresentationContext],
        what: str,
        roles: Sequence[Any],
        handlers: Sequence[Any],
    ) -> Association:
        server, connecting = self._server, min(self._patience, LONGEST_CONNECTING_SECONDS)
        entity = AE(server.own_title)
        entity.connection_timeout = connecting
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = self._patience
        address = self._reach(connecting)
        began = time.monotonic()
        association = entity.associate(
            address,
            server.port,
            contexts=list(contexts),
            ae_title=server.called_title,
            ext_neg=list(roles),
            evt_handlers=list(handlers),
        )
        if association.is_established:
            return association
        if association.is_rejected:
            raise self._rejection(association)
        if association.rejected_contexts:
            raise self._error(archive.NOT_OFFERED, what=what)
        if time.monotonic() - began >= self._patience:
            raise self._silent(self._patience)
        raise self._error(archive.CLOSED, address=address_of(server))

    def _reach(self, patience: float) -> str:
        """The address at which the server listens, tried beforehand.

        The library takes no names of hosts and tells nobody why it could not connect.
        """
        server = self._server
        address = address_of(server)
        try:
            with socket.create_connection((server.host, server.port), patience) as connection:
                return str(connection.getpeername()[0])
        except (socket.gaierror, UnicodeError) as error:
            raise self._error(archive.UNKNOWN_HOST, host=server.host) from error
        except TimeoutError as error:
            raise self._silent(patience) from error
        except ConnectionRefusedError as error:
            raise self._error(archive.REFUSED, address=address) from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise self._error(archive.UNREACHABLE, address=address, why=why) from error

    def _rejection(self, association: Association) -> ServerError:
        answer = association.acceptor.primitive
        assert answer is not None
        reason = (answer.result_source or 0, answer.diagnostic or 0)
        sentence = _REJECTIONS.get(reason, archive.REJECTED)
        is_own = sentence == archive.UNKNOWN_OWN_TITLE
        title = self._server.own_title if is_own else self._server.called_title
        return self._error(sentence, title=title)

    def _ask(self, request: Callable[[], T]) -> T:
        """Send a request; the association may be gone, or lack a context for it."""
        try:
            return request()
        except RuntimeError as error:
            raise self._broken_off() from error

    def _require(self, status: Dataset, accepted: Sequence[int]) -> None:
        """Raise what a final status says (PS3.7, annex C), unless it is as it should be."""
        if "Status" not in status:
            raise self._broken_off()
        code = int(status.Status)
        if code in accepted:
            return
        if 0xA700 <= code <= 0xA7FF:
            raise self._error(archive.OUT_OF_STORAGE)
        if code == 0x0122:
            raise self._error(archive.NOT_OFFERED, what=f"0x{code:04X}")
        why = f"0x{code:04X} {_text(status, 'ErrorComment')}".strip()
        raise self._error(archive.FAILED, why=why)

    def _broken_off(self) -> ServerError:
        return self._error(archive.BROKEN_OFF, seconds=f"{self._patience:g}")

    def _silent(self, seconds: float) -> ServerError:
        address = address_of(self._server)
        return self._error(archive.SILENT, address=address, seconds=f"{seconds:g}")

    def _error(self, sentence: str, **values: object) -> ServerError:
        return ServerError(self._server.name, sentence, **values)


def _identifier(level: str, **keys: str) -> Dataset:
    identifier = Dataset()
    identifier.SpecificCharacterSet = "ISO_IR 192"
    identifier.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(identifier, keyword, value)
    return identifier


def _is_pending(status: Dataset) -> bool:
    return "Status" in status and status.Status in (0xFF00, 0xFF01)


def _text(answer: Dataset, keyword: str) -> str:
    value = answer.get(keyword, "")
    if isinstance(value, MultiValue):
        return "\\".join(map(str, value))
    return "" if value is None else str(value)


def _study(answer: Dataset) -> FoundStudy:
    return FoundStudy(
        uid=_text(answer, "StudyInstanceUID"),
        patient_name=_text(answer, "PatientName"),
        patient_id=_text(answer, "PatientID"),
        date=_text(answer, "StudyDate"),
        description=_text(answer, "StudyDescription"),
        modalities=_text(answer, "ModalitiesInStudy"),
        images=_text(answer, "NumberOfStudyRelatedInstances"),
    )
