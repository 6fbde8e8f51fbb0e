"""From the command line to the window, and in order back again."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from detector import __version__
from detector.errors import InputError
from detector.model_card import ModelCard, read_card
from pneumo_viewer.crash import BugReporter, mark_running
from pneumo_viewer.jobs.jobs import Jobs
from pneumo_viewer.jobs.tasks import Task
from pneumo_viewer.language import choose_language
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.program_log import PrivateFormatter, ProgramLog, log_folder
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import store_path
from pneumo_viewer.screens import bring_onto_screen
from pneumo_viewer.settings import Settings, load_settings, save_settings, settings_path
from pneumo_viewer.theme import Theme
from pneumo_viewer.words import tr
from pneumo_viewer.workspace import StoreOnJobs, Workspace
from resources import DEFAULT_WEIGHTS

logger = logging.getLogger(__name__)


class Application:
    """Everything that lives as long as the window.

    Attributes
    ----------
    window
        The main window.
    workspace
        What is open in it.
    """

    def __init__(self) -> None:
        qt = QApplication.instance()
        assert isinstance(qt, QApplication)
        self._theme = Theme(qt)
        self._settings_path = settings_path()
        settings, settings_problem = load_settings(self._settings_path)
        choose_language(qt, settings.language)
        self._theme.apply(settings.theme, settings.text_size / 100)
        settings, card, problem = _with_card(settings)
        weights = () if settings.weights is None else (str(settings.weights),)
        self.jobs = Jobs(load_detector=Task("pneumo_viewer.jobs.detection:load", weights))
        self._store = StoreOnJobs(self.jobs, store_path())
        session = ReviewSession(self._store, settings.reader)
        session.set_blinded(settings.blinded)
        if card is not None:
            session.set_threshold(card.score_threshold)
            session.set_model(card.identity)
        self.workspace = Workspace(self.jobs, session)
        self.window = MainWindow(self.workspace, settings, card, problem)
        for sentence in filter(None, (problem, settings_problem)):
            self.workspace.notice_given.emit(sentence)
        self.window.preferences.changed.connect(self._follow_settings)

    def _follow_settings(self, settings: Settings) -> None:
        self._theme.apply(settings.theme, settings.text_size / 100)
        self._save(settings)

    def _save(self, settings: Settings) -> None:
        try:
            save_settings(settings, self._settings_path)
        except OSError as error:
            self.workspace.notice_given.emit(
                tr(
                    "Settings could not be saved to {path}: {reason}.",
                    path=self._settings_path,
                    reason=error.strerror,
                )
            )

    def close(self) -> None:
        """Close the window and end all work in order."""
        self.window.close()
        self.workspace.close_all()
        self._store.close()
        self.jobs.close()


def _with_card(settings: Settings) -> tuple[Settings, ModelCard | None, str]:
    """The card of the chosen weights, or else of the program's own, and what is wrong with any."""
    try:
        return settings, read_card(settings.weights or DEFAULT_WEIGHTS), ""
    except InputError as error:
        if settings.weights is None:
            return settings, None, str(error)
        own, card, _ = _with_card(settings.model_copy(update={"weights": None}))
        return own, card, str(error)


def run(paths: Sequence[Path]) -> int:
    """Open the window on some files and folders, and return the exit status at its end."""
    to_terminal = logging.StreamHandler()
    to_terminal.setLevel(logging.WARNING)
    to_terminal.setFormatter(PrivateFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[to_terminal])
    logging.getLogger("pneumo_viewer").setLevel(logging.INFO)
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("pneumo-viewer")
    log, bugs = ProgramLog(log_folder()), BugReporter()
    bugs.install()
    mark = mark_running(log_folder())
    logger.info("pneumo-viewer %s", __version__)
    application = Application()
    window = application.window
    for line in log.lines:
        window.log_panel.add_line(line)
    log.written.connect(window.log_panel.add_line)
    bugs.noticed.connect(window.notice.say)
    bring_onto_screen(window)
    window.show()
    if mark is not None and mark.other_ended_unexpectedly:
        window.offer_to_restore()
    if paths:
        QTimer.singleShot(0, lambda: window.open(list(paths)))
    signal.signal(signal.SIGINT, lambda *_: window.close())
    # Python sees signals only while it runs: give it a chance now and then.
    wake = QTimer()
    wake.timeout.connect(lambda: None)
    wake.start(200)
    status = qt.exec()
    application.close()
    if mark is not None:
        mark.end()
    bugs.uninstall()
    log.close()
    return status
