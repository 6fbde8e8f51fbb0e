"""Opens files and folders without ever keeping the window waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PySide6.QtCore import QObject, Signal

from pneumo_viewer.jobs.jobs import Job, Jobs
from pneumo_viewer.jobs.tasks import Pool, Task, WorkerDied
from pneumo_viewer.library.found import (
    Listing,
    Refusal,
    ScannedImage,
    TruthFile,
)
from pneumo_viewer.words import tr

logger = logging.getLogger(__name__)

_FUNCTIONS = "pneumo_viewer.jobs.reading"

_PRIORITY = 1
"""Behind what the reader looks at, which is submitted with 0 or less."""

_FIRST_BATCH, _LARGEST_BATCH = 4, 256
"""Files examined in one task: few at first, so that rows appear at once."""


class StudyLoader(QObject):
    """Finds the images in files and folders.

    Folders are listed and headers read in worker processes, one folder and a few files at a time,
    so that the first images are announced while the rest is still being found.

    Parameters
    ----------
    jobs
        Whose worker processes do it.
    """

    found = Signal(object)
    """List of :class:`ScannedImage`."""
    refused = Signal(object)
    """List of :class:`Refusal`."""
    truth_found = Signal(object)
    """List of :class:`~pathlib.Path` of files of ground truth."""
    progressed = Signal(int, int)
    """Files examined and archives unpacked, and those known so far."""
    finished = Signal()
    """Everything that was to be opened has been announced."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._running: set[Job] = set()
        self._visited: set[tuple[int, int]] = set()
        self._batch_size = _FIRST_BATCH
        self._done = 0
        self._total = 0
        self._unpacked: TemporaryDirectory[str] | None = None

    def open(self, paths: Sequence[Path]) -> None:
        """Find the images in some files and folders, besides those still being looked for.

        Links are followed; a folder that is reached in several ways is listed once.
        """
        self._submit("sort_paths", paths, self._take_listing, self._take_unlisted)

    @property
    def is_running(self) -> bool:
        """Whether something is still being looked for."""
        return bool(self._running)

    def cancel(self) -> None:
        """Find no more."""
        if self._running:
            for job in self._running:
                job.cancel()
            self._end()

    def close(self) -> None:
        """Find no more, and delete what was unpacked from archives."""
        self.cancel()
        if self._unpacked is not None:
            self._unpacked.cleanup()
            self._unpacked = None

    def _submit(
        self,
        function: str,
        paths: Sequence[Path],
        take: Callable[[Any], None],
        take_refusal: Callable[[Refusal], None],
        *others: str,
    ) -> None:
        def done(result: Any) -> None:
            self._running.discard(job)
            take(result)
            self._end_if_idle()

        def failed(error: Exception) -> None:
            self._running.discard(job)
            if len(paths) == 1:
                take_refusal(_refusal(paths[0], error))
            else:  # one bad file must not take the others of its batch with it
                for path in paths:
                    self._submit(function, (path,), take, take_refusal, *others)
            self._end_if_idle()

        job = self._jobs.submit(
            Pool.FILES,
            Task(f"{_FUNCTIONS}:{function}", (tuple(map(str, paths)), *others)),
            priority=_PRIORITY,
            done=done,
            failed=failed,
        )
        self._running.add(job)

    def _end_if_idle(self) -> None:
        if not self._running:
            self._end()

    def _end(self) -> None:
        self._running.clear()
        self._visited.clear()
        self._batch_size = _FIRST_BATCH
        self._done = self._total = 0
        self.finished.emit()

    def _take_listing(self, listing: Listing) -> None:
        if listing.refusals:
            self.refused.emit(list(listing.refusals))
        self._total += len(listing.files)
        for files in self._batches(listing.files):
            self._submit("examine", files, self._take_examined, self._take_unexamined)
        fresh: list[Path] = []
        for folder in listing.folders:
            if folder.identity not in self._visited:
                self._visited.add(folder.identity)
                fresh.append(folder.path)
        self._total += len(listing.archives)
        for archive in listing.archives:
            self._submit(
                "unpack",
                (archive,),
                self._take_unpacked,
                self._take_unopened,
                self._unpacking_into(),
            )
        if listing.archives:
            self._count(0)
        for folders in self._batches(fresh):
            self._submit("list_folders", folders, self._take_listing, self._take_unlisted)

    def _take_unpacked(self, listing: Listing) -> None:
        self._take_listing(listing)
        self._count(1)

    def _take_unopened(self, refusal: Refusal) -> None:
        self.refused.emit([refusal])
        self._count(1)

    def _unpacking_into(self) -> str:
        if self._unpacked is None:
            self._unpacked = TemporaryDirectory(prefix="pneumo-viewer-", ignore_cleanup_errors=True)
        return self._unpacked.name

    def _take_unlisted(self, refusal: Refusal) -> None:
        self.refused.emit([refusal])

    def _take_examined(self, examined: Sequence[ScannedImage | Refusal | TruthFile]) -> None:
        images = [item for item in examined if isinstance(item, ScannedImage)]
        refusals = [item for item in examined if isinstance(item, Refusal)]
        truth = [item.path for item in examined if isinstance(item, TruthFile)]
        if images:
            self.found.emit(images)
        if refusals:
            self.refused.emit(refusals)
        if truth:
            self.truth_found.emit(truth)
        self._count(len(examined))

    def _count(self, done: int) -> None:
        self._done += done
        self.progressed.emit(self._done, self._total)

    def _take_unexamined(self, refusal: Refusal) -> None:
        self._take_examined([refusal])

    def _batches(self, paths: Sequence[Path]) -> Iterator[tuple[Path, ...]]:
        remaining = iter(paths)
        while batch := tuple(islice(remaining, self._batch_size)):
            self._batch_size = min(2 * self._batch_size, _LARGEST_BATCH)
            yield batch


def _refusal(path: Path, error: Exception) -> Refusal:
    if isinstance(error, WorkerDied):
        return Refusal(path, tr("ends the decoder"), error.reason)
    logger.error("a fault in this program while a file was examined:\n%s", error)
    return Refusal(
        path,
        tr("fault in this program"),
        tr("A fault in this program prevents reading it; see the log."),
    )
