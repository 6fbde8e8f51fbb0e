"""PNG and JPEG pictures of radiographs, which carry no DICOM facts."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.dicom.codestreams import Codestream, is_complete, read_codestream
from detector.errors import DamagedFileError, UnsupportedImageError

_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8\xff"


def looks_like_picture(start: bytes) -> bool:
    """Whether a file that begins so is a PNG or JPEG picture."""
    return start.startswith((_PNG_START, _JPEG_START))


def picture_size(data: bytes, source: str) -> tuple[int, int]:
    """Rows and columns, from the picture's header alone."""
    header = _picture_header(data)
    if header is None:
        raise DamagedFileError(source, "its header breaks off")
    return header.rows, header.columns


def read_picture(
    data: bytes, source: str, notes: list[str]
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Grey values ``[H, W]``: uint8, or uint16 for a PNG of 16 bits.

    Colour is read as luminance, and noted. An orientation in a JPEG's Exif data is not applied,
    since boxes refer to the picture as it is stored.
    """
    header = _picture_header(data)
    if header is None:
        raise DamagedFileError(source, "its header breaks off")
    if header.precision > 8 and not data.startswith(_PNG_START):
        raise UnsupportedImageError(source, f"a JPEG picture with {header.precision} bits")
    is_whole = _is_whole_png(data) if data.startswith(_PNG_START) else is_complete(data)
    if not is_whole:
        raise DamagedFileError(source, "the picture breaks off or was altered")
    flags = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise DamagedFileError(source, "the picture cannot be decoded") from error
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        raise DamagedFileError(source, "the picture cannot be decoded")
    if header.components > 1:
        notes.append("A colour image, shown by its luminance.")
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    return pixels.astype(np.uint16, copy=False)


def _picture_header(data: bytes) -> Codestream | None:
    if not data.startswith(_PNG_START):
        return read_codestream(data)
    if len(data) < 26:
        return None
    columns, rows, precision, colour_type = struct.unpack_from(">IIBB", data, 16)
    return Codestream(rows, columns, 1 if colour_type in (0, 4) else 3, precision)


def _is_whole_png(data: bytes) -> bool:
    """Whether every chunk is there with the right checksum, up to IEND."""
    position = len(_PNG_START)
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 12 + length
        if end > len(data):
            return False
        chunk = data[position + 4 : end - 4]
        if zlib.crc32(chunk) != struct.unpack_from(">I", data, end - 4)[0]:
            return False
        if chunk.startswith(b"IEND"):
            return True
        position = end
    return False
