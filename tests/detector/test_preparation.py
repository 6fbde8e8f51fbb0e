"""Images are fitted into the network's square and boxes find their way back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.preparation import enhance, fit_to_square, prepare
from detector.presets import PRESETS
from detector.radiograph import GreyScale, ImageIdentity, Radiograph

sides = st.integers(1, 300)


def black(height: int, width: int) -> np.ndarray:
    return np.zeros((height, width), np.uint8)


def test_a_wide_image_is_centred_between_two_black_bars() -> None:
    # 200 × 100 into 50: ratio 50 / 200 = 1/4, so 50 × 25, and (50 - 25) // 2 = 12 rows above.
    square, image_map = fit_to_square(np.full((100, 200), 255, np.uint8), 50)

    assert square.shape == (50, 50)
    assert (square[12:37] == 255).all()
    assert not square[:12].any()
    assert not square[37:].any()
    assert image_map.scale == (0.25, 0.25)
    assert image_map.offset == (0, 12)


def test_a_box_is_scaled_and_moved_without_any_half_pixel() -> None:
    _, image_map = fit_to_square(black(100, 200), 50)

    # x: 40 / 4 = 10, 120 / 4 = 30;  y: 20 / 4 + 12 = 17, 60 / 4 + 12 = 27.
    np.testing.assert_array_equal(image_map.to_network([[40, 20, 120, 60]]), [[10, 17, 30, 27]])


def test_the_whole_image_maps_to_the_whole_content() -> None:
    # 301 × 200 into 64: the height is round(200 · 64 / 301) = round(42.52) = 43, and the map
    # uses 43 / 200, not 64 / 301, so that the lower edge lies exactly on a pixel edge.
    _, image_map = fit_to_square(black(200, 301), 64)

    np.testing.assert_array_equal(image_map.to_network([[0, 0, 301, 200]]), [[0, 10, 64, 53]])


def test_an_image_of_the_right_size_is_left_as_it_is() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)

    square, image_map = fit_to_square(image, 64)

    np.testing.assert_array_equal(square, image)
    np.testing.assert_array_equal(image_map.to_image([[1, 2, 3, 4]]), [[1, 2, 3, 4]])


def test_no_boxes_stay_no_boxes() -> None:
    _, image_map = fit_to_square(black(10, 20), 64)

    assert image_map.to_image(np.zeros((0, 4))).shape == (0, 4)
    assert image_map.to_network([]).shape == (0, 4)


@given(sides, sides, st.integers(32, 256), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_mapping_there_and_back_changes_nothing(
    height: int, width: int, size: int, corners: list[float]
) -> None:
    box = np.array([corners]) * [width, height, width, height]

    _, image_map = fit_to_square(black(height, width), size)

    returned = image_map.to_image(image_map.to_network(box))
    np.testing.assert_allclose(returned, box, rtol=1e-5, atol=1e-5 * size)


@given(sides, sides, st.integers(32, 256))
def test_the_content_keeps_its_aspect_ratio_and_fills_the_longer_side(
    height: int, width: int, size: int
) -> None:
    square, _ = fit_to_square(np.full((height, width), 255, np.uint8), size)

    rows, columns = np.flatnonzero(square.any(1)).size, np.flatnonzero(square.any(0)).size
    assert max(rows, columns) == size
    assert rows == pytest.approx(max(1, size * height / max(height, width)), abs=0.5)
    assert columns == pytest.approx(max(1, size * width / max(height, width)), abs=0.5)


@pytest.mark.parametrize(
    ("height", "width", "size"), [(1024, 1024, 512), (900, 1200, 256), (60, 90, 256)]
)
def test_a_bright_rectangle_lies_where_its_box_is_mapped(
    height: int, width: int, size: int
) -> None:
    # The centre of mass of a blurred rectangle is the centre of its box, in pixel *edges* + 0.5
    # pixel: half a pixel of shift by either resize would be seen at once.
    box = (width // 3, height // 5, 2 * width // 3, height // 2)
    image = black(height, width)
    image[box[1] : box[3], box[0] : box[2]] = 200

    square, image_map = fit_to_square(image, size)

    weight = square.astype(float) / square.sum()
    centre = np.arange(size) + 0.5
    x0, y0, x1, y1 = image_map.to_network([box])[0]
    assert (weight.sum(0) * centre).sum() == pytest.approx((x0 + x1) / 2, abs=0.02)
    assert (weight.sum(1) * centre).sum() == pytest.approx((y0 + y1) / 2, abs=0.02)
    # Grey value times area is kept: the rectangle has the size of its mapped box.
    assert square.sum() / 200 == pytest.approx((x1 - x0) * (y1 - y0), rel=0.01)


def test_no_enhancement_leaves_the_image_as_it_is() -> None:
    grey = np.arange(100, dtype=np.uint8).reshape(10, 10)
    np.testing.assert_array_equal(enhance(grey, PRESETS["best"]), grey)


def test_the_median_takes_single_pixels_out_and_keeps_edges() -> None:
    grey = np.zeros((9, 9), np.uint8)
    grey[:, 5:] = 200
    noisy = grey.copy()
    noisy[2, 2], noisy[6, 7] = 255, 0
    filtered = enhance(noisy, replace(PRESETS["best"], has_median_filter=True))
    np.testing.assert_array_equal(filtered, grey)


def test_clahe_raises_contrast_up_to_its_limit() -> None:
    # Of 256 levels 64 are used, each by 4 times the mean count. All is cut at 2 times, and what is
    # cut off, 64 · 2 / 256 = 0.5 of the mean, goes to every level: the curve's slope is 2.5.
    faint = np.random.default_rng(0).integers(80, 144, (256, 256), np.uint8)
    enhanced = enhance(faint, replace(PRESETS["best"], has_clahe=True))
    assert enhanced.std() / faint.std() == pytest.approx(2.5, rel=0.02)


def test_the_median_comes_before_clahe() -> None:
    noisy = np.random.default_rng(0).integers(80, 144, (64, 64), np.uint8)
    median = replace(PRESETS["best"], has_median_filter=True)
    clahe = replace(PRESETS["best"], has_clahe=True)
    both = replace(median, has_clahe=True)
    np.testing.assert_array_equal(enhance(noisy, both), enhance(enhance(noisy, median), clahe))


def test_preparing_enhances_the_rendered_image_before_it_is_fitted() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (80, 60), np.uint8)
    radiograph = Radiograph(
        pixels, GreyScale(bits_stored=8), None, ImageIdentity(key="k", source="k.png")
    )
    preset = replace(PRESETS["best"], has_median_filter=True, has_clahe=True)
    square, _ = prepare(radiograph, 32, preset)
    np.testing.assert_array_equal(square, fit_to_square(enhance(pixels, preset), 32)[0])
    assert not np.array_equal(square, prepare(radiograph, 32, PRESETS["best"])[0])
