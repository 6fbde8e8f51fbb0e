"""The reviews on disk: detections, what readers say, and the log of how that came about.

One SQLite file in write-ahead mode with full synchronisation: what a method has done when it
returns is on disk, and neither a killed process nor a power cut takes it back. Images are known by
their keys (UIDs); the file holds no name, birth date or id of a patient.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from detector import __version__
from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review import audit
from pneumo_viewer.review.blinding import Reveal, Stage
from pneumo_viewer.review.findings import (
    Assessment,
    Box,
    ExamVerdict,
    ImageReview,
    Verdict,
    finding_id,
    parse_finding_id,
)
from pneumo_viewer.review.operations import Operation, read_operation
from pneumo_viewer.review.schema import APPLICATION_ID, MIGRATIONS
from pneumo_viewer.review.steps import Action, Step, day_of
from pneumo_viewer.review.store_errors import DAMAGED, StoreError, store_errors
from pneumo_viewer.words import mark, tr

BUSY_SECONDS = 5.0

_EDGES = ("x0", "y0", "x1", "y1")


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
        with store_errors(path):
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
        with store_errors(self.path):
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

    def reviews(self, images: Iterable[str], reader: str) -> dict[str, ImageReview]:
        """Everything that the reader says of each of the images, by image key."""
        images = list(images)
        among = (reader, json.dumps(images))
        where = " WHERE reader = ? AND image IN (SELECT value FROM json_each(?))"
        with store_errors(self.path):
            assessed, drawn, judged = (
                self._connection.execute(query, among).fetchall()
                for query in (
                    f"SELECT image, model, box, verdict, x0, y0, x1, y1 FROM verdicts{where}",
                    f"SELECT image, id, x0, y0, x1, y1 FROM own_boxes{where} ORDER BY id",
                    f"SELECT image, verdict, comment FROM exams{where}",
                )
            )
        assessments: dict[str, dict[str, Assessment]] = {image: {} for image in images}
        own_boxes: dict[str, dict[str, Box]] = {image: {} for image in images}
        for image, model, index, verdict, *edges in assessed:
            assessments[image][finding_id(model, index)] = _assessment(verdict, *edges)
        for image, own_id, x0, y0, x1, y1 in drawn:
            own_boxes[image][own_id] = (x0, y0, x1, y1)
        exams = {image: (_exam_verdict(verdict), comment) for image, verdict, comment in judged}
        return {
            image: ImageReview(assessments[image], own_boxes[image], *exams.get(image, (None, "")))
            for image in images
        }

    def models(self, images: Iterable[str]) -> tuple[ModelIdentity, ...]:
        """The models that scored any of the images, by name and version."""
        with store_errors(self.path):
            rows = self._connection.execute(
                "SELECT name, version, fingerprint, preset FROM models WHERE fingerprint IN"
                " (SELECT model FROM detections"
                " WHERE image IN (SELECT value FROM json_each(?)))"
                " ORDER BY name, version, fingerprint",
                (json.dumps(list(images)),),
            ).fetchall()
        return tuple(ModelIdentity(*row) for row in rows)

    def steps(self, reader: str, day: date) -> list[tuple[Action, Step]]:
        """What the reader did, undid and did again on a day, in order."""
        with store_errors(self.path):
            rows = self._connection.execute(
                "SELECT image_key, action, kind, before, after FROM operations"
                " WHERE reader = ? AND day = ? AND kind != ? ORDER BY id",
                (reader, day.isoformat(), Reveal.kind),
            ).fetchall()
        return [
            (
                Action(action),
                Step(
                    read_operation(kind, image, json.loads(after)),
                    read_operation(kind, image, json.loads(before)),
                ),
            )
            for image, action, kind, before, after in rows
        ]

    def stages(self, images: Iterable[str], reader: str) -> dict[str, Stage]:
        """How much of each image the reader has been shown, if he reads blinded.

        Of an image on which he did anything in open reading he has seen everything.
        """
        stages = dict.fromkeys(images, Stage.BLINDED)
        with store_errors(self.path):
            rows = self._connection.execute(
                "SELECT image_key,"
                " CASE kind WHEN :reveal THEN json_extract(after, '$.stage') ELSE :truth END"
                " FROM operations WHERE reader = :reader"
                " AND (kind = :reveal OR coalesce(stage, :open) = :open)"
                " AND image_key IN (SELECT value FROM json_each(:images))",
                {
                    "reveal": Reveal.kind,
                    "truth": Stage.TRUTH.value,
                    "open": Stage.OPEN.value,
                    "reader": reader,
                    "images": json.dumps(list(stages)),
                },
            ).fetchall()
        for image, value in rows:
            stages[image] = max(stages[image], Stage(value), key=Stage.order)
        return stages

    def readers(self) -> list[str]:
        """Everyone who ever did anything, by name."""
        with store_errors(self.path):
            rows = self._connection.execute(
                "SELECT DISTINCT reader FROM operations ORDER BY reader"
            )
            return [reader for (reader,) in rows]

    def reveal(
        self, images: Iterable[str], stage: Stage, reader: str, model: str = ""
    ) -> dict[str, Stage]:
        """Log that the reader is shown as much of each of the images, all or none.

        Returns
        -------
        dict
            How much he has been shown now, by image key.
        """
        images = list(images)
        with self._transaction():
            for image in images:
                self._perform(Action.DO, Reveal(image, stage), reader, model, is_blinded=True)
        return self.stages(images, reader)

    def perform(
        self,
        action: Action,
        operation: Operation,
        reader: str,
        model: str = "",
        *,
        is_blinded: bool = False,
    ) -> Operation | None:
        """Carry out an operation and write it to the log, both or neither.

        Parameters
        ----------
        model
            Fingerprint of the active model, or "" without one.
        is_blinded
            Whether the reader sees only what was revealed to him.

        Returns
        -------
        Operation or None
            The inverse; None where nothing changed, which the log does not mention.
        """
        with self._transaction():
            return self._perform(action, operation, reader, model, is_blinded)

    def _perform(
        self, action: Action, operation: Operation, reader: str, model: str, is_blinded: bool
    ) -> Operation | None:
        image = operation.image
        stage = self.stages([image], reader)[image] if is_blinded else Stage.OPEN
        inverse = operation.carry_out(self, reader)
        if inverse == operation:
            return None
        now = datetime.now(UTC)
        audit.append(
            self._connection,
            audit.Entry(
                time=now.isoformat(timespec="microseconds"),
                day=day_of(now).isoformat(),
                reader=reader,
                program=__version__,
                model=model,
                image=image,
                stage=stage.value,
                action=action.value,
                operation=operation.kind,
                before=json.dumps(dict(inverse.payload()), sort_keys=True),
                after=json.dumps(dict(operation.payload()), sort_keys=True),
            ),
        )
        return inverse

    # Only operations call these, in `perform`; each returns what was there before.

    def assign_assessment(
        self, image: str, finding: str, reader: str, assessment: Assessment
    ) -> Assessment:
        """Assign what the reader says of a detector's finding."""
        model, index = parse_finding_id(finding)
        place = {"image": image, "model": model, "box": index, "reader": reader}
        row = self._row("verdicts", place, ("verdict", *_EDGES))
        is_undecided = assessment.verdict is Verdict.UNDECIDED
        values = {"verdict": assessment.verdict.value, **_edges(assessment.box)}
        self._replace("verdicts", place, None if is_undecided else values)
        return Assessment() if row is None else _assessment(*row)

    def assign_own_box(self, image: str, own_id: str, reader: str, box: Box | None) -> Box | None:
        """Assign the reader's own box, or remove it with None."""
        place = {"image": image, "id": own_id, "reader": reader}
        row = self._row("own_boxes", place, _EDGES)
        self._replace("own_boxes", place, None if box is None else _edges(box))
        return None if row is None else (row[0], row[1], row[2], row[3])

    def assign_exam_verdict(
        self, image: str, reader: str, verdict: ExamVerdict | None
    ) -> ExamVerdict | None:
        """Assign the verdict on an image."""
        value = None if verdict is None else verdict.value
        return _exam_verdict(self._assign_exam(image, reader, verdict=value)["verdict"])

    def assign_comment(self, image: str, reader: str, comment: str) -> str:
        """Assign the comment on an image."""
        return str(self._assign_exam(image, reader, comment=comment)["comment"])

    def _assign_exam(self, image: str, reader: str, **changes: object) -> dict[str, Any]:
        place = {"image": image, "reader": reader}
        row = self._row("exams", place, ("verdict", "comment"))
        before = {"verdict": row[0], "comment": row[1]} if row else {"verdict": None, "comment": ""}
        after = before | changes
        self._replace("exams", place, after if any(after.values()) else None)
        return before

    def _row(
        self, table: str, place: Mapping[str, object], columns: Iterable[str]
    ) -> tuple[Any, ...] | None:
        where = " AND ".join(f"{name} = :{name}" for name in place)
        row: tuple[Any, ...] | None = self._connection.execute(
            f"SELECT {', '.join(columns)} FROM {table} WHERE {where}", place
        ).fetchone()
        return row

    def _replace(
        self, table: str, place: Mapping[str, object], values: Mapping[str, object] | None
    ) -> None:
        """Make the row at a place hold the values, or remove it."""
        assert self._connection.in_transaction
        where = " AND ".join(f"{name} = :{name}" for name in place)
        self._connection.execute(f"DELETE FROM {table} WHERE {where}", place)
        if values is not None:
            row = {**place, **values}
            names = ", ".join(row)
            holders = ", ".join(f":{name}" for name in row)
            self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({holders})", row)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with store_errors(self.path), self._connection:
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
            raise StoreError(self.path, *DAMAGED)
        if version > len(MIGRATIONS):
            raise StoreError(
                self.path,
                tr(
                    "a newer release of the application wrote it (version {version}, and this one"
                    " knows up to {known})",
                    version=version,
                    known=len(MIGRATIONS),
                ),
                mark("Use the newer release."),
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


def _edges(box: Box | None) -> dict[str, float]:
    return {} if box is None else dict(zip(_EDGES, box, strict=True))


def _assessment(
    verdict: str, x0: float | None, y0: float | None, x1: float | None, y1: float | None
) -> Assessment:
    if x0 is None or y0 is None or x1 is None or y1 is None:
        return Assessment(Verdict(verdict))
    return Assessment(Verdict(verdict), (x0, y0, x1, y1))


def _exam_verdict(value: str | None) -> ExamVerdict | None:
    return None if value is None else ExamVerdict(value)
