"""Everything that the reader does with models: choose, look inside, export for, and fine-tune."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from pneumo_viewer.canvas.heat_map import HeatMapLayer
from pneumo_viewer.exchange.training_set import TrainingSet, plan_training_set, writing_tasks
from pneumo_viewer.heat_maps import HeatMaps
from pneumo_viewer.models import SUFFIX, Model, Models
from pneumo_viewer.panels.models import ModelList, ModelMenu
from pneumo_viewer.panels.training import TrainingPanel
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.training_run import TrainingRun
from pneumo_viewer.words import tr
from pneumo_viewer.workspace import reason_of
from resources import DEMO_STUDIES

if TYPE_CHECKING:
    from pneumo_viewer.main_window import MainWindow

_COUNTED = {Aspect.VERDICTS, Aspect.DETECTIONS, Aspect.MODEL, Aspect.THRESHOLD}


class ModelDesk(QObject):
    """Joins models, heat maps and training with a window.

    Parameters
    ----------
    window
        Whose docks are made already, and whose menus are not.
    active
        The model that the detector begins with.
    """

    def __init__(self, window: MainWindow, active: Model | None) -> None:
        super().__init__(window)
        self._window = window
        self._workspace = window.workspace
        self.models = Models(window.workspace.jobs, window.session, active, self)
        self.heat_maps = HeatMaps(window.workspace, HeatMapLayer(window.viewport), self)
        self.training = TrainingRun(window.workspace.jobs, self)
        self.panel = TrainingPanel(self.training)
        window.docks.add_behind_findings(
            "training", tr("Training"), self.panel, self.panel.title_bar
        )
        self.list = ModelList(self.models)
        say = window.workspace.notice_given.emit
        self.models.notice_given.connect(say)
        self.models.chosen.connect(self._follow)
        self.heat_maps.notice_given.connect(say)
        self.training.trained.connect(self._show_trained)
        self.panel.set_wanted.connect(self._count)
        window.session.subscribe(self._count_soon)
        self.panel.show_model(active)

    def join_bars(self) -> None:
        """Put the list of models into the tool bar and the menu."""
        window = self._window
        menu = ModelMenu(self.models, window)
        window.menus.by_title["Model"].insertMenu(window.actions_by_id["open_weights"], menu)
        window.tool_bar.addWidget(self.list)
        self.models.refresh()

    @property
    def slots(self) -> dict[str, Callable[..., object]]:
        """What the commands of this desk do."""
        return {
            "open_weights": self._choose_weights,
            "show_heat_map": self.heat_maps.set_wanted,
            "export_training_set": self._choose_export_folder,
            "fine_tune": self._show_panel,
        }

    def close(self) -> None:
        """Stop a training; it can be resumed in the next window."""
        self.panel.close_down()
        self.training.close()

    # Choosing

    def _choose_weights(self) -> None:
        file, _ = QFileDialog.getOpenFileName(
            self._window,
            tr("Open weights"),
            filter=tr("Weights (*{suffix});;All files (*)", suffix=SUFFIX),
        )
        if file:
            self.models.choose(Path(file))

    def _follow(self, model: Model) -> None:
        window = self._window
        window.card, window.card_problem = model.card, ""
        window.desk.use_model(model.card)
        window.findings_panel.set_points(model.card.operating_points)
        window.preferences.change(weights=model.path)
        self.panel.show_model(model)

    # Training

    def training_set(self) -> TrainingSet:
        """What of the open studies is reviewed."""
        return plan_training_set(self._workspace.images, self._window.session)

    def export(self, folder: Path) -> None:
        """Write the reviewed studies as a training set and say what became of it."""
        say = self._workspace.notice_given.emit
        training_set = self.training_set()
        if not training_set.exams:
            say(tr("There is nothing to export. {why}", why=training_set.describe()))
            return
        self._workspace.tasks.submit(
            tr("Writing a training set to {folder}").format(folder=folder),
            writing_tasks(folder, training_set.exams),
            done=lambda path: say(f"{path}: {training_set.describe()}"),
            failed=lambda error: say(f"{folder}: {reason_of(error)}"),
        )

    def _choose_export_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self._window, tr("Export reviewed studies as a training set")
        )
        if folder:
            self.export(Path(folder))

    def _show_panel(self) -> None:
        dock = self._window.docks["training"]
        dock.show()
        dock.raise_()
        self.panel.steps.setFocus()

    def _count(self) -> None:
        """Count what can be learnt from: never the demo studies, which training leaves out."""
        images = self._workspace.images
        learnt_from = [i for i in images if not i.path.is_relative_to(DEMO_STUDIES)]
        self.panel.show_training_set(
            plan_training_set(learnt_from, self._window.session),
            tr("The demo studies are never trained on.") if len(learnt_from) < len(images) else "",
        )

    def _count_soon(self, change: Change) -> None:
        if change.aspects & _COUNTED:
            self.panel.count_soon()

    def _show_trained(self, path: Path) -> None:
        self.models.refresh()
        self._workspace.notice_given.emit(
            tr("{model} is trained. Choose it in the list of models.", model=path.stem)
        )
