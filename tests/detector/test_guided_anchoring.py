"""Guided Anchoring: where anchors are, which shape they have, and what is made of them."""

from __future__ import annotations

import math

import pytest
import torch
from dense_peers import (
    NOTHING,
    POINTS,
    as_grids,
    assert_finds,
    build,
    images,
    one_image,
    points_at,
    total,
    yes_at,
)
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from detector.assignment import pad_objects, pairwise_iou
from detector.decoding import encode_deltas
from detector.networks.protocol import Target
from detector.peers.guided_anchoring import (
    GuidedOutputs,
    assign_by_iou,
    assign_locations,
    bounded_iou_loss,
    decode_shapes,
    sampled_iou,
)


def points_with(target: Tensor, value: float) -> list[tuple[float, list[float]]]:
    """Stride and place of the points that have a target."""
    chosen = target[0] == value
    return list(zip(POINTS.strides[chosen].tolist(), POINTS.centers[chosen].tolist(), strict=True))


def test_locations_by_hand() -> None:
    # A side of 64 is one octave above 4 × 8: stride 16. The middle, 0.2 × 64 = 12.8 around
    # (128, 128), holds none of its points 120, 136, but the cell 128 ... 144 holds the centre.
    target = assign_locations(POINTS, one_image((96, 96, 160, 160)))
    assert points_with(target, 1) == [(16, [136, 136])]
    # Around it, 0.5 × 64 / 2 = 16 to each side, lie (120, 120), (136, 120), (120, 136). On the
    # neighbouring strides the middle holds 124 and 132, and the cell 128 ... 160.
    assert points_with(target, -1) == [
        *((8, [x, y]) for y in (124, 132) for x in (124, 132)),
        (16, [120, 120]),
        (16, [136, 120]),
        (16, [120, 136]),
        (32, [144, 144]),
    ]


def test_a_centre_is_asked_for_even_where_another_object_ignores_it() -> None:
    inner = (108.0, 108, 172, 172)  # its centre (140, 140) lies in the cell of (136, 136)
    alone = assign_locations(POINTS, one_image(inner))
    both = assign_locations(POINTS, one_image(inner, (96, 96, 160, 160)))
    assert (both[alone == 1] == 1).all()


def test_the_smallest_and_the_largest_objects_have_a_location() -> None:
    for box, stride in (((100, 100, 104, 104), 8), ((-1000, -1000, 1256, 1256), 128)):
        (first, *_) = points_with(assign_locations(POINTS, one_image(box)), 1)
        assert first[0] == stride
    assert (assign_locations(POINTS, pad_objects([NOTHING])) == 0).all()


def test_shapes_by_hand() -> None:
    points = points_at((100, 60), stride=16)
    # w = 8 × 16 × e^0 = 128 and h = 8 × 16 × e^(ln 0.5) = 64 around (100, 60).
    box = decode_shapes(points, torch.tensor([[0, math.log(0.5)]]))
    assert box[0].tolist() == pytest.approx([36, 28, 164, 92])


@given(st.floats(4, 900), st.floats(4, 900))
def test_decoding_undoes_encoding_of_shapes(width: float, height: float) -> None:
    points = points_at((500, 500), stride=32)
    shape = torch.tensor([[width, height]])
    (box,) = decode_shapes(points, (shape / (8 * 32)).log())
    torch.testing.assert_close((box[2:] - box[:2])[None], shape, rtol=1e-4, atol=1e-3)


def test_the_sampled_iou_by_hand() -> None:
    points = points_at((100, 100))
    # 32 × 32 is one of the nine. 32 × 64 lies between 2^(1/3) and 2^(2/3) times 32² at the same
    # ratio 1:2: areas 2048 and 32² × 2^(2/3) = 1625.5, one inside the other, IoU 0.7937 = 2^(-1/3).
    objects = one_image((84, 84, 116, 116), (84, 68, 116, 132))
    assert sampled_iou(points, objects)[0, :, 0].tolist() == pytest.approx([1, 2 ** (-1 / 3)])


def test_the_bounded_iou_loss_by_hand() -> None:
    anchors = torch.tensor([[0.0, 0, 20, 40], [0, 0, 40, 160]])
    boxes = torch.tensor([[5.0, 5, 45, 45], [0, 0, 40, 40]])
    # 1 - 20/40 = 0.5 and 1 - 40/40 = 0: 0.5² / 2. 0 and 1 - 40/160 = 0.75: 0.75² / 2.
    assert bounded_iou_loss(anchors, boxes).tolist() == pytest.approx([0.125, 0.28125])


def test_points_learn_the_object_that_they_overlap_most() -> None:
    objects = one_image((0, 0, 10, 10), (0, 0, 20, 20))
    iou = torch.tensor([[[0.6, 0.45, 0.2, 0.0, 0.1], [0.7, 0.1, 0.39, 0.0, 0.3]]])
    result = assign_by_iou(iou, objects)
    # 0.7 is positive for the second, whose best point it is; the first has its best there as well
    # and comes first, since every object keeps its best. 0.45 learns nothing, the rest is negative.
    assert result.is_positive[0].tolist() == [True, False, False, False, False]
    assert result.is_negative[0].tolist() == [False, False, True, True, True]


def test_an_object_that_no_point_overlaps_enough_keeps_its_best() -> None:
    objects = one_image((0, 0, 10, 10), (0, 0, 20, 20))
    iou = torch.tensor([[[0.8, 0.1, 0.2], [0.3, 0.1, 0.35]]])
    result = assign_by_iou(iou, objects)
    assert result.is_positive[0].tolist() == [True, False, True]
    assert result.objects[0, [0, 2]].tolist() == [0, 1]


def test_padded_objects_and_those_without_any_overlap_teach_nothing() -> None:
    assert not assign_by_iou(torch.ones(1, 1, 3), pad_objects([NOTHING])).is_positive.any()
    assert not assign_by_iou(torch.zeros(1, 1, 3), one_image((0, 0, 9, 9))).is_positive.any()


def test_class_and_deltas_do_not_move_the_shapes() -> None:
    network = build("guided_anchoring").train()
    parts = network.loss(images(1), [Target(TRUTH)])
    (parts["class"] + parts["box"]).backward()
    assert network.head.shape.weight.grad is None
    assert network.head.class_adaptation.offset.weight.grad.abs().sum() > 0


TRUTH = torch.tensor([[52.0, 60, 140, 204]])


def perfect_outputs() -> GuidedOutputs:
    """Grids that know the one box."""
    sides = TRUTH[:, 2:] - TRUTH[:, :2]
    shapes = (sides / (8 * POINTS.strides[:, None])).log()
    anchors = decode_shapes(POINTS, shapes)
    is_positive = pairwise_iou(TRUTH, anchors)[0] >= 0.5
    is_location = assign_locations(POINTS, pad_objects([TRUTH]))[0] == 1
    return GuidedOutputs(
        as_grids(yes_at(is_location)),
        as_grids(shapes),
        as_grids(yes_at(is_positive)),
        as_grids(encode_deltas(anchors, TRUTH)),
    )


def test_truth_predicted_perfectly_costs_nothing_and_decodes_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build("guided_anchoring").eval()
    monkeypatch.setattr(network, "forward", lambda _: perfect_outputs())
    assert total(network.loss(images(1), [Target(TRUTH)])) == pytest.approx(0, abs=1e-4)
    assert_finds(network.predict(images(1)), TRUTH)


def test_points_without_a_centre_make_no_detection(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("guided_anchoring").eval()
    perfect = perfect_outputs()
    nowhere = [torch.full_like(grid, -20) for grid in perfect.locations]
    monkeypatch.setattr(network, "forward", lambda _: perfect._replace(locations=nowhere))
    (prediction,) = network.predict(images(1))
    assert len(prediction.boxes) == 0
    assert prediction.exam_score == 0
