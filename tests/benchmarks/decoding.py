"""Time the decoding of radiographs for training: one process, several, and pydicom with Pillow.

Give a folder of DICOM files; by default the demo studies, taken several times over. The peer does
less: it does not render the default view, nor keep the aspect ratio.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from PIL import Image
from pydicom import dcmread

from detector.presets import PRESETS
from resources import DEMO_STUDIES
from training.datasets.decoding import decode_many

SIZE = 512
IMAGES = 512


def images_per_second(decode: Callable[[list[Path]], Iterable[object]], paths: list[Path]) -> float:
    """The rate over all paths, start of processes included."""
    start = time.perf_counter()
    for _ in decode(paths):
        pass
    return len(paths) / (time.perf_counter() - start)


def with_pydicom(path: Path) -> np.ndarray:
    """Decode and resize as most training scripts do."""
    return np.asarray(Image.fromarray(dcmread(path).pixel_array).resize((SIZE, SIZE)))


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO_STUDIES
    found = sorted(folder.glob("*.dcm"))
    paths = (found * -(-IMAGES // len(found)))[:IMAGES]
    preset = PRESETS["best"]
    cores = os.cpu_count() or 1
    peer = images_per_second(lambda those: map(with_pydicom, those), paths)
    print(f"pydicom and Pillow: {peer:.0f} images/s")  # noqa: T201
    for count in sorted({1, cores}):
        rate = images_per_second(
            lambda those, count=count: decode_many(those, SIZE, preset, count), paths
        )
        print(f"{count} processes: {rate:.0f} images/s, {rate / peer:.2f} times as many")  # noqa: T201


if __name__ == "__main__":
    main()
