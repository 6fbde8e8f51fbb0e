"""How long from the start of the process to the first painted window, beside a bare Qt window.

Run it with the project's interpreter, on a warm disk; the goal is 1.5 s on two cores::

    python tests/benchmarks/first_paint.py --runs 9
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

_WATCH = """
import sys, time
from PySide6.QtCore import QEvent, QTimer
def watched(base):
    class Watched(base):
        painted = False
        def event(self, event):
            handled = super().event(event)
            if event.type() == QEvent.Type.UpdateRequest and not self.painted:
                self.painted = True
                print(time.time(), flush=True)
                QTimer.singleShot(0, self.close)
            return handled
    return Watched
"""
_OURS = (
    _WATCH
    + """
import pneumo_viewer.application as application
application.MainWindow = watched(application.MainWindow)
if __name__ == "__main__":
    application.run([])
"""
)
_BARE = (
    _WATCH
    + """
from PySide6.QtWidgets import QApplication, QMainWindow
if __name__ == "__main__":
    qt = QApplication([])
    window = watched(QMainWindow)()
    window.show()
    qt.exec()
"""
)


def seconds_to_first_paint(script: Path, home: Path) -> float:
    """Start an interpreter on a script and wait for its first paint."""
    environ = {
        "QT_QPA_PLATFORM": "offscreen",
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        **{f"XDG_{name}_HOME": str(home) for name in ("DATA", "CONFIG", "CACHE", "STATE")},
    }
    began = time.time()
    result = subprocess.run(
        [sys.executable, str(script)], env=environ, capture_output=True, text=True, check=True
    )
    return float(result.stdout) - began


def main() -> None:
    """Time both windows in turn and print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        scripts = {"pneumo-viewer": home / "ours.py", "bare Qt window": home / "bare.py"}
        for script, text in zip(scripts.values(), (_OURS, _BARE), strict=True):
            script.write_text(text)
            seconds_to_first_paint(script, home)
        times: dict[str, list[float]] = {name: [] for name in scripts}
        for _ in range(runs):
            for name, script in scripts.items():
                times[name].append(seconds_to_first_paint(script, home))
    for name, seconds in times.items():
        sys.stdout.write(
            f"{name:16} median {statistics.median(seconds):.2f} s, "
            f"{min(seconds):.2f} to {max(seconds):.2f} s over {runs} starts\n"
        )
    ours, bare = (statistics.median(seconds) for seconds in times.values())
    sys.stdout.write(f"{'ratio':16} {ours / bare:.1f}\n")


if __name__ == "__main__":
    main()
