"""What every trainable detector takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from torch import Tensor


class ExamClass(IntEnum):
    """Class of a whole exam, as the RSNA challenge labels it."""

    UNKNOWN = -1
    NORMAL = 0
    NO_OPACITY_NOT_NORMAL = 1
    LUNG_OPACITY = 2


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """The truth of one training image.

    Attributes
    ----------
    boxes
        ``[N, 4]`` float x0 y0 x1 y1 in network pixels, each with an area above 0; N may be 0.
    exam_class
        An :class:`ExamClass`, or its number.
    """

    boxes: Tensor
    exam_class: int = ExamClass.UNKNOWN


@dataclass(frozen=True, eq=False, slots=True)
class Prediction:
    """What a detector finds in one image.

    Attributes
    ----------
    boxes
        ``[N, 4]`` float32 x0 y0 x1 y1 in network pixels, inside the image.
    scores
        ``[N]`` float32 in [0, 1], descending.
    exam_score
        Probability in [0, 1] that the exam shows a lung opacity.
    """

    boxes: Tensor
    scores: Tensor
    exam_score: float


class TrainableDetector(Protocol):
    """A detector as the trainer and the evaluation see it."""

    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return the scalar parts whose sum is the loss of ``[B, 1, S, S]`` images in [0, 1]."""
        ...

    def predict(self, images: Tensor) -> list[Prediction]:
        """Return one prediction per image of ``[B, 1, S, S]`` in [0, 1]."""
        ...
