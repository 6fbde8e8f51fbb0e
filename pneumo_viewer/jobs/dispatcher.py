"""The thread that hands tasks to worker processes and collects what they return."""

from __future__ import annotations

import itertools
import math
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import wait
from queue import Empty, SimpleQueue
from typing import Any

from pneumo_viewer.jobs.crew import Assignment, Crew, DetectorCrew, Member, Settle
from pneumo_viewer.jobs.tasks import DetectorState, Pool, Task

_NETWORK_WORKERS = 2
_NETWORK_PATIENCE_SECONDS = 900.0


class Dispatcher:
    """One thread that owns every worker process.

    Parameters
    ----------
    file_workers
        The most processes of :attr:`Pool.FILES`.
    file_patience
        Seconds after which such a process counts as dead when it does not finish its task.
    load_detector
        The task with which every detector process begins.
    settle, announce
        Called on the dispatcher's thread, see :mod:`pneumo_viewer.jobs.crew`.
    """

    def __init__(
        self,
        file_workers: int,
        file_patience: float,
        load_detector: Task,
        settle: Settle,
        announce: Callable[[DetectorState], None],
    ) -> None:
        self._crews: dict[Pool, Crew] = {
            Pool.FILES: Crew(Pool.FILES, file_workers, settle, file_patience),
            Pool.DETECTOR: DetectorCrew(settle, load_detector, announce),
            Pool.NETWORK: Crew(Pool.NETWORK, _NETWORK_WORKERS, settle, _NETWORK_PATIENCE_SECONDS),
        }
        self._inbox: SimpleQueue[tuple[Pool, Assignment, tuple[int, int]]] = SimpleQueue()
        self._order = itertools.count()
        self._is_closing = False
        self._wakened, self._waker = os.pipe()
        os.set_blocking(self._wakened, False)
        os.set_blocking(self._waker, False)
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._thread.start()

    def enqueue(self, pool: Pool, assignment: Assignment, priority: int) -> None:
        """Put an assignment into a queue, or move it there behind those of this priority."""
        self._inbox.put((pool, assignment, (priority, next(self._order))))
        self._wake()

    def close(self) -> None:
        """End the thread and every worker process, whatever they are doing."""
        self._is_closing = True
        self._wake()
        self._thread.join()
        os.close(self._wakened)
        os.close(self._waker)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # a full pipe wakes as well
            os.write(self._waker, b"!")

    def _run(self) -> None:
        while not self._is_closing:
            self._empty_inbox()
            for crew in self._crews.values():
                crew.hand_out()
            members: dict[Any, tuple[Crew, Member]] = {
                member.connection: (crew, member)
                for crew in self._crews.values()
                for member in crew.members
            }
            patience = min(crew.time_left() for crew in self._crews.values())
            for ready in wait(
                [self._wakened, *members], None if math.isinf(patience) else patience
            ):
                if ready == self._wakened:
                    os.read(self._wakened, 65536)
                else:
                    crew, member = members[ready]
                    crew.listen(member)
            for crew in self._crews.values():
                crew.give_up_overdue()
        for crew in self._crews.values():
            crew.end()

    def _empty_inbox(self) -> None:
        with suppress(Empty):
            while True:
                pool, assignment, place = self._inbox.get_nowait()
                self._crews[pool].enqueue(assignment, place)
