"""pneumo-average makes one network of many, and judges each on the fold that it did not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_training import TINY_LIVE
from typer.testing import CliRunner

from detector.model_card import ModelCard
from detector.networks.center_scale import CenterScaleDetector
from detector.networks.protocol import DetectionNetwork
from detector.weights import load_weights, save_weights
from training import average_command
from training.average_command import average
from training.evaluation.exam import Exam

PRESET = replace(TINY_LIVE, name="tiny", synthetic_steps=0, steps=2)
runner = CliRunner()


def network(seed: int, channels: int = 32) -> CenterScaleDetector:
    torch.manual_seed(seed)
    return CenterScaleDetector(replace(PRESET, channels=channels)).eval()


def save(path: Path, weights: DetectionNetwork, folds: tuple[int, ...]) -> Path:
    listed = ", ".join(map(str, folds))
    card = ModelCard(
        name="tiny",
        version="1",
        preset=weights.preset,
        terms="none",
        training_data=f"Folds {listed}.",
        training_command=f"pneumo-train --folds {listed}",
        training_folds=folds,
        score_threshold=0.5,
    )
    save_weights(path, weights, card)
    return path


def run(data: Path, out: Path, *networks: str) -> tuple[int, str]:
    arguments = [*networks, "--data", str(data), "--out", str(out)]
    result = runner.invoke(average_command._application, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_every_weight_is_the_mean_and_the_networks_stay_as_they_were() -> None:
    first, second = network(0), network(1)
    before = {name: value.clone() for name, value in first.state_dict().items()}
    mean = average([first, second]).state_dict()
    for name, value in mean.items():
        if value.is_floating_point():
            torch.testing.assert_close(value, (before[name] + second.state_dict()[name]) / 2)
        torch.testing.assert_close(first.state_dict()[name], before[name])


def test_each_network_is_judged_on_the_fold_that_it_has_not_seen(
    challenge_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zero = save(tmp_path / "zero.safetensors", network(0), (1, 2))
    one = save(tmp_path / "one.safetensors", network(1), (0, 2))
    judged: list[tuple[float, list[str]]] = []
    real = average_command.detect

    def detect(judge: DetectionNetwork, prepared: object) -> list[Exam]:
        exams = real(judge, prepared)
        weight = float(judge.state_dict()["body.level4.weight"].sum())
        judged.append((weight, [exam.image_id for exam in exams]))
        return exams

    monkeypatch.setattr(average_command, "detect", detect)
    out = tmp_path / "mean.safetensors"
    status, output = run(challenge_folder, out, f"0={zero}", f"1={one}")
    assert status == 0, output
    weights = [float(network(seed).state_dict()["body.level4.weight"].sum()) for seed in (0, 1)]
    folds = average_command.read_data_set(challenge_folder)
    expected = [[image.name for image in folds.split([fold])[0]] for fold in (0, 1)]
    assert [names for _, names in judged] == expected
    assert [weight for weight, _ in judged] == pytest.approx(weights)
    found, card = load_weights(out)
    assert float(found.state_dict()["body.level4.weight"].sum()) == pytest.approx(np.mean(weights))
    assert card.training_folds == (0, 1, 2)
    assert card.training_data == "Mean of 2 networks. Folds 1, 2. Folds 0, 2."
    assert card.training_command.splitlines()[:2] == [
        "pneumo-train --folds 1, 2",
        "pneumo-train --folds 0, 2",
    ]
    assert all("out of fold" in point.measured_on for point in card.operating_points)
    assert all("before averaging" in metric.data for metric in card.metrics)


def test_exam_scores_of_points_are_calibrated_out_of_fold(
    challenge_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for fold, others in ((0, (1, 2)), (1, (0, 2))):
        scoring = network(fold)
        scoring.preset = replace(scoring.preset, exam_points=20)
        files.append(f"{fold}={save(tmp_path / f'{fold}.safetensors', scoring, others)}")
    fitted: list[str] = []

    def fit(exams: Sequence[Exam]) -> tuple[float, float]:
        fitted.extend(exam.image_id for exam in exams)
        return 2.0, -1.0

    monkeypatch.setattr(average_command, "fit_calibration", fit)
    out = tmp_path / "mean.safetensors"
    status, output = run(challenge_folder, out, *files)
    assert status == 0, output
    folds = average_command.read_data_set(challenge_folder)
    assert fitted == [image.name for fold in (0, 1) for image in folds.split([fold])[0]]
    assert load_weights(out)[1].preset.exam_calibration == (2.0, -1.0)


def test_a_network_is_never_judged_on_a_fold_that_it_was_trained_on(
    challenge_folder: Path, tmp_path: Path
) -> None:
    seen = save(tmp_path / "seen.safetensors", network(0), (0, 1))
    out = tmp_path / "mean.safetensors"
    status, output = run(challenge_folder, out, f"0={seen}")
    assert status == 2
    assert "was trained on fold 0" in output
    assert not out.exists()


def test_unlike_networks_and_unclear_arguments_are_refused(
    challenge_folder: Path, tmp_path: Path
) -> None:
    narrow = save(tmp_path / "narrow.safetensors", network(0), (1, 2))
    wide = save(tmp_path / "wide.safetensors", network(0, channels=64), (0, 2))
    out = tmp_path / "mean.safetensors"
    status, output = run(challenge_folder, out, f"0={narrow}", f"1={wide}")
    assert (status, "different architectures" in output) == (2, True)
    status, output = run(challenge_folder, out, str(narrow))
    assert (status, "FOLD=FILE" in output) == (2, True)
    assert not out.exists()
