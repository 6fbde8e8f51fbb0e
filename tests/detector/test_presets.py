"""Presets: the paper's rows, this project's two, and their way through a model card."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any, get_args

import pytest

from detector.presets import PRESETS, Preset, System


def differing_fields(first: Preset, second: Preset) -> set[str]:
    """Names of the fields in which two presets differ."""
    return {
        field.name
        for field in fields(Preset)
        if getattr(first, field.name) != getattr(second, field.name)
    }


def test_there_are_the_papers_three_rows_our_two_and_their_peers() -> None:
    own = [name for name, preset in PRESETS.items() if preset.system == "center_scale"]
    assert own == ["ours", "ours_da", "ours_da_fl", "best", "compact"]
    assert {preset.system for preset in PRESETS.values()} == set(get_args(System))
    assert all(preset.name == name for name, preset in PRESETS.items())


def test_ours_is_the_papers_detector() -> None:
    ours = PRESETS["ours"]
    assert (ours.body, ours.pyramid, ours.channels) == ("resnet50", "lateral", 256)
    # One 3×3 convolution, then two 1×1 branches, for each level its own.
    assert (ours.head_depth, ours.head_towers, ours.prediction_kernel) == (1, "joint", 1)
    assert not ours.is_head_shared
    assert (ours.center_loss, ours.scale_loss) == ("bce", "smooth_l1")
    assert (ours.assignment, ours.center_radius) == ("ranges", 2)
    assert ours.level_limits == (64, 128, 256, 512)
    assert (ours.score_threshold, ours.nms_iou) == (0.1, 0.5)
    assert ours.level_selection == "largest_stride"
    assert (ours.optimiser, ours.learning_rate, ours.schedule) == ("adam", 1e-3, "step")
    assert (ours.step_epochs, ours.epochs, ours.batch_size) == (100, 300, 1)
    assert ours.is_positives_only
    assert not ours.has_exam_head


def test_the_papers_rows_differ_in_augmentation_and_then_in_the_center_loss() -> None:
    ours, with_da, with_focal = (PRESETS[name] for name in ("ours", "ours_da", "ours_da_fl"))
    assert differing_fields(ours, with_da) == {"name", "augmentation"}
    assert with_da.augmentation == "da"
    assert differing_fields(with_da, with_focal) == {"name", "center_loss"}
    assert with_focal.center_loss == "gaussian_focal"


def test_compact_is_best_made_small_enough_to_train_on_a_cpu() -> None:
    assert differing_fields(PRESETS["best"], PRESETS["compact"]) == {
        "name",
        "input_size",
        "body",
        "frozen_body",
        "channels",
        "head_depth",
        "has_quality",
        "scale_loss",
        "training_sizes",
        "class_weights",
        "synthetic_steps",
        "steps",
        "learning_rate",
        "body_learning_rate_factor",
        "exam_points",
        "ema_decay",
    }


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_the_json_of_a_model_card(name: str) -> None:
    preset = PRESETS[name]
    read = Preset.from_dict(json.loads(json.dumps(preset.to_dict())))
    assert read == preset
    assert read.fingerprint() == preset.fingerprint()


def test_the_fingerprint_covers_every_field() -> None:
    preset = PRESETS["ours"]
    special: dict[str, dict[str, Any]] = {
        "frozen_body": {"frozen_body": ("conv1",)},
        "level_limits": {"level_limits": (1.0, 2.0, 3.0, 4.0)},
        "training_sizes": {"training_sizes": (256,)},
        "class_weights": {"class_weights": (1.0, 2.0, 1.0)},
        "center_loss": {"center_loss": "quality_focal"},
        "steps": {"steps": 7, "epochs": None},
        "voting_iou": {"voting_iou": 0.5},
        "ema_decay": {"ema_decay": 0.5},
        "gradient_clip": {"gradient_clip": 1.0},
        "exam_calibration": {"exam_calibration": (2.0, 0.0)},
    }
    fingerprints = {preset.fingerprint()}
    for field in fields(Preset):
        value = getattr(preset, field.name)
        if isinstance(value, bool):
            value = not value
        elif isinstance(value, int | float):
            value += 1
        elif isinstance(value, str):
            value = f"another {value}"
        change = special.get(field.name, {field.name: value})
        fingerprints.add(replace(preset, **change).fingerprint())
    assert len(fingerprints) == len(fields(Preset)) + 1


def test_a_card_of_another_version_is_refused() -> None:
    values = PRESETS["compact"].to_dict()
    with pytest.raises(ValueError, match="anchors"):
        Preset.from_dict({**values, "anchors": 9})
    with pytest.raises(ValueError, match="body"):
        Preset.from_dict({key: value for key, value in values.items() if key != "body"})
    with pytest.raises(ValueError, match="pyramid"):
        Preset.from_dict({**values, "pyramid": "bifpn"})


def test_choices_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="Gaussian"):
        replace(PRESETS["compact"], center_loss="gaussian_focal")
    with pytest.raises(ValueError, match="levels"):
        replace(PRESETS["ours"], level_limits=(64.0, 128.0))
    with pytest.raises(ValueError, match="order of exams"):
        replace(PRESETS["ours"], exam_calibration=(0.0, 1.0))
    with pytest.raises(ValueError, match="multiples of 128"):
        replace(PRESETS["best"], input_size=288, is_flip_averaged=True)
    with pytest.raises(ValueError, match="epochs or as steps"):
        replace(PRESETS["ours"], steps=100)
