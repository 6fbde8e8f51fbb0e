"""An evaluation of what is open: when it waits, what it measures, and what its page says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fake_jobs import FakeJobs
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from detector.detections import Detections, ModelIdentity
from detector.errors import DamagedFileError
from detector.radiograph import ImageIdentity
from pneumo_viewer.evaluating import EvaluationRun, Outcome
from pneumo_viewer.jobs.measuring import measure
from pneumo_viewer.jobs.tasks import Pool, WorkerBug, WorkerDied
from pneumo_viewer.library.found import Refusal
from pneumo_viewer.panels.evaluation import EvaluationPage
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.evaluation import LeftOut
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from training.evaluation.exam import Exam
from training.evaluation.report import evaluate

MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
NO_BOX = np.zeros((0, 4), np.float32)
BOX = np.array([[100, 100, 300, 400]], np.float32)


class Studies(QObject):
    """Images a and b with truth, as the workspace would have them; b is not scored yet."""

    scoring_changed = Signal(int, int)

    def __init__(self, session: ReviewSession) -> None:
        super().__init__()
        self.session = session
        self.jobs = FakeJobs()
        self.images = [
            SimpleNamespace(
                identity=ImageIdentity(
                    key, f"/studies/{key}.dcm", patient_id=key, rows=512, columns=512
                )
            )
            for key in ("a", "b")
        ]
        self.not_scored: dict[str, str] = {}
        self.refusals: list[Refusal] = []
        session.set_truth({"a": BOX, "b": NO_BOX})
        session.set_model(MODEL)
        session.open_images(["a", "b"])
        self.score("a", BOX)

    @property
    def scoring(self) -> tuple[int, int]:
        settled = [
            image
            for image in self.images
            if image.identity.key in self.not_scored
            or self.session.detections(image.identity.key) is not None
        ]
        return len(settled), len(self.images)

    def score(self, key: str, boxes: np.ndarray) -> None:
        scores = np.full(len(boxes), 0.9, np.float32)
        self.session.add_detections(key, Detections(boxes, scores, 0.75, MODEL))
        self.scoring_changed.emit(*self.scoring)

    def give_up(self, key: str, reason: str) -> None:
        self.not_scored[key] = reason
        self.scoring_changed.emit(*self.scoring)


class Heard:
    """What an evaluation said."""

    def __init__(self, run: EvaluationRun) -> None:
        self.progress: list[tuple[int, int]] = []
        self.outcomes: list[Outcome] = []
        self.stops: list[str] = []
        run.progressed.connect(lambda *counts: self.progress.append(counts))
        run.finished.connect(self.outcomes.append)
        run.stopped.connect(self.stops.append)


@pytest.fixture
def studies(qapp: QObject, tmp_path: Path) -> Iterator[Studies]:
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        yield Studies(ReviewSession(InlineStoreAccess(store)))


@pytest.fixture
def run(studies: Studies) -> EvaluationRun:
    return EvaluationRun(studies, studies)  # type: ignore[arg-type]


@pytest.fixture
def heard(run: EvaluationRun) -> Heard:
    return Heard(run)


def test_it_waits_until_every_image_is_scored_and_then_measures_once(
    studies: Studies, run: EvaluationRun, heard: Heard
) -> None:
    run.start()
    assert (heard.progress, studies.jobs.waiting) == ([(1, 2)], [])
    studies.score("b", NO_BOX)
    assert heard.progress == [(1, 2), (2, 2)]
    (job,) = studies.jobs.waiting
    assert job.pool is Pool.FILES, "the detector's process is free for the detector"
    studies.scoring_changed.emit(2, 2)
    assert studies.jobs.waiting == [job]
    exams, threshold = job.task.arguments
    assert ([exam.image_id for exam in exams], threshold) == (["a", "b"], 0.5)
    assert job.task.function == f"{measure.__module__}:{measure.__name__}"
    job.give(evaluate(exams, threshold=threshold))
    (outcome,) = heard.outcomes
    assert outcome.model == "compact 1.0"
    assert outcome.evaluation.exam_count == 2
    assert str(outcome.evaluation.positives["AP50"]) == "100.0"
    assert heard.stops == []


def test_nothing_is_measured_unasked(studies: Studies, heard: Heard) -> None:
    studies.score("b", NO_BOX)
    assert (studies.jobs.waiting, heard.progress) == ([], [])


def test_with_nothing_open_it_says_what_to_do(
    studies: Studies, run: EvaluationRun, heard: Heard
) -> None:
    studies.images.clear()
    run.start()
    assert heard.stops == ["Open studies first, then evaluate them."]
    assert studies.jobs.waiting == []


def test_without_a_model_it_does_not_wait_for_ever(tmp_path: Path, studies: Studies) -> None:
    with closing(ReviewStore(tmp_path / "other.sqlite3")) as store:
        studies.session = ReviewSession(InlineStoreAccess(store))
        run = EvaluationRun(studies, studies)  # type: ignore[arg-type]
        heard = Heard(run)
        run.start()
    assert len(heard.stops) == 1
    assert "no model" in heard.stops[0]
    assert heard.progress == []


def test_images_that_the_detector_gave_up_are_left_out_with_the_reason(
    studies: Studies, run: EvaluationRun, heard: Heard
) -> None:
    studies.refusals.append(Refusal(Path("/studies/ct.dcm"), "not a radiograph", "It is a CT."))
    run.start()
    studies.give_up("b", "Damaged file: it breaks off.")
    (job,) = studies.jobs.waiting
    job.give(evaluate(job.task.arguments[0]))
    assert heard.outcomes[0].left_out == (
        LeftOut("/studies/b.dcm", "Damaged file: it breaks off.", "b"),
        LeftOut("/studies/ct.dcm", "It is a CT."),
    )
    assert heard.outcomes[0].evaluation.exam_count == 1


@pytest.mark.parametrize("scored_first", [False, True], ids=["waiting", "measuring"])
def test_it_can_be_cancelled_at_any_time_and_is_cancelled_once(
    studies: Studies, run: EvaluationRun, heard: Heard, scored_first: bool
) -> None:
    if scored_first:
        studies.score("b", NO_BOX)
    run.start()
    run.cancel()
    run.cancel()
    assert heard.stops == ["Evaluation cancelled. The detector goes on in the background."]
    studies.score("b", NO_BOX)
    assert studies.jobs.waiting == []
    assert heard.outcomes == []


def test_a_new_start_replaces_the_one_before(
    studies: Studies, run: EvaluationRun, heard: Heard
) -> None:
    studies.score("b", NO_BOX)
    run.start()
    (first,) = studies.jobs.waiting
    run.start()
    (second,) = studies.jobs.waiting
    assert second is not first
    second.give(evaluate(second.task.arguments[0]))
    assert (len(heard.outcomes), heard.stops) == (1, [])


def test_studies_closed_while_it_waits_are_not_measured(
    studies: Studies, run: EvaluationRun, heard: Heard
) -> None:
    run.start()
    studies.images.clear()
    studies.scoring_changed.emit(0, 0)
    assert studies.jobs.waiting == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (WorkerDied(Pool.FILES), WorkerDied(Pool.FILES).reason),
        (
            DamagedFileError("/studies/a.dcm", "it breaks off"),
            "Damaged file: it breaks off. Fetch it again from where it came from.",
        ),
    ],
)
def test_what_prevents_the_measuring_is_said_and_it_can_be_started_again(
    studies: Studies, run: EvaluationRun, heard: Heard, error: Exception, reason: str
) -> None:
    studies.score("b", NO_BOX)
    run.start()
    studies.jobs.waiting[0].fail(error)
    assert heard.stops == [reason]
    run.start()
    (job,) = studies.jobs.waiting
    job.give(evaluate(job.task.arguments[0]))
    assert len(heard.outcomes) == 1


def test_a_fault_of_the_program_goes_into_the_log(
    studies: Studies,
    run: EvaluationRun,
    heard: Heard,
    caplog: pytest.LogCaptureFixture,
) -> None:
    studies.score("b", NO_BOX)
    run.start()
    studies.jobs.waiting[0].fail(WorkerBug("Traceback: ZeroDivisionError"))
    assert heard.stops == ["An error inside the program; its log says more."]
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()


# The page


@pytest.fixture
def page(qtbot: QtBot) -> EvaluationPage:
    page = EvaluationPage()
    qtbot.addWidget(page)
    page.show()
    qtbot.waitExposed(page)
    return page


def exam(key: str, truth: np.ndarray, boxes: np.ndarray) -> Exam:
    scores = np.full(len(boxes), 0.9, np.float32)
    return Exam(key, key, 512, 512, truth, boxes, scores, 0.9)


def rows(page: EvaluationPage) -> dict[str, tuple[str, str]]:
    table = page.measures
    return {
        table.item(row, 0).text(): (table.item(row, 1).text(), table.item(row, 2).text())
        for row in range(table.rowCount())
    }


def test_measures_stand_in_percent_and_a_dash_where_the_exams_do_not_define_them(
    page: EvaluationPage,
) -> None:
    # Large boxes (200 × 300 px at 512), found; no medium one, and no exam without pneumonia.
    evaluation = evaluate([exam("a", BOX, BOX), exam("b", BOX, BOX)])
    page.show_outcome(Outcome(evaluation, (), "compact 1.0"))
    assert rows(page) == {
        "AP": ("100.0", "100.0"),
        "AP_M": ("–", "–"),
        "AP_L": ("100.0", "100.0"),
        "AR10": ("100.0", "100.0"),
        "AR_M": ("–", "–"),
        "AR_L": ("100.0", "100.0"),
        "FROC": ("100.0", "100.0"),
        "AUROC": ("–", "–"),
        "AUPRC": ("–", "–"),
    }
    assert page.summary.text() == (
        "2 exams of 2 patients, 2 with 2 true boxes; 2 detections by compact 1.0. 0 files left out."
    )


def test_without_an_exam_every_measure_is_a_dash_and_the_reader_is_told_what_to_load(
    page: EvaluationPage,
) -> None:
    page.show_outcome(Outcome(evaluate([]), (LeftOut("/s/a.dcm", "no ground truth", "a"),), "m"))
    assert {text for row in rows(page).values() for text in row} == {"–"}
    assert "Load ground truth" in page.summary.text()


def test_only_an_image_that_is_open_can_be_chosen_from_what_was_left_out(
    page: EvaluationPage, qtbot: QtBot
) -> None:
    left_out = (LeftOut("/s/a.dcm", "no ground truth", "a"), LeftOut("/s/ct.dcm", "It is a CT."))
    page.show_outcome(Outcome(evaluate([]), left_out, "compact 1.0"))
    table = page.left_out
    cells = [[table.item(row, column).text() for column in (0, 1)] for row in (0, 1)]
    assert cells == [["a.dcm", "no ground truth"], ["ct.dcm", "It is a CT."]]
    assert table.item(1, 0).toolTip() == "/s/ct.dcm"
    with qtbot.assertNotEmitted(page.exam_chosen):
        table.cellActivated.emit(1, 0)
    with qtbot.waitSignal(page.exam_chosen) as chosen:
        table.cellActivated.emit(0, 1)
    assert chosen.args == ["a"]


def test_progress_can_be_cancelled_and_a_message_cannot(page: EvaluationPage, qtbot: QtBot) -> None:
    page.show_progress(1, 2)
    assert page.message.text() == "Waiting for the detector: 1 of 2 images are scored."
    assert (page.bar.value(), page.bar.maximum()) == (1, 2)
    with qtbot.waitSignal(page.cancelled):
        page.cancel_button.click()
    page.show_message("Open studies first.")
    assert page.message.isVisible()
    assert not page.cancel_button.isVisible()
    assert not page.bar.isVisible()
    page.show_progress(2, 2)
    assert page.message.text() == "Measuring …"
    assert page.cancel_button.isVisible()
