"""Training goes on after any interruption as if there had been none."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from detector.networks.protocol import Prediction, Target
from detector.presets import PRESETS, Precision, Preset
from training.checkpoints import CheckpointError
from training.datasets.prepared_images import PreparedImages, prepare_images
from training.datasets.rsna import read_challenge
from training.processes import Processes
from training.samples import SampleStream
from training.trainer import (
    AveragedWeights,
    StepReport,
    Trainer,
    learning_rate_factor,
    real_steps,
)

PRESET = replace(
    PRESETS["compact"],
    training_sizes=(32,),
    synthetic_steps=2,
    steps=4,
    batch_size=3,
    warmup_steps=2,
)


class TinyDetector(nn.Module):
    """Learns whether there is a box, with dropout and batch norm so that all state matters."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Module()
        self.body.features = nn.Sequential(
            nn.Conv2d(1, 4, 5, stride=4), nn.BatchNorm2d(4), nn.ReLU()
        )
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 1))

    def loss(self, images: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        logits = self.head(self.body.features(images).mean(dim=(2, 3)))[:, 0]
        truth = logits.new_tensor([float(len(target.boxes) > 0) for target in targets])
        return {"center": nn.functional.binary_cross_entropy_with_logits(logits, truth)}

    def predict(self, images: Tensor) -> list[Prediction]:
        raise NotImplementedError


@pytest.fixture
def prepared(challenge_folder: Path, tmp_path: Path) -> PreparedImages:
    return prepare_images(
        read_challenge(challenge_folder), 32, tmp_path / "cache", preset=PRESETS["compact"]
    )


def trainer(
    prepared: PreparedImages, out: Path, preset: Preset = PRESET, workers: int = 0
) -> Trainer:
    torch.manual_seed(0)
    places = [np.array([[0.2, 0.2, 0.6, 0.6]], np.float32)]
    return Trainer(
        TinyDetector(),
        SampleStream(prepared, places, preset, seed=0),
        preset,
        out=out,
        device=torch.device("cpu"),
        workers=workers,
        recipe={"seed": 0},
    )


def everything(trained: Trainer) -> dict[str, Any]:
    return {
        "network": trained.network.state_dict(),
        "averaged": trained.averaged.tensors,
        "optimiser": trained.optimiser.state_dict()["state"],
    }


def assert_bit_equal(first: Any, second: Any) -> None:
    if isinstance(first, Tensor):
        assert torch.equal(first, second)
    elif isinstance(first, dict):
        assert first.keys() == second.keys()
        for key in first:
            assert_bit_equal(first[key], second[key])
    else:
        assert first == second


class TestResuming:
    def test_six_steps_equal_three_and_three_bit_for_bit(
        self, prepared: PreparedImages, tmp_path: Path
    ) -> None:
        whole = trainer(prepared, tmp_path / "whole")
        whole.run(6)
        interrupted = trainer(prepared, tmp_path / "parts")
        interrupted.run(3)
        # Another process starts with other random states.
        torch.manual_seed(99)
        random.seed(99)
        np.random.seed(99)  # noqa: NPY002
        resumed = trainer(prepared, tmp_path / "parts")
        resumed.resume()
        assert resumed.step == 3
        resumed.run(6)
        assert_bit_equal(everything(whole), everything(resumed))

    def test_a_crash_between_checkpoints_loses_steps_but_not_their_equality(
        self, prepared: PreparedImages, tmp_path: Path
    ) -> None:
        whole = trainer(prepared, tmp_path / "whole")
        whole.run(6)
        crashing = trainer(prepared, tmp_path / "parts")
        crashing.run(2)

        def crash(report: StepReport) -> None:
            if report.step == 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            crashing.run(6, progressed=crash)
        resumed = trainer(prepared, tmp_path / "parts")
        resumed.resume()
        assert resumed.step == 2
        resumed.run(6)
        assert_bit_equal(everything(whole), everything(resumed))
        logs = [
            (tmp_path / name / "losses.jsonl").read_text().splitlines()
            for name in ("whole", "parts")
        ]
        assert logs[0] == logs[1]
        assert [json.loads(line)["step"] for line in logs[0]] == [1, 2, 3, 4, 5, 6]

    def test_random_states_go_on_where_they_were(
        self, prepared: PreparedImages, tmp_path: Path
    ) -> None:
        trained = trainer(prepared, tmp_path)
        trained.save()
        expected = random.random(), np.random.random(), torch.rand(1)  # noqa: NPY002
        trained.resume()
        assert (random.random(), np.random.random(), torch.rand(1)) == expected  # noqa: NPY002

    @pytest.mark.parametrize("workers", [1, 2])
    def test_results_do_not_depend_on_the_number_of_workers(
        self, prepared: PreparedImages, tmp_path: Path, workers: int
    ) -> None:
        alone = trainer(prepared, tmp_path / "alone")
        alone.run(3)
        helped = trainer(prepared, tmp_path / "helped", workers=workers)
        helped.run(3)
        assert_bit_equal(everything(alone), everything(helped))

    def test_nothing_to_resume_is_said(self, prepared: PreparedImages, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match="nothing to resume"):
            trainer(prepared, tmp_path).resume()

    def test_another_recipe_is_refused(self, prepared: PreparedImages, tmp_path: Path) -> None:
        trainer(prepared, tmp_path).save()
        with pytest.raises(CheckpointError, match=r"differs in preset \(learning_rate\)\. "):
            trainer(prepared, tmp_path, replace(PRESET, learning_rate=1.0)).resume()

    def test_a_truncated_checkpoint_is_refused(
        self, prepared: PreparedImages, tmp_path: Path
    ) -> None:
        trained = trainer(prepared, tmp_path)
        trained.save()
        path = tmp_path / "checkpoint.pt"
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(CheckpointError, match="damaged"):
            trained.resume()

    @pytest.mark.parametrize("content", [b"no checkpoint at all", {"step": 1}, [1]])
    def test_a_file_of_another_kind_is_refused(
        self, prepared: PreparedImages, tmp_path: Path, content: Any
    ) -> None:
        path = tmp_path / "checkpoint.pt"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        with pytest.raises(CheckpointError, match="damaged"):
            trainer(prepared, tmp_path).resume()

    def test_a_run_that_starts_again_starts_its_log_again(
        self, prepared: PreparedImages, tmp_path: Path
    ) -> None:
        def crash(_report: StepReport) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):  # before the first checkpoint
            trainer(prepared, tmp_path).run(6, progressed=crash)
        trainer(prepared, tmp_path).run(2)
        log = (tmp_path / "losses.jsonl").read_text().splitlines()
        assert [json.loads(line)["step"] for line in log] == [1, 2]

    def test_a_failed_write_keeps_the_old_checkpoint(
        self, prepared: PreparedImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trained = trainer(prepared, tmp_path)
        trained.run(2)

        def fail(_state: object, file: Any) -> None:
            file.write(b"half")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(torch, "save", fail)
        with pytest.raises(OSError, match="No space left"):
            trained.run(3)
        monkeypatch.undo()
        trained.resume()
        assert trained.step == 2


class TestLearningRate:
    def test_each_part_rises_and_falls_as_a_cosine(self) -> None:
        preset = replace(PRESET, synthetic_steps=40, steps=80, warmup_steps=10)
        factors = [learning_rate_factor(preset, step, 6) for step in range(120)]
        assert factors[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
        # In the middle of the 30 steps after the rise: 0.01 + 0.99 / 2.
        assert factors[25] == pytest.approx(0.505)
        assert factors[39] < 0.02
        assert factors[40] == pytest.approx(0.1)
        # 35 steps after the rise of the real part, which falls over 70.
        assert factors[85] == pytest.approx(0.505)

    def test_the_papers_schedule_divides_by_ten_every_hundred_epochs(self) -> None:
        paper = PRESETS["ours"]
        assert real_steps(paper, 7) == 300 * 7  # batches of one
        factors = [learning_rate_factor(paper, step, 7) for step in (0, 699, 700, 1400)]
        assert factors == pytest.approx([1, 1, 0.1, 0.01])

    def test_an_epoch_ends_with_a_smaller_batch(self) -> None:
        preset = replace(PRESET, steps=None, epochs=2, batch_size=4)
        assert real_steps(preset, 6) == 2 * 2

    def test_the_pretrained_body_learns_slower_and_biases_do_not_decay(
        self, prepared: PreparedImages, tmp_path: Path
    ) -> None:
        preset = replace(PRESET, body_learning_rate_factor=0.1, learning_rate=0.5)
        network = TinyDetector()
        network.body.features = nn.Conv2d(1, 2, 3)
        groups = Trainer(
            network,
            SampleStream(prepared, [], replace(preset, synthetic_steps=0), seed=0),
            preset,
            out=tmp_path,
            device=torch.device("cpu"),
        ).optimiser.param_groups
        found = {
            (group["factor"], group["weight_decay"], parameter.ndim)
            for group in groups
            for parameter in group["params"]
        }
        assert found == {(0.1, 0.01, 4), (0.1, 0.0, 1), (1.0, 0.01, 2), (1.0, 0.0, 1)}


class TestAverage:
    def test_it_follows_fast_at_first_and_slowly_later(self) -> None:
        network = nn.Linear(1, 1, bias=False)
        nn.init.constant_(network.weight, 0.0)
        averaged = AveragedWeights(network, decay=0.5)
        nn.init.constant_(network.weight, 1.0)
        averaged.update(network)
        # The first decay is 1/10: 0.1 · 0 + 0.9 · 1.
        assert averaged.tensors["weight"].item() == pytest.approx(0.9)
        averaged.updates = 100
        averaged.update(network)
        # Later it is 0.5: 0.5 · 0.9 + 0.5 · 1.
        assert averaged.tensors["weight"].item() == pytest.approx(0.95)

    def test_without_averaging_it_keeps_the_last_weights(self) -> None:
        network = nn.Linear(1, 1, bias=False)
        averaged = AveragedWeights(network, decay=0.0)
        for value in (1.0, 2.0):
            nn.init.constant_(network.weight, value)
            averaged.update(network)
            assert averaged.tensors["weight"].item() == value


def test_a_loss_that_is_not_finite_stops_the_run(prepared: PreparedImages, tmp_path: Path) -> None:
    trained = trainer(prepared, tmp_path)
    nn.init.constant_(trained.network.head[1].bias, math.nan)  # type: ignore[index,union-attr]
    with pytest.raises(FloatingPointError, match=r"not finite at step 0.*nan"):
        trained.run(1)


def first_update(prepared: PreparedImages, out: Path, preset: Preset) -> dict[str, Tensor]:
    """By how much one step of plain gradient descent at a rate of 1 moves each weight."""
    trained = trainer(prepared, out, replace(preset, synthetic_steps=0, warmup_steps=0))
    groups = [
        {"params": group["params"], "factor": 1 / preset.learning_rate}
        for group in trained.optimiser.param_groups
    ]
    trained.optimiser = torch.optim.SGD(groups, lr=1)
    before = {name: value.clone() for name, value in trained.network.named_parameters()}
    trained.run(1)
    return {name: before[name] - value for name, value in trained.network.named_parameters()}


def test_a_long_gradient_is_shortened_to_the_presets_norm(
    prepared: PreparedImages, tmp_path: Path
) -> None:
    free = first_update(prepared, tmp_path / "free", replace(PRESET, gradient_clip=None))
    norm = math.sqrt(sum(float(value.detach().square().sum()) for value in free.values()))
    limit = norm / 4
    short = first_update(prepared, tmp_path / "short", replace(PRESET, gradient_clip=limit))
    for name, value in short.items():
        torch.testing.assert_close(value, free[name] / 4, atol=1e-5, rtol=1e-3)


def test_a_report_says_what_the_log_says_and_how_fast_it_went(
    prepared: PreparedImages, tmp_path: Path
) -> None:
    reports: list[StepReport] = []
    trainer(prepared, tmp_path).run(3, progressed=reports.append)
    logged = [json.loads(line) for line in (tmp_path / "losses.jsonl").read_text().splitlines()]
    assert [{"step": report.step, **report.losses} for report in reports] == logged
    assert all(report.images_per_second > 0 for report in reports)
    assert all(0 < report.waiting < 1 for report in reports)


def test_unfinished_writes_of_killed_runs_are_removed(
    prepared: PreparedImages, tmp_path: Path
) -> None:
    (tmp_path / ".checkpoint.pt.4711").write_bytes(b"half")
    trainer(prepared, tmp_path).run(1)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_batch_that_processes_cannot_share_equally_is_refused(
    prepared: PreparedImages, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="2 processes cannot share 3 images"):
        Trainer(
            TinyDetector(),
            SampleStream(prepared, [], replace(PRESET, synthetic_steps=0), seed=0),
            PRESET,
            out=tmp_path,
            device=torch.device("cpu"),
            processes=Processes(count=2),
        )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_cuda_trains_in_the_presets_precision(
    prepared: PreparedImages, tmp_path: Path, precision: Precision
) -> None:
    seen: list[torch.dtype] = []
    preset = replace(PRESET, precision=precision)
    trained = Trainer(
        TinyDetector(),
        SampleStream(prepared, [], replace(preset, synthetic_steps=0), seed=0),
        preset,
        out=tmp_path,
        device=torch.device("cuda"),
    )
    trained.network.head.register_forward_hook(lambda _m, _i, out: seen.append(out.dtype))
    trained.run(2)
    assert set(seen) == {torch.bfloat16 if precision == "bf16" else torch.float32}
    assert all(value.dtype == torch.float32 for value in trained.network.parameters())
