"""What the detector process does, the only process in which torch is imported.

Nothing imports this module; it is run by name.
"""

from __future__ import annotations

import os
from pathlib import Path

from detector.detections import Detections
from detector.dicom.reading import read_radiograph
from detector.runtime.engine import Detector
from pneumo_viewer.jobs.tasks import DetectorState, DetectorStateKind

_detector: Detector | None = None


def load(weights: str | None = None) -> DetectorState:
    """Load the detector; every detector process begins with this.

    Parameters
    ----------
    weights
        A weights file, or None for the program's own.

    Raises
    ------
    InputError
        The weights or the device cannot be used.
    """
    # One core is the window's. On two cores beside other work this is also four times as fast as
    # two threads that wait for each other.
    threads = max(1, (os.cpu_count() or 1) - 1)
    global _detector
    _detector = Detector.load(None if weights is None else Path(weights), threads=threads)
    model = _detector.identity
    text = f"{_detector.device_name} · {model.name} {model.version}"
    return DetectorState(DetectorStateKind.READY, text, model)


def detect(path: str, frame: int) -> Detections:
    """Find the boxes of one frame of an image file.

    Raises
    ------
    InputError
        The file cannot be read, or the graphics memory does not suffice.
    """
    assert _detector is not None
    return _detector.predict(read_radiograph(Path(path), frame))
