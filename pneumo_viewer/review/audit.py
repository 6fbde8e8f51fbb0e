"""The audit trail: who did what, when, with which program and model, in a chain of hashes.

The trail is the log of operations. An entry's hash is the SHA-256, in hexadecimal, of its canonical
JSON: all fields of `Entry` except ``hash``, among them the hash of the entry before (64 zeros for
the first), as one object with sorted keys, no white space and every character as itself in UTF-8.
What an operation replaced and assigned are texts (of JSON) in it, so no number needs a canonical
form.

What the chain detects: an entry changed, removed, inserted or moved. A tail that was cut off is
detected by the head, the number and hash of the last entry, which is stored beside the log.
What it cannot detect: whoever may write the whole file can chain all of it, and the head, anew.
Against that, note the head elsewhere and give it to the command that verifies: no trail that was
written anew contains it. What was logged before the trail began is not part of it.

Images are known by their keys and models by their fingerprints; a trail holds no patient's name, id
or birth date. In place of what a reader wrote in words, which may name a patient, an entry has the
SHA-256 of what the log holds, so that a change of the words is detected all the same.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple

from pneumo_viewer.review.store_errors import StoreError, store_errors

FIRST = "0" * 64
"""What the first entry has for the hash of the one before."""

FREE_TEXT = frozenset({"set comment"})
"""Kinds of operations whose payload a reader typed."""

MIGRATION: tuple[str, ...] = (
    "ALTER TABLE operations ADD COLUMN program TEXT",
    "ALTER TABLE operations ADD COLUMN model TEXT",
    "ALTER TABLE operations ADD COLUMN stage TEXT",
    "ALTER TABLE operations ADD COLUMN previous TEXT",
    "ALTER TABLE operations ADD COLUMN hash TEXT",
    "CREATE INDEX operations_on_an_image ON operations (reader, image_key)",
    """
    CREATE TABLE audit_head (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        number INTEGER NOT NULL,
        hash TEXT NOT NULL
    ) STRICT
    """,
)
"""Makes the log of operations a trail."""


class Head(NamedTuple):
    """The number and the hash of a trail's last entry, written ``number:hash``."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read what ``str`` wrote.

        Raises
        ------
        ValueError
            The text is something else.
        """
        number, _, digits = text.strip().lower().partition(":")
        if not number.isdecimal() or len(digits) != 64 or set(digits) - set("0123456789abcdef"):
            raise ValueError(f"{text!r} is not a number, a colon and 64 hexadecimal digits")
        return cls(int(number), digits)


EMPTY = Head(0, FIRST)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a reader did.

    Attributes
    ----------
    time
        UTC, ISO 8601 with microseconds.
    day
        The date by the reader's clock.
    reader
        Whose operation it was.
    program
        Version of the program.
    model
        Fingerprint of the active model, or "" without one.
    image
        Key of the image.
    stage
        How much of the image the reader had been shown, a value of `blinding.Stage`.
    action
        "do", "undo" or "redo".
    operation
        The kind of operation.
    before, after
        What the operation replaced and what it assigned, as JSON.
    number
        One more than that of the entry before.
    previous
        Hash of the entry before.
    hash
        Of all of the above.
    """

    time: str
    day: str
    reader: str
    program: str
    model: str
    image: str
    stage: str
    action: str
    operation: str
    before: str
    after: str
    number: int = 0
    previous: str = FIRST
    hash: str = ""

    def computed_hash(self) -> str:
        """The hash that belongs to the other fields."""
        content = {name: getattr(self, name) for name in _FIELDS if name != "hash"}
        return hashlib.sha256(_canonical_json(content).encode()).hexdigest()

    def as_line(self) -> str:
        """The canonical JSON of all fields."""
        return _canonical_json({name: getattr(self, name) for name in _FIELDS})


_FIELDS = tuple(field.name for field in fields(Entry))
_RENAMED = {"number": "id", "time": "at", "image": "image_key", "operation": "kind"}
_COLUMNS = tuple(_RENAMED.get(name, name) for name in _FIELDS)


class Trail(NamedTuple):
    """A whole trail, and the head stored beside it."""

    entries: tuple[Entry, ...]
    head: Head


def _canonical_json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def find_fault(trail: Trail, noted: Iterable[Head] = ()) -> str | None:
    """Check a whole trail.

    Parameters
    ----------
    noted
        Heads noted elsewhere at earlier times; the trail must contain them.

    Returns
    -------
    str or None
        The first thing that is wrong, as a sentence, or None for an intact trail.
    """
    hashes = {known.number: known.hash for known in noted if known != EMPTY}
    last = EMPTY
    for entry in trail.entries:
        name = f"Entry {entry.number} ({entry.time}, {entry.reader})"
        if last != EMPTY and entry.number != last.number + 1:
            return f"Entry {last.number + 1} is missing: entry {entry.number} follows on its place."
        if entry.hash != entry.computed_hash():
            return f"{name} was changed after it was written: its hash does not fit its content."
        if entry.previous != last.hash:
            return f"{name} does not continue the chain: it was written after another entry."
        if hashes.pop(entry.number, entry.hash) != entry.hash:
            return f"{name} is not the one that was noted: the trail was written anew."
        last = Head(entry.number, entry.hash)
    if last.number < trail.head.number:
        return (
            f"The trail is cut off after entry {last.number}: "
            f"its head says that entry {trail.head.number} was the last."
        )
    if last != trail.head:
        return f"The head of the trail does not fit its last entry, number {last.number}."
    if hashes:
        return f"Entry {min(hashes)} was noted, and the trail does not have it."
    return None


def append(connection: sqlite3.Connection, entry: Entry) -> None:
    """Log an operation as the next link of the chain and move the head, in the open transaction.

    Parameters
    ----------
    entry
        Its number, its hash and the hash before are set here.
    """
    assert connection.in_transaction
    head = _read_head(connection)
    (logged,) = connection.execute("SELECT coalesce(max(id), 0) FROM operations").fetchone()
    linked = replace(entry, number=max(logged, head.number) + 1, previous=head.hash)
    linked = replace(linked, hash=_without_free_text(linked).computed_hash())
    connection.execute(
        f"INSERT INTO operations ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})",
        [getattr(linked, name) for name in _FIELDS],
    )
    connection.execute(
        "INSERT INTO audit_head (only, number, hash) VALUES (1, ?, ?)"
        " ON CONFLICT DO UPDATE SET number = excluded.number, hash = excluded.hash",
        (linked.number, linked.hash),
    )


def read_trail(path: Path) -> Trail:
    """Read the trail of a file of reviews without changing the file.

    Raises
    ------
    StoreError
        The file cannot be read, or holds no trail.
    """
    with store_errors(path):
        # SQLite's own opening would make a missing file.
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.text_factory = _decode
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
            if "audit_head" not in tables:
                raise StoreError(
                    path, "it holds no audit trail yet", "Open it once with this release."
                )
            return Trail(tuple(_read_entries(connection)), _read_head(connection))


def _decode(text: bytes) -> str:
    """Text as it is, and something else where it was damaged, which no hash fits."""
    return text.decode("utf-8", "replace")


def _read_head(connection: sqlite3.Connection) -> Head:
    row = connection.execute("SELECT number, hash FROM audit_head").fetchone()
    return EMPTY if row is None else Head(*row)


def _read_entries(connection: sqlite3.Connection) -> Iterator[Entry]:
    """From the first operation that was chained on."""
    columns = ", ".join(f"coalesce({name}, '')" for name in _COLUMNS)
    rows = connection.execute(
        f"SELECT {columns} FROM operations"
        " WHERE id >= (SELECT min(id) FROM operations WHERE hash IS NOT NULL) ORDER BY id"
    )
    return (_without_free_text(Entry(*row)) for row in rows)


def _without_free_text(entry: Entry) -> Entry:
    if entry.operation not in FREE_TEXT:
        return entry
    return replace(entry, before=_digest(entry.before), after=_digest(entry.after))


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
