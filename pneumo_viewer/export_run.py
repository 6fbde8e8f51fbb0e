"""One export of reviews at a time, in worker processes."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from detector.errors import FolderNotWritableError
from pneumo_viewer.exchange.exported import ExportedImage, ReportFacts
from pneumo_viewer.exchange.formats import Format, file_names, names_of
from pneumo_viewer.exchange.records import ReviewedImage, collect_reviews
from pneumo_viewer.jobs.jobs import Job
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.review.audit import Trail, read_trail
from pneumo_viewer.review.state import ExamState
from pneumo_viewer.words import mark, tr
from pneumo_viewer.workspace import Workspace, reason_of

_WORKER = "pneumo_viewer.jobs.exporting"
_AFTER_READING = 1
_NAMES = {
    Format.STRUCTURED_REPORTS: mark("structured reports"),
    Format.PRESENTATION_STATES: mark("presentation states"),
    Format.IMAGES: mark("images without identities"),
}


class Exams(Enum):
    """Of which of the open exams."""

    CURRENT = mark("The current image")
    REVIEWED = mark("Reviewed exams")
    ALL = mark("All open exams")


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What the reader asks for."""

    exams: Exams
    formats: frozenset[Format]
    folder: Path
    may_replace: bool = False


class ExportRun(QObject):
    """Collects, writes and tells what was written; one order at a time.

    Parameters
    ----------
    workspace
        What is open; its reader is told by notices.
    """

    progressed = Signal(int, int)
    """Images exported, and images to be; equal when nothing is under way."""

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._jobs: set[Job] = set()
        self._order: ExportOrder | None = None
        self._images: list[ReviewedImage] = []
        self._exported: dict[int, ExportedImage] = {}
        self._left_out: list[str] = []
        self._facts = ReportFacts("", "", None, 0.0, "")

    @property
    def is_running(self) -> bool:
        """Whether an export is under way."""
        return self._order is not None

    def chosen(self, exams: Exams) -> list[str]:
        """Keys of the open images that an order would be about."""
        session = self._workspace.session
        keys = list(self._workspace.index.images)
        match exams:
            case Exams.CURRENT:
                return [key for key in keys if key == session.current]
            case Exams.REVIEWED:
                return [k for k in keys if session.exam_state(k) is not ExamState.UNTOUCHED]
            case Exams.ALL:
                return keys

    def start(self, order: ExportOrder) -> None:
        """Export, unless an export is under way or there is nothing to export."""
        if self.is_running:
            self._say(tr("An export is under way already. Wait for its end, or stop it."))
            return
        keys = self.chosen(order.exams)
        if not keys:
            self._say(tr("There is nothing to export: no exam is open that was asked for."))
            return
        session = self._workspace.session

        def collect(trail: Trail) -> None:
            known = self._workspace.index.images
            images = [known[key] for key in keys if key in known]
            if self.is_running or not images:
                return  # it was ordered twice, or all was closed meanwhile
            self._order = order
            self._exported, self._left_out = {}, []
            self._images = collect_reviews(images, session, trail.entries)
            is_named = Format.IMAGES not in order.formats
            self._facts = ReportFacts(
                made_at=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z"),
                reader=session.reader if is_named else "",
                model=session.model,
                threshold=session.threshold,
                audit_head=str(trail.head),
            )
            self._check()

        session.ask(lambda store: read_trail(store.path), collect)

    def cancel(self) -> None:
        """Write no more; what is written stays, each file whole."""
        if self._order is not None:
            done = len(self._exported)
            self._say(
                tr(
                    "Export stopped. Images written to {folder}: {done} of {total}.",
                    folder=self._order.folder,
                    done=done,
                    total=len(self._images),
                )
            )
            self._end()

    # One step after the other

    def _check(self) -> None:
        assert self._order is not None
        order, names = self._order, names_of(self._images)
        formats = order.formats
        if Format.IMAGES in formats:  # their new names are there for the first time
            formats = frozenset(form for form in formats if not form.is_per_image)
        files = file_names(formats, names)
        self.progressed.emit(0, len(self._images))

        def write(_: None) -> None:
            secret = secrets.token_bytes(32)
            for place, (image, name) in enumerate(zip(self._images, names, strict=True)):
                self._export(place, image, name, secret)

        self._submit("check", (order.folder, files, order.may_replace), write, self._fail)

    def _export(self, place: int, image: ReviewedImage, name: str, secret: bytes) -> None:
        assert self._order is not None
        order = self._order

        def failed(error: Exception) -> None:
            if isinstance(error, FolderNotWritableError):
                self._fail(error)
            else:
                self._left_out.append(f"{image.path.name}: {reason_of(error)}")
                self._go_on()

        def done(exported: ExportedImage) -> None:
            self._exported[place] = exported
            self._go_on()

        arguments = (order.folder, image, name, order.formats, secret)
        self._submit("export_image", arguments, done, failed)

    def _go_on(self) -> None:
        assert self._order is not None
        done = len(self._exported) + len(self._left_out)
        if done < len(self._images):
            self.progressed.emit(done, len(self._images))
            return
        order, exported = self._order, [self._exported[place] for place in sorted(self._exported)]

        def finish(_: None) -> None:
            self._say(self._describe(order, exported))
            self._end()

        if exported:
            arguments = (order.folder, exported, order.formats, self._facts)
            self._submit("export_all", arguments, finish, self._fail)
        else:
            finish(None)

    def _submit(
        self,
        function: str,
        arguments: tuple[object, ...],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        def settle(then: Callable[[Any], None], outcome: Any) -> None:
            self._jobs.discard(job)
            then(outcome)

        job = self._workspace.jobs.submit(
            Pool.FILES,
            Task(f"{_WORKER}:{function}", arguments),
            priority=_AFTER_READING,
            done=lambda result: settle(done, result),
            failed=lambda error: settle(failed, error),
        )
        self._jobs.add(job)

    def _fail(self, error: Exception) -> None:
        assert self._order is not None
        written = len(self._exported)
        folder, total, reason = self._order.folder, len(self._images), reason_of(error)
        if written:
            self._say(
                tr(
                    "Export to {folder} ended after {written} of {total} images: {reason}",
                    folder=folder,
                    written=written,
                    total=total,
                    reason=reason,
                )
            )
        else:
            self._say(tr("Export to {folder}: {reason}", folder=folder, reason=reason))
        self._end()

    def _end(self) -> None:
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()
        self._order = None
        self._images, self._exported = [], {}
        self.progressed.emit(0, 0)

    # What is said

    def _say(self, text: str) -> None:
        self._workspace.notice_given.emit(text)

    def _describe(self, order: ExportOrder, exported: list[ExportedImage]) -> str:
        if not exported:
            return tr("Nothing was exported. {reason}", reason=self._left_out[0])
        counts = Counter(form for each in exported for form in each.written)
        made = [
            f"{tr(_NAMES[form])} ({counts[form]})" if form.is_per_image else form.value
            for form in Format
            if form in order.formats
        ]
        sentences = [
            tr(
                "Exported to {folder}: {forms}. Research use only.",
                folder=order.folder,
                forms=", ".join(made),
            )
        ]
        incomplete = sum(not each.image.review.is_complete for each in exported)
        if Format.COCO in order.formats and incomplete:
            sentences.append(
                tr(
                    "{file} leaves out what is not reviewed to its end: {count}.",
                    file=Format.COCO.value,
                    count=incomplete,
                )
            )
        if doubtful := sum(each.may_show_text for each in exported):
            sentences.append(
                tr(
                    "Images whose files do not deny that names are burned into the pixels: {count}."
                    " Look at them before you pass them on.",
                    count=doubtful,
                )
            )
        problems = [
            f"{each.image.path.name}: {problem}" for each in exported for problem in each.problems
        ]
        if self._left_out:
            sentences.append(
                tr(
                    "Left out: {count}, for instance {first}",
                    count=len(self._left_out),
                    first=self._left_out[0],
                )
            )
        if problems:
            sentences.append(
                tr(
                    "Exported in part: {count}, for instance {first}",
                    count=len(problems),
                    first=problems[0],
                )
            )
        return " ".join(sentences)
