"""Evaluation of the loaded studies: wait for the detector, collect, measure, tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from detector.detections import ModelIdentity
from pneumo_viewer.jobs.jobs import Job
from pneumo_viewer.jobs.measuring import Comparison, Measured
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.review.evaluation import (
    Collected,
    LeftOut,
    answered_by_both,
    collect_exams,
)
from pneumo_viewer.review.sources import (
    LOADED_TRUTH,
    Answer,
    AnswerSource,
    ReaderSource,
    TruthSource,
    answers,
    truth_of,
)
from pneumo_viewer.words import tr
from pneumo_viewer.workspace import Workspace, reason_of
from training.evaluation.exam import Exam
from training.evaluation.subgroups import Subgroup

Truth = Mapping[str, NDArray[np.float32]]
Answers = dict[str, Answer]

READER_THRESHOLD = 0.5
"""Of a reader's boxes, which all score 1."""


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """An evaluation with what it is about."""

    exams: tuple[Exam, ...]
    measured: Measured
    left_out: tuple[LeftOut, ...]
    model: ModelIdentity
    truth: TruthSource = LOADED_TRUTH


@dataclass(frozen=True, eq=False, slots=True)
class ComparisonOutcome:
    """A comparison with what it is about."""

    comparison: Comparison
    first: AnswerSource
    second: AnswerSource
    truth: TruthSource


def collect(workspace: Workspace, source: TruthSource, done: Callable[[Collected], None]) -> None:
    """Collect the exams of all open images with a source's truth, and the files left out."""
    session = workspace.session

    def join(truth: Truth | None) -> None:
        collected = collect_exams(workspace.images, session, workspace.not_scored, truth)
        refused = (LeftOut(str(r.path), r.reason) for r in workspace.refusals)
        done(Collected(collected.exams, (*collected.left_out, *refused)))

    if isinstance(source, ReaderSource):
        truth_of(session, _keys(workspace), source, join)
    else:
        join(None)


def _keys(workspace: Workspace) -> list[str]:
    return [image.identity.key for image in workspace.images]


class EvaluationRun(QObject):
    """One evaluation at a time, in the background; its subgroups follow it.

    Attributes
    ----------
    has_finished
        Whether the outcome of the latest start is there, though its subgroups may not be.
    """

    progressed = Signal(int, int)
    """Exams scored, and exams open."""
    finished = Signal(object)
    """Outcome."""
    subgroups_found = Signal(object)
    """Tuple of Subgroup, after the outcome that they belong to."""
    stopped = Signal(str)
    """Why there is no outcome."""

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._truth: TruthSource = LOADED_TRUTH
        self._is_waiting = False
        self._is_measuring = False
        self._job: Job | None = None
        self._start_count = 0
        self.has_finished = False
        workspace.scoring_changed.connect(self._go_on)

    def start(self, truth: TruthSource = LOADED_TRUTH) -> None:
        """Evaluate once every open image is scored or given up."""
        self._drop_job()
        self.has_finished = False
        self._truth = truth
        if not self._workspace.images:
            self.stopped.emit(tr("Open studies first, then evaluate them."))
            return
        if self._workspace.session.hidden_count:
            self.stopped.emit(
                tr(
                    "Blinded reading: evaluation waits until all is revealed. "
                    "Still hidden: {count}.",
                    count=self._workspace.session.hidden_count,
                )
            )
            return
        if self._workspace.session.model is None:
            self.stopped.emit(tr("There is no model whose findings could be evaluated."))
            return
        self._is_waiting = True
        self._go_on(*self._workspace.scoring)

    def cancel(self) -> None:
        """Stop; the detector goes on in the background."""
        is_awaited = self._is_waiting or self._is_measuring
        self._drop_job()
        if is_awaited:
            self.stopped.emit(tr("Evaluation cancelled. The detector goes on in the background."))

    def _drop_job(self) -> None:
        self._start_count += 1
        self._is_waiting = self._is_measuring = False
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _go_on(self, scored: int, total: int) -> None:
        if not self._is_waiting or not total:
            return
        self.progressed.emit(scored, total)
        if scored < total:
            return
        self._is_waiting = False
        self._is_measuring = True
        collect(self._workspace, self._truth, partial(self._measure, self._start_count))

    def _measure(self, start_count: int, collected: Collected) -> None:
        if start_count != self._start_count:
            return
        model = self._workspace.session.model
        assert model is not None
        threshold = self._workspace.session.threshold

        def done(measured: Measured) -> None:
            self._job = None
            self._is_measuring = False
            self.has_finished = True
            exams, left_out = collected.exams, collected.left_out
            self.finished.emit(Outcome(exams, measured, left_out, model, self._truth))
            self._submit("measure_subgroups", (exams, threshold), self._tell_subgroups)

        self._submit("measure", (collected.exams, threshold), done)

    def _tell_subgroups(self, subgroups: tuple[Subgroup, ...]) -> None:
        self._job = None
        self.subgroups_found.emit(subgroups)

    def _submit(
        self, function: str, arguments: tuple[object, ...], done: Callable[[Any], None]
    ) -> None:
        def failed(error: Exception) -> None:
            self._job = None
            self._is_measuring = False
            self.stopped.emit(reason_of(error))

        self._job = self._workspace.jobs.submit(
            Pool.FILES,
            Task(f"pneumo_viewer.jobs.measuring:{function}", arguments),
            priority=-1,
            done=done,
            failed=failed,
        )


class ComparisonRun(QObject):
    """One comparison of two models or readers at a time, in the background."""

    started = Signal()
    finished = Signal(object)
    """ComparisonOutcome."""
    stopped = Signal(str)
    """Why there is none."""

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._job: Job | None = None
        self._start_count = 0

    def start(self, first: AnswerSource, second: AnswerSource, truth: TruthSource) -> None:
        """Compare two sides on the open images that both answered and whose truth is known."""
        self._drop_job()
        if first == second:
            self.stopped.emit(tr("Choose two different models or readers."))
            return
        session = self._workspace.session
        if session.hidden_count:
            self.stopped.emit(
                tr(
                    "Blinded reading: the comparison waits until all is revealed. "
                    "Still hidden: {count}.",
                    count=session.hidden_count,
                )
            )
            return
        fingerprint = None if session.model is None else session.model.fingerprint
        keys = _keys(self._workspace)
        count = self._start_count

        def read(known: Truth) -> None:
            session.ask(
                lambda store: tuple(
                    answers(store, keys, side, fingerprint) for side in (first, second)
                ),
                lambda found: compare(known, *found),
            )

        def compare(known: Truth, of_first: Answers, of_second: Answers) -> None:
            if count == self._start_count:
                exams = answered_by_both(self._workspace.images, known, of_first, of_second)
                self._compare(first, second, truth, *exams)

        self.started.emit()
        truth_of(session, keys, truth, read)

    def cancel(self) -> None:
        """Forget the comparison that is being made."""
        if self._job is not None:
            self._drop_job()
            self.stopped.emit(tr("Comparison cancelled."))

    def _drop_job(self) -> None:
        self._start_count += 1
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _compare(
        self,
        first: AnswerSource,
        second: AnswerSource,
        truth: TruthSource,
        exams: tuple[Exam, ...],
        others: tuple[Exam, ...],
    ) -> None:
        if not exams:
            self.stopped.emit(tr("No open image has a known truth and an answer of both."))
            return

        def done(comparison: Comparison) -> None:
            self._job = None
            self.finished.emit(ComparisonOutcome(comparison, first, second, truth))

        def failed(error: Exception) -> None:
            self._job = None
            self.stopped.emit(reason_of(error))

        thresholds = tuple(
            READER_THRESHOLD
            if isinstance(side, ReaderSource)
            else self._workspace.session.threshold
            for side in (first, second)
        )
        self._job = self._workspace.jobs.submit(
            Pool.FILES,
            Task("pneumo_viewer.jobs.measuring:compare", (exams, others, thresholds)),
            priority=-1,
            done=done,
            failed=failed,
        )
