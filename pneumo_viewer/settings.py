"""What the program remembers between two starts, apart from verdicts."""

from __future__ import annotations

import getpass
import logging
import os
from pathlib import Path

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

logger = logging.getLogger(__name__)

_MOST_RECENT_FOLDERS = 8


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "reader"


class Settings(BaseModel):
    """Typed settings; every change is made on a copy and saved whole."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    reader: str = Field(
        default_factory=_login_name,
        min_length=1,
        title="Reader",
        description="The name under which verdicts are stored.",
    )
    blinded: bool = Field(
        default=False,
        title="Blinded reading",
        description="Read first, then reveal the detector's findings, then the ground truth.",
    )
    recent_folders: tuple[Path, ...] = Field(default=(), title="Recent folders")
    weights: Path | None = Field(
        default=None, title="Model", description="The weights file; empty for the program's own."
    )
    window_geometry: str = Field(default="", title="Window geometry, base64")
    window_layout: str = Field(default="", title="Panel layout, base64")

    def with_recent(self, folder: Path) -> Settings:
        """Put a folder first among the recent ones, if its name can be written down."""
        folder = folder.absolute()
        try:
            str(folder).encode()
        except UnicodeEncodeError:
            return self
        others = tuple(known for known in self.recent_folders if known != folder)
        return self.model_copy(update={"recent_folders": (folder, *others)[:_MOST_RECENT_FOLDERS]})


def settings_path() -> Path:
    """Where the settings of this user lie."""
    return user_config_path("pneumo-viewer") / "settings.json"


def load_settings(path: Path) -> Settings:
    """Read settings; a file that cannot be used is set aside with a line in the log.

    Returns
    -------
    Settings
        The stored ones, or the defaults.
    """
    try:
        return Settings.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Settings()
    except (OSError, ValidationError) as error:
        logger.warning("settings in %s could not be used and start afresh: %s", path, error)
        _set_aside(path)
        return Settings()


def _set_aside(path: Path) -> None:
    try:
        if path.is_file():
            path.replace(path.with_suffix(".unusable.json"))
    except OSError as error:
        logger.warning("settings in %s could not be set aside: %s", path, error)


def save_settings(settings: Settings, path: Path) -> None:
    """Write settings atomically.

    Raises
    ------
    OSError
        When the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(settings.model_dump_json(indent=2), encoding="utf-8")
    draft.replace(path)
