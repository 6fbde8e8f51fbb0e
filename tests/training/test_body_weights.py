"""Pretrained weights fill the body completely or are refused."""

from __future__ import annotations

import pytest
import timm
import torch

from detector.networks.bodies import Body, load_body_weights
from training.body_weights import BodyWeightsError, pretrained_weights, rename_tensors

LITE0 = "tf_efficientnet_lite0"


def test_the_installed_weights_fill_every_tensor_of_the_body() -> None:
    body = Body(LITE0, 16)
    weights = pretrained_weights(LITE0)
    load_body_weights(body, weights)
    own = body.features.state_dict()
    counted = [name for name in own if not name.endswith("num_batches_tracked")]
    assert len(counted) == 240
    for name in counted:
        if name != "conv_stem.weight":
            assert torch.equal(own[name], weights[name]), name
    # A grey value enters all three colours, so that their weights add up.
    assert torch.equal(own["conv_stem.weight"], weights["conv_stem.weight"].sum(1, keepdim=True))


def test_renamed_weights_compute_what_timms_own_network_does() -> None:
    weights = pretrained_weights(LITE0)
    colour = timm.create_model(LITE0, features_only=True, out_indices=(2, 3, 4)).eval()
    colour.load_state_dict(dict(weights))
    grey = Body(LITE0, 16).eval()
    load_body_weights(grey, weights)
    image = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, found = colour(image.expand(-1, 3, -1, -1)), grey(image)
    for level, other in zip(expected, found, strict=False):
        torch.testing.assert_close(level, other, rtol=1e-3, atol=1e-3)
        # Trained features are neither dead nor exploding.
        assert 0.01 < float(level.std()) < 100


def test_a_tensor_too_few_is_refused() -> None:
    published = {"_conv_stem.weight": torch.zeros(32, 3, 3, 3), "_fc.weight": torch.zeros(1)}
    with pytest.raises(BodyWeightsError, match="hold 1 of the body's 240 tensors"):
        rename_tensors(published)


def test_a_block_too_many_is_refused() -> None:
    with pytest.raises(BodyWeightsError, match="a block more"):
        rename_tensors({"_blocks.16._bn0.weight": torch.zeros(1)})


def test_weights_that_cannot_be_fetched_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_args: object, **_options: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(BodyWeightsError, match=r"resnet50 cannot be fetched \(no route to host\)"):
        pretrained_weights("resnet50")
