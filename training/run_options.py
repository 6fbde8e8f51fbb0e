"""What the options of a training mean: its device, and the preset that they change."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
import typer

from detector.presets import Preset
from training.terminal import refuse

STRIDE = 32
"""Of the body: sides of the network's input are its multiples."""


def choose_device(name: str) -> torch.device:
    """The device that ``cpu``, ``cuda`` or ``auto`` names here."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name not in ("cpu", "cuda"):
        refuse(f"There is no device {name}. Use cpu, cuda or auto.")
    if name == "cuda" and not torch.cuda.is_available():
        refuse("There is no CUDA device here. Use --device cpu.")
    return torch.device(name)


def require_finite(value: float | None) -> float | None:
    """The value of an option, unless it is no number or endless."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no number that can be used.")
    return value


def require_whole_strides(size: int | None) -> None:
    """Refuse a side of the input that the body cannot halve to its end."""
    if size is not None and size % STRIDE:
        refuse(f"--size takes multiples of {STRIDE}, the stride of the body, not {size}.")


def change_preset(
    preset: Preset,
    *,
    size: int | None = None,
    steps: int | None = None,
    synthetic_steps: int | None = None,
    batch: int | None = None,
    class_weights: str | None = None,
    learning_rate: float | None = None,
) -> Preset:
    """The preset with what the command line asks for instead."""
    if size is not None:
        preset = replace(preset, input_size=size, training_sizes=(size,))
    if steps is not None:
        preset = replace(preset, steps=steps, epochs=None)
    if synthetic_steps is not None:
        preset = replace(preset, synthetic_steps=synthetic_steps)
    if batch is not None:
        preset = replace(preset, batch_size=batch)
    if class_weights is not None:
        preset = replace(preset, class_weights=_parse_class_weights(class_weights))
    if learning_rate is not None:
        preset = replace(preset, learning_rate=learning_rate)
    return preset


def _parse_class_weights(text: str) -> tuple[float, float, float]:
    try:
        normal, not_normal, opacity = map(float, text.split(","))
    except ValueError:
        refuse(f"--class-weights takes three numbers with commas between them, not “{text}”.")
    weights = normal, not_normal, opacity
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        refuse("--class-weights takes numbers from 0 on.")
    return weights
