"""An image beside the current one: another exam of the patient, or what the reader put there."""

from __future__ import annotations

from PySide6.QtCore import QObject

from detector.radiograph import Radiograph
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.facts import corner_texts
from pneumo_viewer.library.hanging import Cell
from pneumo_viewer.words import mark, tr
from pneumo_viewer.workspace import Workspace

OTHER_PATIENT = mark("This is another patient.")


class BesideDesk(QObject):
    """Keeps one viewport at what hangs in it, with the findings and the truth of that image.

    Nothing that is hidden of the current image is shown of one beside it.

    Parameters
    ----------
    workspace
        What is open.
    viewport
        Where the image is shown; its findings cannot be changed there.
    """

    def __init__(self, workspace: Workspace, viewport: Viewport, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._session = workspace.session
        self._viewport = viewport
        self._cell = Cell()
        self._frame = 0
        workspace.radiograph_ready.connect(self._show_radiograph)
        workspace.radiograph_failed.connect(self._show_failure)
        workspace.thumbnail_ready.connect(self._show_doubts)
        viewport.step_requested.connect(self._step_frame)

    @property
    def key(self) -> str | None:
        """Key of the image; None where there is none."""
        return self._cell.key

    def show(self, cell: Cell) -> None:
        """Show what hangs here now; what hung here before is let go."""
        if cell == self._cell:
            return
        is_same_image = cell.key is not None and cell.key == self._cell.key
        self._cell = cell
        if is_same_image:
            self._show_texts()
            return
        self._frame = 0
        if cell.key is None:
            self._viewport.show_message(tr(cell.title), tr(cell.message))
            return
        self._viewport.show_message(tr("Reading …"), self._workspace.image(cell.key).path.name)
        self._workspace.request_thumbnail(cell.key)
        self._ask()

    def show_marks(self) -> None:
        """Show findings and truth, as far as those of the current image are shown as well."""
        key, session = self._cell.key, self._session
        if key is None or session.current is None or self._viewport.radiograph is None:
            return
        session.note_seen(key)
        stage = session.stage(session.current)
        findings = session.findings(key)
        if not stage.shows_detector:
            findings = tuple(finding for finding in findings if finding.is_own)
        is_scored = stage.shows_detector and session.detections(key) is not None
        self._viewport.set_threshold(session.threshold)
        self._viewport.set_scored(is_scored and self._frame == 0)
        self._viewport.set_findings(findings if self._frame == 0 else ())
        self._viewport.set_truth(session.truth(key) if stage.shows_truth else None)

    def _ask(self) -> None:
        assert self._cell.key is not None
        radiograph = self._workspace.radiograph(self._cell.key, self._frame)
        if radiograph is not None:
            self._show_radiograph(self._cell.key, radiograph)

    def _show_radiograph(self, key: str, radiograph: Radiograph) -> None:
        if key != self._cell.key or radiograph.frame != self._frame:
            return
        shown = self._viewport.radiograph
        if shown is not None and shown.frame == radiograph.frame:
            return  # another part of the program asked for it again
        self._viewport.show_radiograph(radiograph)
        self._show_texts()
        self.show_marks()

    def _show_texts(self) -> None:
        radiograph = self._viewport.radiograph
        if radiograph is None:
            return
        self._viewport.set_corner_texts(*corner_texts(radiograph))
        self._viewport.set_relation(self._cell.relation)
        self._show_doubts(radiograph.identity.key)

    def _show_doubts(self, key: str) -> None:
        if key != self._cell.key or self._viewport.radiograph is None:
            return
        warnings = [tr(OTHER_PATIENT)] if self._cell.is_other_patient else []
        warnings += [doubt.sentence for doubt in self._workspace.doubts.get(key, ())]
        self._viewport.set_doubts(warnings)

    def _show_failure(self, key: str, reason: str) -> None:
        if key == self._cell.key:
            self._viewport.show_message(tr("This image cannot be shown"), reason)

    def _step_frame(self, step: int) -> None:
        radiograph = self._viewport.radiograph
        if radiograph is None:
            return
        frame = min(radiograph.identity.frame_count - 1, max(0, self._frame + step))
        if frame != self._frame:
            self._frame = frame
            self._ask()
