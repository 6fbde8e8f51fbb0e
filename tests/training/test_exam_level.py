"""Exam scores: ranking and calibration by hand, and over draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from training.evaluation.calibration import (
    ReliabilityBin,
    calibration_error,
    fit_calibration,
    reliability_table,
)
from training.evaluation.exam import Exam
from training.evaluation.exam_level import (
    ExamScores,
    ExamTotals,
    area_under_precision_recall,
    area_under_roc,
)
from training.evaluation.report import evaluate

Scored = tuple[bool, float]
"""Whether an exam shows pneumonia, and its score."""


def exams(scored: Sequence[Scored]) -> list[Exam]:
    nothing = np.zeros((0, 4), np.float32)
    truth = np.array([[0, 0, 9, 9]], np.float32)
    return [
        Exam(
            image_id=str(place),
            patient=str(place),
            width=512,
            height=512,
            truth=truth if is_positive else nothing,
            boxes=nothing,
            scores=np.zeros(0, np.float32),
            exam_score=score,
        )
        for place, (is_positive, score) in enumerate(scored)
    ]


def totals(scored: Sequence[Scored], weights: Sequence[int] | None = None) -> ExamTotals:
    scores = ExamScores.of(exams(scored))
    assert scores is not None
    return scores.totals(np.array([weights or [1] * len(scored)], float))


def value(scored: Sequence[Scored], name: str) -> float | None:
    return evaluate(exams(scored)).all_exams[name].value


def test_auprc_by_hand() -> None:
    # From the best score: yes, no, yes, no. Precision at the two positives: 1/1 and 2/3.
    scored = [(True, 0.9), (False, 0.8), (True, 0.7), (False, 0.1)]
    assert value(scored, "AUPRC") == pytest.approx((1 + 2 / 3) / 2)
    # Tied with the negative, the first positive is called together with it: precision 1/2.
    scored[1] = (False, 0.9)
    assert value(scored, "AUPRC") == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_scores_that_say_nothing_have_the_prevalence_for_auprc_and_one_half_for_auroc() -> None:
    scored = [(place < 3, 0.5) for place in range(10)]
    assert value(scored, "AUPRC") == pytest.approx(0.3)
    assert value(scored, "AUROC") == pytest.approx(0.5)


def test_auroc_is_scipys_mann_whitney_statistic() -> None:
    generator = np.random.default_rng(0)
    scored = [(bool(generator.random() < 0.3), round(generator.random(), 1)) for _ in range(300)]
    positive = [score for is_positive, score in scored if is_positive]
    negative = [score for is_positive, score in scored if not is_positive]
    expected = mannwhitneyu(positive, negative).statistic / (len(positive) * len(negative))
    assert value(scored, "AUROC") == pytest.approx(expected, abs=1e-12)


def test_ranking_of_one_class_only_is_missing() -> None:
    for is_positive in (True, False):
        scored = [(is_positive, 0.2), (is_positive, 0.6)]
        assert (value(scored, "AUROC"), value(scored, "AUPRC")) == (None, None)


def test_brier_by_hand() -> None:
    # (0.9 − 1)² = 0.01, (0.4 − 0)² = 0.16, (0.5 − 1)² = 0.25: mean 0.14.
    assert value([(True, 0.9), (False, 0.4), (True, 0.5)], "Brier") == pytest.approx(0.14)


def test_calibration_error_by_hand() -> None:
    # Twenty exams in ten bins of two. Every bin scores 0.75 and 0.65 around 0.7 on average …
    scored = [(place % 2 == 0, 0.7 + place / 1e6) for place in range(20)]
    # … with one of two positive: |0.7 − 0.5| everywhere.
    assert value(scored, "ECE") == pytest.approx(0.2, abs=1e-4)
    # Where deviations of opposite sign fall into different bins they do not cancel:
    # ten exams at 0.2 of which all are positive, ten at 0.8 of which none is.
    opposed = [(True, 0.2)] * 10 + [(False, 0.8)] * 10
    assert value(opposed, "ECE") == pytest.approx(0.8)


def test_calibrated_scores_have_no_calibration_error() -> None:
    scored = [(place < 3, 0.3) for place in range(10)] + [(place < 8, 0.8) for place in range(10)]
    assert value(scored, "ECE") == pytest.approx(0, abs=1e-12)


def test_a_fitted_calibration_by_hand() -> None:
    # Ten exams at each of two scores. At 0.2, two in ten are positive and at 0.5, eight in ten.
    # Two scores and two parameters: the fit meets the mean target of both. With N+ = N- = 10 the
    # targets are 11/12 and 1/12, so that the means are (2 * 11 + 8) / 120 = 0.25 and 0.75.
    scored = [(place < 2, 0.2) for place in range(10)] + [(place < 8, 0.5) for place in range(10)]
    slope, offset = fit_calibration(exams(scored))
    # logit 0.2 = -log 4, logit 0.5 = 0; logit 0.25 = -log 3, logit 0.75 = log 3.
    assert offset == pytest.approx(np.log(3), abs=1e-3)
    assert slope == pytest.approx(2 * np.log(3) / np.log(4), abs=1e-3)


def test_a_calibration_never_turns_the_order_of_exams() -> None:
    slope, _ = fit_calibration(exams([(True, 0.1), (True, 0.2), (False, 0.8), (False, 0.9)]))
    assert slope > 0


def test_the_reliability_table_lists_the_bins_of_the_calibration_error() -> None:
    scored = [(False, 0.1)] * 4 + [(True, 0.5), (False, 0.5), (True, 0.9), (True, 1.0)]
    table = reliability_table(exams(scored))
    # Eight exams: equal scores stay in one bin, the others stand alone.
    assert table == (
        ReliabilityBin(0.1, 0.1, 4, 0, pytest.approx(0.1), 0.0),
        ReliabilityBin(0.5, 0.5, 2, 1, pytest.approx(0.5), 0.5),
        ReliabilityBin(0.9, 0.9, 1, 1, pytest.approx(0.9), 1.0),
        ReliabilityBin(1.0, 1.0, 1, 1, pytest.approx(1.0), 1.0),
    )
    # (4 × 0.1 + 2 × 0 + 1 × 0.1 + 1 × 0) / 8
    assert value(scored, "ECE") == pytest.approx(0.5 / 8)
    assert reliability_table([]) == ()


scored_exams = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])),
    min_size=1,
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(scored_exams)
def test_the_calibration_error_is_the_tables(scored: list[Scored]) -> None:
    table = reliability_table(exams(scored))
    assert sum(one.exam_count for one in table) == len(scored)
    assert sum(one.positive_count for one in table) == sum(positive for positive, _ in scored)
    expected = sum(
        one.exam_count * abs(one.mean_score - one.positive_share) for one in table
    ) / len(scored)
    assert value(scored, "ECE") == pytest.approx(expected, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(scored_exams, st.data())
def test_a_weight_counts_an_exam_that_often(scored: list[Scored], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(scored), max_size=len(scored)))
    repeated = [one for one, times in zip(scored, weights, strict=True) for _ in range(times)]
    if not repeated:
        return
    for measure in (area_under_roc, area_under_precision_recall, calibration_error):
        drawn, expected = measure(totals(scored, weights)), measure(totals(repeated))
        assert drawn == pytest.approx(expected, abs=1e-12, nan_ok=True)
