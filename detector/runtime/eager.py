"""The network as torch computes it, operation by operation: every system, every device.

Convolutions run in full single precision: TF32 is off, since its 10-bit mantissa would move
scores and boxes between machines.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from detector.networks.protocol import DetectionNetwork
from detector.precision import full_precision
from detector.runtime.back_end import Found, OutOfDeviceMemory
from detector.runtime.folding import fold_batch_norms

GPU_BATCH = 16


class EagerBackEnd:
    """A :class:`~detector.runtime.back_end.BackEnd` for any network.

    Parameters
    ----------
    network
        In evaluation mode, on the CPU. It is altered: batch norms are folded.
    device
        Where it computes.
    """

    batches_under_way = 1

    def __init__(self, network: DetectionNetwork, device: torch.device) -> None:
        self.name = "PyTorch"
        self.device_name = name_device(device)
        self.batch_size = GPU_BATCH if device.type == "cuda" else 1
        self._device = device
        size = network.preset.input_size
        fold_batch_norms(network, lambda: network.predict(torch.zeros(1, 1, size, size)))
        try:
            self._network = network.to(device).to(memory_format=torch.channels_last)
        except torch.OutOfMemoryError as error:
            raise OutOfDeviceMemory from error

    def begin(self, squares: NDArray[np.uint8]) -> Callable[[], list[Found]]:
        """See :meth:`detector.runtime.back_end.BackEnd.begin`."""
        return lambda: self._compute(squares)

    @torch.inference_mode()
    def _compute(self, squares: NDArray[np.uint8]) -> list[Found]:
        try:
            images = torch.from_numpy(squares)[:, None].to(self._device).float().div_(255)
            images = images.to(memory_format=torch.channels_last)
            with full_precision():
                predictions = self._network.predict(images)
            return [
                Found(found.boxes.cpu().numpy(), found.scores.cpu().numpy(), found.exam_score)
                for found in predictions
            ]
        except torch.OutOfMemoryError as error:
            raise OutOfDeviceMemory from error


def name_device(device: torch.device) -> str:
    """Name a device as its maker does, the processor ``CPU``."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return device.type.upper()
