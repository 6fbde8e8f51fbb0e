"""What the window never does, whatever is built into it."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from desk_stage import reading_window
from fake_jobs import FakeJobs
from pydicom import dcmread
from pytestqt.qtbot import QtBot
from small_radiographs import write_dicom

import detector
import pneumo_viewer
from pneumo_viewer.jobs import reading
from pneumo_viewer.jobs.tasks import Pool
from pneumo_viewer.library.found import Refusal, ScannedImage

NETWORK = {"socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "requests", "httpx"}
NETWORK |= {"aiohttp", "urllib3", "pynetdicom", "dicomweb_client", "PySide6.QtNetwork"}
ROOM_FOR_IT = "network"
"""The room of what a reader may ask of a PACS."""


def sources() -> Iterator[Path]:
    for package in (pneumo_viewer, detector):
        assert package.__file__ is not None
        yield from Path(package.__file__).parent.rglob("*.py")


def imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "", *(f"{node.module}.{name.name}" for name in node.names))


def test_only_the_room_for_it_could_call_over_the_network() -> None:
    callers = [
        f"{source}: {module}"
        for source in sources()
        if ROOM_FOR_IT not in source.parent.parts
        for module in imported(source)
        if module in NETWORK or module.split(".")[0] in NETWORK
    ]
    assert callers == []


def test_no_dialog_blocks_the_reading() -> None:
    """A file is chosen in a dialog that the reader asked for; nothing else waits for an answer."""
    blocking = re.compile(r"QMessageBox|QInputDialog|QErrorMessage|(?<!qt)(?<!drag)\.exec\(")
    found = [
        f"{source}: {line.strip()}"
        for source in sources()
        for line in source.read_text(encoding="utf-8").splitlines()
        if blocking.search(line)
    ]
    assert found == []


SECRETS = {"PatientName": "Hidden^Ada", "PatientID": "ID-77-1", "PatientBirthDate": "19550607"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A radiograph of a patient with a name, one that is cut off, and one without rows."""
    whole = tmp_path / "whole.dcm"
    write_dicom(whole, np.zeros((32, 32), np.uint8), "")
    dataset = dcmread(whole)
    for keyword, value in SECRETS.items():
        setattr(dataset, keyword, value)
    dataset.save_as(whole)
    dataset.SOPInstanceUID = "1.2.3"
    dataset.save_as(tmp_path / "cut.dcm")
    data = (tmp_path / "cut.dcm").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(data[:-500])
    dataset.Rows = 0
    dataset.save_as(tmp_path / "rowless.dcm")
    return tmp_path


def test_no_name_id_or_birth_date_gets_into_the_log(
    qtbot: QtBot, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    paths = tuple(str(folder / f"{name}.dcm") for name in ("whole", "cut", "rowless"))
    found = reading.examine(paths)
    assert [type(one) for one in found] == [ScannedImage, ScannedImage, Refusal]
    with reading_window(qtbot, folder / "reviews.sqlite3") as window:
        window.show()
        qtbot.waitExposed(window)
        window.actions_by_id["show_tags"].trigger()
        window.workspace._loader.found.emit(found[:2])
        window.workspace._loader.refused.emit(found[2:])
        jobs = window.workspace.jobs
        assert isinstance(jobs, FakeJobs)
        seen = set()
        for image in found[:2]:
            window.session.show(image.identity.key)
            for job in list(jobs.waiting):
                if job.pool is Pool.FILES and job.task.arguments[0] == str(image.path):
                    job.run()
            seen.add(window.viewport.message[0] or window.viewport.corner_texts[0][0])
            assert "Hidden^Ada" in str(window.tags_desk.panel._rows)
        assert seen == {"Hidden, Ada", "This image cannot be shown"}
    said = "\n".join(record.getMessage() for record in caplog.records)
    for secret in ("Hidden", "Ada", *SECRETS.values()):
        assert secret not in said
