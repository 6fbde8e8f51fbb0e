"""The folder of a run, into which one run at a time writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from detector.errors import FolderNotWritableError
from detector.files import make_writable

LOCK: Final = ".lock"


class OccupiedFolderError(FolderNotWritableError):
    """Another run writes into the folder."""

    advice = "Wait for its end, or name another folder."


@contextmanager
def run_folder(folder: Path) -> Iterator[None]:
    """Make a folder where there is none, and keep other runs out of it within the block.

    The operating system forgets the claim of a process that is killed.

    Raises
    ------
    detector.errors.FolderNotWritableError
        Files cannot be written into it.
    OccupiedFolderError
        Another run does.
    """
    make_writable(folder)
    try:
        claim = FileLock(folder / LOCK, blocking=False).acquire()
    except Timeout as error:
        raise OccupiedFolderError(str(folder), "another run writes into it") from error
    with claim:
        yield
