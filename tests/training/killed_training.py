"""Runs pneumo-train undisturbed, and killed at any instant and resumed until it has ended.

Arguments: the folders of both, the seed of the instants, then those of pneumo-train. Each run is a
process of its own, forked from this one to save it the imports. Prints, for each of the killed
ones, how it ended and the steps in its checkpoint.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch
from tiny_training import train

KILLS = 4
KILLS_IN_WRITES = 2


def start(arguments: list[str], *, dies_in_write: int | None) -> int:
    """Fork a run, which may die by its own hand in the middle of its n-th write of a file."""
    child = os.fork()
    if child:
        return child
    if dies_in_write is not None:
        countdown = iter(range(dies_in_write, -1, -1))

        def sync(_file: int) -> None:
            if next(countdown, 0) == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        os.fsync = sync
    sys.argv = ["pneumo-train", *arguments]
    try:
        train()
    except SystemExit as ending:
        os._exit(int(ending.code or 0))
    os._exit(1)


def run() -> None:
    """Kill runs, then let one end."""
    whole, killed, seed, *arguments = sys.argv[1:]
    os.waitpid(start([*arguments, "--out", whole], dies_in_write=None), 0)
    instants = random.Random(int(seed))
    checkpoint = Path(killed) / "checkpoint.pt"
    for kill in range(KILLS + KILLS_IN_WRITES + 1):
        resumed = ["--resume"] if checkpoint.exists() else []
        in_write = instants.randint(1, 6) if KILLS <= kill < KILLS + KILLS_IN_WRITES else None
        child = start([*arguments, "--out", killed, *resumed], dies_in_write=in_write)
        if kill < KILLS:
            time.sleep(instants.uniform(0.2, 1.2))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        step = torch.load(checkpoint, weights_only=True)["step"] if checkpoint.exists() else 0
        print(os.waitstatus_to_exitcode(status), step, flush=True)  # noqa: T201


if __name__ == "__main__":
    run()
