"""Make the README's pictures from the running program on the demo studies.

Run it with the project's interpreter::

    python tests/make_pictures.py
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from pneumo_viewer.application import Application
from resources import DEMO_STUDIES

PICTURES = Path(__file__).parents[1] / "resources" / "pictures"
SIZE = (1440, 900)
SCREEN = {
    "screens": [
        {
            "name": "screen",
            "x": 0,
            "y": 0,
            "width": SIZE[0],
            "height": SIZE[1],
            "logicalDpi": 96,
            "logicalBaseDpi": 96,
            "dpr": 1,
        }
    ]
}
"""Else the offscreen platform has 800 pixels a side."""

PATIENCE_SECONDS = 120.0


class Tour:
    """The program at work, and pictures of it.

    Parameters
    ----------
    application
        With its window shown.
    """

    def __init__(self, application: Application) -> None:
        self.window, self.workspace = application.window, application.workspace

    def wait_until(self, claim: Callable[[], object]) -> None:
        """Let the program work until something is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not claim():
            if time.monotonic() > deadline:
                raise SystemExit("the program did not come so far in time")
            QApplication.processEvents()
            time.sleep(0.01)

    def rest(self, seconds: float) -> None:
        """Let the program work for some time."""
        until = time.monotonic() + seconds
        self.wait_until(lambda: time.monotonic() > until)

    def do(self, *commands: str) -> None:
        """Call commands as their menus do."""
        for command in commands:
            self.window.actions_by_id[command].trigger()

    def show(self, file: str) -> None:
        """Show one of the demo studies, and wait for its pixels."""
        images = self.workspace.images
        key = next(image.identity.key for image in images if image.path.name == file)
        self.workspace.session.show(key)
        self.wait_until(lambda: self.workspace.radiograph(key))

    def shoot(self, name: str, dialog: QWidget | None = None) -> None:
        """Save a picture of the window, with a dialog in front of it if there is one."""
        self.rest(1)
        picture = self.window.grab()
        if dialog is not None:
            painter = QPainter(picture)
            painter.drawPixmap(
                (picture.width() - dialog.width()) // 2,
                (picture.height() - dialog.height()) // 2,
                dialog.grab(),
            )
            painter.end()
        picture.save(str(PICTURES / f"{name}.png"))

    def dialog(self) -> QDialog:
        """The dialog that is open."""
        return next(widget for widget in self.window.findChildren(QDialog) if widget.isVisible())


def take(tour: Tour) -> None:
    """Open, read, compare, evaluate, and take a picture of each."""
    window, workspace = tour.window, tour.workspace
    window.open([DEMO_STUDIES])
    tour.wait_until(lambda: workspace.images and workspace.scoring[0] == len(workspace.images))
    tour.do("show_truth")
    tour.show("00002980_000.dcm")
    tour.shoot("worklist")
    tour.show("00012094_011.dcm")
    tour.do("accept")
    tour.wait_until(lambda: workspace.session.undo_name)
    tour.show("00012094_011.dcm")
    tour.do("exam_pneumonia")
    tour.show("00012094_011.dcm")
    tour.shoot("review")
    tour.do("show_truth")
    tour.show("00008291_009.dcm")
    tour.do("compare_priors")
    tour.shoot("truth")
    tour.do("layout_one")
    measured: list[object] = []
    window.evaluation_run.subgroups_found.connect(measured.append)
    tour.do("evaluate")
    tour.wait_until(lambda: measured)
    tour.shoot("evaluation")
    tour.do("show_image", "settings")
    tour.shoot("settings", tour.dialog())
    tour.dialog().close()
    window.preferences.change(theme="light")
    tour.show("00005869_001.dcm")
    tour.shoot("light")


def main() -> None:
    """Start the program in a home of its own, and take the pictures."""
    os.environ["LC_ALL"] = "C.UTF-8"
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        screen = Path(home) / "screen.json"
        screen.write_text(json.dumps(SCREEN), encoding="utf-8")
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}"
        for name in ("DATA", "CONFIG", "CACHE", "STATE"):
            os.environ[f"XDG_{name}_HOME"] = home
        os.environ["USER"] = os.environ["LOGNAME"] = "reader"
        QApplication([])
        application = Application()
        application.window.resize(*SIZE)
        application.window.show()
        take(Tour(application))
        application.close()


if __name__ == "__main__":
    main()
