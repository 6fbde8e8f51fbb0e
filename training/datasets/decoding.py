"""Radiographs decoded and fitted, in as many processes as pay."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.dicom.reading import read_radiograph
from detector.errors import DamagedFileError
from detector.preparation import ImageMap, prepare
from detector.presets import Preset

IMAGES_PER_PROCESS = 400
"""From which on a further process pays: it imports the program first, which takes seconds; an
image takes 5 to 20 ms."""

CHUNK = 16
"""Images that a process is given at a time."""


class Decoded(NamedTuple):
    """One radiograph as the network sees it, and what identifies it.

    ``digest`` is that of the stored pixels, whatever file they came in.
    """

    square: NDArray[np.uint8]
    image_map: ImageMap
    extent: tuple[int, int]
    digest: str
    sop_instance_uid: str


def decode(path: Path, size: int, preset: Preset) -> Decoded:
    """Decode, render and fit one radiograph exactly as inference does.

    Raises
    ------
    detector.errors.InputError
        When the file cannot be read.
    """
    radiograph = read_radiograph(path)
    square, image_map = prepare(radiograph, size, preset)
    height, width = radiograph.pixels.shape
    digest = hashlib.blake2b(f"{radiograph.pixels.dtype.str} {height} {width}".encode())
    digest.update(radiograph.pixels.tobytes())
    return Decoded(
        square,
        image_map,
        (width, height),
        digest.hexdigest()[:32],
        radiograph.identity.sop_instance_uid,
    )


def decode_many(
    paths: Sequence[Path], size: int, preset: Preset, processes: int | None = None
) -> Generator[Decoded, None, None]:
    """Decode radiographs in their order.

    Parameters
    ----------
    paths
        The files.
    size, preset
        As for :func:`detector.preparation.prepare`.
    processes
        How many decode; by default as many as there are cores, if there is enough for each.

    Raises
    ------
    detector.errors.InputError
        When a file cannot be read.
    RuntimeError
        When the processes do not start, since they run the calling script again from its top.
    """
    decode_one = partial(decode, size=size, preset=preset)
    if processes is None:
        processes = min(os.cpu_count() or 1, len(paths) // IMAGES_PER_PROCESS)
    if processes < 2:
        yield from map(decode_one, paths)
        return
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),  # a fork would copy torch's locks
        initializer=cv2.setNumThreads,
        initargs=(1,),
    )
    done = 0
    try:
        _require_running(pool)
        for decoded in pool.map(decode_one, paths, chunksize=CHUNK):
            yield decoded
            done += 1
    except BrokenProcessPool as error:
        raise DamagedFileError(
            str(paths[done]), "a decoder broke down on it or on one of the files that follow"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _require_running(pool: ProcessPoolExecutor) -> None:
    """A spawned process imports the script that spawned it before it does anything else."""
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "the processes that decode radiographs ended before they began; if a script of yours "
            'calls this, put what it does under `if __name__ == "__main__":`'
        ) from error
