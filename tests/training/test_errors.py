"""Which boxes are wrong at a threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.errors import NO_TRUTH, BoxError, ErrorKind, find_errors, hit_truth
from training.evaluation.exam import Exam
from training.evaluation.matching import Criterion, match_exams

NOTHING = np.zeros((0, 4), np.float32)


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def exam(name: str, truth: np.ndarray, found: np.ndarray, *scores: float) -> Exam:
    return Exam(name, name, 512, 512, truth, found, np.array(scores, np.float32))


def test_the_better_of_two_detections_takes_the_true_box() -> None:
    truth = boxes((0, 0, 100, 100))
    found = boxes((0, 0, 100, 80), (0, 0, 100, 100))
    # IoU 0.8 at score 0.9 takes the box before IoU 1 at score 0.5 has its turn.
    assert hit_truth(found, np.array([0.9, 0.5]), truth).tolist() == [0, NO_TRUTH]
    assert hit_truth(found, np.array([0.5, 0.9]), truth).tolist() == [NO_TRUTH, 0]


def test_an_overlap_of_exactly_one_half_is_a_hit() -> None:
    truth = boxes((0, 0, 100, 100))
    assert hit_truth(boxes((0, 0, 100, 50)), np.ones(1), truth).tolist() == [0]
    assert hit_truth(boxes((0, 0, 100, 49)), np.ones(1), truth).tolist() == [NO_TRUTH]


def test_a_true_box_is_missed_above_the_score_that_finds_it_and_a_wrong_box_from_its_own_down() -> (
    None
):
    here, there = (0.0, 0.0, 100.0, 100.0), (300.0, 300.0, 400.0, 400.0)
    table = find_errors(
        [
            exam("a", boxes(here, there), boxes(here), 0.5),
            exam("b", NOTHING, boxes(there), 0.75),
        ]
    )
    found_late = BoxError("a", ErrorKind.FALSE_NEGATIVE, here, 0.5)
    never_found = BoxError("a", ErrorKind.FALSE_NEGATIVE, there, None)
    wrong = BoxError("b", ErrorKind.FALSE_POSITIVE, there, 0.75)

    def at(threshold: float) -> list[BoxError]:
        return [table[row] for row in table.rows_at(threshold)]

    assert at(0.25) == [wrong, never_found]
    assert at(0.5) == [wrong, never_found]
    assert at(0.75) == [wrong, found_late, never_found]
    assert at(0.8) == [found_late, never_found]


def test_without_exams_there_is_no_error() -> None:
    assert find_errors([]).rows_at(0.0).tolist() == []


_box = st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(1, 5)] * 2).map(
    lambda b: (b[0] * 10, b[1] * 10, (b[0] + b[2]) * 10, (b[1] + b[3]) * 10)
)


@given(
    truth=st.lists(_box, max_size=4),
    found=st.lists(st.tuples(_box, st.integers(1, 5)), max_size=6),
    threshold=st.integers(0, 6),
)
def test_errors_are_those_of_the_measures_at_every_threshold(
    truth: list[tuple[int, ...]], found: list[tuple[tuple[int, ...], int]], threshold: int
) -> None:
    scores = np.array([score / 8 for _, score in found], np.float32)
    one = exam("a", boxes(*truth), boxes(*(box for box, _ in found)), *scores)
    matches = match_exams([one], [Criterion(0.5)])
    shown = matches.score >= threshold / 8
    table = find_errors([one])
    rows = table.rows_at(threshold / 8)
    missed = int(table.is_truth[rows].sum())
    assert len(rows) - missed == int((shown & matches.is_miss[0]).sum())
    assert len(truth) - missed == int((shown & matches.is_hit[0]).sum())
    assert table.scores[rows].tolist() == sorted(table.scores[rows], reverse=True)


def test_a_table_names_the_exam_of_each_error() -> None:
    there = (300.0, 300.0, 400.0, 400.0)
    table = find_errors([exam(name, NOTHING, boxes(there), 0.5) for name in "abc"])
    assert [table[row].image_id for row in table.rows_at(0.1)] == ["a", "b", "c"]
    with pytest.raises(IndexError):
        table[3]
