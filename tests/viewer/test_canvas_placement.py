"""Fitting, zooming and panning as arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pneumo_viewer.canvas.placement import (
    CLOCKWISE,
    COUNTERCLOCKWISE,
    LEFT_TO_RIGHT,
    TOP_TO_BOTTOM,
    UPRIGHT,
    WHOLE_IMAGE,
    Placement,
    RelativeView,
    Turn,
)

LARGEST = 32.0
sizes = st.tuples(st.integers(1, 6000), st.integers(1, 6000))
views = st.tuples(st.integers(60, 4000), st.integers(60, 4000))
CHANGES = (CLOCKWISE, COUNTERCLOCKWISE, LEFT_TO_RIGHT, TOP_TO_BOTTOM)
aspects = st.floats(1 / 16, 16)


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    """What a reader's keys can make of an image."""
    turn = UPRIGHT
    for change in draw(st.lists(st.sampled_from(CHANGES), max_size=5)):
        turn = turn.then(change)
    return turn


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


@given(turns())
def test_four_quarter_turns_and_two_flips_change_nothing(turn: Turn) -> None:
    for change, count in zip(CHANGES, (4, 4, 2, 2), strict=True):
        turned = turn
        for _ in range(count):
            turned = turned.then(change)
        assert turned == turn
    assert turn.then(CLOCKWISE).then(COUNTERCLOCKWISE) == turn


def test_a_right_turn_brings_the_top_to_the_right_and_a_flip_mirrors_what_is_seen() -> None:
    placement = Placement.fitted((100, 100), (100, 100), LARGEST)
    assert placement.turned(CLOCKWISE, LARGEST).to_view(30, 0) == (100, 30)
    assert placement.turned(LEFT_TO_RIGHT, LARGEST).to_view(30, 0) == (70, 0)
    # The image lies on its side: seen from the reader, its top at the right goes to the left.
    both = CLOCKWISE.then(LEFT_TO_RIGHT)
    assert placement.turned(both, LARGEST).to_view(30, 0) == (0, 30)
    assert both.is_mirrored
    assert both.degrees == 90 + 180


@given(sizes, views, turns(), aspects, st.floats(0.06, 30), st.data())
def test_a_box_covers_in_the_view_what_it_covers_in_the_image(
    image: tuple[int, int],
    view: tuple[int, int],
    turn: Turn,
    aspect: float,
    scale: float,
    data: st.DataObject,
) -> None:
    placement = Placement.fitted(image, view, LARGEST, turn, aspect).zoomed(scale, 7, 11)
    x0, x1 = sorted(data.draw(st.floats(0, image[0])) for _ in range(2))
    y0, y1 = sorted(data.draw(st.floats(0, image[1])) for _ in range(2))
    left, top, right, bottom = placement.box_to_view((x0, y0, x1, y1))
    corners = [placement.to_view(x, y) for x in (x0, x1) for y in (y0, y1)]
    assert (left, top) == pytest.approx((min(c[0] for c in corners), min(c[1] for c in corners)))
    assert (right, bottom) == pytest.approx(
        (max(c[0] for c in corners), max(c[1] for c in corners))
    )
    area = (right - left) * (bottom - top)
    wanted = (x1 - x0) * (y1 - y0) * scale**2 * max(aspect, 1 / aspect)
    assert area == pytest.approx(wanted, rel=1e-6, abs=1e-3)
    assert placement.box_to_image((left, top, right, bottom)) == pytest.approx(
        (x0, y0, x1, y1), abs=1e-5
    )


@given(sizes, views, turns(), aspects)
def test_a_fitted_image_lies_inside_the_view_however_it_is_turned(
    image: tuple[int, int], view: tuple[int, int], turn: Turn, aspect: float
) -> None:
    placement = Placement.fitted(image, view, LARGEST, aspect=aspect).turned(turn, LARGEST)
    left, top, right, bottom = placement.box_to_view((0, 0, *image))
    assert min(left, top) >= -1e-6
    assert right <= view[0] + 1e-6
    assert bottom <= view[1] + 1e-6
    assert placement.is_fitted


@given(sizes, views, turns(), aspects, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_a_pan_moves_every_turned_image_with_the_mouse_and_never_loses_it(
    image: tuple[int, int],
    view: tuple[int, int],
    turn: Turn,
    aspect: float,
    right: float,
    down: float,
) -> None:
    fitted = Placement.fitted(image, view, LARGEST, turn, aspect)
    if min(view) > 100:  # smaller ones have little room beside what stays in view
        x, y = fitted.to_view(1, 2)
        assert fitted.panned(5, -3).to_view(1, 2) == pytest.approx((x + 5, y - 3))
    seen = fitted.panned(right, down).box_to_view((0, 0, *image))
    assert seen[2] > 0
    assert seen[3] > 0
    assert seen[0] < view[0]
    assert seen[1] < view[1]


def test_pixels_twice_as_high_as_wide_are_drawn_so() -> None:
    # 100 columns and 50 rows of pixels twice as high make a square.
    placement = Placement.fitted((100, 50), (300, 300), LARGEST, aspect=2)
    assert placement.scale == 3
    assert placement.box_to_view((0, 0, 10, 10)) == (0, 0, 30, 60)


@given(sizes, views, turns(), st.sampled_from([1.0, 1.5, 2.0]))
def test_the_corner_moves_to_the_nearest_pixel_of_the_screen(
    image: tuple[int, int], view: tuple[int, int], turn: Turn, ratio: float
) -> None:
    placement = Placement.fitted(image, view, LARGEST, turn)
    for before, after in zip(
        placement.offset(), placement.on_whole_pixels(ratio).offset(), strict=True
    ):
        assert after * ratio == pytest.approx(round(after * ratio), abs=1e-6)
        assert abs(after - before) <= 0.5 / ratio + 1e-6


def test_what_is_seen_of_one_image_is_seen_of_another_of_another_size() -> None:
    # Fitted 400 / 1000 = 0.4; at scale 1 the zoom is 2.5. The centre is a quarter and a half.
    leader = Placement((1000, 1000), (400, 400), 1.0, (250, 500))
    view = leader.relative(LARGEST)
    assert view == RelativeView(2.5, 0.25, 0.5)
    follower = Placement.fitted((200, 400), (300, 300), LARGEST)
    # Fitted 300 / 400 = 0.75, times 2.5; a quarter of 200 and half of 400.
    assert follower.following(view, 0.05, LARGEST) == Placement(
        (200, 400), (300, 300), 1.875, (50, 200)
    )


@given(sizes, views, turns(), aspects)
def test_a_fitted_image_is_followed_by_a_fitted_one(
    image: tuple[int, int], view: tuple[int, int], turn: Turn, aspect: float
) -> None:
    fitted = Placement.fitted(image, view, LARGEST, turn, aspect)
    assert fitted.relative(LARGEST) == WHOLE_IMAGE
    moved = fitted.zoomed(1.0, 10, 10).panned(5, 5)
    assert moved.following(WHOLE_IMAGE, 0.05, LARGEST) == fitted


@given(sizes, views, st.floats(0.1, 8), st.floats(-0.2, 1.2), st.floats(-0.2, 1.2), turns())
def test_following_and_asking_what_is_seen_are_each_others_inverse(
    image: tuple[int, int], view: tuple[int, int], zoom: float, x: float, y: float, turn: Turn
) -> None:
    wanted = RelativeView(zoom, x, y)
    followed = Placement.fitted(image, view, 1e6, turn).following(wanted, 1e-6, 1e6)
    seen = followed.relative(1e6)
    assert (seen.zoom, seen.x, seen.y) == pytest.approx((zoom, x, y))


def test_following_stops_at_the_limits_of_the_scale() -> None:
    tiny = Placement.fitted((10, 10), (300, 300), LARGEST)
    assert tiny.following(RelativeView(4, 0.5, 0.5), 0.05, LARGEST).scale == LARGEST
    large = Placement.fitted((6000, 6000), (300, 300), LARGEST)  # at a scale of 0.05
    assert large.following(RelativeView(0.5, 0.5, 0.5), 0.05, LARGEST).scale == 0.05
