"""Fitting, zooming and panning as arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pneumo_viewer.canvas.placement import Placement

LARGEST = 32.0
sizes = st.tuples(st.integers(1, 6000), st.integers(1, 6000))
views = st.tuples(st.integers(60, 4000), st.integers(60, 4000))


def test_a_fitted_image_touches_the_nearer_edges_and_is_centred() -> None:
    placement = Placement.fitted((1000, 500), (400, 400), LARGEST)
    # 400 / 1000 = 0.4 is smaller than 400 / 500 = 0.8; 500 · 0.4 = 200 leaves 100 above and below.
    assert placement.scale == pytest.approx(0.4)
    assert placement.to_view(0, 0) == pytest.approx((0, 100))
    assert placement.to_view(1000, 500) == pytest.approx((400, 300))


def test_a_tiny_image_is_enlarged_no_further_than_allowed() -> None:
    assert Placement.fitted((8, 8), (800, 800), LARGEST).scale == LARGEST


@given(sizes, views, views)
def test_a_fitted_image_fits_again_when_the_view_changes_its_size(
    image: tuple[int, int], before: tuple[int, int], after: tuple[int, int]
) -> None:
    resized = Placement.fitted(image, before, LARGEST).resized(after, LARGEST)
    assert resized == Placement.fitted(image, after, LARGEST)


@given(sizes, views, st.lists(st.floats(0.06, 30), min_size=1, max_size=20), st.data())
def test_zooming_keeps_the_image_point_under_the_mouse(
    image: tuple[int, int], view: tuple[int, int], scales: list[float], data: st.DataObject
) -> None:
    x = data.draw(st.floats(0, view[0]))
    y = data.draw(st.floats(0, view[1]))
    placement = Placement.fitted(image, view, LARGEST)
    fixed = placement.to_image(x, y)
    for scale in scales:
        placement = placement.zoomed(scale, x, y)
        assert placement.scale == scale
        assert placement.to_view(*fixed) == pytest.approx((x, y), abs=1e-3)


@given(sizes, views, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_panning_never_loses_the_image(
    image: tuple[int, int], view: tuple[int, int], right: float, down: float
) -> None:
    panned = Placement.fitted(image, view, LARGEST).panned(right, down)
    left, top = panned.to_view(0, 0)
    far_right, bottom = panned.to_view(*image)
    assert far_right > 0
    assert bottom > 0
    assert left < view[0]
    assert top < view[1]


def test_panning_moves_the_image_with_the_mouse_and_ends_fitting() -> None:
    panned = Placement.fitted((400, 400), (400, 400), LARGEST).panned(30, -20)
    assert panned.to_view(0, 0) == pytest.approx((30, -20))
    assert not panned.is_fitted
    assert panned.resized((600, 400), LARGEST).scale == panned.scale


def test_a_box_is_shown_only_if_all_of_it_is() -> None:
    placement = Placement.fitted((400, 400), (400, 400), LARGEST).panned(-50, 0)
    assert placement.shows((60, 10, 400, 400))
    assert not placement.shows((40, 10, 400, 400))
