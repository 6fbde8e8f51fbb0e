"""The reading itself: one image, its findings, and the reader's verdicts on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from detector.model_card import ModelCard, OperatingPoint
from detector.radiograph import Radiograph
from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.facts import corner_texts, identity_texts
from pneumo_viewer.panels.exam import EXAM_COMMANDS
from pneumo_viewer.panels.findings import FindingsPanel
from pneumo_viewer.panels.worklist import WorklistPanel
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.findings import ExamVerdict, Verdict
from pneumo_viewer.review.operations import SetComment, SetExamVerdict, decide
from pneumo_viewer.review.state import ExamState
from pneumo_viewer.undoing import Undoing
from pneumo_viewer.words import mark, tr
from pneumo_viewer.workspace import Workspace

STEP = 0.01
FAR_STEP = 0.05
_PATIENCE_MS = 100
"""An image that takes longer is shown at low resolution meanwhile."""
BLINDED = mark(
    "Blinded reading: give your verdict on the exam, then reveal the detector's findings "
    "(Ctrl+Return)."
)
_FINDINGS_ASPECTS = {
    Aspect.CURRENT,
    Aspect.DETECTIONS,
    Aspect.VERDICTS,
    Aspect.THRESHOLD,
    Aspect.MODEL,
}
_SHOWN_ASPECTS = {Aspect.CURRENT, Aspect.DETECTIONS, Aspect.THRESHOLD}


class ReadingDesk(QObject):
    """Keeps viewport, worklist and findings at what the session says, and sends it verdicts.

    Parameters
    ----------
    workspace
        What is open.
    viewport, worklist, findings_panel
        What shows it.
    actions
        Enabled and disabled as the session allows.
    operating_points
        Of the model's card.
    card_problem
        Why there is no model, where there is none.
    """

    image_shown = Signal()
    """Another image is the current one."""
    findings_wanted = Signal()
    """The findings are to be in sight."""

    def __init__(
        self,
        workspace: Workspace,
        viewport: Viewport,
        worklist: WorklistPanel,
        findings_panel: FindingsPanel,
        actions: Actions,
        operating_points: Sequence[OperatingPoint],
        card_problem: str,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.session = workspace.session
        self.default_threshold = workspace.session.threshold
        self.viewport = viewport
        self.worklist = worklist
        self.findings_panel = findings_panel
        self._actions = actions
        self._operating_points = operating_points
        self._card_problem = card_problem
        self._radiograph: Radiograph | None = None
        self._frame = 0
        self._awaited: str | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._show_what_there_is)
        workspace.radiograph_ready.connect(self._show_radiograph)
        workspace.radiograph_failed.connect(self._show_failure)
        workspace.detection_failed.connect(self._show_detection_failure)
        worklist.image_chosen.connect(self.session.show)
        worklist.thumbnail_wanted.connect(workspace.request_thumbnail)
        workspace.thumbnail_ready.connect(worklist.show_thumbnail)
        workspace.thumbnail_ready.connect(self._show_thumbnail)
        workspace.thumbnail_ready.connect(self._show_doubts)
        viewport.finding_clicked.connect(self.session.select)
        viewport.step_requested.connect(self._step_frame)
        findings_panel.finding_chosen.connect(self.session.select)
        findings_panel.slider.moved.connect(self.session.set_threshold)
        findings_panel.points.chosen.connect(self.session.set_threshold)
        findings_panel.exam.commented.connect(self._set_comment)
        findings_panel.exam.comment.left.connect(viewport.setFocus)
        actions["next_point"].setEnabled(bool(operating_points))
        findings_panel.reset_button.clicked.connect(self.reset_threshold)
        self.session.subscribe(self._refresh)
        self._refresh(Change(frozenset(Aspect)))

    # What the reader asks for

    def decide(self, verdict: Verdict) -> None:
        """Give the selected finding a verdict; the next one follows by itself."""
        key, selected = self.session.current, self.session.selected
        finding = None if key is None or selected is None else self.session.finding(key, selected)
        if key is None or finding is None:
            return
        operation = decide(key, finding, verdict)
        if operation is None:
            self._go_on(key)
        else:
            self.session.perform(operation, by=None if finding.is_own else self)

    def decide_exam(self, verdict: ExamVerdict) -> None:
        """Give the exam a verdict, or take back the one that it has.

        Where nothing is left undecided the next exam follows.
        """
        key, form = self.session.current, self.findings_panel.exam
        if key is None:
            return
        form.send_comment()
        is_same = self.session.exam_verdict(key) is verdict
        self.session.perform(SetExamVerdict(key, None if is_same else verdict), by=form)

    def comment(self) -> None:
        """Let the reader type a comment."""
        self.findings_wanted.emit()
        field = self.findings_panel.exam.comment
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        field.selectAll()

    def exam_slots(self) -> dict[str, Callable[..., object]]:
        """What the commands on the whole exam call."""
        return {
            "comment": self.comment,
            **{
                command: partial(self.decide_exam, verdict)
                for verdict, command in EXAM_COMMANDS.items()
            },
        }

    def move_threshold(self, step: float) -> None:
        """Raise or lower the threshold."""
        self.session.set_threshold(round(self.session.threshold + step, 2))

    def reset_threshold(self) -> None:
        """Return to the threshold of the model's card."""
        self.session.set_threshold(self.default_threshold)

    def use_model(self, card: ModelCard) -> None:
        """Take default threshold and operating points from another model's card."""
        self.default_threshold = card.score_threshold
        self._operating_points = card.operating_points
        self._actions["next_point"].setEnabled(bool(card.operating_points))
        self._card_problem = ""

    def next_operating_point(self) -> None:
        """Go to the operating point with the next higher threshold; after the last, the first."""
        thresholds = sorted(float(np.float32(p.threshold)) for p in self._operating_points)
        higher = (value for value in thresholds if value > self.session.threshold)
        self.session.set_threshold(next(higher, thresholds[0]))

    def detect_declined(self) -> None:
        """Have the detector look at the current image although its input gate doubts it."""
        key = self.session.current
        if key in self.workspace.declined:
            self.workspace.score_declined([key])
        else:
            self.workspace.notice_given.emit(tr("The detector has not declined this image."))

    def close(self) -> None:
        """Wait for no image any more."""
        self._await(None)

    # Following the session

    def _refresh(self, change: Change) -> None:
        aspects = change.aspects
        self.worklist.refresh(change)
        if Aspect.CURRENT in aspects:
            self._show_current()
        if Aspect.VERDICTS in aspects:
            self._follow_verdict(change)
        if change.image in (None, self.session.current):
            if aspects & _FINDINGS_ASPECTS:
                self._show_findings()
            if aspects & {Aspect.CURRENT, Aspect.VERDICTS, Aspect.PROBLEM}:
                self._show_exam()
            if aspects & {Aspect.CURRENT, Aspect.TRUTH}:
                self._show_truth()
            is_selection_lost = aspects >= {Aspect.SELECTION, Aspect.VERDICTS}
            if is_selection_lost or aspects & _SHOWN_ASPECTS:
                self._select_what_is_shown()
            if aspects & {*_FINDINGS_ASPECTS, Aspect.SELECTION}:
                self._show_selection()
        self._enable_actions()

    def _show_truth(self) -> None:
        key = self.session.current
        self.viewport.set_truth(None if key is None else self.session.truth(key))

    def _show_doubts(self, key: str) -> None:
        if key == self.session.current and self._radiograph is not None:
            doubts = self.workspace.doubts.get(key, ())
            self.viewport.set_doubts([doubt.sentence for doubt in doubts])

    def _show_current(self) -> None:
        self._frame = 0
        self._radiograph = None
        self._await(None)
        key = self.session.current
        if key is None:
            self.viewport.show_radiograph(None)
            return
        self.image_shown.emit()
        self.worklist.show_current(key)
        self.workspace.request_thumbnail(key)
        radiograph = self.workspace.radiograph(key)
        if radiograph is None:
            self.viewport.show_message("", "")
            self.viewport.set_corner_texts(*identity_texts(self.workspace.image(key).identity))
            self._await(key)
        else:
            self._show_radiograph(key, radiograph)
        self.workspace.prefetch(self.worklist.neighbours())

    def _await(self, key: str | None) -> None:
        """Remember which image is being read, and be patient for a moment before saying so."""
        self._awaited = key
        if key is None:
            self._patience.stop()
        else:
            self._patience.start()

    def _show_what_there_is(self) -> None:
        """Show the thumbnail of the image that is being read, or that it is being read."""
        if self._awaited is None:
            return
        image = self.workspace.image(self._awaited)
        thumbnail = self.worklist.model.thumbnail(self._awaited)
        if thumbnail is None:
            self.viewport.show_message(tr("Reading …"), image.path.name)
        self.viewport.set_preview(thumbnail)
        self.viewport.set_corner_texts(*identity_texts(image.identity))

    def _show_thumbnail(self, key: str) -> None:
        if key == self._awaited and not self._patience.isActive():
            self._show_what_there_is()

    def _show_radiograph(self, key: str, radiograph: Radiograph) -> None:
        if key != self.session.current or radiograph.frame != self._frame:
            return
        self._await(None)
        self._radiograph = radiograph
        self.viewport.show_radiograph(radiograph)
        self.viewport.set_corner_texts(*corner_texts(radiograph))
        self._show_doubts(key)
        self._show_truth()
        self._show_findings()
        self._show_selection()
        self._enable_actions()

    def _show_failure(self, key: str, reason: str) -> None:
        if key == self.session.current:
            self._await(None)
            self.viewport.show_message(tr("This image cannot be shown"), reason)

    def _show_detection_failure(self, key: str, reason: str) -> None:
        self.worklist.refresh(Change(frozenset({Aspect.DETECTIONS}), key, self))
        if key == self.session.current:
            self._show_findings()

    def _show_findings(self) -> None:
        key = self.session.current
        findings = () if key is None else self.session.findings(key)
        self.viewport.set_threshold(self.session.threshold)
        is_scored = key is not None and self.session.detections(key) is not None
        self.viewport.set_scored(is_scored and self._frame == 0)
        self.viewport.set_findings(findings if self._frame == 0 else ())
        self.findings_panel.show_findings(
            findings,
            self._radiograph,
            self.session.threshold,
            None if key is None else self.session.exam_score(key),
            self._explanation(key),
        )

    def _show_exam(self) -> None:
        key = self.session.current
        verdict, comment = (
            (None, "")
            if key is None
            else (self.session.exam_verdict(key), self.session.comment(key))
        )
        self.findings_panel.exam.show_exam(key, verdict, comment)

    def _set_comment(self, key: str, comment: str) -> None:
        self.session.perform(SetComment(key, comment), by=self.findings_panel)

    def _explanation(self, key: str | None) -> str:
        if key is None:
            return tr("Open a folder of radiographs to begin.")
        if not self.session.stage(key).shows_detector:
            return tr(BLINDED)
        if self.session.model is None:
            return self._card_problem
        if key in self.workspace.not_scored:
            return tr(
                "The detector could not score this image. {reason}",
                reason=tr(self.workspace.not_scored[key]),
            )
        detections = self.session.detections(key)
        if detections is None:
            return tr("The detector has not come to this image yet.")
        hidden = len(self.session.findings(key)) - len(self.session.shown_findings(key))
        if not len(detections):
            return tr("The detector found nothing here.")
        if not hidden:
            return ""
        return tr(
            "{count} below the threshold of {threshold:.2f}",
            count=hidden,
            threshold=self.session.threshold,
        )

    def _show_selection(self) -> None:
        self.viewport.set_selected(self.session.selected)
        self.findings_panel.show_selection(self.session.selected)
        if self.session.selected is not None and self._radiograph is not None:
            self.viewport.center_on_finding(self.session.selected)

    def _step_frame(self, step: int) -> None:
        key = self.session.current
        if key is None or self._radiograph is None:
            return
        count = self._radiograph.identity.frame_count
        frame = min(count - 1, max(0, self._frame + step))
        if frame == self._frame:
            return
        self._frame = frame
        radiograph = self.workspace.radiograph(key, frame)
        if radiograph is not None:
            self._show_radiograph(key, radiograph)

    def _select_what_is_shown(self) -> None:
        """Keep a selection that is shown; else select the first undecided finding, if any."""
        key = self.session.current
        shown = () if key is None else self.session.shown_findings(key)
        if all(finding.id != self.session.selected for finding in shown):
            undecided = (f.id for f in shown if f.verdict is Verdict.UNDECIDED)
            self.session.select(next(undecided, None))

    def _follow_verdict(self, change: Change) -> None:
        """Go where the reader will look next: on after a verdict, back after an undo."""
        if change.image is None:
            return
        if change.by is None or isinstance(change.by, Undoing):
            self.session.show(change.image)
        elif change.by is self and change.image == self.session.current:
            self._go_on(change.image)
        elif change.by is self.findings_panel.exam and self._is_settled(change.image):
            self.worklist.step_image(+1)

    def _is_settled(self, key: str) -> bool:
        """Whether this is the current exam, with a verdict and nothing undecided."""
        has_verdict = self.session.exam_verdict(key) is not None
        is_done = self.session.exam_state(key) is ExamState.DONE
        is_all = has_verdict and is_done and not self._is_more_to_reveal(key)
        return key == self.session.current and is_all

    def _is_more_to_reveal(self, key: str) -> bool:
        """Whether the next step of a blinded reading comes before the next image."""
        return self.session.stage(key).following is not None

    def _go_on(self, key: str) -> None:
        """Select the next finding; after the last one, go to the next image."""
        shown = [finding.id for finding in self.session.shown_findings(key)]
        if self.session.selected in shown[:-1]:
            self.session.select_next()
        elif shown and self.session.selected == shown[-1] and not self._is_more_to_reveal(key):
            self.worklist.step_image(+1)

    def _enable_actions(self) -> None:
        for command in (*EXAM_COMMANDS.values(), "comment"):
            self._actions[command].setEnabled(self.session.current is not None)
        for command in ("accept", "reject", "undecide"):
            self._actions[command].setEnabled(self.session.selected is not None)
