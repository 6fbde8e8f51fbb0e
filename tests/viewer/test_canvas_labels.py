"""Where labels go."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pneumo_viewer.canvas.label_layout import place_labels

VIEW = (800.0, 600.0)
LABEL = (60.0, 20.0)
NONE = np.empty((0, 4))


def labels(
    boxes: list[tuple[float, float, float, float]], texts: NDArray[np.float64] = NONE
) -> NDArray[np.float64]:
    return place_labels(np.array(boxes), np.array([LABEL] * len(boxes)), VIEW, texts, NONE)


def overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    return float(np.prod(np.clip(sides, 0, None)))


def test_a_label_sits_above_the_left_end_of_its_box() -> None:
    (label,) = labels([(100, 200, 300, 400)])
    assert label.tolist() == [100, 175, 160, 195]  # 5 px between box and label


def test_a_label_goes_below_a_box_at_the_upper_border() -> None:
    (label,) = labels([(100, 0, 300, 400)])
    assert label.tolist() == [100, 405, 160, 425]


def test_a_label_goes_beside_a_box_as_high_as_the_view() -> None:
    (label,) = labels([(100, 0, 300, 600)])
    assert label.tolist() == [305, 0, 365, 20]


def test_two_boxes_with_the_same_corner_get_labels_side_by_side() -> None:
    first, second = labels([(100, 200, 300, 400), (100, 200, 320, 380)])
    assert overlap(first, second) == 0
    assert second.tolist() == [260, 175, 320, 195]


def test_a_label_keeps_away_from_other_texts() -> None:
    (label,) = labels([(100, 200, 300, 400)], texts=np.array([[0.0, 170, 180, 190]]))
    assert overlap(label, np.array([0.0, 170, 180, 190])) == 0


boxes_with_room = st.tuples(
    st.floats(0, 700), st.floats(0, 500), st.floats(5, 700), st.floats(5, 500)
).map(lambda box: (box[0], box[1], min(box[0] + box[2], 800), min(box[1] + box[3], 600)))


@given(boxes_with_room)
def test_a_label_never_covers_its_finding_where_one_side_has_room(
    box: tuple[float, float, float, float],
) -> None:
    rooms = (box[0] - 65, box[1] - 25, 800 - box[2] - 65, 600 - box[3] - 25)
    (label,) = labels([box])
    if max(rooms) >= 0:
        assert overlap(label, np.array(box)) == 0


@given(st.lists(boxes_with_room, min_size=1, max_size=12))
def test_labels_stay_inside_the_view(boxes: list[tuple[float, float, float, float]]) -> None:
    placed = labels(boxes)
    assert placed.shape == (len(boxes), 4)
    assert (placed[:, :2] >= 0).all()
    assert (placed[:, 2:] <= np.array(VIEW)).all()
