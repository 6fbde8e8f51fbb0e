"""The reviews on disk: detections, verdicts, and the journal of how they came about.

One SQLite file in write-ahead mode with full synchronisation: what a method has done when it
returns is on disk, and neither a killed process nor a power cut takes it back. Images are known by
their keys (UIDs); the file holds no name, birth date or id of a patient.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import numpy as np
import platformdirs

from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review.findings import Verdict, finding_id, parse_finding_id
from pneumo_viewer.review.operations import Operation

BUSY_SECONDS = 5.0

# Tells our files from other SQLite files: "PNRV" in the header's application id.
APPLICATION_ID = 0x504E5256

# Step n leads from version n to version n + 1 of the file. Released steps are never edited.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE models (
            fingerprint TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            preset TEXT NOT NULL
        ) STRICT
        """,
        # Boxes and scores are little-endian float32, [N, 4] and [N], best score first.
        """
        CREATE TABLE detections (
            image TEXT NOT NULL,
            model TEXT NOT NULL REFERENCES models,
            exam_score REAL NOT NULL,
            boxes BLOB NOT NULL,
            scores BLOB NOT NULL,
            PRIMARY KEY (image, model),
            CHECK (length(boxes) = 4 * length(scores))
        ) STRICT
        """,
        # A finding without a row is undecided.
        """
        CREATE TABLE verdicts (
            image TEXT NOT NULL,
            model TEXT NOT NULL,
            box INTEGER NOT NULL,
            reader TEXT NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
            PRIMARY KEY (image, model, box, reader),
            FOREIGN KEY (image, model) REFERENCES detections
        ) STRICT
        """,
        # The inverse is the payload of the operation that takes this one back.
        """
        CREATE TABLE journal (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            time TEXT NOT NULL,
            reader TEXT NOT NULL,
            image TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action IN ('do', 'undo', 'redo')),
            operation TEXT NOT NULL,
            payload TEXT NOT NULL,
            inverse TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TRIGGER journal_entries_stay BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END
        """,
        """
        CREATE TRIGGER journal_entries_stay_as_written BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END
        """,
    ),
)


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
        return f"Reviews cannot be kept in {self.path}: {self.detail}. {self.advice}"


_BUSY = (
    "another program holds it",
    "Close the other program, then try again.",
)
_FORBIDDEN = (
    "it may not be opened or written",
    "Check that the folder exists and that you may write to it and to the file.",
)
_FULL = ("the disk is full", "Free some space, then try again.")
_DISK = ("the disk reports an error", "Check the disk and its connection, then try again.")
_DAMAGED = (
    "the file is damaged, or is no store of reviews",
    "Move it away, put a backup in its place if there is one, then start again.",
)

# Primary result codes of SQLite that do not speak of a bug.
_CAUSES = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_PERM: _FORBIDDEN,
    sqlite3.SQLITE_READONLY: _FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: _FORBIDDEN,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


@contextmanager
def _store_errors(path: Path) -> Iterator[None]:
    """Raise what the file or the machine is to blame for as StoreError, and bugs as they are."""
    try:
        yield
    except OSError as error:
        detail, advice = _FORBIDDEN
        raise StoreError(path, f"{detail} ({error.strerror})", advice) from error
    except sqlite3.Error as error:
        cause = _CAUSES.get(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF)
        if cause is None:
            raise
        raise StoreError(path, *cause) from error


class Action(Enum):
    """How an operation came about. The values are stored; do not rename them."""

    DO = "do"
    UNDO = "undo"
    REDO = "redo"


def store_path() -> Path:
    """Where the reviews of this user lie."""
    return platformdirs.user_data_path("pneumo-viewer", appauthor=False) / "reviews.sqlite3"


class ReviewStore:
    """The open file. Everything is called from the thread that made it.

    Parameters
    ----------
    path
        The file; it and its folder are made when missing. A file of an older version is backed up
        beside itself and brought up to date.

    Raises
    ------
    StoreError
        By every method, when the file is damaged, locked, read-only, of a newer version or no
        store at all, or when the disk is full. The file is then as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _store_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Close the file. Nothing is left to be written."""
        self._connection.close()

    def add_detections(self, image: str, detections: Detections) -> Detections:
        """Keep what a model found in an image, and return what is kept.

        The first detections of a model in an image stay: verdicts are bound to their boxes, and a
        second run (another device, another version of a library) may order them otherwise.
        """
        model = detections.model
        with self._transaction():
            self._connection.execute(
                "INSERT INTO models (fingerprint, name, version, preset) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (model.fingerprint, model.name, model.version, model.preset),
            )
            self._connection.execute(
                "INSERT INTO detections (image, model, exam_score, boxes, scores)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    image,
                    model.fingerprint,
                    float(detections.exam_score),
                    detections.boxes.astype("<f4").tobytes(),
                    detections.scores.astype("<f4").tobytes(),
                ),
            )
        return self.detections([image], model.fingerprint)[image]

    def detections(self, images: Iterable[str], fingerprint: str) -> dict[str, Detections]:
        """What the model found, by image key; images that it has not scored are missing."""
        with _store_errors(self.path):
            rows = self._connection.execute(
                "SELECT image, boxes, scores, exam_score, name, version, preset"
                " FROM detections JOIN models ON fingerprint = model"
                " WHERE model = ? AND image IN (SELECT value FROM json_each(?))",
                (fingerprint, json.dumps(list(images))),
            ).fetchall()
        return {
            image: Detections(
                boxes=np.frombuffer(boxes, "<f4").reshape(-1, 4).astype(np.float32),
                scores=np.frombuffer(scores, "<f4").astype(np.float32),
                exam_score=exam_score,
                model=ModelIdentity(name, version, fingerprint, preset),
            )
            for image, boxes, scores, exam_score, name, version, preset in rows
        }

    def verdicts(self, images: Iterable[str], reader: str) -> dict[str, dict[str, Verdict]]:
        """The reader's verdicts by image key and finding id; what is undecided is missing."""
        images = list(images)
        with _store_errors(self.path):
            rows = self._connection.execute(
                "SELECT image, model, box, verdict FROM verdicts"
                " WHERE reader = ? AND image IN (SELECT value FROM json_each(?))",
                (reader, json.dumps(images)),
            ).fetchall()
        verdicts: dict[str, dict[str, Verdict]] = {image: {} for image in images}
        for image, model, box, verdict in rows:
            verdicts[image][finding_id(model, box)] = Verdict(verdict)
        return verdicts

    def perform(self, action: Action, operation: Operation, reader: str) -> Operation | None:
        """Carry out an operation and write it to the journal, both or neither.

        Returns
        -------
        Operation or None
            The inverse; None where nothing changed, which the journal does not mention.
        """
        with self._transaction():
            inverse = operation.carry_out(self, reader)
            if inverse == operation:
                return None
            self._connection.execute(
                "INSERT INTO journal (time, reader, image, action, operation, payload, inverse)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    datetime.now(UTC).isoformat(timespec="microseconds"),
                    reader,
                    operation.image,
                    action.value,
                    operation.kind,
                    json.dumps(dict(operation.payload()), sort_keys=True),
                    json.dumps(dict(inverse.payload()), sort_keys=True),
                ),
            )
            return inverse

    def assign_verdict(self, image: str, finding: str, reader: str, verdict: Verdict) -> Verdict:
        """Assign a verdict and return the one before. Only operations call this, in `perform`."""
        assert self._connection.in_transaction
        place = (image, *parse_finding_id(finding), reader)
        row = self._connection.execute(
            "SELECT verdict FROM verdicts WHERE image = ? AND model = ? AND box = ? AND reader = ?",
            place,
        ).fetchone()
        if verdict is Verdict.UNDECIDED:
            self._connection.execute(
                "DELETE FROM verdicts WHERE image = ? AND model = ? AND box = ? AND reader = ?",
                place,
            )
        else:
            self._connection.execute(
                "INSERT INTO verdicts (image, model, box, reader, verdict) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET verdict = excluded.verdict",
                (*place, verdict.value),
            )
        return Verdict.UNDECIDED if row is None else Verdict(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _store_errors(self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def _prepare(self) -> None:
        """Refuse what is not ours to write, then bring the file up to date."""
        self._version()
        for setting in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "fullfsync = ON",
            "foreign_keys = ON",
        ):
            self._connection.execute(f"PRAGMA {setting}")
        if self._version() == len(MIGRATIONS):
            return
        with self._transaction():
            version = self._version()
            if 0 < version < len(MIGRATIONS):
                self._back_up(version)
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _version(self) -> int:
        """The version of the file: 0 when it is new, else how many migrations it has had."""
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if tables and application != APPLICATION_ID:
            raise StoreError(self.path, *_DAMAGED)
        if version > len(MIGRATIONS):
            raise StoreError(
                self.path,
                f"a newer release of the application wrote it (version {version}, and this one"
                f" knows up to {len(MIGRATIONS)})",
                "Use the newer release.",
            )
        return int(version)

    def _back_up(self, version: int) -> None:
        """Copy the file as last committed, while this connection keeps others from writing."""
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        backup = self.path.with_name(f"{self.path.stem}.version-{version}.{time}{self.path.suffix}")
        source, target = sqlite3.connect(self.path), sqlite3.connect(backup)
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()
