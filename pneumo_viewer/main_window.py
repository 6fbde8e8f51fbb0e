"""The review window: it shows the workspace and sends it what the reader asks for."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, Qt, Signal
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
from pneumo_viewer import dialogs
from pneumo_viewer.actions import Actions
from pneumo_viewer.box_desk import BoxDesk
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.evaluating import EvaluationRun
from pneumo_viewer.jobs.tasks import DetectorState
from pneumo_viewer.library.found import Refusal, ScannedImage
from pneumo_viewer.panels.evaluation import EvaluationPage
from pneumo_viewer.panels.findings import FindingsPanel
from pneumo_viewer.panels.notice import NoticeLine
from pneumo_viewer.panels.start import StartPage
from pneumo_viewer.panels.status import WorkProgress, describe
from pneumo_viewer.panels.worklist import WorklistPanel
from pneumo_viewer.reader_desk import ReaderDesk
from pneumo_viewer.reading_desk import FAR_STEP, STEP, ReadingDesk
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.settings import Settings
from pneumo_viewer.theme import UNIT
from pneumo_viewer.workspace import Workspace
from resources import DEMO_STUDIES


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
        self.worklist = WorklistPanel(workspace.session, workspace.not_scored, workspace.doubts)
        operating_points = () if card is None else card.operating_points
        self.findings_panel = FindingsPanel(self.actions_by_id, operating_points)
        self.desk = ReadingDesk(
            workspace,
            self.viewport,
            self.worklist,
            self.findings_panel,
            self.actions_by_id,
            operating_points,
            card_problem,
            self,
        )
        self.box_desk = BoxDesk(self.session, self.viewport, self.actions_by_id, self)
        self.reader_desk = ReaderDesk(workspace, self.actions_by_id, self)
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
        self._application().installEventFilter(self)
        if "reader" not in settings.model_fields_set:
            self.reader_desk.greet()

    # Building

    def _build_center(self) -> None:
        agreement_page = self.reader_desk.agreement_page
        for page in (self.start_page, self.viewport, self.evaluation_page, agreement_page):
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
        status.setContentsMargins(2 * UNIT, 0, 0, 0)
        status.setSizeGripEnabled(False)
        status.addWidget(self._scan_progress)
        status.addWidget(self._scoring_progress)
        status.addWidget(self.notice, 1)
        status.addPermanentWidget(self._reading)
        status.addPermanentWidget(self.reader_desk.field)
        status.addPermanentWidget(self._detector)
        for label in (self._reading, self._detector):
            label.setContentsMargins(2 * UNIT, 0, 3 * UNIT, 0)
        self._detector.setText("no model" if card is None else f"{card.name} {card.version}")

    def _connect_actions(self) -> None:
        viewport, worklist, session = self.viewport, self.worklist, self.session
        desk = self.desk
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
                "reset_view": desk.cancel_or_reset,
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
                "invert": desk.set_inverted,
                "undo": session.undo,
                "redo": session.redo,
                "accept": lambda: desk.decide(Verdict.ACCEPTED),
                "reject": lambda: desk.decide(Verdict.REJECTED),
                "undecide": lambda: desk.decide(Verdict.UNDECIDED),
                **self.box_desk.slots(),
                **desk.exam_slots(),
                "next_finding": session.select_next,
                "previous_finding": session.select_previous,
                "next_image": lambda: worklist.step_image(+1),
                "previous_image": lambda: worklist.step_image(-1),
                "next_exam": lambda: worklist.step_exam(+1),
                "previous_exam": lambda: worklist.step_exam(-1),
                "threshold_up": lambda: desk.move_threshold(STEP),
                "threshold_down": lambda: desk.move_threshold(-STEP),
                "threshold_far_up": lambda: desk.move_threshold(FAR_STEP),
                "threshold_far_down": lambda: desk.move_threshold(-FAR_STEP),
                "next_point": desk.next_operating_point,
                **self.reader_desk.slots(),
                "compare_readers": self._compare_readers,
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
        workspace, viewport = self.workspace, self.viewport
        workspace.images_added.connect(self._add_images)
        workspace.files_refused.connect(self._add_refusals)
        workspace.closed_all.connect(self._forget_all)
        workspace.notice_given.connect(self.notice.say)
        workspace.scanning_changed.connect(self._scan_progress.show_progress)
        workspace.scoring_changed.connect(self._scoring_progress.show_progress)
        workspace.jobs.detector_changed.connect(self._show_detector)
        self._scan_progress.cancelled.connect(workspace.stop_scan)
        self.desk.image_shown.connect(self._show_image_page)
        viewport.pointer_moved.connect(lambda reading: self._reading.setText(describe(reading)))
        viewport.files_dropped.connect(self.open)
        viewport.context_menu_requested.connect(self._context_menu.popup)
        self.start_page.open_requested.connect(self._choose_folder)
        self.start_page.demo_requested.connect(lambda: self.open([DEMO_STUDIES]))
        self.start_page.folder_requested.connect(lambda folder: self.open([folder]))
        self.evaluation_run.progressed.connect(self.evaluation_page.show_progress)
        self.evaluation_run.finished.connect(self.evaluation_page.show_outcome)
        self.evaluation_run.stopped.connect(self.evaluation_page.show_message)
        self.evaluation_page.cancelled.connect(self.evaluation_run.cancel)
        self.evaluation_page.closed.connect(self._show_image_page)
        self.evaluation_page.exam_chosen.connect(self._show_exam)

        self.reader_desk.chosen.connect(self._remember_reader)
        self.reader_desk.agreement_page.closed.connect(self._show_image_page)
        self.reader_desk.agreement_page.exam_chosen.connect(self._show_exam)

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

    def _show_detector(self, state: DetectorState) -> None:
        self._detector.setText(state.text)

    def _show_start_page(self) -> None:
        self._fill_recent()
        self.pages.setCurrentWidget(self.start_page)

    def _show_image_page(self) -> None:
        self.pages.setCurrentWidget(self.viewport)
        self.viewport.setFocus()

    def _show_exam(self, key: str) -> None:
        self.session.show(key)
        self._show_image_page()

    # Evaluating

    def _evaluate(self) -> None:
        self.pages.setCurrentWidget(self.evaluation_page)
        self.evaluation_run.start()

    def _compare_readers(self) -> None:
        self.pages.setCurrentWidget(self.reader_desk.agreement_page)
        self.reader_desk.compare()

    def _remember_reader(self, changes: dict[str, object]) -> None:
        self._remember(self._settings.model_copy(update=changes))
        if self.pages.currentWidget() in (self.evaluation_page, self.reader_desk.agreement_page):
            self._show_image_page()  # what they show is another reader's, or to be hidden
        self.evaluation_run.cancel()

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
        self.findings_panel.exam.send_comment()
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
