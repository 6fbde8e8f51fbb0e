"""Whatever a reader does, and however the process ends, what was confirmed is in the store."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.review.operations import SetVerdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore

REPOSITORY = Path(__file__).parents[2]
MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
SCORES = {"a": (0.9, 0.6, 0.3), "b": (0.5,)}
FINDINGS = [
    (image, f"{MODEL.fingerprint}:{index}")
    for image, scores in SCORES.items()
    for index in range(len(scores))
]

# Gives the verdicts of `verdict_number` one after the other, and prints the number of each when
# the session says that it is done.
CHILD = """
import itertools, sys
from pathlib import Path
import numpy as np
from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.changes import Aspect
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.review.operations import SetVerdict
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
    verdict = Verdict.REJECTED if number // 5 % 2 else Verdict.ACCEPTED
    session.perform(SetVerdict("a", f"{model.fingerprint}:{number % 5}", verdict), by=number)
"""


def verdicts_in(
    store: ReviewStore, images: Iterable[str], reader: str
) -> dict[str, dict[str, Verdict]]:
    """The verdicts on detectors' findings that are kept, by image and finding."""
    return {
        image: {finding: said.verdict for finding, said in review.assessments.items()}
        for image, review in store.reviews(images, reader).items()
    }


def verdicts_after(count: int) -> dict[str, Verdict]:
    """What the first ``count`` verdicts of the child leave: box n mod 5, by turns yes and no."""
    return {
        f"{MODEL.fingerprint}:{number % 5}": Verdict.REJECTED
        if number // 5 % 2
        else Verdict.ACCEPTED
        for number in range(count)
    }


def test_a_killed_process_takes_no_confirmed_verdict_with_it(tmp_path: Path) -> None:
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
            verdicts = verdicts_in(store, ["a"], "ada")["a"]
        # One more may have reached the disk without having been confirmed.
        assert journal - (confirmed[-1] + 1) in (0, 1)
        assert verdicts == verdicts_after(journal)
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
            assert verdicts_in(store, ["a"], "ada") == {"a": {}}


class Reading(RuleBasedStateMachine):
    """A reader at work, against the simplest description of what should come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "reviews.sqlite3"
        self.store = ReviewStore(self.path)
        self.expected = dict.fromkeys(FINDINGS, Verdict.UNDECIDED)
        self.done: list[tuple[tuple[str, str], Verdict, Verdict]] = []
        self.undone: list[tuple[tuple[str, str], Verdict, Verdict]] = []

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

    def shown(self, session: ReviewSession) -> dict[tuple[str, str], Verdict]:
        return {
            (image, finding.id): finding.verdict
            for image in SCORES
            for finding in session.findings(image)
        }

    @rule(finding=st.sampled_from(FINDINGS), verdict=st.sampled_from(Verdict))
    def perform(self, finding: tuple[str, str], verdict: Verdict) -> None:
        self.session.perform(SetVerdict(*finding, verdict))
        before = self.expected[finding]
        if before is not verdict:
            self.expected[finding] = verdict
            self.done.append((finding, before, verdict))
            self.undone.clear()

    @rule()
    def undo(self) -> None:
        self.session.undo()
        if self.done:
            step = self.done.pop()
            finding, before, _ = step
            self.expected[finding] = before
            self.undone.append(step)

    @rule()
    def redo(self) -> None:
        self.session.redo()
        if self.undone:
            step = self.undone.pop()
            finding, _, after = step
            self.expected[finding] = after
            self.done.append(step)

    @rule(finding=st.sampled_from(FINDINGS), verdict=st.sampled_from(Verdict))
    def do_and_undo_again(self, finding: tuple[str, str], verdict: Verdict) -> None:
        """Undo after do is the identity, as far as anything was done."""
        before = self.shown(self.session)
        if before[finding] is not verdict:
            self.perform(finding, verdict)
            self.session.undo()
            assert self.shown(self.session) == before
            self.session.redo()

    @rule(threshold=st.floats(-0.5, 1.5), image=st.sampled_from(sorted(SCORES)))
    def look_around(self, threshold: float, image: str) -> None:
        self.session.set_threshold(threshold)
        self.session.show(image)
        self.session.select_next()

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = ReviewStore(self.path)
        self.start()
        self.done, self.undone = [], []

    @invariant()
    def the_screen_shows_what_is_expected(self) -> None:
        if not hasattr(self, "session"):
            return
        assert self.shown(self.session) == self.expected
        names = self.session.undo_name, self.session.redo_name
        assert [name is not None for name in names] == [bool(self.done), bool(self.undone)]

    @invariant()
    def whoever_opens_the_store_now_finds_the_same(self) -> None:
        with closing(ReviewStore(self.path)) as other:
            kept = verdicts_in(other, SCORES, "ada")
        assert {
            (image, finding): kept[image].get(finding, Verdict.UNDECIDED)
            for image, finding in FINDINGS
        } == self.expected

    @invariant()
    def the_journal_replayed_gives_the_same(self) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            rows = connection.execute(
                "SELECT image, json_extract(payload, '$.finding'),"
                " json_extract(payload, '$.verdict') FROM journal"
                " ORDER BY number"
            ).fetchall()
        replayed = dict.fromkeys(FINDINGS, Verdict.UNDECIDED)
        replayed |= {(image, finding): Verdict(verdict) for image, finding, verdict in rows}
        assert replayed == self.expected

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestReading = Reading.TestCase
TestReading.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
