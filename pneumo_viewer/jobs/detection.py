"""What the detector process does, the only process in which torch is imported.

Nothing imports this module; it is run by name.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from detector.detections import Detections
from detector.dicom.reading import read_radiograph
from detector.heat_map import HeatMap
from detector.input_gate import DeclinedError, examine
from detector.runtime.engine import Detector
from pneumo_viewer.jobs.tasks import DetectorState, DetectorStateKind
from resources import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from detector.networks.protocol import DetectionNetwork

_detector: Detector | None = None
_weights = DEFAULT_WEIGHTS
"""Of the detector."""


def load(weights: str | None = None) -> DetectorState:
    """Load the detector; every detector process begins with this.

    Where that fails, a detector that was loaded before stays.

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
    global _detector, _weights
    chosen = DEFAULT_WEIGHTS if weights is None else Path(weights)
    _detector = Detector.load(chosen, threads=threads)
    _weights = chosen
    _network_of.cache_clear()
    model = _detector.identity
    text = f"{_detector.device_name} · {model.name} {model.version}"
    return DetectorState(DetectorStateKind.READY, text, model)


def detect(path: str, frame: int, is_gated: bool = True) -> Detections:
    """Find the boxes of one frame of an image file.

    Raises
    ------
    DeclinedError
        The input gate doubts the image; not where ``is_gated`` is False.
    InputError
        The file cannot be read, or the graphics memory does not suffice.
    """
    assert _detector is not None
    radiograph = read_radiograph(Path(path), frame)
    if is_gated and (doubts := examine(radiograph)):
        sentences = " ".join(doubt.sentence for doubt in doubts)
        raise DeclinedError(path, sentences.removesuffix("."))
    return _detector.predict(radiograph)


def show_centers(path: str, frame: int) -> HeatMap:
    """Compute the heat map of one frame of an image file.

    Raises
    ------
    InputError
        The file cannot be read, or the model has no CENTER branch.
    """
    from detector.runtime.heat_maps import heat_map

    return heat_map(_network_of(_weights), read_radiograph(Path(path), frame))


@lru_cache(maxsize=1)
def _network_of(weights: Path) -> DetectionNetwork:
    """The network itself, which exported back ends do not hold; loaded when it is first needed."""
    from detector.weights import load_weights

    network, _ = load_weights(weights)
    return network
