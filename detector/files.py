"""Finding files to read, and writing files whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path

from detector.errors import FileAccessError, FolderNotWritableError


def find_files(
    paths: Iterable[Path], leaving_out: Collection[Path] = ()
) -> tuple[list[Path], list[FileAccessError]]:
    """Find all files that are named or lie in folders that are named, each once.

    Folders are walked in alphabetical order, with all folders inside; links to folders are not
    followed, and names that begin with a dot are passed over.

    Parameters
    ----------
    paths
        Files and folders.
    leaving_out
        Files and folders to pass over.

    Returns
    -------
    files
        As named: a path that was given, or below one that was given.
    errors
        One for each file or folder that cannot be read because of what it is or who may read it.
    """
    # os.path.realpath, unlike Path.resolve, takes links that lead to themselves.
    passed_over = {os.path.realpath(path) for path in leaving_out}
    found: dict[str, Path] = {}
    errors: list[FileAccessError] = []

    def take(file: Path) -> None:
        try:
            is_regular = stat.S_ISREG(file.stat().st_mode)
        except OSError as error:
            errors.append(access_error(file, error))
        else:
            if is_regular:
                found.setdefault(os.path.realpath(file), file)
            else:
                errors.append(FileAccessError(str(file), "it is a pipe, socket or device"))

    def is_passed_over(path: Path) -> bool:
        return path.name.startswith(".") or os.path.realpath(path) in passed_over

    for path in paths:
        if not path.is_dir():
            take(path)
            continue
        for folder, subfolders, names in os.walk(
            path, onerror=lambda error: errors.append(access_error(Path(error.filename), error))
        ):
            subfolders[:] = sorted(
                name for name in subfolders if not is_passed_over(Path(folder, name))
            )
            for name in sorted(names):
                if not is_passed_over(file := Path(folder, name)):
                    take(file)
    return list(found.values()), errors


def access_error(path: Path, error: OSError) -> FileAccessError:
    """Say why a file or folder could not be opened."""
    return FileAccessError(str(path), (error.strerror or "it cannot be read").lower())


def make_writable(folder: Path) -> None:
    """Make a folder where there is none, and make sure that files can be written into it.

    Raises
    ------
    FolderNotWritableError
        They cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = (error.strerror or "it cannot be made").lower()
        raise FolderNotWritableError(str(folder), reason) from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that at any instant it holds all of its old or all of its new content.

    The content goes to a temporary file in the same folder, to the disk, and then under its name.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
