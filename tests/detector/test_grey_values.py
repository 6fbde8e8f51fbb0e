"""Grey values: the formulae of PS3.3 C.11, worked by hand, as properties, and against highdicom."""

from __future__ import annotations

import warnings
from itertools import product
from pathlib import Path

import highdicom
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_modality_lut

from detector.dicom.grey_values import (
    PERCENTILE_PRESETS,
    apply_table,
    automatic_window,
    default_view,
    display_table,
    full_range_window,
    modality_values,
    offered_views,
    percentile_window,
    render,
)
from detector.dicom.reading import read_radiograph
from detector.radiograph import (
    GreyScale,
    ImageIdentity,
    LookupTable,
    Radiograph,
    Rescale,
    VoiFunction,
    Window,
)

BYTE = GreyScale(bits_stored=8)
SIGNED = GreyScale(bits_stored=16, is_signed=True)
LINEAR, EXACT, SIGMOID = VoiFunction.LINEAR, VoiFunction.LINEAR_EXACT, VoiFunction.SIGMOID


def radiograph(pixels: NDArray[np.generic], grey: GreyScale) -> Radiograph:
    return Radiograph(pixels, grey, None, ImageIdentity(key="1.2", source="test"))


def shown(table: NDArray[np.uint8], *stored: int) -> list[int]:
    return [int(table[value]) for value in stored]


class TestWindows:
    def test_linear_example_of_the_standard_with_width_4096(self) -> None:
        """C.11.2.1.2.1 note 3: c = 2048, w = 4096 is ((x - 2047.5) / 4095 + 0.5) × 255."""
        table = display_table(GreyScale(12), Window(2048, 4096))
        # 1024: (1024 - 2047.5) / 4095 + 0.5 = 0.25006 → 63.77; 2048: 0.50012 → 127.53
        assert shown(table, 0, 1024, 2048, 4095) == [0, 64, 128, 255]

    def test_linear_example_of_the_standard_with_width_100_around_0(self) -> None:
        """c = 0, w = 100: black up to -50, white above 49, between ((x + 0.5) / 99 + 0.5) × 255."""
        table = display_table(SIGNED, Window(0, 100))
        # -49: (-48.5 / 99 + 0.5) × 255 = 2.58; 0: (0.5 / 99 + 0.5) × 255 = 128.79
        assert shown(table, -51, -50, -49, 0, 48, 49, 50) == [0, 0, 3, 129, 252, 255, 255]

    def test_linear_with_width_1_is_a_step_at_half_below_the_center(self) -> None:
        table = display_table(BYTE, Window(128, 1))
        assert shown(table, 127, 128) == [0, 255]

    def test_linear_exact_reaches_black_and_white_half_a_width_from_the_center(self) -> None:
        table = display_table(BYTE, Window(100, 100, EXACT))
        # 75: (75 - 100) / 100 + 0.5 = 0.25 → 63.75
        assert shown(table, 49, 50, 75, 100, 150, 151) == [0, 0, 64, 128, 255, 255]

    def test_sigmoid_is_a_logistic_curve_of_slope_4_over_width(self) -> None:
        table = display_table(BYTE, Window(100, 100, SIGMOID))
        # 100: 255 / 2; 125: 255 / (1 + e^-1) = 186.42; 50: 255 / (1 + e^2) = 30.40
        assert shown(table, 50, 100, 125) == [30, 128, 186]

    @pytest.mark.parametrize(("function", "width"), [(LINEAR, 0.5), (EXACT, 0.0)])
    def test_widths_that_the_standard_forbids_are_refused(
        self, function: VoiFunction, width: float
    ) -> None:
        with pytest.raises(ValueError, match="width"):
            display_table(BYTE, Window(10, width, function))

    @given(
        center=st.floats(-3e4, 3e4),
        width=st.floats(1, 7e4),
        function=st.sampled_from(VoiFunction),
        is_inverted=st.booleans(),
    )
    def test_tables_run_one_way_and_stay_in_range(
        self, center: float, width: float, function: VoiFunction, is_inverted: bool
    ) -> None:
        table = display_table(SIGNED, Window(center, width, function), is_inverted)
        steps = np.diff(np.roll(table, 2**15).astype(int))  # from -32768 upwards
        assert np.all(steps <= 0) if is_inverted else np.all(steps >= 0)

    @given(center=st.integers(-20000, 20000), half=st.integers(1, 10000))
    def test_a_linear_window_runs_from_half_a_width_below_to_one_short_of_it_above(
        self, center: int, half: int
    ) -> None:
        """Edges lie at c - 0.5 ± (w - 1) / 2, which for an even width are whole numbers."""
        table = display_table(SIGNED, Window(center, 2 * half))
        black, white = center - half, center + half - 1
        assert shown(table, black - 1, black, white, white + 1) == [0, 0, 255, 255]
        if half <= 100:  # wide enough apart for the next value to be another grey
            assert shown(table, black + 1)[0] > 0
            assert shown(table, white - 1)[0] < 255

    def test_windows_apply_after_the_rescale(self) -> None:
        grey = GreyScale(12, modality=Rescale(slope=2, intercept=-1024))
        table = display_table(grey, Window(0, 1024, EXACT))
        # 512 × 2 - 1024 = 0, the center; 384 × 2 - 1024 = -256, a quarter of the width below
        assert shown(table, 256, 384, 512, 768) == [0, 64, 128, 255]

    def test_a_negative_slope_turns_the_order_round(self) -> None:
        grey = GreyScale(8, modality=Rescale(slope=-1, intercept=255))
        table = display_table(grey, Window(127.5, 255, EXACT))
        assert shown(table, 0, 255) == [255, 0]


class TestLookupTables:
    def test_values_outside_a_table_take_its_ends(self) -> None:
        lut = LookupTable(10, np.array([0, 100, 255], np.uint16), bits=8)
        assert shown(display_table(BYTE, lut), 0, 10, 11, 12, 13, 255) == [0, 0, 100, 255, 255, 255]

    def test_output_bits_set_the_scale(self) -> None:
        lut = LookupTable(0, np.array([0, 1024, 4095], np.uint16), bits=12)
        # 1024 / 4095 × 255 = 63.77
        assert shown(display_table(BYTE, lut), 0, 1, 2) == [0, 64, 255]

    def test_a_table_may_begin_below_zero(self) -> None:
        lut = LookupTable(-2, np.array([0, 50, 100, 150, 200], np.uint16), bits=8)
        assert shown(display_table(SIGNED, lut), -3, -2, -1, 0, 2) == [0, 0, 50, 100, 200]

    def test_a_modality_table_comes_before_the_window(self) -> None:
        modality = LookupTable(0, np.array([500, 600, 700], np.uint16), bits=16)
        grey = GreyScale(8, modality=modality)
        assert shown(display_table(grey, Window(600, 200, EXACT)), 0, 1, 2) == [0, 128, 255]
        pixels = np.array([[0, 1], [2, 3]], np.uint8)
        assert modality_values(pixels, grey).tolist() == [[500, 600], [700, 700]]


class TestInversion:
    @pytest.mark.parametrize(
        ("is_inverted", "asked", "slope"), tuple(product((False, True), (False, True), (1.0, -1.0)))
    )
    def test_each_of_file_reader_and_slope_turns_the_picture_once(
        self, is_inverted: bool, asked: bool, slope: float
    ) -> None:
        """The 2 × 2 × 2 truth table: an odd number of turns shows the largest value black."""
        grey = GreyScale(8, modality=Rescale(slope), is_inverted=is_inverted)
        window = Window(slope * 127.5, 255, EXACT)
        turns = is_inverted + asked + (slope < 0)
        expected = [255, 0] if turns % 2 else [0, 255]
        assert shown(display_table(grey, window, asked), 0, 255) == expected

    def test_inversion_is_the_exact_negative_of_the_table(self) -> None:
        window = Window(90, 77, SIGMOID)
        plain, inverted = (display_table(BYTE, window, asked) for asked in (False, True))
        assert np.array_equal(plain + inverted, np.full(256, 255))


class TestAutomaticWindows:
    def test_a_thousandth_of_the_pixels_at_either_end_is_let_go(self) -> None:
        """10 of 10,000 pixels may be black beforehand and 10 white."""
        values = np.full(10_000, 500, np.uint16)
        values[:10], values[10:20] = 0, 4095
        values[20], values[21] = 400, 700
        window = automatic_window(radiograph(values.reshape(100, 100), GreyScale(12)))
        assert window == Window(550, 300, EXACT)

    def test_padding_is_left_out(self) -> None:
        pixels = np.array([[0, 0, 0, 0], [1000, 1001, 1002, 2000]], np.uint16)
        padded = radiograph(pixels, GreyScale(12, padding=(0, 0)))
        assert percentile_window(padded, 0, 100) == Window(1500, 1000, EXACT)

    def test_an_image_of_padding_alone_still_has_a_window(self) -> None:
        window = automatic_window(
            radiograph(np.zeros((4, 4), np.uint16), GreyScale(12, padding=(0, 0)))
        )
        assert window == Window(0, 1, EXACT)

    def test_percentiles_are_in_modality_units_even_with_a_negative_slope(self) -> None:
        pixels = np.array([[0, 10, 20, 30]], np.uint8)
        grey = GreyScale(8, modality=Rescale(-2, 5))
        assert percentile_window(radiograph(pixels, grey), 0, 100) == Window(-25, 60, EXACT)

    def test_presets_count_from_dark_to_bright_on_the_screen(self) -> None:
        """A MONOCHROME1 negative of a radiograph looks the same in every preset."""
        pixels = np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16)
        plain = radiograph(pixels, GreyScale(12))
        negative = radiograph(4095 - pixels, GreyScale(12, is_inverted=True))
        for preset in PERCENTILE_PRESETS:
            views = [percentile_window(x, preset.low, preset.high) for x in (plain, negative)]
            pictures = [
                render(x, view).astype(int)
                for x, view in zip((plain, negative), views, strict=True)
            ]
            assert np.abs(pictures[0] - pictures[1]).max() <= 2, preset.name

    @pytest.mark.parametrize(("low", "high"), [(5, 5), (-1, 50), (50, 101)])
    def test_percentiles_out_of_order_are_refused(self, low: float, high: float) -> None:
        with pytest.raises(ValueError, match="percentiles"):
            percentile_window(radiograph(np.zeros((2, 2), np.uint8), BYTE), low, high)

    def test_full_range_of_signed_values_goes_through_the_rescale(self) -> None:
        grey = GreyScale(12, is_signed=True, modality=Rescale(1, 24))
        assert full_range_window(radiograph(np.zeros((1, 1), np.int16), grey)) == Window(
            23.5, 4095, EXACT
        )


class TestViews:
    def test_the_files_own_table_wins_over_its_window_and_that_over_ours(self) -> None:
        lut = LookupTable(0, np.array([0, 255], np.uint16), 8)
        window = Window(10, 20)
        pixels = np.array([[0, 9]], np.uint16)
        assert default_view(radiograph(pixels, GreyScale(12, windows=(window,)))) is window
        grey = GreyScale(12, windows=(window,), voi_luts=(lut,))
        assert default_view(radiograph(pixels, grey)) is lut
        assert offered_views(radiograph(pixels, grey)) == (lut, window)

    def test_without_either_8_bits_show_as_stored_and_more_bits_automatically(self) -> None:
        bytes_ = np.arange(256, dtype=np.uint8).reshape(16, 16)
        assert np.array_equal(render(radiograph(bytes_, BYTE)), bytes_)
        words = np.array([[1000, 1100, 1200]], np.uint16)
        assert render(radiograph(words, GreyScale(12))).tolist() == [[0, 128, 255]]

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
    def test_a_table_is_applied_by_stored_value_whatever_its_sign(self, dtype: type) -> None:
        info = np.iinfo(dtype)
        pixels = np.linspace(info.min, info.max, 35).astype(dtype).reshape(5, 7)[:, ::2]
        table = np.random.default_rng(1).integers(0, 256, 2 ** (8 * pixels.itemsize))
        expected = [[table[int(value)] for value in row] for row in pixels]
        assert apply_table(pixels, table.astype(np.uint8)).tolist() == expected


@pytest.mark.parametrize(
    "name",
    [
        "MR_small.dcm",
        "vlut_04.dcm",
        "examples_overlay.dcm",
        "J2K_pixelrep_mismatch.dcm",
        "dicomdirtests/77654033/CR1/6154",
        "dicomdirtests/77654033/CR2/6247",
    ],
)
def test_pictures_agree_with_highdicom(name: str) -> None:
    """An independent implementation of the same chapter, up to rounding to whole grey values.

    highdicom folds the rescale into the window first, so that the half value of the linear formula
    is a stored value's and not a modality value's: 0.02 of a grey value in the CR images.
    """
    path = Path(get_testdata_file(name))
    image = read_radiograph(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = highdicom.imread(path).get_frame(
            1, apply_voi_transform=True, voi_output_range=(0, 255)
        )
    assert np.abs(render(image) - reference).max() <= 0.5 + 0.02


@pytest.mark.parametrize("name", ["CT_small.dcm", "mlut_18.dcm"])
def test_modality_values_agree_with_pydicom(name: str) -> None:
    path = Path(get_testdata_file(name))
    image = read_radiograph(path)
    dataset = dcmread(path)
    reference = apply_modality_lut(dataset.pixel_array, dataset)
    assert np.array_equal(modality_values(image.pixels, image.grey), reference)
