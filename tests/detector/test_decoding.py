"""Decoding: distances to boxes, and many boxes to few."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from detector.decoding import (
    LARGEST_LOG_RATIO,
    cell_boxes,
    decode_boxes,
    decode_deltas,
    encode_deltas,
    encode_distances,
    grid_points,
    retain_largest_stride,
    select_boxes,
    top_points_per_level,
)

coordinates = st.floats(-1000, 1000, width=32)


def select(boxes: Tensor, scores: Tensor, levels: Tensor | None = None, **changes: Any) -> Any:
    """``select_boxes`` with plain settings."""
    settings = {
        "image_size": (512, 512),
        "score_threshold": 0.1,
        "nms_iou": 0.5,
        "max_detections": 10,
        "level_selection": "score",
    }
    levels = torch.zeros(len(boxes), dtype=torch.long) if levels is None else levels
    return select_boxes(boxes, scores, levels, **{**settings, **changes})


def test_points_lie_in_the_middle_of_their_cells() -> None:
    points = grid_points([(2, 3), (1, 1)], [8, 16])
    assert points.centers.tolist() == [
        *([4, 4], [12, 4], [20, 4]),
        *([4, 12], [12, 12], [20, 12]),
        [8, 8],
    ]
    assert points.strides.tolist() == [8] * 6 + [16]
    assert points.levels.tolist() == [0] * 6 + [1]


def test_distances_are_left_top_right_bottom_in_strides() -> None:
    points = grid_points([(1, 1)], [16])  # One point, at (8, 8).
    distances = torch.tensor([[0.5, 0.25, 2.0, 1.0]])
    assert decode_boxes(points, distances).tolist() == [[0, 4, 40, 24]]


def test_the_cell_of_a_point_is_a_square_of_its_stride() -> None:
    cells = cell_boxes(grid_points([(1, 2), (1, 1)], [8, 32]))
    assert cells.tolist() == [[0, 0, 8, 8], [8, 0, 16, 8], [0, 0, 32, 32]]


def test_deltas_by_hand() -> None:
    anchor = torch.tensor([[10.0, 20, 30, 60]])  # 20 × 40 around (20, 40)
    box = torch.tensor([[20.0, 30, 40, 110]])  # 20 × 80 around (30, 70)
    # (30 - 20) / 20 = 0.5; (70 - 40) / 40 = 0.75; ln (20 / 20) = 0; ln (80 / 40) = 0.693147
    assert encode_deltas(anchor, box)[0].tolist() == pytest.approx([0.5, 0.75, 0, 0.693147])
    assert decode_deltas(anchor, torch.zeros(1, 4)).tolist() == anchor.tolist()


def test_sides_of_a_network_that_runs_wild_stay_finite() -> None:
    anchor = torch.tensor([[0.0, 0, 8, 8]])
    (box,) = decode_deltas(anchor, torch.tensor([[0.0, 0, 1000, LARGEST_LOG_RATIO]]))
    assert (box[2:] - box[:2]).tolist() == pytest.approx([2048, 2048])


sides = st.floats(8, 1000, width=32)


@given(*[st.tuples(coordinates, coordinates, sides, sides)] * 2)
def test_decoding_undoes_encoding_of_deltas(
    anchor: tuple[float, float, float, float], box: tuple[float, float, float, float]
) -> None:
    anchors, boxes = (torch.tensor([[x, y, x + w, y + h]]) for x, y, w, h in (anchor, box))
    deltas = encode_deltas(anchors, boxes)
    torch.testing.assert_close(decode_deltas(anchors, deltas), boxes, atol=0.01, rtol=1e-5)


@given(st.lists(st.tuples(*[coordinates] * 4), min_size=5, max_size=5))
def test_decoding_undoes_encoding(boxes: list[tuple[float, float, float, float]]) -> None:
    points = grid_points([(2, 2), (1, 1)], [8, 128])
    truth = torch.tensor(boxes)
    torch.testing.assert_close(
        decode_boxes(points, encode_distances(points, truth)), truth, atol=1e-3, rtol=0
    )


def test_each_level_sends_its_best_points() -> None:
    scores = torch.tensor([[0.1, 0.9, 0.8, 0.7, 0.2, 0.3], [0.9, 0.1, 0.2, 0.3, 0.4, 0.5]])
    levels = torch.tensor([0, 0, 0, 0, 1, 1])
    assert top_points_per_level(scores, levels, 2).tolist() == [[1, 2, 5, 4], [0, 3, 5, 4]]
    assert top_points_per_level(scores, levels, 3).shape == (2, 5)


def test_the_better_of_two_overlapping_boxes_stays() -> None:
    boxes = torch.tensor([[0.0, 0, 100, 100], [0, 0, 100, 90], [200, 200, 300, 300]])
    kept, scores = select(boxes, torch.tensor([0.3, 0.6, 0.5]))
    assert kept.tolist() == [[0, 0, 100, 90], [200, 200, 300, 300]]
    assert scores.tolist() == pytest.approx([0.6, 0.5])


def test_boxes_below_the_threshold_are_dropped_and_one_at_it_is_kept() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [20, 20, 30, 30]])
    assert len(select(boxes, torch.tensor([0.25, 0.24]), score_threshold=0.25)[0]) == 1


def test_boxes_are_clipped_to_the_image_and_empty_ones_dropped() -> None:
    boxes = torch.tensor([[-5.0, -5, 600, 300], [520, 10, 560, 40], [50, 50, 50, 90]])
    kept, _ = select(boxes, torch.tensor([0.5, 0.9, 0.9]))
    assert kept.tolist() == [[0, 0, 512, 300]]


def test_no_more_boxes_than_asked_for_leave_and_the_best_come_first() -> None:
    corners = torch.arange(20.0) * 20
    boxes = torch.stack([corners, corners, corners + 10, corners + 10], dim=1)
    scores = torch.linspace(0.2, 0.9, 20)
    kept, kept_scores = select(boxes, scores)
    assert len(kept) == 10
    assert torch.equal(kept, boxes.flip(0)[:10])
    assert torch.equal(kept_scores, scores.flip(0)[:10])


def test_nothing_in_nothing_out() -> None:
    for selection in ("score", "largest_stride"):
        boxes, scores = select(torch.zeros(0, 4), torch.zeros(0), level_selection=selection)
        assert boxes.shape == (0, 4)
        assert scores.shape == (0,)


def test_the_largest_stride_survives_with_the_best_score_of_its_cluster() -> None:
    boxes = torch.tensor(
        [
            [0.0, 0, 100, 100],  # stride 8, IoU 0.9 with the next
            [0.0, 0, 100, 90],  # stride 32
            [300.0, 300, 400, 400],  # stride 8, alone
        ]
    )
    kept, scores = select(
        boxes,
        torch.tensor([0.9, 0.4, 0.5]),
        torch.tensor([0, 2, 0]),
        level_selection="largest_stride",
    )
    assert kept.tolist() == [[0, 0, 100, 90], [300, 300, 400, 400]]
    assert scores.tolist() == pytest.approx([0.9, 0.5])


def test_a_cluster_begins_at_the_threshold_itself() -> None:
    boxes = torch.tensor([[0.0, 0, 100, 50], [0, 0, 100, 100]])  # IoU 0.5
    scores, levels = torch.tensor([0.9, 0.4]), torch.tensor([0, 1])
    kept, kept_scores = retain_largest_stride(boxes, scores, levels, 0.5)
    assert kept.tolist() == [[0, 0, 100, 100]]
    assert kept_scores.tolist() == pytest.approx([0.9])
    assert len(retain_largest_stride(boxes, scores, levels, 0.51)[0]) == 2


def test_boxes_of_one_level_are_not_merged_across_a_larger_stride() -> None:
    # Both overlap the large box by less than half of the union, and stay beside it.
    boxes = torch.tensor([[0.0, 0, 100, 40], [0, 60, 100, 100], [0, 0, 100, 100]])
    kept, _ = retain_largest_stride(
        boxes, torch.tensor([0.5, 0.6, 0.7]), torch.tensor([0, 0, 1]), 0.5
    )
    assert len(kept) == 3


def test_a_box_lends_its_score_to_the_one_cluster_that_it_overlaps_most() -> None:
    boxes = torch.tensor(
        [
            [0.0, 0, 100, 100],  # small stride; IoU 0.9 with the second, 0.55 with the third
            [0.0, 0, 100, 90],
            [0.0, 45, 100, 100],
        ]
    )
    kept, scores = retain_largest_stride(
        boxes, torch.tensor([0.9, 0.3, 0.2]), torch.tensor([0, 3, 3]), 0.5
    )
    assert dict(zip(map(tuple, kept.tolist()), scores.tolist(), strict=True)) == {
        (0, 0, 100, 90): pytest.approx(0.9),
        (0, 45, 100, 100): pytest.approx(0.2),
    }


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(["score", "largest_stride"]))
def test_mirrored_candidates_give_mirrored_boxes(seed: int, selection: str) -> None:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.randint(-40, 460, (40, 2), generator=generator).float()
    sides = torch.randint(16, 200, (40, 2), generator=generator).float()
    boxes = torch.cat([corners, corners + sides], dim=1)
    scores = (torch.randperm(40, generator=generator) + 1) / 41
    levels = torch.randint(0, 5, (40,), generator=generator)

    def mirror(some: Tensor) -> Tensor:
        return torch.stack([512 - some[:, 2], some[:, 1], 512 - some[:, 0], some[:, 3]], dim=1)

    kept, kept_scores = select(boxes, scores, levels, level_selection=selection)
    mirrored, mirrored_scores = select(mirror(boxes), scores, levels, level_selection=selection)
    assert torch.equal(mirrored, mirror(kept))
    assert torch.equal(mirrored_scores, kept_scores)


def test_a_survivor_moves_to_the_mean_of_those_around_it() -> None:
    # The second box covers 8 of 12 columns together with the first: IoU 8/12. The third begins
    # where the first ends and has no vote.
    boxes = torch.tensor([[0.0, 0, 10, 10], [2, 0, 12, 10], [10, 0, 20, 10]])
    scores = torch.tensor([0.9, 0.3, 0.6])
    found, best = select(boxes, scores, nms_iou=0.1, voting_iou=0.6)
    # The third has IoU 2/18 = 0.11 with the second, but 0 with the first, so it survives alone.
    assert best.tolist() == pytest.approx([0.9, 0.6])
    # (0.9 · 0 + 0.3 · 2) / 1.2 = 0.5
    torch.testing.assert_close(found, torch.tensor([[0.5, 0, 10.5, 10], [10, 0, 20, 10]]))


def test_without_neighbours_voting_changes_nothing() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [30, 0, 40, 10]])
    scores = torch.tensor([0.4, 0.9])
    plain, voted = select(boxes, scores), select(boxes, scores, voting_iou=0.4)
    torch.testing.assert_close(voted[0], plain[0])
    torch.testing.assert_close(voted[1], plain[1])
