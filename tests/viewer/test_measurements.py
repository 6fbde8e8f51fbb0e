"""What measurements amount to, in which unit, and their undo; all figures worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from canvas_stage import radiograph
from hypothesis import given
from hypothesis import strategies as st

from detector.radiograph import GreyScale, PixelSpacing, Radiograph, Rescale, SpacingOrigin
from pneumo_viewer.canvas.measurements import (
    Kind,
    Measurement,
    Measurements,
    describe_measurement,
    region_values,
)

FRAME = ("a", 0)
LENGTH = Measurement(Kind.LENGTH, ((10, 10), (40, 50)))
COUNTING = np.arange(100, dtype=np.uint16).reshape(10, 10)
points = st.tuples(st.floats(-50, 50), st.floats(-50, 50))


def image(spacing: PixelSpacing | None = None, grey: GreyScale | None = None) -> Radiograph:
    return replace(radiograph(COUNTING, grey or GreyScale(16)), spacing=spacing)


@pytest.mark.parametrize(
    ("spacing", "words"),
    [
        # 30 columns and 40 rows are 50 pixels, 10 mm at 0.2 mm.
        (None, "50.0 px"),
        (PixelSpacing(0.2, 0.2, SpacingOrigin.UNKNOWN), "50.0 px"),
        (PixelSpacing(0.2, 0.2, SpacingOrigin.CALIBRATED), "10.0 mm calibrated"),
        (PixelSpacing(0.2, 0.2, SpacingOrigin.AT_DETECTOR), "10.0 mm at detector"),
        (PixelSpacing(0.2, 0.2, SpacingOrigin.MAGNIFIED), "10.0 mm corrected for magnification"),
        # 30 columns of 0.4 mm and 40 rows of 0.225 mm: 12 and 9 make 15.
        (PixelSpacing(0.225, 0.4, SpacingOrigin.CALIBRATED), "15.0 mm calibrated"),
    ],
)
def test_a_length_is_in_mm_only_with_a_known_spacing_and_names_its_origin(
    spacing: PixelSpacing | None, words: str
) -> None:
    assert describe_measurement(LENGTH, image(spacing)) == (words,)


def test_without_a_spacing_pixels_count_along_their_shorter_side() -> None:
    down = Measurement(Kind.LENGTH, ((0, 0), (0, 10)))
    assert describe_measurement(down, replace(image(), aspect_ratio=2)) == ("20.0 px",)


@pytest.mark.parametrize(
    ("end", "degrees"), [((0, -5), "90.0°"), ((7, 0), "0.0°"), ((-3, 3), "135.0°")]
)
def test_an_angle_lies_between_its_legs(end: tuple[float, float], degrees: str) -> None:
    angle = Measurement(Kind.ANGLE, ((5, 0), (0, 0), end))
    assert describe_measurement(angle, image()) == (degrees,)


def test_an_angle_is_that_in_the_body_where_pixels_are_not_square() -> None:
    angle = Measurement(Kind.ANGLE, ((5, 0), (0, 0), (5, 5)))
    wide = PixelSpacing(1, math.sqrt(3), SpacingOrigin.CALIBRATED)
    assert describe_measurement(angle, image(wide)) == ("30.0°",)  # the tangent is 1 / √3


def test_a_rectangle_has_size_mean_and_standard_deviation_of_modality_values() -> None:
    # Columns 1 and 2 of rows 0 and 1 hold 1, 2, 11 and 12: mean 6.5, squares of the deviations
    # 30.25 + 20.25 + 20.25 + 30.25 = 101, over 4 25.25, root 5.025. Rescaled by 2 x - 10:
    # 2 · 6.5 - 10 = 3 and 2 · 5.025 = 10.05.
    rectangle = Measurement(Kind.RECTANGLE, ((1, 0), (3, 2)))
    grey = GreyScale(16, modality=Rescale(2, -10))
    spacing = PixelSpacing(0.5, 0.5, SpacingOrigin.AT_DETECTOR)
    assert describe_measurement(rectangle, image(spacing, grey)) == (
        "1.0 × 1.0 mm at detector",
        "mean 3.0 · SD 10.0 · 4 px",
    )
    assert region_values(rectangle, image(grey=grey)).std() == pytest.approx(10.0499, abs=1e-4)


def test_pixels_count_whose_centre_lies_inside() -> None:
    rectangle = Measurement(Kind.RECTANGLE, ((2.4, 3.6), (0.6, 0.4)))  # in any order of corners
    # Of the columns only 1.5 lies within 0.6 to 2.4; of the rows 0.5 to 3.5 within 0.4 to 3.6.
    assert region_values(rectangle, image()).tolist() == [1, 11, 21, 31]


def test_an_ellipse_leaves_out_the_corners_of_its_box() -> None:
    # Of 4 × 4 pixels the corner centres lie √(1.5² + 1.5²) = 2.12 from the middle, beyond 2.
    ellipse = Measurement(Kind.ELLIPSE, ((0, 0), (4, 4)))
    corners = {0, 3, 30, 33}
    whole = {10 * row + column for row in range(4) for column in range(4)}
    assert set(region_values(ellipse, image()).tolist()) == whole - corners


def test_padding_and_what_lies_beside_the_image_do_not_count() -> None:
    rectangle = Measurement(Kind.RECTANGLE, ((-5, -5), (3, 1)))
    assert region_values(rectangle, image()).tolist() == [0, 1, 2]
    padded = image(grey=GreyScale(16, padding=(0, 1)))
    assert region_values(rectangle, padded).tolist() == [2]
    outside = Measurement(Kind.ELLIPSE, ((-9, -9), (-2, -2)))
    assert describe_measurement(outside, image()) == ("7.0 × 7.0 px",)


@pytest.mark.parametrize("kind", [Kind.RECTANGLE, Kind.ELLIPSE])
def test_a_region_without_extent_has_no_values(kind: Kind) -> None:
    assert region_values(Measurement(kind, ((3, 3), (3, 3))), image()).size == 0


@given(st.sampled_from(Kind), points, points, points, points)
def test_a_handle_goes_where_it_is_put_and_moving_moves_all(
    kind: Kind,
    first: tuple[float, float],
    second: tuple[float, float],
    third: tuple[float, float],
    target: tuple[float, float],
) -> None:
    count = 3 if kind is Kind.ANGLE else 2
    measurement = Measurement(kind, (first, second, third)[:count])
    for index in range(len(measurement.handles)):
        changed = measurement.with_handle(index, target)
        assert target in changed.handles
        if kind.is_region:
            assert measurement.handles[(index + 2) % 4] in changed.handles
    moved = measurement.moved(3, -2)
    assert moved.points == tuple((x + 3, y - 2) for x, y in measurement.points)


def test_measurements_are_kept_for_each_frame_and_undone_in_order() -> None:
    measurements, told = Measurements(), []
    measurements.subscribe(told.append)
    measurements.assign(FRAME, (LENGTH,))
    measurements.assign(("b", 1), (LENGTH, LENGTH))
    measurements.assign(FRAME, ())
    assert measurements.of(("b", 1)) == (LENGTH, LENGTH)
    assert measurements.undo() == FRAME
    assert measurements.of(FRAME) == (LENGTH,)
    assert measurements.undo() == ("b", 1)
    assert measurements.of(("b", 1)) == ()
    assert measurements.redo() == ("b", 1)
    assert told == [FRAME, ("b", 1), FRAME, FRAME, ("b", 1), ("b", 1)]
    measurements.assign(FRAME, ())
    assert not measurements.can_redo


def test_what_changes_nothing_is_no_step() -> None:
    measurements = Measurements()
    measurements.assign(FRAME, ())
    assert not measurements.can_undo
