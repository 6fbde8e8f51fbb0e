"""pneumo-train with presets that train in a second.

A script, so that tests can start it in processes of its own.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import timm
import torch

from detector.presets import PRESETS
from training.train_command import main

TINY = replace(
    PRESETS["compact"],
    name="tiny",
    body="test_efficientnet",
    is_body_norm_frozen=True,
    frozen_body=("conv_stem",),
    channels=32,
    head_depth=1,
    input_size=64,
    training_sizes=(64,),
    synthetic_steps=2,
    steps=4,
    batch_size=4,
)
TINY_LIVE = replace(TINY, name="tiny_live", is_body_norm_frozen=False)
"""The same with batch normalisation that learns its statistics."""


def train() -> None:
    """Run ``pneumo-train`` with the tiny presets among its own."""
    PRESETS.update({preset.name: preset for preset in (TINY, TINY_LIVE)})
    main()


def write_body_weights(path: Path) -> Path:
    """Random weights for the body, in a file."""
    torch.manual_seed(1)
    torch.save(timm.create_model(TINY.body).state_dict(), path)
    return path


if __name__ == "__main__":
    train()
