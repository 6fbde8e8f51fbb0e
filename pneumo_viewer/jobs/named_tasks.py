"""Work that can take long: named while it goes on, and stopped when the reader asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from pneumo_viewer.jobs.jobs import Job, Jobs
from pneumo_viewer.jobs.tasks import Pool, Task


class NamedWork:
    """Some tasks, one after the other; to be made by :class:`NamedTasks`.

    Attributes
    ----------
    words
        What it does.
    done, total
        Tasks.
    """

    def __init__(self, words: str, total: int) -> None:
        self.words = words
        self.done = 0
        self.total = total
        self.job: Job | None = None


class NamedTasks(QObject):
    """Runs tasks in the processes for files and tells how far the oldest work is.

    Parameters
    ----------
    jobs
        Whose worker processes do it.
    """

    changed = Signal(str, int, int)
    """Words of the oldest work, tasks done and all its tasks; "", 0 and 0 where nothing runs."""
    stopped = Signal(str)
    """Words of work that the reader stopped."""

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._running: list[NamedWork] = []

    def submit(
        self,
        words: str,
        tasks: Sequence[Task],
        *,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        priority: int = 0,
    ) -> None:
        """Run tasks one after the other; at most one of the callbacks comes, none once stopped.

        Parameters
        ----------
        words
            What they do.
        tasks
            At least one.
        done
            Takes the result of the last one.
        failed
            Takes the error of the first that fails; those after it never run.
        """
        work = NamedWork(words, len(tasks))
        self._running.append(work)

        def go_on(result: Any) -> None:
            work.done += 1
            if work.done < work.total:
                start()
            else:
                self._end(work)
                done(result)

        def fail(error: Exception) -> None:
            self._end(work)
            failed(error)

        def start() -> None:
            work.job = self._jobs.submit(
                Pool.FILES, tasks[work.done], priority=priority, done=go_on, failed=fail
            )
            self._tell()

        start()

    def stop(self) -> None:
        """Stop the oldest work: a task that runs already is finished, and none follows."""
        if self._running:
            work = self._running[0]
            self._cancel(work)
            self.stopped.emit(work.words)

    def close(self) -> None:
        """Stop all work and tell nothing about it."""
        for work in tuple(self._running):
            self._cancel(work)

    def _cancel(self, work: NamedWork) -> None:
        if work.job is not None:
            work.job.cancel()
        self._end(work)

    def _end(self, work: NamedWork) -> None:
        self._running.remove(work)
        self._tell()

    def _tell(self) -> None:
        if self._running:
            oldest = self._running[0]
            self.changed.emit(oldest.words, oldest.done, oldest.total)
        else:
            self.changed.emit("", 0, 0)
