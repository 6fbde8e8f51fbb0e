"""Figures by view, sex, age band and class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.exam_class import ExamClass
from training.datasets.labelled_image import DataSetError, LabelledImage, no_boxes
from training.datasets.traits import read_traits
from training.evaluation.exam import Exam
from training.evaluation.report import evaluate
from training.evaluation.subgroups import SMALL_GROUP, age_band, evaluate_subgroups

NOTHING = np.zeros((0, 4), np.float32)
BOX = np.array([[0, 0, 9, 9]], np.float32)


def exam(name: object, is_positive: bool, score: float, traits: Mapping[str, str]) -> Exam:
    no_scores = np.zeros(0, np.float32)
    truth = BOX if is_positive else NOTHING
    return Exam(
        str(name), str(name), 512, 512, truth, NOTHING, no_scores, exam_score=score, traits=traits
    )


def test_a_detector_that_knows_the_view_only_is_worthless_within_each_view() -> None:
    """AP exams: 3 of 8 positive; PA: 1 of 8. The score is the view."""
    exams = [exam(f"ap{k}", k < 3, 0.9, {"view": "AP"}) for k in range(8)]
    exams += [exam(f"pa{k}", k < 1, 0.1, {"view": "PA"}) for k in range(8)]
    # Pairs over both views: 3 × 7 won, 1 × 5 lost, 3 × 5 + 1 × 7 tied, of 4 × 12.
    overall = evaluate(exams).all_exams["AUROC"].value
    assert overall == pytest.approx((21 + 22 / 2) / 48)
    ap, pa = evaluate_subgroups(exams)
    assert [(ap.trait, ap.value), (pa.trait, pa.value)] == [("view", "AP"), ("view", "PA")]
    for group in (ap, pa):
        assert group.evaluation.exam_count == 8
        assert group.evaluation.all_exams["AUROC"].value == pytest.approx(0.5)


def test_every_exam_is_in_one_group_of_each_trait_also_where_it_is_not_stated() -> None:
    exams = [
        exam("a", True, 0.5, {"sex": "F", "age": "20–39"}),
        exam("b", True, 0.5, {"sex": "M"}),
        exam("c", True, 0.5, {"age": "0–19"}),
    ]
    groups = evaluate_subgroups(exams)
    assert [(group.trait, group.value, group.evaluation.exam_count) for group in groups] == [
        ("sex", "F", 1),
        ("sex", "M", 1),
        ("sex", "not stated", 1),
        ("age", "0–19", 1),
        ("age", "20–39", 1),
        ("age", "not stated", 1),
    ]


def test_small_groups_are_marked_not_hidden() -> None:
    exams = [exam(k, k % 2 == 0, 0.5, {"view": "AP"}) for k in range(SMALL_GROUP)]
    exams.append(exam("pa", True, 0.5, {"view": "PA"}))
    assert [group.is_small for group in evaluate_subgroups(exams)] == [False, True]


def test_intervals_are_over_the_patients_of_the_group() -> None:
    exams = [exam(k, k % 3 == 0, k / 40, {"view": "AP" if k < 20 else "PA"}) for k in range(40)]
    first = evaluate_subgroups(exams, resamples=40, seed=3)[0]
    assert first.evaluation == evaluate(exams[:20], resamples=40, seed=3)
    assert first.evaluation.all_exams["AUROC"].interval is not None


def test_exams_without_traits_form_no_group() -> None:
    assert evaluate_subgroups([exam("a", True, 0.5, {})]) == ()


def test_ages_are_told_by_bands_of_twenty_years() -> None:
    bands = {0: "0–19", 19: "0–19", 20: "20–39", 59: "40–59", 79: "60–79", 80: "80+", 120: "80+"}
    assert {years: age_band(years) for years in bands} == bands
    assert age_band(148) is None


def image(name: str, exam_class: ExamClass) -> LabelledImage:
    return LabelledImage(name, Path(f"{name}.dcm"), name, no_boxes(), exam_class)


def test_traits_come_from_the_table_of_patients_and_the_class(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text(
        "patientId,nih_patient,fold,sex,age,view\na,1,0,F,45,AP\nb,2,0,M,155,PA\nc,3,0,,unknown,\n"
    )
    images = [
        image("a", ExamClass.LUNG_OPACITY),
        image("b", ExamClass.NORMAL),
        image("c", ExamClass.NO_OPACITY_NOT_NORMAL),
        image("not in the table", ExamClass.UNKNOWN),
    ]
    assert read_traits(tmp_path, images) == {
        "a": {"sex": "F", "age": "40–59", "view": "AP", "class": "lung opacity"},
        "b": {"sex": "M", "view": "PA", "class": "normal"},
        "c": {"class": "not normal, no opacity"},
        "not in the table": {},
    }


def test_columns_that_the_table_lacks_and_a_missing_table_state_nothing(tmp_path: Path) -> None:
    images = [image("a", ExamClass.NORMAL)]
    assert read_traits(tmp_path, images) == {"a": {"class": "normal"}}
    (tmp_path / "patients.csv").write_text("patientId,nih_patient,fold,sex\na,1,0,F\n")
    assert read_traits(tmp_path, images) == {"a": {"sex": "F", "class": "normal"}}
    coco = tmp_path / "instances.json"
    assert read_traits(coco, [replace(images[0], exam_class=ExamClass.UNKNOWN)]) == {"a": {}}


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text("patientId,sex\na\n")
    with pytest.raises(DataSetError, match="there is no sex"):
        read_traits(tmp_path, [image("a", ExamClass.NORMAL)])


def test_the_real_table_states_view_sex_and_age(shared_data: Path) -> None:
    from training.datasets.data_set import read_data_set

    data = shared_data / "rsna"
    traits = read_traits(data, read_data_set(data).images)
    assert len(traits) == 292
    assert {one["view"] for one in traits.values()} == {"AP", "PA"}
    assert {one["sex"] for one in traits.values()} == {"F", "M"}
    assert all("class" in one for one in traits.values())
