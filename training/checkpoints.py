"""Everything that a training run needs to go on as if it had never stopped, in one file."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch


class CheckpointError(Exception):
    """A checkpoint cannot be used; the sentence says why."""


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint so that a crash leaves either the old file or the new one."""
    unfinished = path.with_name(path.name + ".unfinished")
    with unfinished.open("wb") as file:
        torch.save(state, file)
    unfinished.replace(path)


def load_checkpoint(path: Path, recipe: dict[str, Any]) -> dict[str, Any]:
    """Read a checkpoint of the same recipe.

    Raises
    ------
    CheckpointError
        When there is none, it is damaged, or it was made by another recipe.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist, so there is nothing to resume.")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged. Start the run again.") from error
    for name, value in recipe.items():
        if (found := state["recipe"].get(name)) != value:
            raise CheckpointError(
                f"{path} was made with {name} = {found}, not {value}. "
                "Resume with the options of the run, or start another one."
            )
    return state


def random_states() -> dict[str, Any]:
    """The states of Python's, numpy's and torch's global generators, as plain values."""
    kind, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)  # noqa: NPY002
    version, words, next_gauss = random.getstate()
    return {
        "python": [version, list(words), next_gauss],
        "numpy": [kind, torch.from_numpy(np.array(keys)), position, has_gauss, gauss],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_states(states: dict[str, Any]) -> None:
    """Put the global generators back."""
    version, words, next_gauss = states["python"]
    random.setstate((version, tuple(words), next_gauss))
    kind, keys, position, has_gauss, gauss = states["numpy"]
    np.random.set_state((kind, keys.numpy(), position, has_gauss, gauss))  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if states["cuda"]:
        torch.cuda.set_rng_state_all(states["cuda"])
