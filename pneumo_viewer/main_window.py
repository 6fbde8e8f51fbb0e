"""The review window: it shows the workspace and sends it what the reader asks for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from detector.model_card import ModelCard
from pneumo_viewer.actions import Actions
from pneumo_viewer.bars import Menus, StatusLine, add_tool_bar
from pneumo_viewer.box_desk import BoxDesk
from pneumo_viewer.canvas.viewport_grid import ViewportGrid
from pneumo_viewer.docks import Docks
from pneumo_viewer.evaluation_desk import EvaluationDesk
from pneumo_viewer.export_desk import ExportDesk
from pneumo_viewer.image_desk import ImageDesk
from pneumo_viewer.layout_desk import LayoutDesk
from pneumo_viewer.library.found import Refusal, ScannedImage
from pneumo_viewer.model_desk import ModelDesk
from pneumo_viewer.models import Model
from pneumo_viewer.pacs_desk import PacsDesk
from pneumo_viewer.pages import Pages
from pneumo_viewer.panel_focus import step_panel
from pneumo_viewer.panels.findings import FindingsPanel
from pneumo_viewer.panels.log import LogPanel
from pneumo_viewer.panels.notice import NoticeStrip
from pneumo_viewer.panels.palette import CommandPalette
from pneumo_viewer.panels.start import StartPage
from pneumo_viewer.panels.worklist import WorklistPanel
from pneumo_viewer.preferences import Preferences
from pneumo_viewer.reader_desk import ReaderDesk
from pneumo_viewer.reading_desk import ReadingDesk
from pneumo_viewer.screens import bring_onto_screen
from pneumo_viewer.settings import Settings
from pneumo_viewer.tags_desk import TagsDesk
from pneumo_viewer.undoing import Undoing
from pneumo_viewer.wiring import command_slots
from pneumo_viewer.words import tr
from pneumo_viewer.workspace import Workspace
from resources import DEFAULT_WEIGHTS, DEMO_STUDIES


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
        self._has_given_room = False
        self.preferences = Preferences(settings, self)
        self.card = card
        self.card_problem = card_problem
        self.setWindowTitle("pneumo-viewer")
        self.resize(1440, 900)
        self.setAcceptDrops(True)

        self.actions_by_id = Actions(self)
        self.viewports = ViewportGrid()
        self.viewport = self.viewports.viewports[0]
        self.start_page = StartPage()
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

        self.evaluation_desk = EvaluationDesk(workspace, self.viewport, self.actions_by_id, self)
        self.evaluation_page = self.evaluation_desk.page
        self.evaluation_run = self.evaluation_desk.run
        self.reader_desk = ReaderDesk(workspace, self.actions_by_id, self)
        self.agreement_page = self.reader_desk.agreement_page

        self.pages = Pages()
        for page in (self.start_page, self.viewports, self.evaluation_page, self.agreement_page):
            self.pages.addWidget(page)
        self.notice_strip = NoticeStrip()
        center = QWidget()
        column = QVBoxLayout(center)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notice_strip)
        column.addWidget(self.pages, 1)
        self.setCentralWidget(center)
        self.log_panel = LogPanel()
        self.docks = Docks(self, self.actions_by_id)
        self._add_docks()
        active = None if card is None else Model(settings.weights or DEFAULT_WEIGHTS, card)
        self.model_desk = ModelDesk(self, active)
        self.tags_desk = TagsDesk(self)
        self.menus = Menus(self, self.actions_by_id)
        window_menu = self.menus.by_title["Image/Window"]
        self.image_desk = ImageDesk(self.viewports, self.actions_by_id, window_menu, self)
        self.layout_desk = LayoutDesk(
            workspace, self.viewports, self.actions_by_id, self.preferences, self
        )
        self.undoing = Undoing(
            self.session,
            self.viewport.tools.measurements,
            self.actions_by_id,
            self.layout_desk.shows,
            self,
        )
        self.tool_bar = add_tool_bar(self, self.actions_by_id, self.menus)
        self.model_desk.join_bars()
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.status_line = StatusLine(self.statusBar(), card)
        self.statusBar().addPermanentWidget(self.reader_desk.field)
        self.export_desk = ExportDesk(self)
        self.pacs_desk = PacsDesk(self)
        self.notice = self.status_line.notice

        self.notice.given.connect(self.log_panel.add_notice)
        self.notice.clicked.connect(self.actions_by_id["show_log"].toggle)
        self.command_palette = CommandPalette(self.actions_by_id, self)
        self.preferences.changed.connect(self._follow_settings)
        self._follow_settings(settings)

        self.actions_by_id.connect_all(command_slots(self))
        self.actions_by_id.let_keys_work_in(
            [self.viewports, self.worklist.tree, self.findings_panel]
        )
        self.actions_by_id["show_truth"].setChecked(True)
        self._connect_workspace()
        self._connect_pages()
        self.docks.restore(settings.window_layout)
        self._restore_geometry()
        self._show_start_page()
        self._application().installEventFilter(self)
        if "reader" not in settings.model_fields_set:
            self.reader_desk.greet()

    def _add_docks(self) -> None:
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        worklist, findings = self.worklist, self.findings_panel
        self.docks.add("worklist", tr("Worklist"), worklist, left, worklist.title_bar, width=420)
        self.docks.add("findings", tr("Findings"), findings, right, findings.title_bar, width=404)
        log, bottom = self.log_panel, Qt.DockWidgetArea.BottomDockWidgetArea
        self.docks.add("log", tr("Log"), log, bottom, log.title_bar, is_visible=False)

    def _connect_workspace(self) -> None:
        workspace, status = self.workspace, self.status_line
        workspace.images_added.connect(self._add_images)
        workspace.files_refused.connect(self._add_refusals)
        workspace.closed_all.connect(self._forget_all)
        workspace.notice_given.connect(self.notice.say)
        workspace.scanning_changed.connect(status.scanning.show_progress)
        workspace.scoring_changed.connect(status.scoring.show_progress)
        workspace.jobs.detector_changed.connect(status.show_detector)
        status.scanning.cancelled.connect(workspace.stop_scan)
        status.scoring.cancelled.connect(workspace.stop_scoring)
        workspace.tasks.changed.connect(status.task.show_task)
        status.task.cancelled.connect(workspace.tasks.stop)

    def _connect_pages(self) -> None:
        self.desk.image_shown.connect(self.show_image_page)
        self.desk.findings_wanted.connect(partial(self.docks.bring_forward, "findings"))
        for viewport in self.viewports.viewports:
            viewport.pointer_moved.connect(self.status_line.show_pointer)
            viewport.files_dropped.connect(self.open)
            menu = self.menus.context if viewport is self.viewport else self.menus.beside
            viewport.context_menu_requested.connect(menu.popup)
        self.layout_desk.alone_maximised.connect(self.docks.toggle_hidden)
        self.worklist.image_placed.connect(self.layout_desk.place)
        self.findings_panel.slider.drag_changed.connect(self.viewports.set_threshold_moving)
        self.actions_by_id.follow_key("open_folder", self.start_page.show_key)
        self.start_page.open_requested.connect(self.choose_folder)
        self.start_page.demo_requested.connect(lambda: self.open([DEMO_STUDIES]))
        self.start_page.folder_requested.connect(lambda folder: self.open([folder]))
        self.pages.currentChanged.connect(self._give_room)
        self.reader_desk.chosen.connect(self._follow_reader)
        self.agreement_page.closed.connect(self.show_image_page)
        self.agreement_page.exam_chosen.connect(self._show_exam)

    # Opening

    def open(self, paths: list[Path]) -> None:
        """Open files and folders beside what is open."""
        for path in paths:
            if path.is_dir() and path != DEMO_STUDIES:
                self.preferences.set(self.preferences.settings.with_recent(path))
                self._fill_recent()
        self.show_image_page()
        if self.session.current is None:
            self.viewport.show_message(tr("Reading …"), ", ".join(path.name for path in paths))
        self.workspace.open(paths)

    def choose_folder(self) -> None:
        """Open a folder that the reader chooses."""
        folder = QFileDialog.getExistingDirectory(self, tr("Open a folder of radiographs"))
        if folder:
            self.open([Path(folder)])

    def choose_files(self) -> None:
        """Open files that the reader chooses."""
        files, _ = QFileDialog.getOpenFileNames(self, tr("Open radiographs"))
        if files:
            self.open([Path(file) for file in files])

    def choose_truth(self) -> None:
        """Load ground truth from files that the reader chooses."""
        files, _ = QFileDialog.getOpenFileNames(
            self,
            tr("Load ground truth"),
            filter=tr("Ground truth and reports (*.csv *.json *.dcm);;All files (*)"),
        )
        if files:
            self.workspace.load_truth(*map(Path, files))

    def _add_images(self, images: list[ScannedImage]) -> None:
        self.worklist.add_images(self.workspace.index, images)
        if self.session.current is None:
            self.worklist.step_image(+1)

    def _add_refusals(self, refusals: list[Refusal]) -> None:
        self.worklist.add_refusals(refusals)
        if not self.workspace.images:
            self.viewport.show_message(
                tr("No radiograph yet"),
                tr("The worklist says why each of the files cannot be shown."),
            )

    def _forget_all(self) -> None:
        self.worklist.clear()
        self.evaluation_desk.forget()
        self.undoing.forget_measuring()
        self._show_start_page()

    def _fill_recent(self) -> None:
        folders, menu = self.preferences.settings.recent_folders, self.menus.recent
        menu.clear()
        for folder in folders:
            menu.addAction(str(folder), partial(self.open, [folder]))
        menu.setEnabled(bool(folders))
        self.start_page.show_recent(folders)

    # Showing

    def _show_start_page(self) -> None:
        self._fill_recent()
        self.pages.setCurrentWidget(self.start_page)

    def show_image_page(self) -> None:
        """Show the image in the middle."""
        self.pages.setCurrentWidget(self.viewports)
        self.viewports.active.setFocus()

    def _show_exam(self, key: str) -> None:
        self.session.show(key)
        self.show_image_page()

    def _follow_settings(self, settings: Settings) -> None:
        self.actions_by_id.set_keys(settings.keys)
        self.viewports.set_up_brighter(settings.drag_up == "brighter")

    def offer_to_restore(self) -> None:
        """After a crash: say that nothing is lost, and offer the last folder and the log."""
        answers: dict[str, Callable[[], object]] = {}
        if self.preferences.settings.recent_folders:
            last = self.preferences.settings.recent_folders[0]
            answers[tr("Open {folder} again", folder=last.name)] = partial(self.open, [last])
        answers[tr("Show the log")] = self.docks["log"].show
        self.notice_strip.ask(
            tr("The program ended unexpectedly. Every verdict that was on the screen is there."),
            answers,
        )

    def show_dialog(self, dialog: QDialog) -> None:
        """Open a dialog beside the reading, or bring forward the one of its kind that is open."""
        for other in self.findChildren(type(dialog)):
            if other is not dialog and other.isVisible():
                dialog.deleteLater()
                other.raise_()
                other.activateWindow()
                return
        dialog.show()

    # Evaluating

    def show_evaluation_page(self) -> None:
        """Show the evaluation in the middle, over the whole width."""
        self.pages.setCurrentWidget(self.evaluation_page)

    def switch_page(self) -> None:
        """Go to the evaluation, if the image is shown and there is one, else to the image."""
        is_image = self.pages.currentWidget() is self.viewports
        if is_image and self.evaluation_desk.has_content:
            self.show_evaluation_page()
        else:
            self.show_image_page()

    def _give_room(self) -> None:
        is_evaluation = self.pages.currentWidget() is self.evaluation_page
        if is_evaluation and not self.docks.are_hidden:
            self._has_given_room = True
            self.docks.toggle_hidden()
        elif not is_evaluation and self._has_given_room:
            self._has_given_room = False
            if self.docks.are_hidden:
                self.docks.toggle_hidden()

    def compare_readers(self) -> None:
        """Compare the readers of the loaded studies on a page of its own."""
        self.pages.setCurrentWidget(self.agreement_page)
        self.reader_desk.compare()

    def _follow_reader(self, choices: dict[str, object]) -> None:
        self.preferences.change(**choices)
        if self.pages.currentWidget() in (self.evaluation_page, self.agreement_page):
            self.show_image_page()  # what they show is another reader's, or to be hidden
        self.evaluation_desk.forget()

    # The window itself

    def step_panel(self, by: int) -> None:
        """Give the focus to the next panel, or the one before; the image is one of them."""
        worklist, *others = self.docks.panels
        is_image = self.pages.currentWidget() is self.viewports
        middle = self.viewports.active if is_image else self.pages
        step_panel([worklist, middle, *others], by)

    def set_full_screen(self, is_full: bool) -> None:
        """Fill the screen, or go back into the frame."""
        full = Qt.WindowState.WindowFullScreen
        state = self.windowState()
        self.setWindowState(state | full if is_full else state & ~full)

    def _restore_geometry(self) -> None:
        geometry = self.preferences.settings.window_geometry
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii")))
            self.set_full_screen(False)
            bring_onto_screen(self)

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
                self.viewports.set_boxes_visible(not held)
        elif event.type() == QEvent.Type.ApplicationDeactivate:
            self.viewports.set_boxes_visible(True)  # the release of the key goes elsewhere
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.open([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def closeEvent(self, event: QCloseEvent) -> None:
        self.findings_panel.exam.send_comment()
        self.preferences.change(
            window_geometry=self.saveGeometry().toBase64().toStdString(),
            window_layout=self.docks.layout,
        )
        self.model_desk.close()
        self.desk.close()
        self._application().removeEventFilter(self)
        super().closeEvent(event)
