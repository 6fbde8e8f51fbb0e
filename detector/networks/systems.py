"""From a preset to its network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from detector.networks.center_scale import CenterScaleDetector
from detector.networks.protocol import DetectionNetwork
from detector.peers.fast_rcnn import FastRCNNDetector
from detector.peers.faster_rcnn import FasterRCNNDetector
from detector.peers.fcos import FCOSDetector
from detector.peers.retinanet import RetinaNetDetector
from detector.peers.ssd import SSDDetector
from detector.presets import Preset, System

SYSTEMS: Final[dict[System, Callable[[Preset], DetectionNetwork]]] = {
    "center_scale": CenterScaleDetector,
    "ssd": SSDDetector,
    "fast_rcnn": FastRCNNDetector,
    "faster_rcnn": FasterRCNNDetector,
    "retinanet": RetinaNetDetector,
    "fcos": FCOSDetector,
}


def build_network(preset: Preset) -> DetectionNetwork:
    """Build the network of a preset with random weights.

    Raises
    ------
    ValueError
        If its body or its system is unknown here.
    """
    if preset.system not in SYSTEMS:
        raise ValueError(f"there is no system {preset.system}")
    return SYSTEMS[preset.system](preset)
