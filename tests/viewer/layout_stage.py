"""A window with two patients' exams over some years, two findings and the truth on each image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import cast

import numpy as np
from desk_stage import MODEL, TWO_BOXES, do
from fake_jobs import FakeJobs
from pytestqt.qtbot import QtBot

from detector.radiograph import GreyScale, ImageIdentity, Radiograph
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.library.found import ScannedImage
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace

__all__ = ["answer_decoding", "beside", "do", "exam", "layout_window", "shown", "texts"]


def exam(
    key: str,
    patient: str,
    day: date | None,
    *,
    size: tuple[int, int] = (1000, 1000),
    frames: int = 1,
    view: str = "PA",
    study: str = "",
) -> ScannedImage:
    """An image of ``size`` height and width, the only one of its study unless that is named."""
    path = Path(f"/studies/{key}.dcm")
    identity = ImageIdentity(
        key,
        str(path),
        study_instance_uid=study or f"study of {key}",
        patient_id=patient,
        patient_name=patient.title(),
        study_date=day,
        view_position=view,
        rows=size[0],
        columns=size[1],
        frame_count=frames,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )
    return ScannedImage(identity, path)


EXAMS = (
    exam("ann 2024", "ann", date(2024, 6, 20)),
    exam("ann 2022", "ann", date(2022, 3, 10), size=(500, 400), frames=20),
    exam("ann 2023", "ann", date(2023, 5, 21)),
    exam("ann undated", "ann", None),
    exam("bob 2024", "bob", date(2024, 1, 2)),
    exam("bob 2025", "bob", date(2025, 1, 2)),
    exam("lone", "cy", date(2024, 1, 1)),
    exam("nobody", "", date(2024, 1, 1)),
)


@contextmanager
def layout_window(
    qtbot: QtBot, path: Path, settings: Settings | None = None
) -> Iterator[MainWindow]:
    """All exams are open and decoded; the one of Ann of 2024 is the current one."""
    jobs = FakeJobs()
    with closing(ReviewStore(path)) as store:
        session = ReviewSession(InlineStoreAccess(store))
        session.set_model(MODEL)
        session.set_threshold(0.2)
        workspace = Workspace(jobs, session)  # type: ignore[arg-type]
        window = MainWindow(workspace, settings or Settings(reader="ada"), None)
        qtbot.addWidget(window)
        window.resize(1400, 900)
        workspace._loader.found.emit(list(EXAMS))
        for job in jobs.named("detect"):
            job.give(TWO_BOXES)
        session.set_truth({e.identity.key: np.array([[10, 10, 90, 90]], np.float32) for e in EXAMS})
        session.show("ann 2024")
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        answer_decoding(window)
        yield window


def answer_decoding(window: MainWindow) -> None:
    """Let every image that is being read be there."""
    by_path = {str(exam.path): exam for exam in EXAMS}
    for job in cast("FakeJobs", window.workspace.jobs).named("decode"):
        path, frame = job.task.arguments
        identity = by_path[path].identity
        pixels = np.full((identity.rows, identity.columns), frame, np.uint8)
        job.give(Radiograph(pixels, GreyScale(8), None, identity, frame))


def beside(window: MainWindow, place: int = 1) -> Viewport:
    return window.viewports.viewports[place]


def shown(window: MainWindow) -> list[str | None]:
    """Keys of the images in the viewports that are seen."""
    answer_decoding(window)
    return [
        None if viewport.radiograph is None else viewport.radiograph.identity.key
        for viewport in window.viewports.viewports
        if viewport.isVisible()
    ]


def texts(viewport: Viewport) -> str:
    """What is written over the image, or instead of it."""
    return "\n".join(
        [
            *viewport._top_left,
            *viewport._top_right,
            viewport.relation,
            *viewport.doubts,
            *viewport._message,
        ]
    )
