"""A run that is stopped loses nothing, and one that begins from weights is shaped by them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tiny_training import TINY

from detector.model_card import ModelCard, read_card
from detector.networks.systems import build_network
from detector.weights import load_weights, save_weights
from training.stopping import Stop

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """Random weights of a network that no preset of the program describes."""
    torch.manual_seed(3)
    card = ModelCard(
        name="first",
        version="1",
        preset=TINY,
        terms="None.",
        training_data="nothing: they are random.",
        training_command="true",
        score_threshold=0.2,
    )
    path = tmp_path / "first.safetensors"
    save_weights(path, build_network(TINY), card)
    return path


def begin(data: Path, start: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    options = ["--data", data, "--folds", "0,1", "--start", start, "--out", out]
    numbers = ["--synthetic-steps", "0", "--batch", "2", "--threads", "1"]
    return subprocess.Popen(
        [sys.executable, "-m", "training.train_command", *map(str, options), *numbers, *more],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_line(path: Path) -> None:
    deadline = time.monotonic() + 120
    while not (path.is_file() and path.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_a_request_within_the_block_and_only_there(number: signal.Signals) -> None:
    handler = signal.getsignal(number)
    with Stop() as stop:
        assert not stop.is_asked()
        os.kill(os.getpid(), number)
        assert stop.is_asked()
    assert signal.getsignal(number) is handler


def test_a_second_interruption_acts_at_once() -> None:
    with Stop() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.is_asked()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_the_end_of_the_parent_is_a_request_if_it_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follower, other = Stop(follows_parent=True), Stop()
    assert not follower.is_asked()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert follower.is_asked()
    assert not other.is_asked()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_saves_its_step_and_says_how_to_go_on(
    number: signal.Signals, challenge_folder: Path, start: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    endless = ("--steps", "1000000", "--save-minutes", "60", "--workers", "1")
    process = begin(challenge_folder, start, out, *endless)
    wait_for_line(out / "losses.jsonl")
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does, to the workers, too
    else:
        process.send_signal(number)
    _, said = process.communicate(timeout=120)
    steps = (out / "losses.jsonl").read_text().count("\n")
    assert process.returncode == 3
    assert f"Stopped at step {steps} of 1000000. Go on with --resume." in said
    assert torch.load(out / "checkpoint.pt", weights_only=True)["step"] == steps
    assert not (out / "tiny.safetensors").exists()


def test_fine_tuning_takes_its_shape_from_the_weights_and_its_name_from_the_reader(
    challenge_folder: Path, start: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    more = ("--workers", "0", "--steps", "4", "--name", "second", "--judge-every", "2", "--judge")
    process = begin(challenge_folder, start, out, *more)
    _, said = process.communicate(timeout=180)
    assert process.returncode == 0, said
    _, card = load_weights(out / "second.safetensors")
    assert (card.name, card.preset.name, card.preset.channels) == ("second", "tiny", 32)
    assert f"Begun from first {read_card(start).fingerprint}" in card.training_data
    judged = [json.loads(line) for line in (out / "judged.jsonl").read_text().splitlines()]
    assert [line["step"] for line in judged] == [2, 4]
    # Fold 2 is one exam without a box: average precision is not defined.
    assert [line["AP50"] for line in judged] == [None, None]
