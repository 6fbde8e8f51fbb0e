"""Assignment: which points learn which objects."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from detector.assignment import (
    Objects,
    assign_ranges,
    assign_task_aligned,
    boxes_of,
    gaussian_closeness,
    is_central,
    object_levels,
    pad_objects,
    pairwise_iou,
    smallest_object,
)
from detector.decoding import Points, encode_distances, grid_points
from detector.presets import STRIDES

SIZE = 512
LIMITS = (64.0, 128.0, 256.0, 512.0)
POINTS = grid_points([(SIZE // stride, SIZE // stride) for stride in STRIDES], STRIDES)
NOTHING = torch.zeros(0, 4)


def one_image(*boxes: tuple[float, float, float, float]) -> Objects:
    """Objects of a batch of one."""
    return pad_objects([torch.tensor(boxes)])


def points_at(*centers: tuple[float, float], stride: float = 8) -> Points:
    """Points of one level at free places."""
    count = len(centers)
    return Points(
        torch.tensor(centers), torch.full((count,), stride), torch.zeros(count, dtype=torch.long)
    )


@st.composite
def boxes_in_image(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """A box on quarter pixels, at least 16 px a side."""
    x0, y0 = (draw(st.integers(0, 4 * (SIZE - 16))) / 4 for _ in range(2))
    width = draw(st.integers(64, int(4 * (SIZE - x0)))) / 4
    height = draw(st.integers(64, int(4 * (SIZE - y0)))) / 4
    return x0, y0, x0 + width, y0 + height


def random_predictions(batch: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Scores ``[B, P]`` and boxes ``[B, P, 4]`` around every point."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(batch, len(POINTS.levels), generator=generator)
    reach = 8 + 150 * torch.rand(batch, len(POINTS.levels), 4, generator=generator)
    return scores, torch.cat(
        [POINTS.centers - reach[..., :2], POINTS.centers + reach[..., 2:]], dim=-1
    )


def test_boxes_are_padded_to_the_largest_number_and_at_least_one() -> None:
    objects = pad_objects([NOTHING, torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, 8]])])
    assert objects.boxes.shape == (2, 2, 4)
    assert objects.is_real.tolist() == [[False, False], [True, True]]
    assert pad_objects([NOTHING]).boxes.shape == (1, 1, 4)


def test_pairwise_iou_by_hand() -> None:
    first = torch.tensor([[0.0, 0, 2, 2]])
    second = torch.tensor([[0.0, 0, 2, 2], [1, 1, 3, 3], [2, 0, 4, 2], [0, 0, 0, 0]])
    # The same; 1 of 4 + 4 - 1; touching edges; an empty box.
    assert pairwise_iou(first, second).tolist()[0] == pytest.approx([1, 1 / 7, 0, 0])
    empty = torch.zeros(1, 4)
    assert pairwise_iou(empty, empty).item() == 0


def test_the_middle_is_the_shrunk_box_and_the_cell_of_its_centre() -> None:
    # 80 × 20 around (50, 30). A share of 0.5 leaves 30 ... 70 across and 25 ... 35 down.
    objects = one_image((10, 20, 90, 40))
    points = points_at((28, 30), (30, 30), (70, 35), (50, 36), (52, 28))
    expected = [False, True, True, False, True]
    assert is_central(points, objects, 0.5)[0, 0].tolist() == expected
    # A share of 0.01 leaves 49.6 ... 50.4: no point, but (52, 28) lies in the cell 48 ... 56,
    # 24 ... 32 that holds the centre.
    assert is_central(points, objects, 0.01)[0, 0].tolist() == [*[False] * 4, True]
    assert not is_central(points, pad_objects([NOTHING]), 0.5).any()


def test_of_several_objects_the_smallest_that_is_a_candidate_is_taken() -> None:
    objects = one_image((0, 0, 40, 40), (0, 0, 20, 20), (0, 0, 10, 10))
    is_candidate = torch.tensor([[[True, True, False], [True, False, False], [False, True, False]]])
    owner = smallest_object(objects, is_candidate)
    assert owner.tolist() == [[1, 2, 0]]  # 0 for background, whatever it is
    assert boxes_of(objects, owner)[0, :, 2].tolist() == [20, 10, 40]


# Task-aligned


def test_task_aligned_targets_by_hand() -> None:
    points = points_at((4, 4), (12, 4), (4, 12), (12, 12), (20, 4))
    whole, half, quarter = [0.0, 0, 16, 16], [0.0, 0, 16, 8], [0.0, 0, 8, 8]
    boxes = torch.tensor([[half, half, quarter, whole, whole]])
    scores = torch.tensor([[0.8, 0.4, 0.8, 0.1, 0.9]])
    result = assign_task_aligned(
        points, scores, boxes, one_image((0, 0, 16, 16)), count=3, beta=1.0
    )
    # Alignment s × u: 0.8 × 0.5 = 0.4; 0.4 × 0.5 = 0.2; 0.8 × 0.25 = 0.2; 0.1 × 1 = 0.1;
    # the fifth point fits best and lies outside the object. The best three, scaled so that the
    # first equals the largest IoU among them, 0.5: 0.5, 0.25, 0.25.
    assert result.center_target[0].tolist() == pytest.approx([0.5, 0.25, 0.25, 0, 0])
    assert torch.equal(result.scale_weight, result.center_target)


def test_the_fit_counts_with_its_sixth_power() -> None:
    points = points_at((4, 4), (12, 4))
    boxes = torch.tensor([[[0.0, 0, 16, 16], [0.0, 0, 16, 8]]])
    scores = torch.tensor([[0.1, 0.8]])
    result = assign_task_aligned(points, scores, boxes, one_image((0, 0, 16, 16)))
    # 0.1 × 1⁶ = 0.1 against 0.8 × 0.5⁶ = 0.0125: targets 1 and 0.125.
    assert result.center_target[0].tolist() == pytest.approx([1, 0.125])


def test_a_point_of_two_objects_learns_the_one_that_it_overlaps_most() -> None:
    points = points_at((12, 12))
    boxes = torch.tensor([[[8.0, 8, 24, 24]]])
    objects = one_image((0, 0, 16, 16), (8, 8, 24, 24))
    result = assign_task_aligned(points, torch.tensor([[0.5]]), boxes, objects)
    assert result.objects.item() == 1
    assert result.center_target.item() == pytest.approx(1)


def test_each_object_gets_thirteen_points_inside_it() -> None:
    scores, boxes = random_predictions(1)
    objects = one_image((40, 60, 200, 300), (300, 100, 480, 400))
    result = assign_task_aligned(POINTS, scores, boxes, objects)
    for index, box in enumerate(objects.boxes[0]):
        own = POINTS.centers[(result.scale_weight[0] > 0) & (result.objects[0] == index)]
        assert len(own) == 13
        assert ((own > box[:2]) & (own < box[2:])).all()


def test_even_predictions_that_hardly_fit_give_each_object_a_teacher() -> None:
    scores = torch.full((1, len(POINTS.levels)), 1e-4)
    tiny = torch.cat([POINTS.centers - 2, POINTS.centers + 2], dim=-1)[None]
    result = assign_task_aligned(POINTS, scores, tiny, one_image((40, 60, 200, 300)))
    # IoU 4 × 4 / (160 × 240) = 0.000417, its sixth power times 1e-4 is 5e-25.
    assert result.center_target.max().item() == pytest.approx(16 / 38400)


def test_images_of_a_batch_do_not_disturb_each_other() -> None:
    scores, boxes = random_predictions(3)
    truth = [
        torch.tensor([[40.0, 60, 200, 300], [300, 100, 480, 400]]),
        NOTHING,
        torch.tensor([[10.0, 10, 100, 100]]),
    ]
    together = assign_task_aligned(POINTS, scores, boxes, pad_objects(truth))
    for index, image_boxes in enumerate(truth):
        alone = assign_task_aligned(
            POINTS, scores[index, None], boxes[index, None], pad_objects([image_boxes])
        )
        for one, many in zip(alone, together, strict=True):
            assert torch.equal(one[0], many[index])


def test_an_image_without_objects_is_all_background() -> None:
    scores, boxes = random_predictions(1)
    for result in (
        assign_task_aligned(POINTS, scores, boxes, pad_objects([NOTHING])),
        assign_ranges(POINTS, pad_objects([NOTHING]), limits=LIMITS, radius=2),
    ):
        assert result.center_target.sum() == 0
        assert result.scale_weight.sum() == 0


# The paper's ranges


@pytest.mark.parametrize(
    ("longer_side", "level"),
    [
        (20.0, 0),
        (127.9, 0),
        (128.0, 1),  # half of it is 64, a limit: the larger stride
        (255.9, 1),
        (256.0, 2),
        (511.9, 2),
        (512.0, 3),
        (1024.0, 4),
    ],
)
def test_the_level_follows_half_the_longer_side(longer_side: float, level: int) -> None:
    boxes = torch.tensor([[0.0, 0, longer_side, 10], [0, 0, 10, longer_side]])
    assert object_levels(boxes, LIMITS).tolist() == [level, level]


@settings(max_examples=50, deadline=None)
@given(boxes_in_image())
def test_every_object_has_one_centre_on_one_level(box: tuple[float, float, float, float]) -> None:
    objects = one_image(box)
    result = assign_ranges(POINTS, objects, limits=LIMITS, radius=2)
    assert result.center_target.sum() == 1
    center = result.center_target[0].argmax()
    assert result.scale_weight[0, center] == 1
    positive_levels = POINTS.levels[result.scale_weight[0] > 0].unique()
    assert positive_levels.tolist() == object_levels(objects.boxes, LIMITS)[0].tolist()
    middle = (objects.boxes[0, 0, :2] + objects.boxes[0, 0, 2:]) / 2
    corner = POINTS.centers[center] - POINTS.strides[center] / 2
    assert ((corner <= middle) & (middle < corner + POINTS.strides[center])).all()


def test_scale_learns_in_the_centre_cell_and_its_neighbours_inside_the_box() -> None:
    # Middle (50, 100), cell (6, 12) of stride 8; half the longer side is 40, so the first level.
    # Rows 10 to 14 have points at y = 84 ... 116, all within 60 ... 140. Columns 4 to 8 have
    # points at x = 36, 44, 52, 60, 68, of which 44 and 52 lie within 38 ... 60: 60 is the edge.
    result = assign_ranges(POINTS, one_image((40, 60, 60, 140)), limits=LIMITS, radius=2)
    positive = POINTS.centers[result.scale_weight[0] > 0]
    assert sorted({x for x, _ in positive.tolist()}) == [44, 52]
    assert sorted({y for _, y in positive.tolist()}) == [84, 92, 100, 108, 116]
    assert len(positive) == 10


def test_an_object_smaller_than_its_cell_keeps_its_centre() -> None:
    box = (1.0, 1.0, 3.0, 3.0)  # The point of its cell, (4, 4), lies outside.
    result = assign_ranges(POINTS, one_image(box), limits=LIMITS, radius=2)
    assert result.center_target.sum() == 1
    assert result.scale_weight.sum() == 1


def test_a_point_of_two_objects_learns_the_smaller() -> None:
    objects = one_image((100, 100, 180, 180), (110, 110, 170, 170))
    result = assign_ranges(POINTS, objects, limits=LIMITS, radius=2)
    assert result.objects[0][result.scale_weight[0] > 0].unique().tolist() == [1]


def test_the_gaussian_by_hand() -> None:
    # 64 × 96 px on stride 8 are 8 × 12 cells: σ = 0.3 (7/2 - 1) + 0.8 = 1.55 across and
    # 0.3 (11/2 - 1) + 0.8 = 2.15 down. Middle (132, 148): cell (16, 18), point (132, 148).
    objects = one_image((100, 100, 164, 196))
    closeness = gaussian_closeness(POINTS, objects, limits=LIMITS)[0, : 64 * 64].view(64, 64)
    assert closeness[18, 16] == 1
    assert closeness[18, 17].item() == pytest.approx(math.exp(-1 / (2 * 1.55**2)))
    assert closeness[20, 15].item() == pytest.approx(
        math.exp(-1 / (2 * 1.55**2) - 4 / (2 * 2.15**2))
    )
    assert closeness[18, 16 + 4] == 0  # x = 164 is the edge.
    assert closeness[18, 16 + 3] > 0


@settings(max_examples=25, deadline=None)
@given(st.lists(boxes_in_image(), min_size=1, max_size=4))
def test_closeness_is_one_exactly_at_the_centres(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    objects = one_image(*boxes)
    closeness = gaussian_closeness(POINTS, objects, limits=LIMITS)
    result = assign_ranges(POINTS, objects, limits=LIMITS, radius=2)
    assert torch.equal(closeness == 1, result.center_target == 1)
    assert closeness.min() >= 0


# Symmetry


def mirrored_order() -> Tensor:
    """Index of the mirror image of every point."""
    order = []
    start = 0
    for stride in STRIDES:
        side = SIZE // stride
        order.append(torch.arange(side * side).view(side, side).flip(1).flatten() + start)
        start += side * side
    return torch.cat(order)


def mirrored_boxes(boxes: Tensor) -> Tensor:
    """Boxes of the image mirrored left to right."""
    x0, y0, x1, y1 = boxes.unbind(-1)
    return torch.stack([SIZE - x1, y0, SIZE - x0, y1], dim=-1)


TWO_OBJECTS = torch.tensor([[41.0, 63, 207, 301], [299, 105, 487, 398]])


def test_a_mirrored_image_gets_the_mirrored_task_aligned_assignment() -> None:
    order = mirrored_order()
    scores, boxes = random_predictions(1)
    plain = assign_task_aligned(POINTS, scores, boxes, pad_objects([TWO_OBJECTS]))
    mirrored = assign_task_aligned(
        POINTS,
        scores[:, order],
        mirrored_boxes(boxes)[:, order],
        pad_objects([mirrored_boxes(TWO_OBJECTS)]),
    )
    assert torch.equal(mirrored.objects, plain.objects[:, order])
    torch.testing.assert_close(mirrored.center_target, plain.center_target[:, order])


def test_a_mirrored_image_gets_the_mirrored_ranges() -> None:
    order = mirrored_order()
    objects, mirrored_objects = (
        pad_objects([boxes]) for boxes in (TWO_OBJECTS, mirrored_boxes(TWO_OBJECTS))
    )
    plain = assign_ranges(POINTS, objects, limits=LIMITS, radius=2)
    mirrored = assign_ranges(POINTS, mirrored_objects, limits=LIMITS, radius=2)
    for one, other in zip(plain, mirrored, strict=True):
        assert torch.equal(other, one[:, order])
    torch.testing.assert_close(
        gaussian_closeness(POINTS, mirrored_objects, limits=LIMITS),
        gaussian_closeness(POINTS, objects, limits=LIMITS)[:, order],
    )
    left, top, right, bottom = encode_distances(POINTS, objects.boxes[:, :1]).unbind(-1)
    torch.testing.assert_close(
        encode_distances(POINTS, mirrored_objects.boxes[:, :1]),
        torch.stack([right, top, left, bottom], dim=-1)[:, order],
    )
