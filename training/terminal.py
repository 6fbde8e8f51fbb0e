"""What the laboratory's commands share on a terminal: where they write, and how they refuse."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final, NoReturn

import typer
from rich.console import Console

UNUSABLE_ARGUMENTS = 2
"""Exit status of a command that cannot do what it is asked to."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

RESULTS = Console(soft_wrap=True, markup=False, highlight=False)
NOTES = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
"""Everything that is not the result: progress, remarks and refusals."""


def command_application() -> typer.Typer:
    """A command line whose errors are plain."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def refuse(sentence: str) -> NoReturn:
    """Say why, and end the command with the exit status 2."""
    NOTES.print(sentence)
    raise typer.Exit(UNUSABLE_ARGUMENTS)


def parse_folds(option: str, text: str) -> tuple[int, ...]:
    """The folds that an option such as ``0,1,2`` names, in their order, each once."""
    try:
        return tuple(sorted({int(fold) for fold in text.split(",") if fold}))
    except ValueError:
        refuse(f"{option} takes numbers with commas between them, not “{text}”.")


def refuse_full_disk(error: OSError, out: Path, go_on: str) -> NoReturn:
    """End the command where there was no room, or no quota, for what it writes.

    Raises
    ------
    OSError
        The error itself, when that is not what happened.
    """
    if error.errno not in _FULL:
        raise error
    refuse(f"{out}: the disk is full. Make room and go on with {go_on}: what was saved is whole.")
