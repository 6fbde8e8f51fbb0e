"""Tasks that the tests of the jobs run in real worker processes."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.detections import ModelIdentity
from detector.errors import DamagedFileError
from pneumo_viewer.jobs.tasks import DetectorState, DetectorStateKind

MODEL = ModelIdentity("fake", "1", "0123456789abcdef", "compact")


def echo(value: object) -> object:
    return value


def log_then_echo(log: str, value: str) -> str:
    with Path(log).open("a") as file:
        file.write(value + "\n")
    return value


def wait_for_file(path: str) -> int:
    while not Path(path).exists():
        time.sleep(0.005)
    return os.getpid()


def announce_and_wait(announcement: str, path: str) -> int:
    """Append this process's id to a file, then wait for another file."""
    with Path(announcement).open("a") as file:
        file.write(f"{os.getpid()}\n")
    return wait_for_file(path)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(marker: str) -> str:
    """Die at the first call, answer at the second."""
    if not Path(marker).exists():
        Path(marker).touch()
        die()
    return "survived"


def raise_input_error(source: str) -> None:
    raise DamagedFileError(source, "it breaks off")


def raise_bug() -> None:
    raise KeyError("unheard of")


def ramp(height: int, width: int) -> NDArray[np.uint16]:
    return np.arange(height * width, dtype=np.uint16).reshape(height, width)


def cannot_be_pickled() -> object:
    return lambda: None


def imported(*names: str) -> tuple[str, ...]:
    """Which of these modules this process has imported."""
    return tuple(name for name in names if name in sys.modules)


def load(log: str) -> DetectorState:
    with Path(log).open("a") as file:
        file.write(f"loaded {os.getpid()}\n")
    return DetectorState(DetectorStateKind.READY, "CPU · fake 1", MODEL)


def load_missing_weights() -> DetectorState:
    raise DamagedFileError("weights.safetensors", "it is truncated")
