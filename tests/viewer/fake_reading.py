"""The functions of pneumo_viewer.jobs.reading, with files that end the process or meet a bug."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from pneumo_viewer.jobs import reading
from pneumo_viewer.jobs.reading import list_folders, sort_paths

__all__ = ["examine", "list_folders", "sort_paths"]


def examine(paths: tuple[str, ...]) -> list[Any]:
    for path in paths:
        if Path(path).name == "deadly.dcm":
            os.kill(os.getpid(), signal.SIGKILL)
        if Path(path).name == "unforeseen.dcm":
            raise KeyError("unforeseen")
    return list(reading.examine(paths))
