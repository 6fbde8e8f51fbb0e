"""The words on the screen for what a file says, and for what it does not say."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from detector.radiograph import GreyScale, ImageIdentity, Radiograph
from pneumo_viewer.facts import corner_texts, exam_line, image_line, patient_line, study_line

WHOLE: dict[str, Any] = {
    "patient_id": "4711",
    "patient_name": "Doe, Jane",
    "patient_sex": "F",
    "patient_age_years": 67.0,
    "study_date": date(2017, 3, 9),
    "study_description": "Chest",
    "series_description": "AP erect",
    "modality": "DX",
    "view_position": "AP",
    "transfer_syntax_uid": "1.2.840.10008.1.2.1",
}


def identity(**facts: Any) -> ImageIdentity:
    return ImageIdentity("key", "image.dcm", **facts)


def corners(frame: int = 0, notes: tuple[str, ...] = (), **facts: Any) -> list[list[str]]:
    pixels = np.zeros((2, 2), np.uint8)
    radiograph = Radiograph(pixels, GreyScale(8), None, identity(**facts), frame, notes=notes)
    return [*corner_texts(radiograph)]


def test_everything_that_is_known_is_said() -> None:
    known = identity(**WHOLE)
    assert patient_line(known) == "Doe, Jane · F 67 y"
    assert study_line(known) == "2017-03-09 · Chest"
    assert image_line(known) == "DX · AP erect"
    assert exam_line(known) == "4711 · DX · AP erect · 2017-03-09 · Chest"
    assert corners(**WHOLE) == [
        ["Doe, Jane", "4711", "F 67 y"],
        ["2017-03-09 · Chest", "DX · AP erect"],
    ]


@pytest.mark.parametrize("known", [{}, *({name: value} for name, value in WHOLE.items())])
def test_what_is_unknown_leaves_no_separator_and_no_empty_line(known: dict[str, Any]) -> None:
    facts = identity(**known)
    left, right = corners(**known)
    for line in (
        patient_line(facts),
        study_line(facts),
        image_line(facts),
        exam_line(facts),
        *left,
        *right,
    ):
        parts = line.split("·")
        assert all(part.strip() for part in parts), line
        assert "None" not in line
        assert line == " ".join(line.split()), "no blanks where a fact is missing"


@pytest.mark.parametrize("name", ["", "4711"])
def test_an_id_that_serves_as_the_name_is_said_once(name: str) -> None:
    facts = {**WHOLE, "patient_name": name}
    assert patient_line(identity(**facts)) == "4711 · F 67 y"
    assert exam_line(identity(**facts)) == "DX · AP erect · 2017-03-09 · Chest"
    assert corners(**facts)[0] == ["4711", "F 67 y"]


def test_a_picture_says_that_it_carries_no_facts() -> None:
    picture = identity(rows=2, columns=2)
    assert patient_line(picture) == "unknown patient"
    assert image_line(picture) == "picture without DICOM facts"
    assert corners() == [["unknown patient"], ["date unknown", "picture without DICOM facts"]]


@pytest.mark.parametrize(
    ("years", "text"),
    [
        (0.0, "0 mo"),
        (3 * 7 / 365.25, "1 mo"),  # 003W: 0.69 months
        (7 / 12, "7 mo"),
        (1.5, "18 mo"),
        (23 / 12, "23 mo"),
        (2.0, "2 y"),
        (2.9, "2 y"),  # not three years old yet
        (67.0, "67 y"),
        (101.0, "101 y"),
    ],
)
def test_ages_are_completed_years_and_months_before_the_second_birthday(
    years: float, text: str
) -> None:
    assert patient_line(identity(patient_name="Doe", patient_age_years=years)) == f"Doe · {text}"


def test_frames_are_counted_from_one_and_only_where_there_are_several() -> None:
    assert corners(frame=2, frame_count=5)[1][-1] == "frame 3 of 5"
    assert not any("frame" in line for line in corners(frame_count=1)[1])


def test_what_was_odd_in_the_file_stands_under_the_facts() -> None:
    notes = ("The window was missing.",)
    assert corners(notes=notes)[1][-1] == "The window was missing."
