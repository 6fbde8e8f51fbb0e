"""What is in the store stays there, whole, and what cannot be stored is said in a sentence."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review import store as store_module
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.review.operations import SetVerdict
from pneumo_viewer.review.schema import MIGRATIONS
from pneumo_viewer.review.steps import Action
from pneumo_viewer.review.store import ReviewStore, store_path
from pneumo_viewer.review.store_errors import StoreError

MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
OTHER_MODEL = ModelIdentity("compact", "2.0", "ffeeddccbbaa9988", "compact")
IMAGE = "1.2.826.0.1.3680043.8.498.1"


def found(*scores: float, model: ModelIdentity = MODEL) -> Detections:
    boxes = [[10 * place, 20.25, 10 * place + 7.5, 40] for place in range(len(scores))]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), 0.75, model
    )


def set_verdict(index: int, verdict: Verdict, model: ModelIdentity = MODEL) -> SetVerdict:
    return SetVerdict(IMAGE, f"{model.fingerprint}:{index}", verdict)


def log(path: Path) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("SELECT * FROM operations ORDER BY id").fetchall()


def verdicts_in(
    store: ReviewStore, images: Iterable[str], reader: str
) -> dict[str, dict[str, Verdict]]:
    """The verdicts on detectors' findings that are kept, by image and finding."""
    return {
        image: {finding: said.verdict for finding, said in review.assessments.items()}
        for image, review in store.reviews(images, reader).items()
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "reviews.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[ReviewStore]:
    with closing(ReviewStore(path)) as store:
        yield store


@pytest.fixture
def scored(store: ReviewStore) -> ReviewStore:
    store.add_detections(IMAGE, found(0.9, 0.6, 0.3))
    return store


def test_the_store_of_a_user_lies_in_the_data_folder_of_the_application() -> None:
    assert store_path().parts[-2:] == ("pneumo-viewer", "reviews.sqlite3")


# Detections


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 5).flatmap(
        lambda count: st.tuples(
            arrays.arrays(np.float32, (count, 4), elements=st.floats(-1e4, 1e4, width=32)),
            arrays.arrays(np.float32, count, elements=st.floats(0, 1, width=32)),
            st.floats(0, 1),
        )
    )
)
def test_detections_come_back_to_the_last_bit(
    drawn: tuple[np.ndarray, np.ndarray, float],
) -> None:
    boxes, scores, exam_score = drawn
    detections = Detections(boxes, np.sort(scores)[::-1], exam_score, MODEL)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reviews.sqlite3"
        with closing(ReviewStore(path)) as store:
            store.add_detections(IMAGE, detections)
        with closing(ReviewStore(path)) as store:
            kept = store.detections([IMAGE, "another"], MODEL.fingerprint)
    assert list(kept) == [IMAGE]
    assert kept[IMAGE].boxes.dtype == kept[IMAGE].scores.dtype == np.float32
    np.testing.assert_array_equal(kept[IMAGE].boxes, detections.boxes)
    np.testing.assert_array_equal(kept[IMAGE].scores, detections.scores)
    assert kept[IMAGE].exam_score == exam_score
    assert kept[IMAGE].model == MODEL


def test_a_second_run_of_a_model_does_not_displace_the_boxes_that_verdicts_are_bound_to(
    scored: ReviewStore,
) -> None:
    kept = scored.add_detections(IMAGE, found(0.8))
    assert kept.scores.tolist() == found(0.9, 0.6, 0.3).scores.tolist()


def test_two_models_are_kept_apart(scored: ReviewStore) -> None:
    scored.add_detections(IMAGE, found(0.5, model=OTHER_MODEL))
    assert len(scored.detections([IMAGE], MODEL.fingerprint)[IMAGE]) == 3
    assert scored.detections([IMAGE], OTHER_MODEL.fingerprint)[IMAGE].model == OTHER_MODEL


def test_thousands_of_images_are_looked_up_at_once(scored: ReviewStore) -> None:
    keys = [f"1.2.3.{number}" for number in range(40_000)] + [IMAGE]
    assert list(scored.detections(keys, MODEL.fingerprint)) == [IMAGE]


# Verdicts and the log


def test_a_verdict_is_there_when_the_file_is_opened_again(path: Path, scored: ReviewStore) -> None:
    scored.perform(Action.DO, set_verdict(1, Verdict.REJECTED), "ada")
    with closing(ReviewStore(path)) as again:
        assert verdicts_in(again, [IMAGE], "ada") == {
            IMAGE: {f"{MODEL.fingerprint}:1": Verdict.REJECTED}
        }


def test_readers_do_not_see_each_others_verdicts(scored: ReviewStore) -> None:
    scored.perform(Action.DO, set_verdict(0, Verdict.ACCEPTED), "ada")
    assert verdicts_in(scored, [IMAGE], "grace") == {IMAGE: {}}


def test_carrying_out_an_operation_gives_back_the_one_that_restores_what_was_there(
    scored: ReviewStore,
) -> None:
    accept, reject = set_verdict(0, Verdict.ACCEPTED), set_verdict(0, Verdict.REJECTED)
    assert scored.perform(Action.DO, accept, "ada") == set_verdict(0, Verdict.UNDECIDED)
    assert scored.perform(Action.DO, reject, "ada") == accept
    assert scored.perform(Action.UNDO, accept, "ada") == reject


def test_the_log_tells_when_who_did_what_and_how_to_take_it_back(
    path: Path, scored: ReviewStore
) -> None:
    accept, reset = set_verdict(2, Verdict.ACCEPTED), set_verdict(2, Verdict.UNDECIDED)
    before = datetime.now(UTC)
    scored.perform(Action.DO, accept, "ada")
    scored.perform(Action.UNDO, reset, "ada")
    scored.perform(Action.REDO, accept, "ada")
    after = datetime.now(UTC)

    entries = log(path)
    assert [entry["id"] for entry in entries] == [1, 2, 3]
    assert [entry["action"] for entry in entries] == ["do", "undo", "redo"]
    assert {(entry["reader"], entry["image_key"], entry["kind"]) for entry in entries} == {
        ("ada", IMAGE, "set verdict")
    }
    accepted = {"finding": f"{MODEL.fingerprint}:2", "verdict": "accepted"}
    undecided = {"finding": f"{MODEL.fingerprint}:2", "verdict": "undecided"}
    assert [(json.loads(entry["after"]), json.loads(entry["before"])) for entry in entries] == [
        (accepted, undecided),
        (undecided, accepted),
        (accepted, undecided),
    ]
    times = [datetime.fromisoformat(entry["at"]) for entry in entries]
    assert before <= times[0] <= times[1] <= times[2] <= after


def test_an_operation_that_changes_nothing_is_not_in_the_log(
    path: Path, scored: ReviewStore
) -> None:
    accept = set_verdict(0, Verdict.ACCEPTED)
    scored.perform(Action.DO, accept, "ada")
    assert scored.perform(Action.DO, accept, "ada") is None
    assert scored.perform(Action.DO, set_verdict(1, Verdict.UNDECIDED), "ada") is None
    assert len(log(path)) == 1


def test_a_verdict_without_its_log_entry_is_not_kept(path: Path, scored: ReviewStore) -> None:
    with closing(sqlite3.connect(path)) as saboteur:
        saboteur.execute(
            "CREATE TRIGGER sabotage BEFORE INSERT ON operations"
            " BEGIN SELECT RAISE(ABORT, 'no entry today'); END"
        )
    with pytest.raises(sqlite3.IntegrityError, match="no entry today"):
        scored.perform(Action.DO, set_verdict(0, Verdict.ACCEPTED), "ada")
    assert verdicts_in(scored, [IMAGE], "ada") == {IMAGE: {}}


@pytest.mark.parametrize(
    "statement", ["DELETE FROM operations", "UPDATE operations SET reader = 'eve'"]
)
def test_the_log_cannot_be_rewritten(path: Path, scored: ReviewStore, statement: str) -> None:
    scored.perform(Action.DO, set_verdict(0, Verdict.ACCEPTED), "ada")
    with (
        closing(sqlite3.connect(path)) as eve,
        pytest.raises(sqlite3.IntegrityError, match="only appended to"),
    ):
        eve.execute(statement)


def test_a_verdict_on_boxes_that_are_not_kept_is_a_bug(store: ReviewStore) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        store.perform(Action.DO, set_verdict(0, Verdict.ACCEPTED), "ada")


def test_commits_are_synchronised_with_the_disk(store: ReviewStore) -> None:
    def setting(name: str) -> object:
        return store._connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert (setting("journal_mode"), setting("synchronous")) == ("wal", 2)  # 2 is FULL


# Versions

NEXT = (("ALTER TABLE operations ADD COLUMN mood TEXT",),)


def backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob("reviews.version-*.sqlite3"))


def columns(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute("PRAGMA table_info(operations)")]


def older_file(path: Path) -> None:
    """A file of version 1 as the release that made it left it, with one verdict."""
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute("PRAGMA application_id = 0x504E5256")
        connection.execute("PRAGMA user_version = 1")
        connection.execute(
            "INSERT INTO models VALUES (?, ?, ?, ?)",
            (MODEL.fingerprint, MODEL.name, MODEL.version, MODEL.preset),
        )
        boxes = np.array([[1, 2, 3, 4]], "<f4").tobytes()
        scores = np.array([0.5], "<f4").tobytes()
        connection.execute(
            "INSERT INTO detections VALUES (?, ?, 0.5, ?, ?)",
            (IMAGE, MODEL.fingerprint, boxes, scores),
        )
        connection.execute(
            "INSERT INTO verdicts VALUES (?, ?, 0, 'ada', 'accepted')", (IMAGE, MODEL.fingerprint)
        )
        finding = f"{MODEL.fingerprint}:0"
        accepted, undecided = (
            json.dumps({"finding": finding, "verdict": verdict})
            for verdict in ("accepted", "undecided")
        )
        connection.execute(
            "INSERT INTO journal VALUES (7, ?, 'ada', ?, 'do', 'set verdict', ?, ?)",
            ("2026-03-04T05:06:07.000008+00:00", IMAGE, accepted, undecided),
        )


def test_an_older_file_is_backed_up_and_then_brought_up_to_date(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older_file(path)
    monkeypatch.setattr(store_module, "MIGRATIONS", MIGRATIONS + NEXT)
    with closing(ReviewStore(path)) as store:
        accepted = {IMAGE: {f"{MODEL.fingerprint}:0": Verdict.ACCEPTED}}
        assert verdicts_in(store, [IMAGE], "ada") == accepted
        assert store.detections([IMAGE], MODEL.fingerprint)[IMAGE].boxes.tolist() == [[1, 2, 3, 4]]
    assert "mood" in columns(path)

    monkeypatch.undo()
    (backup,) = backups(path)
    assert "mood" not in columns(backup)
    with closing(ReviewStore(backup)) as before:
        assert verdicts_in(before, [IMAGE], "ada") == accepted


def test_the_journal_of_an_older_file_goes_on_as_the_log_of_operations(path: Path) -> None:
    older_file(path)
    with closing(ReviewStore(path)) as store:
        (entry,) = store.steps("ada", date(2026, 3, 4))
        assert entry == (
            Action.DO,
            (set_verdict(0, Verdict.ACCEPTED), set_verdict(0, Verdict.UNDECIDED)),
        )
        store.perform(Action.DO, set_verdict(0, Verdict.REJECTED), "ada")
    assert [entry["id"] for entry in log(path)] == [7, 8]
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema").fetchall()
    assert ("journal",) not in tables


def test_a_corrected_box_without_a_box_is_a_bug(scored: ReviewStore) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        scored.perform(Action.DO, set_verdict(0, Verdict.CORRECTED), "ada")


def test_an_entry_says_on_which_day_of_the_reader_it_was_made(
    path: Path, scored: ReviewStore
) -> None:
    scored.perform(Action.DO, set_verdict(0, Verdict.ACCEPTED), "ada")
    (entry,) = log(path)
    assert entry["day"] == datetime.fromisoformat(entry["at"]).astimezone().date().isoformat()


def test_a_backup_holds_what_a_killed_process_left_in_the_write_ahead_log(
    path: Path, scored: ReviewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored.perform(Action.DO, set_verdict(0, Verdict.ACCEPTED), "ada")  # open: not in the file yet
    assert path.with_name("reviews.sqlite3-wal").stat().st_size > 0
    monkeypatch.setattr(store_module, "MIGRATIONS", MIGRATIONS + NEXT)
    ReviewStore(path).close()
    assert len(log(backups(path)[0])) == 1


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older_file(path)
    broken = (("CREATE TABLE half (done TEXT)", "ALTER TABLE missing ADD COLUMN gone TEXT"),)
    with monkeypatch.context() as patched:
        patched.setattr(store_module, "MIGRATIONS", MIGRATIONS + broken)
        with pytest.raises(sqlite3.OperationalError, match="no such table: missing"):
            ReviewStore(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        tables = connection.execute("SELECT name FROM sqlite_schema").fetchall()
        assert ("half",) not in tables


def test_neither_a_new_nor_a_current_file_is_backed_up(path: Path) -> None:
    ReviewStore(path).close()
    ReviewStore(path).close()
    assert backups(path) == []


def test_an_empty_file_left_by_a_process_killed_at_its_first_start_becomes_a_store(
    path: Path,
) -> None:
    path.parent.mkdir()
    path.touch()
    with closing(ReviewStore(path)) as store:
        assert verdicts_in(store, [IMAGE], "ada") == {IMAGE: {}}


# What the file or the machine is to blame for


def said(path: Path) -> str:
    with pytest.raises(StoreError) as refusal:
        ReviewStore(path)
    sentence = str(refusal.value)
    assert sentence.startswith(f"Reviews cannot be kept in {path}: ")
    assert sentence.endswith(".")
    return sentence


def test_a_file_of_a_newer_release_is_refused_and_not_touched(
    path: Path, store: ReviewStore
) -> None:
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    content = path.read_bytes()
    assert "newer release" in said(path)
    assert path.read_bytes() == content


def test_a_file_that_is_no_database_is_refused_and_not_touched(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("patientId,x,y,width,height,Target\n" * 100)
    content = path.read_bytes()
    assert "damaged, or is no store of reviews" in said(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_not_touched(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (address TEXT)")
        connection.execute("PRAGMA user_version = 1")
    content = path.read_bytes()
    assert "no store of reviews" in said(path)
    assert path.read_bytes() == content


def test_a_file_damaged_in_the_middle_is_said_when_it_is_read(
    path: Path, scored: ReviewStore
) -> None:
    scored.close()
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(reversed(content[4096:]))
    path.write_bytes(content)
    with (
        pytest.raises(StoreError, match="the file is damaged"),
        closing(ReviewStore(path)) as again,
    ):
        again.detections([IMAGE], MODEL.fingerprint)


def test_a_folder_in_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    assert "may not be opened" in said(path)


def test_a_file_in_place_of_the_folder_is_refused(path: Path) -> None:
    path.parent.write_text("")
    assert "may not be opened" in said(path)


@pytest.fixture
def folder_of_an_ordinary_user() -> Iterator[Path]:
    """A folder, and a process that may not write everywhere even when root runs the tests."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        user = os.geteuid()
        if user == 0:
            os.chown(folder, 65534, -1)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o700)


def test_a_read_only_folder_is_said(folder_of_an_ordinary_user: Path) -> None:
    folder_of_an_ordinary_user.chmod(0o500)
    assert "may not be opened or written" in said(folder_of_an_ordinary_user / "reviews.sqlite3")
    assert "Permission denied" in said(folder_of_an_ordinary_user / "new" / "reviews.sqlite3")


def test_a_read_only_file_shows_its_verdicts_and_takes_no_more(
    folder_of_an_ordinary_user: Path,
) -> None:
    path = folder_of_an_ordinary_user / "reviews.sqlite3"
    with closing(ReviewStore(path)) as store:
        store.add_detections(IMAGE, found(0.9))
        store.perform(Action.DO, set_verdict(0, Verdict.ACCEPTED), "ada")
    path.chmod(0o400)
    with closing(ReviewStore(path)) as store:
        accepted = {IMAGE: {f"{MODEL.fingerprint}:0": Verdict.ACCEPTED}}
        assert verdicts_in(store, [IMAGE], "ada") == accepted
        with pytest.raises(StoreError, match="may not be opened or written"):
            store.perform(Action.DO, set_verdict(0, Verdict.REJECTED), "ada")
        assert verdicts_in(store, [IMAGE], "ada") == accepted


def test_a_file_that_another_program_holds_is_said_and_usable_afterwards(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 0.01)
    with closing(ReviewStore(path)) as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another program holds it"):
            store.add_detections(IMAGE, found(0.9))
        other.rollback()
        store.add_detections(IMAGE, found(0.9))


def test_a_full_disk_is_said_and_keeps_what_was_there(path: Path, scored: ReviewStore) -> None:
    scored.perform(Action.DO, set_verdict(0, Verdict.ACCEPTED), "ada")
    (pages,) = scored._connection.execute("PRAGMA page_count").fetchone()
    scored._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="the disk is full"):
        scored.add_detections("1.2.3", found(*np.linspace(1, 0, 1000)))
    with closing(ReviewStore(path)) as again:
        assert verdicts_in(again, [IMAGE], "ada")[IMAGE] == {
            f"{MODEL.fingerprint}:0": Verdict.ACCEPTED
        }
        assert again.detections(["1.2.3"], MODEL.fingerprint) == {}


def test_a_mistake_of_ours_is_no_store_error(store: ReviewStore) -> None:
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        verdicts_in(store, [IMAGE], "ada")
