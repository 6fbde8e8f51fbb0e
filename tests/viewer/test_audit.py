"""The audit trail: what it says, and that no change of it goes unnoticed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from detector import __version__
from detector.detections import Detections, ModelIdentity
from pneumo_viewer import audit_command
from pneumo_viewer.review import audit
from pneumo_viewer.review.audit import EMPTY, FIRST, Entry, Head, Trail, find_fault, read_trail
from pneumo_viewer.review.blinding import Reveal, Stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict
from pneumo_viewer.review.operations import SetComment, SetExamVerdict, SetVerdict
from pneumo_viewer.review.schema import MIGRATIONS
from pneumo_viewer.review.steps import Action
from pneumo_viewer.review.store import ReviewStore, store_path

REPOSITORY = Path(__file__).parents[2]
MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
IMAGE = "1.2.826.0.1.3680043.8.498.1"
ACCEPT = SetVerdict(IMAGE, f"{MODEL.fingerprint}:0", Verdict.ACCEPTED)
RESET = SetVerdict(IMAGE, f"{MODEL.fingerprint}:0", Verdict.UNDECIDED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[ReviewStore]:
    with closing(ReviewStore(path)) as store:
        boxes = np.array([[0, 0, 20, 20]], np.float32)
        store.add_detections(IMAGE, Detections(boxes, np.array([0.9], np.float32), 0.8, MODEL))
        yield store


def read_a_little(store: ReviewStore) -> None:
    """Six entries of two readers; a verdict, its undo, a comment, and a blinded reading."""
    store.perform(Action.DO, ACCEPT, "ada", MODEL.fingerprint)
    store.perform(Action.UNDO, RESET, "ada", MODEL.fingerprint)
    store.perform(Action.DO, SetComment(IMAGE, "Mrs Doe, again"), "ada", MODEL.fingerprint)
    verdict = SetExamVerdict(IMAGE, ExamVerdict.UNSURE)
    store.perform(Action.DO, verdict, "grace", MODEL.fingerprint, is_blinded=True)
    store.reveal([IMAGE], Stage.DETECTOR, "grace", MODEL.fingerprint)
    verdict = SetExamVerdict(IMAGE, ExamVerdict.PNEUMONIA)
    store.perform(Action.DO, verdict, "grace", MODEL.fingerprint, is_blinded=True)


def small_trail() -> Trail:
    entries: list[Entry] = []
    last = EMPTY
    for number in range(1, 7):
        entry = Entry(
            time=f"2026-01-0{number}T10:00:00.000000+00:00",
            day=f"2026-01-0{number}",
            reader="Ádá",
            program="0.1.0",
            model=MODEL.fingerprint,
            image=IMAGE,
            stage="open",
            action="do",
            operation="set verdict",
            before='{"verdict": "undecided"}',
            after=f'{{"verdict": "accepted", "finding": {number}}}',
            number=number,
            previous=last.hash,
        )
        entry = dataclasses.replace(entry, hash=entry.computed_hash())
        entries.append(entry)
        last = Head(number, entry.hash)
    return Trail(tuple(entries), last)


TRAIL = small_trail()
NAMES = [field.name for field in dataclasses.fields(Entry)]


# What an entry says


def test_every_operation_is_told_with_reader_time_program_model_image_before_and_after(
    path: Path, store: ReviewStore
) -> None:
    earliest = datetime.now(UTC)
    read_a_little(store)
    latest = datetime.now(UTC)
    entries, head = read_trail(path)

    assert [(e.reader, e.action, e.operation, e.stage) for e in entries] == [
        ("ada", "do", "set verdict", "open"),
        ("ada", "undo", "set verdict", "open"),
        ("ada", "do", "set comment", "open"),
        ("grace", "do", "set exam verdict", "blinded"),
        ("grace", "do", "reveal", "blinded"),
        ("grace", "do", "set exam verdict", "detector"),
    ]
    assert {(e.program, e.model, e.image) for e in entries} == {
        (__version__, MODEL.fingerprint, IMAGE)
    }
    undecided = {"finding": ACCEPT.finding, "verdict": "undecided"}
    accepted = {"finding": ACCEPT.finding, "verdict": "accepted"}
    assert [(json.loads(e.before), json.loads(e.after)) for e in entries[:2]] == [
        (undecided, accepted),
        (accepted, undecided),
    ]
    assert json.loads(entries[4].before) == {"stage": "blinded"}
    assert json.loads(entries[4].after) == {"stage": "detector"}
    times = [datetime.fromisoformat(e.time) for e in entries]
    assert earliest <= min(times)
    assert times == sorted(times)
    assert max(times) <= latest
    assert all(moment.utcoffset() is not None for moment in times)
    assert head == Head(6, entries[-1].hash)
    assert find_fault(Trail(entries, head)) is None


def test_the_hash_is_that_of_the_canonical_json_as_the_module_says_it() -> None:
    entry = TRAIL.entries[1]
    content = {name: getattr(entry, name) for name in NAMES if name != "hash"}
    # Sorted by name and put together by hand, without the json module's options.
    text = "{" + ",".join(f'"{n}":{_json(content[n])}' for n in sorted(content)) + "}"
    assert entry.hash == hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert entry.previous == TRAIL.entries[0].hash
    assert TRAIL.entries[0].previous == FIRST


def _json(value: int | str) -> str:
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_what_a_reader_typed_is_in_no_entry_and_yet_cannot_be_changed(
    path: Path, store: ReviewStore
) -> None:
    read_a_little(store)
    trail = read_trail(path)
    assert "Doe" not in "".join(entry.as_line() for entry in trail.entries)
    tamper(path, 'UPDATE operations SET after = \'{"comment": "nothing"}\' WHERE id = 3')
    fault = find_fault(read_trail(path))
    assert fault is not None
    assert fault.startswith("Entry 3 (")
    assert "was changed after it was written" in fault


def test_an_operation_that_changes_nothing_is_no_entry(path: Path, store: ReviewStore) -> None:
    store.perform(Action.DO, RESET, "ada")
    assert store.perform(Action.DO, Reveal(IMAGE, Stage.BLINDED), "ada", is_blinded=True) is None
    assert read_trail(path) == Trail((), EMPTY)
    assert find_fault(read_trail(path)) is None


# Tampering


@given(
    st.integers(0, 5),
    st.sampled_from([name for name in NAMES if name != "number"]),
    st.text(max_size=80),
)
def test_a_change_of_any_field_is_found(row: int, field: str, value: str) -> None:
    entry = TRAIL.entries[row]
    if getattr(entry, field) == value:
        return
    changed = list(TRAIL.entries)
    changed[row] = dataclasses.replace(entry, **{field: value})
    fault = find_fault(Trail(tuple(changed), TRAIL.head))
    assert fault is not None
    assert fault.startswith(f"Entry {row + 1} (")


@given(st.integers(0, 5), st.integers())
def test_a_change_of_a_number_is_found(row: int, number: int) -> None:
    if number == row + 1:
        return
    changed = list(TRAIL.entries)
    changed[row] = dataclasses.replace(changed[row], number=number)
    assert find_fault(Trail(tuple(changed), TRAIL.head)) is not None


@given(st.sets(st.integers(0, 5), min_size=1))
def test_entries_that_are_missing_are_found(gone: set[int]) -> None:
    left = tuple(entry for row, entry in enumerate(TRAIL.entries) if row not in gone)
    fault = find_fault(Trail(left, TRAIL.head))
    assert fault is not None
    if max(gone) < 5 and 0 not in gone:
        assert f"Entry {min(gone) + 1} is missing" in fault


@given(st.permutations(range(6)))
def test_another_order_is_found(order: list[int]) -> None:
    if order == sorted(order):
        return
    moved = [TRAIL.entries[row] for row in order]
    assert find_fault(Trail(tuple(moved), TRAIL.head)) is not None
    renumbered = tuple(
        dataclasses.replace(entry, number=number) for number, entry in enumerate(moved, start=1)
    )
    assert find_fault(Trail(renumbered, TRAIL.head)) is not None


@given(st.integers(0, 5))
def test_an_entry_put_between_is_found(place: int) -> None:
    foreign = dataclasses.replace(TRAIL.entries[place], reader="eve")
    foreign = dataclasses.replace(foreign, hash=foreign.computed_hash())
    entries = (*TRAIL.entries[:place], foreign, *TRAIL.entries[place:])
    numbered = tuple(dataclasses.replace(e, number=n) for n, e in enumerate(entries, start=1))
    assert find_fault(Trail(numbered, TRAIL.head)) is not None


def chained_anew(entries: tuple[Entry, ...]) -> Trail:
    """What somebody who may write the whole file can make."""
    last, chained = EMPTY, []
    for number, entry in enumerate(entries, start=1):
        linked = dataclasses.replace(entry, number=number, previous=last.hash)
        linked = dataclasses.replace(linked, hash=linked.computed_hash())
        chained.append(linked)
        last = Head(number, linked.hash)
    return Trail(tuple(chained), last)


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_trail_chained_anew_is_found_only_with_a_head_noted_elsewhere(
    row: int, noted: int
) -> None:
    forged = list(TRAIL.entries)
    forged[row] = dataclasses.replace(forged[row], reader="eve")
    trail = chained_anew(tuple(forged))
    assert find_fault(trail) is None
    head = Head(noted + 1, TRAIL.entries[noted].hash)
    fault = find_fault(trail, [head])
    assert (fault is not None) == (noted >= row)
    assert find_fault(TRAIL, [head, EMPTY]) is None


def test_a_noted_entry_that_is_no_longer_there_is_found_when_the_head_was_moved_back() -> None:
    shorter = Trail(TRAIL.entries[:4], Head(4, TRAIL.entries[3].hash))
    assert find_fault(shorter) is None
    fault = find_fault(shorter, [TRAIL.head])
    assert fault == "Entry 6 was noted, and the trail does not have it."


# In the file


def tamper(path: Path, *statements: str) -> None:
    """Change the file as somebody can who knows how to remove its triggers."""
    with closing(sqlite3.connect(path)) as connection, connection:
        triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("column", [name for name in audit._COLUMNS if name != "id"])
def test_a_change_of_any_column_of_the_file_is_found(
    path: Path, store: ReviewStore, column: str
) -> None:
    read_a_little(store)
    value = "redo" if column == "action" else "x"
    tamper(path, f"UPDATE operations SET {column} = '{value}' WHERE id = 4")
    fault = find_fault(read_trail(path))
    assert fault is not None
    assert fault.startswith("Entry 4 (")


def test_every_column_of_the_log_is_part_of_the_chain(path: Path, store: ReviewStore) -> None:
    with closing(sqlite3.connect(path)) as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(operations)")}
    assert columns == set(audit._COLUMNS)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DELETE FROM operations WHERE id = 6", "cut off after entry 5"),
        ("DELETE FROM operations WHERE id > 2", "cut off after entry 2"),
        ("DELETE FROM operations", "cut off after entry 0"),
        ("DELETE FROM operations WHERE id = 3", "Entry 3 is missing"),
        ("DELETE FROM operations WHERE id = 1", "does not continue the chain"),
        ("UPDATE operations SET hash = NULL WHERE id = 1", "does not continue the chain"),
        ("UPDATE operations SET hash = NULL WHERE id = 5", "was changed"),
        ("UPDATE operations SET hash = NULL", "cut off after entry 0"),
        ("DELETE FROM audit_head", "does not fit its last entry"),
        (f"UPDATE audit_head SET hash = '{FIRST}'", "does not fit its last entry"),
    ],
)
def test_what_is_removed_from_the_file_is_found(
    path: Path, store: ReviewStore, statement: str, sentence: str
) -> None:
    read_a_little(store)
    tamper(path, statement)
    fault = find_fault(read_trail(path))
    assert fault is not None
    assert sentence in fault


def test_an_operation_slipped_in_without_a_hash_is_found(path: Path, store: ReviewStore) -> None:
    read_a_little(store)
    tamper(
        path,
        "INSERT INTO operations (day, reader, image_key, action, kind, before, after, at)"
        " SELECT day, reader, image_key, action, kind, before, after, at FROM operations"
        " WHERE id = 1",
    )
    assert find_fault(read_trail(path)) is not None


def test_a_trail_goes_on_after_its_tail_was_cut_off_and_still_tells(
    path: Path, store: ReviewStore
) -> None:
    read_a_little(store)
    tamper(path, "DELETE FROM operations WHERE id > 4")
    store.perform(Action.DO, ACCEPT, "ada")
    fault = find_fault(read_trail(path))
    assert fault is not None
    assert "Entry 5 is missing" in fault


def test_text_that_is_no_longer_text_is_found(path: Path, store: ReviewStore) -> None:
    read_a_little(store)
    tamper(path, "UPDATE operations SET reader = CAST(x'ff' AS TEXT) WHERE id = 2")
    fault = find_fault(read_trail(path))
    assert fault is not None
    assert fault.startswith("Entry 2 (")


def test_the_log_of_an_older_release_stands_before_the_trail(tmp_path: Path) -> None:
    path = tmp_path / "reviews.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in (*MIGRATIONS[0], *MIGRATIONS[1]):
            connection.execute(statement)
        connection.execute("PRAGMA application_id = 0x504E5256")
        connection.execute("PRAGMA user_version = 2")
        connection.execute(
            "INSERT INTO operations (day, reader, image_key, action, kind, before, after, at)"
            " VALUES ('2026-01-01', 'ada', 'a', 'do', 'set comment', '{}', '{}', 'then')"
        )
    with closing(ReviewStore(path)) as store:
        assert read_trail(path) == Trail((), EMPTY)
        store.perform(Action.DO, SetExamVerdict(IMAGE, ExamVerdict.UNSURE), "ada")
    trail = read_trail(path)
    assert [(entry.number, entry.previous) for entry in trail.entries] == [(2, FIRST)]
    assert find_fault(trail) is None


def test_the_chain_goes_on_after_a_restart(path: Path, store: ReviewStore) -> None:
    read_a_little(store)
    store.close()
    with closing(ReviewStore(path)) as again:
        again.perform(Action.DO, ACCEPT, "ada")
    trail = read_trail(path)
    assert [entry.number for entry in trail.entries] == list(range(1, 8))
    assert find_fault(trail) is None


CHILD = """
import sys
from pathlib import Path
from pneumo_viewer.review.findings import ExamVerdict
from pneumo_viewer.review.operations import SetExamVerdict
from pneumo_viewer.review.steps import Action
from pneumo_viewer.review.store import ReviewStore
store = ReviewStore(Path(sys.argv[1]))
number = 0
while True:
    for verdict in (ExamVerdict.UNSURE, ExamVerdict.PNEUMONIA):
        store.perform(Action.DO, SetExamVerdict(sys.argv[2], verdict), "ada")
        number += 1
        print(number, flush=True)
"""


def test_a_killed_process_leaves_an_intact_trail(path: Path) -> None:
    told = 0
    for run in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), f"image {run}"],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        with child, child.stdout as output:
            output.readline()
            time.sleep(0.01 * run)
            child.kill()
            told += 1 + sum(line.endswith("\n") for line in output)
        trail = read_trail(path)
        assert find_fault(trail) is None
        assert len(trail.entries) - told in (0, 1)  # one may be on disk without having been told
        told = len(trail.entries)


# The command


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(audit_command._application, [str(a) for a in arguments])
    return result.exit_code, result.output


def test_the_command_says_that_a_trail_is_intact_and_its_head(
    path: Path, store: ReviewStore
) -> None:
    read_a_little(store)
    content = path.read_bytes()
    status, said = run("verify", "--store", path)
    head = read_trail(path).head
    assert (status, said) == (0, f"The trail is intact. Entries: 6.\nHead: {head}\n")
    assert path.read_bytes() == content
    assert run("verify", "--store", path, "--head", head)[0] == 0


def test_the_command_says_the_first_broken_entry_and_fails(path: Path, store: ReviewStore) -> None:
    read_a_little(store)
    tamper(path, "UPDATE operations SET reader = 'eve' WHERE id IN (2, 5)")
    status, said = run("verify", "--store", path)
    assert status == 1
    assert said.startswith("Entry 2 (")
    assert said.endswith("was changed after it was written: its hash does not fit its content.\n")


def test_the_command_finds_that_a_noted_head_is_gone(path: Path, store: ReviewStore) -> None:
    read_a_little(store)
    status, said = run("verify", "--store", path, "--head", f"3:{'a' * 64}")
    assert status == 1
    assert "is not the one that was noted" in said


def test_the_command_exports_lines_that_anybody_can_verify(path: Path, store: ReviewStore) -> None:
    read_a_little(store)
    status, said = run("export", "--store", path)
    assert status == 0
    previous = FIRST
    for line in said.splitlines():
        fields = json.loads(line)
        digest = fields.pop("hash")
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == digest
        assert fields["previous"] == previous
        previous = digest
    assert len(said.splitlines()) == 6
    assert "Doe" not in said


def test_the_command_reads_the_reviews_of_this_user(private_home: Path) -> None:
    with closing(ReviewStore(store_path())) as store:
        store.perform(Action.DO, SetExamVerdict(IMAGE, ExamVerdict.UNSURE), "ada")
    assert run("verify")[1].startswith("The trail is intact. Entries: 1.\n")


@pytest.mark.parametrize("head", ["", "12", "12:abc", f"x:{'0' * 64}", f"1:{'g' * 64}"])
def test_a_head_that_is_none_is_refused(path: Path, store: ReviewStore, head: str) -> None:
    status, said = run("verify", "--store", path, "--head", head)
    assert status == 2
    assert "64 hexadecimal digits" in said


def test_a_missing_file_is_said_and_not_made(path: Path) -> None:
    status, said = run("verify", "--store", path)
    assert status == 2
    assert str(path) in said
    assert not path.exists()


def test_a_file_that_is_no_store_and_one_without_a_trail_are_said(path: Path) -> None:
    path.write_text("patientId,x,y,width,height,Target\n" * 100)
    assert run("verify", "--store", path)[0] == 2
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE operations (id INTEGER)")
    status, said = run("verify", "--store", path)
    assert status == 2
    assert "holds no audit trail yet" in said
