"""Reading: identity, grey scale and spacing out of headers full of surprises."""

from __future__ import annotations

import hashlib
import struct
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_writing import RAMP, dicom, raw_dicom
from pydicom import uid
from pydicom.dataset import Dataset

from detector.dicom.elements import Elements
from detector.dicom.reading import read_identity, read_radiograph
from detector.radiograph import (
    ImageIdentity,
    LookupTable,
    PixelSpacing,
    Rescale,
    SpacingOrigin,
    VoiFunction,
    Window,
)


class TestIdentity:
    def test_everything_that_is_known_is_typed(self, tmp_path: Path) -> None:
        path = tmp_path / "no_extension"
        path.write_bytes(
            dicom(
                SpecificCharacterSet="ISO_IR 100",
                PatientName="Müller^Jörg^^Dr.",
                PatientID="P-1",
                PatientSex="M",
                PatientAge="045Y",
                StudyDate="20240229",
                StudyTime="081500.123",
                StudyDescription="Thorax",
                SeriesNumber=3,
                InstanceNumber=7,
                BodyPartExamined="CHEST",
                ViewPosition="PA",
                PatientOrientation=["L", "F"],
            )
        )
        identity = read_identity(path)
        assert identity == ImageIdentity(
            key="1.2.3.4",
            source=str(path),
            sop_instance_uid="1.2.3.4",
            sop_class_uid="1.2.840.10008.5.1.4.1.1.1.1",
            patient_id="P-1",
            patient_name="Müller, Jörg",
            patient_sex="M",
            patient_age_years=45,
            study_date=date(2024, 2, 29),
            study_time="08:15:00",
            study_description="Thorax",
            series_number=3,
            instance_number=7,
            modality="DX",
            body_part="CHEST",
            view_position="PA",
            patient_orientation=("L", "F"),
            rows=3,
            columns=4,
            transfer_syntax_uid="1.2.840.10008.1.2.1",
        )
        assert identity.is_dicom
        assert read_radiograph(path).identity == identity

    @pytest.mark.parametrize(
        ("age", "years"),
        [(b"045Y", 45), (b"006M", 0.5), (b"026W", 26 * 7 / 365.25), (b"43", 43), (b"none", None)],
    )
    def test_ages_in_any_unit_come_in_years(self, age: bytes, years: float | None) -> None:
        image = read_radiograph(raw_dicom("PatientAge", age))
        assert image.identity.patient_age_years == (years and pytest.approx(years))
        assert bool(image.notes) == (years is None)

    @pytest.mark.parametrize(
        ("keyword", "junk"),
        [
            ("PatientAge", b"anonymized"),
            ("StudyDate", b"anonymized"),
            ("StudyDate", b"20240231"),
            ("StudyTime", b"noonish"),
            ("SeriesNumber", b"seven"),
            ("WindowCenter", b"center"),
            ("RescaleSlope", b"nan"),
            ("ImagerPixelSpacing", b"0.1\\wide"),
        ],
    )
    def test_junk_becomes_a_note_and_never_an_exception(self, keyword: str, junk: bytes) -> None:
        image = read_radiograph(raw_dicom(keyword, junk))
        assert any(note.startswith(keyword) for note in image.notes), image.notes
        assert np.array_equal(image.pixels, RAMP)

    def test_a_number_of_the_wrong_length_becomes_a_note(self) -> None:
        data = dicom(PixelPaddingValue=7)
        two_bytes = b"US\x02\x00\x07\x00"
        assert data.count(two_bytes) == 1
        image = read_radiograph(data.replace(two_bytes, b"US\x03\x00\x07\x00\x00"))
        assert image.notes == ("PixelPaddingValue could not be read and is left out.",)
        assert np.array_equal(image.pixels, RAMP)

    def test_without_an_instance_uid_the_key_is_the_digest_of_the_file(
        self, tmp_path: Path
    ) -> None:
        data = dicom(SOPInstanceUID=None, preamble=False)
        path = tmp_path / "bare"
        path.write_bytes(data)
        key = f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert read_radiograph(path).identity.key == key
        assert read_identity(path).key == key

    @pytest.mark.parametrize(
        "syntax",
        [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian],
    )
    def test_a_bare_data_set_without_preamble_is_read(self, syntax: uid.UID) -> None:
        image = read_radiograph(dicom(syntax=syntax, preamble=False))
        assert np.array_equal(image.pixels, RAMP)
        assert image.identity.transfer_syntax_uid == syntax


class TestGreyScale:
    def test_windows_pair_up_with_their_explanations_and_share_a_function(self) -> None:
        image = read_radiograph(
            dicom(
                WindowCenter=[100, 200],
                WindowWidth=[50, 60],
                WindowCenterWidthExplanation=["LUNG", "BONE"],
                VOILUTFunction="SIGMOID",
            )
        )
        assert image.grey.windows == (
            Window(100, 50, VoiFunction.SIGMOID, "LUNG"),
            Window(200, 60, VoiFunction.SIGMOID, "BONE"),
        )

    def test_windows_of_width_0_are_left_out_with_a_note(self) -> None:
        image = read_radiograph(dicom(WindowCenter=[100, 200], WindowWidth=[0, 60]))
        assert image.grey.windows == (Window(200, 60),)
        assert len(image.notes) == 1

    @pytest.mark.parametrize(
        ("photometric", "shape", "is_inverted", "agree"),
        [
            ("MONOCHROME2", None, False, True),
            ("MONOCHROME1", None, True, True),
            ("MONOCHROME2", "IDENTITY", False, True),
            ("MONOCHROME1", "INVERSE", True, True),
            ("MONOCHROME2", "INVERSE", True, False),
            ("MONOCHROME1", "IDENTITY", True, False),
        ],
    )
    def test_inversion_counts_once_however_often_it_is_declared(
        self, photometric: str, shape: str | None, is_inverted: bool, agree: bool
    ) -> None:
        shapes = {} if shape is None else {"PresentationLUTShape": shape}
        image = read_radiograph(dicom(PhotometricInterpretation=photometric, **shapes))
        assert image.grey.is_inverted == is_inverted
        assert (image.notes == ()) == agree

    @pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian])
    @pytest.mark.parametrize("vr", ["US", "OW"])
    def test_lookup_tables_are_read_in_every_encoding(self, syntax: uid.UID, vr: str) -> None:
        image = read_radiograph(dicom(syntax=syntax, VOILUTSequence=[_lut(vr, syntax)]))
        (table,) = image.grey.voi_luts
        assert (table.first_mapped, table.bits, table.explanation) == (5, 12, "NORMAL")
        assert table.entries.tolist() == [0, 1, 4095]

    def test_two_8_bit_entries_may_share_a_word(self) -> None:
        item = _lut("OW")
        item.LUTDescriptor = [4, 0, 8]
        item.LUTData = bytes([0, 10, 20, 255])
        (table,) = read_radiograph(dicom(VOILUTSequence=[item])).grey.voi_luts
        assert table.entries.tolist() == [0, 10, 20, 255]

    @pytest.mark.parametrize("descriptor", [[9, 5, 12], [3, 5, 8], [3, 5, 99]])
    def test_a_broken_table_falls_back_to_the_window_with_a_note(
        self, descriptor: list[int]
    ) -> None:
        item = _lut("US")
        item.LUTDescriptor = descriptor
        image = read_radiograph(dicom(VOILUTSequence=[item], WindowCenter=9, WindowWidth=9))
        assert image.grey.voi_luts == ()
        assert image.grey.windows == (Window(9, 9),)
        assert image.notes == ("A lookup table contradicts its own descriptor and is left out.",)

    def test_a_modality_table_replaces_the_rescale(self) -> None:
        image = read_radiograph(dicom(ModalityLUTSequence=[_lut("US")]))
        assert isinstance(image.grey.modality, LookupTable)
        rescaled = read_radiograph(dicom(RescaleSlope=2, RescaleIntercept=-5))
        assert rescaled.grey.modality == Rescale(2, -5)

    def test_padding_is_a_closed_range_of_stored_values(self) -> None:
        image = read_radiograph(
            dicom(RAMP.astype(np.int16), PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1000)
        )
        assert image.grey.padding == (-2000, -1000)
        assert read_radiograph(dicom(PixelPaddingValue=0)).grey.padding == (0, 0)

    def test_functional_groups_speak_for_their_frame(self) -> None:
        shared, first, second = Dataset(), Dataset(), Dataset()
        shared.PixelMeasuresSequence = [_items(PixelSpacing=[0.2, 0.2])]
        first.FrameVOILUTSequence = [_items(WindowCenter=1, WindowWidth=10)]
        second.FrameVOILUTSequence = [_items(WindowCenter=2, WindowWidth=20)]
        data = dicom(
            np.zeros((2, 3, 4), np.uint16),
            NumberOfFrames=2,
            SharedFunctionalGroupsSequence=[shared],
            PerFrameFunctionalGroupsSequence=[first, second],
        )
        assert read_radiograph(data, 0).grey.windows == (Window(1, 10),)
        image = read_radiograph(data, 1)
        assert image.grey.windows == (Window(2, 20),)
        assert image.spacing == PixelSpacing(0.2, 0.2, SpacingOrigin.UNKNOWN)

    def test_what_one_frame_says_does_not_stay_for_the_next(self) -> None:
        first, second = Dataset(), Dataset()
        first.FrameVOILUTSequence = [_items(WindowCenter=1, WindowWidth=10)]
        image = Dataset()
        image.PerFrameFunctionalGroupsSequence = [first, second]
        elements = Elements(image, [])
        assert elements.of_frame(0).numbers("WindowCenter") == (1,)
        assert elements.of_frame(1).numbers("WindowCenter") == ()


class TestSpacing:
    @pytest.mark.parametrize(
        ("elements", "expected"),
        [
            ({}, None),
            ({"PixelSpacing": [0.2, 0.1]}, (0.2, 0.1, SpacingOrigin.UNKNOWN)),
            ({"ImagerPixelSpacing": [0.2, 0.1]}, (0.2, 0.1, SpacingOrigin.AT_DETECTOR)),
            ({"NominalScannedPixelSpacing": [0.3, 0.3]}, (0.3, 0.3, SpacingOrigin.AT_DETECTOR)),
            (
                {"ImagerPixelSpacing": [0.3, 0.6], "EstimatedRadiographicMagnificationFactor": 1.5},
                (0.2, 0.4, SpacingOrigin.MAGNIFIED),
            ),
            (
                {"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.2, 0.2]},
                (0.2, 0.2, SpacingOrigin.AT_DETECTOR),
            ),
            (
                {"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.15, 0.15]},
                (0.15, 0.15, SpacingOrigin.CALIBRATED),
            ),
            (
                {"PixelSpacing": [0.15, 0.15], "PixelSpacingCalibrationType": "FIDUCIAL"},
                (0.15, 0.15, SpacingOrigin.CALIBRATED),
            ),
            (
                {"PixelSpacing": [0.15, 0.15], "PixelSpacingCalibrationType": "GEOMETRY"},
                (0.15, 0.15, SpacingOrigin.MAGNIFIED),
            ),
            ({"PixelSpacing": [0, 0]}, None),
        ],
    )
    def test_lengths_carry_their_origin(
        self, elements: dict[str, Any], expected: tuple[float, float, SpacingOrigin] | None
    ) -> None:
        spacing = read_radiograph(dicom(**elements)).spacing
        if expected is None:
            assert spacing is None
        else:
            assert spacing is not None
            assert (spacing.row_mm, spacing.column_mm) == pytest.approx(expected[:2])
            assert spacing.origin is expected[2]


def _items(**elements: Any) -> Dataset:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def _lut(vr: str, syntax: uid.UID = uid.ExplicitVRLittleEndian) -> Dataset:
    """Three entries of 12 bits from the value 5 on."""
    item = Dataset()
    item.LUTDescriptor = [3, 5, 12]
    item.LUTExplanation = "NORMAL"
    order = "<" if syntax.is_little_endian else ">"
    words = [0, 1, 4095]
    item.add_new("LUTData", vr, words if vr == "US" else struct.pack(f"{order}3H", *words))
    item["LUTDescriptor"].VR = "US"
    return item
