"""Evaluation of the loaded studies: wait for the detector, collect, measure, tell."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from pneumo_viewer.jobs.jobs import Job
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.review.evaluation import LeftOut, collect_exams
from pneumo_viewer.workspace import Workspace, reason_of
from training.evaluation.measures import Evaluation


@dataclass(frozen=True, slots=True)
class Outcome:
    """An evaluation with what it is about."""

    evaluation: Evaluation
    left_out: tuple[LeftOut, ...]
    model: str


class EvaluationRun(QObject):
    """One evaluation at a time, in the background."""

    progressed = Signal(int, int)
    """Exams scored, and exams open."""
    finished = Signal(object)
    """Outcome."""
    stopped = Signal(str)
    """Why there is no outcome."""

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._is_waiting = False
        self._job: Job | None = None
        workspace.scoring_changed.connect(self._go_on)

    def start(self) -> None:
        """Evaluate once every open image is scored or given up."""
        self._drop_job()
        if not self._workspace.images:
            self.stopped.emit("Open studies first, then evaluate them.")
            return
        if hidden := self._workspace.session.hidden_count:
            self.stopped.emit(
                f"Blinded reading: evaluation waits until all is revealed. Still hidden: {hidden}."
            )
            return
        if self._workspace.session.model is None:
            self.stopped.emit("There is no model whose findings could be evaluated.")
            return
        self._is_waiting = True
        self._go_on(*self._workspace.scoring)

    def cancel(self) -> None:
        """Stop; the detector goes on in the background."""
        if self._is_waiting or self._job is not None:
            self._is_waiting = False
            self._drop_job()
            self.stopped.emit("Evaluation cancelled. The detector goes on in the background.")

    def _drop_job(self) -> None:
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
        session = self._workspace.session
        collected = collect_exams(self._workspace.images, session, self._workspace.not_scored)
        refused = [LeftOut(str(r.path), r.reason) for r in self._workspace.refusals]
        left_out = (*collected.left_out, *refused)
        model = session.model
        name = "no model" if model is None else f"{model.name} {model.version}"

        def done(evaluation: Evaluation) -> None:
            self._job = None
            self.finished.emit(Outcome(evaluation, left_out, name))

        def failed(error: Exception) -> None:
            self._job = None
            self.stopped.emit(reason_of(error))

        self._job = self._workspace.jobs.submit(
            Pool.FILES,
            Task("pneumo_viewer.jobs.measuring:measure", (collected.exams, session.threshold)),
            priority=-1,
            done=done,
            failed=failed,
        )
