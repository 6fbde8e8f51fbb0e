"""Choosing the model: a list in the tool bar and the same in the menu."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QComboBox, QMenu, QWidget

from pneumo_viewer.models import Model, Models
from pneumo_viewer.words import tr

_WIDEST = 220


class ModelList(QComboBox):
    """The models by name in the tool bar; the tool tip says where each comes from."""

    def __init__(self, models: Models, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models = models
        self.setAccessibleName(tr("Model"))
        self.setPlaceholderText(tr("no model"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMaximumWidth(_WIDEST)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.activated.connect(lambda row: models.choose(models.models[row].path))
        models.listed.connect(self._fill)

    def _fill(self) -> None:
        with QSignalBlocker(self):
            self.clear()
            for row, model in enumerate(self._models.models):
                self.addItem(model.label)
                self.setItemData(row, describe_model(model), Qt.ItemDataRole.ToolTipRole)
            self.setCurrentIndex(_active_row(self._models))
        active = self._models.active
        self.setToolTip(
            tr("There is no model.")
            if active is None
            else tr("The model: {model}", model=describe_model(active))
        )


class ModelMenu(QMenu):
    """The same models as a menu, the active one ticked."""

    def __init__(self, models: Models, parent: QWidget) -> None:
        super().__init__(tr("Models"), parent)
        self.setToolTipsVisible(True)
        self._models = models
        self._group = QActionGroup(self)
        models.listed.connect(self._fill)

    def _fill(self) -> None:
        self.clear()
        for action in self._group.actions():
            self._group.removeAction(action)
        active = _active_row(self._models)
        for row, model in enumerate(self._models.models):
            action = self.addAction(model.label)
            action.setCheckable(True)
            action.setChecked(row == active)
            action.setToolTip(describe_model(model))
            self._group.addAction(action)
            action.triggered.connect(_chooser(self._models, model.path))


def describe_model(model: Model) -> str:
    """One line: preset, size of the input, fingerprint and file."""
    preset = model.card.preset
    return tr(
        "{model}, preset {preset}, {size} px, {fingerprint}, {file}",
        model=model.label,
        preset=preset.name,
        size=preset.input_size,
        fingerprint=model.card.fingerprint,
        file=model.path.name,
    )


def _chooser(models: Models, path: Path) -> object:
    return lambda: models.choose(path)


def _active_row(models: Models) -> int:
    paths = [model.path for model in models.models]
    return paths.index(models.active.path) if models.active is not None else -1
