"""The way of the panel: a server, a search, its studies on the screen, and reports sent back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from archive_stage import Orthanc, free_port
from desk_stage import reading_window
from fake_jobs import FakeJob, FakeJobs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from pneumo_viewer.jobs.jobs import Jobs
from pneumo_viewer.jobs.tasks import Pool
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.network.archive import FoundStudies, FoundStudy, InstanceAddress, StudyQuery
from pneumo_viewer.network.servers import DimseServer, WebServer
from pneumo_viewer.pacs_desk import received_folder
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.server_dialog import ServerDialog
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace
from resources import DEMO_STUDIES

SERVER = DimseServer(name="West", host="10.0.0.1", port=104, called_title="WEST")
STUDIES = (
    FoundStudy("1.2.1", "Doe^Jane", "P-7", "20260131", "Chest pa", "DX", "2"),
    FoundStudy("1.2.2", "Doe^John", "P-8", "", "", "CR\\SR", ""),
)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with reading_window(qtbot, tmp_path / "reviews.sqlite3") as window:
        window.show()
        qtbot.waitExposed(window)
        yield window


def network(window: MainWindow) -> list[FakeJob]:
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    return [job for job in jobs.waiting if job.pool is Pool.NETWORK]


def notices(window: MainWindow) -> list[str]:
    said: list[str] = []
    window.workspace.notice_given.connect(said.append)
    return said


def with_server(window: MainWindow) -> None:
    window.actions_by_id["show_pacs"].trigger()
    window.pacs_desk._put(None, SERVER)


def found(window: MainWindow, *rows: int) -> None:
    panel = window.pacs_desk.panel
    panel.search.click()
    network(window)[0].give(FoundStudies(STUDIES, False))
    for row in rows:
        panel.table.selectRow(row)


def test_nothing_goes_out_that_the_reader_did_not_ask_for(window: MainWindow) -> None:
    with_server(window)
    panel = window.pacs_desk.panel
    panel.patient_name.setText("Doe")
    panel.modality.setCurrentIndex(1)
    window.actions_by_id["show_pacs"].trigger()
    window.actions_by_id["show_pacs"].trigger()
    assert network(window) == []
    panel.search.click()
    (job,) = network(window)
    assert job.task.arguments == (SERVER, StudyQuery(patient_name="Doe", modalities=("CR",)))


def test_without_a_server_nothing_can_be_asked_and_the_panel_says_how_to_add_one(
    window: MainWindow,
) -> None:
    window.actions_by_id["show_pacs"].trigger()
    panel = window.pacs_desk.panel
    assert panel.message.text().startswith("Add the server of an archive under Servers")
    for button in (panel.search, panel.test, panel.retrieve, panel.send):
        assert not button.isEnabled()


def test_a_server_is_added_changed_and_removed_and_kept_in_the_settings(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.actions_by_id["show_pacs"].trigger()
    desk = window.pacs_desk
    desk.panel.add_server.trigger()
    dialog = window.findChild(ServerDialog)
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not ok.isEnabled()
    for name, text in (("name", "West"), ("host", "10.0.0.1"), ("called_title", "WEST")):
        dialog.lines[name].setText(text)
    assert dialog.problem.text() == ""
    ok.click()
    assert window.preferences.settings.servers == (SERVER,)
    assert desk.panel.server.currentText() == "West"
    again = Settings.model_validate_json(window.preferences.settings.model_dump_json())
    assert again.servers == (SERVER,)

    desk.panel.change_server.trigger()
    (dialog,) = (d for d in window.findChildren(ServerDialog) if d.isVisible())
    dialog.kind.setCurrentIndex(1)
    assert dialog.problem.text().startswith("The address begins with http")
    dialog.lines["url"].setText("https://pacs.example.org/dicom-web/")
    dialog.accept()
    web = WebServer(name="West", url="https://pacs.example.org/dicom-web")
    assert window.preferences.settings.servers == (web,)

    desk.panel.remove_server.trigger()
    assert window.preferences.settings.servers == ()
    assert not desk.panel.search.isEnabled()


def test_two_servers_cannot_have_one_name(window: MainWindow) -> None:
    with_server(window)
    window.pacs_desk.panel.add_server.trigger()
    dialog = window.findChild(ServerDialog)
    for name in ("name", "host", "called_title"):
        dialog.lines[name].setText("West")
    assert dialog.problem.text() == "Another server has this name."
    dialog.reject()


def test_a_test_says_that_the_server_answers_or_why_not(window: MainWindow) -> None:
    with_server(window)
    panel = window.pacs_desk.panel
    panel.test.click()
    assert panel.message.text() == "Asking West …"
    network(window)[0].give(None)
    assert panel.message.text() == "West answers."
    nowhere = DimseServer(name="Gone", host="127.0.0.1", port=free_port(), called_title="X")
    window.pacs_desk._put(0, nowhere)
    panel.test.click()
    network(window)[0].run()
    assert panel.message.text().startswith("Gone: nothing listens at 127.0.0.1:")


def test_the_table_shows_what_was_found(window: MainWindow) -> None:
    with_server(window)
    found(window)
    panel = window.pacs_desk.panel
    assert panel.table.texts() == [
        ("Doe Jane P-7", "2026-01-31", "DX", "2", "Chest pa"),
        ("Doe John P-8", "", "CR SR", "", ""),
    ]
    assert panel.message.text() == "2 studies"
    panel.show_found(FoundStudies(STUDIES, True))
    assert panel.message.text() == "The 200 newest studies; there are more. Narrow the search."
    panel.show_found(FoundStudies((), False))
    assert panel.message.text().startswith("No study matches.")


def test_a_date_that_is_none_is_said_before_anything_is_asked(window: MainWindow) -> None:
    with_server(window)
    panel = window.pacs_desk.panel
    panel.first.setText("31.1.2026")
    panel.search.click()
    assert network(window) == []
    assert panel.message.text().startswith("Write dates as year-month-day")


def test_a_search_can_be_stopped(window: MainWindow) -> None:
    with_server(window)
    panel = window.pacs_desk.panel
    panel.search.click()
    assert panel.search.text() == "Stop"
    panel.search.click()
    assert network(window) == []
    assert panel.search.text() == "Search"


def test_retrieving_can_be_stopped_and_counts_its_files(window: MainWindow, qtbot: QtBot) -> None:
    with_server(window)
    found(window, 0)
    desk = window.pacs_desk
    counts: list[tuple[int, int]] = []
    desk.receiving.progressed.connect(lambda done, total: counts.append((done, total)))
    qtbot.mouseClick(desk.panel.retrieve, Qt.MouseButton.LeftButton)
    addresses = tuple(InstanceAddress("1.2.1", "1.3", f"1.4.{n}") for n in range(3))
    network(window)[0].give(addresses)
    assert [job.task.arguments[1] for job in network(window)] == list(addresses)
    network(window)[0].give(Path("/received/1.dcm"))
    assert counts[-2:] == [(0, 3), (1, 3)]
    desk.receiving.stop()
    assert network(window) == []
    assert not desk.receiving.is_running


def test_what_could_not_be_sent_is_said_beside_what_was(window: MainWindow, tmp_path: Path) -> None:
    with_server(window)
    said = notices(window)
    (tmp_path / "notes.txt").write_text("no DICOM")
    window.pacs_desk.send([tmp_path / "report.dcm", tmp_path / "notes.txt"])
    network(window)[0].give(None)
    network(window)[0].run()
    assert said == [
        "Sent to West: 1 of 2 files. Failed: 1, for instance: notes.txt is not a DICOM file and "
        "cannot be sent. Choose SR, GSPS or image files."
    ]


def test_a_search_ends_with_the_image_on_the_screen(
    qtbot: QtBot, orthanc: Orthanc, tmp_path: Path
) -> None:
    """With real processes, and a real archive by both of its languages."""
    jobs = Jobs(file_workers=1)
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        session = ReviewSession(InlineStoreAccess(store))
        workspace = Workspace(jobs, session)
        settings = Settings(servers=(orthanc.dimse, orthanc.web))
        window = MainWindow(workspace, settings, None)
        qtbot.addWidget(window)
        window.show()
        said = notices(window)
        panel = window.pacs_desk.panel
        window.actions_by_id["show_pacs"].trigger()
        for place, patient in ((0, "NIH-00003363"), (1, "NIH-00008291")):
            panel.server.setCurrentIndex(place)
            panel.server_chosen.emit(place)
            panel.patient_id.setText(patient)
            panel.search.click()
            qtbot.waitUntil(lambda: len(panel.table.texts()) == 2, timeout=30_000)
            panel.table.selectAll()
            panel.retrieve.click()
            opened = 2 * (place + 1)
            qtbot.waitUntil(lambda count=opened: len(workspace.images) == count, timeout=30_000)
        qtbot.waitUntil(lambda: window.viewport.radiograph is not None, timeout=30_000)
        assert "Retrieved: 2 files." in said
        assert window.pages.currentWidget() is window.viewports
        paths = {image.path for image in workspace.images}
        assert all(path.is_relative_to(received_folder()) for path in paths)
        shown = window.viewport.radiograph
        assert shown is not None
        assert shown.identity.patient_id == "NIH-00003363"

        window.pacs_desk.send([DEMO_STUDIES / "00003363_001.dcm"])
        qtbot.waitUntil(lambda: "Sent to Orthanc web: 1 of 1 files." in said, timeout=30_000)
        window.close()
        workspace.close_all()
        jobs.close()
