"""What every back end takes and gives. Nothing here needs torch: an exported network does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

BackEndName = Literal["eager", "cuda_graph", "onnxruntime", "openvino"]


class Found(NamedTuple):
    """What a back end finds in one image.

    Attributes
    ----------
    boxes
        ``[N, 4]`` float32 x0 y0 x1 y1 in network pixels.
    scores
        ``[N]`` float32 in [0, 1], descending.
    exam_score
        Probability in [0, 1] that the exam shows a lung opacity.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    exam_score: float


class OutOfDeviceMemory(Exception):  # noqa: N818 - as torch names it
    """The device has too little memory left for the network."""


class BackEnd(Protocol):
    """One way to compute a network, with its weights in place.

    Attributes
    ----------
    name
        For people: the library, and the precision where it is not single.
    device_name
        The device as its maker names it, or ``CPU``.
    batch_size
        Images that are computed at once at most; with more at once none is done sooner.
    batches_under_way
        How many batches may be begun before the first is waited for.
    """

    name: str
    device_name: str
    batch_size: int
    batches_under_way: int

    def begin(self, squares: NDArray[np.uint8]) -> Callable[[], list[Found]]:
        """Take ``[B, S, S]`` prepared images; the function returned waits for what is found.

        Raises
        ------
        OutOfDeviceMemory
            Here or in the function returned.
        """
