"""What runs in a worker process. Importing this imports neither Qt nor torch."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection

from detector.errors import InputError
from pneumo_viewer.bugs import describe_bug
from pneumo_viewer.jobs import transfer
from pneumo_viewer.jobs.tasks import Task, WorkerBug

_NICENESS = 5


@dataclass(frozen=True)
class Result:
    """What a task returned."""

    value: object


@dataclass(frozen=True)
class Failure:
    """What a task raised."""

    error: Exception


def serve(connection: Connection) -> None:
    """Work on tasks, one at a time, until the window closes its end of the pipe or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    try:
        while True:
            _work(connection, connection.recv())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _work(connection: Connection, task: Task) -> None:
    try:
        parcel = transfer.pack(Result(task.run()))
    except InputError as error:
        parcel = transfer.pack(Failure(error))
    except Exception as error:  # noqa: BLE001 - it goes on in the window, as a bug
        parcel = transfer.pack(Failure(WorkerBug(describe_bug(error))))
    transfer.send(connection, parcel)
