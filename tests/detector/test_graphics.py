"""Overlays of groups 60xx and display shutters, from bytes to what is drawn and covered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_writing import dicom
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.filebase import DicomBytesIO

from detector.dicom.graphics import is_shut, overlay_marks
from detector.dicom.reading import read_radiograph
from detector.radiograph import Overlay, Radiograph, Shutter

PIXELS = np.zeros((4, 6), np.uint8)


def packed(*bitmaps: NDArray[np.bool_]) -> bytes:
    """Overlay Data: bits of all frames on end, the first in the lowest bit (PS3.5 8.1.2)."""
    data = np.packbits(np.concatenate([b.ravel() for b in bitmaps]), bitorder="little").tobytes()
    return data + b"\0" * (len(data) % 2)


def with_overlay(bitmap: NDArray[np.bool_], group: int = 0x6000, **changes: Any) -> Radiograph:
    elements = {
        0x0010: ("US", bitmap.shape[0]),
        0x0011: ("US", bitmap.shape[1]),
        0x0040: ("CS", "G"),
        0x0050: ("SS", [1, 1]),
        0x0100: ("US", 1),
        0x0102: ("US", 0),
        0x1500: ("LO", "Frame"),
        0x3000: ("OW", packed(bitmap)),
    } | {int(tag, 16): value for tag, value in changes.items()}
    dataset = dcmread(DicomBytesIO(dicom(PIXELS)))
    for element, what in elements.items():
        if what is not None:
            dataset.add_new((group << 16) | element, *what)
    stream = DicomBytesIO()
    dataset.save_as(stream)
    return read_radiograph(stream.getvalue())


@given(st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_an_overlay_is_read_bit_for_bit(rows: int, columns: int, random: Any) -> None:
    bitmap = np.array([[random.random() < 0.5 for _ in range(columns)] for _ in range(rows)])
    (overlay,) = with_overlay(bitmap).overlays
    assert (overlay.bitmap == bitmap).all()
    assert (overlay.left, overlay.top, overlay.is_region, overlay.label) == (0, 0, False, "Frame")


def test_the_origin_counts_rows_then_columns_from_one_and_may_lie_outside() -> None:
    origin = {"0050": ("SS", [3, -1])}
    (overlay,) = with_overlay(np.ones((2, 2), np.bool_), group=0x601E, **origin).overlays
    assert (overlay.top, overlay.left) == (2, -2)


def test_a_frame_gets_the_overlay_of_its_own() -> None:
    frames = [np.eye(3, dtype=np.bool_) & (np.arange(3) == index) for index in range(3)]
    data = dcmread(DicomBytesIO(dicom(np.zeros((5, 3, 3), np.uint8), NumberOfFrames=5)))
    for element, vr, value in (
        (0x0010, "US", 3),
        (0x0011, "US", 3),
        (0x0015, "IS", 3),
        (0x0051, "US", 2),  # the first overlay lies on the second frame
        (0x3000, "OW", packed(*frames)),
    ):
        data.add_new(0x60000000 | element, vr, value)
    stream = DicomBytesIO()
    data.save_as(stream)
    overlays = [read_radiograph(stream.getvalue(), frame).overlays for frame in range(5)]
    assert [len(found) for found in overlays] == [0, 1, 1, 1, 0]
    for bitmap, (overlay,) in zip(frames, overlays[1:4], strict=True):
        assert (overlay.bitmap == bitmap).all()


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"3000": ("OW", b"\0\0")}, "contradicts itself"),
        ({"3000": None}, "contradicts itself"),
        ({"0050": ("SS", 1)}, "contradicts itself"),
        ({"0010": None}, "contradicts itself"),
        ({"3000": None, "0100": ("US", 16)}, "unused bits of the pixels"),
    ],
)
def test_a_broken_overlay_is_left_out_with_a_note(changes: dict[str, Any], note: str) -> None:
    radiograph = with_overlay(np.ones((8, 8), np.bool_), **changes)
    assert radiograph.overlays == ()
    assert any(note in sentence for sentence in radiograph.notes)


def test_a_real_overlay_is_that_which_pydicom_reads() -> None:
    path = get_testdata_file("MR-SIEMENS-DICOM-WithOverlays.dcm")
    if path is None:
        pytest.skip("pydicom's larger test files are not there")
    dataset = dcmread(path)
    overlays = read_radiograph(Path(path)).overlays
    groups = [g for g in range(0x6000, 0x6020, 2) if (g, 0x3000) in dataset]
    assert len(overlays) == len(groups) > 0
    for overlay, group in zip(overlays, groups, strict=True):
        assert (overlay.bitmap == dataset.overlay_array(group).astype(np.bool_)).all()


def test_marks_are_cut_at_the_image_and_regions_become_outlines() -> None:
    full = np.ones((4, 4), np.bool_)
    marks = overlay_marks((Overlay(full, left=-2, top=3),), (6, 6))
    assert marks.tolist() == [[0] * 6] * 3 + [[1, 1, 0, 0, 0, 0]] * 3
    outline = overlay_marks((Overlay(full, left=1, top=1, is_region=True),), (6, 6))
    assert outline.sum() == 12  # 16 without the 4 inside
    assert not outline[2:4, 2:4].any()
    assert not overlay_marks((Overlay(full, left=90),), (6, 6)).any()


def shutter_in(**elements: Any) -> Radiograph:
    return read_radiograph(dicom(np.zeros((10, 10), np.uint8), **elements))


def test_a_rectangular_shutter_keeps_the_pixels_that_it_names() -> None:
    radiograph = shutter_in(
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=3,
        ShutterRightVerticalEdge=5,
        ShutterUpperHorizontalEdge=2,
        ShutterLowerHorizontalEdge=9,
    )
    assert radiograph.shutter == Shutter(rectangle=(2, 1, 5, 9))
    seen = ~is_shut(radiograph.shutter, (10, 10))
    assert np.flatnonzero(seen.any(axis=0)).tolist() == [2, 3, 4]
    assert np.flatnonzero(seen.any(axis=1)).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_circular_shutter_is_centred_on_row_and_column() -> None:
    radiograph = shutter_in(
        ShutterShape="CIRCULAR", CenterOfCircularShutter=[4, 7], RadiusOfCircularShutter=2
    )
    assert radiograph.shutter is not None
    seen = ~is_shut(radiograph.shutter, (10, 10))
    # A radius of 2 pixels around row 3 and column 6, counted from 0: 1 + 3 + 5 + 3 + 1.
    assert seen.sum() == 13
    assert seen[3, 4:9].all()
    assert seen[1:6, 6].all()


def test_a_polygonal_shutter_has_rows_before_columns() -> None:
    radiograph = shutter_in(
        ShutterShape="POLYGONAL", VerticesOfThePolygonalShutter=[2, 3, 2, 9, 8, 9, 8, 3]
    )
    assert radiograph.shutter is not None
    seen = ~is_shut(radiograph.shutter, (10, 10))
    assert np.flatnonzero(seen.any(axis=1)).tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert np.flatnonzero(seen.any(axis=0)).tolist() == [2, 3, 4, 5, 6, 7, 8]


def test_of_several_shapes_the_part_inside_all_is_seen() -> None:
    both = Shutter(rectangle=(0, 0, 5, 10), circle=(5, 5, 3))
    seen = ~is_shut(both, (10, 10))
    one, other = (
        ~is_shut(s, (10, 10)) for s in (Shutter((0, 0, 5, 10)), Shutter(circle=(5, 5, 3)))
    )
    assert (seen == (one & other)).all()
    assert seen.any()


@pytest.mark.parametrize("shape", ["RECTANGULAR", "CIRCULAR", "POLYGONAL"])
def test_an_incomplete_shutter_is_left_out_with_a_note(shape: str) -> None:
    radiograph = shutter_in(ShutterShape=shape)
    assert radiograph.shutter is None
    assert any("shutter is incomplete" in sentence for sentence in radiograph.notes)


def test_without_drawings_there_are_none() -> None:
    radiograph = shutter_in()
    assert (radiograph.overlays, radiograph.shutter, radiograph.pixel_aspect) == ((), None, 1)


@pytest.mark.parametrize(
    ("elements", "aspect"),
    [
        ({"PixelAspectRatio": [2, 1]}, 2.0),  # vertical before horizontal
        ({"PixelAspectRatio": [2, 1], "PixelSpacing": [0.3, 0.2]}, 1.5),
        ({"PixelAspectRatio": [1, 0]}, 1.0),
        ({"PixelAspectRatio": [100, 1]}, 1.0),
        ({"ImagerPixelSpacing": [100, 0.1]}, 1.0),
    ],
)
def test_a_pixel_is_as_high_as_the_spacing_says_or_else_the_aspect_ratio(
    elements: dict[str, Any], aspect: float
) -> None:
    assert shutter_in(**elements).pixel_aspect == pytest.approx(aspect)
