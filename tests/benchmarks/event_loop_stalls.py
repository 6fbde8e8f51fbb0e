"""Prints how long the window ever stood still while studies were opened, scored and paged through.

The real window opens copies of the demo studies; meanwhile somebody goes to the next image twice a
second. A timer of 1 ms ticks in the window; what passes between two ticks beyond that is the stall
that a reader would feel. Run it with the project's interpreter; the goal is 50 ms::

    python tests/benchmarks/event_loop_stalls.py --count 50
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.uid import generate_uid
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).parents[2]))

from pneumo_viewer.application import Application
from resources import DEMO_STUDIES

GOAL_MS = 50
TICK_MS = 1
PAGING_MS = 500


def copy_studies(folder: Path, count: int) -> None:
    """Write so many studies, each an image of its own."""
    for number, path in enumerate(islice(cycle(sorted(DEMO_STUDIES.glob("*.dcm"))), count)):
        image = dcmread(path)
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
        image.PatientID = f"{image.PatientID}-{number}"
        image.save_as(folder / f"{number}.dcm")


def measure(folder: Path, count: int) -> tuple[list[float], list[tuple[str, float]]]:
    """Return the times of the ticks, and when what had happened."""
    qt = QApplication([])
    application = Application()
    workspace = application.workspace
    ticks: list[float] = []
    events: list[tuple[str, float]] = []
    beat, paging = QTimer(), QTimer()
    beat.setTimerType(Qt.TimerType.PreciseTimer)
    beat.timeout.connect(lambda: ticks.append(time.perf_counter()))
    paging.timeout.connect(lambda: application.window.worklist.step_image(+1))

    def follow(scored: int, _: int) -> None:
        if scored == 1 and len(events) == 1:
            events.append(("first scored", time.perf_counter()))
        if scored == count:
            events.append(("all scored", time.perf_counter()))
            qt.quit()

    workspace.scoring_changed.connect(follow)
    application.window.show()
    qt.processEvents()
    beat.start(TICK_MS)
    paging.start(PAGING_MS)
    events.append(("opened", time.perf_counter()))
    application.window.open([folder])
    qt.exec()
    beat.stop()
    paging.stop()
    application.close()
    return ticks, events


def main() -> int:
    """Measure and print; return 1 if the goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=50)
    count: int = parser.parse_args().count
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        for name in ("DATA", "CONFIG", "CACHE", "STATE"):
            os.environ[f"XDG_{name}_HOME"] = home
        folder = Path(home) / "studies"
        folder.mkdir()
        copy_studies(folder, count)
        ticks, events = measure(folder, count)
    moments = np.array(ticks)
    stalls = np.diff(moments) * 1000 - TICK_MS
    _, (_, ready), (_, end) = events
    is_scoring = moments[1:] > ready
    sys.stdout.write(
        f"{count} radiographs scored, {(end - ready) / (count - 1) * 1000:.0f} ms each\n"
        f"longest stall {stalls.max():.1f} ms: while opening and starting the detector "
        f"{stalls[~is_scoring].max():.1f}, while scoring {stalls[is_scoring].max():.1f}; "
        f"95th percentile {np.percentile(stalls, 95):.1f} ms; goal {GOAL_MS} ms\n"
    )
    return int(stalls.max() > GOAL_MS)


if __name__ == "__main__":
    sys.exit(main())
