"""Following a file of JSON lines that another process writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class JsonLines:
    """Reads what is new, whole lines only.

    Parameters
    ----------
    path
        The file; it need not exist yet, and may be replaced by a shorter one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = 0
        self._offset = 0

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        """What was written since the last call, and whether it is another file, from its start."""
        try:
            with self._path.open("rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                is_new = inode != self._file
                if is_new:
                    self._file, self._offset = inode, 0
                file.seek(self._offset)
                content = file.read()
        except FileNotFoundError:
            return [], False
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [json.loads(line) for line in whole.splitlines()], is_new
