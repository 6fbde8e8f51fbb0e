"""What lies in the files and folders that were opened: images, ground truth, or a reason why not.

Files are told by their content, never by their name. Nothing here reads pixels.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from detector.dicom.reading import read_identity, require_projection
from detector.errors import FileAccessError, InputError, NotAnImageFileError
from detector.files import access_error
from pneumo_viewer.library.archives import is_archive
from pneumo_viewer.library.found import Folder, Listing, Refusal, ScannedImage, TruthFile
from pneumo_viewer.library.natural_order import natural_key
from training.datasets.truth import is_truth_file


def sort_paths(paths: Iterable[Path]) -> Listing:
    """Tell files from folders, as far as they can be reached.

    A DICOMDIR stands for the folder that it indexes (PS3.10, 8.6: it lies at its root). An archive
    is one only where it is opened itself; in a folder it is a file like any other.
    """
    listing = _sort(path.parent if _is_index(path.name) else path for path in paths)
    archives = tuple(path for path in listing.files if is_archive(path))
    files = tuple(path for path in listing.files if path not in archives)
    return replace(listing, files=files, archives=archives)


def list_folders(folders: Iterable[Path]) -> Listing:
    """List some folders: their files, their folders, and what is neither or cannot be reached.

    Hidden entries are left out, and so is a DICOMDIR, since the files it names are listed.
    """
    entries: list[Path] = []
    refusals: list[Refusal] = []
    for folder in folders:
        try:
            entries += [entry for entry in folder.iterdir() if not _is_left_out(entry.name)]
        except OSError as error:
            refusals.append(Refusal.of(folder, access_error(folder, error)))
    listing = _sort(entries)
    return replace(listing, refusals=(*refusals, *listing.refusals))


def examine(path: Path) -> ScannedImage | Refusal | TruthFile:
    """Read the header of one file."""
    try:
        identity = read_identity(path)
        require_projection(identity)
    except NotAnImageFileError as error:
        return TruthFile(path) if _is_truth(path) else Refusal.of(path, error)
    except InputError as error:
        return Refusal.of(path, error)
    return ScannedImage(identity, path)


def _sort(paths: Iterable[Path]) -> Listing:
    files: list[Path] = []
    folders: list[Folder] = []
    refusals: list[Refusal] = []
    for path in paths:
        try:
            status = path.stat()
        except OSError as error:
            refusals.append(Refusal.of(path, access_error(path, error)))
            continue
        if stat.S_ISDIR(status.st_mode):
            folders.append(Folder(path, (status.st_dev, status.st_ino)))
        elif stat.S_ISREG(status.st_mode):
            files.append(path)
        else:
            problem = NotAnImageFileError(str(path), "it is a device or a pipe")
            refusals.append(Refusal.of(path, problem))
    return Listing(
        tuple(sorted(files, key=lambda path: natural_key(str(path)))),
        tuple(sorted(folders, key=lambda folder: natural_key(str(folder.path)))),
        tuple(refusals),
    )


def _is_index(name: str) -> bool:
    return name.upper() == "DICOMDIR"


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or _is_index(name)


def _is_truth(path: Path) -> bool:
    try:
        return is_truth_file(path)
    except FileAccessError:
        return False
