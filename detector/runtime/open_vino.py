"""The exported network in OpenVINO, on the CPU."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import openvino
from numpy.typing import NDArray

from detector.runtime.back_end import Found
from detector.runtime.exporting import BOXES, EXAM, SCORES


class OpenVinoBackEnd:
    """A :class:`~detector.runtime.back_end.BackEnd` in single precision, one image at a time.

    OpenVINO's own cache of compiled models would save about 0.3 s at the start, but it takes files
    that were altered, and then gives other boxes.

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
        self.name = f"OpenVINO {openvino.__version__.split('-')[0]}"
        core = openvino.Core()
        options = {
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = str(threads)
        compiled = core.compile_model(core.read_model(io.BytesIO(model)), "CPU", options)
        self._has_exam = len(compiled.outputs) > 2
        self._request = compiled.create_infer_request()

    def begin(self, squares: NDArray[np.uint8]) -> Callable[[], list[Found]]:
        """See :meth:`detector.runtime.back_end.BackEnd.begin`."""
        return lambda: [self._compute(square) for square in squares]

    def _compute(self, square: NDArray[np.uint8]) -> Found:
        outputs = self._request.infer([square[None, None]], share_inputs=True)
        boxes, scores = outputs[BOXES].copy(), outputs[SCORES].copy()
        exam = outputs[EXAM][0] if self._has_exam else scores.max(initial=0)
        return Found(boxes, scores, float(exam))
