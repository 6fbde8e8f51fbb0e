"""YOLO: simOTA chooses as many points for an object as its predictions deserve."""

from __future__ import annotations

import pytest
import torch
from dense_peers import (
    NOTHING,
    POINTS,
    as_grids,
    assert_finds,
    build,
    grid_sizes,
    images,
    one_image,
    points_at,
    total,
    yes_at,
)

from detector.assignment import pad_objects
from detector.decoding import cell_boxes, encode_deltas
from detector.networks.protocol import Target
from detector.peers.yolo import YoloOutputs, assign_sim_ota

LEFT, RIGHT = (8.0, 4.0, 24.0, 20.0), (24.0, 4.0, 40.0, 20.0)
"""Two objects of 16 × 16 px; points of stride 8 count within 12 px of (16, 12) and (32, 12)."""


def test_cost_and_number_of_points_by_hand() -> None:
    points = points_at((12, 12), (20, 12), (24, 12), (28, 12), (36, 12))
    boxes = torch.tensor(
        [[LEFT, (8, 4, 24, 16.8), (18, 4, 34, 20), (24, 4, 40, 12), RIGHT]],
    )
    scores = torch.tensor([[0.5, 0.8, 0.9, 0.4, 0.25]])
    result = assign_sim_ota(points, scores, boxes, one_image(LEFT, RIGHT))
    # LEFT has the IoUs 1, 12.8 / 16 = 0.8 and 6 × 16 / (512 - 96) = 0.23: k = ⌊2.03⌋ = 2.
    # Costs -ln s - 3 ln u: 0.693; 0.223 + 0.669 = 0.893; 0.105 + 4.399 = 4.504. The first two.
    # RIGHT has 160 / 352 = 0.4545, 0.5 and 1: k = ⌊1.95⌋ = 1.
    # Costs: 0.105 + 2.365 = 2.471; 0.916 + 2.079 = 2.996; 1.386 + 0 = 1.386. The last.
    assert result.iou[0].tolist() == pytest.approx([1, 0.8, 0, 0, 1])
    assert result.objects[0, [0, 1, 4]].tolist() == [0, 0, 1]


def test_the_cost_weighs_the_score_against_the_fit() -> None:
    points = points_at((12, 12), (20, 12))
    boxes = torch.tensor([[LEFT, (8, 4, 24, 16.8)]])
    scores = torch.tensor([[0.3, 0.8]])
    result = assign_sim_ota(points, scores, boxes, one_image(LEFT))
    # k = ⌊1.8⌋ = 1. The worse fit is cheaper: 0.893 < -ln 0.3 = 1.204.
    assert result.iou[0].tolist() == pytest.approx([0, 0.8])


def test_a_point_of_two_objects_goes_to_the_one_for_which_it_costs_less() -> None:
    boxes = torch.tensor([[[18.0, 4, 34, 20]]])
    result = assign_sim_ota(
        points_at((24, 12)), torch.tensor([[0.9]]), boxes, one_image(LEFT, RIGHT)
    )
    # 4.504 for LEFT, 2.471 for RIGHT.
    assert result.objects.item() == 1
    assert result.iou.item() == pytest.approx(160 / 352)


def test_points_beyond_the_centre_do_not_count_however_well_they_fit() -> None:
    points = points_at((4, 12), (12, 12))  # 12 px and 4 px from (16, 12)
    boxes = torch.tensor([[LEFT, (8, 4, 24, 8)]])
    result = assign_sim_ota(points, torch.tensor([[0.9, 0.1]]), boxes, one_image(LEFT))
    assert result.iou[0].tolist() == pytest.approx([0, 0.25])


def test_images_of_a_batch_do_not_disturb_each_other() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = torch.rand(3, len(POINTS.levels), generator=generator)
    reach = 8 + 60 * torch.rand(3, len(POINTS.levels), 4, generator=generator)
    boxes = torch.cat([POINTS.centers - reach[..., :2], POINTS.centers + reach[..., 2:]], -1)
    truth = [
        torch.tensor([[20.0, 30, 110, 200], [140, 40, 230, 120]]),
        NOTHING,
        torch.tensor([[30.0, 30, 90, 100]]),
    ]
    together = assign_sim_ota(POINTS, scores, boxes, pad_objects(truth))
    assert (together.iou > 0).sum(dim=1).tolist()[1] == 0
    for index, image_boxes in enumerate(truth):
        alone = assign_sim_ota(
            POINTS, scores[index, None], boxes[index, None], pad_objects([image_boxes])
        )
        torch.testing.assert_close(alone.iou[0], together.iou[index])
        taken = alone.iou[0] > 0
        assert torch.equal(alone.objects[0, taken], together.objects[index, taken])
        assert set(alone.objects[0, taken].tolist()) == set(range(len(image_boxes)))


def test_the_loss_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("yolo").eval()
    count = sum(height * width for height, width in grid_sizes(64))
    assert count == 64 + 16 + 4 + 1 + 1
    nothing = as_grids(torch.zeros(count, 1), 64)
    outputs = YoloOutputs(nothing, nothing, as_grids(torch.zeros(count, 4), 64))
    monkeypatch.setattr(network, "forward", lambda _: outputs)
    parts = network.loss(images(1, 64), [Target(torch.tensor([[32.0, 32, 64, 64]]))])
    # Every box is its cell, every score 0.5². The object is a cell of stride 32: IoU 1. Four cells
    # of stride 16 and that of stride 64 have 1/4; four of stride 8 and that of stride 128 have
    # 1/16. The best ten sum to 1 + 5/4 + 4/16 = 2.5: k = 2 points, of IoU 1 and 1/4.
    # -ln 0.5 at 86 points, for 2 positive ones:
    assert parts["objectness"].item() == pytest.approx(86 * 0.693147 / 2, rel=1e-5)
    # -t ln 0.5 - (1 - t) ln 0.5, whatever the IoU t:
    assert parts["class"].item() == pytest.approx(0.693147, rel=1e-5)
    # 5 × (-ln 1 - ln 0.25) / 2:
    assert parts["box"].item() == pytest.approx(5 * 1.386294 / 2, rel=1e-5)


def test_truth_predicted_perfectly_costs_nothing_and_decodes_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build("yolo").eval()
    truth = torch.tensor([[52.0, 60, 140, 204]])
    middle = (truth[:, :2] + truth[:, 2:]) / 2
    # All boxes fit, so k is 10: the ten points that are sure of it are those it takes.
    yes = torch.zeros(len(POINTS.levels), dtype=torch.bool)
    is_near = ((POINTS.centers - middle).abs() < 1.5 * POINTS.strides[:, None]).all(dim=1)
    yes[is_near.nonzero()[:10, 0]] = True
    sure = as_grids(yes_at(yes))
    deltas = as_grids(encode_deltas(cell_boxes(POINTS), truth))
    monkeypatch.setattr(network, "forward", lambda _: YoloOutputs(sure, sure, deltas))
    assert total(network.loss(images(1), [Target(truth)])) == pytest.approx(0, abs=1e-4)
    assert_finds(network.predict(images(1)), truth)
