"""The stream of samples is a function of (seed, step, position) and mixes what the preset says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from detector.exam_class import ExamClass
from detector.presets import PRESETS, Preset
from training.datasets.labelled_image import DataSetError
from training.datasets.prepared_images import PreparedImages, prepare_images
from training.datasets.rsna import read_challenge
from training.device_augmentation import apply_changes
from training.samples import MOVED, PAINTED, Sample, SampleStream, collate

PLACES = [np.array([[0.2, 0.2, 0.4, 0.5], [0.6, 0.2, 0.8, 0.5]], np.float32)]
PRESET = replace(
    PRESETS["compact"], training_sizes=(64, 96), synthetic_steps=100, steps=100, batch_size=4
)


@pytest.fixture
def prepared(challenge_folder: Path, tmp_path: Path) -> PreparedImages:
    return prepare_images(
        read_challenge(challenge_folder), 96, tmp_path / "cache", preset=PRESETS["compact"]
    )


def stream(prepared: PreparedImages, preset: Preset = PRESET, seed: int = 0) -> SampleStream:
    return SampleStream(prepared, PLACES, preset, seed)


def seen(sample: Sample) -> NDArray[np.float32]:
    """What the network sees of a sample, in grey values."""
    images, changes, _ = collate([sample])
    return 255 * apply_changes(images, changes)[0, 0].numpy()


def test_a_sample_depends_on_seed_step_and_position_alone(prepared: PreparedImages) -> None:
    first, second = stream(prepared), stream(prepared)
    for key in ((0, 0), (150, 3)):
        first[7, 1]  # what was drawn before does not matter
        one, other = first[key], second[key]
        np.testing.assert_array_equal(seen(one), seen(other))
        np.testing.assert_array_equal(one.boxes, other.boxes)
    assert not np.array_equal(seen(first[150, 3]), seen(stream(prepared, seed=1)[150, 3]))


def test_all_samples_of_a_step_have_one_size_out_of_the_presets(prepared: PreparedImages) -> None:
    samples = stream(prepared)
    sizes = [{samples[step, position].change.size for position in range(4)} for step in range(20)]
    assert all(len(of_step) == 1 for of_step in sizes)
    assert set.union(*sizes) == {64, 96}


def test_at_first_the_only_findings_are_painted_into_normal_exams(
    prepared: PreparedImages,
) -> None:
    samples = stream(prepared)
    drawn = [samples[step, position] for step in range(100) for position in range(4)]
    assert {len(sample.boxes) for sample in drawn} == {0, 2}
    for sample in drawn:
        assert (sample.exam_class is ExamClass.LUNG_OPACITY) == (len(sample.boxes) > 0)
    # Of the four negatives b, d, e, f all but d are normal: 3/4 · 0.7 = 0.525 of the samples, with
    # a standard deviation of sqrt(0.525 · 0.475 / 400) = 0.025.
    painted = np.mean([len(sample.boxes) > 0 for sample in drawn])
    assert painted == pytest.approx(0.75 * PAINTED, abs=0.1)


def test_afterwards_exams_are_drawn_by_the_weight_of_their_class_and_their_findings_moved(
    prepared: PreparedImages,
) -> None:
    samples = stream(prepared)
    drawn = [samples[step, position] for step in range(100, 200) for position in range(4)]
    # Two positives and one that is not normal weigh 3 each, three normal ones 1: 6/12 are positive.
    # Findings enter half of the normal ones: 3/12 · 0.5. Few are lost to augmentation.
    positive = np.mean([sample.exam_class is ExamClass.LUNG_OPACITY for sample in drawn])
    assert positive == pytest.approx(0.5 + 0.25 * MOVED, abs=0.1)
    assert {sample.exam_class for sample in drawn} == {
        ExamClass.NORMAL,
        ExamClass.NO_OPACITY_NOT_NORMAL,
        ExamClass.LUNG_OPACITY,
    }


def test_moved_findings_keep_their_boxes_around_them(prepared: PreparedImages) -> None:
    samples = stream(prepared)
    for step in range(100, 130):
        sample = samples[step, 0]
        image = seen(sample)
        for x0, y0, x1, y1 in sample.boxes:
            third_x, third_y = (x1 - x0) / 3, (y1 - y0) / 3
            inside = image[
                int(y0 + third_y) : int(y1 - third_y), int(x0 + third_x) : int(x1 - third_x)
            ]
            assert inside.mean() > np.median(image) + 20


def test_without_augmentation_images_stay_as_they_are(prepared: PreparedImages) -> None:
    preset = replace(PRESET, augmentation="none", training_sizes=(96,), synthetic_steps=0)
    samples = stream(prepared, preset)
    drawn = {seen(samples[step, 0]).round().astype(np.uint8).tobytes() for step in range(60)}
    assert drawn == {pixels.tobytes() for pixels in prepared.pixels}


def test_the_stored_images_are_never_painted_on(prepared: PreparedImages) -> None:
    before = np.array(prepared.pixels)
    samples = stream(prepared)
    for step in range(90, 110):
        samples[step, 0]
    np.testing.assert_array_equal(prepared.pixels, before)


def with_unknown_boxes(prepared: PreparedImages) -> PreparedImages:
    """``f`` no longer is Normal but shows an opacity that nobody drew."""
    *others, last = prepared.images
    weak = replace(last, exam_class=ExamClass.LUNG_OPACITY, has_unknown_boxes=True)
    return replace(prepared, images=(*others, weak))


def test_exams_with_unknown_boxes_are_marked_and_neither_painted_on_nor_moved(
    prepared: PreparedImages,
) -> None:
    preset = replace(PRESET, augmentation="none", training_sizes=(96,), synthetic_steps=50)
    samples = stream(with_unknown_boxes(prepared), preset)
    weak = [(s, samples[s, 0]) for s in range(150) if not samples[s, 0].are_boxes_known]
    assert weak
    for step, sample in weak:
        assert step >= preset.synthetic_steps
        assert not len(sample.boxes)
        assert sample.exam_class is ExamClass.LUNG_OPACITY
        np.testing.assert_array_equal(sample.image, prepared.pixels[5])
    _, _, (target,) = collate([weak[0][1]])
    assert not target.are_boxes_known


def test_a_system_without_an_exam_head_is_not_given_unknown_boxes(
    prepared: PreparedImages,
) -> None:
    samples = stream(with_unknown_boxes(prepared), replace(PRESET, has_exam_head=False))
    assert all(samples[step, 0].are_boxes_known for step in range(300))
    alone = replace(
        prepared,
        images=(replace(prepared.images[5], has_unknown_boxes=True),),
        pixels=prepared.pixels[5:],
    )
    peer = replace(PRESET, has_exam_head=False, synthetic_steps=0)
    with pytest.raises(DataSetError, match="No image has known boxes"):
        stream(alone, peer)


def test_painting_without_canvases_or_places_is_refused(prepared: PreparedImages) -> None:
    with pytest.raises(DataSetError, match="Painting opacities needs"):
        SampleStream(prepared, [], PRESET, seed=0)


def test_a_batch_has_one_grey_channel_and_a_target_for_each_image(
    prepared: PreparedImages,
) -> None:
    samples = stream(prepared)
    images, changes, targets = collate([samples[0, position] for position in range(4)])
    assert images.shape == (4, 1, 96, 96)
    assert images.dtype == torch.uint8
    assert len(changes) == 4
    assert len(targets) == 4
    assert all(target.boxes.shape[1] == 4 for target in targets)
