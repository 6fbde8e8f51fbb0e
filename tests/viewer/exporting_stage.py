"""A window with three demo studies, scored and reviewed, whose export runs in this process."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from exchange_stage import demo_studies
from fake_jobs import FakeJobs
from pytestqt.qtbot import QtBot

from detector.detections import Detections, ModelIdentity
from detector.dicom.reading import read_identity
from pneumo_viewer.exchange.formats import Format
from pneumo_viewer.export_run import Exams, ExportOrder
from pneumo_viewer.library.found import ScannedImage
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import ExamVerdict, Verdict, finding_id
from pneumo_viewer.review.operations import SetComment, SetExamVerdict, SetOwnBox, SetVerdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace

MODEL = ModelIdentity("compact", "2", "00112233aabbccdd", "compact")
FOUND = Detections(
    np.array([[100.5, 200.25, 400.75, 500], [500, 500, 700, 800], [1, 2, 30, 40]], np.float32),
    np.array([0.875, 0.5, 0.125], np.float32),
    0.9375,
    MODEL,
)
STUDIES = demo_studies()[:3]
OWN = (600.0, 100.0, 700.5, 300.0)
READER = "Dr. Müller"


@contextmanager
def opened(qtbot: QtBot, store_path: Path, *, blinded: bool = False) -> Iterator[MainWindow]:
    """Three demo studies, each with the same three findings; the threshold is 0.2."""
    jobs = FakeJobs()
    with closing(ReviewStore(store_path)) as store:
        session = ReviewSession(InlineStoreAccess(store), READER)
        session.set_blinded(blinded)
        session.set_model(MODEL)
        session.set_threshold(0.2)
        settings = Settings(reader=READER, blinded=blinded)
        window = MainWindow(Workspace(jobs, session), settings, None)  # type: ignore[arg-type]
        qtbot.addWidget(window)
        images = [ScannedImage(read_identity(path), path) for path in STUDIES]
        window.workspace._loader.found.emit(images)
        for job in jobs.named("detect"):
            job.give(FOUND)
        for job in jobs.named("decode"):
            job.run()
        yield window
        window.close()


def keys(window: MainWindow) -> list[str]:
    return list(window.workspace.index.images)


def review(window: MainWindow) -> None:
    """The first study with every kind of verdict, the second without pneumonia; not the third."""
    session, (first, second, _) = window.session, keys(window)
    for index, verdict in enumerate((Verdict.ACCEPTED, Verdict.REJECTED)):
        session.perform(SetVerdict(first, finding_id(MODEL.fingerprint, index), verdict))
    session.change_box(first, finding_id(MODEL.fingerprint, 0), lambda box: (90, 200, 400, 510))
    session.perform(SetOwnBox(first, "own:0000000000000001", OWN))
    session.perform(SetExamVerdict(first, ExamVerdict.PNEUMONIA))
    session.perform(SetComment(first, "left lower lobe"))
    for index in range(2):
        session.perform(SetVerdict(second, finding_id(MODEL.fingerprint, index), Verdict.REJECTED))
    session.perform(SetExamVerdict(second, ExamVerdict.NO_PNEUMONIA))


def run_jobs(window: MainWindow) -> None:
    """Do what was submitted for the export, and what follows from it, in this process."""
    while waiting := [
        job
        for job in window.workspace.jobs.waiting  # type: ignore[attr-defined]
        if "exporting:" in job.task.function
    ]:
        waiting[0].task = pickle.loads(pickle.dumps(waiting[0].task))  # as to a process
        waiting[0].run()


def export(window: MainWindow, folder: Path, *forms: Format, exams: Exams = Exams.ALL) -> None:
    window.export_desk.run.start(ExportOrder(exams, frozenset(forms), folder))
    run_jobs(window)
