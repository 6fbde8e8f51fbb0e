"""Every system that the centre-and-scale network is compared with keeps the one protocol."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from detector.assignment import pairwise_iou
from detector.exam_class import ExamClass
from detector.model_card import ModelCard
from detector.networks.protocol import DetectionNetwork, Target
from detector.networks.systems import SYSTEMS, build_network
from detector.presets import PRESETS, System
from detector.weights import load_weights, save_weights

SIZE = 192
"""Pixels; not a multiple of 128, so that the largest strides round up."""
NOTHING = torch.zeros(0, 4)
TARGETS = [
    Target(torch.tensor([[20.0, 30, 80, 150], [110, 40, 180, 100]]), ExamClass.LUNG_OPACITY),
    Target(NOTHING, ExamClass.NORMAL),
]
PEERS = sorted(SYSTEMS.keys() - {"center_scale"})
SLOW_PEERS = {
    "fast_rcnn",
    "faster_rcnn",
    "retinanet",
    "guided_anchoring",
    "csp",
    "foveabox",
    "rt_detr",
}
"""Half a minute or more until two images are learnt."""

every_peer = pytest.mark.parametrize("system", PEERS)


def build(system: System, **changes: Any) -> DetectionNetwork:
    """The system with a body of 0.2 million parameters and reproducible random weights."""
    changes = {"body": "test_efficientnet", "channels": 32, **changes}
    torch.manual_seed(0)
    return build_network(replace(PRESETS[system], **changes))


def images(count: int, size: int = SIZE) -> Tensor:
    """Noise in [0, 1], laid out in memory as the trainer and the engine do."""
    noise = torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(1))
    return noise.contiguous(memory_format=torch.channels_last)


def total(parts: dict[str, Tensor]) -> Tensor:
    """The loss."""
    return torch.stack(list(parts.values())).sum()


def test_every_system_that_a_preset_names_is_there() -> None:
    assert {preset.system for preset in PRESETS.values()} == SYSTEMS.keys()


@every_peer
def test_every_parameter_learns(system: System) -> None:
    network = build(system).train()
    loss = total(network.loss(images(2), TARGETS))
    assert loss.isfinite()
    assert loss > 0
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@every_peer
def test_a_batch_without_any_box_has_a_finite_loss_and_gradient(system: System) -> None:
    network = build(system).train()
    loss = total(network.loss(images(2), [Target(NOTHING), Target(NOTHING)]))
    assert loss.isfinite()
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all(), name


@every_peer
def test_an_image_without_a_box_changes_what_is_learnt(system: System) -> None:
    def gradient(first: Tensor) -> Tensor:
        network = build(system).train()
        network.body.features.eval()  # so that no statistics of the batch tie its images together
        torch.manual_seed(0)
        total(network.loss(first, TARGETS)).backward()
        return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])

    batch = images(2)
    other_healthy_image = torch.stack([batch[0], 1 - batch[1]])
    assert not torch.allclose(gradient(batch), gradient(other_healthy_image), rtol=1e-3)


@every_peer
def test_the_loss_is_in_single_precision_under_autocast(system: System) -> None:
    def parts(is_bfloat16: bool) -> dict[str, Tensor]:
        network = build(system).train()
        torch.manual_seed(0)
        with torch.autocast("cpu", torch.bfloat16, enabled=is_bfloat16):
            return network.loss(images(2), TARGETS)

    exact = parts(is_bfloat16=False)
    for name, part in parts(is_bfloat16=True).items():
        assert part.dtype == torch.float32, name
        # bfloat16 has 8 significant bits; anchors rounded to it would differ far more.
        torch.testing.assert_close(part, exact[name], rtol=0.1, atol=0.02, msg=name)


@every_peer
def test_frozen_parts_of_the_body_do_not_learn(system: System) -> None:
    network = build(system, frozen_body=("conv_stem", "bn1"), is_body_norm_frozen=True).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    total(network.loss(images(2), TARGETS)).backward()
    assert network.body.features.get_submodule("conv_stem").weight.grad is None
    for name, value in network.state_dict().items():
        if name.startswith("body.features") and "running" in name:
            assert torch.equal(value, before[name]), name


@every_peer
@pytest.mark.parametrize("size", [160, SIZE, 256])
def test_predictions_are_what_the_engine_expects(system: System, size: int) -> None:
    network = build(system).eval()
    for prediction in network.predict(images(2, size)):
        assert prediction.boxes.shape == (len(prediction.scores), 4)
        assert prediction.boxes.dtype == prediction.scores.dtype == torch.float32
        assert 0 < len(prediction.scores) <= network.preset.max_detections
        assert not prediction.boxes.requires_grad
        assert (prediction.scores.diff() <= 0).all()
        assert (
            (prediction.scores >= network.preset.score_threshold) & (prediction.scores <= 1)
        ).all()
        assert ((prediction.boxes >= 0) & (prediction.boxes <= size)).all()
        assert (prediction.boxes[:, 2:] > prediction.boxes[:, :2]).all()
        assert prediction.exam_score == prediction.scores[0].item()


@every_peer
def test_without_a_box_the_exam_scores_zero(system: System) -> None:
    for prediction in build(system, score_threshold=0.9999).eval().predict(images(2)):
        assert prediction.boxes.shape == (0, 4)
        assert prediction.exam_score == 0


@every_peer
def test_a_batch_of_one_equals_a_batch_of_many(system: System) -> None:
    network = build(system).eval()
    with torch.no_grad():  # fresh heads give nearly tied scores, which rounding would reorder
        for parameter in network.parameters():
            if parameter.ndim > 1 and parameter.std() < 0.02:
                parameter.mul_(10)
    batch = images(3)
    for index, many in enumerate(network.predict(batch)):
        (alone,) = network.predict(batch[index, None])
        assert len(alone.boxes) == len(many.boxes) > 0
        torch.testing.assert_close(alone.scores, many.scores, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(alone.boxes, many.boxes, atol=0.01, rtol=0)


@every_peer
def test_loaded_weights_predict_what_the_saved_network_predicted(
    system: System, tiny_card: ModelCard, tmp_path: Path
) -> None:
    network = build(system).eval()
    path = tmp_path / "peer.safetensors"
    save_weights(path, network, tiny_card.model_copy(update={"preset": network.preset}))
    loaded, _ = load_weights(path)
    for before, after in zip(network.predict(images(2)), loaded.predict(images(2)), strict=True):
        torch.testing.assert_close(after.boxes, before.boxes, rtol=0, atol=0)
        torch.testing.assert_close(after.scores, before.scores, rtol=0, atol=0)


@every_peer
def test_a_copy_has_weights_of_its_own(system: System) -> None:
    network = build(system).eval()
    other = copy.deepcopy(network)
    before = network.predict(images(1))[0].scores
    with torch.no_grad():
        for parameter in other.body.parameters():
            parameter.zero_()
    torch.testing.assert_close(network.predict(images(1))[0].scores, before, rtol=0, atol=0)
    assert not torch.equal(other.predict(images(1))[0].scores, before)


@pytest.mark.parametrize(
    "system",
    [pytest.param(s, marks=pytest.mark.slow) if s in SLOW_PEERS else s for s in PEERS],
)
def test_two_images_are_learnt_by_heart(system: System) -> None:
    """From random weights, two bright rectangles in one image and one in the other."""
    network = build(system).train()
    truth = [
        torch.tensor([[16.0, 24, 56, 80], [72, 16, 112, 66]]),
        torch.tensor([[40.0, 33, 93, 106]]),
    ]
    batch = images(2, 128) * 0.2
    for image, boxes in zip(batch, truth, strict=True):
        for x0, y0, x1, y1 in boxes.int().tolist():
            image[0, y0:y1, x0:x1] += 0.6
    targets = [Target(boxes, ExamClass.LUNG_OPACITY) for boxes in truth]
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3)
    for _ in range(60):
        optimiser.zero_grad()
        total(network.loss(batch, targets)).backward()
        optimiser.step()
    for boxes, prediction in zip(truth, network.eval().predict(batch), strict=True):
        overlap = pairwise_iou(boxes, prediction.boxes[: len(boxes)])
        assert (overlap.amax(dim=1) > 0.7).all()
        assert (prediction.scores[len(boxes) :] < prediction.scores[len(boxes) - 1]).all()
