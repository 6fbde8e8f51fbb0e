"""What passes between the window and its worker processes. Knows neither Qt nor torch."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from enum import Enum
from typing import Any

from detector.detections import ModelIdentity
from pneumo_viewer.words import tr


class Pool(Enum):
    """Which processes do the work."""

    FILES = "decoding"
    """Reading, decoding and thumbnails."""
    DETECTOR = "detector"
    """One process, the only one that imports torch."""
    NETWORK = "network"
    """Archives; what waits for an answer keeps no file waiting."""


@dataclass(frozen=True)
class Task:
    """A call of a function that only the worker process imports.

    Attributes
    ----------
    function
        ``package.module:name``.
    arguments
        Its positional arguments, small enough for a pipe.
    """

    function: str
    arguments: tuple[Any, ...] = ()

    def run(self) -> Any:
        """Import the function and call it."""
        module, _, name = self.function.partition(":")
        return getattr(importlib.import_module(module), name)(*self.arguments)


class WorkerDied(Exception):  # noqa: N818 - it says what happened
    """A task ended or held up its worker process twice. The text is a sentence for the user."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.pool = pool

    @property
    def reason(self) -> str:
        """The sentence."""
        if self.pool is Pool.FILES:
            return tr(
                "The decoding process ended unexpectedly or stood still while reading it, twice; "
                "the file may be damaged or the decoder faulty."
            )
        if self.pool is Pool.NETWORK:
            return tr(
                "The network process ended unexpectedly or stood still, twice; "
                "try again, or see the log of the server."
            )
        return tr(
            "The detector process ended unexpectedly while working on it, twice; "
            "memory may have run out or the graphics driver may be faulty."
        )

    def __str__(self) -> str:
        return self.reason


class WorkerBug(Exception):  # noqa: N818 - it says what happened
    """A task raised what it should not. The text is of :func:`~pneumo_viewer.bugs.describe_bug`."""


class DetectorStateKind(Enum):
    """What the detector process is doing."""

    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class DetectorState:
    """The detector process as the status bar shows it.

    Attributes
    ----------
    kind
        What it is doing.
    text
        For the status bar: device, name and version of the model once it is ready; the whole
        reason when it is unavailable.
    model
        The loaded model, or None before it is ready.
    """

    kind: DetectorStateKind
    text: str
    model: ModelIdentity | None = None
