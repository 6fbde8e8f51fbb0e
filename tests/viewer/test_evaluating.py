"""An evaluation of what is open: when it waits, what it measures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fake_jobs import FakeJobs
from PySide6.QtCore import QObject, Signal

from detector.detections import Detections, ModelIdentity
from detector.errors import DamagedFileError
from detector.radiograph import ImageIdentity
from pneumo_viewer.evaluating import (
    READER_THRESHOLD,
    ComparisonOutcome,
    ComparisonRun,
    EvaluationRun,
    Outcome,
)
from pneumo_viewer.jobs.measuring import Measured, measure, measure_subgroups
from pneumo_viewer.jobs.tasks import Pool, WorkerBug, WorkerDied
from pneumo_viewer.library.found import Refusal
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.evaluation import LeftOut
from pneumo_viewer.review.findings import ExamVerdict, Verdict
from pneumo_viewer.review.operations import SetExamVerdict, decide
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.sources import LOADED_TRUTH, ModelSource, ReaderSource
from pneumo_viewer.review.store import ReviewStore
from training.evaluation.average_precision import precision_recall_curve
from training.evaluation.errors import find_errors
from training.evaluation.exam import Exam
from training.evaluation.froc import froc_curve
from training.evaluation.report import evaluate
from training.evaluation.subgroups import evaluate_subgroups

MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
OTHER = ModelIdentity("best", "2.0", "ffeeddccbbaa0099", "best")
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
                    key,
                    f"/studies/{key}.dcm",
                    patient_id=key,
                    patient_sex="F",
                    patient_age_years=44,
                    view_position="PA",
                    rows=512,
                    columns=512,
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


def measured(exams: Sequence[Exam]) -> Measured:
    """What the worker would find, without the draws."""
    curve = froc_curve(exams) if exams else None
    return Measured(evaluate(exams), precision_recall_curve(exams), curve, find_errors(exams))


class Heard:
    """What an evaluation said."""

    def __init__(self, run: EvaluationRun) -> None:
        self.progress: list[tuple[int, int]] = []
        self.outcomes: list[Outcome] = []
        self.stops: list[str] = []
        self.subgroups: list[object] = []
        run.subgroups_found.connect(self.subgroups.append)
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
    job.give(measured(exams))
    (outcome,) = heard.outcomes
    assert outcome.model == MODEL
    assert [exam.image_id for exam in outcome.exams] == ["a", "b"]
    assert outcome.measured.evaluation.exam_count == 2
    assert str(outcome.measured.evaluation.positives["AP50"]) == "100.0"
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
    job.give(measured(job.task.arguments[0]))
    assert heard.outcomes[0].left_out == (
        LeftOut("/studies/b.dcm", "Damaged file: it breaks off.", "b"),
        LeftOut("/studies/ct.dcm", "It is a CT."),
    )
    assert heard.outcomes[0].measured.evaluation.exam_count == 1


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
    second.give(measured(second.task.arguments[0]))
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
    job.give(measured(job.task.arguments[0]))
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


def test_subgroups_follow_the_outcome_and_fall_with_a_new_start(
    studies: Studies, run: EvaluationRun, heard: Heard
) -> None:
    studies.score("b", NO_BOX)
    run.start()
    (job,) = studies.jobs.waiting
    exams = job.task.arguments[0]
    job.give(measured(exams))
    (job,) = studies.jobs.waiting
    assert job.task.function == f"{measure_subgroups.__module__}:{measure_subgroups.__name__}"
    job.give(evaluate_subgroups(exams))
    (groups,) = heard.subgroups
    assert [(g.trait, g.value) for g in groups] == [  # type: ignore[attr-defined]
        ("view", "PA"),
        ("sex", "F"),
        ("age", "40–59"),
    ]
    run.start()
    studies.jobs.waiting[0].give(measured(exams))
    assert [job.name for job in studies.jobs.waiting] == ["measure_subgroups"]
    run.start()
    assert [job.name for job in studies.jobs.waiting] == ["measure"]


def test_a_readers_verdicts_can_be_the_truth(
    studies: Studies, run: EvaluationRun, heard: Heard
) -> None:
    studies.score("b", NO_BOX)
    session = studies.session
    finding = session.findings("a")[0]
    operation = decide("a", finding, Verdict.ACCEPTED)
    assert operation is not None
    session.perform(operation)
    run.start(ReaderSource(session.reader))
    (job,) = studies.jobs.waiting
    (only,) = job.task.arguments[0]
    assert (only.image_id, only.truth.tolist()) == ("a", BOX.tolist())
    job.give(measured([only]))
    assert heard.outcomes[0].truth == ReaderSource(session.reader)
    assert heard.outcomes[0].left_out == (LeftOut("/studies/b.dcm", "not read yet", "b"),)


# Two sides on the same exams


class Compared:
    """What a comparison said."""

    def __init__(self, run: ComparisonRun) -> None:
        self.outcomes: list[ComparisonOutcome] = []
        self.stops: list[str] = []
        run.finished.connect(self.outcomes.append)
        run.stopped.connect(self.stops.append)


@pytest.fixture
def comparison(studies: Studies) -> ComparisonRun:
    studies.score("b", NO_BOX)
    scores = np.full(1, 0.25, np.float32)
    studies.session.add_detections("a", Detections(BOX, scores, 0.5, OTHER))
    return ComparisonRun(studies, studies)  # type: ignore[arg-type]


def test_two_models_are_compared_on_the_exams_that_both_scored(
    studies: Studies, comparison: ComparisonRun
) -> None:
    said = Compared(comparison)
    comparison.start(ModelSource(MODEL), ModelSource(OTHER), LOADED_TRUTH)
    (job,) = studies.jobs.waiting
    first, second, thresholds = job.task.arguments
    assert [exam.image_id for exam in first] == [exam.image_id for exam in second] == ["a"]
    assert (first[0].exam_score, second[0].exam_score) == (0.75, 0.5)
    assert thresholds == (0.5, 0.5)
    job.run()
    (outcome,) = said.outcomes
    assert outcome.comparison.exam_count == 1
    assert outcome.comparison.positives["AP50"].value == 0.0  # both found the one box
    # At 0.5 the first shows its box of 0.9, the second hides its own of 0.25.
    assert outcome.comparison.at_thresholds["sensitivity"].value == 1.0


def test_a_reader_is_compared_with_a_model_at_thresholds_of_their_own(
    studies: Studies, comparison: ComparisonRun
) -> None:
    session = studies.session
    operation = decide("a", session.findings("a")[0], Verdict.REJECTED)
    assert operation is not None
    session.perform(operation)
    session.set_threshold(0.95)
    comparison.start(ReaderSource(session.reader), ModelSource(MODEL), LOADED_TRUTH)
    (job,) = studies.jobs.waiting
    first, second, thresholds = job.task.arguments
    assert (len(first[0].boxes), len(second[0].boxes)) == (0, 1)
    assert thresholds == (READER_THRESHOLD, session.threshold)


def test_two_readers_are_compared_on_the_exams_that_both_read(
    studies: Studies, comparison: ComparisonRun
) -> None:
    session, said = studies.session, Compared(comparison)
    for reader, verdict in (("anna", Verdict.ACCEPTED), ("ben", Verdict.REJECTED)):
        session.set_reader(reader)
        operation = decide("a", session.findings("a")[0], verdict)
        assert operation is not None
        session.perform(operation)
    session.perform(SetExamVerdict("b", ExamVerdict.NO_PNEUMONIA))  # ben alone has read b
    comparison.start(ReaderSource("anna"), ReaderSource("ben"), LOADED_TRUTH)
    (job,) = studies.jobs.waiting
    first, second, thresholds = job.task.arguments
    assert [exam.image_id for exam in first] == [exam.image_id for exam in second] == ["a"]
    assert (first[0].boxes.tolist(), second[0].boxes.tolist()) == (BOX.tolist(), [])
    assert thresholds == (READER_THRESHOLD, READER_THRESHOLD)
    job.run()
    # anna let the true box stand, ben struck it.
    assert said.outcomes[0].comparison.at_thresholds["box_sensitivity"].value == 1.0


def test_what_cannot_be_compared_is_said(studies: Studies, comparison: ComparisonRun) -> None:
    said = Compared(comparison)
    comparison.start(ModelSource(MODEL), ModelSource(MODEL), LOADED_TRUTH)
    studies.session.set_truth({})
    comparison.start(ModelSource(MODEL), ModelSource(OTHER), LOADED_TRUTH)
    assert said.stops == [
        "Choose two different models or readers.",
        "No open image has a known truth and an answer of both.",
    ]
    assert studies.jobs.waiting == []


def test_a_comparison_can_be_cancelled_once(studies: Studies, comparison: ComparisonRun) -> None:
    said = Compared(comparison)
    comparison.start(ModelSource(MODEL), ModelSource(OTHER), LOADED_TRUTH)
    comparison.cancel()
    comparison.cancel()
    assert (said.stops, studies.jobs.waiting) == (["Comparison cancelled."], [])
