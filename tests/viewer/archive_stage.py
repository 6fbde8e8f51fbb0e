"""A real archive that holds the demo studies, and peers that behave badly."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from pneumo_viewer.network.servers import DimseServer, WebServer
from resources import DEMO_STUDIES

PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
TITLE = "ORTHANC"


@dataclass(frozen=True)
class Orthanc:
    """Where it listens, in both of its languages."""

    dimse: DimseServer
    web: WebServer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_orthanc(program: str, folder: Path) -> Iterator[Orthanc]:
    """Orthanc with the 16 demo studies; it keeps everything in the folder."""
    http, dicom = free_port(), free_port()
    configuration = {
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "HttpPort": http,
        "DicomPort": dicom,
        "DicomAet": TITLE,
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [PLUGIN],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(configuration))
    process = subprocess.Popen(
        [program, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        root = f"http://127.0.0.1:{http}"
        wait_until(lambda: answers(f"{root}/system"))
        for file in sorted(DEMO_STUDIES.glob("*.dcm")):
            with urlopen(Request(f"{root}/instances", file.read_bytes())):
                pass
        yield Orthanc(
            DimseServer(name="Orthanc", host="127.0.0.1", port=dicom, called_title=TITLE),
            WebServer(name="Orthanc web", url=f"{root}/dicom-web"),
        )
    finally:
        process.terminate()
        process.wait(20)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1):
            return True
    except (URLError, OSError):
        return False


def wait_until(claim: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not come so far in time"
        time.sleep(0.02)


@contextmanager
def peer(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """Something that listens on the port that is given, and does this with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join(10)


def keep_silent(connection: socket.socket) -> None:
    """Read until the other side gives up, and say nothing."""
    while connection.recv(65536):
        pass


def hang_up(connection: socket.socket) -> None:
    """Close at once what was opened."""


def answer_http(
    status: str, body: bytes = b"", kind: str = "application/dicom+json"
) -> Callable[[socket.socket], None]:
    """Answer whatever comes with one response."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        connection.sendall(head.encode("ascii") + body)

    return behave
