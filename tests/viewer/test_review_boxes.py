"""What a reader can do to a box, and what the image's edges do to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pneumo_viewer.review.boxes import SMALLEST_SIDE, WHOLE, Grip, change_box, draw_box
from pneumo_viewer.review.findings import Box

SIZE = (200, 100)


@pytest.mark.parametrize(
    ("start", "end", "box"),
    [
        ((10, 20), (50, 60), (10, 20, 50, 60)),
        ((50, 60), (10, 20), (10, 20, 50, 60)),  # drawn from the bottom right
        ((-30, 20), (50, 160), (0, 20, 50, 100)),  # clipped
        ((50, 50), (50, 50), (46, 46, 54, 54)),  # a point becomes 8 by 8 about it
        ((199, 0), (200, 40), (192, 0, 200, 40)),  # 8 wide, inside the edge
    ],
)
def test_a_drawn_box_is_upright_inside_the_image_and_large_enough(
    start: tuple[float, float], end: tuple[float, float], box: Box
) -> None:
    assert draw_box(start, end, SIZE) == box


@pytest.mark.parametrize(
    ("grip", "right", "down", "box"),
    [
        (WHOLE, 5, -7, (15, 13, 55, 53)),
        (WHOLE, 1000, -1000, (160, 0, 200, 40)),  # stops at the edges, as large as before
        (Grip(-1, 0), 5, 99, (15, 20, 50, 60)),
        (Grip(1, 1), 5, 7, (10, 20, 55, 67)),
        (Grip(1, 0), -1000, 0, (10, 20, 18, 60)),  # no nearer than 8 to the other edge
        (Grip(-1, -1), 1000, 1000, (42, 52, 50, 60)),
        (Grip(0, 1), 0, 1000, (10, 20, 50, 100)),
    ],
)
def test_a_box_moves_as_a_whole_or_by_the_edges_that_are_held(
    grip: Grip, right: float, down: float, box: Box
) -> None:
    assert change_box((10, 20, 50, 60), grip, right, down, SIZE) == box


COORDINATES = st.floats(-300, 500, width=32)
POINTS = st.tuples(COORDINATES, COORDINATES)
GRIPS = st.builds(Grip, st.sampled_from((-1, 0, 1)), st.sampled_from((-1, 0, 1)))


@given(POINTS, POINTS, st.lists(st.tuples(GRIPS, COORDINATES, COORDINATES), max_size=5))
def test_whatever_a_reader_does_the_box_stays_inside_and_large_enough(
    start: tuple[float, float],
    end: tuple[float, float],
    changes: list[tuple[Grip, float, float]],
) -> None:
    box = draw_box(start, end, SIZE)
    for grip, right, down in changes:
        box = change_box(box, grip, right, down, SIZE)
        x0, y0, x1, y1 = box
        assert 0 <= x0 < x1 <= SIZE[0]
        assert 0 <= y0 < y1 <= SIZE[1]
        assert min(x1 - x0, y1 - y0) >= SMALLEST_SIDE - 1e-4  # float32 around 200


@given(st.integers(1, 7), st.integers(1, 7), POINTS, POINTS)
def test_in_an_image_smaller_than_the_smallest_box_the_box_is_the_image(
    width: int, height: int, start: tuple[float, float], end: tuple[float, float]
) -> None:
    assert draw_box(start, end, (width, height)) == (0, 0, width, height)
