"""The endless stream of training samples, each a function of (seed, step, position) alone.

So samples do not depend on how many processes make them or on where a run was interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from detector.exam_class import ExamClass
from detector.networks.protocol import Target
from detector.presets import Preset
from training.augmentation import Change, draw_change, random_affine, warp
from training.datasets.labelled_image import DataSetError, LabelledImage, no_boxes
from training.datasets.prepared_images import PreparedImages
from training.synthesis import move_opacity, overlaps, paint_opacity

PAINTED = 0.7
"""Share of normal radiographs that findings are painted into during the synthetic steps."""

MOVED = 0.5
"""Share of normal radiographs that real findings are moved into afterwards."""


class Sample(NamedTuple):
    """One training image and its truth.

    Attributes
    ----------
    image
        ``[S, S]`` grey values, before the change.
    boxes
        ``[N, 4]`` x0 y0 x1 y1 in pixels of the changed image.
    exam_class
        What the exam shows.
    change
        To be applied to the image.
    are_boxes_known
        Otherwise there are none.
    """

    image: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    exam_class: ExamClass
    change: Change
    are_boxes_known: bool = True


class Batch(NamedTuple):
    """Samples stacked: images ``[B, 1, S, S]`` uint8, the change of each, and its truth."""

    images: Tensor
    changes: list[Change]
    targets: list[Target]


class SampleStream(Dataset[Sample]):
    """Samples by (step, position in the batch).

    In the preset's synthetic steps the only findings are painted ones. Afterwards exams are drawn
    by the weight that the preset gives their class, and where it asks for strong augmentation real
    findings are moved into normal radiographs. Exams whose boxes are unknown are drawn where an
    exam head can learn from them.

    Parameters
    ----------
    prepared
        The training images, at least one.
    places
        Boxes of real exams in units of the image's side, to paint at.
    preset
        What is drawn, and how it is changed.
    seed
        Names one of the many streams.

    Raises
    ------
    DataSetError
        When there is nothing to draw from.
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
        self._positives = np.flatnonzero(is_positive)
        has_unknown_boxes = np.array([image.has_unknown_boxes for image in prepared.images])
        self._negatives = np.flatnonzero(~is_positive & ~has_unknown_boxes)
        if preset.synthetic_steps and not (len(places) and len(self._negatives)):
            raise DataSetError(
                "Painting opacities needs radiographs without findings, and boxes to place them "
                "by. Add both, or train without painted steps (--synthetic-steps 0)."
            )
        weights = np.array([_weight(image, preset) for image in prepared.images])
        if not weights.any():
            raise DataSetError("No image has known boxes, which this preset needs to train on.")
        self._probabilities = weights / weights.sum()

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        """Make the sample of one (step, position)."""
        step, position = key
        generator = np.random.default_rng((self.seed, step, position))
        make = self._synthetic if step < self.preset.synthetic_steps else self._real
        sample = make(generator)
        change, boxes = draw_change(
            self.preset.augmentation,
            sample.boxes,
            self.prepared.size,
            self._size(step),
            generator,
        )
        return sample._replace(boxes=boxes, change=change)

    def _size(self, step: int) -> int:
        """Side of all images of one step."""
        generator = np.random.default_rng((self.seed, step))
        return int(generator.choice(self.preset.training_sizes))

    def _synthetic(self, generator: np.random.Generator) -> Sample:
        sample = self._as_it_is(int(generator.choice(self._negatives)))
        if sample.exam_class is not ExamClass.NORMAL or generator.random() >= PAINTED:
            return sample
        boxes = self.places[int(generator.integers(len(self.places)))] * self.prepared.size
        for box in boxes:
            paint_opacity(sample.image, box, generator)
        return sample._replace(boxes=boxes, exam_class=ExamClass.LUNG_OPACITY)

    def _real(self, generator: np.random.Generator) -> Sample:
        sample = self._as_it_is(int(generator.choice(len(self.prepared), p=self._probabilities)))
        if (
            self.preset.augmentation != "strong"
            or sample.exam_class is not ExamClass.NORMAL
            or not len(self._positives)
            or generator.random() >= MOVED
        ):
            return sample
        boxes = no_boxes()
        for _ in range(int(generator.integers(1, 3))):
            boxes = self._move_findings(sample.image, boxes, generator)
        exam_class = ExamClass.LUNG_OPACITY if len(boxes) else sample.exam_class
        return sample._replace(boxes=boxes, exam_class=exam_class)

    def _move_findings(
        self,
        image: NDArray[np.uint8],
        boxes: NDArray[np.float32],
        generator: np.random.Generator,
    ) -> NDArray[np.float32]:
        """Move the findings of a random exam to where none is yet; return all boxes."""
        donor = int(generator.choice(self._positives))
        # The donor moves little, so that its findings stay in a lung.
        near = random_affine(
            self.prepared.size, generator, rotation_degrees=4, scaling=0.1, shift=0.02
        )
        donor_image, donor_boxes = warp(
            self.prepared.pixels[donor], self.prepared.boxes(donor), near, self.prepared.size
        )
        for box in donor_boxes:
            if not overlaps(box, boxes):
                move_opacity(donor_image, box, image, generator)
                boxes = np.concatenate([boxes, box[None]])
        return boxes

    def _as_it_is(self, index: int) -> Sample:
        image = self.prepared.images[index]
        return Sample(
            np.array(self.prepared.pixels[index]),
            self.prepared.boxes(index),
            image.exam_class,
            Change(self.prepared.size),
            not image.has_unknown_boxes,
        )


def _weight(image: LabelledImage, preset: Preset) -> float:
    """How often an exam is drawn, in relation to others.

    One with unknown boxes counts as Normal, so that those with boxes stay the most that is seen.
    """
    if image.has_unknown_boxes:
        return preset.class_weights[ExamClass.NORMAL] if preset.has_exam_head else 0.0
    if image.is_positive:
        return preset.class_weights[ExamClass.LUNG_OPACITY]
    return preset.class_weights[max(image.exam_class, ExamClass.NORMAL)]


def collate(samples: Sequence[Sample]) -> Batch:
    """Stack samples."""
    return Batch(
        torch.from_numpy(np.stack([sample.image for sample in samples])[:, None]),
        [sample.change for sample in samples],
        [
            Target(torch.from_numpy(sample.boxes), int(sample.exam_class), sample.are_boxes_known)
            for sample in samples
        ],
    )
