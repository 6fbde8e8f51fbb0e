"""Weights are saved with their card, loaded as they were, and refused with a reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from detector.errors import FileAccessError
from detector.files import replace_file
from detector.model_card import (
    AlteredWeightsError,
    DamagedWeightsError,
    MissingCardError,
    ModelCard,
    OtherArchitectureError,
    OtherVersionError,
    WeightsError,
    card_as_markdown,
    fingerprint,
    read_card,
    split_file,
)
from detector.networks.center_scale import CenterScaleDetector
from detector.weights import load_weights, save_weights


def with_card(weights: Path, path: Path, **changes: object) -> Path:
    """Copy a weights file with other fields in its card, as another program might write it."""
    fields = json.loads(read_card(weights).model_dump_json()) | changes
    tensors = safetensors.torch.load_file(weights)
    safetensors.torch.save_file(tensors, path, {"model_card": json.dumps(fields)})
    return path


def with_preset(weights: Path, path: Path, **changes: object) -> Path:
    """The same with another preset, and the fingerprint that belongs to it."""
    preset = replace(read_card(weights).preset, **changes)  # type: ignore[arg-type]
    header, tensors = split_file(weights.read_bytes(), weights)
    sum_ = fingerprint(header, tensors, preset)
    return with_card(weights, path, preset=preset.to_dict(), fingerprint=sum_)


def test_loaded_weights_predict_what_the_saved_network_predicted(
    tiny_card: ModelCard, tmp_path: Path
) -> None:
    network = CenterScaleDetector(tiny_card.preset).eval()
    images = torch.rand(2, 1, 128, 128)
    path = tmp_path / "new folder" / "w.safetensors"

    saved_card = save_weights(path, network, tiny_card)
    loaded, loaded_card = load_weights(path)

    assert loaded_card == saved_card == read_card(path)
    assert loaded_card.model_copy(update={"fingerprint": ""}) == tiny_card
    assert not loaded.training
    for before, after in zip(network.predict(images), loaded.predict(images), strict=True):
        torch.testing.assert_close(after.boxes, before.boxes, rtol=0, atol=0)
        assert after.exam_score == before.exam_score


def test_the_identity_names_model_version_fingerprint_and_preset(tiny_weights: Path) -> None:
    identity = read_card(tiny_weights).identity

    assert (identity.name, identity.version, identity.preset) == ("tiny", "1.2", "tiny")
    assert re.fullmatch("[0-9a-f]{16}", identity.fingerprint)


def test_the_fingerprint_follows_tensors_and_preset_and_not_the_rest_of_the_card(
    tiny_card: ModelCard, tmp_path: Path
) -> None:
    network = CenterScaleDetector(tiny_card.preset)
    renamed = tiny_card.model_copy(update={"name": "other"})

    first = save_weights(tmp_path / "a.safetensors", network, tiny_card).fingerprint
    same = save_weights(tmp_path / "b.safetensors", network, renamed).fingerprint
    network.preset = replace(tiny_card.preset, nms_iou=0.3)
    decoded_otherwise = tiny_card.model_copy(update={"preset": network.preset})
    third = save_weights(tmp_path / "d.safetensors", network, decoded_otherwise).fingerprint
    network.preset = tiny_card.preset
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] += 1e-3
    other = save_weights(tmp_path / "c.safetensors", network, tiny_card).fingerprint

    assert first == same
    assert len({first, other, third}) == 3


def test_a_card_of_another_preset_cannot_be_saved(tiny_card: ModelCard, tmp_path: Path) -> None:
    network = CenterScaleDetector(replace(tiny_card.preset, head_depth=2))

    with pytest.raises(ValueError, match="another preset"):
        save_weights(tmp_path / "w.safetensors", network, tiny_card)


def test_the_card_lies_beside_the_weights_for_people_to_read(tiny_weights: Path) -> None:
    text = tiny_weights.with_suffix(".md").read_text()

    assert text == card_as_markdown(read_card(tiny_weights))
    assert "**Research use only. Not a medical device.**" in text
    assert "| AP50 | 0.412 | 0.350 to 0.470 | 73 exams of fold 3 |" in text
    assert "| balanced | 0.25 | fold 2 |" in text
    assert "Nobody's labels." in text


def test_the_card_is_read_without_torch(tiny_weights: Path) -> None:
    program = (
        "import sys, pathlib, detector.model_card as m;"
        f"m.read_card(pathlib.Path({str(tiny_weights)!r}));"
        "sys.exit('torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("read", [read_card, load_weights])
def test_a_missing_file_is_no_access(read: object, tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match="no such file or directory"):
        read(tmp_path / "none.safetensors")  # type: ignore[operator]


@pytest.mark.parametrize("read", [read_card, load_weights])
@pytest.mark.parametrize(
    "content", [b"", b"\x80\x02}q\x00.", b"not weights at all " * 10, b"\x02" + bytes(7) + b"[]"]
)
def test_a_file_that_is_not_safetensors_is_refused(
    read: object, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)

    with pytest.raises(DamagedWeightsError, match="no safetensors file"):
        read(path)  # type: ignore[operator]


@pytest.mark.parametrize("kept", [0.001, 0.5, 0.9999])
def test_a_truncated_file_is_refused_wherever_it_breaks_off(
    kept: float, tiny_weights: Path, tmp_path: Path
) -> None:
    content = tiny_weights.read_bytes()
    path = tmp_path / "w.safetensors"
    path.write_bytes(content[: int(kept * len(content))])

    with pytest.raises(DamagedWeightsError, match=r"Fetch the file again"):
        load_weights(path)


def test_one_flipped_bit_in_the_tensors_is_noticed(tiny_weights: Path, tmp_path: Path) -> None:
    content = bytearray(tiny_weights.read_bytes())
    content[-1000] ^= 1
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)

    with pytest.raises(AlteredWeightsError, match="do not have the fingerprint"):
        load_weights(path)


def test_an_altered_preset_is_noticed(
    tiny_weights: Path, tiny_card: ModelCard, tmp_path: Path
) -> None:
    looser = replace(tiny_card.preset, nms_iou=0.9).to_dict()
    path = with_card(tiny_weights, tmp_path / "w.safetensors", preset=looser)

    with pytest.raises(AlteredWeightsError, match="tensors and preset"):
        load_weights(path)


def test_tensors_without_a_card_are_refused(tiny_weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    safetensors.torch.save_file(safetensors.torch.load_file(tiny_weights), path)

    with pytest.raises(MissingCardError, match="does not say what they are"):
        load_weights(path)


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"format": 2}, OtherVersionError, "format 2, this program reads 1"),
        ({"preparation": "stretched"}, OtherVersionError, "prepared as “stretched”"),
        ({"preset": {"name": "tiny"}}, OtherArchitectureError, "not of this version"),
        ({"score_threshold": 2}, DamagedWeightsError, "cannot be read"),
        ({"preset": None}, DamagedWeightsError, "cannot be read"),
    ],
)
def test_a_card_of_another_making_is_refused(
    changes: dict[str, object],
    error: type[WeightsError],
    sentence: str,
    tiny_weights: Path,
    tmp_path: Path,
) -> None:
    path = with_card(tiny_weights, tmp_path / "w.safetensors", **changes)

    with pytest.raises(error, match=sentence):
        read_card(path)


def test_tensors_that_do_not_fit_the_preset_are_refused(tiny_weights: Path, tmp_path: Path) -> None:
    path = with_preset(tiny_weights, tmp_path / "w.safetensors", head_depth=2)

    with pytest.raises(OtherArchitectureError, match=r"do not fit preset tiny: .*point_head"):
        load_weights(path)


@pytest.mark.parametrize("changes", [{"body": "hf-hub:nobody/none"}, {"channels": 10}])
def test_a_preset_that_nothing_can_be_built_from_is_refused(
    changes: dict[str, object], tiny_weights: Path, tmp_path: Path
) -> None:
    path = with_preset(tiny_weights, tmp_path / "w.safetensors", **changes)

    with pytest.raises(OtherArchitectureError, match="cannot be built here"):
        load_weights(path)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    replace_file(path, b"old")

    with pytest.raises(TypeError):
        replace_file(path, "text")  # type: ignore[arg-type]

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
