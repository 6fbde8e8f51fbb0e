"""The tree of open studies: its order, and that nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.radiograph import ImageIdentity
from pneumo_viewer.library.found import ScannedImage
from pneumo_viewer.library.index import Patient, StudyIndex, row_of
from pneumo_viewer.library.natural_order import natural_key


def scanned(key: str, path: str = "", **facts: Any) -> ScannedImage:
    path = path or f"/studies/{key}.dcm"
    return ScannedImage(ImageIdentity(key=key, source=path, **facts), Path(path))


def tree_of(index: StudyIndex) -> list[Any]:
    return [
        (patient.id, [(study.id, study.images) for study in patient.studies])
        for patient in index.patients
    ]


def keys_of(index: StudyIndex) -> list[str]:
    return [
        image.key
        for patient in index.patients
        for study in patient.studies
        for image in study.images
    ]


def image_count(patient: Patient) -> int:
    return sum(len(study.images) for study in patient.studies)


def test_patients_come_in_natural_order_of_their_names_and_those_without_one_last() -> None:
    index = StudyIndex()
    index.add(
        [
            scanned("a"),
            scanned("b", patient_name="Case 10", patient_id="1"),
            scanned("c", patient_name="case 9", patient_id="2"),
            scanned("d", patient_id="30"),
            scanned("e", patient_id="4"),
        ]
    )
    assert keys_of(index) == ["e", "d", "c", "b", "a"]


def test_studies_come_by_date_and_those_without_one_last() -> None:
    index = StudyIndex()
    facts: list[dict[str, Any]] = [
        {"study_instance_uid": "1"},
        {"study_instance_uid": "2", "study_date": date(2020, 5, 1), "study_time": "101500"},
        {"study_instance_uid": "3", "study_date": date(2020, 5, 1), "study_time": "091500"},
        {"study_instance_uid": "4", "study_date": date(2019, 12, 31)},
    ]
    index.add(scanned(f["study_instance_uid"], patient_id="p", **f) for f in facts)
    assert len(index.patients) == 1
    assert keys_of(index) == ["4", "3", "2", "1"]


def test_images_come_by_series_and_instance_number_then_path() -> None:
    study = {"patient_id": "p", "study_instance_uid": "s"}
    index = StudyIndex()
    index.add(
        [
            scanned("a", "/image 10.dcm", **study),
            scanned("b", "/image 9.dcm", **study),
            scanned("c", series_number=2, instance_number=1, **study),
            scanned("d", series_number=1, instance_number=2, **study),
            scanned("e", series_number=1, instance_number=10, **study),
            scanned("f", series_number=1, **study),
        ]
    )
    assert keys_of(index) == ["d", "e", "f", "c", "b", "a"]


def test_one_id_with_two_names_is_two_patients() -> None:
    index = StudyIndex()
    index.add(
        [
            scanned("a", patient_id="1", patient_name="DOE^JOHN"),
            scanned("b", patient_id="1", patient_name="Doe^John^^"),
            scanned("c", patient_id="1", patient_name="ROE^JANE"),
        ]
    )
    assert [image_count(patient) for patient in index.patients] == [2, 1]


def test_images_without_patient_id_belong_together_within_a_study_only() -> None:
    index = StudyIndex()
    index.add(
        [
            scanned("a", patient_name="Anonymous", study_instance_uid="s"),
            scanned("b", patient_name="Anonymous", study_instance_uid="s"),
            scanned("c", patient_name="Anonymous", study_instance_uid="t"),
            scanned("d"),
            scanned("e"),
        ]
    )
    assert [image_count(patient) for patient in index.patients] == [2, 1, 1, 1]


def test_pictures_without_any_facts_come_by_path() -> None:
    index = StudyIndex()
    index.add([scanned("x", "/nih/10.png"), scanned("y", "/nih/9.png")])
    assert keys_of(index) == ["y", "x"]


def test_a_copy_is_listed_once_with_both_paths() -> None:
    index = StudyIndex()
    (image,) = index.add([scanned("a", "/b/1.dcm")])
    assert image.key == "a"
    copies = [scanned("a", "/a/1.dcm"), scanned("a", "/a/1.dcm"), scanned("a", "/b/1.dcm")]
    assert index.add(copies) == []
    assert keys_of(index) == ["a"]
    image = index.images["a"]
    assert (image.path, image.other_paths) == (Path("/b/1.dcm"), (Path("/a/1.dcm"),))
    assert image.notes == ()


def test_another_image_with_the_same_uid_is_noted() -> None:
    index = StudyIndex()
    index.add([scanned("a", "/1.dcm", columns=512), scanned("a", "/2.dcm", columns=1024)])
    image = index.images["a"]
    assert image.identity.columns == 512
    assert image.notes == (
        "Another file has the same SOP Instance UID but says otherwise: /2.dcm.",
    )


def test_a_study_whose_date_becomes_known_moves() -> None:
    index = StudyIndex()
    index.add([scanned("a", patient_id="p", study_instance_uid="a")])
    index.add([scanned("b", patient_id="p", study_instance_uid="b")])
    assert keys_of(index) == ["a", "b"]
    index.add([scanned("c", patient_id="p", study_instance_uid="b", study_date=date(2020, 1, 1))])
    assert keys_of(index) == ["b", "c", "a"]


few = st.sampled_from
identities = st.builds(
    ImageIdentity,
    key=few("abcdefgh"),
    source=few(["/1", "/2", "/10"]),
    patient_id=few(["", "1", "2"]),
    patient_name=few(["", "Doe^John", "DOE^JOHN", "Roe"]),
    study_instance_uid=few(["", "s", "t"]),
    study_date=few([None, date(2020, 1, 1), date(2021, 1, 1)]),
    series_number=few([None, 1, 2]),
    instance_number=few([None, 1, 2]),
)
found = identities.map(lambda identity: ScannedImage(identity, Path(identity.source)))
images = st.lists(found, unique_by=lambda image: image.identity.key, max_size=8)
files = st.lists(found, unique_by=lambda image: (image.identity.key, image.path), max_size=12)


@given(images.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_tree_does_not_depend_on_the_order_of_arrival(
    orders: tuple[Sequence[ScannedImage], Sequence[ScannedImage]],
) -> None:
    first, second = StudyIndex(), StudyIndex()
    first.add(orders[0])
    for image in orders[1]:
        second.add([image])
    assert tree_of(first) == tree_of(second)


@given(files)
def test_every_file_is_listed_exactly_once(some: Sequence[ScannedImage]) -> None:
    index = StudyIndex()
    new = index.add(some)
    assert {image.key: image.path for image in new} == {
        image.identity.key: image.path for image in reversed(some)
    }
    listed = [
        (image.key, path)
        for patient in index.patients
        for study in patient.studies
        for image in study.images
        for path in (image.path, *image.other_paths)
    ]
    assert sorted(listed) == sorted((image.identity.key, image.path) for image in some)


@given(files)
def test_an_image_is_found_by_its_key_where_it_is_listed(some: Sequence[ScannedImage]) -> None:
    index = StudyIndex()
    index.add(some)
    assert sorted(index.images) == sorted(keys_of(index))
    for key, image in index.images.items():
        patient, study, listed = index.place(key)
        assert listed is image
        assert index.patients[row_of(index.patients, patient)] is patient
        assert patient.studies[row_of(patient.studies, study)] is study
        assert study.images[row_of(study.images, image)] is image


@given(st.permutations(["", "a", "A", "a1", "a01", "a ٣", "a²", "a.9", "a.10", "a10", "b"]))
def test_natural_order_is_the_same_from_any_start(names: list[str]) -> None:
    expected = ["", "A", "a", "a01", "a1", "a10", "a ٣", "a.9", "a.10", "a²", "b"]
    assert sorted(names, key=natural_key) == expected


def test_natural_order_takes_digits_as_numbers_of_any_length() -> None:
    huge = "9" * 5000
    assert sorted([huge, "0011", "10", "9"], key=natural_key) == ["9", "10", "0011", huge]


@pytest.mark.parametrize("facts", [{}, {"patient_id": "1"}, {"study_instance_uid": "1"}])
def test_thousands_of_images_are_added_in_time(facts: dict[str, Any]) -> None:
    many = [scanned(str(number), **facts) for number in range(3_000)]
    index = StudyIndex()
    begin = time.process_time()
    for start in range(0, len(many), 32):
        index.add(many[start : start + 32])
    # About 0.4 s; comparing each with each would take many times that.
    assert time.process_time() - begin < 5
    assert len(index.images) == 3_000


def test_studies_without_a_date_stand_in_the_order_of_their_descriptions() -> None:
    index = StudyIndex()
    index.add(
        scanned(key, patient_id="p", study_instance_uid=uid, study_description=f"follow-up {key}")
        for uid, key in (("1.9", "2"), ("1.5", "10"), ("1.7", "1"))
    )
    assert keys_of(index) == ["1", "2", "10"]
