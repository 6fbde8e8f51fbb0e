"""The exported network in ONNX Runtime, on the CPU."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detector.runtime.back_end import Found
from detector.runtime.exporting import INPUT


class OnnxRuntimeBackEnd:
    """A :class:`~detector.runtime.back_end.BackEnd` in single precision, one image at a time.

    Parameters
    ----------
    model
        As :func:`detector.runtime.exporting.export` gives it.
    threads
        How many compute, or None for as many as there are cores.
    """

    device_name = "CPU"
    batch_size = 1
    batches_under_way = 1

    def __init__(self, model: bytes, threads: int | None) -> None:
        self.name = f"ONNX Runtime {onnxruntime.__version__}"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )

    def begin(self, squares: NDArray[np.uint8]) -> Callable[[], list[Found]]:
        """See :meth:`detector.runtime.back_end.BackEnd.begin`."""
        return lambda: [self._compute(square) for square in squares]

    def _compute(self, square: NDArray[np.uint8]) -> Found:
        boxes, scores, *exam = self._session.run(None, {INPUT: square[None, None]})
        return Found(boxes, scores, float(exam[0][0] if exam else scores.max(initial=0)))
