"""``pneumo-audit``: verify the audit trail of the reviews, or write it out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pneumo_viewer.review.audit import Head, Trail, find_fault, read_trail
from pneumo_viewer.review.store import store_path
from pneumo_viewer.review.store_errors import StoreError

BROKEN = 1
UNUSABLE_ARGUMENTS = 2

_application = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The audit trail of the reviews: what every reader did, in a chain of hashes.",
)

_Store = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The reviews.", show_default="those of this user"),
]


def main() -> None:
    """Run ``pneumo-audit``."""
    _application()


@_application.command()
def verify(
    store: _Store = None,
    head: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER:HASH", help="A head noted earlier; may be given repeatedly."),
    ] = None,
) -> None:
    """Say whether the trail is as it was written; the exit status is 1 where it is not."""
    try:
        noted = [Head.parse(text) for text in head or ()]
    except ValueError as error:
        _refuse(f"A head cannot be read: {error}.")
    trail = _read(store)
    fault = find_fault(trail, noted)
    if fault is not None:
        sys.stdout.write(f"{fault}\n")
        raise typer.Exit(BROKEN)
    sys.stdout.write(f"The trail is intact. Entries: {len(trail.entries)}.\nHead: {trail.head}\n")


@_application.command()
def export(store: _Store = None) -> None:
    """Print the trail as JSON lines, each entry in its canonical form with its hash."""
    for entry in _read(store).entries:
        sys.stdout.write(f"{entry.as_line()}\n")


def _read(store: Path | None) -> Trail:
    try:
        return read_trail(store or store_path())
    except StoreError as error:
        _refuse(str(error))


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    raise typer.Exit(UNUSABLE_ARGUMENTS)


if __name__ == "__main__":
    main()
