"""What a worker process does with archives in the network. Knows no Qt."""

from __future__ import annotations

from pathlib import Path

from pneumo_viewer.network.archive import (
    Archive,
    FoundStudies,
    InstanceAddress,
    StudyQuery,
    keep,
)
from pneumo_viewer.network.dicomweb import WebArchive
from pneumo_viewer.network.dimse import DimseArchive
from pneumo_viewer.network.servers import DimseServer, WebServer


def archive_of(server: DimseServer | WebServer) -> Archive:
    """The archive behind a server."""
    return DimseArchive(server) if isinstance(server, DimseServer) else WebArchive(server)


def ping(server: DimseServer | WebServer) -> None:
    """See whether a server answers."""
    archive_of(server).test()


def find_studies(server: DimseServer | WebServer, query: StudyQuery) -> FoundStudies:
    """Look for studies."""
    return archive_of(server).find_studies(query)


def list_instances(server: DimseServer | WebServer, study: str) -> tuple[InstanceAddress, ...]:
    """The radiographs, presentation states and reports of a study."""
    return archive_of(server).list_instances(study)


def retrieve(server: DimseServer | WebServer, address: InstanceAddress, folder: Path) -> Path:
    """Fetch one of them into a folder; return the file."""
    return keep(archive_of(server).retrieve(address), address, folder)


def store(server: DimseServer | WebServer, path: Path) -> None:
    """Send a file."""
    archive_of(server).store(path)
