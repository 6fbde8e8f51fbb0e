"""Each way in which an archive fails is one sentence: what happened, which server, what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from archive_stage import Orthanc, answer_http, free_port, hang_up, keep_silent, peer
from pydantic import ValidationError
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    SecondaryCaptureImageStorage,
    StudyRootQueryRetrieveInformationModelFind,
    Verification,
)

from detector.errors import FileAccessError, FolderNotWritableError
from pneumo_viewer.network.archive import (
    MOST_STUDIES,
    InstanceAddress,
    ServerError,
    StudyQuery,
    keep,
)
from pneumo_viewer.network.dicomweb import WebArchive
from pneumo_viewer.network.dimse import DimseArchive
from pneumo_viewer.network.servers import DimseServer, WebServer
from resources import DEMO_STUDIES

STUDY = DEMO_STUDIES / "00003363_001.dcm"
SHORT = 0.3


def dimse(port: int, host: str = "127.0.0.1", patience: float = SHORT) -> DimseArchive:
    server = DimseServer(name="West", host=host, port=port, called_title="WEST")
    return DimseArchive(server, patience)


def web(port: int, scheme: str = "http", host: str = "127.0.0.1") -> WebArchive:
    return WebArchive(WebServer(name="West", url=f"{scheme}://{host}:{port}/dicom"), SHORT)


def said(call: Callable[[], object]) -> str:
    with pytest.raises(ServerError) as caught:
        call()
    assert str(caught.value) == caught.value.reason
    return caught.value.reason


# DIMSE


def test_a_port_at_which_nothing_listens() -> None:
    port = free_port()
    assert said(dimse(port).test) == (
        f"West: nothing listens at 127.0.0.1:{port}. Check host and port, and that the server runs."
    )


def test_a_host_that_is_none() -> None:
    assert said(dimse(104, "no-such-host.invalid").test) == (
        "West: no machine is called no-such-host.invalid. Check the name of the host."
    )


def test_a_server_that_says_nothing_is_given_up_after_a_while() -> None:
    with peer(keep_silent) as port:
        assert said(dimse(port).test) == (
            f"West: no answer from 127.0.0.1:{port} within 0.3 s. Check host and port, or try "
            "again."
        )


def test_a_server_that_hangs_up() -> None:
    with peer(hang_up) as port:
        sentence = said(dimse(port, patience=5).test)
    assert sentence.startswith(f"West: the connection to 127.0.0.1:{port} was closed without")
    assert sentence.endswith("asks for no encryption.")


def test_a_server_of_another_title(orthanc: Orthanc) -> None:
    wrong = orthanc.dimse.model_copy(update={"called_title": "EAST"})
    assert said(DimseArchive(wrong).test) == (
        "Orthanc is not called EAST. Check the AE title of the server (“called”)."
    )


@contextmanager
def small_server(
    status: int = 0, *, studies: int = 0, delay: float = 0, **options: object
) -> Iterator[int]:
    """Answers C-ECHO, C-FIND and C-STORE with this status after a while, and finds studies."""
    entity = AE("WEST")
    for name, value in options.items():
        setattr(entity, name, value)
    entity.add_supported_context(Verification)
    entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    if status:
        entity.add_supported_context(SecondaryCaptureImageStorage, "1.2.840.10008.1.2.4.50")

    def find(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        for number in range(studies):
            found = Dataset()
            found.StudyInstanceUID = f"1.2.{number}"
            yield 0xFF00, found
        yield status, None

    def echo(event: evt.Event) -> int:
        time.sleep(delay)
        return status

    server = entity.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[
            (evt.EVT_C_STORE, lambda event: status),
            (evt.EVT_C_ECHO, echo),
            (evt.EVT_C_FIND, find),
        ],
    )
    assert server is not None
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()


def test_a_server_that_does_not_know_us() -> None:
    with small_server(require_calling_aet=["SOMEONE"]) as port:
        assert said(dimse(port, patience=5).test) == (
            "West does not know us as PNEUMO-VIEWER. Have this AE title entered there, or change "
            "ours."
        )


def test_a_server_that_takes_no_such_file() -> None:
    with small_server() as port:
        assert said(lambda: dimse(port, patience=5).store(STUDY)) == (
            "West does not offer what was asked: Secondary Capture Image Storage. Ask those who "
            "run it to permit it."
        )


def test_a_server_without_room() -> None:
    with small_server(status=0xA700) as port:
        archive = dimse(port, patience=5)
        assert said(lambda: archive.store(STUDY)) == (
            "West is out of storage or resources. Nothing is lost here; send again when it has "
            "room."
        )
        assert said(lambda: archive.find_studies(StudyQuery())).startswith("West is out of")


def test_another_failure_is_said_by_its_number() -> None:
    with small_server(status=0xC001) as port:
        assert said(lambda: dimse(port, patience=5).find_studies(StudyQuery())) == (
            "West could not do it: 0xC001. Those who run it find more in its log."
        )


def test_a_server_that_takes_the_connection_and_then_says_nothing() -> None:
    with small_server(delay=2 * SHORT) as port:
        assert said(dimse(port).test) == (
            "West: the connection broke off, or no answer came within 0.3 s. Try again."
        )


def test_a_server_that_finds_too_much_is_cut_short() -> None:
    with small_server(studies=MOST_STUDIES + 50) as port:
        found = dimse(port, patience=5).find_studies(StudyQuery())
    assert len(found.studies) == MOST_STUDIES
    assert found.is_capped


# DICOMweb


def test_a_web_server_that_finds_nothing_may_say_so_without_content() -> None:
    with peer(answer_http("204 No Content")) as port:
        assert web(port).find_studies(StudyQuery()).studies == ()


def test_a_web_server_that_is_not_there() -> None:
    port = free_port()
    assert said(web(port).test) == (
        f"West: nothing listens at http://127.0.0.1:{port}/dicom. Check host and port, and that "
        "the server runs."
    )


def test_a_web_host_that_is_none() -> None:
    sentence = said(web(80, host="no-such-host.invalid").test)
    assert sentence.startswith("West: no machine is called http://no-such-host.invalid:80/dicom")


def test_a_web_server_that_says_nothing() -> None:
    with peer(keep_silent) as port:
        assert "no answer from http" in said(web(port).test)


def test_a_web_server_that_hangs_up() -> None:
    with peer(hang_up) as port:
        assert "was closed without an answer" in said(web(port).test)


def test_a_web_server_without_encryption_that_was_asked_for() -> None:
    with peer(answer_http("200 OK")) as port:
        sentence = said(web(port, "https").test)
    assert sentence.startswith("West: the encrypted connection failed (")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("401 Unauthorized", "West asks for a sign-in (HTTP 401)."),
        ("403 Forbidden", "West asks for a sign-in (HTTP 403)."),
        ("404 Not Found", "West knows no such address (HTTP 404)."),
        ("503 Service Unavailable", "West takes no more connections at the moment."),
        ("507 Insufficient Storage", "West is out of storage or resources."),
        ("500 Internal Server Error", "West could not do it: HTTP 500."),
        ("200 OK", "West does not answer as DICOMweb does."),
    ],
)
def test_what_a_web_server_answers_instead(status: str, sentence: str) -> None:
    with peer(answer_http(status, b"<html>", "text/html")) as port:
        assert said(web(port).test).startswith(sentence)


def test_a_web_server_that_stores_not_all() -> None:
    # PS3.18, 10.5.3: (0008,1198) Failed SOP Sequence, (0008,1197) Failure Reason; 42752 = 0xA700.
    body = b'{"00081198":{"vr":"SQ","Value":[{"00081197":{"vr":"US","Value":[42752]}}]}}'
    with peer(answer_http("202 Accepted", body)) as port:
        report = STUDY.parent / STUDY.name
        assert said(lambda: web(port).store(report)).startswith("West is out of storage")


# What comes from outside is not trusted


def test_an_identifier_that_is_none_never_becomes_the_name_of_a_file() -> None:
    body = (
        b'[{"0020000E":{"vr":"UI","Value":["1.2"]},'
        b'"00080018":{"vr":"UI","Value":["../../.bashrc"]}}]'
    )
    with peer(answer_http("200 OK", body)) as port:
        assert "no DICOM identifier" in said(lambda: web(port).list_instances("1.2.3"))


def test_a_file_that_is_not_dicom_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not DICOM")
    for archive in (dimse(1), web(1)):
        assert said(lambda archive=archive: archive.store(tmp_path / "notes.txt")) == (  # type: ignore[misc]
            "notes.txt is not a DICOM file and cannot be sent. Choose SR, GSPS or image files."
        )
        with pytest.raises(FileAccessError):
            archive.store(tmp_path / "gone.dcm")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "received").write_text("a file in its place")
    with pytest.raises(FolderNotWritableError):
        keep(b"", InstanceAddress("1.2", "1.3", "1.4"), tmp_path / "received")


# The settings


@pytest.mark.parametrize(
    "url", ["ftp://a", "pacs", "http://", "https://me:secret@a/b", "https://a/b?token=x"]
)
def test_an_address_that_cannot_be_right_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        WebServer(name="West", url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("title", ["", "SEVENTEEN-LETTERS", "A\\B", "Größe"])
def test_an_ae_title_has_one_to_sixteen_characters(title: str) -> None:
    with pytest.raises(ValidationError):
        DimseServer(name="West", host="a", called_title=title)


def test_nothing_is_said_of_patients_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with peer(answer_http("200 OK", b"[]")) as port:
        web(port).find_studies(StudyQuery(patient_name="Doe^Jane", patient_id="P-7"))
    with small_server() as port:
        dimse(port, patience=5).find_studies(StudyQuery(patient_name="Doe^Jane", patient_id="P-7"))
    said = [r.getMessage() for r in caplog.records if not r.name.startswith("urllib3")]
    assert not any("Doe" in line or "P-7" in line for line in said)
