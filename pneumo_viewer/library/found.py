"""What can lie in an opened folder. Knows how to read none of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detector.errors import InputError
from detector.radiograph import ImageIdentity


@dataclass(frozen=True, slots=True)
class ScannedImage:
    """An image that can be shown.

    Attributes
    ----------
    identity
        Who and what it is.
    path
        Where it was found.
    """

    identity: ImageIdentity
    path: Path


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file or folder that cannot be shown.

    Attributes
    ----------
    path
        Which one.
    kind
        Two or three words that name the problem.
    reason
        A sentence, and what to do next.
    """

    path: Path
    kind: str
    reason: str

    @classmethod
    def of(cls, path: Path, error: InputError) -> Refusal:
        """Refuse a file for an error that reading it raised."""
        return cls(path, error.kind, error.reason)


@dataclass(frozen=True, slots=True)
class TruthFile:
    """A file of ground truth."""

    path: Path


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was met and not yet listed.

    Attributes
    ----------
    path
        Where it was met.
    identity
        Device and inode, the same by whatever links the folder is reached.
    """

    path: Path
    identity: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Listing:
    """What some paths are: files to examine, folders to list, archives, and what is neither."""

    files: tuple[Path, ...]
    folders: tuple[Folder, ...]
    refusals: tuple[Refusal, ...]
    archives: tuple[Path, ...] = ()
