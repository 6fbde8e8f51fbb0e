"""The one owner of threads and worker processes.

Reading, decoding and thumbnails happen in a few worker processes, detection in one process of its
own, the database on one serial thread. Whatever they return comes back on the main thread. A
worker process that dies is replaced and its task repeated once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from pneumo_viewer.jobs.crew import Assignment
from pneumo_viewer.jobs.dispatcher import Dispatcher
from pneumo_viewer.jobs.tasks import (
    DetectorState,
    DetectorStateKind,
    Pool,
    Task,
    WorkerBug,
    WorkerDied,
)

__all__ = [
    "DetectorState",
    "DetectorStateKind",
    "Job",
    "Jobs",
    "Pool",
    "Task",
    "WorkerBug",
    "WorkerDied",
]

T = TypeVar("T")

_MOST_FILE_WORKERS = 4
_FILE_PATIENCE_SECONDS = 120.0
_BEFORE_ALL = -1000
_LOAD_DETECTOR = Task("pneumo_viewer.jobs.detection:load")


class Job:
    """A task that was submitted, to be used on the main thread."""

    def __init__(
        self,
        jobs: Jobs,
        pool: Pool,
        task: Task,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        *,
        is_loading: bool = False,
    ) -> None:
        self._jobs = jobs
        self.pool = pool
        self.assignment = Assignment(task, is_loading=is_loading)
        self.done = done
        self.failed = failed

    def cancel(self) -> None:
        """Neither callback will be called; the task never runs unless it runs already."""
        self._jobs.forget(self)

    def set_priority(self, priority: int) -> None:
        """Move a waiting task behind those that have this priority already."""
        self._jobs.reprioritise(self, priority)


class Jobs(QObject):
    """Threads and worker processes. Every method is to be called on the main thread.

    Parameters
    ----------
    file_workers
        Processes that read and decode; by default one fewer than there are cores, from 1 to 4.
    load_detector
        The task with which every detector process begins. It returns a :class:`DetectorState`.
    file_patience
        Seconds after which a process that reads or decodes counts as dead when it does not finish.
    """

    detector_changed = Signal(object)
    """A :class:`DetectorState`."""

    _settled = Signal(object)
    """A callable that tells of a result, queued to the main thread."""

    def __init__(
        self,
        file_workers: int | None = None,
        parent: QObject | None = None,
        *,
        load_detector: Task = _LOAD_DETECTOR,
        file_patience: float = _FILE_PATIENCE_SECONDS,
    ) -> None:
        super().__init__(parent)
        if file_workers is None:
            file_workers = min(_MOST_FILE_WORKERS, max(1, (os.cpu_count() or 1) - 1))
        self._live: dict[Assignment, Job] = {}
        self._is_closed = False
        self._settled.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self._store = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._dispatcher = Dispatcher(
            file_workers,
            file_patience,
            load_detector,
            lambda *outcome: self._settled.emit(lambda: self._settle(*outcome)),
            lambda state: self._settled.emit(lambda: self.detector_changed.emit(state)),
        )

    def submit(
        self,
        pool: Pool,
        task: Task,
        *,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        priority: int = 0,
    ) -> Job:
        """Have a task done in a worker process.

        Parameters
        ----------
        pool, task
            What to do, and where.
        done
            Called with the result.
        failed
            Called instead with an :class:`~detector.errors.InputError` that the task raised, with
            :class:`WorkerDied` after the task ended its process twice, or with
            :class:`WorkerBug`.
        priority
            Lower comes first; equal ones in the order of their submission.
        """
        return self._enqueue(Job(self, pool, task, done, failed), priority)

    def load_detector(
        self, task: Task, *, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> Job:
        """Have the detector process load another detector before anything that waits.

        Processes that start later load the same. Where the task fails, for a reason as in
        :meth:`submit`, the detector that was there stays.

        Parameters
        ----------
        task
            Returns a :class:`DetectorState`, which is announced, too.
        done, failed
            As for :meth:`submit`.
        """
        job = Job(self, Pool.DETECTOR, task, done, failed, is_loading=True)
        return self._enqueue(job, _BEFORE_ALL)

    def _enqueue(self, job: Job, priority: int) -> Job:
        if self._is_closed:
            raise RuntimeError("work was submitted after closing")
        self._live[job.assignment] = job
        self._dispatcher.enqueue(job.pool, job.assignment, priority)
        return job

    def store(
        self,
        work: Callable[[], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Have something done on the one thread that uses the database, in order of submission.

        Parameters
        ----------
        work
            What to do.
        done
            Called with its result.
        failed
            Called instead with the exception that it raised.
        """

        def tell(future: Future[T]) -> None:
            error = future.exception()
            if error is None:
                done(future.result())
            elif isinstance(error, Exception):
                failed(error)
            else:
                raise error

        future = self._store.submit(work)
        future.add_done_callback(lambda future: self._settled.emit(lambda: tell(future)))

    def pending(self, pool: Pool) -> int:
        """How many tasks of a pool are waiting or running and not cancelled."""
        return sum(job.pool is pool for job in self._live.values())

    def close(self) -> None:
        """Finish the work on the database, drop all other work, and end threads and processes.

        No callback is called any more. Closing twice is closing once.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self._store.shutdown()
        self._live.clear()
        self._dispatcher.close()

    def forget(self, job: Job) -> None:
        """Drop a job, as :meth:`Job.cancel` does."""
        job.assignment.is_cancelled = True
        self._live.pop(job.assignment, None)

    def reprioritise(self, job: Job, priority: int) -> None:
        """Move a job in its queue, as :meth:`Job.set_priority` does."""
        if job.assignment in self._live:
            self._dispatcher.enqueue(job.pool, job.assignment, priority)

    def _settle(self, assignment: Assignment, result: Any, error: Exception | None) -> None:
        job = self._live.pop(assignment, None)
        if job is None:
            return
        if error is None:
            job.done(result)
        else:
            job.failed(error)

    def _tell(self, news: Callable[[], None]) -> None:
        if not self._is_closed:
            news()
