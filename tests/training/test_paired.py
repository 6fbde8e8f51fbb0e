"""Differences between two systems on shared draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from training.evaluation.exam import Exam
from training.evaluation.intervals import EvaluationCancelled
from training.evaluation.measures import MEASURES
from training.evaluation.operating_points import OPERATING_FIGURES
from training.evaluation.paired import (
    Difference,
    paired_difference,
    paired_operating_difference,
)
from training.evaluation.report import evaluate

BOX = np.array([[10, 10, 110, 110]], np.float32)
NOTHING = np.zeros((0, 4), np.float32)


def exams(found: Sequence[bool], exam_scores: Sequence[float] | None = None) -> list[Exam]:
    """Positive exams with one true box that is found or not."""
    return [
        Exam(
            image_id=str(place),
            patient=str(place),
            width=512,
            height=512,
            truth=BOX,
            boxes=BOX if is_found else NOTHING,
            scores=np.array([0.5] if is_found else [], np.float32),
            exam_score=None if exam_scores is None else exam_scores[place],
        )
        for place, is_found in enumerate(found)
    ]


def test_a_system_does_not_differ_from_itself() -> None:
    one = exams([True, False, True])
    differences = paired_difference(one, one, resamples=50)
    assert list(differences) == list(MEASURES)
    assert differences["AP50"] == Difference(0.0, (0.0, 0.0), share_above=0.5, p_value=1.0)
    assert differences["AUROC"] == Difference(None)


def test_the_difference_is_that_of_the_two_evaluations() -> None:
    generator = np.random.default_rng(0)
    first, second = (exams(list(generator.random(40) < share)) for share in (0.8, 0.5))
    differences = paired_difference(first, second, resamples=0)
    ours, theirs = evaluate(first).all_exams, evaluate(second).all_exams
    for name, difference in differences.items():
        a, b = ours[name].value, theirs[name].value
        if a is None or b is None:
            assert difference == Difference(None)
        else:
            assert difference == Difference(pytest.approx(a - b))


def test_draws_are_shared_between_the_systems() -> None:
    """Recall of one exam more in every draw that has it: the spread is that of one exam alone."""
    found = [place % 2 == 0 for place in range(100)]
    better = [True, True, *found[2:]]
    recall = paired_difference(exams(better), exams(found), resamples=2000)["AR10"]
    # The exam is drawn Binomial(100, 1/100) times: 0 in 37 % of draws, 3 or fewer in 98.2 %.
    assert recall.value == pytest.approx(0.01)
    assert recall.interval == (0, pytest.approx(0.03))
    # Half of the draws without the exam count as ahead.
    assert recall.share_above == pytest.approx(1 - 0.366 / 2, abs=0.02)
    # Nothing is ever below 0, so that the tail holds the draws at 0.
    assert recall.p_value == pytest.approx(2 * 0.366, abs=0.05)


def test_a_clear_lead_is_told_from_chance_and_its_sign_is_the_first_systems() -> None:
    strong, weak = exams([True] * 38 + [False] * 2), exams([True] * 20 + [False] * 20)
    ahead = paired_difference(strong, weak, resamples=500)["AR10"]
    behind = paired_difference(weak, strong, resamples=500)["AR10"]
    assert ahead.interval is not None
    assert ahead.interval[0] > 0.2
    # No draw at or below 0: twice (0 + 1) / (500 + 1).
    assert ahead.p_value == behind.p_value == pytest.approx(2 / 501)
    assert (ahead.share_above, behind.share_above) == (1.0, 0.0)
    assert behind.value == pytest.approx(-0.45)
    assert behind.interval == pytest.approx((-ahead.interval[1], -ahead.interval[0]))


def test_a_difference_reads_with_its_sign() -> None:
    assert str(Difference(0.021, (-0.004, 0.046))) == "+2.1 (−0.4 to +4.6)"
    assert str(Difference(-0.021)) == "−2.1"
    assert str(Difference(None)) == "–"


def test_systems_are_compared_on_the_same_exams_only() -> None:
    one = exams([True, False])
    with pytest.raises(ValueError, match="2 exams cannot be compared with 1"):
        paired_difference(one, one[:1], resamples=0)
    with pytest.raises(ValueError, match="exam 0 stands where the other has 1"):
        paired_difference(one, one[::-1], resamples=0)
    with pytest.raises(ValueError, match="exam 1 does not have the same truth"):
        paired_difference(one, [one[0], replace(one[1], truth=NOTHING)], resamples=0)
    with pytest.raises(ValueError, match="same image_id"):
        paired_difference([one[0], one[0]], [one[0], one[0]], resamples=0)


def test_a_comparison_can_be_cancelled() -> None:
    one = exams([True, False])
    with pytest.raises(EvaluationCancelled):
        paired_difference(one, one, resamples=10, cancelled=lambda: True)


def test_operating_figures_are_compared_each_at_its_own_threshold() -> None:
    # At 0.4 the first shows all boxes, which score 0.5; at 0.6 the second shows none.
    one = exams([True, True, False, False])
    differences = paired_operating_difference(one, one, (0.4, 0.6), resamples=50)
    assert list(differences) == list(OPERATING_FIGURES)
    assert differences["sensitivity"].value == 0.5  # two of four called, less none
    assert differences["box_sensitivity"].value == 0.5
    assert differences["false_positives"] == Difference(0.0, (0.0, 0.0), 0.5, 1.0)
    assert differences["specificity"] == Difference(None)  # there is no exam without pneumonia


def test_operating_figures_of_different_exams_are_not_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        paired_operating_difference(exams([True]), exams([True, True]), (0.5, 0.5), 0)
