"""Images without identities, held against PS3.15's Table E.1-1, and what is exported with them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_writing import dicom
from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from exchange_stage import FULL, demo_studies, reviewed
from pydicom.data import get_testdata_file
from pydicom.datadict import keyword_for_tag, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import UID

from detector.dicom.grey_values import render
from detector.dicom.reading import read_radiograph
from detector.errors import InputError
from pneumo_viewer.exchange.deidentification import KEPT, KEPT_CODES, deidentify
from pneumo_viewer.exchange.formats import Format
from pneumo_viewer.exchange.reports import read_presentation_state, read_structured_report
from pneumo_viewer.jobs.exporting import export_image

SECRET = b"0" * 32
STUDY = demo_studies()[0]

_table = dicom_anonymization_database_selector("dicomfields_2026c")
IN_TABLE = {tuple(tag[:2]) for name, tags in _table.items() if name != "ALL_TAGS" for tag in tags}
"""Attributes that Table E.1-1 names, from a copy of it that is not ours; groups and elements."""
REPLACED = {
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "PatientID",
    "PatientName",
    "MediaStorageSOPInstanceUID",
}


def clean(path: Path, secret: bytes = SECRET) -> Dataset:
    return pydicom.dcmread(BytesIO(deidentify(path, secret).content))


def elements(dataset: Dataset) -> Iterator[DataElement]:
    yield from dataset.iterall()
    yield from dataset.file_meta.iterall()


def identifying(path: Path) -> Path:
    """A radiograph with a secret in every attribute of the table that text fits into."""
    dataset = pydicom.dcmread(STUDY)
    for group, element in IN_TABLE:
        keyword = keyword_for_tag((group, element))
        if not keyword or group in (0x0000, 0x0002, 0x6000, 0x7FE0) or keyword in REPLACED:
            continue
        vr = pydicom.datadict.dictionary_VR((group, element))
        values = {
            "DA": "19560731",
            "TM": "101112",
            "DT": "19560731101112",
            "AS": "077Y",
            "UI": "1.2.3.19876543211",
            "IS": "1987654321",
            "DS": "1987654321",
            "PN": "SECRET^NAME",
        }
        if vr in ("LO", "SH", "ST", "LT", "UT", "UC", "CS", "AE", *values):
            setattr(dataset, keyword, values.get(vr, "SECRET"))
    dataset.PatientName, dataset.PatientID = "SECRET^NAME", "SECRET"
    block = dataset.private_block(0x0041, "SECRET MAKER", create=True)
    block.add_new(1, "LO", "SECRET")
    dataset.add_new(0x60000010, "US", dataset.Rows)
    dataset.add_new(0x60001500, "LO", "SECRET")
    dataset.preamble = b"SECRET".ljust(128, b"\0")
    dataset.save_as(path)
    return path


def test_nothing_that_is_taken_over_is_in_table_e_1_1() -> None:
    assert len(IN_TABLE) > 600
    for keyword in (*KEPT, *KEPT_CODES):
        tag = pydicom.tag.Tag(tag_for_keyword(keyword))
        assert (tag.group, tag.element) not in IN_TABLE, keyword


def test_what_the_table_names_is_gone_empty_or_replaced(tmp_path: Path) -> None:
    path = identifying(tmp_path / "named.dcm")
    original = pydicom.dcmread(path)
    content = deidentify(path, SECRET).content
    for secret in (b"SECRET", b"19560731", b"077Y", b"1.2.3.19876543211", b"1987654321"):
        assert secret not in content, secret
    cleaned = pydicom.dcmread(BytesIO(content))
    for element in elements(cleaned):
        if (element.tag.group, element.tag.element) in IN_TABLE and element.value not in ("", None):
            before = original.get(element.keyword)
            assert element.value != before, element.keyword


def test_private_and_unknown_elements_and_overlays_are_removed(tmp_path: Path) -> None:
    for element in elements(clean(identifying(tmp_path / "named.dcm"))):
        assert not element.tag.is_private
        assert not 0x6000 <= element.tag.group <= 0x60FF


def test_it_says_that_and_how_the_identity_was_removed() -> None:
    made = clean(STUDY)
    assert made.PatientIdentityRemoved == "YES"
    assert made.DeidentificationMethod[0] == "DICOM PS3.15 Basic Profile, keep list"
    assert "Research use only" in made.DeidentificationMethod
    (code,) = made.DeidentificationMethodCodeSequence
    assert (code.CodeValue, code.CodingSchemeDesignator) == ("113100", "DCM")
    assert code.CodeMeaning == "Basic Application Confidentiality Profile"
    assert made.LongitudinalTemporalInformationModified == "REMOVED"


def test_what_an_image_must_have_stays_even_where_it_is_empty(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(STUDY)
    dataset.PatientOrientation = ""
    dataset.save_as(tmp_path / "empty.dcm")
    made = clean(tmp_path / "empty.dcm")
    assert "PatientOrientation" in made
    assert not made.PatientOrientation


def test_uids_are_new_valid_and_the_same_within_an_export_alone() -> None:
    first, again, other = clean(STUDY), clean(STUDY), clean(STUDY, b"1" * 32)
    original = pydicom.dcmread(STUDY)
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        new = UID(first[keyword].value)
        assert new.is_valid
        assert new == again[keyword].value
        assert len({new, other[keyword].value, original[keyword].value}) == 3
    assert first.file_meta.MediaStorageSOPInstanceUID == first.SOPInstanceUID


def test_images_of_one_patient_stay_one_patients() -> None:
    same = [path for path in demo_studies() if path.name.startswith("00003363")]
    ids = [clean(path).PatientID for path in same]
    assert ids[0] == ids[1]
    assert ids[0] != clean(STUDY).PatientID
    assert ids[0].startswith("ANON-")


@pytest.mark.parametrize(
    "name",
    ["RG1_J2KR.dcm", "RG3_UNCR.dcm", "693_J2KI.dcm", "MR_small_bigendian.dcm"],
)
def test_the_pixels_are_shown_as_before(name: str, tmp_path: Path) -> None:
    path = Path(str(get_testdata_file(name)))
    new = tmp_path / "clean.dcm"
    new.write_bytes(deidentify(path, SECRET).content)
    np.testing.assert_array_equal(render(read_radiograph(new)), render(read_radiograph(path)))


def test_bits_above_those_that_are_stored_are_cleared(tmp_path: Path) -> None:
    """They can hold an overlay with a name."""
    path = tmp_path / "high.dcm"
    pixels = np.array([[0xF001, 0x0002], [0x0003, 0xA004]], np.uint16)
    path.write_bytes(dicom(pixels, BitsStored=12, HighBit=11))
    stored = np.frombuffer(clean(path).PixelData, "<u2")
    assert stored.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(("said", "may_show_text"), [("NO", False), ("YES", True), (None, True)])
def test_whoever_exports_is_warned_of_burned_in_text_unless_the_file_denies_it(
    said: str | None, may_show_text: bool, tmp_path: Path
) -> None:
    path = tmp_path / "text.dcm"
    dataset = pydicom.dcmread(STUDY)
    if said is not None:
        dataset.BurnedInAnnotation = said
    elif "BurnedInAnnotation" in dataset:
        del dataset.BurnedInAnnotation
    dataset.save_as(path)
    made = export_image(tmp_path, reviewed(path), "x", frozenset({Format.IMAGES}), SECRET)
    assert made.may_show_text is may_show_text


def test_an_image_with_attributes_a_frame_is_declined() -> None:
    path = Path(str(get_testdata_file("eCT_Supplemental.dcm")))
    with pytest.raises(InputError, match="an enhanced object with attributes a frame"):
        deidentify(path, SECRET)


def test_a_picture_is_declined(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(InputError):
        deidentify(path, SECRET)


def test_dciodvfy_finds_no_error_that_the_original_has_not(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    def errors(path: Path) -> set[str]:
        said = subprocess.run(
            [program("dciodvfy"), str(path)], capture_output=True, text=True, check=False
        )
        return {line for line in said.stderr.splitlines() if line.startswith("Error")}

    new = tmp_path / "clean.dcm"
    new.write_bytes(deidentify(STUDY, SECRET).content)
    assert errors(new) <= errors(STUDY)


def test_what_is_exported_together_refers_to_the_same_new_image_and_names_nobody(
    tmp_path: Path,
) -> None:
    formats = frozenset({Format.IMAGES, Format.STRUCTURED_REPORTS, Format.PRESENTATION_STATES})
    made = export_image(tmp_path, reviewed(STUDY), "patients_name", formats, SECRET)
    assert set(made.written) == formats
    (image,), (report,), (state,) = (
        list((tmp_path / form.value).iterdir())
        for form in (Format.IMAGES, Format.STRUCTURED_REPORTS, Format.PRESENTATION_STATES)
    )
    assert image.name == report.name == state.name
    new, original = pydicom.dcmread(image), pydicom.dcmread(STUDY)
    assert list(read_structured_report(report)) == [new.SOPInstanceUID]
    assert list(read_presentation_state(state)) == [new.SOPInstanceUID]
    for path in (report, state):
        refers = pydicom.dcmread(path)
        assert refers.StudyInstanceUID == new.StudyInstanceUID
        assert refers.PatientID == new.PatientID
        assert refers.PatientIdentityRemoved == "YES"
        content = path.read_bytes()
        for secret in (
            original.SOPInstanceUID,
            original.StudyInstanceUID,
            original.PatientID,
            str(original.PatientName),
            "Müller",
            FULL.comment[:12],
        ):
            assert secret.encode() not in content, secret
    assert made.image.identity.patient_id == new.PatientID
    assert made.image.path.name == f"{new.SOPInstanceUID}.dcm"
    boxes = read_structured_report(report)[new.SOPInstanceUID].findings
    assert [finding.box for finding in boxes] == [finding.box for finding in FULL.findings]
