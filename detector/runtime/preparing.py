"""Reading and preparing ahead of the network, in order, by threads or processes.

Nothing here imports torch, so that a process that reads starts fast and stays small.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.dicom.reading import read_identity, read_radiograph, require_projection
from detector.errors import InputError
from detector.input_gate import Doubt, examine
from detector.preparation import ImageMap, prepare
from detector.presets import Preset
from detector.radiograph import ImageIdentity, Radiograph

FEW_FILES: Final = 100
"""Up to here processes would start in more time than they save."""
FEW_CORES: Final = 4
"""Up to here threads do: they wait for each other only in Python code, a small part of reading."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """One radiograph as the network takes it, and the way back.

    Attributes
    ----------
    identity
        Of the image.
    shape
        Its height and width in pixels.
    square
        ``[S, S]``.
    image_map
        From the image to the square.
    doubts
        Of a file: whether it is what the network was trained on.
    """

    identity: ImageIdentity
    shape: tuple[int, int]
    square: NDArray[np.uint8]
    image_map: ImageMap
    doubts: tuple[Doubt, ...] = ()


def prepare_radiograph(radiograph: Radiograph, preset: Preset) -> Prepared:
    """Prepare a radiograph for the network of a preset."""
    square, image_map = prepare(radiograph, preset.input_size, preset)
    height, width = radiograph.pixels.shape
    return Prepared(radiograph.identity, (height, width), square, image_map)


def prepare_file(preset: Preset, path: Path) -> Prepared | InputError:
    """Read a radiograph's first frame, prepare it and say what is doubtful, or why it cannot be."""
    try:
        require_projection(read_identity(path))
        radiograph = read_radiograph(path)
        return replace(prepare_radiograph(radiograph, preset), doubts=examine(radiograph))
    except InputError as error:
        return error


def prepare_all(
    radiographs: Iterable[Radiograph], preset: Preset, ahead: int
) -> Generator[Prepared, None, None]:
    """Prepare radiographs in one thread, which also runs ``radiographs``.

    Parameters
    ----------
    ahead
        How many are prepared and not yet given, at most.
    """
    prepared = (prepare_radiograph(radiograph, preset) for radiograph in radiographs)
    with _ending(ThreadPoolExecutor(1, thread_name_prefix="prepare")) as thread:
        items = _map_ahead(thread, lambda _: next(prepared, None), repeat(None), ahead)
        while (item := next(items)) is not None:
            yield item


def prepare_files(
    paths: Sequence[Path], preset: Preset, ahead: int
) -> Generator[Prepared | InputError, None, None]:
    """Read and prepare files on all cores, and give them in order.

    Parameters
    ----------
    ahead
        How many, beside those that are being read, are prepared and not yet given, at most.
    """
    cores = os.cpu_count() or 1
    with _ending(_readers(len(paths), cores)) as readers:
        yield from _map_ahead(readers, partial(prepare_file, preset), paths, cores + ahead)


@contextmanager
def _ending(executor: Executor) -> Iterator[Executor]:
    """Give an executor; at the end what runs is waited for, and what does not run is dropped."""
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _readers(file_count: int, cores: int) -> Executor:
    if cores <= FEW_CORES or file_count <= FEW_FILES:
        return ThreadPoolExecutor(cores, thread_name_prefix="read")
    # Not by fork: that copies a process in which torch has threads and a GPU is in use.
    return ProcessPoolExecutor(
        cores, mp_context=get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)
    )


def _map_ahead(
    executor: Executor, function: Callable[[T], R], items: Iterable[T], count: int
) -> Iterator[R]:
    """Map in order, with ``count`` items running, done and not yet given, or waiting to run."""
    unread = iter(items)
    waiting = deque(executor.submit(function, item) for item in islice(unread, count))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(executor.submit(function, item) for item in islice(unread, 1))
