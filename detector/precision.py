"""One precision for every inference, whichever the device."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch


def full_precision() -> AbstractContextManager[None]:
    """Convolve in full single precision on CUDA as on the CPU.

    TF32 is off inside: its 10-bit mantissa would move scores and boxes between machines.
    """
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    return flags
