"""The detector as everyone uses it: radiographs in, detections out, on CUDA or the CPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from detector.detections import Detections, ModelIdentity
from detector.errors import DeviceMemoryError, DeviceUnavailableError
from detector.model_card import ModelCard
from detector.networks.protocol import DetectionNetwork
from detector.precision import full_precision
from detector.preparation import ImageMap, boxes_in_image, prepare
from detector.radiograph import Radiograph
from detector.weights import load_weights
from resources import DEFAULT_WEIGHTS

PREPARED_AHEAD: Final = 2
"""How many radiographs are read and prepared while the network computes."""

WARM_UP_RUNS: Final = 2


class Detector:
    """A network with its weights on a device, ready to predict.

    Parameters
    ----------
    network
        In evaluation mode.
    card
        Says what the network is.
    device
        Where it computes.
    """

    def __init__(self, network: DetectionNetwork, card: ModelCard, device: torch.device) -> None:
        self.card = card
        self._device = device
        with _device_errors(str(device)):
            self._network = network.to(device).to(memory_format=torch.channels_last)
            for _ in range(WARM_UP_RUNS):
                self._compute(np.zeros((card.preset.input_size,) * 2, np.uint8))

    @classmethod
    def load(cls, weights: Path | None = None, device: str = "auto") -> Detector:
        """Load weights and warm up.

        Parameters
        ----------
        weights
            A weights file, or None for the program's own.
        device
            ``"auto"`` for CUDA where there is one and else the CPU, or a device that torch knows.

        Raises
        ------
        FileAccessError, WeightsError
            The weights cannot be used.
        DeviceUnavailableError, DeviceMemoryError
            The device cannot be used.
        """
        chosen = _choose_device(device)
        network, card = load_weights(weights or DEFAULT_WEIGHTS)
        return cls(network, card, chosen)

    @property
    def identity(self) -> ModelIdentity:
        """The model as its detections name it."""
        return self.card.identity

    @property
    def device_name(self) -> str:
        """The device as its maker names it, or ``CPU``."""
        if self._device.type == "cuda":
            return torch.cuda.get_device_name(self._device)
        return self._device.type.upper()

    def predict(self, radiograph: Radiograph) -> Detections:
        """Find the boxes of one radiograph.

        All boxes that the network gives are returned, however low their scores: a threshold is
        for showing.

        Raises
        ------
        DeviceMemoryError
            The graphics memory does not suffice.
        """
        return self._detect(self._prepare(radiograph))

    def predict_many(self, radiographs: Iterable[Radiograph]) -> Iterator[Detections]:
        """Find the boxes of many radiographs, in their order.

        ``radiographs`` is consumed by a thread of its own, :data:`PREPARED_AHEAD` ahead, so that
        reading and preparing overlap with computing. What it raises is raised here.
        """
        prepared = (self._prepare(radiograph) for radiograph in radiographs)
        with ThreadPoolExecutor(1, thread_name_prefix="prepare") as thread:
            ahead = deque(thread.submit(next, prepared, None) for _ in range(PREPARED_AHEAD))
            while (item := ahead.popleft().result()) is not None:
                ahead.append(thread.submit(next, prepared, None))
                yield self._detect(item)

    def _prepare(self, radiograph: Radiograph) -> _Prepared:
        square, image_map = prepare(radiograph, self.card.preset.input_size, self.card.preset)
        return _Prepared(radiograph.identity.source, radiograph.pixels.shape, square, image_map)

    def _detect(self, prepared: _Prepared) -> Detections:
        with _device_errors(prepared.source):
            boxes, scores, exam_score = self._compute(prepared.square)
        height, width = prepared.shape
        boxes, scores = boxes_in_image(prepared.image_map, boxes, scores, (width, height))
        return Detections(boxes, scores, exam_score, self.identity)

    @torch.inference_mode()
    def _compute(
        self, square: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
        images = torch.from_numpy(square)[None, None].to(self._device).float().div_(255)
        images = images.to(memory_format=torch.channels_last)
        with full_precision():
            (prediction,) = self._network.predict(images)
        return (
            prediction.boxes.cpu().numpy(),
            prediction.scores.cpu().numpy(),
            float(prediction.exam_score),
        )


class _Prepared(NamedTuple):
    """One radiograph as the network takes it, and the way back."""

    source: str
    shape: tuple[int, int]
    square: NDArray[np.uint8]
    image_map: ImageMap


def _choose_device(device: str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    chosen = torch.device(device)
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise DeviceUnavailableError(device, "this machine does not have it")
    return chosen


@contextmanager
def _device_errors(source: str) -> Iterator[None]:
    """Turn a lack of graphics memory into a sentence for the user."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise DeviceMemoryError(source, "the network does not fit beside what is there") from error
