"""The measures by hand, the intervals, and what is missing."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.exam import Exam
from training.evaluation.exam_level import ExamScores, area_under_roc
from training.evaluation.intervals import (
    BLOCK,
    EvaluationCancelled,
    patient_draws,
    percentile_interval,
)
from training.evaluation.matching import intersection_over_union
from training.evaluation.measures import LOWER_IS_BETTER, MEASURES, Estimate
from training.evaluation.ratio import ratio
from training.evaluation.report import evaluate

Corners = tuple[float, float, float, float]
A: Corners = (0, 0, 100, 100)
B: Corners = (200, 0, 300, 100)
STRAY: Corners = (400, 400, 500, 500)


def exam(
    name: str,
    truth: Sequence[Corners] = (),
    found: Sequence[tuple[Corners, float]] = (),
    *,
    exam_score: float | None = None,
    patient: str | None = None,
    side: int = 512,
) -> Exam:
    return Exam(
        image_id=name,
        patient=patient or name,
        width=side,
        height=side,
        truth=np.array(truth, dtype=np.float32).reshape(-1, 4),
        boxes=np.array([box for box, _ in found], dtype=np.float32).reshape(-1, 4),
        scores=np.array([score for _, score in found], dtype=np.float32),
        exam_score=exam_score,
    )


def value(exams: Sequence[Exam], name: str, threshold: float = 0.0) -> float:
    found = evaluate(exams, threshold=threshold).all_exams[name].value
    assert found is not None
    return found


def test_iou_of_hand_worked_boxes() -> None:
    boxes = np.array([[0, 0, 2, 2], [5, 5, 5, 5]], dtype=np.float32)
    others = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [2, 0, 4, 2], [5, 5, 5, 5]], dtype=np.float32)
    # [1, 1, 3, 3] shares 1 of 4 + 4 − 1 = 7; a common edge is no common area.
    assert intersection_over_union(boxes, others) == pytest.approx(
        np.array([[1, 1 / 7, 0, 0], [0, 0, 0, 0]])
    )


def test_average_precision_by_hand() -> None:
    # By score: hit, miss, hit. Recall 1/2, 1/2, 1; precision 1, 1/2, 2/3.
    # 51 recalls (0 … 0.50) read 1 and 50 recalls (0.51 … 1) read 2/3.
    exams = [exam("e", [A, B], [(A, 0.9), (STRAY, 0.8), (B, 0.7)])]
    assert value(exams, "AP50") == pytest.approx((51 + 50 * 2 / 3) / 101, abs=1e-12)
    assert value(exams, "AR10") == 1


def test_a_second_box_on_the_same_truth_is_a_miss() -> None:
    # By score: miss (taken truth is not hit twice), so precision 1 up to recall 1/2, then nothing.
    exams = [exam("e", [A, B], [(A, 0.9), (A, 0.8)])]
    assert value(exams, "AP50") == pytest.approx(51 / 101, abs=1e-12)


def test_perfect_detections_reach_one_everywhere() -> None:
    medium: Corners = (0, 0, 90, 90)
    large: Corners = (200, 200, 400, 400)
    both = [exam("e", [medium, large], [(medium, 0.5), (large, 0.5)], exam_score=0.9)]
    figures = evaluate([*both, exam("n", exam_score=0.1)]).all_exams
    defined = {name: figure.value for name, figure in figures.items() if figure.value is not None}
    # 90² = 8,100 < 11,497 (first third), 200² = 40,000 > 22,314 (last): the middle is empty.
    assert set(MEASURES) - set(defined) == {"AP_T2", "AR_T2"}
    for name in set(defined) - LOWER_IS_BETTER:
        assert defined[name] == pytest.approx(1, abs=1e-12), name
    # Scores 0.9 and 0.1 for 1 and 0: each is 0.1 away from the truth.
    assert defined["ECE"] == pytest.approx(0.1)
    assert defined["Brier"] == pytest.approx(0.01)


def test_areas_are_measured_at_512_whatever_the_size_of_the_image() -> None:
    # 150 × 150 at 1024 is 75 × 75 at 512: 5,625 px², medium; at 512 itself it is large.
    box: Corners = (0, 0, 150, 150)
    small_scale = evaluate([exam("e", [box], [(box, 0.5)], side=1024)]).all_exams
    assert (small_scale["AP_M"].value, small_scale["AP_L"].value) == (pytest.approx(1), None)
    full_scale = evaluate([exam("e", [box], [(box, 0.5)], side=512)]).all_exams
    assert (full_scale["AP_M"].value, full_scale["AP_L"].value) == (None, pytest.approx(1))


def test_detections_outside_the_area_range_are_ignored_not_wrong() -> None:
    # A large hit and a large stray above it: both are nothing to AP_M.
    large: Corners = (200, 200, 400, 400)
    medium: Corners = (0, 0, 90, 90)
    stray: Corners = (250, 0, 500, 150)
    exams = [exam("e", [medium, large], [(stray, 0.9), (large, 0.8), (medium, 0.7)])]
    assert value(exams, "AP_M") == pytest.approx(1, abs=1e-12)
    assert value(exams, "AP_L") == pytest.approx(1 / 2, abs=1e-12)


def test_recall_counts_the_best_ten_boxes_only() -> None:
    strays: list[tuple[Corners, float]] = [(STRAY, 0.9 - i / 100) for i in range(10)]
    assert value([exam("e", [A], [*strays[:9], (A, 0.1)])], "AR10") == 1
    assert value([exam("e", [A], [*strays, (A, 0.1)])], "AR10") == 0


def test_negatives_lower_precision_but_not_positives_only() -> None:
    exams = [exam("p", [A], [(A, 0.5)]), exam("n", [], [(STRAY, 0.9)])]
    evaluation = evaluate(exams)
    assert evaluation.positives["AP50"].value == pytest.approx(1)
    assert evaluation.all_exams["AP50"].value == pytest.approx(1 / 2)
    assert (evaluation.exam_count, evaluation.positive_count) == (2, 1)
    assert (evaluation.truth_count, evaluation.detection_count) == (1, 2)


def test_the_challenge_metric_by_hand() -> None:
    # Half of A's width: IoU 0.5, a hit at 0.40, 0.45 and 0.50 of the eight thresholds.
    half: Corners = (0, 0, 50, 100)
    exams = [
        # Hits at 3 of 8: TP/(TP+FP+FN) is 1/(1+1+1) with the stray; else 0/(0+2+2) with B missed.
        exam("partly", [A, B], [(half, 0.9), (STRAY, 0.8)]),
        exam("false alarm", [], [(STRAY, 0.7)]),
        exam("quiet", [], []),
        exam("perfect", [A], [(A, 0.9)]),
        exam("overlooked", [A], []),
    ]
    partly = 3 / 8 * 1 / 3
    # The quiet exam is left out; the false alarm and the overlooked one count 0.
    assert value(exams, "Challenge") == pytest.approx((partly + 0 + 1 + 0) / 4)
    # At threshold 0.75 the false alarm falls silent and is left out as well.
    assert value(exams, "Challenge", 0.75) == pytest.approx((partly + 1 + 0) / 3)
    # Above 0.85 the stray goes too: 1/(1+0+1).
    assert value(exams, "Challenge", 0.85) == pytest.approx((3 / 8 * 1 / 2 + 1 + 0) / 3)


def test_the_challenge_metric_of_silence_over_negatives_is_missing() -> None:
    assert evaluate([exam("n")]).all_exams["Challenge"].value is None


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.1, 0.3, 0.3001, 0.8])), min_size=1, max_size=12
    )
)
def test_auroc_is_the_share_of_pairs_in_order(drawn: list[tuple[bool, float]]) -> None:
    exams = [
        exam(str(place), [A] if is_positive else [], exam_score=score)
        for place, (is_positive, score) in enumerate(drawn)
    ]
    pairs = list(product([s for p, s in drawn if p], [s for p, s in drawn if not p]))
    won = sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs)
    scores = ExamScores.of(exams)
    assert scores is not None
    ours = area_under_roc(scores, np.ones((1, len(exams))))[0]
    assert math.isnan(ours) if not pairs else ours == pytest.approx(won / len(pairs))


def test_auroc_is_missing_when_an_exam_has_no_score() -> None:
    exams = [exam("p", [A], exam_score=0.9), exam("n", exam_score=0.1), exam("unscored")]
    assert evaluate(exams[:2]).all_exams["AUROC"].value == 1
    assert evaluate(exams).all_exams["AUROC"].value is None


def test_a_measure_that_nothing_defines_is_missing_not_zero() -> None:
    for exams in ([], [exam("n", [], [(STRAY, 0.9)])]):
        figures = evaluate(exams, resamples=10).all_exams
        assert figures["AP50"] == Estimate(None)
        assert str(figures["AP_M"]) == "–"
    assert value([exam("p", [A], [])], "AP50") == 0


def test_estimates_read_in_percent() -> None:
    assert str(Estimate(0.4314)) == "43.1"
    assert str(Estimate(0.4314, (0.35, 0.5119))) == "43.1 (35.0–51.2)"


def mixed_exams(count: int, seed: int = 0) -> list[Exam]:
    """Two exams a patient; hits, near hits and strays with scores that are never tied."""
    generator = np.random.default_rng(seed)
    exams = []
    for place in range(count):
        truth = [A, B][: int(generator.integers(0, 3))]
        found = []
        for box in [*truth, STRAY]:
            shift = generator.normal(0, 15)
            moved = (box[0] + shift, box[1], box[2] + shift, box[3])
            found.append((moved, float(generator.random())))
        exam_score = float(generator.random()) / 2 + len(truth) / 6
        exams.append(exam(str(place), truth, found, exam_score=exam_score, patient=str(place // 2)))
    return exams


def test_a_weight_counts_an_exam_that_often() -> None:
    """Resampling by weights gives what evaluating the repeated exams gives."""
    exams = mixed_exams(30)
    weights = next(patient_draws([e.patient for e in exams], 1, seed=3))[0].astype(int)
    assert {0, 1, 2} <= set(weights.tolist())
    repeated = [
        Exam(f"{e.image_id}-{copy}", e.patient, 512, 512, e.truth, e.boxes, e.scores, e.exam_score)
        for e, times in zip(exams, weights, strict=True)
        for copy in range(times)
    ]
    expected = evaluate(repeated)
    drawn = evaluate(exams, resamples=1, seed=3)
    for ours, theirs in (
        (drawn.all_exams, expected.all_exams),
        (drawn.positives, expected.positives),
    ):
        for name in MEASURES:
            figure = theirs[name].value
            interval = ours[name].interval
            assert interval == (None if figure is None else pytest.approx((figure, figure)))


def test_exams_of_one_patient_are_drawn_together() -> None:
    patients = ["a", "a", "b", "c", "c", "c"]
    for weights in patient_draws(patients, 20, seed=0):
        assert (weights[:, 0] == weights[:, 1]).all()
        assert (weights[:, 3:] == weights[:, 3:4]).all()
        # As many patients as there are: 3.
        assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_draws_come_in_blocks_that_add_up() -> None:
    blocks = list(patient_draws(["a", "b"], 2 * BLOCK + 1, seed=0))
    assert [len(block) for block in blocks] == [BLOCK, BLOCK, 1]


def test_intervals_hold_the_estimate_and_depend_on_the_seed_only() -> None:
    exams = mixed_exams(60)
    first = evaluate(exams, resamples=300, seed=1)
    assert first == evaluate(exams, resamples=300, seed=1)
    assert first != evaluate(exams, resamples=300, seed=2)
    for name, figure in first.all_exams.items():
        if figure.value is not None:
            assert figure.interval is not None
            low, high = figure.interval
            assert low <= figure.value <= high, name
            assert low < high, name


def test_the_interval_of_a_mean_agrees_with_theory() -> None:
    """Scores of 0 or 1 have a proportion for their mean: ± 1.96 √(p (1 − p) / n)."""
    scores = np.array([0.0, 1.0, 1.0, 1.0] * 100)
    draws = [
        ratio(weights @ scores, weights.sum(axis=1))
        for weights in patient_draws(list(map(str, range(400))), 2000, seed=0)
    ]
    half_width = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert percentile_interval(np.concatenate(draws)) == pytest.approx(
        (0.75 - half_width, 0.75 + half_width), abs=0.005
    )


def test_draws_without_a_value_are_left_out_of_the_interval() -> None:
    assert percentile_interval(np.array([np.nan, 1.0, np.nan, 1.0])) == (1.0, 1.0)
    assert percentile_interval(np.array([np.nan])) is None


def test_one_patient_has_no_interval() -> None:
    evaluation = evaluate([exam("e", [A], [(A, 0.5)])], resamples=10)
    assert evaluation.all_exams["AP50"] == Estimate(pytest.approx(1), None)


def test_resampling_can_be_cancelled_between_blocks() -> None:
    answers = iter([False, True])
    with pytest.raises(EvaluationCancelled):
        evaluate(mixed_exams(10), resamples=10 * BLOCK, cancelled=lambda: next(answers))
    assert next(answers, None) is None


def test_an_evaluation_is_json() -> None:
    evaluation = evaluate(mixed_exams(10), resamples=5)
    content = json.loads(json.dumps(evaluation.as_json(), allow_nan=False))
    assert content["exam_count"] == 10
    assert content["all_exams"]["AP50"]["value"] == evaluation.all_exams["AP50"].value
    assert list(content["positives"]) == list(MEASURES)


def test_impossible_exams_are_refused() -> None:
    with pytest.raises(ValueError, match="same image_id"):
        evaluate([exam("e"), exam("e")])
    with pytest.raises(ValueError, match="not finite"):
        exam("e", [], [(A, math.nan)])
    with pytest.raises(ValueError, match="0 × 0"):
        exam("e", side=0)
    boxes = np.zeros((2, 4), dtype=np.float32)
    with pytest.raises(ValueError, match="2 boxes"):
        Exam("e", "p", 9, 9, boxes[:0], boxes, np.zeros(3, dtype=np.float32))
    with pytest.raises(ValueError, match="truth has shape"):
        Exam("e", "p", 9, 9, boxes[0], boxes, np.zeros(2, dtype=np.float32))
