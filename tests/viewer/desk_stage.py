"""A window with two images, each with the same two findings, and the hand of a reader on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from fake_jobs import FakeJobs
from pytestqt.qtbot import QtBot

from detector.detections import Detections, ModelIdentity
from detector.radiograph import GreyScale, ImageIdentity, Radiograph
from pneumo_viewer.library.found import ScannedImage
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace

MODEL = ModelIdentity("compact", "1", "00112233aabbccdd", "compact")
TWO_BOXES = Detections(
    np.array([[100, 100, 200, 200], [400, 500, 600, 700]], np.float32),
    np.array([0.75, 0.25], np.float32),
    0.9,
    MODEL,
)
FRAMES = 3


def identity(key: str) -> ImageIdentity:
    path = f"/studies/{key}.dcm"
    return ImageIdentity(key, path, patient_id=key, rows=1000, columns=1000, frame_count=FRAMES)


def frame(key: str, number: int) -> Radiograph:
    return Radiograph(
        np.full((1000, 1000), 50 * number, np.uint8), GreyScale(8), None, identity(key), number
    )


@contextmanager
def reading_window(qtbot: QtBot, path: Path) -> Iterator[MainWindow]:
    """Images a and b are open, each with the same two findings; the threshold is 0.2."""
    jobs = FakeJobs()
    with closing(ReviewStore(path)) as store:
        session = ReviewSession(InlineStoreAccess(store))
        session.set_model(MODEL)
        session.set_threshold(0.2)
        workspace = Workspace(jobs, session)  # type: ignore[arg-type]
        window = MainWindow(workspace, Settings(), None)
        qtbot.addWidget(window)
        workspace._loader.found.emit(
            [ScannedImage(identity(key), Path(f"/studies/{key}.dcm")) for key in "ab"]
        )
        for job in jobs.named("detect"):
            job.give(TWO_BOXES)
        answer_decoding(jobs)
        yield window


def answer_decoding(jobs: FakeJobs) -> None:
    for job in jobs.named("decode"):
        path, number = job.task.arguments
        job.give(frame(Path(path).stem, number))


def selected(window: MainWindow) -> tuple[str | None, int | None]:
    """The current image and the number of the selected finding, from 1."""
    session = window.session
    if session.current is None or session.selected is None:
        return session.current, None
    ids = [finding.id for finding in session.findings(session.current)]
    return session.current, ids.index(session.selected) + 1


def verdicts(window: MainWindow, key: str) -> list[Verdict]:
    return [finding.verdict for finding in window.session.findings(key)]


def do(window: MainWindow, *commands: str) -> None:
    for command in commands:
        window.actions_by_id[command].trigger()
