"""Prints how long the window's event loop ever stood still while radiographs were scored.

Run ``python tests/benchmarks/event_loop_stalls.py [--weights FILE] [--count 50] [FILE ...]``. Each
file (by default the demo studies) is decoded for showing and scored by the detector, again and
again until ``count`` are scored. A timer of 1 ms ticks meanwhile; what passes between two ticks
beyond that is the stall that a reader would feel. The goal is 50 ms.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from pneumo_viewer.jobs.jobs import DetectorState, DetectorStateKind, Jobs, Pool, Task
from resources import DEMO_STUDIES

TICK_MS = 1
GOAL_MS = 50


def main() -> int:
    """Measure and print; return 1 if the goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--weights", type=Path, help="by default those of the program")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    files = options.files or sorted(DEMO_STUDIES.glob("*.dcm"))

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    load = Task(
        "pneumo_viewer.jobs.detection:load", (str(options.weights),) if options.weights else ()
    )
    jobs = Jobs(load_detector=load)
    ticks: list[float] = []
    phases: list[tuple[str, int]] = []
    scored: list[float] = []

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))

    def follow(state: DetectorState) -> None:
        sys.stdout.write(f"{state.kind.value}: {state.text}\n")
        phases.append((state.kind.value, len(ticks)))
        if state.kind is DetectorStateKind.UNAVAILABLE:
            application.exit(2)

    def take_detections(_: object) -> None:
        scored.append(time.perf_counter())
        if len(scored) == options.count:
            application.quit()

    def fail(error: Exception) -> None:
        sys.stderr.write(f"{error}\n")
        application.exit(2)

    jobs.detector_changed.connect(follow)
    for path in itertools.islice(itertools.cycle(files), options.count):
        detect = Task("pneumo_viewer.jobs.detection:detect", (str(path), 0))
        decode = Task("pneumo_viewer.jobs.reading:decode", (str(path), 0))
        jobs.submit(Pool.DETECTOR, detect, done=take_detections, failed=fail)
        jobs.submit(Pool.FILES, decode, done=lambda radiograph: None, failed=fail)
    timer.start(TICK_MS)
    status = application.exec()
    timer.stop()
    jobs.close()
    if status:
        return status

    stalls = np.diff(ticks) * 1000 - TICK_MS
    ready = phases[-1][1]
    seconds = (scored[-1] - scored[0]) / (len(scored) - 1)
    sys.stdout.write(
        f"{len(scored)} radiographs scored, {seconds * 1000:.0f} ms each\n"
        f"event loop: longest stall {stalls.max():.1f} ms "
        f"(while the detector started {stalls[:ready].max():.1f}, "
        f"while it scored {stalls[ready:].max():.1f}), "
        f"95th percentile {np.percentile(stalls, 95):.1f} ms; goal {GOAL_MS} ms\n"
    )
    return int(stalls.max() > GOAL_MS)


if __name__ == "__main__":
    sys.exit(main())
