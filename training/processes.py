"""The processes of one training run, as ``torchrun`` starts them: one a device."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

PATIENCE = timedelta(days=1)
"""How long the others wait while the first process of a machine decodes a data set."""


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those that train together.

    Attributes
    ----------
    rank
        Number of this one; the first alone writes.
    local_rank
        Number on this machine, and of its device.
    count
        How many there are.
    """

    rank: int = 0
    local_rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    def average(self, tensor: Tensor) -> Tensor:
        """The mean of a tensor over all processes."""
        if self.count == 1:
            return tensor
        total = tensor.clone()
        dist.all_reduce(total)
        return total / self.count

    @contextmanager
    def first_on_machine(self) -> Iterator[None]:
        """Let the first process of each machine pass, then the others."""
        if self.count > 1 and self.local_rank:
            dist.barrier()
        yield
        if self.count > 1 and not self.local_rank:
            dist.barrier()

    def leave(self) -> None:
        """End the talk with the others."""
        if self.count > 1:
            dist.destroy_process_group()


ALONE = Processes()


def join_processes(device_type: str) -> Processes:
    """Meet the processes that ``torchrun`` started; alone without it.

    They speak NCCL between CUDA devices, Gloo between CPUs.
    """
    if not dist.is_torchelastic_launched():
        return ALONE
    processes = Processes(
        int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"]), int(os.environ["WORLD_SIZE"])
    )
    if device_type == "cuda":
        torch.cuda.set_device(processes.local_rank)
    if processes.count > 1:
        dist.init_process_group("nccl" if device_type == "cuda" else "gloo", timeout=PATIENCE)
    return processes
