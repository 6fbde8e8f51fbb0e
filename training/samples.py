"""The endless stream of training samples, each a function of (seed, step, position) alone.

So samples do not depend on how many processes make them or on where a run was interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from detector.networks.protocol import ExamClass, Target
from detector.presets import Preset
from training.augmentation import Augmentation, augment, random_affine, warp
from training.datasets.labelled_image import no_boxes
from training.datasets.prepared_images import PreparedImages
from training.synthesis import move_opacity, overlaps, paint_opacity


PAINTED = 0.7
"""Share of normal radiographs that findings are painted into during the synthetic steps."""

MOVED = 0.5
"""Share of normal radiographs that real findings are moved into afterwards."""

DONOR_CHANGES = Augmentation(flip=0.5, rotation_degrees=4.0, scaling=0.1, shift=0.02)
"""How a real finding is moved before it enters another chest: little, so that it stays in a lung."""


class Sample(NamedTuple):
    """One training image, ``[S, S]`` uint8, its boxes in network pixels and its exam class."""

    image: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    exam_class: ExamClass


class SampleStream(Dataset[Sample]):
    """Samples by (step, position in the batch).

    Parameters
    ----------
    prepared
        The training images.
    places
        Boxes of real exams in units of the image's side, to paint at.
    preset
        What is drawn, and how it is changed.
    seed
        Names one of the many streams.
    """

    def __init__(
        self,
        prepared: PreparedImages,
        places: Sequence[NDArray[np.float32]],
        preset: Preset,
        seed: int,
    ) -> None:
        self.prepared = prepared
        self.places = places
        self.preset = preset
        self.seed = seed
        is_positive = np.array([image.is_positive for image in prepared.images])
        self.positives = np.flatnonzero(is_positive)
        self.negatives = np.flatnonzero(~is_positive)
        weights = np.where(is_positive, preset.positive_oversampling, 1.0)
        self.cumulated_weights = np.cumsum(weights / weights.sum())

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        step, position = key
        generator = np.random.default_rng((self.seed, step, position))
        if step < self.preset.synthetic_steps:
            image, boxes, exam_class = self._synthetic(generator)
        else:
            image, boxes, exam_class = self._real(generator)
        size = self._size(step)
        image, boxes = augment(image, boxes, Augmentation(), size, generator)
        return Sample(image, boxes, exam_class)

    def _size(self, step: int) -> int:
        """Side of all images of one step."""
        generator = np.random.default_rng((self.seed, step))
        return int(generator.choice(self.preset.training_sizes))

    def _synthetic(self, generator: np.random.Generator) -> Sample:
        index = int(generator.choice(self.negatives))
        image, exam_class = self._negative(index)
        if exam_class is not ExamClass.NORMAL or generator.random() >= PAINTED:
            return Sample(image, no_boxes(), exam_class)
        places = self.places[int(generator.integers(len(self.places)))]
        boxes = places * np.float32(self.prepared.size)
        for box in boxes:
            paint_opacity(image, box, generator)
        return Sample(image, boxes, ExamClass.LUNG_OPACITY)

    def _real(self, generator: np.random.Generator) -> Sample:
        index = int(np.searchsorted(self.cumulated_weights, generator.random(), side="right"))
        index = min(index, len(self.prepared) - 1)
        labelled = self.prepared.images[index]
        if labelled.is_positive:
            pixels = np.array(self.prepared.pixels[index])
            return Sample(pixels, self.prepared.boxes(index), labelled.exam_class)
        image, exam_class = self._negative(index)
        if (
            exam_class is not ExamClass.NORMAL
            or not len(self.positives)
            or generator.random() >= MOVED
        ):
            return Sample(image, no_boxes(), exam_class)
        boxes = no_boxes()
        for _ in range(int(generator.integers(1, 3))):
            donor = int(generator.choice(self.positives))
            donor_pixels, donor_boxes = warp(
                self.prepared.pixels[donor],
                self.prepared.boxes(donor),
                random_affine(self.prepared.size, DONOR_CHANGES, generator),
                self.prepared.size,
            )
            for box in donor_boxes:
                if not overlaps(box, boxes):
                    move_opacity(donor_pixels, box, image, generator)
                    boxes = np.concatenate([boxes, box[None]])
        exam_class = ExamClass.LUNG_OPACITY if len(boxes) else exam_class
        return Sample(image, boxes, exam_class)

    def _negative(self, index: int) -> tuple[NDArray[np.uint8], ExamClass]:
        return np.array(self.prepared.pixels[index]), self.prepared.images[index].exam_class


def collate(samples: Sequence[Sample]) -> tuple[torch.Tensor, list[Target]]:
    """Stack samples into ``[B, 1, S, S]`` uint8 and their targets."""
    images = torch.from_numpy(np.stack([sample.image for sample in samples])[:, None])
    targets = [
        Target(torch.from_numpy(sample.boxes), int(sample.exam_class)) for sample in samples
    ]
    return images, targets
