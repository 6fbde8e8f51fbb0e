"""Objects from one process to another: small ones through the pipe, pixels in shared memory.

Arrays are pickled out of band (pickle protocol 5, PEP 574) into one anonymous block of memory
whose descriptor crosses the pipe. The block has no name, so the kernel frees it with its last
user: nothing is left behind when either process is killed at any instant. The receiver's arrays
lie in the block itself, so that receiving megabytes copies nothing.
"""

from __future__ import annotations

import mmap
import os
import pickle
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import IO, Any

_PIPE_LIMIT = 64 * 1024
_ALIGNMENT = 64


@dataclass(frozen=True, slots=True)
class Parcel:
    """An object ready to be sent."""

    body: bytes
    sizes: tuple[int, ...]
    block: IO[bytes] | None


def pack(value: object) -> Parcel:
    """Pickle an object, its arrays into a block of their own unless they are small.

    Raises
    ------
    OSError
        There is no memory for the block.
    """
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    sizes = tuple(view.nbytes for view in views)
    if sum(sizes) <= _PIPE_LIMIT:
        return Parcel(pickle.dumps(value, protocol=5), (), None)
    block = _anonymous_file()
    for view, offset in zip(views, _offsets(sizes), strict=True):
        block.seek(offset)
        block.write(view)
    block.flush()
    return Parcel(body, sizes, block)


def send(connection: Connection, parcel: Parcel) -> None:
    """Send over a pipe to the parent process.

    Raises
    ------
    OSError
        Nobody listens any more.
    """
    connection.send((parcel.body, parcel.sizes))
    if parcel.block is not None:
        with parcel.block:
            send_handle(connection, parcel.block.fileno(), os.getppid())


def receive(connection: Connection) -> Any:
    """Receive what the other process sent; arrays of any size are writable and not copied.

    Raises
    ------
    EOFError, OSError
        The other process has ended, perhaps in the middle of sending.
    """
    body, sizes = connection.recv()
    if not sizes:
        return pickle.loads(body)
    handle = recv_handle(connection)
    try:
        memory = memoryview(mmap.mmap(handle, 0))
    finally:
        os.close(handle)
    places = zip(_offsets(sizes), sizes, strict=True)
    return pickle.loads(body, buffers=[memory[start : start + size] for start, size in places])


def _offsets(sizes: Sequence[int]) -> list[int]:
    whole = [-(-size // _ALIGNMENT) * _ALIGNMENT for size in sizes]
    return list(accumulate(whole, initial=0))[:-1]


def _anonymous_file() -> IO[bytes]:
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("pneumo-result"), "wb")
    return tempfile.TemporaryFile()
