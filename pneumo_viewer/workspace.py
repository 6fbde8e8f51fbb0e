"""What is open: the one place where files, detector, truth and verdicts meet.

The window asks the workspace for things and shows what it announces. It owns no widget, and no
widget owns a fact.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from detector.detections import Detections
from detector.errors import InputError
from detector.input_gate import DeclinedError, Doubt, examine_picture
from detector.radiograph import Radiograph
from pneumo_viewer.exchange.ground_truth import match_truth, merge_truth
from pneumo_viewer.jobs.jobs import Job, Jobs
from pneumo_viewer.jobs.loading import StudyLoader
from pneumo_viewer.jobs.named_tasks import NamedTasks
from pneumo_viewer.jobs.tasks import Pool, Task, WorkerDied
from pneumo_viewer.library.found import Refusal, ScannedImage
from pneumo_viewer.library.index import StudyImage, StudyIndex
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.words import mark, tr
from training.datasets.truth import TruthTable

T = TypeVar("T")

logger = logging.getLogger(__name__)

THUMBNAIL_SIZE = 96
STOPPED = mark("Detection was stopped. Model → Detect what is left goes on.")
_CACHED_PIXEL_BYTES = 512 * 1024 * 1024
_URGENT, _SOON, _LATER = -2, -1, 0


def reason_of(error: Exception) -> str:
    """Why something failed, as a sentence for the reader; a bug also goes into the log."""
    if isinstance(error, InputError | WorkerDied):
        return error.reason
    logger.error("a worker process failed:\n%s", error)
    return tr("An error inside the program; its log says more.")


def _raise(error: Exception) -> None:
    raise error


class StoreOnJobs:
    """The review store on the serial thread of the jobs."""

    def __init__(self, jobs: Jobs, path: Path) -> None:
        self._jobs = jobs
        self._path = path
        self._store: ReviewStore | None = None

    def run(
        self,
        work: Callable[[ReviewStore], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Do some work on the store; exactly one of the callbacks comes, on the main thread."""
        self._jobs.store(lambda: work(self._opened()), done=done, failed=failed)

    def close(self) -> None:
        """Close the file on its own thread, after all work that was given before."""
        self._jobs.store(self._close, done=lambda _: None, failed=_raise)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _opened(self) -> ReviewStore:
        if self._store is None:
            self._store = ReviewStore(self._path)
        return self._store


class Workspace(QObject):
    """The open studies and all work on them.

    Parameters
    ----------
    jobs
        Threads and processes.
    session
        The review of the open images.
    """

    images_added = Signal(list)
    """ScannedImage that were found, copies of open ones among them."""
    files_refused = Signal(list)
    """Refusal for each file that cannot be shown."""
    radiograph_ready = Signal(str, object)
    """Key and Radiograph of an image that was asked for."""
    radiograph_failed = Signal(str, str)
    """Key of an image that cannot be shown, and the reason."""
    thumbnail_ready = Signal(str, object)
    """Key and uint8 ``[h, w]``."""
    detection_failed = Signal(str, str)
    """Key of an image that the detector could not score, and the reason."""
    scanning_changed = Signal(int, int)
    """Files examined and files known."""
    scoring_changed = Signal(int, int)
    """Images scored or given up, and images open."""
    notice_given = Signal(str)
    """A sentence for the reader."""
    scan_finished = Signal()
    """Everything that was to be opened has been announced."""
    closed_all = Signal()
    """Every study was closed."""

    def __init__(self, jobs: Jobs, session: ReviewSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.session = session
        self.index = StudyIndex()
        self.refusals: list[Refusal] = []
        self.not_scored: dict[str, str] = {}
        self.declined: set[str] = set()
        self._ungated: set[str] = set()
        self.doubts: dict[str, tuple[Doubt, ...]] = {}
        self._radiographs: OrderedDict[tuple[str, int], Radiograph] = OrderedDict()
        self._decoding: dict[tuple[str, int], Job] = {}
        self._thumbnails: dict[str, Job] = {}
        self._scoring: dict[str, Job] = {}
        self._truth_tables: list[TruthTable] = []
        self.tasks = NamedTasks(jobs, self)
        self.tasks.stopped.connect(
            lambda words: self.notice_given.emit(tr("Stopped: {words}").format(words=words))
        )
        self._loader = StudyLoader(jobs, self)
        self._loader.found.connect(self._add_images)
        self._loader.refused.connect(self._add_refusals)
        self._loader.truth_found.connect(self._load_found_truth)
        self._loader.progressed.connect(self.scanning_changed)
        self._loader.finished.connect(self._finish_scan)
        session.subscribe(self._follow_session)

    # Opening and closing

    def open(self, paths: Sequence[Path]) -> None:
        """Add files and folders; their images are announced as they are found."""
        self._loader.open(paths)

    def stop_scan(self) -> None:
        """Find no more files."""
        self._loader.cancel()

    def close_all(self) -> None:
        """Close every study; verdicts stay in the store."""
        self._loader.close()
        self.tasks.close()
        for waiting in (self._decoding, self._thumbnails, self._scoring):
            for job in waiting.values():
                job.cancel()
            waiting.clear()
        self.index = StudyIndex()
        self.refusals.clear()
        self.not_scored.clear()
        self.declined.clear()
        self._ungated.clear()
        self.doubts.clear()
        self._radiographs.clear()
        self._truth_tables.clear()
        self.session.close_images()
        self.notice_given.emit("")
        self.closed_all.emit()

    def image(self, key: str) -> StudyImage:
        """The open image with this key."""
        return self.index.images[key]

    @property
    def images(self) -> Collection[StudyImage]:
        """Every open image."""
        return self.index.images.values()

    @property
    def scoring(self) -> tuple[int, int]:
        """Images scored or given up, and images open; none where there is no model."""
        if self.session.model is None:
            return 0, 0
        settled = sum(
            key in self.not_scored or self.session.is_scored(key) for key in self.index.images
        )
        return settled, len(self.index.images)

    def _add_images(self, images: Sequence[ScannedImage]) -> None:
        new = self.index.add(images)
        self.images_added.emit(list(images))
        if not new:
            return
        if self._truth_tables:
            self._match_truth()
        self.session.open_images([image.key for image in new])

    def _add_refusals(self, refusals: Sequence[Refusal]) -> None:
        self.refusals.extend(refusals)
        self.files_refused.emit(list(refusals))

    def _finish_scan(self) -> None:
        self.scanning_changed.emit(0, 0)
        self.scan_finished.emit()
        if not self.images and not self.refusals:
            self.notice_given.emit(tr("There is no file in what was opened. Open another folder."))
        elif self._truth_tables:
            self._tell_truth(self._truth_tables, self._match_truth())

    # Pixels

    def radiograph(self, key: str, frame: int = 0) -> Radiograph | None:
        """The decoded image if it is at hand; otherwise it is fetched and announced."""
        wanted = (key, frame)
        if wanted in self._radiographs:
            self._radiographs.move_to_end(wanted)
            return self._radiographs[wanted]
        self._decode(wanted, _URGENT)
        return None

    def prefetch(self, keys: Iterable[str]) -> None:
        """Decode images that will probably be looked at next."""
        for key in keys:
            if (key, 0) not in self._radiographs:
                self._decode((key, 0), _SOON)

    def request_thumbnail(self, key: str) -> None:
        """Have a thumbnail made and announced; an image that was closed meanwhile has none.

        The input gate looks at the thumbnail, which takes less than a millisecond and no second
        decoding; its doubts are known when the thumbnail is announced.
        """
        if key in self._thumbnails or key not in self.index.images:
            return
        path = str(self.image(key).path)

        def done(pixels: NDArray[np.uint8]) -> None:
            self.doubts[key] = examine_picture(self.image(key).identity, pixels)
            self.thumbnail_ready.emit(key, pixels)

        self._thumbnails[key] = self.jobs.submit(
            Pool.FILES,
            Task("pneumo_viewer.jobs.reading:thumbnail", (path, THUMBNAIL_SIZE)),
            priority=_LATER,
            done=done,
            failed=lambda error: None,  # the reason is shown when the image itself is opened
        )

    def _decode(self, wanted: tuple[str, int], priority: int) -> None:
        if wanted in self._decoding:
            self._decoding[wanted].set_priority(priority)
            return
        key, frame = wanted

        def done(radiograph: Radiograph) -> None:
            del self._decoding[wanted]
            self._remember(wanted, radiograph)
            self.radiograph_ready.emit(key, radiograph)

        def failed(error: Exception) -> None:
            del self._decoding[wanted]
            self.radiograph_failed.emit(key, reason_of(error))

        self._decoding[wanted] = self.jobs.submit(
            Pool.FILES,
            Task("pneumo_viewer.jobs.reading:decode", (str(self.image(key).path), frame)),
            priority=priority,
            done=done,
            failed=failed,
        )

    def _remember(self, wanted: tuple[str, int], radiograph: Radiograph) -> None:
        self._radiographs[wanted] = radiograph
        held = sum(known.pixels.nbytes for known in self._radiographs.values())
        while held > _CACHED_PIXEL_BYTES and len(self._radiographs) > 1:
            _, forgotten = self._radiographs.popitem(last=False)
            held -= forgotten.pixels.nbytes

    # The detector

    def _follow_session(self, change: Change) -> None:
        if Aspect.MODEL in change.aspects:
            for job in self._scoring.values():
                job.cancel()
            self._scoring.clear()
            self.not_scored.clear()
            self.declined.clear()
        if Aspect.DETECTIONS in change.aspects:
            self._score_unscored()
        if Aspect.CURRENT in change.aspects and self.session.current in self._scoring:
            self._scoring[self.session.current].set_priority(_URGENT)
        if Aspect.PROBLEM in change.aspects and change.problem is not None:
            self.notice_given.emit(str(change.problem))

    def _score_unscored(self) -> None:
        for key in self.session.unscored:
            if key in self._scoring or key in self.not_scored:
                continue
            self._score(key)
        self._tell_scoring()

    def _score(self, key: str) -> None:
        def done(detections: Detections) -> None:
            del self._scoring[key]
            self.session.add_detections(key, detections)

        def failed(error: Exception) -> None:
            del self._scoring[key]
            if isinstance(error, DeclinedError):
                self.declined.add(key)
            self.not_scored[key] = reason_of(error)
            self.detection_failed.emit(key, self.not_scored[key])
            self._tell_scoring()

        self._scoring[key] = self.jobs.submit(
            Pool.DETECTOR,
            Task(
                "pneumo_viewer.jobs.detection:detect",
                (str(self.image(key).path), 0, key not in self._ungated),
            ),
            priority=_URGENT if key == self.session.current else _LATER,
            done=done,
            failed=failed,
        )

    def stop_scoring(self) -> None:
        """Score no more images; what is scored stays, and the rest waits to be asked for."""
        for key, job in self._scoring.items():
            job.cancel()
            self.not_scored[key] = STOPPED
        stopped = list(self._scoring)
        self._scoring.clear()
        for key in stopped:
            self.detection_failed.emit(key, STOPPED)
        self._tell_scoring()

    def resume_scoring(self) -> None:
        """Score the images that were left when the reader stopped it."""
        for key in [key for key, reason in self.not_scored.items() if reason == STOPPED]:
            del self.not_scored[key]
        self._score_unscored()

    def score_declined(self, keys: Iterable[str]) -> None:
        """Score those of some images that the detector declined; the reader wants it all the same.

        Another model will then not decline them either.
        """
        for key in self.declined.intersection(keys):
            self.declined.remove(key)
            self._ungated.add(key)
            del self.not_scored[key]
        self._score_unscored()

    def _tell_scoring(self) -> None:
        self.scoring_changed.emit(*self.scoring)

    # Ground truth

    def load_truth(self, *paths: Path) -> None:
        """Read files of ground truth or reports and match them with the open images.

        The reader is told how many images they fit, or why they cannot be used.
        """

        def failed(error: Exception) -> None:
            source = error.source if isinstance(error, InputError) else str(paths[0])
            self.notice_given.emit(f"{Path(source).name}: {reason_of(error)}")

        self.tasks.submit(
            tr("Reading ground truth from {files}").format(
                files=", ".join(path.name for path in paths)
            ),
            [Task("pneumo_viewer.exchange.truth_files:read_truth_files", (paths,))],
            priority=_URGENT,
            done=self._take_truth,
            failed=failed,
        )

    def _take_truth(self, tables: Sequence[TruthTable]) -> None:
        replaced = {table.source for table in tables}
        self._truth_tables = [t for t in self._truth_tables if t.source not in replaced]
        self._truth_tables.extend(tables)
        conflicts = self._match_truth()
        if self._loader.is_running:
            return  # what is found while images still arrive is told when all are there
        self._tell_truth(tables, conflicts)

    def _tell_truth(self, tables: Iterable[TruthTable], conflicts: Iterable[str]) -> None:
        sentences: list[str] = []
        for table in tables:
            loaded = match_truth(table, self.images)
            words = (
                tr("Ground truth from {file}: {matched} of {images} open images are covered.")
                if self.session.is_blinded
                else tr(
                    "Ground truth from {file}: {boxes} boxes, and {matched} of {images} open "
                    "images are covered."
                )
            )
            sentences.append(
                words.format(
                    file=table.source.name,
                    boxes=loaded.boxes,
                    matched=loaded.matched,
                    images=len(self.images),
                )
            )
            sentences.extend(table.notes)
        self.notice_given.emit(" ".join((*sentences, *conflicts)))

    def _load_found_truth(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self.load_truth(path)

    def _match_truth(self) -> Sequence[str]:
        """Match the open images with all tables; return where these disagree."""
        merged = merge_truth([match_truth(table, self.images) for table in self._truth_tables])
        self.session.set_truth(merged.boxes_by_key)
        return merged.conflicts
