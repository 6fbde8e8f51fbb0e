"""The first bytes of compressed frames: what a codestream says of itself.

DICOM headers and codestreams disagree in the field, and decoders believe the codestream. Reading
both keeps a frame from being shown in the wrong shape or half.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_JPEG_START = b"\xff\xd8"
_JPEG_2000_START = b"\xff\x4f\xff\x51"
_END = b"\xff\xd9"
# Start of frame, ITU-T T.81 table B.1: all of 0xC0..0xCF but DHT, JPG and DAC; and JPEG-LS's SOF55.
_JPEG_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA
_MARKERS_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


@dataclass(frozen=True, slots=True)
class Codestream:
    """Size and depth of a JPEG, JPEG-LS or JPEG 2000 codestream."""

    rows: int
    columns: int
    components: int
    precision: int


def read_codestream(frame: bytes) -> Codestream | None:
    """What the frame's own header says, or None if it has none."""
    if frame.startswith(_JPEG_2000_START):
        return _read_jpeg_2000(frame)
    return _read_jpeg(frame) if frame.startswith(_JPEG_START) else None


def is_complete(frame: bytes) -> bool:
    """Whether the codestream reaches its end marker: EOI of JPEG, EOC of JPEG 2000.

    Zeros may follow it, or one byte of any value, with which some writers make the length even.
    """
    return frame.rstrip(b"\0").endswith(_END) or frame[-3:-1] == _END


def _read_jpeg(frame: bytes) -> Codestream | None:
    """The frame header, if marker segments follow one another from SOI to the scan (T.81 B.2)."""
    found = None
    position = 2
    while position + 4 <= len(frame) and frame[position] == 0xFF:
        marker = frame[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _MARKERS_WITHOUT_LENGTH:
            position += 2
            continue
        if marker == _START_OF_SCAN:
            return found
        if marker in _JPEG_FRAME_MARKERS and position + 10 <= len(frame):
            precision, rows, columns, components = struct.unpack_from(">BHHB", frame, position + 4)
            found = Codestream(rows, columns, components, precision)
        position += 2 + int(struct.unpack_from(">H", frame, position + 2)[0])
    return None


def _read_jpeg_2000(frame: bytes) -> Codestream | None:
    """The SIZ segment, ITU-T T.800 A.5.1."""
    if len(frame) < 43:
        return None
    width, height, left, top = struct.unpack_from(">4I", frame, 8)
    (components,) = struct.unpack_from(">H", frame, 40)
    return Codestream(height - top, width - left, components, (frame[42] & 0x7F) + 1)
