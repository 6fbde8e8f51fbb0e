"""One frame out of pixel data: in its stored values, and never silently half or wrong."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread, uid
from pydicom.encaps import get_frame
from pydicom.pixels.processing import apply_color_lut

from detector.dicom.decoding import (
    Samples,
    damage_reported,
    decode_compressed,
    decode_native,
    is_native,
    require_decoder,
)
from detector.dicom.elements import quiet_pydicom
from detector.dicom.headers import Header
from detector.dicom.image_pixel import ImagePixel, image_pixel_of
from detector.errors import DamagedFileError

Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int16]

_ALWAYS_LOSSY = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLSNearLossless)
_PERHAPS_LOSSY = (uid.JPEG2000, uid.HTJ2K)
_ITEM, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """One decoded frame.

    Attributes
    ----------
    pixels
        ``[H, W]``: uint8 for up to 8 unsigned bits, uint16 for more, int16 for signed values.
    bits_stored, is_signed
        What one value is.
    is_colour
        Whether ``pixels`` is the luminance of a colour image.
    is_lossy
        Whether the image was ever compressed with loss.
    """

    pixels: Pixels
    bits_stored: int
    is_signed: bool
    is_colour: bool
    is_lossy: bool


def read_frame(header: Header, data: bytes, index: int, source: str) -> Frame:
    """Decode frame ``index`` of an image whose file holds ``data``; no other frame is decoded.

    Colour is read as luminance. That, and anything odd about the frame, is noted in the header's
    notes.

    Raises
    ------
    IndexError
        If the image has no such frame.
    DamagedFileError
        If the frame is incomplete, or contradicts the header.
    DecoderMissingError
        If nothing installed decodes its transfer syntax.
    UnsupportedImageError
        Unless it has 8 or 16 bits allocated in 1 sample, or in 3 without a sign.
    """
    if not 0 <= index < header.frame_count:
        raise IndexError(f"frame {index} of an image with {header.frame_count}")
    layout = image_pixel_of(header, source)
    is_lossy = _is_lossy(header)
    require_decoder(header.transfer_syntax, source)
    if is_native(header.transfer_syntax):
        samples, photometric = _native_frame(header, layout, data, index, source)
    else:
        codestream = _compressed_frame(header, data, index, source)
        samples, photometric = decode_compressed(codestream, header.transfer_syntax, layout, source)
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if photometric == "PALETTE COLOR":
        with quiet_pydicom(), damage_reported(source, "its palette cannot be used"):
            samples = apply_color_lut(samples, header.elements.dataset)
        bits = samples.dtype.itemsize * 8
        layout = replace(layout, bits_stored=bits, high_bit=bits - 1, is_signed=False)
    is_colour = samples.ndim == 3
    if is_colour:
        header.elements.note("A colour image, shown by its luminance.")
        samples = _luminance(samples, photometric)
    pixels = _stored_values(header, layout, samples, is_lossy)
    return Frame(pixels, layout.bits_stored, layout.is_signed, is_colour, is_lossy)


def _native_frame(
    header: Header, layout: ImagePixel, data: bytes, index: int, source: str
) -> tuple[Samples, str]:
    if header.transfer_syntax == uid.DeflatedExplicitVRLittleEndian:
        with quiet_pydicom(), damage_reported(source, "it cannot be inflated"):
            value = memoryview(dcmread(BytesIO(data), force=True).PixelData)
    else:
        start, length = header.pixels.offset, header.pixels.length
        value = memoryview(data)[start : None if length is None else start + length]
    expected = layout.frame_length
    present = max(0, len(value) - index * expected)
    if present < expected:
        raise DamagedFileError(source, f"its pixels break off after {present} of {expected} bytes")
    return decode_native(value, header.pixels.vr, header.transfer_syntax, layout, index, source)


def _compressed_frame(header: Header, data: bytes, index: int, source: str) -> bytes:
    """The codestream of one frame, put together from its fragments (PS3.5 A.4)."""
    _check_fragments(header, data, source)
    stream = BytesIO(data)
    stream.seek(header.pixels.offset)
    offsets = header.elements.data("ExtendedOffsetTable")
    lengths = header.elements.data("ExtendedOffsetTableLengths")
    with quiet_pydicom(), damage_reported(source, f"frame {index + 1} is not where it should be"):
        return get_frame(
            stream,
            index,
            number_of_frames=header.frame_count,
            extended_offsets=(offsets, lengths) if offsets and lengths else None,
        )


def _check_fragments(header: Header, data: bytes, source: str) -> None:
    """Walk the items of encapsulated pixel data, so that none is missing its end."""
    position = header.pixels.offset
    while position + 8 <= len(data):
        group, element, length = struct.unpack_from("<HHL", data, position)
        tag = group << 16 | element
        if tag == _SEQUENCE_END:
            return
        if tag != _ITEM:
            raise DamagedFileError(source, "its compressed pixels are not divided into items")
        position += 8 + length
    if position != len(data):
        raise DamagedFileError(source, "its compressed pixels break off")
    header.elements.note("The file ends without closing its pixel data.")


def _is_lossy(header: Header) -> bool:
    """By Lossy Image Compression (0028,2110), or a syntax that may lose and is not denied to."""
    declared = header.elements.text("LossyImageCompression")
    if declared == "01" or header.transfer_syntax in _ALWAYS_LOSSY:
        return True
    return header.transfer_syntax in _PERHAPS_LOSSY and declared != "00"


def _luminance(samples: Samples, photometric: str) -> Samples:
    """``[H, W]`` luminance of ``[H, W, 3]`` RGB or YCbCr samples, by ITU-R BT.601 for both."""
    if photometric.startswith("YBR"):
        return samples[..., 0]
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(samples), cv2.COLOR_RGB2GRAY))


def _stored_values(header: Header, layout: ImagePixel, values: Samples, is_lossy: bool) -> Pixels:
    """Samples as numbers: only the bits that belong to them, with their sign.

    Unused bits may hold overlays or nothing in particular (PS3.5 8.1.1) and are removed. Past the
    range in a lossy codestream there are no other bits but overshoots, which are clipped.
    """
    syntax, bits = header.transfer_syntax, layout.bits_stored
    low, high = layout.value_range
    is_codestream = not is_native(syntax) and syntax != uid.RLELossless
    if not is_codestream:
        values = values >> (layout.high_bit + 1 - bits)
    if values.min() < low or values.max() > high:
        if is_codestream and is_lossy:
            header.elements.note("Values past the range of Bits Stored were clipped.")
            values = values.clip(low, high)
        elif layout.is_signed:
            unused = values.dtype.itemsize * 8 - bits
            values = values << unused >> unused
        else:
            header.elements.note("Bits above Bits Stored were removed.")
            values = values & high
    if layout.is_signed:
        return np.ascontiguousarray(values, np.int16)
    if bits <= 8:
        return np.ascontiguousarray(values, np.uint8)
    return np.ascontiguousarray(values, np.uint16)
