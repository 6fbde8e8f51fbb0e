"""What the detector found in one radiograph, and which model found it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The model that made a detection.

    Attributes
    ----------
    name, version
        As its card says.
    fingerprint
        First 16 hexadecimal digits of the SHA-256 of the weights.
    preset
        Name of the preset from which the network was built.
    """

    name: str
    version: str
    fingerprint: str
    preset: str


@dataclass(frozen=True, eq=False, slots=True)
class Detections:
    """The boxes of one radiograph, best score first.

    Attributes
    ----------
    boxes
        ``[N, 4]`` float32 x0 y0 x1 y1 in continuous pixel coordinates of ``Radiograph.pixels``:
        the image covers ``[0, W] × [0, H]`` and no edge is off by one.
    scores
        ``[N]`` float32 in [0, 1], descending.
    exam_score
        Probability in [0, 1] that the exam shows pneumonia.
    model
        Which model found them.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    exam_score: float
    model: ModelIdentity

    def __post_init__(self) -> None:
        if self.boxes.shape != (len(self.scores), 4):
            raise ValueError(f"boxes {self.boxes.shape} do not fit {len(self.scores)} scores")
        if np.any(np.diff(self.scores) > 0):
            raise ValueError("scores are not in descending order")

    def __len__(self) -> int:
        return len(self.scores)
