"""Operating points: chosen on validation exams, measured on others."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.model_card import OperatingPoint
from training.evaluation.exam import Exam
from training.evaluation.operating_points import choose_operating_points
from training.evaluation.report import evaluate

TRUE = (10.0, 10.0, 110.0, 110.0)
STRAY = (300.0, 300.0, 400.0, 400.0)
AT_04 = (10.0, 10.0, 110.0, 52.0)
"""IoU 0.42 with the true box: found at 0.4, not at 0.5."""


def exam(name: object, is_positive: bool, found: Sequence[tuple[tuple[float, ...], float]]) -> Exam:
    return Exam(
        image_id=str(name),
        patient=str(name),
        width=512,
        height=512,
        truth=np.array([TRUE] if is_positive else [], np.float32).reshape(-1, 4),
        boxes=np.array([box for box, _ in found], np.float32).reshape(-1, 4),
        scores=np.array([score for _, score in found], np.float32),
    )


def test_sensitivity_is_that_of_exams_and_the_threshold_the_highest_that_reaches_it() -> None:
    # Ten exams with pneumonia, best boxes 0.05, 0.15 … 0.95: nine of ten show one from 0.15 on.
    positives = [exam(k, True, [(AT_04, k / 10 + 0.05)]) for k in range(10)]
    # Of four others two show a box from there on.
    others = [exam(f"n{k}", False, [(STRAY, score)]) for k, score in enumerate([0.1, 0.2, 0.3])]
    points = choose_operating_points([*positives, *others, exam("quiet", False, [])], "fold 3")
    sensitivity = points[0]
    assert sensitivity.name == "sensitivity 0.9"
    assert sensitivity.threshold == pytest.approx(0.15)
    # Nine of ten boxes at IoU 0.4; two strays in 14 images.
    assert sensitivity.measured_on == (
        "fold 3: 14 exams, 10 positive; exam sensitivity 90.0 %, specificity 50.0 %; "
        "box sensitivity at IoU 0.4 90.0 %, 0.14 false positives per image"
    )


def test_one_false_positive_per_image_is_the_lowest_threshold_that_keeps_to_it() -> None:
    # Two images; from the best score: stray, hit, stray, hit at IoU 0.42, stray.
    validation = [
        exam("a", True, [(STRAY, 0.9), (TRUE, 0.8), (STRAY, 0.7)]),
        exam("b", True, [(AT_04, 0.6), (STRAY, 0.5)]),
    ]
    point = choose_operating_points(validation, "fold 0")[-1]
    assert point.name == "1 false positive per image"
    # From 0.6 on two strays on two images; from 0.5 on three.
    assert point.threshold == pytest.approx(0.6)
    assert "box sensitivity at IoU 0.4 100.0 %, 1.00 false positives per image" in point.measured_on


def test_a_detector_of_few_boxes_shows_them_all_at_one_false_positive() -> None:
    validation = [exam("a", True, [(TRUE, 0.5)]), exam("b", False, [(STRAY, 0.25)])]
    assert choose_operating_points(validation, "v")[-1].threshold == pytest.approx(0.25)


def test_a_point_that_is_not_reached_is_left_out() -> None:
    # One of two exams with pneumonia has no box at all; a run of equal scores is 2 per image.
    validation = [
        exam("a", True, [(STRAY, 0.5), (STRAY, 0.5), (STRAY, 0.5), (STRAY, 0.5)]),
        exam("b", True, []),
    ]
    assert choose_operating_points(validation, "v") == ()
    assert choose_operating_points([], "v") == ()


def test_what_a_point_does_on_other_exams_is_measured_at_its_threshold() -> None:
    point = OperatingPoint(name="mine", threshold=0.5, measured_on="fold 1")
    test = [
        exam("found", True, [(TRUE, 0.5), (STRAY, 0.9)]),
        exam("misplaced", True, [(STRAY, 0.6)]),
        exam("below", True, [(TRUE, 0.4)]),
        exam("alarm", False, [(STRAY, 0.8)]),
        exam("quiet", False, [(STRAY, 0.3)]),
    ]
    (measured,) = evaluate(test, operating_points=[point], resamples=50).operating_points
    assert (measured.name, measured.threshold, measured.measured_on) == ("mine", 0.5, "fold 1")
    # Two of three exams show a box, one of two others shows none, one of three boxes is hit,
    # and three strays lie in five images.
    assert measured.sensitivity.value == pytest.approx(2 / 3)
    assert measured.specificity.value == pytest.approx(1 / 2)
    assert measured.box_sensitivity.value == pytest.approx(1 / 3)
    assert measured.false_positives.value == pytest.approx(3 / 5)
    assert measured.sensitivity.interval is not None
    low, high = measured.sensitivity.interval
    assert 0 <= low < 2 / 3 < high <= 1


scores = st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.8]), max_size=4)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), scores), min_size=1, max_size=12))
def test_points_keep_their_promise_on_the_exams_they_were_chosen_on(
    drawn: list[tuple[bool, list[float]]],
) -> None:
    validation = [
        exam(place, is_positive, [(STRAY, score) for score in found])
        for place, (is_positive, found) in enumerate(drawn)
    ]
    points = choose_operating_points(validation, "v")
    for measured in evaluate(validation, operating_points=points).operating_points:
        if measured.name == "sensitivity 0.9":
            assert measured.sensitivity.value is not None
            assert measured.sensitivity.value >= 0.9
        else:
            assert measured.false_positives.value is not None
            assert measured.false_positives.value <= 1


def test_no_function_both_chooses_and_measures() -> None:
    """Choosing needs a description of the validation exams; measuring takes records only."""
    choosing = inspect.signature(choose_operating_points)
    assert list(choosing.parameters) == ["validation", "described"]
    assert all(p.default is inspect.Parameter.empty for p in choosing.parameters.values())
    measuring = inspect.signature(evaluate).parameters["operating_points"]
    assert measuring.annotation == "Sequence[OperatingPoint]"
