"""What the viewport shows of stored values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from canvas_stage import BYTE_WINDOW, is_coloured, picture, radiograph, ramp

from detector.radiograph import (
    GreyScale,
    LookupTable,
    Overlay,
    Rescale,
    Shutter,
    VoiFunction,
    Window,
)
from pneumo_viewer.canvas.viewport import Viewport


@pytest.mark.parametrize(
    ("is_monochrome1", "is_inverted"), [(False, False), (False, True), (True, False), (True, True)]
)
def test_every_stored_value_gets_its_grey(
    viewport: Viewport, is_monochrome1: bool, is_inverted: bool
) -> None:
    viewport.resize(256, 256)
    viewport.show_radiograph(ramp(is_monochrome1))
    if is_inverted:
        viewport.invert()
    row = picture(viewport)[128]
    expected = np.arange(256) if is_monochrome1 == is_inverted else 255 - np.arange(256)
    assert viewport.zoom == 1
    assert row.tolist() == np.stack([expected] * 3, axis=1).tolist()


def test_a_window_clips_and_stretches(viewport: Viewport) -> None:
    viewport.resize(256, 256)
    viewport.show_radiograph(ramp())
    viewport.set_view(Window(100, 50, VoiFunction.LINEAR_EXACT))
    row = picture(viewport)[128, :, 0]
    # Black up to 75, white from 125; 110 lies at (110 - 75) / 50 = 0.7 of 255.
    assert row[[0, 75, 110, 125, 255]].tolist() == [0, 0, 178, 255, 255]


def test_signed_values_and_a_rescale_are_shown(viewport: Viewport) -> None:
    viewport.resize(256, 256)
    pixels = np.tile(np.arange(-128, 128, dtype=np.int16), (256, 1))
    grey = GreyScale(16, is_signed=True, modality=Rescale(2, 256), windows=(Window(256, 512),))
    viewport.show_radiograph(radiograph(pixels, grey))
    row = picture(viewport)[128, :, 0].astype(int)
    # -128 · 2 + 256 = 0 and 127 · 2 + 256 = 510 span all but the last step of the window.
    assert row[0] == 0
    assert row[255] == pytest.approx(254.5, abs=0.5)
    assert (np.diff(row) >= 0).all()


def test_a_reduced_image_shows_the_mean_of_the_pixels_that_it_merges(viewport: Viewport) -> None:
    stripes = np.zeros((400, 800), np.uint8)
    stripes[:, ::2] = 200
    viewport.show_radiograph(radiograph(stripes, GreyScale(8, windows=(BYTE_WINDOW,))))
    assert viewport.zoom == 0.5
    assert np.unique(picture(viewport)[200]).tolist() == [100]


def test_an_enlarged_image_shows_pixels_as_squares(viewport: Viewport) -> None:
    pixels = np.array([[10, 200], [90, 50]], np.uint8)
    viewport.show_radiograph(radiograph(pixels, GreyScale(8, windows=(BYTE_WINDOW,))))
    assert viewport.zoom == 32  # no larger, though the view has room for 200
    image = picture(viewport)[168:232, 168:232, 0]
    assert (image == np.kron(pixels, np.ones((32, 32), np.uint8))).all()


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 700), (701, 3), (1023, 777), (40_000, 60), (60, 40_000)]
)
def test_images_of_any_size_fill_their_place(viewport: Viewport, size: tuple[int, int]) -> None:
    pixels = np.full(size, 255, np.uint8)
    viewport.show_radiograph(radiograph(pixels, GreyScale(8)))
    for zoom in (viewport.zoom_in, viewport.zoom_out, viewport.actual_size, viewport.fit):
        zoom()
        white = is_coloured(picture(viewport), "#ffffff").sum()
        height, width = (min(max(side * viewport.zoom, 1), 400) for side in size)
        assert white >= 0.8 * height * width - 2000  # texts lie on it


def test_the_views_are_chosen_by_name(viewport: Viewport) -> None:
    table = LookupTable(0, np.arange(256, dtype=np.uint16), 8, "own")
    viewport.show_radiograph(replace(ramp(), grey=GreyScale(16, voi_luts=(table,))))
    assert viewport.view is table
    viewport.set_auto_window()
    automatic = viewport.view
    assert isinstance(automatic, Window)
    assert automatic.center == pytest.approx(127.5, abs=1)
    viewport.set_full_range()
    assert isinstance(viewport.view, Window)
    assert viewport.view.width == pytest.approx(65535, abs=1)
    viewport.set_preset("bone")
    assert isinstance(viewport.view, Window)
    assert viewport.view.center > automatic.center
    viewport.invert()
    viewport.reset_view()
    assert viewport.view is table
    assert not viewport.is_inverted


def test_a_real_radiograph_looks_like_its_pixels(viewport: Viewport, shared_data: Path) -> None:
    path = sorted((shared_data / "nih" / "images").glob("*.jpg"))[0]
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    viewport.show_radiograph(radiograph(pixels.astype(np.uint8), GreyScale(8)))
    expected = cv2.resize(pixels, (400, 400), interpolation=cv2.INTER_AREA)[100:300, 100:300]
    difference = picture(viewport)[100:300, 100:300, 0].astype(int) - expected
    assert np.abs(difference).mean() < 2


def test_overlays_are_white_with_a_dark_rim_and_can_be_hidden(viewport: Viewport) -> None:
    pixels = np.full((400, 400), 90, np.uint8)
    grey = GreyScale(8, windows=(BYTE_WINDOW,))
    line = Overlay(np.ones((100, 1), np.bool_), left=200, top=150)
    viewport.show_radiograph(replace(radiograph(pixels, grey), overlays=(line,)))
    assert picture(viewport)[200, 198:203, 0].tolist() == [90, 0, 255, 0, 90]
    viewport.set_graphics_visible(False)
    assert np.unique(picture(viewport)[200, 198:203]).tolist() == [90]
    viewport.set_graphics_visible(True)
    viewport.rotate_right()  # (200, 150) to (200, 249) goes to (150, 200) to (250, 200)
    assert picture(viewport)[198:203, 200, 0].tolist() == [90, 0, 255, 0, 90]


def test_behind_the_shutter_it_is_black_even_where_the_image_is_inverted(
    viewport: Viewport,
) -> None:
    pixels = np.full((400, 400), 90, np.uint8)
    grey = GreyScale(8, windows=(BYTE_WINDOW,))
    shut = replace(radiograph(pixels, grey), shutter=Shutter(rectangle=(100, 150, 300, 250)))
    viewport.show_radiograph(shut)
    for expected in (90, 255 - 90):
        seen = picture(viewport)[:, :, 0]
        assert (seen[150:250, 100:300] == expected).all()
        assert not seen[110:150, 100:300].any()
        assert not seen[150:250, 30:100].any()
        viewport.invert()
