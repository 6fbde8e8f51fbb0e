"""Real files: each is read, with the values that another decoder finds, or refused in words."""

from __future__ import annotations

import csv
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.data import get_testdata_file
from pydicom.data.data_manager import DATA_ROOT

from detector.dicom.elements import Elements
from detector.dicom.grey_values import render
from detector.dicom.reading import read_identity, read_radiograph
from detector.errors import (
    DamagedFileError,
    InputError,
    NoPixelDataError,
    NotAnImageFileError,
    UnsupportedImageError,
)
from detector.radiograph import PixelSpacing, Radiograph, SpacingOrigin

BUNDLED = sorted(
    path
    for folder in ("test_files", "charset_files")
    for path in (Path(DATA_ROOT) / folder).rglob("*")
    if path.is_file()
)
# The same pictures without loss in different syntaxes, as the NEMA working group 4 made them.
TWINS = ("CT1", "CT2", "MR2", "MR4", "RG2", "RG3", "US1", "VL1", "XA1")
LOSSLESS = ("UNC", "J2KR", "JLSL", "JPLL", "RLE")


@pytest.fixture(autouse=True)
def quiet_reference(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What pydicom says about these files while it serves as the reference is of no interest.

    Tests of our own silence are in test_reading_junk.py.
    """
    with caplog.at_level(logging.CRITICAL, logger="pydicom"):
        yield


def read_or_refusal(path: Path) -> Radiograph | InputError:
    """The outcome, which has to be the same for the header alone as far as headers show it."""
    try:
        image = read_radiograph(path)
    except InputError as error:
        refusal = error
    else:
        refusal = None
    if refusal is not None:
        if isinstance(refusal, NoPixelDataError | NotAnImageFileError):
            with pytest.raises(type(refusal)):
                read_identity(path)
        return refusal
    assert read_identity(path) == image.identity
    assert (
        render(image).shape == image.pixels.shape == (image.identity.rows, image.identity.columns)
    )
    return image


def reference_pixels(path: Path) -> NDArray[np.integer] | None:
    """The first frame as pydicom decodes it, or None if it does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(path, force=True)
            pixels = dataset.pixel_array
        except Exception:  # noqa: BLE001 (what pydicom makes of a file is not under test)
            return None
    return pixels[0] if dataset.get("NumberOfFrames", 1) not in (None, 1) else pixels


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.name)
def test_pydicoms_own_files_are_read_as_pydicom_reads_them_or_refused(path: Path) -> None:
    outcome = read_or_refusal(path)
    expected = reference_pixels(path)
    if isinstance(outcome, Radiograph) and expected is not None and expected.ndim == 2:
        if any("colour" in note for note in outcome.notes):
            return
        if any("clipped" in note for note in outcome.notes):
            return
        assert np.array_equal(outcome.pixels, expected)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("MR_truncated.dcm", DamagedFileError),
        ("badVR.dcm", UnsupportedImageError),
        ("rtplan.dcm", NoPixelDataError),
        ("test-SR.dcm", NoPixelDataError),
        ("dicomdirtests/DICOMDIR", NoPixelDataError),
        ("waveform_ecg.dcm", NoPixelDataError),
        ("rtdose.dcm", UnsupportedImageError),
        ("README.txt", NotAnImageFileError),
    ],
)
def test_every_refusal_has_its_own_reason(name: str, kind: type[InputError]) -> None:
    path = Path(DATA_ROOT) / "test_files" / name
    with pytest.raises(kind):
        read_radiograph(path)


@pytest.mark.parametrize(
    ("compressed", "plain"),
    [
        ("MR_small_RLE.dcm", "MR_small.dcm"),
        ("MR_small_jp2klossless.dcm", "MR_small.dcm"),
        ("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm"),
        ("MR_small_implicit.dcm", "MR_small.dcm"),
        ("MR_small_bigendian.dcm", "MR_small.dcm"),
        ("RG1_J2KR.dcm", "RG1_UNCR.dcm"),
    ],
)
def test_lossless_twins_have_equal_values(compressed: str, plain: str) -> None:
    images = []
    for name in (compressed, plain):
        path = get_testdata_file(name, download=False)
        if path is None:
            pytest.fail(f"{name} comes with pydicom or pydicom-data")
        images.append(read_radiograph(Path(path)))
    assert np.array_equal(images[0].pixels, images[1].pixels)


def test_12_bit_jpeg_is_decoded() -> None:
    """Its values are those of DCMTK's dcmdjpeg, which were summed up once."""
    image = read_radiograph(Path(DATA_ROOT) / "test_files" / "JPGExtended.dcm")
    assert image.is_lossy
    assert (image.pixels.shape, int(image.pixels.max())) == ((1024, 256), 264)
    assert int(image.pixels.sum()) == 3767007


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("chrFren.dcm", "Buc, Jérôme"),
        ("chrRuss.dcm", "Люкceмбypг"),
        ("chrX1.dcm", "Wang, XiaoDong"),
    ],
)
def test_names_are_read_in_their_character_set(name: str, readable: str) -> None:
    """The files hold no pixels, so that the name is looked at in a header of its own."""
    dataset = pydicom.dcmread(Path(DATA_ROOT) / "charset_files" / name)
    assert Elements(dataset, []).person_name("PatientName") == readable


class TestSamples:
    """The files of ``shared/data/dicom-samples``, where they are at hand."""

    def test_every_file_is_read_or_refused_as_its_index_says(self, shared_data: Path) -> None:
        folder = shared_data / "dicom-samples"
        with (folder / "index.csv").open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert len(rows) == 211
        surprises = []
        for row in rows:
            outcome = read_or_refusal(folder / row["path"])
            is_image = isinstance(outcome, Radiograph)
            if row["BitsAllocated"] in ("1", "32"):
                expected = isinstance(outcome, UnsupportedImageError)
            elif row["has_pixels"] == "True" and row["decode"] == "ok":
                expected = is_image
            elif row["transfer_syntax"].startswith("JPEG Extended"):
                expected = is_image  # the index was made without a decoder for 12 bits
            elif row["has_pixels"] == "False" and not row["path"].endswith("too_short.dcm"):
                expected = not is_image
            else:
                expected = is_image or isinstance(outcome, DamagedFileError)
            if not expected:
                surprises.append((row["path"], outcome))
            if is_image and row["shape"]:
                shape = [int(size) for size in row["shape"].strip("()").split(",") if size.strip()]
                assert outcome.pixels.shape[0] in shape
                assert outcome.pixels.shape[1] in shape
        assert not surprises

    @pytest.mark.parametrize("picture", TWINS)
    def test_lossless_syntaxes_agree_bit_by_bit(self, shared_data: Path, picture: str) -> None:
        paths = [
            path
            for syntax in LOSSLESS
            for path in (shared_data / "dicom-samples").glob(f"*/*__{picture}_{syntax}*")
        ]
        assert len(paths) >= 2
        first, *others = [read_radiograph(path).pixels for path in paths]
        for path, other in zip(paths[1:], others, strict=True):
            assert np.array_equal(first, other), path.name

    def test_rsna_radiographs_have_pydicoms_values_and_a_spacing_of_unknown_origin(
        self, shared_data: Path
    ) -> None:
        """They are secondary captures with Pixel Spacing alone: nothing says where it holds."""
        for path in sorted((shared_data / "rsna" / "stage_2_train_images").glob("*.dcm"))[:10]:
            image = read_radiograph(path)
            dataset = pydicom.dcmread(path)
            assert np.array_equal(image.pixels, dataset.pixel_array)
            assert np.array_equal(render(image), dataset.pixel_array)
            assert image.spacing == PixelSpacing(*dataset.PixelSpacing, SpacingOrigin.UNKNOWN)
            assert image.identity.patient_age_years == int(dataset.PatientAge)
            assert (image.is_lossy, image.notes) == (True, ())
