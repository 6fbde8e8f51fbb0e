"""Everything that the reader hands out of a review, and takes back in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from detector.errors import InputError
from pneumo_viewer.exchange.formats import Format
from pneumo_viewer.exchange.records import Review
from pneumo_viewer.exchange.taking_over import plan_taking_over
from pneumo_viewer.export_dialog import ExportDialog
from pneumo_viewer.export_run import Exams, ExportOrder, ExportRun
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.words import tr
from pneumo_viewer.workspace import reason_of

if TYPE_CHECKING:
    from pneumo_viewer.main_window import MainWindow

COMMANDS = {
    "export_reports": Format.STRUCTURED_REPORTS,
    "export_states": Format.PRESENTATION_STATES,
    "export_coco": Format.COCO,
    "export_table": Format.TABLE,
    "export_submission": Format.SUBMISSION,
    "export_pdf": Format.REPORT,
    "export_images": Format.IMAGES,
}


class ExportDesk(QObject):
    """Joins the export with a window.

    Parameters
    ----------
    window
        Whose status bar is made already.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._workspace = window.workspace
        self._folder: Path | None = None
        self.run = ExportRun(window.workspace, self)
        progress = window.status_line.exporting
        self.run.progressed.connect(progress.show_progress)
        progress.cancelled.connect(self.run.cancel)

    @property
    def folder(self) -> Path | None:
        """Where the last export went; None before the first."""
        return self._folder

    def slots(self) -> dict[str, Callable[..., object]]:
        """What the commands call."""
        asking = {command: partial(self.ask, form) for command, form in COMMANDS.items()}
        own = {"export_view": self.choose_picture, "take_over": self.choose_reviews}
        return {**asking, **own}

    def ask(self, form: Format) -> None:
        """Show the question what to export, with one form ticked."""
        if not self._workspace.images:
            self._say(tr("Open studies first, then export them."))
            return
        counts = {exams: len(self.run.chosen(exams)) for exams in Exams}
        dialog = ExportDialog(counts, form, self._folder, self._window)
        dialog.ordered.connect(self._start)
        self._window.show_dialog(dialog)

    def choose_picture(self) -> None:
        """Save what the viewports show where the reader chooses."""
        if self._window.viewports.active.radiograph is None:
            self._say(tr("There is no image on the screen to save."))
            return
        dialog = QFileDialog(self._window, tr("Save the view"), filter=tr("PNG picture (*.png)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")  # before the dialog asks whether to replace a file
        dialog.selectFile("view.png")
        dialog.fileSelected.connect(lambda file: self.save_picture(Path(file)))
        dialog.open()

    def save_picture(self, path: Path) -> None:
        """Save what the viewports show as PNG."""
        shown = self._window.viewports.grab().toImage()
        self._workspace.jobs.submit(
            Pool.FILES,
            Task("pneumo_viewer.jobs.exporting:export_view", (path, _pixels(shown))),
            done=lambda _: self._say(
                tr(
                    "{path}: the view as it was on the screen, its texts included. "
                    "Research use only.",
                    path=path,
                )
            ),
            failed=lambda error: self._say(f"{path}: {reason_of(error)}"),
        )

    def choose_reviews(self) -> None:
        """Take over the reader's own reviews from files that he chooses."""
        if not self._workspace.images:
            self._say(tr("Open the studies first, then take over their reviews."))
            return
        files, _ = QFileDialog.getOpenFileNames(
            self._window,
            tr("Take over my reviews"),
            filter=tr("Reports (*.dcm *.csv);;All files (*)"),
        )
        if files:
            self.take_over([Path(file) for file in files])

    def take_over(self, paths: Sequence[Path]) -> None:
        """Give the open images the verdicts that this reader gave them in reports or tables."""
        session = self._workspace.session
        if session.hidden_count:
            self._say(tr("Blinded reading: earlier reviews wait until all is revealed."))
            return

        def perform(reviews: dict[str, Review]) -> None:
            plan = plan_taking_over(self._workspace.images, reviews, session)
            for operation in plan.operations:
                session.perform(operation, by=self)
            self._say(plan.describe())

        def failed(error: Exception) -> None:
            source = error.source if isinstance(error, InputError) else str(paths[0])
            self._say(f"{Path(source).name}: {reason_of(error)}")

        self._workspace.tasks.submit(
            tr("Reading reviews from {files}").format(files=", ".join(path.name for path in paths)),
            [Task("pneumo_viewer.exchange.truth_files:read_reviews", (tuple(paths),))],
            done=perform,
            failed=failed,
        )

    def _start(self, order: ExportOrder) -> None:
        self._folder = order.folder
        self._window.findings_panel.exam.send_comment()
        self.run.start(order)

    def _say(self, text: str) -> None:
        self._workspace.notice_given.emit(text)


def _pixels(image: QImage) -> NDArray[np.uint8]:
    """``[H, W, 3]``."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
