"""Time a window/level drag over a 3000 × 3000 image of 16 bits.

Prints milliseconds from the new window to the finished picture, per viewport size and zoom.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from detector.radiograph import GreyScale, ImageIdentity, Radiograph
from pneumo_viewer.canvas.viewport import Viewport

FRAMES = 60


def milliseconds_per_frame(viewport: Viewport) -> tuple[float, float]:
    """Return median and 95th percentile over a drag of 60 steps."""
    picture = QImage(viewport.size(), QImage.Format.Format_RGB32)
    times = []
    for step in range(FRAMES):
        start = time.perf_counter()
        viewport.drag_window(3 if step < FRAMES / 2 else -3, 2)
        viewport.viewport().render(picture)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times)), float(np.percentile(times, 95))


def main() -> None:
    """Print the table."""
    application = QApplication([])
    rng = np.random.default_rng(0)
    pixels = rng.normal(30000, 6000, (3000, 3000)).clip(0, 65535).astype(np.uint16)
    viewport = Viewport()
    for side in (900, 1400):
        viewport.resize(side, side)
        viewport.show()
        viewport.show_radiograph(
            Radiograph(pixels, GreyScale(16), None, ImageIdentity("benchmark", "benchmark"))
        )
        application.processEvents()
        for name, place in (("fitted", viewport.fit), ("100 %", viewport.actual_size)):
            place()
            median, slow = milliseconds_per_frame(viewport)
            print(f"{side} × {side} {name:>7}: median {median:5.1f} ms, 95 % {slow:5.1f} ms")  # noqa: T201
    viewport.close()


if __name__ == "__main__":
    main()
