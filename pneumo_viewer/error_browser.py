"""From error to error: which boxes are wrong at the threshold, and the way to each on the image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.evaluating import collect
from pneumo_viewer.jobs.jobs import Job
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.evaluation import Collected
from pneumo_viewer.review.sources import LOADED_TRUTH, ReaderSource, TruthSource
from pneumo_viewer.words import mark, tr
from pneumo_viewer.workspace import Workspace, reason_of
from training.evaluation.errors import BoxError, ErrorKind, ErrorTable

KIND_WORDS = {
    ErrorKind.FALSE_POSITIVE: mark("false positive"),
    ErrorKind.FALSE_NEGATIVE: mark("missed box"),
}


class ErrorBrowser(QObject):
    """Knows the errors of the open studies and goes to them, best score first.

    The errors are found once for all thresholds, in a worker, when the reader first asks for one
    or an evaluation brings them; they are forgotten when detections, truth or verdicts change.

    Parameters
    ----------
    workspace
        What is open.
    viewport
        Where missed boxes are brought into view.
    """

    changed = Signal()
    """The errors at the threshold are others, or none is known any more."""
    error_shown = Signal()
    """An error is the one to look at now, perhaps on the image that was current before."""

    def __init__(self, workspace: Workspace, viewport: Viewport, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._viewport = viewport
        self._truth: TruthSource = LOADED_TRUTH
        self._table: ErrorTable | None = None
        self._rows: NDArray[np.intp] = np.empty(0, np.intp)
        self._last_row: int | None = None
        self._pending_step = 0
        self._pending_box: tuple[str, tuple[float, float, float, float]] | None = None
        self._job: Job | None = None
        workspace.radiograph_ready.connect(self._show_pending_box)
        workspace.session.subscribe(self._follow)

    @property
    def count(self) -> int:
        """Errors at the threshold, as far as they are known."""
        return len(self._rows)

    def error(self, place: int) -> BoxError:
        """The error at a place of the list, best score first."""
        assert self._table is not None
        return self._table[int(self._rows[place])]

    def worst(self, most: int) -> list[BoxError]:
        """The false positives with the highest scores and the missed boxes with the lowest.

        Half of them each, as far as there are so many.
        """
        if self._table is None:
            return []
        is_missed = self._table.is_truth[self._rows]
        wrong, missed = self._rows[~is_missed], self._rows[is_missed][::-1]
        wrong_count = min(len(wrong), max(most // 2, most - len(missed)))
        chosen = [*wrong[:wrong_count], *missed[: most - wrong_count]]
        return [self._table[int(row)] for row in chosen]

    def set_truth(self, truth: TruthSource) -> None:
        """Choose what counts as right."""
        if truth != self._truth:
            self._truth = truth
            self._forget()

    def take(self, table: ErrorTable) -> None:
        """Take the errors that an evaluation found."""
        self._drop_job()
        self._table = table
        self._last_row = None
        self._apply_threshold()

    def step(self, direction: int) -> None:
        """Go to the next error, or with -1 to the one before; after the last comes the first."""
        if self._workspace.session.hidden_count:
            text = tr(
                "Blinded reading: the list of errors waits until all is revealed. "
                "Still hidden: {count}.",
                count=self._workspace.session.hidden_count,
            )
            self._workspace.notice_given.emit(text)
            return
        if self._table is None:
            self._find(direction)
            return
        if not len(self._rows):
            self._workspace.notice_given.emit(
                tr(
                    "No error at the threshold of {threshold:.2f}.",
                    threshold=self._workspace.session.threshold,
                )
                if self._table.image_ids
                else tr("No scored image has a known truth. File → Load ground truth brings it.")
            )
            return
        if self._last_row is None:
            place = 0 if direction > 0 else -1
        elif direction > 0:
            place = int(np.searchsorted(self._rows, self._last_row, side="right"))
        else:
            place = int(np.searchsorted(self._rows, self._last_row)) - 1
        self.go_to(place % len(self._rows))

    def go_to(self, place: int) -> None:
        """Show the image of an error, with its box selected or, if it was missed, in view."""
        self._last_row = int(self._rows[place])
        error = self.error(place)
        session = self._workspace.session
        session.show(error.image_id)
        if error.kind is ErrorKind.FALSE_POSITIVE:
            self._select(error)
        else:
            self._pending_box = (error.image_id, error.box)
            self._show_pending_box(error.image_id)
        self.error_shown.emit()
        score = (
            tr("never found") if error.score is None else tr("score {score:.2f}", score=error.score)
        )
        self._workspace.notice_given.emit(
            tr(
                "Error {number} of {count}: {kind}, {score}.",
                number=place + 1,
                count=self.count,
                kind=tr(KIND_WORDS[error.kind]),
                score=score,
            )
        )

    def _select(self, error: BoxError) -> None:
        session = self._workspace.session
        for finding in session.findings(error.image_id):
            if (finding.original or finding.box) == error.box and finding.score == error.score:
                session.select(finding.id)
                return

    def _show_pending_box(self, key: str) -> None:
        if self._pending_box is None or self._pending_box[0] != key:
            return
        if self._workspace.session.current == key and self._viewport.radiograph is not None:
            self._viewport.show_box(self._pending_box[1])
            self._pending_box = None

    def _find(self, direction: int) -> None:
        if self._pending_step:
            self._pending_step = direction
            return
        self._pending_step = direction
        self._workspace.notice_given.emit(tr("Looking for errors …"))
        collect(self._workspace, self._truth, self._match)

    def _match(self, collected: Collected) -> None:
        if not self._pending_step:
            return

        def done(table: ErrorTable) -> None:
            direction = self._pending_step
            self.take(table)
            self.step(direction)

        def failed(error: Exception) -> None:
            self._drop_job()
            self._workspace.notice_given.emit(reason_of(error))

        self._job = self._workspace.jobs.submit(
            Pool.FILES,
            Task("pneumo_viewer.jobs.measuring:list_errors", (collected.exams,)),
            priority=-1,
            done=done,
            failed=failed,
        )

    def _follow(self, change: Change) -> None:
        lost = {Aspect.DETECTIONS, Aspect.TRUTH, Aspect.MODEL}
        if isinstance(self._truth, ReaderSource):
            lost.add(Aspect.VERDICTS)
        if change.aspects & lost:
            self._forget()
        elif Aspect.THRESHOLD in change.aspects:
            self._apply_threshold()

    def _apply_threshold(self) -> None:
        if self._table is not None:
            self._rows = self._table.rows_at(self._workspace.session.threshold)
        self.changed.emit()

    def _forget(self) -> None:
        if self._pending_step:
            text = tr("The studies have changed meanwhile: ask for the error again.")
            self._workspace.notice_given.emit(text)
        self._drop_job()
        self._table = None
        self._last_row = None
        self._rows = np.empty(0, np.intp)
        self.changed.emit()

    def _drop_job(self) -> None:
        self._pending_step = 0
        if self._job is not None:
            self._job.cancel()
            self._job = None
