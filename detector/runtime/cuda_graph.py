"""The network on a GPU as CUDA graphs: half precision, channels last, NMS on the device.

A graph is captured once for each batch size. To compute then takes a copy of grey values from
pinned memory, one launch, and a copy of few numbers back, where eager execution makes hundreds of
launches and waits for the device several times an image.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.ops import clip_boxes_to_image

from detector.decoding import CANDIDATES_PER_LEVEL, pick_boxes, top_points
from detector.networks.center_scale import CenterScaleDetector
from detector.runtime.back_end import Found, OutOfDeviceMemory
from detector.runtime.eager import name_device
from detector.runtime.folding import fold_batch_norms

BATCH_SIZES: Final = (1, 16)
"""A batch is filled up to the next of these."""
WARM_UP_RUNS: Final = 3
"""Before a capture, so that libraries have made their choices and taken their memory."""


class CudaGraphBackEnd:
    """A :class:`~detector.runtime.back_end.BackEnd` for CUDA.

    Parameters
    ----------
    network
        In evaluation mode, on the CPU, with ``level_selection="score"``. It is altered.
    device
        A CUDA device.
    """

    name = "CUDA graphs, half precision"
    batch_size = max(BATCH_SIZES)
    batches_under_way = 2

    def __init__(self, network: CenterScaleDetector, device: torch.device) -> None:
        self.device_name = name_device(device)
        size = network.preset.input_size
        fold_batch_norms(network, lambda: network.predict(torch.zeros(1, 1, size, size)))
        self._device = device
        self._idle: dict[int, deque[_Graph]] = {count: deque() for count in BATCH_SIZES}
        try:
            self._network = network.to(device).half().to(memory_format=torch.channels_last)
            torch.cuda.synchronize(device)
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        except torch.OutOfMemoryError as error:
            raise OutOfDeviceMemory from error

    def begin(self, squares: NDArray[np.uint8]) -> Callable[[], list[Found]]:
        """See :meth:`detector.runtime.back_end.BackEnd.begin`."""
        count = next(count for count in BATCH_SIZES if count >= len(squares))
        idle = self._idle[count]
        try:
            if not idle:
                idle.append(_Graph(self._network, count, self._device, self._stream))
        except torch.OutOfMemoryError as error:
            raise OutOfDeviceMemory from error
        graph = idle.popleft()
        graph.begin(squares)

        def wait() -> list[Found]:
            found = graph.wait(len(squares))
            idle.append(graph)
            return found

        return wait


class _Graph:
    """Detection in a batch of one size, captured, with memory of its own for what goes in and out.

    Parameters
    ----------
    stream
        Shared by all graphs of a device, which thus run one after the other.
    """

    def __init__(
        self,
        network: CenterScaleDetector,
        count: int,
        device: torch.device,
        stream: torch.cuda.Stream,
    ) -> None:
        size = network.preset.input_size
        self._max_detections = network.preset.max_detections
        self._stream = stream
        self._graph = torch.cuda.CUDAGraph()
        self._done = torch.cuda.Event()  # type: ignore[no-untyped-call]
        self._given = torch.zeros(count, size, size, dtype=torch.uint8, pin_memory=True)
        with (
            torch.no_grad(),
            torch.cuda.device(device),
            torch.cuda.stream(stream),
            torch.backends.cudnn.flags(enabled=True, benchmark=True),
        ):
            self._squares = torch.zeros(count, size, size, dtype=torch.uint8, device=device)
            levels = network.propose(_as_input(self._squares, network.mean.dtype)).levels
            level_sizes = levels.bincount().tolist()
            for _ in range(WARM_UP_RUNS):
                detect(network, self._squares, level_sizes)
            stream.synchronize()
            with torch.cuda.graph(self._graph, stream=stream):
                self._found = detect(network, self._squares, level_sizes)
        self._taken = torch.zeros(self._found.shape, pin_memory=True)

    def begin(self, squares: NDArray[np.uint8]) -> None:
        """Queue copying and computing of at most as many ``[S, S]`` images as were captured."""
        self._given.numpy()[: len(squares)] = squares
        with torch.no_grad(), torch.cuda.stream(self._stream):
            self._squares.copy_(self._given, non_blocking=True)
            self._graph.replay()
            self._taken.copy_(self._found, non_blocking=True)
            self._done.record()

    def wait(self, count: int) -> list[Found]:
        """Wait for what was begun and give the first ``count`` results."""
        self._done.synchronize()
        results = []
        for row in self._taken.numpy()[:count]:
            boxes, scores, exam = np.split(row, np.cumsum([4, 1]) * self._max_detections)
            is_box = scores >= 0
            results.append(Found(boxes.reshape(-1, 4)[is_box], scores[is_box], float(exam[0])))
        return results


def detect(network: CenterScaleDetector, squares: Tensor, level_sizes: list[int]) -> Tensor:
    """Detect without any step that waits for the device or has a size that depends on data.

    Parameters
    ----------
    squares
        ``[B, S, S]`` uint8.
    level_sizes
        Points of each level.

    Returns
    -------
    Tensor
        ``[B, 5 M + 1]`` float32 for M = ``max_detections``: boxes, scores (-1 for no box), exam.
    """
    preset = network.preset
    proposals = network.propose(_as_input(squares, network.mean.dtype))
    best = top_points(proposals.scores, level_sizes, CANDIDATES_PER_LEVEL)
    boxes = proposals.boxes.gather(1, best[..., None].expand(-1, -1, 4))
    picked, scores = pick_boxes(
        clip_boxes_to_image(boxes, (preset.input_size, preset.input_size)),
        proposals.scores.gather(1, best),
        score_threshold=preset.score_threshold,
        nms_iou=preset.nms_iou,
        max_detections=preset.max_detections,
        voting_iou=preset.voting_iou,
    )
    picked = clip_boxes_to_image(picked, (preset.input_size, preset.input_size))
    exam = scores[:, 0].clamp_min(0) if proposals.exam is None else proposals.exam
    return torch.cat([picked.flatten(1), scores, exam[:, None]], dim=1)


def _as_input(squares: Tensor, dtype: torch.dtype) -> Tensor:
    return (squares[:, None].to(dtype) / 255).contiguous(memory_format=torch.channels_last)
