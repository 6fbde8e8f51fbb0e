"""Drive the real program in a real X window, as a reader would, and leave screenshots.

Starts Xvfb and a window manager, opens the radiographs beside the checkout (or the demo studies),
waits for the detector's boxes, accepts the first by keyboard, ends the program, starts it again and
finds the verdict. Run it with the project's interpreter::

    python tests/real_window.py --shots build/shots [FOLDER]

The exit status is 0 when the verdict was found after the restart.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
RSNA = REPOSITORY.parent / "shared" / "data" / "rsna"
SCREEN = "1600x1000x24"


class Desktop:
    """A virtual screen with a window manager."""

    def __init__(self, display: str, home: Path, shots: Path) -> None:
        self.home = home
        self._shots = shots
        self.environ = {
            **os.environ,
            "DISPLAY": display,
            "PYTHONPATH": str(REPOSITORY),
            **{
                f"XDG_{name}_HOME": str(home / name.lower())
                for name in ("DATA", "CONFIG", "CACHE", "STATE")
            },
        }
        self.environ.pop("QT_QPA_PLATFORM", None)
        self.environ.pop("WAYLAND_DISPLAY", None)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a program on this screen."""
        return subprocess.Popen(command, env=self.environ, cwd=self.home)

    def call(self, *command: str) -> str:
        """Run a program on this screen to its end."""
        return subprocess.run(
            command, env=self.environ, check=True, capture_output=True, text=True
        ).stdout

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.call("xdotool", "key", "--clearmodifiers", key)
            time.sleep(0.3)

    def type(self, text: str) -> None:
        """Type a text."""
        self.call("xdotool", "type", "--delay", "20", text)

    def shoot(self, name: str) -> None:
        """Save a picture of the active window."""
        time.sleep(0.5)
        window = self.call("xdotool", "getactivewindow").strip()
        self.call("import", "-window", window, str(self._shots / f"{name}.png"))

    def stored(self, query: str) -> list[tuple[object, ...]]:
        """Ask the store of reviews, as another program would."""
        path = self.home / "data" / "pneumo-viewer" / "reviews.sqlite3"
        if not path.is_file():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def desktop(shots: Path) -> Iterator[Desktop]:
    """Open a virtual screen with a home of its own."""
    shots.mkdir(parents=True, exist_ok=True)
    readable, writable = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writable), "-screen", "0", SCREEN, "-nolisten", "tcp"],
        pass_fds=[writable],
        stderr=subprocess.DEVNULL,
    )
    os.close(writable)
    with os.fdopen(readable) as pipe:
        display = f":{pipe.readline().strip()}"
    with tempfile.TemporaryDirectory() as home:
        here = Desktop(display, Path(home), shots)
        manager = here.start("openbox")
        try:
            yield here
        finally:
            manager.terminate()
            manager.wait()
            screen.terminate()
            screen.wait()


@contextmanager
def viewer(here: Desktop, folder: Path) -> Iterator[None]:
    """Run the program on a folder; at the end it is asked to quit, as with Ctrl+Q."""
    program = here.start(sys.executable, "-m", "pneumo_viewer", str(folder))
    try:
        wait_for("the window", lambda: "pneumo-viewer" in windows(here), 60)
        here.call("xdotool", "search", "--sync", "--name", "^pneumo-viewer", "windowactivate")
        yield
        here.press("ctrl+q")
        if program.wait(30) != 0:
            raise SystemExit(f"the program ended with {program.returncode}")
    finally:
        if program.poll() is None:
            program.kill()
            program.wait()


def windows(here: Desktop) -> str:
    """Titles of the open windows."""
    return subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", "^pneumo-viewer", "getwindowname", "%@"],
        env=here.environ,
        check=False,
        capture_output=True,
        text=True,
    ).stdout


def wait_for(what: str, is_there: Callable[[], object], seconds: float) -> None:
    """Wait until something is so, or end the script."""
    deadline = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.2)


def main() -> int:
    """Play the scene; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--shots", type=Path, default=REPOSITORY / "build" / "shots")
    options = parser.parse_args()
    demo = REPOSITORY / "resources" / "demo"
    folder = options.folder or (RSNA if RSNA.is_dir() else demo)

    verdicts = "SELECT image, model, box, verdict FROM verdicts"
    with desktop(options.shots.resolve()) as here:
        with viewer(here, folder.resolve()):
            here.shoot("1-opened")
            wait_for("boxes", lambda: here.stored("SELECT image FROM detections"), 120)
            time.sleep(2)
            here.shoot("2-boxes")
            wait_for("a verdict", lambda: _accepted(here, verdicts), 60)
            here.shoot("3-accepted")
        before = here.stored(verdicts)
        with viewer(here, folder.resolve()):
            wait_for("the window's boxes", lambda: here.stored("SELECT image FROM detections"), 60)
            time.sleep(4)
            here.shoot("4-restarted")
            here.press("ctrl+e")
            time.sleep(3)
            here.shoot("5-evaluation")
        after = here.stored(verdicts)
    sys.stdout.write(f"verdicts before the restart: {before}\nafter it: {after}\n")
    return 0 if before and before == after else 1


def _accepted(here: Desktop, verdicts: str) -> bool:
    """Press Enter; where there is nothing to accept, lower the threshold and go on."""
    here.press("Return")
    if here.stored(verdicts):
        return True
    here.press("shift+bracketleft", "Next")
    return False


if __name__ == "__main__":
    sys.exit(main())
