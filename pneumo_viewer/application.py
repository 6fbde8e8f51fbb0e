"""From the command line to the window, and in order back again."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from detector.errors import InputError
from detector.model_card import ModelCard, read_card
from pneumo_viewer.jobs.jobs import Jobs
from pneumo_viewer.jobs.tasks import Task
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import store_path
from pneumo_viewer.settings import Settings, load_settings, save_settings, settings_path
from pneumo_viewer.theme import apply_theme
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
        apply_theme(qt)
        self._settings_path = settings_path()
        settings = load_settings(self._settings_path)
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
        if problem:
            self.workspace.notice_given.emit(problem)
        self.window.preferences.changed.connect(self._save)

    def _save(self, settings: Settings) -> None:
        try:
            save_settings(settings, self._settings_path)
        except OSError as error:
            self.workspace.notice_given.emit(
                f"Settings could not be saved to {self._settings_path}: {error.strerror}."
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
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("pneumo-viewer")
    application = Application()
    application.window.show()
    if paths:
        QTimer.singleShot(0, lambda: application.window.open(list(paths)))
    signal.signal(signal.SIGINT, lambda *_: application.window.close())
    # Python sees signals only while it runs: give it a chance now and then.
    wake = QTimer()
    wake.timeout.connect(lambda: None)
    wake.start(200)
    status = qt.exec()
    application.close()
    return status
