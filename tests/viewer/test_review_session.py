"""One state that all views share: what it shows, and when it says that something is done."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review import session as session_module
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.findings import ExamVerdict, Verdict
from pneumo_viewer.review.operations import SetComment, SetExamVerdict, SetOwnBox, SetVerdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.state import ExamState
from pneumo_viewer.review.steps import day_of
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.review.store_errors import StoreError

MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
OTHER_MODEL = ModelIdentity("compact", "2.0", "ffeeddccbbaa9988", "compact")
ACCEPTED, REJECTED, UNDECIDED = Verdict.ACCEPTED, Verdict.REJECTED, Verdict.UNDECIDED


def found(*scores: float, model: ModelIdentity = MODEL) -> Detections:
    boxes = [[10 * place, 20.25, 10 * place + 7.5, 40] for place in range(len(scores))]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), 0.75, model
    )


def id_of(number: int, model: ModelIdentity = MODEL) -> str:
    """The id of the finding that the screen calls ``number``, counted from 1."""
    return f"{model.fingerprint}:{number - 1}"


def accept(image: str, number: int) -> SetVerdict:
    return SetVerdict(image, id_of(number), ACCEPTED)


def reject(image: str, number: int) -> SetVerdict:
    return SetVerdict(image, id_of(number), REJECTED)


def reset(image: str, number: int) -> SetVerdict:
    return SetVerdict(image, id_of(number), UNDECIDED)


def verdicts(session: ReviewSession, image: str) -> list[Verdict]:
    return [finding.verdict for finding in session.findings(image)]


def heard(session: ReviewSession) -> list[Change]:
    changes: list[Change] = []
    session.subscribe(changes.append)
    return changes


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
    return tmp_path / "reviews.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[ReviewStore]:
    with closing(ReviewStore(path)) as store:
        yield store


@pytest.fixture
def session(store: ReviewStore) -> ReviewSession:
    """Images a (scores 0.9, 0.6, 0.3) and b (0.5), and c without a finding; threshold 0.5."""
    session = ReviewSession(InlineStoreAccess(store), reader="ada")
    session.open_images(["a", "b", "c"])
    session.set_model(MODEL)
    session.add_detections("a", found(0.9, 0.6, 0.3))
    session.add_detections("b", found(0.5))
    session.add_detections("c", found())
    session.set_threshold(0.5)
    return session


class DeferredStoreAccess:
    """Work and callbacks wait until the test lets them through, as a thread might have it."""

    def __init__(self, store: ReviewStore) -> None:
        self._store = store
        self._work: deque[tuple[Callable[..., Any], ...]] = deque()
        self._callbacks: deque[Callable[[], None]] = deque()

    def run(
        self,
        work: Callable[[ReviewStore], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._work.append((work, done, failed))

    def work(self) -> None:
        """Do the next piece of work on the store, and keep its callback back."""
        work, done, failed = self._work.popleft()
        try:
            result = work(self._store)
        except (StoreError, ZeroDivisionError) as error:
            caught = error
            self._callbacks.append(lambda: failed(caught))
        else:
            self._callbacks.append(lambda: done(result))

    def deliver(self) -> None:
        """Call the next callback."""
        self._callbacks.popleft()()

    def finish(self) -> None:
        while self._work or self._callbacks:
            if self._work:
                self.work()
            self.deliver()


@pytest.fixture
def deferred(store: ReviewStore) -> DeferredStoreAccess:
    return DeferredStoreAccess(store)


@pytest.fixture
def waiting(deferred: DeferredStoreAccess) -> ReviewSession:
    """A session over deferred access, with image a (scores 0.9, 0.6, 0.3) loaded."""
    session = ReviewSession(deferred, reader="ada")
    session.set_model(MODEL)
    session.open_images(["a"])
    session.add_detections("a", found(0.9, 0.6, 0.3))
    deferred.finish()
    return session


# Findings and the threshold


def test_findings_come_best_first_with_the_ids_that_verdicts_are_bound_to(
    session: ReviewSession,
) -> None:
    first, second, third = session.findings("a")
    assert [first.id, second.id, third.id] == [id_of(1), id_of(2), id_of(3)]
    assert second.box == (10.0, 20.25, 17.5, 40.0)
    assert second.score == pytest.approx(0.6)
    assert (second.model, second.verdict) == (MODEL, UNDECIDED)


def test_an_image_that_is_not_scored_is_not_one_without_findings(session: ReviewSession) -> None:
    session.open_images(["new"])
    assert session.detections("new") is None
    assert session.exam_score("new") is None
    assert session.findings("new") == ()
    assert session.detections("c") is not None
    assert session.exam_score("c") == 0.75


def test_the_store_knows_which_images_the_detector_need_not_see_again(
    store: ReviewStore, session: ReviewSession
) -> None:
    again = ReviewSession(InlineStoreAccess(store))
    again.open_images(["new", "a", "newer"])
    assert again.unscored == ()  # of which model?
    again.set_model(MODEL)
    assert again.unscored == ("new", "newer")
    again.add_detections("new", found(0.5))
    assert again.unscored == ("newer",)


@pytest.mark.parametrize(
    ("threshold", "shown"), [(0.0, 3), (0.3, 3), (0.31, 2), (0.6, 2), (0.9, 1), (0.91, 0), (1.0, 0)]
)
def test_a_finding_is_shown_from_its_own_score_on(
    session: ReviewSession, threshold: float, shown: int
) -> None:
    session.set_threshold(threshold)
    assert session.shown_findings("a") == session.findings("a")[:shown]


def test_the_threshold_never_changes_what_is_kept(
    path: Path, store: ReviewStore, session: ReviewSession
) -> None:
    session.perform(reject("a", 3))
    with closing(ReviewStore(path)) as reader:
        before = list(reader._connection.iterdump())
        for threshold in np.linspace(-1, 2, 31):
            session.set_threshold(float(threshold))
        assert list(reader._connection.iterdump()) == before
    assert verdicts(session, "a") == [UNDECIDED, UNDECIDED, REJECTED]


@pytest.mark.parametrize(("asked", "got"), [(-0.1, 0.0), (1.5, 1.0), (0.25, 0.25)])
def test_the_threshold_stays_between_0_and_1(
    session: ReviewSession, asked: float, got: float
) -> None:
    session.set_threshold(asked)
    assert session.threshold == got


def test_nothing_is_said_when_nothing_changes(session: ReviewSession) -> None:
    session.show("a")
    changes = heard(session)
    session.show("a")
    session.select(None)
    session.set_threshold(0.5)
    session.set_model(MODEL)
    assert changes == []


# Where the reader looks


def test_tab_goes_through_the_shown_findings_and_round(session: ReviewSession) -> None:
    session.show("a")
    visited = []
    for _ in range(3):
        session.select_next()
        visited.append(session.selected)
    assert visited == [id_of(1), id_of(2), id_of(1)]  # finding 3 is below the threshold
    session.select_previous()
    assert session.selected == id_of(2)


def test_going_back_from_no_selection_selects_the_last(session: ReviewSession) -> None:
    session.show("a")
    session.select_previous()
    assert session.selected == id_of(2)


def test_tab_does_nothing_where_there_is_nothing_to_select(session: ReviewSession) -> None:
    session.select_next()
    session.show("c")
    session.select_next()
    assert session.selected is None


def test_a_finding_below_the_threshold_can_be_selected_in_the_list(session: ReviewSession) -> None:
    session.show("a")
    session.select(id_of(3))
    assert session.selected == id_of(3)
    session.select_next()
    assert session.selected == id_of(1)


def test_only_findings_of_the_current_image_can_be_selected(session: ReviewSession) -> None:
    session.show("b")
    with pytest.raises(LookupError, match=id_of(2)):
        session.select(id_of(2))


def test_another_image_starts_with_nothing_selected(session: ReviewSession) -> None:
    session.show("a")
    session.select(id_of(1))  # an id that image b has as well
    changes = heard(session)
    session.show("b", by="worklist")
    assert (session.current, session.selected) == ("b", None)
    assert changes == [Change(frozenset({Aspect.CURRENT, Aspect.SELECTION}), "b", "worklist")]


# Models


def test_another_model_shows_its_own_findings_and_keeps_the_verdicts_on_the_others(
    session: ReviewSession,
) -> None:
    session.perform(accept("a", 1))
    session.show("a")
    session.select(id_of(1))
    session.set_model(OTHER_MODEL)
    assert session.findings("a") == ()
    assert session.selected is None
    assert session.unscored == ("a", "b", "c")
    session.add_detections("a", found(0.8, model=OTHER_MODEL))
    assert verdicts(session, "a") == [UNDECIDED]
    assert session.exam_state("a") is ExamState.UNTOUCHED
    session.set_model(MODEL)
    assert verdicts(session, "a") == [ACCEPTED, UNDECIDED, UNDECIDED]


def test_late_detections_of_a_model_that_is_no_longer_active_are_kept_and_not_shown(
    session: ReviewSession,
) -> None:
    changes = heard(session)
    session.add_detections("a", found(0.8, model=OTHER_MODEL))
    assert changes == []
    assert len(session.findings("a")) == 3
    session.set_model(OTHER_MODEL)
    assert len(session.findings("a")) == 1


def test_what_was_looked_up_for_the_former_model_is_not_shown_as_the_new_ones(
    waiting: ReviewSession, deferred: DeferredStoreAccess
) -> None:
    waiting.open_images(["a"])
    waiting.set_model(OTHER_MODEL)
    deferred.finish()
    assert waiting.findings("a") == ()


def test_detecting_again_keeps_the_boxes_that_have_verdicts(session: ReviewSession) -> None:
    session.perform(accept("a", 2))
    session.add_detections("a", found(0.99))
    assert verdicts(session, "a") == [UNDECIDED, ACCEPTED, UNDECIDED]


# Truth


def test_no_boxes_and_no_truth_are_two_things(session: ReviewSession) -> None:
    changes = heard(session)
    session.set_truth({"a": np.zeros((0, 4), np.float32)}, by="import")
    truth = session.truth("a")
    assert truth is not None
    assert len(truth) == 0
    assert session.truth("b") is None
    session.set_truth({})
    assert session.truth("a") is None
    assert [(change.aspects, change.by) for change in changes] == [
        (frozenset({Aspect.TRUTH}), "import"),
        (frozenset({Aspect.TRUTH}), None),
    ]


# Verdicts, undo and redo


def test_the_edit_menu_names_what_undo_and_redo_would_do(session: ReviewSession) -> None:
    assert (session.undo_name, session.redo_name) == (None, None)
    session.perform(accept("a", 2))
    session.perform(reject("a", 1))
    session.perform(reset("a", 2))
    assert (session.undo_name, session.redo_name) == ("Reset finding 2", None)
    session.undo()
    assert (session.undo_name, session.redo_name) == ("Reject finding 1", "Reset finding 2")
    session.undo()
    assert (session.undo_name, session.redo_name) == ("Accept finding 2", "Reject finding 1")
    session.perform(accept("b", 1))
    assert (session.undo_name, session.redo_name) == ("Accept finding 1", None)


def test_undo_restores_the_verdict_that_was_there_and_redo_the_new_one(
    session: ReviewSession,
) -> None:
    session.perform(accept("a", 1))
    session.perform(reject("a", 1))
    session.undo()
    assert verdicts(session, "a")[0] is ACCEPTED
    session.undo()
    assert verdicts(session, "a")[0] is UNDECIDED
    session.redo()
    session.redo()
    assert verdicts(session, "a")[0] is REJECTED


def test_undo_says_which_image_it_changed(session: ReviewSession) -> None:
    session.perform(accept("a", 1))
    session.show("b")
    changes = heard(session)
    session.undo(by="edit menu")
    assert changes == [Change(frozenset({Aspect.VERDICTS}), "a", "edit menu")]


def test_a_verdict_that_stands_already_leaves_no_step_to_undo(session: ReviewSession) -> None:
    session.perform(accept("a", 1))
    session.undo()
    session.perform(reset("a", 1))
    assert (session.undo_name, session.redo_name) == (None, "Accept finding 1")


def test_undo_and_redo_of_nothing_do_nothing(session: ReviewSession) -> None:
    changes = heard(session)
    session.undo()
    session.redo()
    assert changes == []


def test_a_second_session_finds_the_verdicts_of_the_first(
    path: Path, session: ReviewSession
) -> None:
    session.perform(accept("a", 1))
    session.perform(reject("a", 3))
    with closing(ReviewStore(path)) as store:
        second = ReviewSession(InlineStoreAccess(store), reader="ada")
        second.set_model(MODEL)
        second.open_images(["a", "b"])
        assert verdicts(second, "a") == [ACCEPTED, UNDECIDED, REJECTED]
        assert verdicts(second, "b") == [UNDECIDED]
        grace = ReviewSession(InlineStoreAccess(store), reader="grace")
        grace.set_model(MODEL)
        grace.open_images(["a"])
        assert verdicts(grace, "a") == [UNDECIDED] * 3


def test_undo_goes_back_to_what_this_session_replaced_even_if_another_wrote_in_between(
    path: Path, session: ReviewSession
) -> None:
    session.perform(accept("a", 1))
    with closing(ReviewStore(path)) as store:
        ReviewSession(InlineStoreAccess(store), reader="ada").perform(reset("a", 1))
    session.undo()  # the other session has done it already
    assert (session.undo_name, session.redo_name) == (None, "Accept finding 1")
    session.redo()
    assert verdicts(session, "a")[0] is ACCEPTED


@pytest.mark.parametrize(
    ("operations", "progress", "state"),
    [
        ([], (0, 2), ExamState.UNTOUCHED),
        ([accept("a", 1)], (1, 2), ExamState.IN_PROGRESS),
        ([accept("a", 1), reject("a", 2)], (2, 2), ExamState.DONE),
        ([reject("a", 3)], (0, 2), ExamState.IN_PROGRESS),
        ([accept("a", 1), reset("a", 1)], (0, 2), ExamState.UNTOUCHED),
    ],
)
def test_progress_counts_what_is_shown(
    session: ReviewSession,
    operations: list[SetVerdict],
    progress: tuple[int, int],
    state: ExamState,
) -> None:
    for operation in operations:
        session.perform(operation)
    assert session.progress("a") == progress
    assert session.exam_state("a") is state


def test_progress_follows_the_threshold(session: ReviewSession) -> None:
    session.perform(accept("a", 1))
    session.set_threshold(0.7)
    assert (session.progress("a"), session.exam_state("a")) == ((1, 1), ExamState.DONE)
    session.set_threshold(0.2)
    assert (session.progress("a"), session.exam_state("a")) == ((1, 3), ExamState.IN_PROGRESS)


def test_an_image_without_findings_has_nothing_to_decide(session: ReviewSession) -> None:
    assert (session.progress("c"), session.exam_state("c")) == ((0, 0), ExamState.UNTOUCHED)


# Order, and nothing before it is on disk


def test_nothing_is_said_before_it_is_on_disk(
    path: Path, waiting: ReviewSession, deferred: DeferredStoreAccess
) -> None:
    on_disk = []

    def look(change: Change) -> None:
        with closing(ReviewStore(path)) as other:
            on_disk.append(verdicts_in(other, ["a"], "ada")["a"])

    waiting.subscribe(look)
    waiting.perform(accept("a", 1))
    assert (verdicts(waiting, "a")[0], waiting.undo_name, on_disk) == (UNDECIDED, None, [])
    deferred.work()
    assert (verdicts(waiting, "a")[0], waiting.undo_name, on_disk) == (UNDECIDED, None, [])
    deferred.deliver()
    assert (verdicts(waiting, "a")[0], waiting.undo_name) == (ACCEPTED, "Accept finding 1")
    assert on_disk == [{id_of(1): ACCEPTED}]


def test_detections_are_shown_when_they_are_kept(
    waiting: ReviewSession, deferred: DeferredStoreAccess
) -> None:
    waiting.add_detections("b", found(0.5))
    assert waiting.detections("b") is None
    deferred.work()
    assert waiting.detections("b") is None
    deferred.deliver()
    assert waiting.detections("b") is not None


def test_keys_pressed_faster_than_the_disk_keep_their_order(
    waiting: ReviewSession, deferred: DeferredStoreAccess
) -> None:
    changes = heard(waiting)
    for number, operation in enumerate([accept("a", 1), reject("a", 1), accept("a", 2)]):
        waiting.perform(operation, by=number)
    waiting.undo(by=3)
    waiting.undo(by=4)
    waiting.redo(by=5)
    waiting.undo(by=6)
    waiting.undo(by=7)
    waiting.undo(by="one too many")
    deferred.finish()
    assert [change.by for change in changes] == list(range(8))
    assert verdicts(waiting, "a") == [UNDECIDED] * 3
    assert (waiting.undo_name, waiting.redo_name) == (None, "Accept finding 1")


def test_undo_takes_back_what_is_still_on_its_way_to_the_disk(
    waiting: ReviewSession, deferred: DeferredStoreAccess
) -> None:
    waiting.perform(accept("a", 1))
    deferred.finish()
    waiting.perform(reject("a", 2))
    waiting.undo()
    deferred.finish()
    assert verdicts(waiting, "a") == [ACCEPTED, UNDECIDED, UNDECIDED]
    assert waiting.undo_name == "Accept finding 1"


def test_what_a_listener_does_in_answer_comes_after_what_was_asked_before(
    waiting: ReviewSession, deferred: DeferredStoreAccess
) -> None:
    def answer(change: Change) -> None:
        if change.by == "first":
            waiting.perform(accept("a", 3), by="answer")

    waiting.subscribe(answer)
    changes = heard(waiting)
    waiting.perform(accept("a", 1), by="first")
    waiting.perform(accept("a", 2), by="second")
    deferred.finish()
    assert [change.by for change in changes] == ["first", "second", "answer"]


# What goes wrong


@pytest.fixture
def hold_or_release(path: Path, store: ReviewStore) -> Iterator[Callable[[], None]]:
    """Another program holds the file until it is told to let go."""
    store._connection.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        yield lambda: other.execute("ROLLBACK" if other.in_transaction else "BEGIN EXCLUSIVE")


def test_a_verdict_that_cannot_be_written_is_said_and_changes_nothing(
    session: ReviewSession, hold_or_release: Callable[[], None]
) -> None:
    session.perform(accept("a", 1))
    session.undo()
    hold_or_release()
    changes = heard(session)
    session.perform(reject("a", 2), by="findings")
    (change,) = changes
    assert (change.aspects, change.image, change.by) == ({Aspect.PROBLEM}, "a", "findings")
    assert "another program holds it" in str(change.problem)
    assert verdicts(session, "a") == [UNDECIDED] * 3
    assert (session.undo_name, session.redo_name) == (None, "Accept finding 1")
    hold_or_release()
    session.perform(reject("a", 2))
    assert verdicts(session, "a") == [UNDECIDED, REJECTED, UNDECIDED]


@pytest.mark.parametrize("step", ["undo", "redo"])
def test_an_undo_or_redo_that_cannot_be_written_can_be_asked_for_again(
    session: ReviewSession, hold_or_release: Callable[[], None], step: str
) -> None:
    session.perform(accept("a", 1))
    session.perform(accept("a", 2))
    session.undo()
    names = session.undo_name, session.redo_name
    hold_or_release()
    getattr(session, step)()
    assert (session.undo_name, session.redo_name) == names
    hold_or_release()
    getattr(session, step)()
    assert (session.undo_name, session.redo_name) != names


def test_an_undo_does_not_hit_an_older_step_when_the_one_it_was_meant_for_never_happened(
    waiting: ReviewSession, deferred: DeferredStoreAccess, hold_or_release: Callable[[], None]
) -> None:
    waiting.perform(accept("a", 1))
    deferred.finish()
    hold_or_release()
    changes = heard(waiting)
    waiting.perform(reject("a", 2))
    waiting.undo()
    deferred.work()
    hold_or_release()
    deferred.finish()
    assert [change.aspects for change in changes] == [{Aspect.PROBLEM}]
    assert verdicts(waiting, "a") == [ACCEPTED, UNDECIDED, UNDECIDED]
    assert waiting.undo_name == "Accept finding 1"


def test_images_and_detections_that_the_store_cannot_take_are_said(
    session: ReviewSession, hold_or_release: Callable[[], None]
) -> None:
    changes = heard(session)
    hold_or_release()
    session.add_detections("new", found(0.5), by="detector")
    assert [(change.aspects, change.image, change.by) for change in changes] == [
        ({Aspect.PROBLEM}, "new", "detector")
    ]
    assert session.detections("new") is None


def test_a_mistake_of_ours_is_raised_and_not_shown_as_a_problem(
    waiting: ReviewSession, deferred: DeferredStoreAccess
) -> None:
    class Broken(SetVerdict):
        def carry_out(self, store: ReviewStore, reader: str) -> SetVerdict:
            raise ZeroDivisionError

    changes = heard(waiting)
    waiting.perform(Broken("a", id_of(1), ACCEPTED))
    deferred.work()
    with pytest.raises(ZeroDivisionError):
        deferred.deliver()
    assert changes == []
    waiting.perform(accept("a", 1))
    deferred.finish()
    assert verdicts(waiting, "a")[0] is ACCEPTED


def test_a_listener_that_fails_does_not_keep_the_others_in_the_dark(
    session: ReviewSession,
) -> None:
    def broken(change: Change) -> None:
        raise ZeroDivisionError

    session.subscribe(broken)
    changes = heard(session)
    with pytest.raises(ZeroDivisionError):
        session.perform(accept("a", 1))
    assert len(changes) == 1
    with pytest.raises(ZeroDivisionError):
        session.perform(accept("a", 2))
    assert verdicts(session, "a") == [ACCEPTED, ACCEPTED, UNDECIDED]


def test_listeners_are_told_in_the_order_in_which_they_came_until_they_leave(
    session: ReviewSession,
) -> None:
    told: list[str] = []
    leave = session.subscribe(lambda change: told.append("first"))
    session.subscribe(lambda change: told.append("second"))
    session.set_threshold(0.1)
    leave()
    session.set_threshold(0.2)
    assert told == ["first", "second", "second"]


def test_what_is_on_its_way_to_the_disk_when_images_close_gets_there_and_no_further(
    waiting: ReviewSession, deferred: DeferredStoreAccess, store: ReviewStore
) -> None:
    waiting.perform(accept("a", 1))
    deferred.finish()
    waiting.undo()
    waiting.close_images()
    deferred.finish()
    assert verdicts_in(store, ["a"], "ada") == {"a": {}}
    assert (waiting.undo_name, waiting.redo_name) == (None, None)


# The reader's boxes

OWN = "own:0001"
DRAWN = (5.0, 6.0, 50.0, 60.0)


def wider(box: tuple[float, ...]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box
    return x0, y0, x1 + 1, y1


def test_a_corrected_finding_has_the_readers_box_and_keeps_the_detectors(
    session: ReviewSession,
) -> None:
    session.change_box("a", id_of(2), wider)
    corrected = session.findings("a")[1]
    assert (corrected.verdict, corrected.box) == (Verdict.CORRECTED, (10, 20.25, 18.5, 40))
    assert corrected.original == (10, 20.25, 17.5, 40)
    assert session.detections("a").boxes[1].tolist() == [10, 20.25, 17.5, 40]  # type: ignore[union-attr]
    assert session.undo_name == "Correct finding 2"
    session.change_box("a", id_of(2), wider)
    assert session.findings("a")[1].box == (10, 20.25, 19.5, 40)
    session.undo()
    assert session.findings("a")[1].box == (10, 20.25, 18.5, 40)
    session.undo()
    assert session.findings("a")[1].original is None
    assert verdicts(session, "a") == [UNDECIDED] * 3


def test_own_boxes_come_after_the_detectors_at_any_threshold(session: ReviewSession) -> None:
    session.perform(SetOwnBox("a", OWN, DRAWN))
    own = session.findings("a")[-1]
    assert (own.id, own.box, own.score, own.model) == (OWN, DRAWN, None, None)
    assert own.verdict is Verdict.ADDED
    session.set_threshold(1)
    assert session.shown_findings("a") == (own,)
    assert session.progress("a") == (0, 0)
    assert session.exam_state("a") is ExamState.DONE


def test_own_boxes_are_added_changed_and_removed_and_all_of_that_undone(
    session: ReviewSession,
) -> None:
    names = []
    session.perform(SetOwnBox("c", OWN, DRAWN))
    names.append(session.undo_name)
    session.change_box("c", OWN, wider)
    names.append(session.undo_name)
    assert session.findings("c")[0].box == (5, 6, 51, 60)
    session.perform(SetOwnBox("c", OWN, None))
    names.append(session.undo_name)
    assert names == ["Add box", "Change box", "Remove box"]
    assert session.findings("c") == ()
    for count in (1, 1, 0):
        session.undo()
        assert len(session.findings("c")) == count
    session.redo()
    assert session.findings("c")[0].box == DRAWN


def test_a_box_that_goes_takes_the_selection_with_it(session: ReviewSession) -> None:
    session.show("c")
    session.perform(SetOwnBox("c", OWN, DRAWN))
    session.select(OWN)
    changes = heard(session)
    session.undo()
    assert session.selected is None
    assert [change.aspects for change in changes] == [{Aspect.VERDICTS, Aspect.SELECTION}]


def test_changes_of_a_box_faster_than_the_disk_add_up(
    waiting: ReviewSession, deferred: DeferredStoreAccess
) -> None:
    for _ in range(5):
        waiting.change_box("a", id_of(1), wider)
    deferred.finish()
    assert waiting.findings("a")[0].box == (0, 20.25, 12.5, 40)  # 7.5 and five times 1


def test_own_boxes_belong_to_no_model_and_corrections_to_theirs(session: ReviewSession) -> None:
    session.change_box("a", id_of(1), wider)
    session.perform(SetOwnBox("a", OWN, DRAWN))
    session.set_model(OTHER_MODEL)
    assert [finding.id for finding in session.findings("a")] == [OWN]
    session.add_detections("a", found(0.8, model=OTHER_MODEL))
    session.perform(SetVerdict("a", id_of(1, OTHER_MODEL), REJECTED))
    assert verdicts(session, "a") == [REJECTED, Verdict.ADDED]
    session.set_model(MODEL)
    assert verdicts(session, "a") == [Verdict.CORRECTED, UNDECIDED, UNDECIDED, Verdict.ADDED]
    session.undo()  # of the verdict on the other model's finding, which is not on the screen
    session.set_model(OTHER_MODEL)
    assert verdicts(session, "a") == [UNDECIDED, Verdict.ADDED]


# The whole exam


def test_an_exam_verdict_and_a_comment_are_given_and_taken_back(session: ReviewSession) -> None:
    session.perform(SetExamVerdict("a", ExamVerdict.UNSURE))
    session.perform(SetComment("a", "motion blur"))
    assert (session.exam_verdict("a"), session.comment("a")) == (ExamVerdict.UNSURE, "motion blur")
    assert session.undo_name == "Change comment"
    session.undo()
    assert (session.exam_verdict("a"), session.comment("a")) == (ExamVerdict.UNSURE, "")
    assert (session.undo_name, session.redo_name) == ("Call exam unsure", "Change comment")
    session.undo()
    assert session.exam_verdict("a") is None
    session.redo()
    session.redo()
    assert (session.exam_verdict("a"), session.comment("a")) == (ExamVerdict.UNSURE, "motion blur")


@pytest.mark.parametrize(
    ("image", "operations", "state"),
    [
        ("c", [SetExamVerdict("c", ExamVerdict.NO_PNEUMONIA)], ExamState.DONE),
        ("c", [SetComment("c", "rotated")], ExamState.IN_PROGRESS),
        ("a", [SetExamVerdict("a", ExamVerdict.PNEUMONIA)], ExamState.IN_PROGRESS),
        (
            "a",
            [SetExamVerdict("a", ExamVerdict.PNEUMONIA), accept("a", 1), reject("a", 2)],
            ExamState.DONE,
        ),
        (
            "c",
            [SetExamVerdict("c", ExamVerdict.UNSURE), SetExamVerdict("c", None)],
            ExamState.UNTOUCHED,
        ),
    ],
)
def test_a_verdict_on_the_exam_counts_as_reading_it(
    session: ReviewSession, image: str, operations: list[SetExamVerdict], state: ExamState
) -> None:
    for operation in operations:
        session.perform(operation)
    assert session.exam_state(image) is state


# The same day, after a restart


def restarted(store: ReviewStore, *images: str) -> ReviewSession:
    session = ReviewSession(InlineStoreAccess(store), reader="ada")
    session.set_model(MODEL)
    session.open_images(images)
    return session


def test_everything_done_today_can_be_undone_after_a_restart(
    store: ReviewStore, session: ReviewSession
) -> None:
    session.perform(accept("a", 1))
    session.change_box("a", id_of(2), wider)
    session.perform(SetOwnBox("b", OWN, DRAWN))
    session.perform(SetExamVerdict("c", ExamVerdict.UNSURE))
    session.perform(SetComment("c", "motion blur"))
    session.undo()

    again = restarted(store, "a", "b", "c")
    assert (again.undo_name, again.redo_name) == ("Call exam unsure", "Change comment")
    again.redo()
    assert again.comment("c") == "motion blur"
    names = []
    while again.undo_name is not None:
        names.append(again.undo_name)
        again.undo()
    assert names == [
        "Change comment",
        "Call exam unsure",
        "Add box",
        "Correct finding 2",
        "Accept finding 1",
    ]
    assert verdicts(again, "a") == [UNDECIDED] * 3
    assert again.findings("b")[-1].is_own is False
    assert again.exam_state("c") is ExamState.UNTOUCHED


def test_only_steps_on_open_images_are_offered_and_the_others_wait(
    store: ReviewStore, session: ReviewSession
) -> None:
    session.perform(accept("a", 1))
    session.perform(accept("b", 1))
    again = restarted(store, "a")
    assert again.undo_name == "Accept finding 1"
    again.undo()
    assert verdicts(again, "a")[0] is UNDECIDED
    assert again.undo_name is None
    again.open_images(["b"])
    again.undo()
    assert verdicts(again, "b") == [UNDECIDED]


def test_closing_and_opening_the_same_images_keeps_their_steps(session: ReviewSession) -> None:
    session.perform(accept("a", 1))
    session.close_images()
    assert session.undo_name is None
    session.open_images(["a"])
    assert session.undo_name == "Accept finding 1"


def test_another_reader_undoes_nothing_of_the_first(
    store: ReviewStore, session: ReviewSession
) -> None:
    session.perform(accept("a", 1))
    grace = ReviewSession(InlineStoreAccess(store), reader="grace")
    grace.open_images(["a"])
    assert grace.undo_name is None


def test_yesterdays_steps_stay_done(
    store: ReviewStore, session: ReviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.perform(accept("a", 1))
    tomorrow = day_of(datetime.now(UTC)) + timedelta(days=1)
    monkeypatch.setattr(session_module, "day_of", lambda time: tomorrow)
    again = restarted(store, "a")
    assert verdicts(again, "a")[0] is ACCEPTED
    assert again.undo_name is None
