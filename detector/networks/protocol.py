"""What every trainable detector takes and gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from detector.exam_class import ExamClass
from detector.networks.bodies import Body, body_normalisation
from detector.presets import Preset


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """The truth of one training image.

    Attributes
    ----------
    boxes
        ``[N, 4]`` float x0 y0 x1 y1 in network pixels, each with an area above 0; N may be 0.
    exam_class
        An :class:`ExamClass`, or its number.
    are_boxes_known
        False where only the exam's class is; ``boxes`` is then empty and teaches nothing.
    """

    boxes: Tensor
    exam_class: int = ExamClass.UNKNOWN
    are_boxes_known: bool = True


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


class DetectionNetwork(nn.Module, ABC):
    """A detector as trainer, engine and evaluation see it: one protocol for every system.

    Parameters
    ----------
    preset
        All choices.

    Attributes
    ----------
    body
        The part that begins with pretrained weights.
    """

    body: Body
    mean: Tensor
    standard_deviation: Tensor

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.preset = preset
        mean, standard_deviation = body_normalisation(preset.body)
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("standard_deviation", torch.tensor(standard_deviation))
        self.body = Body(
            preset.body,
            preset.channels,
            is_norm_frozen=preset.is_body_norm_frozen,
            frozen=preset.frozen_body,
        )

    def body_features(self, images: Tensor) -> list[Tensor]:
        """Normalise ``[B, 1, S, S]`` images in [0, 1] and return the body's five levels."""
        levels: list[Tensor] = self.body((images - self.mean) / self.standard_deviation)
        return levels

    @abstractmethod
    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return the weighted scalar parts whose sum is the loss.

        Parameters
        ----------
        images
            ``[B, 1, S, S]`` float in [0, 1]; S is a multiple of 32.
        targets
            One per image; none of them need have a box. A system without an exam head is given
            none whose boxes are unknown.
        """

    @abstractmethod
    def predict(self, images: Tensor) -> list[Prediction]:
        """Detect in every image of ``[B, 1, S, S]``; the network should be in eval mode."""
