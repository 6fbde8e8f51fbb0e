"""Whatever a reader does, and however the process ends, what was confirmed is in the store."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import Assessment, ExamVerdict, ImageReview, Verdict
from pneumo_viewer.review.operations import (
    Operation,
    SetComment,
    SetExamVerdict,
    SetOwnBox,
    SetVerdict,
)
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.steps import day_of
from pneumo_viewer.review.store import ReviewStore

REPOSITORY = Path(__file__).parents[2]
MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
SCORES = {"a": (0.9, 0.6, 0.3), "b": (0.5,)}
FINDINGS = [
    (image, f"{MODEL.fingerprint}:{index}")
    for image, scores in SCORES.items()
    for index in range(len(scores))
]

# Carries out one operation of each kind in turn, and prints the number of each when the session
# says that it is done.
CHILD = """
import itertools, sys
from pathlib import Path
import numpy as np
from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.changes import Aspect
from pneumo_viewer.review.findings import ExamVerdict, Verdict
from pneumo_viewer.review.operations import SetComment, SetExamVerdict, SetOwnBox, SetVerdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore

path, first = Path(sys.argv[1]), int(sys.argv[2])
model = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
session = ReviewSession(InlineStoreAccess(ReviewStore(path)), reader="ada")
session.set_model(model)
boxes = np.zeros((5, 4), np.float32)
session.add_detections("a", Detections(boxes, np.full(5, 0.5, np.float32), 0.5, model))
def confirm(change):
    assert change.aspects == {Aspect.VERDICTS}
    print(change.by, flush=True)
session.subscribe(confirm)
for number in itertools.count(first):
    session.perform((
        SetVerdict("a", f"{model.fingerprint}:0", Verdict.CORRECTED, (0, 0, 10, 10 + number)),
        SetOwnBox("a", "own:1", (0, 0, 20, 10 + number)),
        SetExamVerdict("a", list(ExamVerdict)[number // 5 % 3]),
        SetComment("a", f"comment {number}"),
        SetVerdict("a", f"{model.fingerprint}:1", list(Verdict)[1 + number // 5 % 2]),
    )[number % 5], by=number)
"""


def review_after(count: int) -> ImageReview:
    """What the first ``count`` operations of the child leave."""
    review = ImageReview()
    for number in range(count):
        corrected = Assessment(Verdict.CORRECTED, (0, 0, 10, 10 + number))
        decided = Assessment((Verdict.ACCEPTED, Verdict.REJECTED)[number // 5 % 2])
        said = dict(review.assessments)
        review = (
            replace(review, assessments={**said, f"{MODEL.fingerprint}:0": corrected}),
            replace(review, own_boxes={"own:1": (0, 0, 20, 10 + number)}),
            replace(review, verdict=list(ExamVerdict)[number // 5 % 3]),
            replace(review, comment=f"comment {number}"),
            replace(review, assessments={**said, f"{MODEL.fingerprint}:1": decided}),
        )[number % 5]
    return review


def test_a_killed_process_takes_nothing_confirmed_with_it(tmp_path: Path) -> None:
    path = tmp_path / "reviews.sqlite3"
    chance = random.Random(14_1929)
    written = 0
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(written)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        with child, child.stdout as output:
            confirmed = [int(output.readline())]
            time.sleep(chance.uniform(0, 0.05))
            child.kill()
            confirmed += [int(line) for line in output if line.endswith("\n")]
        assert confirmed == list(range(written, written + len(confirmed)))

        with closing(sqlite3.connect(path)) as connection:
            (journal,) = connection.execute("SELECT count(*) FROM operations").fetchone()
        with closing(ReviewStore(path)) as store:
            review = store.reviews(["a"], "ada")["a"]
            steps = store.steps("ada", day_of(datetime.now(UTC)))
        # One more may have reached the disk without having been confirmed.
        assert journal - (confirmed[-1] + 1) in (0, 1)
        assert review == review_after(journal)
        assert len(steps) == journal, "every one of them can be undone"
        written = journal


def test_a_process_killed_at_its_first_start_leaves_a_file_that_opens(tmp_path: Path) -> None:
    opening = (
        "import sys; from pathlib import Path; from pneumo_viewer.review.store import ReviewStore\n"
        "print(flush=True); ReviewStore(Path(sys.argv[1]))"
    )
    chance = random.Random(2024)
    for number in range(4):
        path = tmp_path / f"{number}.sqlite3"
        child = subprocess.Popen(
            [sys.executable, "-c", opening, str(path)], cwd=REPOSITORY, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        with child:
            child.stdout.readline()
            time.sleep(chance.uniform(0, 0.01))
            child.kill()
        with closing(ReviewStore(path)) as store:
            assert store.reviews(["a"], "ada") == {"a": ImageReview()}


Place = tuple[str, str, str]
"""What an operation assigns to: the kind, the image, and the finding where there is one."""

IMAGES = sorted(SCORES)
BOXES = [(0.0, 0.0, 10.0, 10.0), (5.5, 6.25, 70.0, 80.0)]
VERDICTS = [(verdict, None) for verdict in list(Verdict)[:3]] + [
    (Verdict.CORRECTED, box) for box in BOXES
]
BEGINNING: dict[Place, Any] = {
    **{("verdict", *finding): (Verdict.UNDECIDED, None) for finding in FINDINGS},
    **{("own", image, own): None for image in IMAGES for own in ("own:1", "own:2")},
    **{("exam", image, ""): None for image in IMAGES},
    **{("comment", image, ""): "" for image in IMAGES},
}
VALUES: dict[str, list[Any]] = {
    "verdict": VERDICTS,
    "own": [None, *BOXES],
    "exam": [None, *ExamVerdict],
    "comment": ["", "motion blur", "ward’s"],
}
ASSIGNMENTS = st.sampled_from(sorted(BEGINNING)).flatmap(
    lambda place: st.tuples(st.just(place), st.sampled_from(VALUES[place[0]]))
)


def operation_for(place: Place, value: Any) -> Operation:
    kind, image, finding = place
    if kind == "verdict":
        return SetVerdict(image, finding, *value)
    if kind == "own":
        return SetOwnBox(image, finding, value)
    return SetExamVerdict(image, value) if kind == "exam" else SetComment(image, value)


def said(review: Mapping[str, ImageReview]) -> dict[Place, Any]:
    """What is kept, at every place."""
    kept = dict(BEGINNING)
    for image in IMAGES:
        here = review[image]
        for finding, assessment in here.assessments.items():
            kept["verdict", image, finding] = (assessment.verdict, assessment.box)
        for own, box in here.own_boxes.items():
            kept["own", image, own] = box
        kept["exam", image, ""] = here.verdict
        kept["comment", image, ""] = here.comment
    return kept


class Reading(RuleBasedStateMachine):
    """A reader at work, against the simplest description of what should come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "reviews.sqlite3"
        self.store = ReviewStore(self.path)
        self.expected = dict(BEGINNING)
        self.done: list[tuple[Place, Any, Any]] = []
        self.undone: list[tuple[Place, Any, Any]] = []

    @initialize()
    def score(self) -> None:
        self.start()
        for image, scores in SCORES.items():
            boxes = np.zeros((len(scores), 4), np.float32)
            detections = Detections(boxes, np.array(scores, np.float32), 0.5, MODEL)
            self.session.add_detections(image, detections)

    def start(self) -> None:
        self.session = ReviewSession(InlineStoreAccess(self.store), reader="ada")
        self.session.set_model(MODEL)
        self.session.open_images(list(SCORES))

    def shown(self) -> dict[Place, Any]:
        """What the session says, at every place."""
        shown = dict(BEGINNING)
        for image in IMAGES:
            for finding in self.session.findings(image):
                box = finding.box if finding.has_readers_box else None
                if finding.is_own:
                    shown["own", image, finding.id] = box
                else:
                    shown["verdict", image, finding.id] = (finding.verdict, box)
            shown["exam", image, ""] = self.session.exam_verdict(image)
            shown["comment", image, ""] = self.session.comment(image)
        return shown

    @rule(assignment=ASSIGNMENTS)
    def perform(self, assignment: tuple[Place, Any]) -> None:
        place, value = assignment
        self.session.perform(operation_for(place, value))
        before = self.expected[place]
        if before != value:
            self.expected[place] = value
            self.done.append((place, before, value))
            self.undone.clear()

    @rule()
    def undo(self) -> None:
        self.session.undo()
        if self.done:
            step = self.done.pop()
            place, before, _ = step
            self.expected[place] = before
            self.undone.append(step)

    @rule()
    def redo(self) -> None:
        self.session.redo()
        if self.undone:
            step = self.undone.pop()
            place, _, after = step
            self.expected[place] = after
            self.done.append(step)

    @rule(threshold=st.floats(-0.5, 1.5), image=st.sampled_from(IMAGES))
    def look_around(self, threshold: float, image: str) -> None:
        self.session.set_threshold(threshold)
        self.session.show(image)
        self.session.select_next()

    @rule()
    def restart(self) -> None:
        """All of the day can still be undone and done again."""
        self.store.close()
        self.store = ReviewStore(self.path)
        self.start()

    @rule()
    def undo_all(self) -> None:
        while self.session.undo_name is not None:
            self.undo()
        assert self.shown() == BEGINNING

    @invariant()
    def the_screen_shows_what_is_expected(self) -> None:
        if not hasattr(self, "session"):
            return
        assert self.shown() == self.expected
        names = self.session.undo_name, self.session.redo_name
        assert [name is not None for name in names] == [bool(self.done), bool(self.undone)]

    @invariant()
    def whoever_opens_the_store_now_finds_the_same(self) -> None:
        with closing(ReviewStore(self.path)) as other:
            assert said(other.reviews(IMAGES, "ada")) == self.expected

    @invariant()
    def the_log_replayed_gives_the_same(self) -> None:
        replayed = dict(BEGINNING)
        with closing(ReviewStore(self.path)) as other:
            for _, (operation, _) in other.steps("ada", day_of(datetime.now(UTC))):
                replayed |= {
                    place: value
                    for place in BEGINNING
                    for value in VALUES[place[0]]
                    if operation_for(place, value) == operation
                }
        assert replayed == self.expected

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestReading = Reading.TestCase
TestReading.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
