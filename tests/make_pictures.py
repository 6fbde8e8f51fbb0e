"""Make the README's pictures from the running program on the demo studies.

Run it with the project's interpreter::

    python tests/make_pictures.py
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from pneumo_viewer.application import Application
from resources import DEMO_STUDIES

PICTURES = Path(__file__).parents[1] / "resources" / "pictures"
SHOWN = "00012094_011.dcm"
PATIENCE_SECONDS = 120.0


def wait_until(claim: Callable[[], object]) -> None:
    """Let the program work until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not claim():
        if time.monotonic() > deadline:
            raise SystemExit("the program did not come so far in time")
        QApplication.processEvents()
        time.sleep(0.01)


def main() -> None:
    """Open, review, evaluate, and take a picture of each."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        for name in ("DATA", "CONFIG", "CACHE", "STATE"):
            os.environ[f"XDG_{name}_HOME"] = home
        qt = QApplication([])
        application = Application()
        window, workspace = application.window, application.workspace
        window.show()
        window.open([DEMO_STUDIES])
        wait_until(lambda: workspace.images and workspace.scoring[0] == len(workspace.images))
        key = next(i.identity.key for i in workspace.images if i.path.name == SHOWN)
        workspace.session.show(key)
        wait_until(lambda: workspace.radiograph(key))
        window.actions_by_id["accept"].trigger()
        wait_until(lambda: workspace.session.undo_name)
        workspace.session.show(key)
        shown_until = time.monotonic() + 1
        wait_until(lambda: time.monotonic() > shown_until)
        window.grab().save(str(PICTURES / "review.png"))
        done: list[object] = []
        window.evaluation_run.finished.connect(done.append)
        window.actions_by_id["evaluate"].trigger()
        wait_until(lambda: done)
        qt.processEvents()
        window.grab().save(str(PICTURES / "evaluation.png"))
        application.close()


if __name__ == "__main__":
    main()
