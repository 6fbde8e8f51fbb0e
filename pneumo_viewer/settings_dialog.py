"""The settings dialog, made from the schema of the settings; each change holds at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.preferences import Preferences
from pneumo_viewer.settings import Settings, ShownSetting, shown_settings
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import tr


class SettingsDialog(QDialog):
    """One row a setting, under the heading of its group.

    Parameters
    ----------
    preferences
        Shown and changed; a change from elsewhere is shown, too.
    parent
        The main window, which goes on working meanwhile.

    Attributes
    ----------
    fields
        The widget of each setting, by its name.
    """

    def __init__(self, preferences: Preferences, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Settings"))
        self._preferences = preferences
        self._show: dict[str, Callable[[object], None]] = {}
        self.fields: dict[str, QWidget] = {}
        form = QFormLayout()
        form.setSpacing(2 * UNIT)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for group, settings in groupby(_in_groups(shown_settings()), lambda known: known.group):
            form.addRow(_label(tr(group).upper(), "heading"))
            for setting in settings:
                self._add_row(form, setting)
        content = QWidget()
        content.setLayout(form)
        scroll = QScrollArea()
        scroll.setAccessibleName(tr("Settings"))
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.RestoreDefaults | QDialogButtonBox.StandardButton.Close
        )
        self.reset_button = buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
        self.reset_button.setText(tr("Reset to defaults"))
        self.reset_button.clicked.connect(self._reset)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * UNIT, 4 * UNIT, 4 * UNIT, 4 * UNIT)
        layout.addWidget(scroll, 1)
        layout.addWidget(buttons)
        preferences.changed.connect(self._show_settings)
        self._show_settings(preferences.settings)
        em = self.fontMetrics().height()
        self.resize(36 * em, 32 * em)

    def _add_row(self, form: QFormLayout, setting: ShownSetting) -> None:
        field = self._field(setting)
        title, help_ = tr(setting.title), tr(setting.help)
        field.setAccessibleName(title)
        field.setAccessibleDescription(help_)
        field.setToolTip(help_)
        self.fields[setting.name] = field
        form.addRow(title, field)
        form.addRow("", _label(help_, "secondary"))

    def _field(self, setting: ShownSetting) -> QWidget:
        change = partial(self._change, setting.name)
        if setting.choices:
            return self._choice(setting, change)
        match setting.schema["type"]:
            case "integer":
                whole = QSpinBox()
                whole.setRange(int(setting.schema["minimum"]), int(setting.schema["maximum"]))
                whole.setSingleStep(int(setting.schema.get("multipleOf", 1)))
                whole.setKeyboardTracking(False)
                whole.valueChanged.connect(change)
                self._show[setting.name] = lambda value: whole.setValue(int(str(value)))
                return whole
            case kind:
                raise TypeError(f"no field for {setting.name}, a setting of type {kind}")

    def _choice(self, setting: ShownSetting, change: Callable[[object], None]) -> QComboBox:
        box = QComboBox()
        for value, words in setting.choices.items():
            box.addItem(tr(words), value)
        box.activated.connect(lambda row: change(box.itemData(row)))
        self._show[setting.name] = lambda value: box.setCurrentIndex(box.findData(value))
        return box

    def _change(self, name: str, value: object) -> None:
        self._preferences.change(**{name: value})

    def _reset(self) -> None:
        defaults = Settings()
        self._preferences.change(**{name: getattr(defaults, name) for name in self.fields})

    def _show_settings(self, settings: Settings) -> None:
        for name, show in self._show.items():
            field = self.fields[name]
            field.blockSignals(True)
            show(getattr(settings, name))
            field.blockSignals(False)


def _in_groups(settings: list[ShownSetting]) -> list[ShownSetting]:
    """Bring settings of one group together, groups in the order of their first settings."""
    groups = list(dict.fromkeys(setting.group for setting in settings))
    return sorted(settings, key=lambda setting: groups.index(setting.group))


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
