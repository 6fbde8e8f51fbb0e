"""Whatever happens to an image, its boxes stay around the same pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.presets import Augmentation
from training.augmentation import (
    CROP_MINIMUM_VISIBLE,
    IDENTITY,
    SOFTENED,
    Change,
    draw_change,
    move_boxes,
    random_affine,
    random_crop,
    random_symmetry,
    warp,
)
from training.device_augmentation import apply_changes

SIZE = 160
seeds = st.integers(0, 2**32 - 1)
boxes_inside = st.tuples(
    st.floats(30, 80), st.floats(30, 80), st.floats(16, 50), st.floats(16, 50)
).map(lambda b: np.array([[b[0], b[1], b[0] + b[2], b[1] + b[3]]], np.float32))


def ellipse_in(box: NDArray[np.float32], size: int = SIZE) -> NDArray[np.uint8]:
    """A bright ellipse that touches the four sides of a box, on black."""
    x, y = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    center, radius = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    inside = ((x - center[0]) / radius[0]) ** 2 + ((y - center[1]) / radius[1]) ** 2 <= 1
    return np.where(inside, 255, 0).astype(np.uint8)


def bounds_of_bright(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    rows, columns = np.nonzero(image > 127)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float64)


@settings(max_examples=60, deadline=None)
@given(seed=seeds, box=boxes_inside, size=st.sampled_from([96, 160, 224]))
def test_after_any_affine_map_the_box_bounds_the_bright_pixels(
    seed: int, box: NDArray[np.float32], size: int
) -> None:
    matrix = random_affine(SIZE, np.random.default_rng(seed), rotation_degrees=30)
    image, boxes = warp(ellipse_in(box[0]), box, matrix * (size / SIZE), size)
    if len(boxes) == 1 and boxes.min() > 0 and boxes.max() < size:
        np.testing.assert_allclose(boxes[0], bounds_of_bright(image), atol=1.6)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, box=boxes_inside)
def test_a_symmetry_moves_a_rectangle_exactly(seed: int, box: NDArray[np.float32]) -> None:
    x0, y0, x1, y1 = np.round(box[0]).astype(int)
    image = np.zeros((SIZE, SIZE), np.uint8)
    image[y0:y1, x0:x1] = 255
    matrix = random_symmetry(SIZE, np.random.default_rng(seed))
    moved, boxes = warp(image, np.round(box), matrix, SIZE)
    np.testing.assert_array_equal(boxes[0], bounds_of_bright(moved))


def test_there_are_eight_symmetries() -> None:
    generator = np.random.default_rng(0)
    seen = {random_symmetry(SIZE, generator).tobytes() for _ in range(200)}
    assert len(seen) == 8


@settings(max_examples=60, deadline=None)
@given(seed=seeds, box=boxes_inside)
def test_a_crop_keeps_the_promised_part_of_each_box(seed: int, box: NDArray[np.float32]) -> None:
    matrix = random_crop(box, SIZE, np.random.default_rng(seed))
    assert matrix[0, 0] == matrix[1, 1]
    assert 1 <= matrix[0, 0] <= 1 / CROP_MINIMUM_VISIBLE
    whole = move_boxes(box, matrix)[0].astype(np.float64)
    kept = whole.clip(0, SIZE)
    share = np.prod(kept[2:] - kept[:2]) / np.prod(whole[2:] - whole[:2])
    assert share >= CROP_MINIMUM_VISIBLE - 1e-5


def changed(image: NDArray[np.uint8], change: Change) -> NDArray[np.float64]:
    """The image in grey values of 0 to 255, as the network would see it."""
    return 255 * apply_changes(torch.from_numpy(image)[None, None], [change])[0, 0].double().numpy()


@pytest.mark.parametrize("kind", ["none", "da", "strong"])
@settings(max_examples=25, deadline=None)
@given(seed=seeds, box=boxes_inside)
def test_every_augmentation_gives_a_box_inside_the_new_image(
    kind: Augmentation, seed: int, box: NDArray[np.float32]
) -> None:
    change, boxes = draw_change(kind, box, SIZE, 128, np.random.default_rng(seed))
    image = changed(ellipse_in(box[0]), change)
    assert image.shape == (128, 128)
    assert image.min() >= 0
    assert image.max() <= 255
    assert boxes.dtype == np.float32
    assert boxes.shape[1] == 4
    assert boxes.min(initial=0) >= 0
    assert boxes.max(initial=0) <= 128
    assert (boxes[:, 2:] > boxes[:, :2]).all()


@pytest.mark.parametrize("kind", ["none", "da", "strong"])
@settings(max_examples=25, deadline=None)
@given(seed=seeds, box=boxes_inside)
def test_the_drawn_box_bounds_the_bright_pixels_of_the_changed_image(
    kind: Augmentation, seed: int, box: NDArray[np.float32]
) -> None:
    change, boxes = draw_change(kind, box, SIZE, 128, np.random.default_rng(seed))
    moved = change._replace(gamma=1.0, gain=1.0, offset=0.0, sharpness=1.0, noise=0.0)
    image = changed(ellipse_in(box[0]), moved)
    if len(boxes) == 1 and boxes.min() > 0 and boxes.max() < 128:
        np.testing.assert_allclose(boxes[0], bounds_of_bright(image), atol=1.6)


def test_no_augmentation_only_resizes() -> None:
    image = ellipse_in(np.array([20, 40, 60, 90], np.float32))
    given_boxes = np.array([[20, 40, 60, 90]], np.float32)
    change, boxes = draw_change("none", given_boxes, SIZE, SIZE, np.random.default_rng(0))
    np.testing.assert_allclose(changed(image, change), image, atol=1e-4)
    np.testing.assert_array_equal(boxes, given_boxes)


@pytest.mark.parametrize("size", [96, 160, 224])
def test_pixels_move_as_opencv_moves_them(size: int) -> None:
    generator = np.random.default_rng(5)
    # Smooth, since opencv rounds places to 1/32 of a pixel and grey values to whole ones.
    x, y = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
    image = (127 + 80 * np.sin(x / 9) * np.cos(y / 13)).astype(np.uint8)
    for _ in range(5):
        matrix = random_affine(SIZE, generator) * (size / SIZE)
        expected, _ = warp(image, np.zeros((0, 4), np.float32), matrix, size)
        found = changed(image, Change(size, matrix))
        # At the edge to what lies outside 1/32 of a pixel is 1/32 of the whole range.
        assert np.abs(found - expected).mean() < 0.6
        assert np.abs(found - expected).max() < 255 / 32 + 2


def test_grey_values_follow_the_curve() -> None:
    image = np.array([[0, 51], [102, 255]], np.uint8)
    # v = 0, 0.2, 0.4, 1. v² · 2 − 0.1 = −0.1, −0.02, 0.22, 1.9, cut to [0, 1].
    found = changed(image, Change(2, gamma=2.0, gain=2.0, offset=-0.1))
    np.testing.assert_allclose(found / 255, [[0, 0], [0.22, 1]], atol=1e-6)


def test_noise_has_its_deviation_and_its_seed() -> None:
    image = np.full((64, 64), 128, np.uint8)
    first = changed(image, Change(64, noise=0.02, noise_seed=1))
    assert np.std(first / 255) == pytest.approx(0.02, rel=0.05)
    assert np.mean(first) == pytest.approx(128, abs=0.3)
    np.testing.assert_array_equal(first, changed(image, Change(64, noise=0.02, noise_seed=1)))
    assert not np.array_equal(first, changed(image, Change(64, noise=0.02, noise_seed=2)))


def test_a_loss_of_resolution_smooths_and_keeps_the_mean() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    coarse = changed(image, Change(64, sharpness=0.5))
    assert coarse.std() < 0.7 * image.std()
    assert coarse.mean() == pytest.approx(image.mean(), abs=1)


def test_an_image_changes_alike_in_any_company() -> None:
    generator = np.random.default_rng(0)
    images = torch.from_numpy(generator.integers(0, 256, (4, 1, SIZE, SIZE), dtype=np.uint8))
    nothing = np.zeros((0, 4), np.float32)
    changes = [draw_change("strong", nothing, SIZE, 96, generator)[0] for _ in images]
    together = apply_changes(images, changes)
    for index, change in enumerate(changes):
        alone = apply_changes(images[index : index + 1], [change])
        assert torch.equal(together[index], alone[0])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_cuda_changes_images_as_the_cpu_does_but_for_its_own_noise() -> None:
    generator = np.random.default_rng(0)
    images = torch.from_numpy(generator.integers(0, 256, (4, 1, SIZE, SIZE), dtype=np.uint8))
    nothing = np.zeros((0, 4), np.float32)
    drawn = [draw_change("strong", nothing, SIZE, 96, generator)[0] for _ in images]
    changes = [change._replace(noise=0.0) for change in drawn]
    there = apply_changes(images.cuda(), changes).cpu()
    torch.testing.assert_close(there, apply_changes(images, changes), atol=1e-3, rtol=0)


def test_a_box_that_mostly_leaves_the_image_is_dropped_and_another_is_cut() -> None:
    # Moved left by 30: of the first 40 wide box a quarter is left, of the second 35 of 40.
    matrix = np.array([[1.0, 0, -30], [0, 1, 0]])
    boxes = np.array([[0, 10, 40, 50], [25, 10, 65, 50]], np.float32)
    _, kept = warp(np.zeros((SIZE, SIZE), np.uint8), boxes, matrix, SIZE)
    np.testing.assert_array_equal(kept, [[0, 10, 35, 50]])


def test_an_image_without_boxes_stays_without() -> None:
    empty = np.zeros((0, 4), np.float32)
    kinds: tuple[Augmentation, ...] = ("none", "da", "strong")
    for kind in kinds:
        _, boxes = draw_change(kind, empty, SIZE, 96, np.random.default_rng(3))
        assert boxes.shape == (0, 4)


def test_half_of_all_images_lose_what_256_pixels_cannot_hold() -> None:
    # Single pixels, black and white by turns, are grey once 512 pixels have gone through 256.
    checkerboard = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    nothing = np.zeros((0, 4), np.float32)
    drawn = (
        draw_change("strong", nothing, 512, 512, np.random.default_rng(seed))[0]
        for seed in range(100)
    )
    deviations = [changed(checkerboard, change._replace(matrix=IDENTITY)).std() for change in drawn]
    # 100 draws of one half have a standard deviation of 5; noise adds at most 6 to a grey image.
    assert np.mean(np.array(deviations) < 20) == pytest.approx(SOFTENED, abs=0.15)
