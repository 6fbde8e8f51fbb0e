"""Archives in the network: asked when the reader says so, one search and one transfer at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from pneumo_viewer.jobs.jobs import Job, Jobs
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.network.archive import FoundStudy, InstanceAddress, StudyQuery
from pneumo_viewer.network.servers import DimseServer, WebServer
from pneumo_viewer.panels.pacs import PacsPanel
from pneumo_viewer.panels.status import WorkProgress
from pneumo_viewer.server_dialog import ServerDialog
from pneumo_viewer.words import counted, tr
from pneumo_viewer.workspace import reason_of

if TYPE_CHECKING:
    from pneumo_viewer.main_window import MainWindow

_WORKER = "pneumo_viewer.jobs.networking"


def received_folder() -> Path:
    """Where retrieved studies lie, a folder for each; only this user can read it."""
    return user_cache_path("pneumo-viewer") / "received"


class Transfer(QObject):
    """Calls in worker processes that are counted and stopped together.

    Parameters
    ----------
    jobs
        Where they run.

    Attributes
    ----------
    problems
        Why some of the calls failed.
    """

    progressed = Signal(int, int)
    """Calls that are settled, and calls in all; equal when nothing is under way."""

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._running: set[Job] = set()
        self.problems: list[str] = []

    @property
    def is_running(self) -> bool:
        """Whether something is under way."""
        return bool(self._running)

    def start(
        self,
        function: str,
        calls: Sequence[tuple[object, ...]],
        ended: Callable[[list[Any]], None],
    ) -> None:
        """Make some calls; ``ended`` takes what they returned when all are settled."""
        results: list[Any] = []
        self.problems = []

        def settle(job: Job, outcome: list[Any], what: object) -> None:
            self._running.discard(job)
            outcome.append(what)
            self.progressed.emit(len(calls) - len(self._running), len(calls))
            if not self._running:
                ended(results)

        def submit(arguments: tuple[object, ...]) -> None:
            job = self._jobs.submit(
                Pool.NETWORK,
                Task(f"{_WORKER}:{function}", arguments),
                done=lambda result: settle(job, results, result),
                failed=lambda error: settle(job, self.problems, reason_of(error)),
            )
            self._running.add(job)

        for arguments in calls:
            submit(arguments)
        self.progressed.emit(0, len(calls))

    def stop(self) -> None:
        """Make no more calls; what is settled stays."""
        for job in self._running:
            job.cancel()
        self._running.clear()
        self.progressed.emit(0, 0)


class PacsDesk(QObject):
    """Joins the panel with servers, window and worklist.

    Parameters
    ----------
    window
        Gets the panel as a dock, behind those at the right and hidden at first; its status bar is
        made already.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._workspace = window.workspace
        self._preferences = window.preferences
        self._current = 0
        self._question: Job | None = None
        self.panel = PacsPanel()
        window.docks.add_behind_findings("pacs", tr("PACS"), self.panel, self.panel.title_bar)
        self.receiving = Transfer(window.workspace.jobs, self)
        self.sending = Transfer(window.workspace.jobs, self)
        panel = self.panel
        panel.search_wanted.connect(self._search)
        panel.stop_wanted.connect(self._stop_asking)
        panel.test.clicked.connect(self._test)
        panel.retrieve_wanted.connect(self._retrieve)
        panel.send_wanted.connect(self._choose_files)
        panel.server_chosen.connect(self._choose)
        panel.add_server.triggered.connect(lambda: self._ask_server(None))
        panel.change_server.triggered.connect(lambda: self._ask_server(self._current))
        panel.remove_server.triggered.connect(self._remove)
        self._show_progress()
        self._show_servers()

    def _show_progress(self) -> None:
        """Show it where that of reading and exporting is shown."""
        receiving = WorkProgress(tr("Retrieving {done} of {total}"), tr("Stop retrieving"))
        sending = WorkProgress(tr("Sending {done} of {total}"), tr("Stop sending"))
        for transfer, progress in ((self.receiving, receiving), (self.sending, sending)):
            self._window.statusBar().insertWidget(0, progress)
            progress.hide()
            transfer.progressed.connect(progress.show_progress)
            progress.cancelled.connect(transfer.stop)
        receiving.cancelled.connect(
            lambda: self._say(tr("Retrieving was stopped; nothing more is fetched."))
        )
        sending.cancelled.connect(
            lambda: self._say(tr("Sending was stopped; what was sent stays there."))
        )

    # Servers

    @property
    def _servers(self) -> tuple[DimseServer | WebServer, ...]:
        return self._preferences.settings.servers

    @property
    def _server(self) -> DimseServer | WebServer:
        return self._servers[self._current]

    def _show_servers(self) -> None:
        self._current = min(self._current, max(0, len(self._servers) - 1))
        self.panel.show_servers(self._servers, self._current)

    def _choose(self, place: int) -> None:
        if place != self._current:
            self._stop_asking()
            self._current = place
            self._show_servers()

    def _ask_server(self, place: int | None) -> None:
        others = [server.name for n, server in enumerate(self._servers) if n != place]
        known = None if place is None else self._servers[place]
        dialog = ServerDialog(known, others, self._window)
        dialog.given.connect(lambda server: self._put(place, server))
        self._window.show_dialog(dialog)

    def _put(self, place: int | None, server: DimseServer | WebServer) -> None:
        servers = list(self._servers)
        place = len(servers) if place is None else place
        servers[place : place + 1] = [server]
        self._stop_asking()
        self._current = place
        self._preferences.change(servers=tuple(servers))
        self._show_servers()

    def _remove(self) -> None:
        left = tuple(server for n, server in enumerate(self._servers) if n != self._current)
        self._stop_asking()
        self._preferences.change(servers=left)
        self._show_servers()

    # Questions

    def _test(self) -> None:
        server = self._server
        answer = tr("{server} answers.", server=server.name)
        self._ask("ping", (server,), lambda _: self.panel.say(answer))
        self.panel.show_asking(tr("Asking {server} …", server=server.name))

    def _search(self, query: StudyQuery) -> None:
        self._ask("find_studies", (self._server, query), self.panel.show_found)
        self.panel.show_asking(tr("Searching {server} …", server=self._server.name))

    def _ask(
        self, function: str, arguments: tuple[object, ...], done: Callable[[Any], None]
    ) -> None:
        def failed(error: Exception) -> None:
            self.panel.say(reason_of(error))

        self._question = self._workspace.jobs.submit(
            Pool.NETWORK, Task(f"{_WORKER}:{function}", arguments), done=done, failed=failed
        )

    def _stop_asking(self) -> None:
        if self._question is not None:
            self._question.cancel()
            self._question = None
        self.panel.say("")

    # Fetching

    def _retrieve(self, studies: Sequence[FoundStudy]) -> None:
        if self.receiving.is_running:
            self._say(tr("Studies are being retrieved already. Wait for the end, or stop it."))
            return
        server = self._server

        def fetch(listed: list[tuple[InstanceAddress, ...]]) -> None:
            unlisted = self.receiving.problems
            addresses = [address for several in listed for address in several]
            if not addresses:
                nothing = tr("The selected studies hold no radiograph and no report.")
                self._say(unlisted[0] if unlisted else nothing)
                return
            calls = [(server, address, received_folder()) for address in addresses]
            self.receiving.start(
                "retrieve",
                calls,
                lambda paths: self._open(paths, [*unlisted, *self.receiving.problems]),
            )

        self.receiving.start("list_instances", [(server, study.uid) for study in studies], fetch)

    def _open(self, paths: list[Path], problems: list[str]) -> None:
        if paths:
            self._workspace.open(sorted(paths))
            if self._workspace.session.current is None:
                self._window.show_image_page()
        sentences = [counted(len(paths), tr("Retrieved: 1 file."), tr("Retrieved: {n} files."))]
        self._say(_with_problems(sentences, problems))

    # Sending

    def _choose_files(self) -> None:
        folder = self._window.export_desk.folder or received_folder()
        files, _ = QFileDialog.getOpenFileNames(
            self._window,
            tr("Send to {server}", server=self._server.name),
            str(folder),
            tr("DICOM (*.dcm);;All files (*)"),
        )
        if files:
            self.send([Path(file) for file in files])

    def send(self, paths: Sequence[Path]) -> None:
        """Send files to the server that is chosen."""
        if self.sending.is_running:
            self._say(tr("Files are being sent already. Wait for the end, or stop it."))
            return
        server = self._server

        def ended(stored: list[None]) -> None:
            sent = tr(
                "Sent to {server}: {done} of {all} files.",
                server=server.name,
                done=len(stored),
                all=len(paths),
            )
            self._say(_with_problems([sent], self.sending.problems))

        self.sending.start("store", [(server, path) for path in paths], ended)

    def _say(self, text: str) -> None:
        self._workspace.notice_given.emit(text)


def _with_problems(sentences: list[str], problems: list[str]) -> str:
    if problems:
        sentences.append(
            tr("Failed: {n}, for instance: {problem}", n=len(problems), problem=problems[0])
        )
    return " ".join(sentences)
