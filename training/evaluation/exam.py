"""One exam as the evaluation sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Exam:
    """One image with its truth and what the detector found in it.

    Attributes
    ----------
    image_id
        Names the image in the evaluation; no two exams share one.
    patient
        Whose image it is. Exams of one patient are resampled together.
    width, height
        Extent of the image in pixels.
    truth
        ``[N, 4]`` true boxes x0 y0 x1 y1 in image pixels; ``N = 0`` says "no pneumonia".
    boxes, scores
        ``[M, 4]`` detected boxes and their ``[M]`` scores, in any order.
    exam_score
        Probability that the exam shows pneumonia, or None where the detector gives none.
    traits
        What is known of the exam and its patient, by which subgroups are formed: ``view``, ``sex``,
        ``age``, ``class``, each with the value in words.
    """

    image_id: str
    patient: str
    width: int
    height: int
    truth: NDArray[np.floating]
    boxes: NDArray[np.floating]
    scores: NDArray[np.floating]
    exam_score: float | None = None
    traits: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"{self.image_id}: an image of {self.width} × {self.height} pixels")
        for name, boxes in (("truth", self.truth), ("boxes", self.boxes)):
            if boxes.ndim != 2 or boxes.shape[1] != 4:
                raise ValueError(f"{self.image_id}: {name} has shape {boxes.shape}, not [N, 4]")
        if self.scores.shape != (len(self.boxes),):
            raise ValueError(
                f"{self.image_id}: {len(self.boxes)} boxes, {self.scores.shape} scores"
            )
        if not all(np.isfinite(part).all() for part in (self.truth, self.boxes, self.scores)):
            raise ValueError(f"{self.image_id}: a box or a score is not finite")

    @property
    def is_positive(self) -> bool:
        """Whether the truth has a box."""
        return len(self.truth) > 0
