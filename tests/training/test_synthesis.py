"""Findings are put where their box says, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from training.synthesis import move_opacity, overlaps, paint_opacity


def test_a_painted_opacity_brightens_its_box_and_nothing_else() -> None:
    box = np.array([30, 40, 90, 120], np.float32)
    for seed in range(20):
        generator = np.random.default_rng(seed)
        before = generator.integers(60, 80, (160, 160)).astype(np.uint8)
        after = before.copy()
        paint_opacity(after, box, generator)
        change = after.astype(int) - before
        assert change[40:120, 30:90].mean() > 2
        assert (change >= 0).all()
        change[40:120, 30:90] = 0
        assert not change.any()


def test_a_painted_opacity_reaches_close_to_every_side_of_its_box() -> None:
    box = np.array([30, 40, 90, 120], np.float32)
    for seed in range(20):
        image = np.full((160, 160), 60, np.uint8)
        paint_opacity(image, box, np.random.default_rng(seed))
        rows, columns = np.nonzero(image > 62)
        # Within a quarter of the box's 60 × 80 pixels: 15 and 20.
        assert columns.min() < 45
        assert columns.max() > 75
        assert rows.min() < 60
        assert rows.max() > 100


def test_a_box_at_the_edge_or_too_small_to_paint_is_no_error() -> None:
    image = np.full((64, 64), 60, np.uint8)
    paint_opacity(image, np.array([-20, -20, 20, 20], np.float32), np.random.default_rng(0))
    assert image[:20, :20].mean() > 60
    assert (image[20:, 20:] == 60).all()
    tiny = np.full((64, 64), 60, np.uint8)
    paint_opacity(tiny, np.array([10, 10, 12, 12], np.float32), np.random.default_rng(0))
    move_opacity(image, np.array([10, 10, 12, 12], np.float32), tiny, np.random.default_rng(0))
    assert (tiny == 60).all()


def test_a_moved_opacity_takes_on_the_grey_of_its_new_surroundings() -> None:
    donor = np.full((160, 160), 150, np.uint8)
    donor[60:100, 60:100] = 190
    image = np.full((160, 160), 40, np.uint8)
    box = np.array([60, 60, 100, 100], np.float32)
    move_opacity(donor, box, image, np.random.default_rng(0))
    # The finding is 40 brighter than its surroundings in both, at 0.85 to 1 of its strength.
    assert image[80, 80] == pytest.approx(40 + 40 * 0.925, abs=8)
    assert (image[:50] == 40).all()
    assert (image[:, 110:] == 40).all()


def test_boxes_that_only_touch_do_not_overlap() -> None:
    boxes = np.array([[0, 0, 10, 10], [50, 50, 60, 60]], np.float32)
    assert overlaps(np.array([9, 9, 20, 20], np.float32), boxes)
    assert not overlaps(np.array([10, 0, 20, 10], np.float32), boxes)
    assert not overlaps(np.array([0, 0, 10, 10], np.float32), np.zeros((0, 4), np.float32))
