"""An archive that speaks DICOMweb: QIDO-RS, WADO-RS and STOW-RS (PS3.18)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread
from pydicom.errors import InvalidDicomError
from requests.adapters import HTTPAdapter

from detector.files import access_error
from pneumo_viewer.network import archive
from pneumo_viewer.network.archive import (
    LONGEST_CONNECTING_SECONDS,
    MOST_STUDIES,
    PATIENCE_SECONDS,
    FoundStudies,
    FoundStudy,
    InstanceAddress,
    ServerError,
    StudyQuery,
)
from pneumo_viewer.network.servers import WebServer

# They log identifiers, and each failure that they log is a sentence here.
for _library in ("dicomweb_client", "retrying"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)

_AS_STORED: Final = (("application/dicom", "*"),)
_STUDY_FIELDS: Final = ["StudyDescription", "ModalitiesInStudy", "NumberOfStudyRelatedInstances"]
_OUT_OF_RESOURCES: Final = range(0xA700, 0xA800)


class WebArchive:
    """An archive behind DICOMweb.

    Parameters
    ----------
    server
        Where it is.
    patience
        Seconds after which a server that says nothing is given up.
    """

    def __init__(self, server: WebServer, patience: float = PATIENCE_SECONDS) -> None:
        self._server = server
        self._patience = patience

    def test(self) -> None:
        """Look for one study, whichever."""
        with self._asked() as client:
            client.search_for_studies(limit=1)

    def find_studies(self, query: StudyQuery) -> FoundStudies:
        """QIDO-RS for studies, one request for each modality.

        Some versions of Orthanc take encoded characters as they are, and other servers
        refuse the ``^`` of a name unencoded (RFC 3986), so any character may stand there.
        """
        filters = {
            keyword: value.replace("^", "?") for keyword, value in query.keys.items() if value
        }
        found: list[FoundStudy] = []
        with self._asked() as client:
            for modality in query.modalities or ("",):
                own = {"ModalitiesInStudy": modality} if modality else {}
                answers = client.search_for_studies(
                    limit=MOST_STUDIES + 1,
                    fields=_STUDY_FIELDS,
                    search_filters={**filters, **own},
                )
                found += map(_study, answers)
        return archive.newest_first(found)

    def list_instances(self, study: str) -> tuple[InstanceAddress, ...]:
        """QIDO-RS for the instances of a study."""
        with self._asked() as client:
            answers = client.search_for_instances(study)
        return tuple(
            archive.checked_address(
                self._server.name,
                study,
                _text(answer, "0020000E"),
                _text(answer, "00080018"),
            )
            for answer in answers
            if archive.is_wanted(_text(answer, "00080016"))
        )

    def retrieve(self, address: InstanceAddress) -> bytes:
        """WADO-RS of one instance, in the transfer syntax in which the archive has it."""
        with self._asked() as client:
            dataset = client.retrieve_instance(
                address.study, address.series, address.instance, media_types=_AS_STORED
            )
        if dataset.get("SOPInstanceUID") != address.instance:
            raise self._error(archive.NOT_GIVEN)
        content = BytesIO()
        dataset.save_as(content)
        return content.getvalue()

    def store(self, path: Path) -> None:
        """STOW-RS."""
        try:
            dataset = dcmread(path)
        except InvalidDicomError as error:
            raise self._error(archive.NOT_DICOM, file=path.name) from error
        except OSError as error:
            raise access_error(path, error) from error
        with self._asked() as client:
            answer = client.store_instances([dataset])
        for failed in answer.get("FailedSOPSequence") or ():
            code = int(failed.get("FailureReason", 0))
            if code in _OUT_OF_RESOURCES:
                raise self._error(archive.OUT_OF_STORAGE)
            raise self._error(archive.FAILED, why=f"0x{code:04X}")

    @contextmanager
    def _asked(self) -> Iterator[DICOMwebClient]:
        """A client whose failures are told in a sentence."""
        connecting = min(self._patience, LONGEST_CONNECTING_SECONDS)
        with requests.Session() as session:
            session.mount("http://", _PlainWildcards())
            session.mount("https://", _PlainWildcards())
            client = DICOMwebClient(self._server.url, session, timeout=(connecting, self._patience))
            client.set_http_retry_params(retry=False)
            try:
                yield client
            except requests.exceptions.HTTPError as error:
                raise self._refusal(error) from error
            except requests.exceptions.JSONDecodeError as error:
                raise self._error(archive.NO_DICOMWEB) from error
            except requests.exceptions.RequestException as error:
                raise self._failure(error, connecting) from error
            except (ValueError, KeyError, InvalidDicomError) as error:
                raise self._error(archive.NO_DICOMWEB) from error

    def _refusal(self, error: requests.exceptions.HTTPError) -> ServerError:
        code = 0 if error.response is None else error.response.status_code
        if code in (401, 403):
            return self._error(archive.NOT_ADMITTED, code=code)
        if code == 404:
            return self._error(archive.NOT_FOUND)
        if code in (413, 507):
            return self._error(archive.OUT_OF_STORAGE)
        if code in (429, 503):
            return self._error(archive.BUSY)
        return self._error(archive.FAILED, why=f"HTTP {code}")

    def _failure(
        self, error: requests.exceptions.RequestException, connecting: float
    ) -> ServerError:
        """The innermost cause says it best: libraries wrap it three times."""
        address, causes = self._server.url, list(_causes(error))
        if isinstance(error, requests.exceptions.SSLError):
            why = getattr(causes[-1], "reason", "") or type(causes[-1]).__name__
            return self._error(archive.NO_CERTIFICATE, why=why)
        if isinstance(error, requests.exceptions.Timeout):
            is_early = isinstance(error, requests.exceptions.ConnectTimeout)
            seconds = f"{connecting if is_early else self._patience:g}"
            return self._error(archive.SILENT, address=address, seconds=seconds)
        for cause in causes:
            if isinstance(cause, ConnectionRefusedError):
                return self._error(archive.REFUSED, address=address)
            if type(cause).__name__ == "NameResolutionError":
                return self._error(archive.UNKNOWN_HOST, host=address)
            if isinstance(cause, ConnectionResetError) or type(cause).__name__ == "ProtocolError":
                return self._error(archive.CLOSED, address=address)
        return self._error(archive.UNREACHABLE, address=address, why=type(causes[-1]).__name__)

    def _error(self, sentence: str, **values: object) -> ServerError:
        return ServerError(self._server.name, sentence, **values)


class _PlainWildcards(HTTPAdapter):
    """Leaves wildcards unencoded, which RFC 3986 permits in a query and some servers need."""

    def request_url(
        self, request: requests.PreparedRequest, proxies: Mapping[str, str | None] | None
    ) -> str:
        url = super().request_url(request, proxies)  # type: ignore[arg-type]
        return url.replace("%2A", "*").replace("%3F", "?")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised for, down to the first of all."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        inner = getattr(current, "reason", None) or (current.args[0] if current.args else None)
        current = inner if isinstance(inner, BaseException) else current.__context__


def _text(answer: dict[str, Any], tag: str) -> str:
    """All values of an element of the DICOM JSON model (PS3.18, annex F), as text."""
    values = answer.get(tag, {}).get("Value") or []
    names = (value.get("Alphabetic", "") if isinstance(value, dict) else value for value in values)
    return "\\".join(str(name) for name in names if name is not None)


def _study(answer: dict[str, Any]) -> FoundStudy:
    return FoundStudy(
        uid=_text(answer, "0020000D"),
        patient_name=_text(answer, "00100010"),
        patient_id=_text(answer, "00100020"),
        date=_text(answer, "00080020"),
        description=_text(answer, "00081030"),
        modalities=_text(answer, "00080061"),
        images=_text(answer, "00201208"),
    )
