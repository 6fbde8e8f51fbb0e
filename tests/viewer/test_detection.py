"""The detector process with a real network."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from detector.detections import Detections
from detector.errors import FileAccessError, InputError
from detector.input_gate import DeclinedError
from detector.model_card import ModelCard
from detector.presets import PRESETS
from pneumo_viewer.jobs.jobs import DetectorState, DetectorStateKind, Pool, Task
from resources import DEFAULT_WEIGHTS, DEMO_STUDIES

MakeJobs = Callable[..., Any]
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of a very small network."""
    import torch

    from detector.networks.center_scale import CenterScaleDetector
    from detector.weights import save_weights

    preset = replace(
        PRESETS["compact"], name="tiny", body="test_efficientnet", channels=32, input_size=128
    )
    card = ModelCard(
        name="tiny",
        version="7",
        preset=preset,
        terms="None.",
        training_data="None: the weights are random.",
        training_command="true",
        score_threshold=0.2,
    )
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_weights(path, CenterScaleDetector(preset), card)
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    noise = np.random.default_rng(0).integers(0, 256, (90, 120), np.uint8)
    assert cv2.imwrite(str(path), noise)
    return path


def detector_of(make_jobs: MakeJobs, *weights: Path) -> tuple[Any, list[DetectorState]]:
    arguments = tuple(map(str, weights))
    jobs = make_jobs(load_detector=Task("pneumo_viewer.jobs.detection:load", arguments))
    states: list[DetectorState] = []
    jobs.jobs.detector_changed.connect(states.append)
    return jobs, states


def run(jobs: Any, function: str, *arguments: Any) -> None:
    jobs.jobs.submit(
        Pool.DETECTOR,
        Task(function, arguments),
        done=jobs.results.append,
        failed=jobs.errors.append,
    )


def detect(jobs: Any, path: Path, is_gated: bool = False) -> None:
    run(jobs, "pneumo_viewer.jobs.detection:detect", str(path), 0, is_gated)


def test_a_radiograph_is_scored_and_the_status_bar_names_device_and_model(
    make_jobs: MakeJobs, weights: Path, picture: Path
) -> None:
    jobs, states = detector_of(make_jobs, weights)
    detect(jobs, picture)
    jobs.wait_for(1)
    (detections,) = jobs.results
    assert isinstance(detections, Detections)
    assert [state.kind for state in states] == [
        DetectorStateKind.STARTING,
        DetectorStateKind.READY,
    ]
    assert states[-1].text.endswith(" · tiny 7")
    assert states[-1].model == detections.model


def test_the_detector_declines_what_is_no_chest_until_it_is_asked_all_the_same(
    make_jobs: MakeJobs, weights: Path, picture: Path
) -> None:
    jobs, _ = detector_of(make_jobs, weights)
    detect(jobs, picture, is_gated=True)
    detect(jobs, picture, is_gated=False)
    detect(jobs, sorted(DEMO_STUDIES.glob("*.dcm"))[0], is_gated=True)
    jobs.wait_for(3)
    (error,) = jobs.errors
    assert isinstance(error, DeclinedError)
    assert error.reason.startswith("The detector declines: Unlike a frontal chest: ")
    assert len(jobs.results) == 2


def test_the_detector_is_killed_and_scores_the_same_after_its_return(
    make_jobs: MakeJobs, qtbot: QtBot, weights: Path, picture: Path
) -> None:
    jobs, states = detector_of(make_jobs, weights)
    run(jobs, "os:getpid")
    detect(jobs, picture)
    jobs.wait_for(2)
    process, before = jobs.results
    os.kill(process, signal.SIGSTOP)  # so that it is surely still at work when it is killed
    detect(jobs, picture)
    qtbot.wait(50)
    os.kill(process, signal.SIGKILL)
    jobs.wait_for(3)
    after = jobs.results[2]
    assert np.array_equal(before.boxes, after.boxes)
    assert np.array_equal(before.scores, after.scores)
    assert [state.kind for state in states[2:]] == [
        DetectorStateKind.RESTARTING,
        DetectorStateKind.READY,
    ]
    assert jobs.errors == []


def test_an_unusable_radiograph_leaves_the_detector_ready(
    make_jobs: MakeJobs, weights: Path, picture: Path, tmp_path: Path
) -> None:
    jobs, states = detector_of(make_jobs, weights)
    detect(jobs, tmp_path / "absent.dcm")
    detect(jobs, picture)
    jobs.wait_for(2)
    assert [type(error) for error in jobs.errors] == [FileAccessError]
    assert len(jobs.results) == 1
    assert states[-1].kind is DetectorStateKind.READY


def test_unusable_weights_make_the_detector_unavailable_with_a_sentence(
    make_jobs: MakeJobs, picture: Path, tmp_path: Path
) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"no weights")
    jobs, states = detector_of(make_jobs, path)
    detect(jobs, picture)
    jobs.wait_for(1)
    (error,) = jobs.errors
    assert isinstance(error, InputError)
    assert states[-1] == DetectorState(DetectorStateKind.UNAVAILABLE, str(error))
    assert str(path) in str(error)


def test_no_error_of_the_detector_process_brings_torch_into_the_window() -> None:
    from pneumo_viewer.jobs import detection  # imports everything that can raise one

    def below(kind: type[InputError]) -> Iterator[type[InputError]]:
        yield kind
        for narrower in kind.__subclasses__():
            yield from below(narrower)

    assert detection
    modules = {kind.__module__ for kind in below(InputError)}
    assert "detector.model_card" in modules
    program = f"import sys, {', '.join(sorted(modules))}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=REPOSITORY)


@pytest.mark.skipif(not DEFAULT_WEIGHTS.exists(), reason="the program has no weights yet")
def test_the_weights_of_the_program_score_a_radiograph(make_jobs: MakeJobs, picture: Path) -> None:
    jobs, states = detector_of(make_jobs)
    detect(jobs, picture)
    jobs.wait_for(1)
    assert jobs.errors == []
    assert "compact" in states[-1].text
