"""RT-DETR: the encoder, decoder and losses of ``transformers`` on this project's body."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from dense_peers import NOTHING, assert_finds, build, images, total
from torch import Tensor, nn

from detector.networks.protocol import Target
from detector.networks.systems import build_network
from detector.peers.rt_detr import DECODER_LAYERS, QUERIES
from detector.presets import PRESETS

SIZE = 128
TRUTH = torch.tensor([[26.0, 30, 70, 102]])
IN_IMAGE = torch.tensor([[48 / 128, 66 / 128, 44 / 128, 72 / 128]])
"""Middle and sides of ``TRUTH`` as shares of the image."""


def answer(first_logit: float, other_logits: float) -> SimpleNamespace:
    """Every layer's first query knows the one box; the others say the lower right corner."""
    boxes = torch.tensor([[0.9, 0.9, 0.1, 0.1]]).repeat(QUERIES, 1)
    boxes[0] = IN_IMAGE
    logits = torch.full((QUERIES, 1), other_logits)
    logits[0] = first_logit
    return SimpleNamespace(
        intermediate_logits=logits.expand(1, DECODER_LAYERS, -1, -1),
        intermediate_reference_points=boxes.expand(1, DECODER_LAYERS, -1, -1),
        enc_topk_logits=logits[None],
        enc_topk_bboxes=boxes[None],
        denoising_meta_values=None,
    )


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ValueError, match=r"install pneumo-viewer\[rt-detr\]"):
        build("rt_detr")


def test_other_systems_do_not_import_the_package() -> None:
    script = "import sys, detector.networks.systems; sys.exit('transformers' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_body_is_held_once_and_normalisation_lets_features_through() -> None:
    network = build("rt_detr")
    assert not list(network.transformer.model.backbone.parameters())
    assert not list(network.body.level4.parameters())
    norms = [m for m in network.transformer.modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms
    assert all((norm.weight == 1).all() for norm in norms)


@pytest.mark.parametrize(("channels", "heads"), [(96, 3), (256, 8)])
def test_attention_heads_have_the_papers_width_in_any_network(channels: int, heads: int) -> None:
    preset = replace(PRESETS["rt_detr"], body="efficientnet_lite0", channels=channels)
    config = build_network(preset).transformer.config
    assert config.encoder_attention_heads == config.decoder_attention_heads == heads


def test_before_training_the_encoders_boxes_are_its_anchors() -> None:
    network = build("rt_detr").eval()
    with torch.no_grad():
        sides = network(images(1, SIZE)).enc_topk_bboxes[0, :, 2:]
    # 0.05, 0.1 and 0.2 of the image on strides 8, 16 and 32.
    assert set(sides.mul(100).round().unique().tolist()) <= {5.0, 10.0, 20.0}


def test_the_loss_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("rt_detr").eval()
    monkeypatch.setattr(network, "forward", lambda *_: answer(0.0, 0.0))
    parts = network.loss(images(1, SIZE), [Target(TRUTH)])
    # p = 0.5. The matched query has IoU 1: 1 × -ln 0.5. The other 99: 0.75 × 0.5² × -ln 0.5.
    layer = 0.693147 + 99 * 0.75 * 0.25 * 0.693147
    assert parts["vfl"].item() == pytest.approx((DECODER_LAYERS + 1) * layer, rel=1e-5)
    assert parts["bbox"].item() == pytest.approx(0, abs=1e-5)
    assert parts["giou"].item() == pytest.approx(0, abs=1e-5)


def test_truth_predicted_perfectly_costs_nothing_and_decodes_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build("rt_detr").eval()
    monkeypatch.setattr(network, "forward", lambda *_: answer(20.0, -20.0))
    assert total(network.loss(images(1, SIZE), [Target(TRUTH)])) == pytest.approx(0, abs=1e-4)
    assert_finds(network.predict(images(1, SIZE)), TRUTH)


def test_the_parts_sum_to_the_loss_of_the_package() -> None:
    network = build("rt_detr").train()
    batch = images(2, SIZE)
    features: list[Tensor] = network.body_features(batch)[:3]
    model = network.transformer.model
    levels = [
        project(level) for project, level in zip(model.encoder_input_proj, features, strict=True)
    ]
    labels = [
        {"class_labels": torch.zeros(1, dtype=torch.long), "boxes": IN_IMAGE},
        {"class_labels": torch.zeros(0, dtype=torch.long), "boxes": NOTHING},
    ]
    torch.manual_seed(1)  # of the denoising queries
    theirs = network.transformer(
        None, inputs_embeds=levels[0], encoder_outputs=model.encoder(levels), labels=labels
    ).loss
    torch.manual_seed(1)
    ours = total(network.loss(batch, [Target(TRUTH), Target(NOTHING)]))
    assert ours == pytest.approx(theirs.item(), rel=1e-4)


def test_what_inference_keeps_for_a_size_does_not_stop_training_at_it() -> None:
    network = build("rt_detr").eval()
    with torch.inference_mode():
        network.predict(images(1, 96))
    parts = network.train().loss(images(2, 96), [Target(TRUTH / 2), Target(NOTHING)])
    torch.stack(list(parts.values())).sum().backward()
    assert network.body.features.conv_stem.weight.grad.isfinite().all()
