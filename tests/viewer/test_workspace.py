"""What is open: that it is found, held within bounds, forgotten, and that failures are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_jobs import FakeJobs
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from detector.detections import Detections, ModelIdentity
from detector.errors import DamagedFileError
from detector.radiograph import GreyScale, ImageIdentity, Radiograph
from pneumo_viewer import workspace as workspace_module
from pneumo_viewer.library.found import Refusal, ScannedImage
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore, StoreError
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import Workspace

MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
NOTHING_FOUND = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.25, MODEL)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        yield store


@pytest.fixture
def jobs(qapp: QObject) -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def workspace(jobs: FakeJobs, store: ReviewStore) -> Workspace:
    """Nothing is open; the model is known."""
    session = ReviewSession(InlineStoreAccess(store))
    session.set_model(MODEL)
    return Workspace(jobs, session)  # type: ignore[arg-type]


def find(workspace: Workspace, *keys: str) -> None:
    """As if a scan had met these images."""
    workspace._loader.found.emit([scanned(key) for key in keys])


def scanned(key: str) -> ScannedImage:
    path = Path(f"/studies/{key}.dcm")
    identity = ImageIdentity(key, str(path), patient_id=key, rows=10, columns=10)
    return ScannedImage(identity, path)


def radiograph(key: str, frame: int = 0) -> Radiograph:
    """100 bytes of pixels."""
    return Radiograph(
        np.zeros((10, 10), np.uint8), GreyScale(8), None, scanned(key).identity, frame
    )


def heard(signal: Any) -> list[tuple[Any, ...]]:
    emitted: list[tuple[Any, ...]] = []
    signal.connect(lambda *arguments: emitted.append(arguments))
    return emitted


# Pixels


def test_a_radiograph_is_decoded_once_and_then_at_hand(
    workspace: Workspace, jobs: FakeJobs
) -> None:
    find(workspace, "a")
    ready = heard(workspace.radiograph_ready)
    assert workspace.radiograph("a") is None
    assert workspace.radiograph("a") is None
    (job,) = jobs.named("decode")
    assert job.task.arguments == ("/studies/a.dcm", 0)
    decoded = radiograph("a")
    job.give(decoded)
    assert ready == [("a", decoded)]
    assert workspace.radiograph("a") is decoded
    assert jobs.named("decode") == []


def test_what_the_reader_waits_for_overtakes_what_was_fetched_ahead(
    workspace: Workspace, jobs: FakeJobs
) -> None:
    find(workspace, "a", "b")
    workspace.prefetch(["a", "b"])
    first, second = jobs.named("decode")
    assert first.priority == second.priority
    workspace.radiograph("b")
    assert second.priority < first.priority
    assert len(jobs.named("decode")) == 2


def test_decoded_pixels_stay_within_bounds_and_the_least_recently_seen_go_first(
    workspace: Workspace, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_module, "_CACHED_PIXEL_BYTES", 300)
    find(workspace, *"abcd")

    def decode(key: str) -> None:
        workspace.radiograph(key)
        jobs.named("decode")[-1].give(radiograph(key))

    for key in "abc":
        decode(key)
    assert workspace.radiograph("a") is not None, "300 bytes fit; now b was seen least recently"
    decode("d")
    assert held(workspace, jobs, "abcd") == "acd"


def test_an_image_larger_than_the_bounds_is_held_alone(
    workspace: Workspace, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_module, "_CACHED_PIXEL_BYTES", 99)
    find(workspace, *"ab")
    for key in "ab":
        workspace.radiograph(key)
        jobs.named("decode")[-1].give(radiograph(key))
    assert held(workspace, jobs, "ab") == "b"


def held(workspace: Workspace, jobs: FakeJobs, keys: str) -> str:
    """The keys whose pixels are at hand."""
    at_hand = "".join(key for key in keys if workspace.radiograph(key) is not None)
    for job in jobs.named("decode"):
        job.cancel()
    return at_hand


def test_frames_are_images_of_their_own(workspace: Workspace, jobs: FakeJobs) -> None:
    find(workspace, "a")
    for frame in (0, 1):
        assert workspace.radiograph("a", frame) is None
        jobs.named("decode")[0].give(radiograph("a", frame))
    assert [workspace.radiograph("a", frame).frame for frame in (0, 1)] == [0, 1]


def test_an_image_that_cannot_be_decoded_is_told_with_the_reason_and_tried_again(
    workspace: Workspace, jobs: FakeJobs
) -> None:
    find(workspace, "a")
    failures = heard(workspace.radiograph_failed)
    for attempt in (1, 2):
        workspace.radiograph("a")
        jobs.named("decode")[0].fail(DamagedFileError("a.dcm", "it breaks off"))
        assert len(failures) == attempt
    assert failures[0] == (
        "a",
        "Damaged file: it breaks off. Fetch it again from where it came from.",
    )


# The detector


def test_every_image_is_scored_once_and_the_one_in_view_first(
    workspace: Workspace, jobs: FakeJobs
) -> None:
    scoring = heard(workspace.scoring_changed)
    find(workspace, "a", "b")
    find(workspace, "b", "c")
    assert [job.task.arguments[0] for job in jobs.named("detect")] == [
        "/studies/a.dcm",
        "/studies/b.dcm",
        "/studies/c.dcm",
    ]
    workspace.session.show("c")
    a, b, c = jobs.named("detect")
    assert c.priority < a.priority == b.priority
    c.give(NOTHING_FOUND)
    a.fail(DamagedFileError("a.dcm", "it breaks off"))
    assert scoring[-1] == workspace.scoring == (2, 3)
    assert list(workspace.not_scored) == ["a"]
    assert jobs.named("detect") == [b]


def test_without_a_model_nothing_is_waited_for(jobs: FakeJobs, store: ReviewStore) -> None:
    workspace = Workspace(jobs, ReviewSession(InlineStoreAccess(store)))  # type: ignore[arg-type]
    scoring = heard(workspace.scoring_changed)
    find(workspace, "a")
    assert jobs.named("detect") == []
    assert set(scoring) == {(0, 0)}


# Closing


def test_closing_forgets_everything_and_stops_all_work(
    workspace: Workspace, jobs: FakeJobs, tmp_path: Path
) -> None:
    find(workspace, "a", "b")
    workspace._loader.refused.emit([Refusal(Path("ct.dcm"), "not a radiograph", "It is a CT.")])
    workspace.session.show("a")
    workspace.radiograph("a")
    jobs.named("decode")[0].give(radiograph("a"))
    jobs.named("detect")[0].give(NOTHING_FOUND)
    workspace.session.set_truth({"a": np.zeros((0, 4), np.float32)})
    workspace.radiograph("b")
    workspace.request_thumbnail("b")
    workspace.open([tmp_path])
    assert {job.name for job in jobs.waiting} == {"decode", "detect", "thumbnail", "sort_paths"}
    scoring, scanning = heard(workspace.scoring_changed), heard(workspace.scanning_changed)
    closed = heard(workspace.closed_all)

    workspace.close_all()
    assert len(closed) == 1
    assert jobs.waiting == []
    assert not workspace.images
    assert not workspace.refusals
    assert not workspace.not_scored
    assert not workspace.index.patients
    assert workspace.session.current is None
    assert workspace.session.detections("a") is None
    assert workspace.session.truth("a") is None
    assert scoring[-1] == scanning[-1] == (0, 0), "nothing more is shown to be on its way"
    find(workspace, "a")
    assert workspace.radiograph("a") is None, "its pixels are gone"


class SlowStore:
    """Answers when it is told to, as the thread of the store does."""

    def __init__(self, store: ReviewStore) -> None:
        self._access = InlineStoreAccess(store)
        self.waiting: list[Callable[[], None]] = []

    def run(self, *work: Any) -> None:
        self.waiting.append(lambda: self._access.run(*work))

    def answer(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


def test_images_that_are_closed_before_the_store_knows_them_are_not_scored(
    jobs: FakeJobs, store: ReviewStore
) -> None:
    slow = SlowStore(store)
    session = ReviewSession(slow)
    session.set_model(MODEL)
    workspace = Workspace(jobs, session)  # type: ignore[arg-type]
    find(workspace, "a")
    workspace.close_all()
    find(workspace, "b")
    slow.answer()
    assert session.unscored == ("b",)
    assert [job.task.arguments[0] for job in jobs.named("detect")] == ["/studies/b.dcm"]


# Ground truth and notices


def test_truth_that_is_found_is_matched_and_told(
    workspace: Workspace, jobs: FakeJobs, tmp_path: Path
) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("patientId,x,y,width,height,Target\na,1,2,3,4,1\nb,,,,,0\n")
    find(workspace, "a", "b", "c")
    notices = heard(workspace.notice_given)
    workspace.load_truth(path)
    jobs.named("read_truth_files")[0].run()
    assert notices == [
        ("Ground truth from labels.csv: 1 boxes, and 2 of 3 open images are covered.",)
    ]
    truth = workspace.session.truth("a")
    assert truth is not None
    assert truth.tolist() == [[1, 2, 4, 6]]
    assert workspace.session.truth("c") is None


@pytest.mark.parametrize("content", ["Dear colleague\n", None])
def test_a_file_that_is_no_ground_truth_is_told_in_a_sentence(
    workspace: Workspace, jobs: FakeJobs, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "letter.csv"
    if content is not None:
        path.write_text(content)
    notices = heard(workspace.notice_given)
    workspace.load_truth(path)
    jobs.named("read_truth_files")[0].run()
    ((notice,),) = notices
    assert notice.startswith("letter.csv: ")
    assert notice.endswith(".")
    assert str(tmp_path) not in notice


def test_verdicts_that_cannot_be_kept_are_told(jobs: FakeJobs, tmp_path: Path) -> None:
    error = StoreError(tmp_path / "reviews.sqlite3", "the disk is full", "Make room.")

    class FullDisk:
        def run(self, work: object, done: object, failed: Callable[[Exception], None]) -> None:
            failed(error)

    workspace = Workspace(jobs, ReviewSession(FullDisk()))  # type: ignore[arg-type]
    notices = heard(workspace.notice_given)
    find(workspace, "a")
    assert notices == [(str(error),)]


def test_a_scan_that_met_no_file_is_told(
    workspace: Workspace, jobs: FakeJobs, tmp_path: Path
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    notices = heard(workspace.notice_given)
    workspace.open([folder])
    while jobs.waiting:
        jobs.waiting[0].run()
    assert notices == [("There is no file in what was opened. Open another folder.",)]


# The window without a model


def test_the_window_says_why_there_is_no_model(
    jobs: FakeJobs, store: ReviewStore, qtbot: QtBot
) -> None:
    workspace = Workspace(jobs, ReviewSession(InlineStoreAccess(store)))  # type: ignore[arg-type]
    window = MainWindow(workspace, Settings(), None, "weights: Damaged file: it is empty.")
    qtbot.addWidget(window)
    find(workspace, "a")
    assert "weights: Damaged file: it is empty." in {
        label.text() for label in window.findings_panel.findChildren(QLabel)
    }
