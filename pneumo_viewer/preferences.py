"""The settings in force, and word of each change."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from pneumo_viewer.settings import Settings


class Preferences(QObject):
    """The one holder of the settings while the program runs.

    Parameters
    ----------
    settings
        As stored at the last end.
    """

    changed = Signal(object)
    """The new Settings; they are to be stored."""

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def set(self, settings: Settings) -> None:
        """Put other settings in force."""
        if settings != self._settings:
            self._settings = settings
            self.changed.emit(settings)

    def change(self, **values: object) -> None:
        """Change some settings.

        Raises
        ------
        pydantic.ValidationError
            When a value is out of its bounds; nothing is changed then.
        """
        self.set(Settings.model_validate(self._settings.model_dump() | values))
