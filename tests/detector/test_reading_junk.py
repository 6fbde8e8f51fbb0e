"""Files cut short or overwritten: a radiograph or an InputError comes out, and nothing else.

The common fixtures let no warning and no log line through: pydicom's are seen to be kept in.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from detector.dicom.grey_values import render
from detector.dicom.reading import read_identity, read_radiograph
from detector.errors import InputError

VALID = (
    "CT_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "image_dfl.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_small_odd_jpeg.dcm",
    "examples_palette.dcm",
    "mlut_18.dcm",
    "picture.png",
    "picture.jpg",
)
fuzz = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@cache
def valid_file(name: str) -> bytes:
    if name.startswith("picture"):
        pixels = np.random.default_rng(0).integers(0, 256, (40, 30)).astype(np.uint8)
        return bytes(cv2.imencode(Path(name).suffix, pixels)[1])
    path = get_testdata_file(name, download=False)
    assert path is not None, f"{name} comes with pydicom or pydicom-data"
    return Path(path).read_bytes()


def read_both_ways(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    with suppress(InputError):
        read_identity(path)
    with suppress(InputError):
        image = read_radiograph(path)
        assert render(image).shape == image.pixels.shape


@pytest.mark.parametrize("name", VALID)
@given(data=st.data())
@fuzz
def test_a_file_cut_at_any_byte(name: str, data: st.DataObject, tmp_path: Path) -> None:
    content = valid_file(name)
    kept = data.draw(st.integers(0, len(content) - 1))
    read_both_ways(content[:kept], tmp_path / name)


@pytest.mark.parametrize("name", VALID)
@given(data=st.data())
@fuzz
def test_a_file_with_any_bytes_of_its_header_overwritten(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    content = bytearray(valid_file(name))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 1500) - 1))] = data.draw(
            st.integers(0, 255)
        )
    read_both_ways(bytes(content), tmp_path / name)


@given(st.binary(max_size=600), st.sampled_from([b"", b"\x08\0", b"\0" * 128 + b"DICM"]))
@fuzz
def test_bytes_of_any_kind(tmp_path: Path, content: bytes, start: bytes) -> None:
    read_both_ways(start + content, tmp_path / "anything")


@pytest.mark.parametrize("name", [name for name in VALID if name != "image_dfl.dcm"])
def test_half_a_file_is_never_shown_as_a_whole_picture(name: str) -> None:
    content = valid_file(name)
    for kept in (0.5, 0.75, 0.95):
        with pytest.raises(InputError):
            read_radiograph(content[: int(len(content) * kept)])
