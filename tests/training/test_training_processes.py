"""A run that is killed, or shared by processes, gives what one undisturbed process gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_training import TINY, TINY_LIVE, write_body_weights
from typer.testing import CliRunner

from detector.model_card import read_card
from detector.presets import PRESETS, Preset
from detector.weights import load_weights
from training import train_command
from training.run_folder import LOCK

HERE = Path(__file__).parent


def options(data: Path, preset: Preset, *more: str) -> list[str]:
    """pneumo-train's options, but for ``--out``."""
    body_weights = str(write_body_weights(data / "body.pth"))
    chosen = ["--preset", preset.name, "--body-weights", body_weights, "--workers", "0"]
    return ["--data", str(data), "--folds", "0,1", *chosen, *more]


def run(*command: str | Path) -> str:
    """Run Python on the CPU, on one thread a process; return what it printed."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE.parent.parent),
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    finished = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def losses(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "losses.jsonl").read_text().splitlines()]


def test_a_run_that_is_killed_at_any_instant_ends_with_the_same_weights(
    challenge_folder: Path, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    training = options(challenge_folder, TINY_LIVE, "--steps", "20", "--save-minutes", "0")
    printed = run(HERE / "killed_training.py", whole, killed, "5", *training).splitlines()
    *interrupted, end = (tuple(map(int, line.split())) for line in printed)
    assert end == (0, 22)
    statuses, steps = zip(*interrupted, strict=True)
    assert set(statuses) <= {-signal.SIGKILL, 0}
    assert any(0 < step < 22 for step in steps), "no run was killed on its way"
    weights = f"{TINY_LIVE.name}.safetensors"
    assert read_card(killed / weights).fingerprint == read_card(whole / weights).fingerprint
    assert losses(killed) == losses(whole)
    assert [path.name for path in killed.glob(".*")] == [LOCK]


def test_two_processes_give_what_one_gives(
    challenge_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    training = options(challenge_folder, TINY)
    monkeypatch.setitem(PRESETS, TINY.name, TINY)
    alone = CliRunner().invoke(train_command._application, [*training, "--out", str(one)])
    assert alone.exit_code == 0, alone.output
    processes = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    run(*processes, HERE / "tiny_training.py", *training, "--out", two)
    assert len(losses(two)) == 6
    for expected, found in zip(losses(one), losses(two), strict=True):
        assert found == pytest.approx(expected, rel=1e-3)
    first, _ = load_weights(one / f"{TINY.name}.safetensors")
    second, _ = load_weights(two / f"{TINY.name}.safetensors")
    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], tensor, atol=1e-4, rtol=1e-3)
