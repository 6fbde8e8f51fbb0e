"""The report of an evaluation: pictures, then PDF and tables, then the files, in the background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from pneumo_viewer.evaluating import ComparisonOutcome, Outcome
from pneumo_viewer.exchange.evaluation_content import LabelledComparison, ReportContent
from pneumo_viewer.jobs.jobs import Job
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.words import tr
from pneumo_viewer.workspace import Workspace, reason_of
from training.evaluation.errors import BoxError
from training.evaluation.subgroups import Subgroup


@dataclass(frozen=True, eq=False, slots=True)
class Export:
    """What is exported: the evaluation as the page shows it."""

    outcome: Outcome
    subgroups: tuple[Subgroup, ...]
    compared: ComparisonOutcome | None
    threshold: float
    errors: list[BoxError]


class EvaluationExport(QObject):
    """One export at a time, step by step; between any two steps it can be cancelled."""

    MOST_PICTURES = 12

    progressed = Signal(int, int)
    """Steps done, and all steps."""
    ended = Signal(str)
    """What was written, or why nothing was, as a sentence."""

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._job: Job | None = None

    @property
    def is_running(self) -> bool:
        """Whether files are being made."""
        return self._job is not None

    def start(self, export: Export, path: Path) -> None:
        """Write the report to ``path`` and the tables beside it, over what is there."""
        self._drop_job()
        folder, stem = str(path.parent), path.stem
        keys = list(dict.fromkeys(error.image_id for error in export.errors))
        open_images = self._workspace.index.images
        waiting = [key for key in keys if key in open_images]
        pictures: dict[str, NDArray[np.uint8]] = {}
        total = len(waiting) + 3

        def draw() -> None:
            self.progressed.emit(1 + len(keys_done), total)
            if not waiting:
                content = _content(export, pictures)
                self._submit("compose", (content, stem), write, fail)
                return
            key = waiting.pop(0)

            def drawn(pixels: NDArray[np.uint8]) -> None:
                pictures[key] = pixels
                go_on(key)

            image = str(open_images[key].path)
            self._submit("picture", (image,), drawn, lambda _: go_on(key))

        keys_done: list[str] = []

        def go_on(key: str) -> None:
            keys_done.append(key)
            draw()

        def write(files: dict[str, bytes]) -> None:
            self.progressed.emit(total - 1, total)
            self._submit("save", (folder, files), lambda _: finish(files), fail)

        def finish(files: dict[str, bytes]) -> None:
            self._job = None
            self.ended.emit(
                tr("Written to {folder}: {files}.", folder=folder, files=", ".join(files))
            )

        def fail(error: Exception) -> None:
            self._job = None
            self.ended.emit(reason_of(error))

        self.progressed.emit(0, total)
        self._submit("check_folder", (folder,), lambda _: draw(), fail)

    def cancel(self) -> None:
        """Write nothing any more; files that are whole already stay."""
        if self._job is not None:
            self._drop_job()
            self.ended.emit(tr("Export cancelled."))

    def _drop_job(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _submit(
        self,
        function: str,
        arguments: tuple[object, ...],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._job = self._workspace.jobs.submit(
            Pool.FILES,
            Task(f"pneumo_viewer.jobs.reporting:{function}", arguments),
            priority=-1,
            done=done,
            failed=failed,
        )


def _content(export: Export, pictures: dict[str, NDArray[np.uint8]]) -> ReportContent:
    outcome, compared = export.outcome, export.compared
    return ReportContent(
        exams=outcome.exams,
        measured=outcome.measured,
        subgroups=export.subgroups,
        compared=None
        if compared is None
        else LabelledComparison(compared.first.label, compared.second.label, compared.comparison),
        model=outcome.model,
        threshold=export.threshold,
        truth=outcome.truth.label,
        left_out=Counter(entry.reason for entry in outcome.left_out),
        errors=tuple(export.errors),
        pictures=pictures,
        made_at=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
