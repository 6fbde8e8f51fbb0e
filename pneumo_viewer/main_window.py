"""The review window: it shows the workspace and sends it what the reader asks for."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QWidget,
)

from detector.model_card import ModelCard
from detector.radiograph import Radiograph
from pneumo_viewer import dialogs
from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.evaluating import EvaluationRun
from pneumo_viewer.facts import corner_texts
from pneumo_viewer.jobs.tasks import DetectorState
from pneumo_viewer.library.found import Refusal, ScannedImage
from pneumo_viewer.panels.evaluation import EvaluationPage
from pneumo_viewer.panels.findings import FindingsPanel
from pneumo_viewer.panels.notice import NoticeLine
from pneumo_viewer.panels.start import StartPage
from pneumo_viewer.panels.status import WorkProgress, describe
from pneumo_viewer.panels.worklist import WorklistPanel
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.review.operations import SetVerdict
from pneumo_viewer.settings import Settings
from pneumo_viewer.theme import UNIT
from pneumo_viewer.workspace import Workspace
from resources import DEMO_STUDIES

_STEP = 0.01
_FAR_STEP = 0.05
_ALL = frozenset(Aspect)


class MainWindow(QMainWindow):
    """Worklist on the left, radiograph in the middle, findings on the right.

    Parameters
    ----------
    workspace
        What is open.
    settings
        As stored at the last end.
    card
        Of the model that makes the boxes; None where it cannot be used.
    card_problem
        Why there is no card.
    """

    settings_changed = Signal(object)
    """Settings to be stored."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        card: ModelCard | None,
        card_problem: str = "",
    ) -> None:
        super().__init__()
        self.workspace = workspace
        self.session = workspace.session
        self._settings = settings
        self._card = card
        self._card_problem = card_problem
        self.default_threshold = workspace.session.threshold
        self._radiograph: Radiograph | None = None
        self._frame = 0
        self.setWindowTitle("pneumo-viewer")
        self.resize(1440, 900)
        self.setAcceptDrops(True)

        self.actions_by_id = Actions(self)
        self.viewport = Viewport()
        self.start_page = StartPage()
        self.evaluation_page = EvaluationPage()
        self.evaluation_run = EvaluationRun(workspace, self)
        self.pages = QStackedWidget()
        self.notice = NoticeLine()
        self.worklist = WorklistPanel(workspace.session)
        self.findings_panel = FindingsPanel(self.actions_by_id)
        self._scan_progress = WorkProgress("Reading", can_cancel=True)
        self._scoring_progress = WorkProgress("Detecting", can_cancel=False)
        self._reading = QLabel()
        self._detector = QLabel()

        self._build_center()
        self._build_docks()
        self._build_bars(card)
        self._connect_actions()
        self._connect_workspace()
        self._initial_layout = self.saveState()
        self._restore_layout()
        self._show_start_page()
        self._refresh(Change(_ALL, None, None))
        self.session.subscribe(self._refresh)
        self._application().installEventFilter(self)

    # Building

    def _build_center(self) -> None:
        for page in (self.start_page, self.viewport, self.evaluation_page):
            self.pages.addWidget(page)
        self.setCentralWidget(self.pages)

    def _build_docks(self) -> None:
        self.worklist_dock = self._dock(
            "Worklist", self.worklist, Qt.DockWidgetArea.LeftDockWidgetArea
        )
        self.findings_dock = self._dock(
            "Findings", self.findings_panel, Qt.DockWidgetArea.RightDockWidgetArea
        )
        self.resizeDocks(
            [self.worklist_dock, self.findings_dock], [420, 340], Qt.Orientation.Horizontal
        )

    def _dock(
        self, title: str, panel: WorklistPanel | FindingsPanel, area: Qt.DockWidgetArea
    ) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setWidget(panel)
        dock.setTitleBarWidget(panel.title_bar)
        self.addDockWidget(area, dock)
        return dock

    def _build_bars(self, card: ModelCard | None) -> None:
        menus = self.actions_by_id.fill_menu_bar(self.menuBar())
        self._recent_menu = QMenu("Recent folders", self)
        menus["File"].insertMenu(self.actions_by_id["load_truth"], self._recent_menu)
        self._context_menu = QMenu(self)
        for title in ("Image/Window", "Review"):
            self._context_menu.addActions(menus[title].actions())
            self._context_menu.addSeparator()

        tool_bar = QToolBar("Tools", self)
        tool_bar.setObjectName("Tools")
        tool_bar.setMovable(False)
        tool_bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.actions_by_id.fill_tool_bar(tool_bar)
        window = QToolButton()
        window.setText("Window ▾")
        window.setToolTip("Choose a window (0 to 5)")
        window.setMenu(menus["Image/Window"])
        window.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        tool_bar.insertWidget(self.actions_by_id["invert"], window)
        for command in ("open_folder", "show_truth", "evaluate"):
            button = tool_bar.widgetForAction(self.actions_by_id[command])
            if isinstance(button, QToolButton):
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        tool_bar.addWidget(spacer)
        research = QLabel("Research use only")
        research.setProperty("role", "secondary")
        tool_bar.addWidget(research)
        self.addToolBar(tool_bar)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

        status = self.statusBar()
        status.setSizeGripEnabled(False)
        status.addWidget(self._scan_progress)
        status.addWidget(self._scoring_progress)
        status.addWidget(self.notice, 1)
        status.addPermanentWidget(self._reading)
        status.addPermanentWidget(self._detector)
        for label in (self._reading, self._detector):
            label.setContentsMargins(2 * UNIT, 0, 3 * UNIT, 0)
        self._detector.setText("no model" if card is None else f"{card.name} {card.version}")

    def _connect_actions(self) -> None:
        viewport, worklist, session = self.viewport, self.worklist, self.session
        self.actions_by_id.connect_all(
            {
                "open_folder": self._choose_folder,
                "open_files": self._choose_files,
                "open_demo": lambda: self.open([DEMO_STUDIES]),
                "load_truth": self._choose_truth,
                "close_all": self.workspace.close_all,
                "quit": self.close,
                "fit": viewport.fit,
                "actual_size": viewport.actual_size,
                "zoom_in": viewport.zoom_in,
                "zoom_out": viewport.zoom_out,
                "reset_view": viewport.reset_view,
                "show_truth": viewport.set_truth_visible,
                "show_worklist": self.worklist_dock.setVisible,
                "show_findings": self.findings_dock.setVisible,
                "reset_layout": self._reset_layout,
                "full_screen": self._set_full_screen,
                "window_auto": viewport.set_auto_window,
                "window_file": viewport.set_file_window,
                "window_full": viewport.set_full_range,
                "window_lung": lambda: viewport.set_preset("lung"),
                "window_mediastinum": lambda: viewport.set_preset("mediastinum"),
                "window_bone": lambda: viewport.set_preset("bone"),
                "invert": self._set_inverted,
                "undo": session.undo,
                "redo": session.redo,
                "accept": lambda: self._decide(Verdict.ACCEPTED),
                "reject": lambda: self._decide(Verdict.REJECTED),
                "undecide": lambda: self._decide(Verdict.UNDECIDED),
                "next_finding": session.select_next,
                "previous_finding": session.select_previous,
                "next_image": lambda: worklist.step_image(+1),
                "previous_image": lambda: worklist.step_image(-1),
                "next_exam": lambda: worklist.step_exam(+1),
                "previous_exam": lambda: worklist.step_exam(-1),
                "threshold_up": lambda: self._move_threshold(_STEP),
                "threshold_down": lambda: self._move_threshold(-_STEP),
                "threshold_far_up": lambda: self._move_threshold(_FAR_STEP),
                "threshold_far_down": lambda: self._move_threshold(-_FAR_STEP),
                "evaluate": self._evaluate,
                "show_image": self._show_image_page,
                "about_model": lambda: dialogs.show_model(self, self._card, self._card_problem),
                "show_keys": lambda: dialogs.show_keys(self),
                "about": lambda: dialogs.show_about(self),
            }
        )
        self.actions_by_id.let_keys_work_in([viewport, worklist.tree, self.findings_panel])
        self.actions_by_id["show_truth"].setChecked(True)
        for dock, command in (
            (self.worklist_dock, "show_worklist"),
            (self.findings_dock, "show_findings"),
        ):
            dock.visibilityChanged.connect(self.actions_by_id[command].setChecked)

    def _connect_workspace(self) -> None:
        workspace, viewport, panel = self.workspace, self.viewport, self.findings_panel
        workspace.images_added.connect(self._add_images)
        workspace.files_refused.connect(self._add_refusals)
        workspace.closed_all.connect(self._forget_all)
        workspace.radiograph_ready.connect(self._show_radiograph)
        workspace.radiograph_failed.connect(self._show_failure)
        workspace.thumbnail_ready.connect(self.worklist.show_thumbnail)
        workspace.detection_failed.connect(self._show_detection_failure)
        workspace.notice_given.connect(self.notice.say)
        workspace.scanning_changed.connect(self._scan_progress.show_progress)
        workspace.scoring_changed.connect(self._scoring_progress.show_progress)
        workspace.jobs.detector_changed.connect(self._show_detector)
        self._scan_progress.cancelled.connect(workspace.stop_scan)

        self.worklist.image_chosen.connect(self.session.show)
        self.worklist.thumbnail_wanted.connect(workspace.request_thumbnail)
        panel.finding_chosen.connect(self._select)
        panel.slider.moved.connect(self.session.set_threshold)
        panel.slider.drag_changed.connect(viewport.set_threshold_moving)
        panel.reset_button.clicked.connect(
            lambda: self.session.set_threshold(self.default_threshold)
        )
        viewport.finding_clicked.connect(self._select)
        viewport.pointer_moved.connect(lambda reading: self._reading.setText(describe(reading)))
        viewport.step_requested.connect(self._step_frame)
        viewport.files_dropped.connect(self.open)
        viewport.context_menu_requested.connect(self._show_context_menu)
        self.start_page.open_requested.connect(self._choose_folder)
        self.start_page.demo_requested.connect(lambda: self.open([DEMO_STUDIES]))
        self.start_page.folder_requested.connect(lambda folder: self.open([folder]))
        self.evaluation_run.progressed.connect(self.evaluation_page.show_progress)
        self.evaluation_run.finished.connect(self.evaluation_page.show_outcome)
        self.evaluation_run.stopped.connect(self.evaluation_page.show_message)
        self.evaluation_page.cancelled.connect(self.evaluation_run.cancel)
        self.evaluation_page.closed.connect(self._show_image_page)
        self.evaluation_page.exam_chosen.connect(self._show_exam)

    # Opening

    def open(self, paths: list[Path]) -> None:
        """Open files and folders beside what is open."""
        for path in paths:
            if path.is_dir() and path != DEMO_STUDIES:
                self._remember(self._settings.with_recent(path))
        self._show_image_page()
        if self.session.current is None:
            self.viewport.show_message("Reading …", ", ".join(path.name for path in paths))
        self.workspace.open(paths)

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open a folder of radiographs")
        if folder:
            self.open([Path(folder)])

    def _choose_files(self) -> None:
        files, _ = QFileDialog.getOpenFileNames(self, "Open radiographs")
        if files:
            self.open([Path(file) for file in files])

    def _choose_truth(self) -> None:
        file, _ = QFileDialog.getOpenFileName(
            self, "Load ground truth", filter="Ground truth (*.csv *.json);;All files (*)"
        )
        if file:
            self.workspace.load_truth(Path(file))

    def _add_images(self, images: list[ScannedImage]) -> None:
        self.worklist.add_images(self.workspace.index, images)
        if self.session.current is None:
            self.worklist.step_image(+1)

    def _add_refusals(self, refusals: list[Refusal]) -> None:
        self.worklist.add_refusals(refusals)
        if not self.workspace.images:
            self.viewport.show_message(
                "No radiograph yet", "The worklist says why each of the files cannot be shown."
            )

    def _forget_all(self) -> None:
        self.worklist.clear()
        self.evaluation_run.cancel()
        self._radiograph = None
        self.viewport.show_radiograph(None)
        self._show_start_page()

    def _remember(self, settings: Settings) -> None:
        self._settings = settings
        self.settings_changed.emit(settings)
        self._fill_recent()

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for folder in self._settings.recent_folders:
            self._recent_menu.addAction(str(folder), partial(self.open, [folder]))
        self._recent_menu.setEnabled(bool(self._settings.recent_folders))
        self.start_page.show_recent(self._settings.recent_folders)

    # Showing

    def _refresh(self, change: Change) -> None:
        aspects = change.aspects
        if Aspect.CURRENT in aspects:
            self._show_current()
        if aspects & {
            Aspect.CURRENT,
            Aspect.DETECTIONS,
            Aspect.VERDICTS,
            Aspect.THRESHOLD,
            Aspect.MODEL,
        }:
            self._follow_verdict(change)
            self._show_findings()
        if aspects & {Aspect.CURRENT, Aspect.TRUTH}:
            current = self.session.current
            self.viewport.set_truth(None if current is None else self.session.truth(current))
        if Aspect.CURRENT in aspects or Aspect.DETECTIONS in aspects:
            self._select_first_undecided()
        if aspects & {Aspect.SELECTION, Aspect.CURRENT, Aspect.DETECTIONS, Aspect.VERDICTS}:
            self._show_selection()
        self.worklist.refresh(change)
        self._enable_actions()

    def _show_current(self) -> None:
        self._frame = 0
        self._radiograph = None
        key = self.session.current
        if key is None:
            return
        self._show_image_page()
        self.worklist.show_current(key)
        radiograph = self.workspace.radiograph(key)
        if radiograph is None:
            self.viewport.show_message("Reading …", self.workspace.image(key).path.name)
        else:
            self._show_radiograph(key, radiograph)
        self.workspace.prefetch(self.worklist.neighbours())

    def _show_radiograph(self, key: str, radiograph: Radiograph) -> None:
        if key != self.session.current or radiograph.frame != self._frame:
            return
        self._radiograph = radiograph
        self.viewport.show_radiograph(radiograph)
        self.viewport.set_corner_texts(*corner_texts(radiograph))
        self.viewport.set_truth(self.session.truth(key))
        self.actions_by_id["invert"].setChecked(False)
        self._show_findings()
        self._show_selection()
        self._enable_actions()

    def _show_failure(self, key: str, reason: str) -> None:
        if key == self.session.current:
            self.viewport.show_message("This image cannot be shown", reason)

    def _show_detection_failure(self, key: str, reason: str) -> None:
        self.worklist.refresh(Change(frozenset({Aspect.DETECTIONS}), key, self))
        if key == self.session.current:
            self._show_findings()

    def _show_findings(self) -> None:
        key = self.session.current
        findings = () if key is None else self.session.findings(key)
        self.viewport.set_threshold(self.session.threshold)
        self.viewport.set_findings(findings if self._frame == 0 else ())
        self.findings_panel.show_findings(
            findings,
            self._radiograph,
            self.session.threshold,
            None if key is None else self.session.exam_score(key),
            self._explanation(key),
        )

    def _explanation(self, key: str | None) -> str:
        if key is None:
            return "Open a folder of radiographs to begin."
        if key in self.workspace.not_scored:
            return f"The detector could not score this image. {self.workspace.not_scored[key]}"
        if self.session.detections(key) is None:
            return "The detector has not come to this image yet."
        hidden = len(self.session.findings(key)) - len(self.session.shown_findings(key))
        if not self.session.findings(key):
            return "The detector found nothing here."
        return f"{hidden} below the threshold of {self.session.threshold:.2f}" if hidden else ""

    def _show_selection(self) -> None:
        self.viewport.set_selected(self.session.selected)
        self.findings_panel.show_selection(self.session.selected)
        if self.session.selected is not None and self._radiograph is not None:
            self.viewport.center_on_finding(self.session.selected)

    def _show_detector(self, state: DetectorState) -> None:
        self._detector.setText(state.text)

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

    def _show_start_page(self) -> None:
        self._fill_recent()
        self.pages.setCurrentWidget(self.start_page)

    def _show_image_page(self) -> None:
        self.pages.setCurrentWidget(self.viewport)
        self.viewport.setFocus()

    def _show_context_menu(self, position: QPoint) -> None:
        self._context_menu.popup(position)

    def _show_exam(self, key: str) -> None:
        self.session.show(key)
        self._show_image_page()

    def _enable_actions(self) -> None:
        has_image = self._radiograph is not None
        for command in ("fit", "actual_size", "zoom_in", "zoom_out", "reset_view", "invert"):
            self.actions_by_id[command].setEnabled(has_image)
        for command in ("accept", "reject", "undecide"):
            self.actions_by_id[command].setEnabled(self.session.selected is not None)
        for command, name in (("undo", self.session.undo_name), ("redo", self.session.redo_name)):
            action = self.actions_by_id[command]
            action.setEnabled(name is not None)
            verb = command.capitalize()
            action.setText(verb if name is None else f"{verb}: {name}")

    # Reviewing

    def _select(self, finding_id: str | None) -> None:
        self.session.select(finding_id)

    def _select_first_undecided(self) -> None:
        key = self.session.current
        if key is None or self.session.selected is not None:
            return
        for finding in self.session.shown_findings(key):
            if finding.verdict is Verdict.UNDECIDED:
                self.session.select(finding.id)
                return

    def _decide(self, verdict: Verdict) -> None:
        key, finding_id = self.session.current, self.session.selected
        if key is None or finding_id is None:
            return
        self.session.perform(SetVerdict(key, finding_id, verdict), by=self)

    def _follow_verdict(self, change: Change) -> None:
        """Go where the reader will look next: on after a verdict, back after an undo."""
        if Aspect.VERDICTS not in change.aspects or change.image is None:
            return
        if change.by is not self:
            self.session.show(change.image)
            return
        if change.image != self.session.current:
            return
        shown = [finding.id for finding in self.session.shown_findings(change.image)]
        if self.session.selected in shown[:-1]:
            self.session.select_next()
        elif shown and self.session.selected == shown[-1]:
            self.worklist.step_image(+1)

    def _move_threshold(self, step: float) -> None:
        self.session.set_threshold(round(self.session.threshold + step, 2))

    def _set_inverted(self, inverted: bool) -> None:
        if self.viewport.is_inverted != inverted:
            self.viewport.invert()

    # Evaluating

    def _evaluate(self) -> None:
        self.pages.setCurrentWidget(self.evaluation_page)
        self.evaluation_run.start()

    # The window itself

    def _set_full_screen(self, is_full: bool) -> None:
        if is_full:
            self.showFullScreen()
        else:
            self.showNormal()

    def _restore_layout(self) -> None:
        geometry = QByteArray.fromBase64(self._settings.window_geometry.encode("ascii"))
        layout = QByteArray.fromBase64(self._settings.window_layout.encode("ascii"))
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)
        if not layout.isEmpty():
            self.restoreState(layout)

    def _reset_layout(self) -> None:
        self.restoreState(self._initial_layout)

    @staticmethod
    def _application() -> QCoreApplication:
        application = QCoreApplication.instance()
        assert application is not None
        return application

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hide all boxes while Ctrl+H is held."""
        if event.type() in (
            QEvent.Type.KeyPress,
            QEvent.Type.KeyRelease,
            QEvent.Type.ShortcutOverride,
        ):
            assert isinstance(event, QKeyEvent)
            is_down = event.type() != QEvent.Type.KeyRelease
            if event.key() == Qt.Key.Key_H and not event.isAutoRepeat():
                held = is_down and event.modifiers() == Qt.KeyboardModifier.ControlModifier
                self.viewport.set_boxes_visible(not held)
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.open([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def closeEvent(self, event: QCloseEvent) -> None:
        self._remember(
            self._settings.model_copy(
                update={
                    "window_geometry": self.saveGeometry().toBase64().toStdString(),
                    "window_layout": self.saveState().toBase64().toStdString(),
                }
            )
        )
        self._application().removeEventFilter(self)
        super().closeEvent(event)
