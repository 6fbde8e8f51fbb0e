"""Compare the gradients of two processes that share a batch with those of one that has it alone.

A script for ``torch.distributed.run``; the first process writes, for each system that it is given,
the largest difference of a gradient relative to the largest gradient of that tensor.
"""

from __future__ import annotations

import sys

import torch
import torch.distributed as dist
from dense_peers import NOTHING, build, images
from torch import Tensor

from detector.networks.protocol import Target

SIZE = 128
BOXES = [
    torch.tensor([[10.0, 20, 60, 90], [70, 15, 120, 100]]),
    NOTHING,
    torch.tensor([[30.0, 30, 100, 110]]),
    NOTHING,
]
"""Every second image, which is all that the second process has, is without a box."""


def gradients(network: torch.nn.Module, positions: list[int]) -> dict[str, Tensor]:
    """Of the loss of some images of the batch, with normalisation by stored statistics."""
    network.eval().zero_grad()
    targets = [Target(BOXES[position], 0) for position in positions]
    losses = network.loss(images(len(BOXES), SIZE)[positions], targets)
    torch.stack(list(losses.values())).sum().backward()
    return {
        name: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.clone()
        for name, parameter in network.named_parameters()
    }


def main() -> None:
    """Compute alone first, then join the other process."""
    networks = {name: build(name) for name in sys.argv[1:]}
    alone = {name: gradients(network, [0, 1, 2, 3]) for name, network in networks.items()}
    dist.init_process_group("gloo")
    for name, network in networks.items():
        differences = []
        shared = gradients(network, [dist.get_rank(), dist.get_rank() + 2])
        for parameter, gradient in shared.items():
            dist.all_reduce(gradient)
            whole = alone[name][parameter]
            scale = whole.abs().max().clamp_min(1e-6)
            differences.append((gradient / 2 - whole).abs().max() / scale)
        if dist.get_rank() == 0:
            sys.stdout.write(f"{name} {torch.stack(differences).max().item()}\n")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
