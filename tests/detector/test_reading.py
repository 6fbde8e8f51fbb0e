"""Reading: stored values bit by bit, damage, refusals and pictures."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from dicom_writing import RAMP, dicom, image_pixel
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

from detector.dicom import decoding
from detector.dicom.reading import read_identity, read_radiograph, require_projection
from detector.errors import (
    DamagedFileError,
    DecoderMissingError,
    FileAccessError,
    InputError,
    NoPixelDataError,
    NotAnImageFileError,
    NotARadiographError,
    UnsupportedImageError,
)
from detector.radiograph import (
    ImageIdentity,
)


class TestPixels:
    @pytest.mark.parametrize(
        "syntax",
        [
            uid.ImplicitVRLittleEndian,
            uid.ExplicitVRLittleEndian,
            uid.ExplicitVRBigEndian,
            uid.DeflatedExplicitVRLittleEndian,
        ],
    )
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
    def test_native_values_come_out_as_they_went_in(self, syntax: uid.UID, dtype: type) -> None:
        info = np.iinfo(dtype)
        pixels = np.linspace(info.min, info.max, 12).astype(dtype).reshape(3, 4)
        image = read_radiograph(dicom(pixels, syntax))
        assert image.pixels.dtype == dtype
        assert np.array_equal(image.pixels, pixels)
        assert image.grey.is_signed == (dtype == np.int16)
        assert image.notes == ()

    def test_only_the_asked_frame_is_returned(self) -> None:
        frames = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
        data = dicom(frames, NumberOfFrames=2)
        assert np.array_equal(read_radiograph(data, frame=1).pixels, frames[1])
        assert read_radiograph(data, frame=1).frame == 1
        with pytest.raises(IndexError):
            read_radiograph(data, frame=2)

    def test_overlay_bits_above_bits_stored_are_removed_with_a_note(self) -> None:
        stored = RAMP | 0x8000
        image = read_radiograph(dicom(stored, BitsStored=12, HighBit=11))
        assert np.array_equal(image.pixels, RAMP)
        assert image.notes == ("Bits above Bits Stored were removed.",)

    def test_signed_values_of_12_bits_get_their_sign_from_bit_11(self) -> None:
        stored = np.array([[0x07FF, 0x0800, 0x0FFF]], np.int16)
        image = read_radiograph(dicom(stored, BitsStored=12, HighBit=11))
        assert image.pixels.tolist() == [[2047, -2048, -1]]

    def test_values_may_lie_above_unused_low_bits(self) -> None:
        image = read_radiograph(dicom(RAMP << 4, BitsStored=12, HighBit=15))
        assert np.array_equal(image.pixels, RAMP)

    def test_up_to_8_bits_come_as_bytes_even_from_16_allocated(self) -> None:
        image = read_radiograph(dicom(RAMP // 16, BitsStored=8, HighBit=7))
        assert image.pixels.dtype == np.uint8
        assert np.array_equal(image.pixels, RAMP // 16)

    def test_colour_is_read_as_luminance_and_noted(self) -> None:
        colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
        image = read_radiograph(
            dicom(
                colours.tobytes(),
                **image_pixel(1, 4, 8),
                SamplesPerPixel=3,
                PlanarConfiguration=0,
                PhotometricInterpretation="RGB",
            )
        )
        # BT.601: 0.299 × 255 = 76.2, 0.587 × 255 = 149.7, 0.114 × 255 = 29.1
        assert image.pixels.tolist() == [[76, 150, 29, 9]]
        assert image.notes == ("A colour image, shown by its luminance.",)

    def test_lossy_jpeg_is_marked_and_decodes_as_opencv_does(self) -> None:
        picture = cv2.GaussianBlur(np.random.default_rng(0).random((40, 56)), (0, 0), 3) * 255
        frame = cv2.imencode(".jpg", picture.astype(np.uint8))[1].tobytes()
        data = dicom(encapsulate([frame]), uid.JPEGBaseline8Bit, **image_pixel(40, 56, 8))
        image = read_radiograph(data)
        assert image.is_lossy
        assert np.array_equal(image.pixels, cv2.imdecode(np.frombuffer(frame, np.uint8), 0))

    def test_lossy_overshoots_are_clipped_not_wrapped(self) -> None:
        frame = cv2.imencode(".jpg", np.full((8, 8), 200, np.uint8))[1].tobytes()
        pixel = image_pixel(8, 8, 8) | {"BitsStored": 7, "HighBit": 6}
        image = read_radiograph(dicom(encapsulate([frame]), uid.JPEGBaseline8Bit, **pixel))
        assert np.all(image.pixels == 127)


class TestDamage:
    """Pixels that are not all there are never shown as if they were."""

    @pytest.mark.parametrize("missing", [1, 2, 20])
    def test_native_pixels_that_break_off(self, missing: int) -> None:
        with pytest.raises(DamagedFileError, match="break off"):
            read_radiograph(dicom()[:-missing])

    @pytest.mark.parametrize("kept", [0.3, 0.9, 0.99])
    def test_a_jpeg_that_breaks_off_inside_whole_fragments(self, kept: float) -> None:
        frame = _jpeg(np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8))
        cut = frame[: int(len(frame) * kept)]
        data = dicom(encapsulate([cut]), uid.JPEGBaseline8Bit, **image_pixel(64, 64, 8))
        with pytest.raises(DamagedFileError, match="break off"):
            read_radiograph(data)

    def test_a_codestream_of_another_size_than_the_header_says(self) -> None:
        frame = _jpeg(np.zeros((16, 32), np.uint8))
        data = dicom(encapsulate([frame]), uid.JPEGBaseline8Bit, **image_pixel(32, 16, 8))
        with pytest.raises(DamagedFileError, match="16 × 32 pixels, its compressed pixels 32 × 16"):
            read_radiograph(data)

    def test_a_file_that_ends_before_its_pixels(self) -> None:
        data = dicom()
        with pytest.raises(DamagedFileError, match="holds no pixels"):
            read_radiograph(data[: data.index(b"\xe0\x7f\x10\x00")])

    @pytest.mark.parametrize(
        "elements",
        [
            {"Rows": None},
            {"Rows": 0},
            {"BitsAllocated": None},
            {"BitsStored": 17},
            {"HighBit": 16},
        ],
    )
    def test_an_image_that_does_not_say_what_it_is(self, elements: dict[str, Any]) -> None:
        with pytest.raises(DamagedFileError):
            read_radiograph(dicom(**elements))


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "found"),
        [
            (b"", "empty"),
            (b"hello, world" * 50, "neither"),
            (b"\x08\0" + b"\xff" * 300, "neither"),
        ],
    )
    def test_files_that_are_no_images(self, tmp_path: Path, content: bytes, found: str) -> None:
        path = tmp_path / "chest.dcm"
        path.write_bytes(content)
        for read in (read_radiograph, read_identity):
            with pytest.raises((NotAnImageFileError, DamagedFileError), match=found):
                read(path)

    def test_a_report_holds_no_image(self, tmp_path: Path) -> None:
        report = Dataset()
        report.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
        report.SOPInstanceUID = "1.2"
        report.file_meta = FileMetaDataset()
        report.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
        report.save_as(tmp_path / "sr", enforce_file_format=True)
        for read in (read_radiograph, read_identity):
            with pytest.raises(NoPixelDataError, match="Comprehensive SR"):
                read(tmp_path / "sr")

    def test_a_syntax_that_nothing_reads_is_named_in_words(self) -> None:
        data = dicom(encapsulate([b"\0" * 8]), uid.MPEG2MPML, **image_pixel(2, 2, 8))
        with pytest.raises(DecoderMissingError, match="MPEG2 Main Profile"):
            read_radiograph(data)

    def test_a_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(decoding._PLUGINS, uid.JPEGLSLossless, ("not-installed", "pyjpegls"))
        data = dicom(encapsulate([b"\0" * 8]), uid.JPEGLSLossless, **image_pixel(2, 2, 8))
        with pytest.raises(
            DecoderMissingError, match=r"JPEG-LS .* needs the Python package pyjpegls"
        ):
            read_radiograph(data)

    @pytest.mark.parametrize("bits", [1, 32])
    def test_other_depths_are_unsupported(self, bits: int) -> None:
        with pytest.raises(UnsupportedImageError, match=f"{bits} bits"):
            read_radiograph(dicom(b"\0" * 64, **image_pixel(4, 4, bits)))

    @pytest.mark.parametrize("dtype", [np.int8, np.int16])
    @pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
    def test_colours_with_a_sign_are_unsupported(self, dtype: type, photometric: str) -> None:
        pixel = image_pixel(2, 4, 8 * np.dtype(dtype).itemsize) | {
            "SamplesPerPixel": 3,
            "PlanarConfiguration": 0,
            "PixelRepresentation": 1,
            "PhotometricInterpretation": photometric,
        }
        with pytest.raises(UnsupportedImageError, match="signed"):
            read_radiograph(dicom(np.zeros((2, 4, 3), dtype).tobytes(), **pixel))

    def test_floating_point_pixels_are_unsupported(self) -> None:
        data = dicom(PixelData=None, FloatPixelData=RAMP.astype(np.float32).tobytes())
        with pytest.raises(UnsupportedImageError, match="floating"):
            read_radiograph(data)

    def test_missing_files_and_folders_are_out_of_reach(self, tmp_path: Path) -> None:
        for path in (tmp_path / "nowhere", tmp_path):
            for read in (read_radiograph, read_identity):
                with pytest.raises(FileAccessError):
                    read(path)

    def test_files_that_may_not_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(Path, "open", refuse)
        monkeypatch.setattr(Path, "read_bytes", refuse)
        for read in (read_radiograph, read_identity):
            with pytest.raises(FileAccessError, match="permission denied"):
                read(tmp_path / "secret.dcm")

    @pytest.mark.parametrize("modality", ["CT", "MR", "US", "NM", "PT", "SM", "SEG", "RTDOSE"])
    def test_sections_and_others_are_no_radiographs(self, modality: str) -> None:
        with pytest.raises(NotARadiographError, match=modality):
            require_projection(ImageIdentity(key="1", source="x", modality=modality))

    @pytest.mark.parametrize("modality", ["CR", "DX", "RG", "RF", "SC", "OT", "MG", "PX", "XA", ""])
    def test_projections_and_what_may_be_one_pass(self, modality: str) -> None:
        require_projection(ImageIdentity(key="1", source="x", modality=modality))


class TestPictures:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_a_png_keeps_its_values_and_knows_nothing_of_dicom(
        self, tmp_path: Path, dtype: type
    ) -> None:
        pixels = (RAMP // (1 if dtype == np.uint16 else 16)).astype(dtype)
        path = tmp_path / "picture.dcm"
        path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        image = read_radiograph(path)
        assert image.pixels.dtype == dtype
        assert np.array_equal(image.pixels, pixels)
        assert image.grey.bits_stored == 8 * np.dtype(dtype).itemsize
        assert not image.is_lossy
        assert not image.identity.is_dicom
        assert image.identity.key == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        assert (image.identity.rows, image.identity.columns) == (3, 4)
        assert read_identity(path) == image.identity
        require_projection(image.identity)

    def test_a_jpeg_is_lossy(self) -> None:
        image = read_radiograph(_jpeg(np.full((16, 24), 77, np.uint8)))
        assert image.is_lossy
        assert image.pixels.tolist() == [[77] * 24] * 16

    def test_colour_pictures_become_grey(self) -> None:
        red = np.zeros((2, 2, 3), np.uint8)
        red[..., 2] = 255
        image = read_radiograph(cv2.imencode(".png", red)[1].tobytes())
        assert image.pixels.tolist() == [[76, 76], [76, 76]]
        assert image.notes == ("A colour image, shown by its luminance.",)

    @pytest.mark.parametrize("extension", [".png", ".jpg"])
    def test_pictures_that_break_off_are_refused(self, extension: str) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
        data = cv2.imencode(extension, pixels)[1].tobytes()
        for kept in (4, 20, len(data) // 2, len(data) - 3):
            with pytest.raises(InputError):
                read_radiograph(data[:kept])

    def test_an_altered_png_fails_its_checksum(self) -> None:
        data = bytearray(cv2.imencode(".png", RAMP)[1].tobytes())
        data[45] ^= 1
        with pytest.raises(DamagedFileError, match="altered"):
            read_radiograph(bytes(data))

    def test_a_picture_has_one_frame(self) -> None:
        with pytest.raises(IndexError):
            read_radiograph(_jpeg(np.zeros((8, 8), np.uint8)), frame=1)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels)[1])
