"""A window with two scored images and their truth, for tests of readers and blinding."""

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
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace

MODEL = ModelIdentity("compact", "1", "00112233aabbccdd", "compact")
BOXES = np.array([[100, 100, 200, 200], [400, 500, 600, 700]], np.float32)
FOUND = Detections(BOXES, np.array([0.77, 0.23], np.float32), 0.91, MODEL)
OTHER = Detections(BOXES, np.array([0.66, 0.34], np.float32), 0.48, MODEL)
SCORES = ("0.77", "0.23", "0.91", "0.66", "0.34", "0.48")
TRUTH = {"a": BOXES[:1] + 7, "b": np.zeros((0, 4), np.float32)}


def _identity(key: str) -> ImageIdentity:
    return ImageIdentity(key, f"/studies/{key}.dcm", patient_id=key, rows=1000, columns=1000)


@contextmanager
def opened_window(
    qtbot: QtBot, path: Path, settings: Settings, *, is_scored: bool = True
) -> Iterator[MainWindow]:
    """Images a and b are open; the threshold is 0.2."""
    jobs = FakeJobs()
    with closing(ReviewStore(path)) as store:
        session = ReviewSession(InlineStoreAccess(store), settings.reader)
        session.set_blinded(settings.blinded)
        session.set_model(MODEL)
        session.set_threshold(0.2)
        window = MainWindow(Workspace(jobs, session), settings, None)  # type: ignore[arg-type]
        qtbot.addWidget(window)
        window.workspace._loader.found.emit(
            [ScannedImage(_identity(key), Path(f"/studies/{key}.dcm")) for key in "ab"]
        )
        session.set_truth(TRUTH)
        for job in jobs.named("detect") if is_scored else ():
            job.give(FOUND if "a.dcm" in str(job.task.arguments[0]) else OTHER)
        for job in jobs.named("decode"):
            key = Path(job.task.arguments[0]).stem
            pixels = np.full((1000, 1000), 50, np.uint8)
            job.give(Radiograph(pixels, GreyScale(8), None, _identity(key), 0))
        yield window
