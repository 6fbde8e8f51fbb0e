"""Everything that a training run needs to go on as if it had never stopped, in one file."""

from __future__ import annotations

import io
import pickle
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from detector.files import replace_file

_NOT_A_CHECKPOINT = (
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.PickleError,
)
"""What ``torch.load`` and a look inside raise over other files."""


class CheckpointError(Exception):
    """A checkpoint cannot be used; the sentence says why."""


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint so that a crash leaves either the old file or the new one."""
    content = io.BytesIO()
    torch.save(state, content)
    replace_file(path, content.getvalue())


def forget_unfinished_writes(path: Path) -> None:
    """Remove what processes that were killed while they wrote a checkpoint left beside it."""
    for unfinished in path.parent.glob(f".{path.name}.*"):
        unfinished.unlink()


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
        made_with = dict(state["recipe"])
    except _NOT_A_CHECKPOINT as error:
        raise CheckpointError(f"{path} is damaged. Start the run again.") from error
    require_recipe(path, made_with, recipe)
    return state


def require_recipe(path: Path, made_with: Mapping[str, Any], recipe: Mapping[str, Any]) -> None:
    """Refuse the file of a run that was made by another recipe.

    Raises
    ------
    CheckpointError
        Names the first difference.
    """
    for name, value in recipe.items():
        if (found := made_with.get(name)) != value:
            raise CheckpointError(
                f"{path} is of a run that differs in {_difference(name, found, value)}. "
                "Resume with the options of that run, or start another one."
            )


def _difference(name: str, found: object, wanted: object) -> str:
    """Name a part of the recipe and, inside a record, the fields that differ."""
    if not (isinstance(found, dict) and isinstance(wanted, dict)):
        return name
    differing = (key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
    return f"{name} ({', '.join(sorted(differing))})"


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
