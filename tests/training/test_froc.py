"""FROC by hand, against MONAI's definition of the curve, and over draws."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluation.exam import Exam
from training.evaluation.froc import Froc, froc_curve
from training.evaluation.matching import Criterion, match_exams
from training.evaluation.measures import FROC_RATES
from training.evaluation.report import evaluate

RATES = tuple(FROC_RATES.values())
Found = tuple[bool, float]
"""Whether a box is right, and its score."""


def exam(name: object, truths: int, found: Sequence[Found]) -> Exam:
    """True boxes in a row; right boxes hit them from the left, wrong ones lie elsewhere."""
    place = 0
    boxes = []
    for is_right, _ in sorted(found, key=lambda one: -one[1]):
        corner = (place * 20, 0) if is_right else (0, 400)
        place += is_right
        boxes.append((*corner, corner[0] + 10, corner[1] + 10))
    assert place <= truths
    return Exam(
        image_id=str(name),
        patient=str(name),
        width=512,
        height=512,
        truth=np.array([(k * 20, 0, k * 20 + 10, 10) for k in range(truths)]).reshape(-1, 4),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.array(sorted((score for _, score in found), reverse=True), np.float32),
    )


def sensitivities(exams: Sequence[Exam]) -> list[float | None]:
    figures = evaluate(exams).all_exams
    return [figures[name].value for name in FROC_RATES]


def test_froc_by_hand() -> None:
    # Two images, four true boxes. From the best score: hit, miss, hit, miss, miss, hit.
    exams = [
        exam("a", 3, [(True, 0.9), (False, 0.8), (True, 0.7)]),
        exam("b", 1, [(False, 0.6), (False, 0.5), (True, 0.4)]),
    ]
    curve = froc_curve(exams)
    assert curve.thresholds == pytest.approx([math.inf, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    assert curve.false_positives == pytest.approx([0, 0, 1 / 2, 1 / 2, 2 / 2, 3 / 2, 3 / 2])
    assert curve.sensitivity == pytest.approx([0, 1 / 4, 1 / 4, 2 / 4, 2 / 4, 2 / 4, 3 / 4])
    # At 1/8 and 1/4 per image only the first hit; 1/2 and 1 reach two; 1.5 and more all three.
    expected = [1 / 4, 1 / 4, 2 / 4, 2 / 4, 3 / 4, 3 / 4, 3 / 4]
    assert sensitivities(exams) == pytest.approx(expected)
    assert evaluate(exams).all_exams["FROC"].value == pytest.approx(sum(expected) / 7)


def test_a_line_joins_the_ends_of_a_run_of_equal_scores() -> None:
    # One image: a hit and a miss with the same score; no threshold parts them. From (0, 0) to
    # (1, 1): 1/8, 1/4 and 1/2 false positives find as much on average.
    exams = [exam("a", 1, [(True, 0.5), (False, 0.5)])]
    assert sensitivities(exams) == pytest.approx([1 / 8, 1 / 4, 1 / 2, 1, 1, 1, 1])


def test_images_without_pneumonia_count_as_images() -> None:
    found = exam("a", 1, [(False, 0.9), (True, 0.8)])
    healthy = [exam(k, 0, []) for k in range(7)]
    # One false positive: 1 per image of one, 1/8 of eight.
    assert sensitivities([found])[:4] == pytest.approx([0, 0, 0, 1])
    assert sensitivities([found, *healthy])[0] == pytest.approx(1)


def test_without_true_boxes_there_is_no_sensitivity() -> None:
    assert sensitivities([exam("a", 0, [(False, 0.5)])]) == [None] * 7
    assert sensitivities([]) == [None] * 7
    assert np.isnan(froc_curve([exam("a", 0, [(False, 0.5)])]).sensitivity).all()
    with pytest.raises(ValueError, match="no image"):
        froc_curve([])


def test_without_detections_the_sensitivity_is_zero() -> None:
    assert sensitivities([exam("a", 1, [])]) == [0] * 7
    assert froc_curve([exam("a", 1, [])]).thresholds.tolist() == [math.inf]


@pytest.fixture(scope="module")
def by_monai() -> Callable[[Sequence[Exam]], list[float]]:
    """Sensitivity at each rate by ``monai.metrics``, from hits and misses of our matching."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metrics = importlib.import_module("monai.metrics")

    def froc(exams: Sequence[Exam]) -> list[float]:
        matches = match_exams(exams, [Criterion(0.5)])
        # MONAI leaves the lowest score out of the curve; a miss below all others is that one.
        misses = np.append(matches.score[matches.is_miss[0]], -1.0)
        hits = matches.score[matches.is_hit[0]]
        data = metrics.compute_froc_curve_data(
            misses, hits, int(matches.truth_count.sum()), len(exams)
        )
        return [float(metrics.compute_froc_score(*data, eval_thresholds=(rate,))) for rate in RATES]

    return froc


found = st.tuples(st.booleans(), st.sampled_from([0.1, 0.3, 0.3, 0.5, 0.7, 0.9]))


@st.composite
def some_exams(draw: st.DrawFn) -> list[Exam]:
    exams = []
    for name in range(draw(st.integers(1, 6))):
        boxes = draw(st.lists(found, max_size=8))
        missed = draw(st.integers(0, 2))
        exams.append(exam(name, sum(is_right for is_right, _ in boxes) + missed, boxes))
    return exams


@settings(max_examples=100, deadline=None)
@given(exams=some_exams())
def test_the_curve_is_monais(
    by_monai: Callable[[Sequence[Exam]], list[float]], exams: list[Exam]
) -> None:
    if not any(one.is_positive for one in exams):
        return
    assert sensitivities(exams) == pytest.approx(by_monai(exams), abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(exams=some_exams(), data=st.data())
def test_a_weight_counts_an_exam_that_often(exams: list[Exam], data: st.DataObject) -> None:
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(exams), max_size=len(exams)))
    repeated = [one for one, count in zip(exams, times, strict=True) for _ in range(count)]
    drawn = Froc(match_exams(exams, [Criterion(0.5)]), 0)(np.array([times], float))
    expected = Froc(match_exams(repeated, [Criterion(0.5)]), 0)(np.ones((1, len(repeated))))
    assert drawn == pytest.approx(expected, abs=1e-12, nan_ok=True)


@settings(max_examples=50, deadline=None)
@given(exams=some_exams())
def test_the_figures_are_read_off_the_curve(exams: list[Exam]) -> None:
    curve = froc_curve(exams)
    assert (np.diff(curve.thresholds) < 0).all()
    if any(one.is_positive for one in exams):
        expected = np.interp(RATES, curve.false_positives, curve.sensitivity)
        assert sensitivities(exams) == pytest.approx(expected.tolist(), abs=1e-12)
