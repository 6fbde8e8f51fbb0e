"""Keeps the evaluation page at what the session says, and does what is asked there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.error_browser import KIND_WORDS, ErrorBrowser
from pneumo_viewer.evaluating import ComparisonOutcome, ComparisonRun, EvaluationRun, Outcome
from pneumo_viewer.evaluation_export import EvaluationExport, Export
from pneumo_viewer.panels.evaluation import EvaluationPage
from pneumo_viewer.panels.findings import place_in_image
from pneumo_viewer.panels.rows import Row
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.evaluation import best_scores, flipped_exams
from pneumo_viewer.review.sources import (
    LOADED_TRUTH,
    AnswerSource,
    ReaderSource,
    TruthSource,
    answer_sources,
)
from pneumo_viewer.words import mark, tr
from pneumo_viewer.workspace import Workspace
from training.evaluation.exam import Exam
from training.evaluation.subgroups import Subgroup

if TYPE_CHECKING:
    from pneumo_viewer.main_window import MainWindow

_PAGE_COMMANDS = (
    "next_error",
    "previous_error",
    "threshold_up",
    "threshold_down",
    "threshold_far_up",
    "threshold_far_down",
)
_CALLS = {
    (True, True): mark("true positive"),
    (True, False): mark("true negative"),
    (False, True): mark("false positive"),
    (False, False): mark("false negative"),
}
"""By whether the call is right, and whether it is positive."""
_OVERTAKING = {Aspect.DETECTIONS, Aspect.TRUTH, Aspect.MODEL}


class EvaluationDesk(QObject):
    """The evaluation of the open studies: run, page, errors, comparison and export.

    Parameters
    ----------
    workspace
        What is open.
    viewport
        Where errors are looked at.
    actions
        The commands.
    window
        Shows the page, and dialogs belong to it.
    """

    def __init__(
        self, workspace: Workspace, viewport: Viewport, actions: Actions, window: MainWindow
    ) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._session = workspace.session
        self._window = window
        self._actions = actions
        self.page = EvaluationPage()
        self.run = EvaluationRun(workspace, self)
        self.comparison = ComparisonRun(workspace, self)
        self.errors = ErrorBrowser(workspace, viewport, self)
        self.export = EvaluationExport(workspace, self)
        self._outcome: Outcome | None = None
        self._best_scores = best_scores(())
        self._subgroups: tuple[Subgroup, ...] = ()
        self._compared: ComparisonOutcome | None = None
        self._reference = self._session.threshold
        self._connect()
        self._session.subscribe(self._follow)
        self._show_threshold()
        self._enable()
        for command in _PAGE_COMMANDS:
            self.page.addAction(actions[command])
        actions.label_button(self.page.evaluate_button, tr("Evaluate again"), "evaluate")
        actions.label_button(self.page.export_button, tr("Export …"), "export_evaluation")
        actions.label_button(self.page.back_button, tr("Back to the image"), "show_image")

    def _connect(self) -> None:
        page, run, comparison = self.page, self.run, self.comparison
        run.progressed.connect(page.show_progress)
        run.finished.connect(self._take_outcome)
        run.subgroups_found.connect(self._take_subgroups)
        run.stopped.connect(self._tell_stopped)
        page.cancelled.connect(self._cancel)
        page.closed.connect(self._window.show_image_page)
        page.evaluate_button.clicked.connect(self.evaluate)
        page.truth_chosen.connect(lambda _: self.evaluate())
        page.slider.moved.connect(self._session.set_threshold)
        page.curves.threshold_chosen.connect(self._jump)
        page.export_requested.connect(self.choose_export)
        page.lists.error_chosen.connect(self.errors.go_to)
        page.lists.changed_chosen.connect(lambda row: self._show(self._changed()[row].image_id))
        page.lists.exam_chosen.connect(lambda row: self._show(self._exams()[row].image_id))
        page.lists.left_out_chosen.connect(self._show_left_out)
        page.comparison.compare_requested.connect(self._compare)
        page.comparison.cancelled.connect(comparison.cancel)
        comparison.started.connect(page.comparison.show_progress)
        comparison.finished.connect(self._take_comparison)
        comparison.stopped.connect(page.comparison.show_message)
        self.errors.changed.connect(self._show_errors)
        self.errors.error_shown.connect(self._window.show_image_page)
        self.export.progressed.connect(page.show_export_progress)
        self.export.ended.connect(self._end_export)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What the commands call."""
        return {
            "evaluate": self.evaluate,
            "show_image": self._window.switch_page,
            "next_error": lambda: self.errors.step(+1),
            "previous_error": lambda: self.errors.step(-1),
            "export_evaluation": self.choose_export,
        }

    @property
    def has_content(self) -> bool:
        """Whether there is an evaluation to look at."""
        return self._outcome is not None

    # What the reader asks for

    def evaluate(self) -> None:
        """Evaluate the open studies on the page, in place of what is shown there."""
        self.export.cancel()
        self._hold(None)
        self._window.show_evaluation_page()
        self._session.ask(
            lambda store: answer_sources(store, self._keys(), self._fingerprint()),
            self._offer,
        )
        self.errors.set_truth(self.page.truth)
        self.run.start(self.page.truth)

    def choose_export(self) -> None:
        """Ask for a file and write the report and its tables there."""
        file, _ = QFileDialog.getSaveFileName(
            self._window, tr("Export the evaluation"), "evaluation.pdf", tr("PDF report (*.pdf)")
        )
        if file:
            self.write_export(Path(file))

    def write_export(self, path: Path) -> None:
        """Write the report to a path and its tables beside it."""
        if self._outcome is None:
            return
        self.export.start(
            Export(
                self._outcome,
                self._subgroups,
                self._compared,
                self._session.threshold,
                self.errors.worst(EvaluationExport.MOST_PICTURES),
            ),
            path,
        )

    def forget(self) -> None:
        """Drop what was evaluated, since it is not open any more or to be hidden."""
        self.run.cancel()
        self.comparison.cancel()
        self.export.cancel()
        self._hold(None)
        self._compared = None
        self.page.set_truths((LOADED_TRUTH,))
        self.page.comparison.set_sides(())

    def _cancel(self) -> None:
        if self.export.is_running:
            self.export.cancel()
        else:
            self.run.cancel()

    def _compare(self, first: AnswerSource, second: AnswerSource) -> None:
        self.comparison.start(first, second, self.page.truth)

    def _jump(self, threshold: float) -> None:
        """Move the threshold to a point of a curve, and show what changes by that."""
        self._reference = self._session.threshold
        self._session.set_threshold(threshold)
        self._show_changed()
        self.page.lists.show_changed_first()

    # What came back

    def _take_outcome(self, outcome: Outcome) -> None:
        self._hold(outcome)
        self._reference = self._session.threshold
        self.page.show_outcome(outcome)
        self.errors.take(outcome.measured.errors)
        self._show_threshold()

    def _hold(self, outcome: Outcome | None) -> None:
        self._outcome = outcome
        self._best_scores = best_scores(self._exams())
        self._subgroups = ()
        self._enable()

    def _take_subgroups(self, subgroups: tuple[Subgroup, ...]) -> None:
        self._subgroups = subgroups
        self.page.subgroups.show_subgroups(subgroups)

    def _take_comparison(self, outcome: ComparisonOutcome) -> None:
        self._compared = outcome
        self.page.comparison.show_outcome(outcome)

    def _tell_stopped(self, reason: str) -> None:
        if self.run.has_finished:
            self.page.subgroups.show_message(reason)
        else:
            self.page.show_message(reason)

    def _offer(self, sources: tuple[AnswerSource, ...]) -> None:
        readers: list[TruthSource] = [s for s in sources if isinstance(s, ReaderSource)]
        chosen = self.page.truth
        if chosen not in (LOADED_TRUTH, *readers):
            readers.append(chosen)  # who has taken every verdict back is still what is measured
        self.page.set_truths((LOADED_TRUTH, *readers))
        self.page.comparison.set_sides(sources)

    def _end_export(self, sentence: str) -> None:
        self._workspace.notice_given.emit(sentence)
        if self._outcome is not None:
            self.page.show_results()

    # Following the session

    def _follow(self, change: Change) -> None:
        if Aspect.THRESHOLD in change.aspects:
            self._show_threshold()
        if self._outcome is None:
            return
        overtaking = set(_OVERTAKING)
        if isinstance(self._outcome.truth, ReaderSource):
            overtaking.add(Aspect.VERDICTS)
        if change.aspects & overtaking:
            self.page.set_stale(True)

    def _enable(self) -> None:
        is_possible = bool(self._exams())
        self._actions["export_evaluation"].setEnabled(is_possible)
        self.page.export_button.setEnabled(is_possible)

    def _show_threshold(self) -> None:
        self.page.set_threshold(self._session.threshold)
        self._show_changed()
        self._show_all()

    def _exams(self) -> tuple[Exam, ...]:
        return () if self._outcome is None else self._outcome.exams

    def _changed(self) -> list[Exam]:
        exams = self._exams()
        rows = flipped_exams(self._best_scores, self._reference, self._session.threshold)
        return [exams[row] for row in rows]

    def _show_changed(self) -> None:
        before, after = self._reference, self._session.threshold
        changed = self._changed()
        call = tr("negative → positive") if after < before else tr("positive → negative")

        def row_at(row: int) -> Row:
            exam = changed[row]
            texts = (call, f"{exam.scores.max():.2f}", self._name(exam.image_id), _truth(exam))
            return Row(texts, self._tip(exam.image_id))

        self.page.lists.show_changed(before, after, len(changed), row_at)

    def _show_all(self) -> None:
        exams, threshold = self._exams(), self._session.threshold

        def row_at(row: int) -> Row:
            exam = exams[row]
            shown = int((exam.scores >= threshold).sum())
            is_right = (shown > 0) == exam.is_positive
            score = "–" if exam.exam_score is None else f"{exam.exam_score:.2f}"
            call = tr(_CALLS[is_right, shown > 0])
            texts = (call, score, str(shown), str(len(exam.truth)), self._name(exam.image_id))
            return Row(texts, self._tip(exam.image_id))

        self.page.lists.show_exams(len(exams), row_at)

    def _show_errors(self) -> None:
        sizes = {exam.image_id: (exam.width, exam.height) for exam in self._exams()}

        def row_at(row: int) -> Row:
            error = self.errors.error(row)
            size = sizes.get(error.image_id)
            texts = (
                f"{error.kind.value}  {tr(KIND_WORDS[error.kind])}",
                "–" if error.score is None else f"{error.score:.2f}",
                self._name(error.image_id),
                "" if size is None else place_in_image(error.box, *size),
            )
            return Row(texts, self._tip(error.image_id))

        self.page.lists.show_errors(self.errors.count, row_at)

    # To the image

    def _show(self, key: str) -> None:
        if key in self._workspace.index.images:
            self._session.show(key)
            self._window.show_image_page()

    def _show_left_out(self, row: int) -> None:
        key = None if self._outcome is None else self._outcome.left_out[row].key
        if key is not None:
            self._show(key)

    def _name(self, key: str) -> str:
        image = self._workspace.index.images.get(key)
        return key if image is None else image.path.name

    def _tip(self, key: str) -> str:
        image = self._workspace.index.images.get(key)
        return key if image is None else str(image.path)

    def _keys(self) -> list[str]:
        return list(self._workspace.index.images)

    def _fingerprint(self) -> str | None:
        model = self._session.model
        return None if model is None else model.fingerprint


def _truth(exam: Exam) -> str:
    return tr("pneumonia") if exam.is_positive else tr("no pneumonia")
