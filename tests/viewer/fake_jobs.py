"""Jobs without processes: what was submitted waits until the test answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal

from detector.errors import InputError
from pneumo_viewer.jobs.tasks import Pool, Task


@dataclass(eq=False)
class FakeJob:
    """A task that waits, with the callbacks that it will have."""

    jobs: FakeJobs = field(repr=False)
    pool: Pool
    task: Task
    done: Callable[[Any], None] = field(repr=False)
    failed: Callable[[Exception], None] = field(repr=False)
    priority: int

    @property
    def name(self) -> str:
        return self.task.function.partition(":")[2]

    def cancel(self) -> None:
        if self in self.jobs.waiting:
            self.jobs.waiting.remove(self)

    def set_priority(self, priority: int) -> None:
        self.priority = priority

    def give(self, result: Any) -> None:
        self.cancel()
        self.done(result)

    def fail(self, error: Exception) -> None:
        self.cancel()
        self.failed(error)

    def run(self) -> None:
        """Do the task in this process."""
        try:
            result = self.task.run()
        except InputError as error:
            self.fail(error)
        else:
            self.give(result)


class FakeJobs(QObject):
    """As far as window, workspace and evaluation know the jobs."""

    detector_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[FakeJob] = []

    def submit(
        self,
        pool: Pool,
        task: Task,
        *,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        priority: int = 0,
    ) -> FakeJob:
        self.waiting.append(FakeJob(self, pool, task, done, failed, priority))
        return self.waiting[-1]

    def load_detector(
        self, task: Task, *, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> FakeJob:
        return self.submit(Pool.DETECTOR, task, done=done, failed=failed)

    def named(self, name: str) -> list[FakeJob]:
        return [job for job in self.waiting if job.name == name]
