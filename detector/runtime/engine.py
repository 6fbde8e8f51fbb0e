"""The detector as everyone uses it: radiographs in, detections out, on CUDA or the CPU.

torch is imported where it computes: an export that is kept from an earlier session runs without,
and begins seconds sooner.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

import numpy as np

from detector.detections import Detections, ModelIdentity
from detector.errors import DeviceMemoryError, InputError
from detector.input_gate import Doubt
from detector.model_card import ModelCard, read_weights_file
from detector.preparation import boxes_in_image
from detector.radiograph import ImageIdentity, Radiograph
from detector.runtime.back_end import BackEnd, BackEndName, Found, OutOfDeviceMemory
from detector.runtime.choice import choose_back_end, choose_device, make_back_end
from detector.runtime.preparing import Prepared, prepare_all, prepare_files, prepare_radiograph
from resources import DEFAULT_WEIGHTS

PREPARED_AHEAD: Final = 2
"""How many batches are read and prepared while the network computes."""

WARM_UP_RUNS: Final = 2


class FileDetections(NamedTuple):
    """What was found in one file.

    Attributes
    ----------
    identity
        Of its image.
    shape
        Height and width of the image in pixels.
    doubts
        Whether the image is what the network was trained on.
    detections
        In that image.
    """

    identity: ImageIdentity
    shape: tuple[int, int]
    doubts: tuple[Doubt, ...]
    detections: Detections


class Detector:
    """A network with its weights on a device, ready to predict.

    Parameters
    ----------
    back_end
        Computes.
    card
        Says what the network is.
    """

    def __init__(self, back_end: BackEnd, card: ModelCard) -> None:
        self.card = card
        self._back_end = back_end
        black = np.zeros((1, card.preset.input_size, card.preset.input_size), np.uint8)
        for _ in range(WARM_UP_RUNS):
            back_end.begin(black)()

    @classmethod
    def load(
        cls,
        weights: Path | None = None,
        device: str = "auto",
        back_end: BackEndName | Literal["auto"] = "auto",
        threads: int | None = None,
    ) -> Detector:
        """Load weights and warm up.

        Parameters
        ----------
        weights
            A weights file, or None for the program's own.
        device
            ``"auto"`` for CUDA where there is one and else the CPU, or a device that torch knows.
        back_end
            What computes. ``"auto"`` takes CUDA graphs on CUDA, and on the CPU OpenVINO or ONNX
            Runtime where they are installed; what these cannot hold, torch computes.
        threads
            How many compute on the CPU, or None for as many as the back end thinks right.

        Raises
        ------
        FileAccessError, WeightsError
            The weights cannot be used.
        DeviceUnavailableError, DeviceMemoryError, BackEndUnavailableError
            Device or back end cannot be used.
        """
        weights = weights or DEFAULT_WEIGHTS
        chosen = choose_device(device)
        card, _ = read_weights_file(weights)
        name = choose_back_end(back_end, chosen, card.preset)
        try:
            return cls(make_back_end(name, weights, card, chosen, threads), card)
        except OutOfDeviceMemory as error:
            raise _no_memory(chosen) from error

    @property
    def identity(self) -> ModelIdentity:
        """The model as its detections name it."""
        return self.card.identity

    @property
    def device_name(self) -> str:
        """The device as its maker names it, or ``CPU``."""
        return self._back_end.device_name

    @property
    def back_end_name(self) -> str:
        """What computes, for people."""
        return self._back_end.name

    def predict(self, radiograph: Radiograph) -> Detections:
        """Find the boxes of one radiograph.

        All boxes that the network gives are returned, however low their scores: a threshold is
        for showing.

        Raises
        ------
        DeviceMemoryError
            The graphics memory does not suffice.
        """
        prepared = prepare_radiograph(radiograph, self.card.preset)
        (outcome,) = self._outcomes([prepared])
        return _detections(outcome)

    def predict_many(self, radiographs: Iterable[Radiograph]) -> Iterator[Detections]:
        """Find the boxes of many radiographs, in their order.

        ``radiographs`` is consumed by a thread of its own, :data:`PREPARED_AHEAD` batches ahead,
        so that reading and preparing overlap with computing. What it raises is raised here, after
        the results before it.
        """
        with closing(prepare_all(radiographs, self.card.preset, self._ahead)) as prepared:
            yield from map(_detections, self._outcomes(prepared))

    def predict_files(self, paths: Sequence[Path]) -> Iterator[FileDetections | InputError]:
        """Read files on all cores and give for each, in order, what was found or what is wrong.

        Of an image with several frames the first is read. A file that is no projection radiograph
        is refused.
        """
        with closing(prepare_files(paths, self.card.preset, self._ahead)) as prepared:
            yield from self._outcomes(prepared)

    @property
    def _ahead(self) -> int:
        return PREPARED_AHEAD * self._back_end.batch_size

    def _outcomes(
        self, items: Iterable[Prepared | InputError]
    ) -> Iterator[FileDetections | InputError]:
        """Compute in batches, with as many under way as the back end takes.

        What ``items`` raises is raised after the outcomes of all that came before.
        """
        under_way: deque[Callable[[], list[FileDetections | InputError]]] = deque()
        try:
            for batch in _batches(items, self._back_end.batch_size):
                under_way.append(self._begin(batch))
                if len(under_way) == self._back_end.batches_under_way:
                    yield from under_way.popleft()()
        except Exception:
            while under_way:
                yield from under_way.popleft()()
            raise
        else:
            while under_way:
                yield from under_way.popleft()()
        finally:  # also when nobody wants the rest
            for wait in under_way:
                wait()

    def _begin(
        self, batch: Sequence[Prepared | InputError]
    ) -> Callable[[], list[FileDetections | InputError]]:
        """Hand over what was prepared; the function returned waits for all outcomes, in order."""
        prepared = [item for item in batch if isinstance(item, Prepared)]
        begun: Callable[[], list[Found]] | OutOfDeviceMemory
        try:
            squares = [item.square for item in prepared]
            begun = self._back_end.begin(np.stack(squares)) if squares else list
        except OutOfDeviceMemory as error:
            begun = error

        def wait() -> list[FileDetections | InputError]:
            try:
                if isinstance(begun, OutOfDeviceMemory):
                    raise begun
                found = iter(begun())
            except OutOfDeviceMemory:
                return [
                    _no_memory(item.identity.source) if isinstance(item, Prepared) else item
                    for item in batch
                ]
            return [
                self._in_image(item, next(found)) if isinstance(item, Prepared) else item
                for item in batch
            ]

        return wait

    def _in_image(self, prepared: Prepared, found: Found) -> FileDetections:
        height, width = prepared.shape
        boxes, scores = boxes_in_image(
            prepared.image_map, found.boxes, found.scores, (width, height)
        )
        detections = Detections(boxes, scores, found.exam_score, self.identity)
        return FileDetections(prepared.identity, prepared.shape, prepared.doubts, detections)


T = TypeVar("T")


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Group items; a smaller group comes at the end and before what ``items`` raises."""
    batch: list[T] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _detections(outcome: FileDetections | InputError) -> Detections:
    if isinstance(outcome, InputError):
        raise outcome
    return outcome.detections


def _no_memory(source: str) -> DeviceMemoryError:
    return DeviceMemoryError(source, "the network does not fit beside what is there")
