"""Where the peers' anchors, default boxes and proposals lie, and what SSD's loss counts."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torchvision.models.detection.ssd import SSD

from detector.assignment import pairwise_iou
from detector.networks.protocol import Target
from detector.peers.fast_rcnn import Proposals, frozen_proposals
from detector.peers.fcos import FCOSDetector
from detector.peers.retinanet import RetinaNetDetector
from detector.peers.ssd import SSDDetector
from detector.peers.torchvision_parts import CellAnchors, TorchvisionNetwork, pyramid_anchors
from detector.presets import PRESETS, STRIDES, Preset


def small(name: str) -> Preset:
    return replace(PRESETS[name], body="test_efficientnet", channels=32)


def levels(size: int) -> list[Tensor]:
    return [torch.zeros(1, 1, side, side) for side in (math.ceil(size / s) for s in STRIDES)]


def image_list(size: int, count: int = 1) -> SimpleNamespace:
    return SimpleNamespace(
        image_sizes=[(size, size)] * count, tensors=torch.zeros(1, 1, size, size)
    )


def test_anchors_lie_around_the_middle_of_their_cells_at_every_size() -> None:
    anchors = CellAnchors([[stride] for stride in STRIDES], (1.0,))
    # 160 / 128 rounds up to 2 cells of 128 pixels, not of 80.
    first, second = anchors(image_list(160, count=2), levels(160))
    assert torch.equal(first, second)
    assert first[0].tolist() == [0, 0, 8, 8]
    assert first[1].tolist() == [8, 0, 16, 8]
    assert first[-1].tolist() == [128, 128, 256, 256]
    assert len(first) == 20**2 + 10**2 + 5**2 + 3**2 + 2**2


def test_pyramid_anchors_are_four_strides_wide_in_three_shapes() -> None:
    anchors = pyramid_anchors(octave_steps=1)
    (all_anchors,) = anchors(image_list(128), levels(128))
    # Height / width 1/2, 1, 2 of area 32²: 45.25 × 22.63, rounded by torchvision to halves of the
    # side: ±23 by ±11, ±16 by ±16, ±11 by ±23 around (4, 4).
    expected = [[-19, -7, 27, 15], [-12, -12, 20, 20], [-7, -19, 15, 27]]
    assert all_anchors[:3].tolist() == expected
    assert all_anchors[-2].tolist() == [64 - 256, 64 - 256, 64 + 256, 64 + 256]
    assert pyramid_anchors(octave_steps=3).num_anchors_per_location() == [9] * 5


@pytest.mark.parametrize("size", [448, 512, 576])
def test_default_boxes_of_ssd_grow_with_the_image(size: int) -> None:
    network = SSDDetector(small("ssd"))
    assert isinstance(network.detector, SSD)
    (boxes,) = network.detector.anchor_generator(image_list(size), levels(size))
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    sides = boxes[:, 2:] - boxes[:, :2]
    # Two squares, of 0.13 and √(0.13 · 0.19) = 0.157; 0.13·√2 = 0.184 by 0.13/√2 = 0.092; upright.
    expected = [(0.13, 0.13), (0.157, 0.157), (0.184, 0.092), (0.092, 0.184)]
    torch.testing.assert_close(sides[:4], torch.tensor(expected) * size, atol=0.5, rtol=0)
    torch.testing.assert_close(middle[:4], torch.full((4, 2), 4.0))
    torch.testing.assert_close(middle[-1], torch.full((2,), (math.ceil(size / 128) - 0.5) * 128))


def test_ssd_reads_levels_of_every_scale_alike() -> None:
    network = SSDDetector(small("ssd"))
    generator = torch.Generator().manual_seed(0)
    features = [
        torch.randn(2, width, 3, 3, generator=generator) * 10.0**power
        for width, power in zip(network.body.channels, (2, 1, 0, -1, -2), strict=True)
    ]
    for level, feature in zip(network.pyramid(features), features, strict=True):
        # SSD's 20 for 512 channels is a root mean square of 20 / √512 = 0.884.
        root_mean_square = level.square().mean(dim=1).sqrt()
        torch.testing.assert_close(root_mean_square, torch.full((2, 3, 3), 0.88388))
        torch.testing.assert_close(F.normalize(level), F.normalize(feature))


def test_ssd_counts_the_hardest_negatives_of_the_whole_batch() -> None:
    network = SSDDetector(small("ssd"))
    # Four default boxes an image: one holds the object of the first image. Their logits say that
    # an object is there with odds of 1 : 1 in the first image and of 3 : 1 in the second.
    anchors = torch.tensor([[0.0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10], [60, 0, 70, 10]])
    odds = torch.tensor([1.0, 3]).log()
    outputs = {
        "cls_logits": torch.stack([torch.zeros(2), odds], dim=1)[:, None].expand(2, 4, 2),
        "bbox_regression": torch.zeros(2, 4, 4),
    }
    targets = [
        {"boxes": anchors[:1], "labels": torch.ones(1, dtype=torch.int64)},
        {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)},
    ]
    matches = [torch.tensor([0, -1, -1, -1]), torch.full((4,), -1)]
    parts = network.detector.compute_loss(targets, outputs, [anchors, anchors], matches)
    # The positive costs −log 1/2. Its three negatives are those of the second image, −log 1/4 each;
    # torchvision would take the other three of the first, −log 1/2 each.
    assert parts["classification"].item() == pytest.approx(math.log(2) + 3 * math.log(4))
    assert parts["bbox_regression"].item() == 0
    # With the images in the other order, the box still belongs to the first default box of its own.
    swapped = network.detector.compute_loss(
        targets[::-1],
        {name: values.flip(0) for name, values in outputs.items()},
        [anchors, anchors],
        matches[::-1],
    )
    assert swapped["classification"] == parts["classification"]
    assert swapped["bbox_regression"] == 0


def test_the_proposals_are_a_fixed_grid_inside_the_image() -> None:
    boxes = frozen_proposals()
    assert boxes.shape == (1400, 4)
    assert ((boxes >= 0) & (boxes <= 1)).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert torch.equal(boxes, frozen_proposals())
    # The first: 0.12 × 0.12 around (0.19, 0.25).
    torch.testing.assert_close(boxes[0], torch.tensor([0.13, 0.19, 0.25, 0.31]))
    (first, second), losses = Proposals()(image_list(192, count=2), {})
    torch.testing.assert_close(first, boxes * 192)
    assert torch.equal(first, second)
    assert losses == {}


def test_every_usual_box_has_a_proposal_and_a_default_box() -> None:
    """From the 5th to the 95th percentile of width and height, centred where most boxes are."""
    boxes = [
        [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
        for width in (0.121, 0.16, 0.212, 0.26, 0.31)
        for height in (0.118, 0.16, 0.22, 0.291, 0.36, 0.44, 0.52, 0.608)
        for x in (0.234, 0.317, 0.406, 0.521, 0.692)
        for y in (0.334, 0.447, 0.519, 0.603)
    ]
    assert recall(torch.tensor(boxes), frozen_proposals()) == 1


def test_proposals_and_default_boxes_reach_the_challenges_boxes(shared_data: Path) -> None:
    """Every tenth of them: all have 98.4 % and 97.7 %."""
    with (shared_data / "labels" / "stage_2_train_labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["Target"] == "1"][::10]
    corner, sides = (
        torch.tensor([[float(row[x]), float(row[y])] for row in rows]) / 1024
        for x, y in (("x", "y"), ("width", "height"))
    )
    boxes = torch.cat([corner, corner + sides], dim=1)
    assert recall(boxes, frozen_proposals()) == pytest.approx(0.984, abs=0.01)
    network = SSDDetector(small("ssd"))
    (default_boxes,) = network.detector.anchor_generator(image_list(512), levels(512))
    assert recall(boxes, default_boxes / 512) == pytest.approx(0.977, abs=0.01)


def recall(boxes: Tensor, candidates: Tensor) -> float:
    """Share of the boxes that overlap a candidate with IoU ≥ 0.5."""
    return (pairwise_iou(boxes, candidates).amax(dim=1) >= 0.5).float().mean().item()


@pytest.mark.parametrize("system", [SSDDetector, RetinaNetDetector, FCOSDetector])
def test_anchors_keep_their_places_under_autocast(system: type[TorchvisionNetwork]) -> None:
    network = system(small("fcos")).eval()
    seen: list[Tensor] = []
    network.detector.anchor_generator.register_forward_hook(
        lambda _module, _inputs, anchors: seen.append(anchors[0])
    )
    for is_bfloat16 in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=is_bfloat16):
            network.predict(torch.zeros(1, 1, 576, 576))
    exact, under_autocast = seen
    assert torch.equal(under_autocast, exact)


def test_boxes_without_area_take_no_place_from_others() -> None:
    network = FCOSDetector(replace(small("fcos"), max_detections=2)).eval()
    nothing, something = [5.0, 5, 5, 9], [1.0, 2, 3, 4]
    found = {
        "boxes": torch.tensor([nothing, something, nothing, something, something]),
        "scores": torch.tensor([0.9, 0.8, 0.7, 0.6, 0.5]),
    }
    network.detector = torch.nn.Identity()
    network.detector.forward = lambda _images: [found]  # type: ignore[method-assign]
    (prediction,) = network.predict(torch.zeros(1, 1, 64, 64))
    assert prediction.scores.tolist() == pytest.approx([0.8, 0.6])
    assert prediction.exam_score == pytest.approx(0.8)


def test_a_loss_outside_of_training_is_refused() -> None:
    network: TorchvisionNetwork = FCOSDetector(small("fcos")).eval()
    with pytest.raises(RuntimeError, match="in training mode only"):
        network.loss(torch.zeros(1, 1, 128, 128), [Target(torch.zeros(0, 4))])
