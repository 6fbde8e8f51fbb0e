"""Whatever happens to an image, its boxes stay around the same pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.presets import Augmentation
from training.augmentation import (
    CROP_MINIMUM_VISIBLE,
    SOFTENED,
    augment,
    change_grey_values,
    move_boxes,
    random_affine,
    random_crop,
    random_symmetry,
    warp,
)

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


@pytest.mark.parametrize("kind", ["none", "da", "strong"])
@settings(max_examples=25, deadline=None)
@given(seed=seeds, box=boxes_inside)
def test_every_augmentation_gives_a_box_inside_the_new_image(
    kind: Augmentation, seed: int, box: NDArray[np.float32]
) -> None:
    image, boxes = augment(kind, ellipse_in(box[0]), box, 128, np.random.default_rng(seed))
    assert image.shape == (128, 128)
    assert image.dtype == np.uint8
    assert boxes.dtype == np.float32
    assert boxes.shape[1] == 4
    assert boxes.min(initial=0) >= 0
    assert boxes.max(initial=0) <= 128
    assert (boxes[:, 2:] > boxes[:, :2]).all()


def test_no_augmentation_only_resizes() -> None:
    image = ellipse_in(np.array([20, 40, 60, 90], np.float32))
    same, boxes = augment(
        "none", image, np.array([[20, 40, 60, 90]], np.float32), SIZE, np.random.default_rng(0)
    )
    np.testing.assert_array_equal(same, image)
    np.testing.assert_array_equal(boxes, [[20, 40, 60, 90]])


def test_a_box_that_mostly_leaves_the_image_is_dropped_and_another_is_cut() -> None:
    # Moved left by 30: of the first 40 wide box a quarter is left, of the second 35 of 40.
    matrix = np.array([[1.0, 0, -30], [0, 1, 0]])
    boxes = np.array([[0, 10, 40, 50], [25, 10, 65, 50]], np.float32)
    _, kept = warp(np.zeros((SIZE, SIZE), np.uint8), boxes, matrix, SIZE)
    np.testing.assert_array_equal(kept, [[0, 10, 35, 50]])


def test_an_image_without_boxes_stays_without() -> None:
    empty = np.zeros((0, 4), np.float32)
    for kind in ("none", "da", "strong"):
        _, boxes = augment(
            kind, np.zeros((SIZE, SIZE), np.uint8), empty, 96, np.random.default_rng(3)
        )
        assert boxes.shape == (0, 4)


def test_equal_seeds_give_equal_images() -> None:
    box = np.array([[40, 40, 80, 90]], np.float32)
    image = ellipse_in(box[0])
    first, second = (
        augment("strong", image, box, 128, np.random.default_rng(11)) for _ in range(2)
    )
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_half_of_all_images_lose_what_256_pixels_cannot_hold() -> None:
    # Single pixels, black and white by turns, are grey once 512 pixels have gone through 256.
    checkerboard = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    deviations = [
        change_grey_values(checkerboard, np.random.default_rng(seed)).std() for seed in range(100)
    ]
    # 100 draws of one half have a standard deviation of 5; noise adds at most 6 to a grey image.
    assert np.mean(np.array(deviations) < 20) == pytest.approx(SOFTENED, abs=0.15)
