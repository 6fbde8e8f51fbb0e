"""The worker processes of one pool and the queue that they work on."""

from __future__ import annotations

import heapq
import logging
import math
import multiprocessing
import pickle
import signal
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from typing import Any

from pneumo_viewer.bugs import describe_bug
from pneumo_viewer.jobs import transfer, worker
from pneumo_viewer.jobs.tasks import (
    DetectorState,
    DetectorStateKind,
    Pool,
    Task,
    WorkerBug,
    WorkerDied,
)
from pneumo_viewer.words import tr

logger = logging.getLogger(__name__)

_ATTEMPTS = 2


class Assignment:
    """One task on its way through a queue and the workers.

    Parameters
    ----------
    task
        What to do.
    is_loading
        Whether it loads a detector; processes that start later then load the same.

    Attributes
    ----------
    place
        Priority and order of arrival; the smallest is next.
    is_waiting
        Whether no process works on it yet.
    is_cancelled
        Whether nobody wants it any more.
    deaths
        How many processes ended while working on it.
    """

    def __init__(self, task: Task, *, is_loading: bool = False) -> None:
        self.message = pickle.dumps(task)
        self.is_loading = is_loading
        self.place = (0, 0)
        self.is_waiting = True
        self.is_cancelled = False
        self.deaths = 0


Settle = Callable[[Assignment, Any, Exception | None], None]
"""Takes an assignment, its result and its error."""


class Member:
    """One worker process, what it is working on, and since when by the monotonic clock."""

    def __init__(self, pool: Pool) -> None:
        resource_tracker.ensure_running()  # it unblocks SIGINT, so it comes before the mask
        # The process inherits the mask: Ctrl-C in the terminal is the window's business alone.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=worker.serve, args=(theirs,), daemon=True)
        self._process.name = f"{pool.value} process"
        self._process.start()
        theirs.close()
        self.assignment: Assignment | None = None
        self.since = 0.0

    def end(self) -> None:
        """End the process, whatever it is doing; it holds nothing that could be lost."""
        self.connection.close()
        self._process.kill()
        self._process.join()
        self._process.close()


class Crew:
    """The members of one pool, all used on the dispatcher's thread.

    Parameters
    ----------
    pool
        Which pool.
    limit
        The most processes; they are started when there is work for them.
    settle
        Told of each assignment that is done or has failed.
    patience
        Seconds after which a member that works on one assignment counts as dead.
    """

    def __init__(self, pool: Pool, limit: int, settle: Settle, patience: float = math.inf) -> None:
        self.members: list[Member] = []
        self._patience = patience
        self._pool = pool
        self._limit = limit
        self._settle = settle
        self._queue: list[tuple[tuple[int, int], Assignment]] = []

    def enqueue(self, assignment: Assignment, place: tuple[int, int]) -> None:
        """Put an assignment into the queue, or move it there if it still waits."""
        if not assignment.is_waiting:
            return
        assignment.place = place
        heapq.heappush(self._queue, (place, assignment))

    def hand_out(self) -> None:
        """Give work to idle members, and start members as long as there is work for them."""
        while (assignment := self._first()) and (member := self._idle_member()):
            self._take(assignment)
            self._give(member, assignment)

    def listen(self, member: Member) -> None:
        """Take what a member has sent, or notice that it has died."""
        try:
            outcome = transfer.receive(member.connection)
        except (EOFError, OSError):
            self._bury(member)
            return
        except Exception as error:  # noqa: BLE001 - it goes on in the window, as a bug
            outcome = worker.Failure(WorkerBug(describe_bug(error)))
        assert member.assignment is not None
        assignment, member.assignment = member.assignment, None
        if isinstance(outcome, worker.Failure):
            self._fail(assignment, outcome.error)
        else:
            self._finish(assignment, outcome.value)

    def time_left(self) -> float:
        """Seconds until the patience with some member is at an end; infinite without work."""
        since = [member.since for member in self.members if member.assignment]
        return max(0.0, min(since) + self._patience - time.monotonic()) if since else math.inf

    def give_up_overdue(self) -> None:
        """End the members with whom patience is at an end."""
        now = time.monotonic()
        for member in list(self.members):
            if member.assignment and now - member.since >= self._patience:
                self._bury(member)

    def end(self) -> None:
        """End every member."""
        for member in self.members:
            member.end()
        self.members.clear()

    def _first(self) -> Assignment | None:
        while self._queue:
            place, assignment = self._queue[0]
            if place == assignment.place and not assignment.is_cancelled:
                return assignment
            heapq.heappop(self._queue)
        return None

    def _take(self, assignment: Assignment) -> None:
        heapq.heappop(self._queue)
        assignment.is_waiting = False

    def _idle_member(self) -> Member | None:
        if len(self.members) < self._limit and all(m.assignment for m in self.members):
            self._start_member()
        return next((member for member in self.members if member.assignment is None), None)

    def _start_member(self) -> Member:
        member = Member(self._pool)
        self.members.append(member)
        return member

    def _give(self, member: Member, assignment: Assignment) -> None:
        member.assignment = assignment
        member.since = time.monotonic()
        try:
            member.connection.send_bytes(assignment.message)
        except OSError:
            self._bury(member)

    def _bury(self, member: Member) -> None:
        logger.info("a %s process ended unexpectedly", self._pool.value)
        self.members.remove(member)
        member.end()
        if member.assignment is None:
            return
        member.assignment.deaths += 1
        if member.assignment.deaths == _ATTEMPTS:
            self._fail(member.assignment, WorkerDied(self._pool))
        else:
            self._repeat(member.assignment)

    def _repeat(self, assignment: Assignment) -> None:
        assignment.is_waiting = True
        self.enqueue(assignment, assignment.place)

    def _finish(self, assignment: Assignment, result: Any) -> None:
        self._settle(assignment, result, None)

    def _fail(self, assignment: Assignment, error: Exception) -> None:
        self._settle(assignment, None, error)


class DetectorCrew(Crew):
    """The detector process, which loads its weights before it does anything else.

    Parameters
    ----------
    settle
        Told of each assignment that is done or has failed.
    load
        The first task of every process; it returns a :class:`DetectorState`. When it fails, the
        detector stays unavailable and every assignment fails for the same reason, until one loads
        another detector. When that one fails while a detector is there, this stays.
    announce
        Told of each new state.
    """

    def __init__(
        self, settle: Settle, load: Task, announce: Callable[[DetectorState], None]
    ) -> None:
        super().__init__(Pool.DETECTOR, 1, settle)
        self._loading = Assignment(load, is_loading=True)
        self._announce = announce
        self._has_started = False
        self._problem: Exception | None = None

    def hand_out(self) -> None:
        """Give work to the process, or let it fail if there will never be one."""
        while self._problem is not None and (assignment := self._first()):
            self._take(assignment)
            if assignment.is_loading:
                self._problem = None
                self._loading = assignment
                self._start_member()
            else:
                self._fail(assignment, self._problem)
        if self._problem is None:
            super().hand_out()

    def _start_member(self) -> Member:
        if self._has_started:
            state = DetectorState(DetectorStateKind.RESTARTING, tr("Detector is restarting"))
        else:
            state = DetectorState(DetectorStateKind.STARTING, tr("Detector is starting"))
        self._has_started = True
        self._announce(state)
        member = super()._start_member()
        self._give(member, self._loading)
        return member

    def _repeat(self, assignment: Assignment) -> None:
        if assignment is self._loading:
            self._start_member()
        else:
            super()._repeat(assignment)

    def _finish(self, assignment: Assignment, result: Any) -> None:
        if assignment.is_loading:
            self._loading = assignment
            self._loading.deaths = 0
            self._announce(result)
        super()._finish(assignment, result)

    def _fail(self, assignment: Assignment, error: Exception) -> None:
        super()._fail(assignment, error)
        if assignment is self._loading:
            self._problem = error
            self.end()
            self._announce(DetectorState(DetectorStateKind.UNAVAILABLE, _reason(error)))
            self.hand_out()


def _reason(error: Exception) -> str:
    if isinstance(error, WorkerBug):
        return tr("The detector cannot be started because of a fault in this program; see the log.")
    return str(error)
