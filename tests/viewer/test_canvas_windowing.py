"""How dragging, regions and presets choose the window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detector.radiograph import (
    GreyScale,
    ImageIdentity,
    LookupTable,
    Radiograph,
    VoiFunction,
    Window,
)
from pneumo_viewer.canvas.windowing import (
    describe_view,
    dragged_window,
    preset_window,
    region_window,
    window_of,
)

RAMP = Radiograph(
    np.tile(np.arange(1000, dtype=np.uint16), (100, 1)),
    GreyScale(12),
    None,
    ImageIdentity("ramp", "ramp"),
)


def edges(window: Window) -> tuple[float, float]:
    return window.center - window.width / 2, window.center + window.width / 2


def test_dragging_right_widens_and_up_brightens_by_the_range_of_the_values() -> None:
    # 51.2 px are a tenth of the 512 px that stand for the range of 1000.
    window = dragged_window(Window(500, 200), 51.2, 51.2, 1000, is_inverted=False)
    assert (window.center, window.width) == pytest.approx((400, 300))


def test_dragging_up_brightens_an_inverted_image_too() -> None:
    window = dragged_window(Window(500, 200), 0, 51.2, 1000, is_inverted=True)
    assert window.center == pytest.approx(600)


def test_a_window_never_gets_narrower_than_the_standard_allows() -> None:
    assert dragged_window(Window(500, 200), -9999, 0, 1000, is_inverted=False).width == 1
    sigmoid = Window(500, 200, VoiFunction.SIGMOID)
    dragged = dragged_window(sigmoid, -9999, 0, 1000, is_inverted=False)
    assert dragged.width > 0
    assert dragged.function is VoiFunction.SIGMOID


def test_a_region_windows_its_own_values() -> None:
    low, high = edges(region_window(RAMP, 200, 10, 400, 20))
    assert low == pytest.approx(201, abs=4)
    assert high == pytest.approx(398, abs=4)


@pytest.mark.parametrize(
    "region", [(-50, -50, 10, 10), (990, 90, 2000, 2000), (5, 5, 5, 5), (3000, 3000, 3100, 3100)]
)
def test_a_region_at_the_border_or_outside_still_gives_a_window(
    region: tuple[float, float, float, float],
) -> None:
    low, high = edges(region_window(RAMP, *region))
    assert -2 <= low <= high <= 1002


def test_lungs_are_the_dark_part_and_bone_the_bright_part_before_inversion() -> None:
    lung, mediastinum, bone = (
        preset_window(RAMP, name).center for name in ("lung", "mediastinum", "bone")
    )
    assert lung < mediastinum < bone
    film = replace(RAMP, grey=GreyScale(12, is_inverted=True))
    assert preset_window(film, "lung").center > preset_window(film, "bone").center


def test_dragging_a_lookup_table_starts_from_its_steep_part() -> None:
    # Flat, then 0 … 1000 over 101 inputs from 300 on, then flat.
    entries = np.concatenate([np.zeros(300), np.linspace(0, 1000, 101), np.full(99, 1000)])
    window = window_of(LookupTable(0, entries.astype(np.uint16), 10))
    assert window.center == pytest.approx(350, abs=1)
    assert window.width == pytest.approx(100, abs=3)


def test_a_flat_lookup_table_still_gives_a_window() -> None:
    assert window_of(LookupTable(0, np.full(16, 7, np.uint16), 8)).width >= 1


def test_views_are_named_by_width_and_level_or_by_their_explanation() -> None:
    assert describe_view(Window(512, 1480)) == "W 1480 L 512"
    assert describe_view(Window(0.25, 1.5)) == "W 1.5 L 0.2"
    assert describe_view(LookupTable(0, np.zeros(2, np.uint16), 8, "CHEST")) == "LUT CHEST"
