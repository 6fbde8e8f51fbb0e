"""The most memory that a piece of work had in use."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

_PROCESS = Path("/proc/self")


def restart_peak(device: torch.device) -> None:
    """Begin to watch: what was in use before no longer counts, what still is does."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif sys.platform == "linux":
        (_PROCESS / "clear_refs").write_text("5")  # proc(5): resets VmHWM


def peak_bytes(device: torch.device) -> int | None:
    """The most since then: on a GPU of its tensors, otherwise of the process.

    None on systems other than Linux, which keep one peak for the life of a process.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "linux":
        for line in (_PROCESS / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
