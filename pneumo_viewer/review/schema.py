"""The tables of the store, and how each release changed them."""

from __future__ import annotations

from pneumo_viewer.review import audit

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
    (
        # The journal gets the day, by the reader's clock, and the names that it keeps.
        """
        CREATE TABLE operations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            day TEXT NOT NULL,
            reader TEXT NOT NULL,
            image_key TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action IN ('do', 'undo', 'redo')),
            kind TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT
        """,
        """
        INSERT INTO operations (id, day, reader, image_key, action, kind, before, after, at)
        SELECT number, substr(time, 1, 10), reader, image, action, operation, inverse, payload, time
        FROM journal ORDER BY number
        """,
        "DROP TABLE journal",
        "CREATE INDEX operations_of_a_day ON operations (reader, day)",
        """
        CREATE TRIGGER operations_stay BEFORE DELETE ON operations
        BEGIN SELECT RAISE(ABORT, 'the log of operations is only appended to'); END
        """,
        """
        CREATE TRIGGER operations_stay_as_written BEFORE UPDATE ON operations
        BEGIN SELECT RAISE(ABORT, 'the log of operations is only appended to'); END
        """,
        # A corrected finding has the reader's box; the detector's stays among the detections.
        """
        CREATE TABLE assessments (
            image TEXT NOT NULL,
            model TEXT NOT NULL,
            box INTEGER NOT NULL,
            reader TEXT NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'rejected', 'corrected')),
            x0 REAL, y0 REAL, x1 REAL, y1 REAL,
            PRIMARY KEY (image, model, box, reader),
            FOREIGN KEY (image, model) REFERENCES detections,
            CHECK ((verdict = 'corrected') = coalesce(x0 < x1 AND y0 < y1, 0))
        ) STRICT
        """,
        """
        INSERT INTO assessments (image, model, box, reader, verdict)
        SELECT image, model, box, reader, verdict FROM verdicts
        """,
        "DROP TABLE verdicts",
        "ALTER TABLE assessments RENAME TO verdicts",
        """
        CREATE TABLE own_boxes (
            image TEXT NOT NULL,
            id TEXT NOT NULL,
            reader TEXT NOT NULL,
            x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL,
            PRIMARY KEY (image, id, reader),
            CHECK (x0 < x1 AND y0 < y1)
        ) STRICT
        """,
        # Without a row an image has neither a verdict nor a comment.
        """
        CREATE TABLE exams (
            image TEXT NOT NULL,
            reader TEXT NOT NULL,
            verdict TEXT CHECK (verdict IN ('pneumonia', 'no pneumonia', 'unsure')),
            comment TEXT NOT NULL,
            PRIMARY KEY (image, reader)
        ) STRICT
        """,
    ),
    audit.MIGRATION,
)
