"""The assembled detector: every preset trains, predicts and can be exported."""

from __future__ import annotations

from dataclasses import replace
from math import e
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from detector.assignment import pairwise_iou
from detector.decoding import encode_distances, grid_points
from detector.exam_class import ExamClass
from detector.networks.bodies import Body, body_normalisation, load_body_weights
from detector.networks.center_scale import CenterScaleDetector, RawOutputs
from detector.networks.heads import PRIOR_DISTANCE, PRIOR_PROBABILITY, PointOutputs
from detector.networks.protocol import DetectionNetwork, Target
from detector.networks.pyramids import FeaturePyramid, LateralPyramid
from detector.presets import PRESETS, STRIDES, Preset

SIZE = 256
OWN = [name for name, preset in PRESETS.items() if preset.system == "center_scale"]
NOTHING = torch.zeros(0, 4)


def build(name: str, **changes: Any) -> CenterScaleDetector:
    """The preset with a body of 0.2 million parameters and reproducible random weights."""
    torch.manual_seed(0)
    return CenterScaleDetector(
        replace(PRESETS[name], body="test_efficientnet", channels=32, **changes)
    )


def images(count: int, size: int = SIZE) -> Tensor:
    """Noise in [0, 1]."""
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(1))


def total(parts: dict[str, Tensor]) -> Tensor:
    """The loss."""
    return torch.stack(list(parts.values())).sum()


TARGETS = [
    Target(torch.tensor([[20.0, 30, 110, 200], [140, 40, 230, 120]]), ExamClass.LUNG_OPACITY),
    Target(NOTHING, ExamClass.NORMAL),
]


# Parts


def test_the_body_gives_strides_8_to_128() -> None:
    body = Body("test_efficientnet", 24)
    features = body(images(1))
    assert [feature.shape[-1] for feature in features] == [SIZE // stride for stride in STRIDES]
    assert tuple(feature.shape[1] for feature in features) == body.channels
    assert body.channels[3:] == (24, 24)


def test_frozen_normalisation_keeps_its_statistics_in_training() -> None:
    statistics = {}
    for is_frozen in (True, False):
        body = Body("test_efficientnet", 8, is_norm_frozen=is_frozen).train()
        norms = [module for module in body.modules() if isinstance(module, nn.BatchNorm2d)]
        before = [norm.running_mean.clone() for norm in norms if norm.running_mean is not None]
        body(images(1))
        after = [norm.running_mean for norm in norms if norm.running_mean is not None]
        statistics[is_frozen] = [torch.equal(*pair) for pair in zip(before, after, strict=True)]
    assert all(statistics[True])
    assert not any(statistics[False])


def test_a_colour_stem_is_summed_and_answers_a_grey_image_alike() -> None:
    torch.manual_seed(0)
    body = Body("test_efficientnet", 8).eval()
    weights = {key: value.clone() for key, value in body.features.state_dict().items()}
    stem = next(key for key, value in weights.items() if value.dim() == 4)
    colour = torch.randn(weights[stem].shape[0], 3, *weights[stem].shape[2:])
    load_body_weights(body, {**weights, stem: colour, "classifier.weight": torch.zeros(2, 2)})
    grey = images(1)
    convolution = body.features.get_submodule(stem.removesuffix(".weight"))
    three_channels = nn.functional.conv2d(grey.expand(-1, 3, -1, -1), colour, stride=2, padding=1)
    assert isinstance(convolution, nn.Conv2d)
    torch.testing.assert_close(
        nn.functional.conv2d(grey, convolution.weight, stride=2, padding=1), three_channels
    )


def test_weights_of_another_body_are_refused() -> None:
    body = Body("test_efficientnet", 8)
    weights = dict(body.features.state_dict())
    key = next(iter(weights))
    with pytest.raises(ValueError, match=f"no {key}"):
        load_body_weights(body, {other: weights[other] for other in weights if other != key})
    with pytest.raises(ValueError, match="not those of test_efficientnet"):
        load_body_weights(body, {**weights, key: torch.zeros(1)})


def test_normalisation_is_that_of_the_pretrained_body() -> None:
    assert body_normalisation("tf_efficientnet_lite0") == (0.5, 0.5)
    # ImageNet's (0.485 + 0.456 + 0.406) / 3 and (0.229 + 0.224 + 0.225) / 3.
    assert body_normalisation("resnet50") == pytest.approx((0.449, 0.226))


def test_only_the_top_down_path_carries_large_strides_into_small_ones() -> None:
    features = [torch.zeros(1, 4, 64 // 2**level, 64 // 2**level) for level in range(5)]
    changed = [*features[:-1], torch.ones_like(features[-1])]
    for pyramid, is_carried in (
        (LateralPyramid([4] * 5, 8), False),
        (FeaturePyramid([4] * 5, 8), True),
    ):
        before, after = pyramid(features), pyramid(changed)
        assert [level.shape for level in after] == [(1, 8, *f.shape[2:]) for f in features]
        assert torch.equal(before[0], after[0]) is not is_carried
        assert not torch.equal(before[-1], after[-1])


def test_before_training_every_point_expects_little_and_a_box_of_eight_strides() -> None:
    for name in ("ours", "compact"):
        with torch.no_grad():
            outputs = build(name).eval()(images(1)).points
        for center, distance in zip(outputs.centers, outputs.distances, strict=True):
            assert center.sigmoid().mean().item() == pytest.approx(PRIOR_PROBABILITY, rel=0.3)
            assert distance.mean().item() == pytest.approx(PRIOR_DISTANCE, rel=0.3)


# Every preset


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("size", [128, 224])
def test_outputs_cover_the_five_levels_at_any_multiple_of_32(name: str, size: int) -> None:
    network = build(name).eval()
    outputs = network(images(2, size))
    sides = [-(-size // stride) for stride in STRIDES]
    assert [tuple(c.shape) for c in outputs.points.centers] == [(2, 1, s, s) for s in sides]
    assert [tuple(d.shape) for d in outputs.points.distances] == [(2, 4, s, s) for s in sides]
    assert (outputs.points.qualities is not None) == network.preset.has_quality
    assert (outputs.exam is not None) == network.preset.has_exam_head


@pytest.mark.parametrize("name", OWN)
def test_every_parameter_learns(name: str) -> None:
    network = build(name).train()
    parts = network.loss(images(2), TARGETS)
    assert set(parts) == {"center", "scale"} | ({"exam"} if network.exam_head else set()) | (
        {"quality"} if network.preset.has_quality else set()
    )
    total(parts).backward()
    frozen = tuple(f"body.features.{part}." for part in network.preset.frozen_body)
    for parameter_name, parameter in network.named_parameters():
        if parameter_name.startswith(frozen):
            assert parameter.grad is None, parameter_name
        else:
            assert parameter.grad is not None, parameter_name
            assert parameter.grad.isfinite().all(), parameter_name


def test_frozen_parts_of_the_body_keep_their_statistics_in_training() -> None:
    network = build("compact").train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.loss(images(2), TARGETS)
    changed = {
        name.removeprefix("body.features.")
        for name, value in network.state_dict().items()
        if name.endswith("running_mean") and not torch.equal(value, before[name])
    }
    assert changed
    assert not any(name.startswith(network.preset.frozen_body) for name in changed)


@pytest.mark.parametrize("name", OWN)
def test_a_batch_without_any_box_has_a_finite_loss_and_gradient(name: str) -> None:
    network = build(name).train()
    parts = network.loss(images(2), [Target(NOTHING), Target(NOTHING)])
    assert parts["center"] > 0
    assert parts["scale"] == 0
    total(parts).backward()
    assert all(
        parameter.grad is not None and parameter.grad.isfinite().all()
        for parameter in network.parameters()
        if parameter.requires_grad
    )


@pytest.mark.parametrize("name", OWN)
def test_a_batch_of_one_equals_a_batch_of_many(name: str) -> None:
    network = build(name, score_threshold=0.001).eval()
    batch = images(3)
    with torch.no_grad():
        for alone, many in zip(
            network(batch[1:2]).points.centers, network(batch).points.centers, strict=True
        ):
            torch.testing.assert_close(alone[0], many[1], atol=1e-5, rtol=1e-5)
    together = network.predict(batch)
    for index, many_boxes in enumerate(together):
        (alone_boxes,) = network.predict(batch[index, None])
        assert len(alone_boxes.boxes) == len(many_boxes.boxes) > 0
        torch.testing.assert_close(alone_boxes.scores, many_boxes.scores, atol=1e-5, rtol=1e-4)
        assert alone_boxes.exam_score == pytest.approx(many_boxes.exam_score, abs=1e-5)


@pytest.mark.parametrize("name", OWN)
def test_the_loss_of_a_batch_does_not_depend_on_its_order(name: str) -> None:
    network = build(name).eval()
    batch = images(2)
    plain = network.loss(batch, TARGETS)
    swapped = network.loss(batch.flip(0), TARGETS[::-1])
    for part, value in plain.items():
        torch.testing.assert_close(swapped[part], value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", OWN)
def test_an_image_with_unknown_boxes_changes_the_exam_loss_alone(name: str) -> None:
    network = build(name).eval()
    batch = images(2)
    unknown = Target(NOTHING, ExamClass.LUNG_OPACITY, are_boxes_known=False)
    alone = network.loss(batch[:1], TARGETS[:1])
    beside = network.loss(batch, [TARGETS[0], unknown])
    for part in beside.keys() - {"exam"}:
        torch.testing.assert_close(beside[part], alone[part], rtol=1e-4, atol=1e-6)
    if network.preset.has_exam_head:
        # It is the mean over both images.
        second = network.loss(batch[1:], [unknown])
        expected = (alone["exam"] + second["exam"]) / 2
        torch.testing.assert_close(beside["exam"], expected, rtol=1e-3, atol=1e-6)
        assert second["center"] == second["scale"] == 0


@pytest.mark.parametrize("name", OWN)
def test_truth_predicted_perfectly_costs_nothing_and_decodes_to_itself(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = build(name).eval()
    truth = torch.tensor([[52.0, 60, 140, 204]])
    monkeypatch.setattr(network, "forward", lambda _: perfect_outputs(network.preset, truth))
    parts = network.loss(images(1), [Target(truth, ExamClass.LUNG_OPACITY)])
    # The best that entropy allows: the IoU of quality is 1 and all soft targets are 1.
    assert total(parts).item() == pytest.approx(0, abs=1e-4)
    (prediction,) = network.predict(images(1))
    torch.testing.assert_close(prediction.boxes, truth, atol=1e-3, rtol=0)
    assert prediction.scores.item() == pytest.approx(1, abs=1e-6)
    # Of the 50 best points, 13 know the box and the others know nothing.
    points = network.preset.exam_points
    assert prediction.exam_score == pytest.approx(13 / points if points else 1, abs=1e-6)


def perfect_outputs(preset: Preset, box: Tensor) -> RawOutputs:
    """What a network would say that knows the one box of an image of ``SIZE`` px.

    CENTER says yes at the centre cell of the box's level (``ranges``) or at as many points as are
    assigned, those nearest to the middle (``task_aligned``); all points know the box.
    """
    sizes = [(SIZE // stride, SIZE // stride) for stride in STRIDES]
    points = grid_points(sizes, STRIDES)
    middle = (box[0, :2] + box[0, 2:]) / 2
    far = (points.centers - middle).norm(dim=1)
    # Half the longer side is 72 px: the paper's second level, of stride 16.
    if preset.assignment == "ranges":
        cells = (points.centers / 16).floor() == (middle / 16).floor()
        yes = (cells.all(dim=1) & (points.levels == 1)).nonzero()[:, 0]
    else:
        yes = far.topk(preset.aligned_points, largest=False).indices
    logits = torch.full_like(far, -20).index_fill(0, yes, 20)
    distances = encode_distances(points, box)
    counts = [height * width for height, width in sizes]

    def grids(values: Tensor) -> tuple[Tensor, ...]:
        return tuple(
            level.T.reshape(1, -1, *size)
            for level, size in zip(values.split(counts), sizes, strict=True)
        )

    return RawOutputs(
        PointOutputs(
            grids(logits[:, None]),
            grids(distances),
            grids(torch.full_like(far, 20)[:, None]) if preset.has_quality else None,
        ),
        torch.tensor([[-20.0, -20, 20]]) if preset.has_exam_head else None,
    )


@pytest.mark.parametrize("name", OWN)
def test_a_detector_is_what_the_trainer_expects(name: str) -> None:
    detector: DetectionNetwork = build(name)
    for prediction in detector.predict(images(2)):
        assert prediction.boxes.shape == (len(prediction.scores), 4)
        assert prediction.boxes.dtype == prediction.scores.dtype == torch.float32
        assert (prediction.scores.diff() <= 0).all()
        assert len(prediction.scores) <= PRESETS[name].max_detections
        assert ((prediction.boxes >= 0) & (prediction.boxes <= SIZE)).all()
        assert 0 <= prediction.exam_score <= 1


def test_without_an_exam_head_the_exam_scores_as_its_best_box() -> None:
    # Before training no box reaches 0.1.
    assert build("ours", score_threshold=0.1).eval().predict(images(1))[0].exam_score == 0
    (prediction,) = build("ours", score_threshold=0.001).eval().predict(images(1))
    assert prediction.exam_score == prediction.scores[0].item()


@pytest.mark.parametrize("name", ["ours", "best", "compact"])
def test_the_exported_network_equals_the_eager_one(name: str) -> None:
    network = build(name).eval()
    exported = torch.export.export(network, (images(1, 128),)).module()
    other = images(1, 128).flip(2)
    eager, graph = network(other), exported(other)
    for grid in ("centers", "distances", "qualities"):
        torch.testing.assert_close(
            getattr(graph.points, grid), getattr(eager.points, grid), atol=1e-5, rtol=1e-5
        )
    torch.testing.assert_close(graph.exam, eager.exam, atol=1e-5, rtol=1e-5)


def test_compact_is_small_enough_to_ship() -> None:
    network = CenterScaleDetector(PRESETS["compact"])
    assert sum(parameter.numel() for parameter in network.parameters()) * 4 < 30e6  # bytes


def test_two_images_are_learnt_by_heart() -> None:
    """From random weights, two bright rectangles in one image and one in the other."""
    network = build("compact").train()
    truth = [
        torch.tensor([[20.0, 30, 60, 90], [70, 20, 110, 70]]),
        torch.tensor([[50.0, 40, 100, 120]]),
    ]
    batch = images(2, 128) * 0.2
    for image, boxes in zip(batch, truth, strict=True):
        for x0, y0, x1, y1 in boxes.int().tolist():
            image[0, y0:y1, x0:x1] += 0.6
    targets = [Target(boxes, ExamClass.LUNG_OPACITY) for boxes in truth]
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3)
    for _ in range(40):
        optimiser.zero_grad()
        total(network.loss(batch, targets)).backward()
        optimiser.step()
    for boxes, prediction in zip(truth, network.eval().predict(batch), strict=True):
        overlap = pairwise_iou(boxes, prediction.boxes[: len(boxes)])
        assert (overlap.amax(dim=1) > 0.7).all()
        assert (prediction.scores[len(boxes) :] < prediction.scores[len(boxes) - 1] / 2).all()


def test_outputs_averaged_with_the_mirror_image_are_the_same_for_it() -> None:
    preset = replace(PRESETS["best"], body="test_efficientnet", channels=32, is_flip_averaged=True)
    torch.manual_seed(0)
    network = CenterScaleDetector(preset).eval()
    image = images(1)
    (plain,), (mirrored,) = network.predict(image), network.predict(image.flip(3))
    assert len(plain.boxes) == preset.max_detections
    torch.testing.assert_close(plain.scores, mirrored.scores, atol=1e-6, rtol=1e-5)
    left, top, right, bottom = plain.boxes.unbind(dim=1)
    expected = torch.stack([SIZE - right, top, SIZE - left, bottom], dim=1)
    torch.testing.assert_close(mirrored.boxes, expected, atol=1e-3, rtol=1e-5)
    assert plain.exam_score == pytest.approx(mirrored.exam_score, abs=1e-6)


def test_the_mean_of_the_best_points_is_the_score_of_the_exam() -> None:
    network = build("compact", exam_points=3).eval()
    image = images(2)
    scores = network.propose(image).scores.sort(dim=1, descending=True).values
    expected = scores[:, :3].mean(dim=1).tolist()
    found = [prediction.exam_score for prediction in network.predict(image)]
    assert found == pytest.approx(expected, abs=1e-6)
    assert expected[0] != pytest.approx(expected[1], abs=1e-6)


def test_a_calibration_turns_the_log_odds_of_the_exam() -> None:
    network = build("compact", exam_points=3).eval()
    (plain,) = network.predict(images(1))
    network.preset = replace(network.preset, exam_calibration=(2.0, 1.0))
    (calibrated,) = network.predict(images(1))
    # logit p' = 2 logit p + 1, so that the odds are squared and multiplied by e.
    odds = plain.exam_score / (1 - plain.exam_score)
    assert calibrated.exam_score == pytest.approx(e * odds**2 / (1 + e * odds**2), rel=1e-4)


def test_an_exam_of_fewer_points_than_are_asked_for_has_a_score() -> None:
    network = build("compact", exam_points=10**6).eval()
    (found,) = network.predict(images(1))
    scores = network.propose(images(1)).scores
    assert found.exam_score == pytest.approx(scores.mean().item(), abs=1e-5)
