"""What the program remembers between two starts, apart from verdicts."""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pneumo_viewer.network.servers import Server
from pneumo_viewer.words import mark, tr

Language = Literal["system", "en", "de"]

logger = logging.getLogger(__name__)

_MOST_RECENT_FOLDERS = 8


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "reader"


class Settings(BaseModel):
    """Typed settings; every change is made on a copy and saved whole.

    A field with a ``group`` stands in the settings dialog, made from its title, description,
    bounds and ``choices``; the others are remembered without being shown.
    """

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
    theme: Literal["dark", "light", "system"] = Field(
        default="dark",
        title=mark("Theme"),
        description=mark("Of the panels; the image is on black in every theme."),
        json_schema_extra={
            "group": mark("Appearance"),
            "choices": {
                "dark": mark("Dark"),
                "light": mark("Light"),
                "system": mark("As the system"),
            },
        },
    )
    language: Language = Field(
        default="system",
        title=mark("Language"),
        description=mark("Of menus, panels and messages, from the next start."),
        json_schema_extra={
            "group": mark("Appearance"),
            "choices": {"system": mark("As the system"), "en": "English", "de": "Deutsch"},
        },
    )
    text_size: int = Field(
        default=100,
        ge=100,
        le=200,
        multiple_of=10,
        title=mark("Text size"),
        description=mark("In percent, for every text of the window."),
        json_schema_extra={"group": mark("Appearance")},
    )
    drag_up: Literal["brighter", "darker"] = Field(
        default="brighter",
        title=mark("Dragging up"),
        description=mark("What a drag upwards with the left button does to the image."),
        json_schema_extra={
            "group": mark("Reading"),
            "choices": {"brighter": mark("Makes it brighter"), "darker": mark("Makes it darker")},
        },
    )
    keys: dict[str, tuple[str, ...]] = Field(default={}, title="Keys that were changed")
    recent_folders: tuple[Path, ...] = Field(default=(), title="Recent folders")
    weights: Path | None = Field(
        default=None, title="Model", description="The weights file; empty for the program's own."
    )
    servers: tuple[Server, ...] = Field(default=(), title="Archives in the network")
    viewports: Literal[1, 2, 4] = Field(default=1, title="Viewports")
    compare_priors: bool = Field(default=False, title="Compare with prior")
    synchronise: bool = Field(default=True, title="Zoom and pan all viewports together")
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


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """What the settings dialog knows of one setting.

    Attributes
    ----------
    name, title, help, group
        The field, what it is called, what it does and under which heading it stands.
    schema
        Its JSON schema: ``type``, ``minimum``, ``maximum``, ``multipleOf``.
    choices
        Words of each value that it can have; empty where it is not one of a few.
    """

    name: str
    title: str
    help: str
    group: str
    schema: Mapping[str, Any]
    choices: Mapping[str, str]


def shown_settings() -> list[ShownSetting]:
    """The settings of the dialog, in the order of the schema."""
    properties: dict[str, dict[str, Any]] = Settings.model_json_schema()["properties"]
    return [
        ShownSetting(
            name,
            schema["title"],
            schema["description"],
            schema["group"],
            schema,
            {value: schema["choices"][value] for value in schema.get("enum", ())},
        )
        for name, schema in properties.items()
        if "group" in schema
    ]


def settings_path() -> Path:
    """Where the settings of this user lie."""
    return user_config_path("pneumo-viewer") / "settings.json"


def load_settings(path: Path) -> tuple[Settings, str]:
    """Read settings; a file that cannot be used is set aside with a line in the log.

    Returns
    -------
    Settings
        The stored ones, or the defaults.
    str
        A sentence for the reader where a file could not be used, else "".
    """
    try:
        return Settings.model_validate_json(path.read_bytes()), ""
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, ValidationError) as error:
        logger.warning("settings in %s could not be used and start afresh: %s", path, error)
        kept = _set_aside(path)
        return (
            Settings(),
            tr(
                "The settings could not be read and start afresh. Kept as they were: {path}",
                path=kept,
            ),
        )


def _set_aside(path: Path) -> Path:
    """Keep an unusable file under another name; return where it lies now."""
    aside = path.with_suffix(".unusable.json")
    try:
        if path.is_file():
            path.replace(aside)
            return aside
    except OSError as error:
        logger.warning("settings in %s could not be set aside: %s", path, error)
    return path


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
