"""Why reviews cannot be kept or read, in words for the reader."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pneumo_viewer.words import mark, tr


class StoreError(Exception):
    """The reviews cannot be kept or read, for a reason that lies in the file or the machine.

    Parameters
    ----------
    path
        The file.
    detail
        What happened, without a full stop.
    advice
        A sentence that says what to do next.
    """

    def __init__(self, path: Path, detail: str, advice: str) -> None:
        super().__init__(path, detail, advice)
        self.path = path
        self.detail = detail
        self.advice = advice

    def __str__(self) -> str:
        return tr(
            "Reviews cannot be kept in {path}: {detail}. {advice}",
            path=self.path,
            detail=tr(self.detail),
            advice=tr(self.advice),
        )


BUSY = (
    mark("another program holds it"),
    mark("Close the other program, then try again."),
)
FORBIDDEN = (
    mark("it may not be opened or written"),
    mark("Check that the folder exists and that you may write to it and to the file."),
)
FULL = (mark("the disk is full"), mark("Free some space, then try again."))
DISK = (
    mark("the disk reports an error"),
    mark("Check the disk and its connection, then try again."),
)
DAMAGED = (
    mark("the file is damaged, or is no store of reviews"),
    mark("Move it away, put a backup in its place if there is one, then start again."),
)

# Primary result codes of SQLite that do not speak of a bug.
CAUSES = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_PROTOCOL: BUSY,
    sqlite3.SQLITE_PERM: FORBIDDEN,
    sqlite3.SQLITE_READONLY: FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: FORBIDDEN,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: DISK,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Raise what the file or the machine is to blame for as StoreError, and bugs as they are."""
    try:
        yield
    except OSError as error:
        detail, advice = FORBIDDEN
        raise StoreError(path, f"{tr(detail)} ({error.strerror})", advice) from error
    except sqlite3.Error as error:
        cause = CAUSES.get(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF)
        if cause is None:
            raise
        raise StoreError(path, *cause) from error
