"""The input gate doubts what is no upright frontal chest radiograph of an adult, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_writing import dicom
from pydicom.dataset import Dataset

from detector.dicom.grey_values import render
from detector.dicom.reading import read_radiograph
from detector.input_gate import (
    ChestModel,
    Rule,
    appearance,
    crop_to_exposed,
    examine,
    examine_picture,
    load_chest_model,
)
from detector.radiograph import Code, ImageIdentity, Radiograph
from resources import DEMO_STUDIES

SILENT = ImageIdentity(key="a", source="a.dcm")
DEMO = sorted(DEMO_STUDIES.glob("*.dcm"))[::2]


@pytest.fixture(scope="module")
def chest() -> Radiograph:
    return read_radiograph(DEMO[0])


@pytest.fixture(scope="module")
def picture(chest: Radiograph) -> np.ndarray:
    return render(chest)


def rules(identity: ImageIdentity, picture: np.ndarray) -> list[Rule]:
    return [doubt.rule for doubt in examine_picture(identity, picture)]


# The header


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"body_part": "CHEST"}, []),
        ({"body_part": "Thorax"}, []),
        ({"body_part": "PORT CHEST"}, []),
        ({"body_part": "HIP"}, [Rule.NOT_CHEST]),
        ({"body_part": "THORACIC SPINE"}, [Rule.NOT_CHEST]),
        ({"modality": "MG"}, [Rule.NOT_CHEST]),
        ({"modality": "DX"}, []),
        ({"anatomic_region": Code("816094009", "SCT", "Chest")}, []),
        ({"anatomic_region": Code("T-D3000", "SRT", "Chest")}, []),
        ({"anatomic_region": Code("69536005", "SCT", "Head")}, [Rule.NOT_CHEST]),
        ({"anatomic_region": Code("4711", "99HOUSE", "Head")}, []),
        ({"view_position": "PA"}, []),
        ({"view_position": "AP SUPINE"}, []),
        ({"view_position": "POSTERO_ANTERIOR"}, []),
        ({"view_position": "LL"}, [Rule.NOT_FRONTAL]),
        ({"view_position": "RLD"}, [Rule.NOT_FRONTAL]),
        ({"view_position": "LATERAL"}, [Rule.NOT_FRONTAL]),
        ({"view_position": "AP OBLIQUE"}, [Rule.NOT_FRONTAL]),
        ({"view_position": "SWIMMERS"}, []),
        ({"view": Code("272479007", "SCT", "postero-anterior")}, []),
        ({"view": Code("R-10236", "SRT", "left lateral")}, [Rule.NOT_FRONTAL]),
        ({"patient_orientation": ("L", "F")}, []),
        ({"patient_orientation": ("A", "F")}, [Rule.NOT_FRONTAL]),
        ({"patient_age_years": 15.9}, [Rule.UNDER_16]),
        ({"patient_age_years": 16.0}, []),
        ({"patient_age_years": None}, []),
    ],
)
def test_the_header_speaks_for_itself(
    picture: np.ndarray, facts: dict[str, Any], expected: list[Rule]
) -> None:
    assert rules(replace(SILENT, **facts), picture) == expected


def test_a_doubt_names_the_element_and_its_value(picture: np.ndarray) -> None:
    (doubt,) = examine_picture(replace(SILENT, body_part="HIP"), picture)
    assert doubt.sentence == "Not a chest: Body Part Examined (0018,0015) is HIP."
    (doubt,) = examine_picture(replace(SILENT, patient_age_years=0.25), picture)
    assert doubt.sentence == (
        "Under 16 years: Patient's Age (0010,1010), or birth and study date, give 3 months."
    )


def test_codes_and_ages_are_read_from_the_file() -> None:
    region, view = Dataset(), Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "69536005", "SCT", "Head"
    view.CodeValue, view.CodingSchemeDesignator, view.CodeMeaning = "399173006", "SCT", "left"
    identity = read_radiograph(
        dicom(
            AnatomicRegionSequence=[region],
            ViewCodeSequence=[view],
            PatientBirthDate="20100301",
            StudyDate="20260228",
        )
    ).identity
    assert identity.anatomic_region == Code("69536005", "SCT", "Head")
    assert identity.view == Code("399173006", "SCT", "left")
    assert identity.study_date == date(2026, 2, 28)
    assert identity.patient_age_years == 15  # a day before the sixteenth birthday


def test_an_age_that_is_given_counts_more_than_birth_and_study_date() -> None:
    written = dicom(PatientAge="045Y", PatientBirthDate="20200101", StudyDate="20260101")
    assert read_radiograph(written).identity.patient_age_years == 45


def test_a_birth_after_the_study_gives_no_age() -> None:
    written = dicom(PatientBirthDate="20300101", StudyDate="20260101")
    assert read_radiograph(written).identity.patient_age_years is None


# The picture


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_frontal_chests_of_adults_raise_no_doubt(path: Path) -> None:
    assert examine(read_radiograph(path)) == ()
    assert rules(SILENT, render(read_radiograph(path))) == []


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_a_negative_is_called_inverted_even_where_the_header_says_chest(path: Path) -> None:
    negative = ~render(read_radiograph(path))
    assert rules(SILENT, negative) == [Rule.INVERTED]
    assert rules(replace(SILENT, body_part="CHEST", view_position="PA"), negative) == [
        Rule.INVERTED
    ]


def test_a_chest_upside_down_is_called_turned(picture: np.ndarray) -> None:
    assert rules(SILENT, np.rot90(picture, 2).copy()) == [Rule.TURNED]


@pytest.mark.parametrize(
    "other",
    [
        np.full((100, 100), 90, np.uint8),
        np.kron(np.eye(8, dtype=np.uint8) * 200, np.ones((20, 20), np.uint8)),
    ],
    ids=["flat", "diagonal"],
)
def test_other_pictures_are_doubted_unless_the_header_says_frontal_chest(
    other: np.ndarray,
) -> None:
    assert rules(SILENT, other) == [Rule.UNLIKE_CHEST]
    assert rules(replace(SILENT, body_part="CHEST", view_position="PA"), other) == []


def test_black_shutters_and_white_film_are_cut_off(picture: np.ndarray) -> None:
    for border in (0, 255):
        framed = np.pad(picture, 300, constant_values=border)
        # The picture has a dark margin of its own; borders end at strips of 1624 / 64 = 25 pixels.
        assert all(850 < side < 1024 + 52 for side in crop_to_exposed(framed).shape)
        assert rules(SILENT, framed) == []


def test_the_size_of_the_picture_changes_no_doubt(chest: Radiograph, picture: np.ndarray) -> None:
    for step in (1, 4, 10):
        assert rules(SILENT, picture[::step, ::step].copy()) == []


def test_contrast_and_brightness_change_the_appearance_little(picture: np.ndarray) -> None:
    flat = appearance((picture // 4 + 60).astype(np.uint8))
    steep = appearance(picture)
    assert flat is not None
    assert steep is not None
    assert float(flat @ steep) > 0.99


def test_the_distance_is_that_of_mahalanobis() -> None:
    """One direction of deviation 2, noise 1: (4 / 2)² + 3² = 13 over 256 dimensions."""
    mean = appearance(np.arange(256, dtype=np.uint8).reshape(16, 16))
    assert mean is not None
    first, second = np.eye(256, dtype=np.float32)[:2]
    model = ChestModel(mean - 4 * first - 3 * second, first[None], np.array([2.0]), 1.0, 9.0)
    distance = model.distance(np.arange(256, dtype=np.uint8).reshape(16, 16))
    assert distance == pytest.approx((13 / 256) ** 0.5, rel=1e-4)


def test_the_model_that_ships_holds_no_image() -> None:
    model = load_chest_model()
    assert model.mean.shape == (256,)
    assert model.directions.shape == (16, 256)
    np.testing.assert_allclose(model.directions @ model.directions.T, np.eye(16), atol=1e-5)


# Real files


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pydicom-data-1.0.0__RG1_UNCR.dcm", []),
        ("dwv__data__gdcm-CR-MONO1-10-chest.dcm", []),
        ("dicom-test-files__WG04__REF__RG2_UNC.dcm", [Rule.NOT_CHEST]),
        ("pylibjpeg-data__JPEG2000Lossless__NM_Kakadu44_SOTmarkerincons.dcm", [Rule.NOT_CHEST]),
        ("torchxrayvision-tests__Fake_MONOHR1.dcm", [Rule.INVERTED]),
    ],
)
def test_real_files(shared_data: Path, name: str, expected: list[Rule]) -> None:
    radiograph = read_radiograph(shared_data / "dicom-samples" / "chest" / name)
    assert [doubt.rule for doubt in examine(radiograph)] == expected
