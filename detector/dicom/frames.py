"""One frame out of pixel data: decoded, in its stored values, and never silently half or wrong."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread, uid
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import apply_color_lut, get_decoder

from detector.dicom.codestreams import is_complete, read_codestream
from detector.dicom.elements import quiet_pydicom
from detector.dicom.headers import Header
from detector.errors import (
    DamagedFileError,
    DecoderMissingError,
    InputError,
    UnsupportedImageError,
)

Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int16]
Samples = NDArray[np.integer[Any]]

# The decoder of each compressed syntax, as pydicom names its plugins, and the package to install.
_DECODERS = {
    uid.JPEGBaseline8Bit: ("pillow", "Pillow"),
    uid.JPEGExtended12Bit: ("pillow", "Pillow"),
    uid.JPEGLossless: ("gdcm", "python-gdcm"),
    uid.JPEGLosslessSV1: ("gdcm", "python-gdcm"),
    uid.JPEGLSLossless: ("pyjpegls", "pyjpegls"),
    uid.JPEGLSNearLossless: ("pyjpegls", "pyjpegls"),
    uid.JPEG2000Lossless: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.JPEG2000: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.HTJ2KLossless: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.HTJ2KLosslessRPCL: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.HTJ2K: ("pylibjpeg", "pylibjpeg-openjpeg"),
    uid.RLELossless: ("pylibjpeg", "pylibjpeg-rle"),
}
_TWELVE_BIT_JPEG_DECODER = ("pylibjpeg", "pylibjpeg-libjpeg")
_DISCRETE_COSINE_JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
_ALWAYS_LOSSY = (*_DISCRETE_COSINE_JPEG, uid.JPEGLSNearLossless)
_PERHAPS_LOSSY = (uid.JPEG2000, uid.HTJ2K)
_ITEM, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """One decoded frame.

    Attributes
    ----------
    pixels
        ``[H, W]``: uint8 for up to 8 unsigned bits, uint16 for more, int16 for signed values.
    bits_stored
        Bits of one value.
    is_signed
        Whether values are two's complement.
    is_colour
        Whether ``pixels`` is the luminance of a colour image.
    is_lossy
        Whether it was ever compressed with loss.
    """

    pixels: Pixels
    bits_stored: int
    is_signed: bool
    is_colour: bool
    is_lossy: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    """The Image Pixel module, PS3.3 C.7.6.3, in pydicom's names for decoding options."""

    rows: int
    columns: int
    samples_per_pixel: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    pixel_representation: int
    photometric_interpretation: str
    planar_configuration: int
    number_of_frames: int

    @property
    def is_signed(self) -> bool:
        return self.pixel_representation == 1


def read_frame(header: Header, data: bytes, index: int, source: str) -> Frame:
    """Decode frame ``index`` of an image whose file holds ``data``; no other frame is decoded.

    Colour is read as luminance (PS3.3 C.7.6.3.1.2) and noted in the header's notes.

    Raises
    ------
    IndexError
        If the image has no such frame.
    DamagedFileError
        If the frame is incomplete, or contradicts the header.
    DecoderMissingError
        If nothing installed decodes its transfer syntax.
    UnsupportedImageError
        If it does not hold 8 or 16 bits allocated in 1 or 3 samples.
    """
    if not 0 <= index < header.frame_count:
        raise IndexError(f"frame {index} of an image with {header.frame_count}")
    layout = _layout_of(header, source)
    if header.transfer_syntax.is_encapsulated:
        samples, photometric = _decode_compressed(header, layout, data, index, source)
    else:
        samples, photometric = _read_native(header, layout, data, index, source)
    if photometric == "PALETTE COLOR":
        with quiet_pydicom(), _damage_reported(source, "its palette is unusable"):
            samples = apply_color_lut(samples, header.elements.dataset)
    is_lossy = _is_lossy(header)
    is_colour = samples.ndim == 3
    if is_colour:
        header.elements.note("A colour image, shown by its luminance.")
        bits = samples.dtype.itemsize * 8 if photometric == "PALETTE COLOR" else layout.bits_stored
        samples = _luminance(samples, photometric)
    else:
        bits = layout.bits_stored
    values = _significant_values(header, layout, samples, bits, is_lossy and not is_colour)
    return Frame(values, bits, layout.is_signed, is_colour, is_lossy)


def _layout_of(header: Header, source: str) -> _Layout:
    def integer(keyword: str, default: int) -> int:
        value = header.elements.integer(keyword)
        return default if value is None else value

    with quiet_pydicom():
        bits_allocated = header.elements.integer("BitsAllocated")
        if bits_allocated is None:
            raise DamagedFileError(source, "it does not say how many bits a pixel has")
        bits_stored = integer("BitsStored", bits_allocated)
        samples_per_pixel = integer("SamplesPerPixel", 1)
        layout = _Layout(
            rows=header.rows,
            columns=header.columns,
            samples_per_pixel=samples_per_pixel,
            bits_allocated=bits_allocated,
            bits_stored=bits_stored,
            high_bit=integer("HighBit", bits_stored - 1),
            pixel_representation=integer("PixelRepresentation", 0),
            photometric_interpretation=header.elements.text("PhotometricInterpretation")
            or ("MONOCHROME2" if samples_per_pixel == 1 else "RGB"),
            planar_configuration=integer("PlanarConfiguration", 0),
            number_of_frames=header.frame_count,
        )
    if layout.bits_allocated not in (8, 16):
        raise UnsupportedImageError(source, f"a pixel has {layout.bits_allocated} bits allocated")
    if layout.samples_per_pixel not in (1, 3):
        raise UnsupportedImageError(source, f"a pixel has {layout.samples_per_pixel} samples")
    if not 1 <= layout.bits_stored <= layout.bits_allocated or layout.pixel_representation not in (
        0,
        1,
    ):
        raise DamagedFileError(source, "what it says of its pixels' bits makes no sense")
    return layout


def _read_native(
    header: Header, layout: _Layout, data: bytes, index: int, source: str
) -> tuple[Samples, str]:
    value = memoryview(_pixel_bytes(header, data, source))
    samples = 2 if layout.photometric_interpretation == "YBR_FULL_422" else layout.samples_per_pixel
    frame_length = layout.rows * layout.columns * samples * layout.bits_allocated // 8
    if len(value) < (index + 1) * frame_length:
        present = max(0, len(value) - index * frame_length)
        raise DamagedFileError(
            source, f"its pixels break off after {present} of {frame_length} bytes"
        )
    return _decode_with_pydicom(
        header, layout, value, index, source, view_only=True, pixel_vr=header.pixels.vr
    )


def _decode_compressed(
    header: Header, layout: _Layout, data: bytes, index: int, source: str
) -> tuple[Samples, str]:
    plugin, package = _DECODERS.get(header.transfer_syntax, ("", ""))
    frame = _compressed_frame(header, data, index, source)
    codestream = None
    if header.transfer_syntax != uid.RLELossless:
        if not is_complete(frame):
            raise DamagedFileError(source, "its compressed pixels break off")
        codestream = read_codestream(frame)
        if codestream is None:
            raise DamagedFileError(source, f"its pixels are not {header.transfer_syntax.name}")
        if codestream.components != layout.samples_per_pixel:
            raise DamagedFileError(source, "header and pixels differ in their number of samples")
        if (codestream.rows, codestream.columns) != (layout.rows, layout.columns):
            raise DamagedFileError(
                source,
                f"its header says {layout.columns} × {layout.rows} pixels, "
                f"its compressed pixels {codestream.columns} × {codestream.rows}",
            )
    if header.transfer_syntax in _DISCRETE_COSINE_JPEG and codestream is not None:
        if codestream.precision == 8 and codestream.components == 1:
            return _decode_grey_jpeg(frame, source), layout.photometric_interpretation
        if codestream.precision > 8:
            plugin, package = _TWELVE_BIT_JPEG_DECODER
    if not plugin or plugin not in get_decoder(header.transfer_syntax).available_plugins:
        raise _decoder_missing(header, package, source)
    return _decode_with_pydicom(
        header, layout, encapsulate([frame], has_bot=False), 0, source, decoding_plugin=plugin
    )


def _pixel_bytes(header: Header, data: bytes, source: str) -> bytes | memoryview:
    """The value of Pixel Data, as far as the file holds it."""
    if header.transfer_syntax == uid.DeflatedExplicitVRLittleEndian:
        with quiet_pydicom(), _damage_reported(source, "it cannot be inflated"):
            return bytes(dcmread(BytesIO(data)).PixelData)
    start, length = header.pixels.offset, header.pixels.length
    return memoryview(data)[start : None if length is None else start + length]


def _compressed_frame(header: Header, data: bytes, index: int, source: str) -> bytes:
    """The codestream of one frame, put together from its fragments (PS3.5 A.4)."""
    _check_fragments(header, data, source)
    stream = BytesIO(data)
    stream.seek(header.pixels.offset)
    offsets = header.elements.data("ExtendedOffsetTable")
    lengths = header.elements.data("ExtendedOffsetTableLengths")
    with quiet_pydicom(), _damage_reported(source, f"frame {index + 1} is not where it should be"):
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


def _decode_grey_jpeg(frame: bytes, source: str) -> Samples:
    """8-bit grey JPEG by OpenCV, whose values are Pillow's in little more than half the time."""
    flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    with _damage_reported(source, "its compressed pixels cannot be decoded"):
        pixels = cv2.imdecode(np.frombuffer(frame, np.uint8), flags)
    if pixels is None:
        raise DamagedFileError(source, "its compressed pixels cannot be decoded")
    return pixels


def _decode_with_pydicom(
    header: Header,
    layout: _Layout,
    value: bytes | memoryview,
    index: int,
    source: str,
    **options: Any,
) -> tuple[Samples, str]:
    """Samples ``[H, W]`` or ``[H, W, 3]`` and the photometric interpretation that they now have."""
    image_pixel = {name: getattr(layout, name) for name in _Layout.__slots__ if name != "high_bit"}
    with quiet_pydicom(), _damage_reported(source, "its pixels cannot be decoded"):
        samples, decoded = get_decoder(header.transfer_syntax).as_array(
            value,
            index=index,
            validate=False,
            raw=True,
            pixel_keyword="PixelData",
            correct_unused_bits=False,
            **image_pixel,
            **options,
        )
    return samples, str(decoded["photometric_interpretation"])


@contextmanager
def _damage_reported(source: str, detail: str) -> Iterator[None]:
    """Whatever a decoder makes of damaged data is damage: they let errors of every kind out."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise DamagedFileError(source, detail) from error


def _decoder_missing(header: Header, package: str, source: str) -> DecoderMissingError:
    named = f"its pixels are compressed as {header.transfer_syntax.name}"
    hint = f", which needs the Python package {package}" if package else ", which nothing reads"
    return DecoderMissingError(source, named + hint)


def _is_lossy(header: Header) -> bool:
    """Lossy Image Compression (0028,2110), or a syntax that loses; J2K says so itself or does."""
    declared = header.elements.text("LossyImageCompression")
    if declared == "01" or header.transfer_syntax in _ALWAYS_LOSSY:
        return True
    return header.transfer_syntax in _PERHAPS_LOSSY and declared != "00"


def _luminance(samples: Samples, photometric: str) -> Samples:
    """``[H, W]`` luminance of ``[H, W, 3]`` RGB or YCbCr samples (ITU-R BT.601, as in C.7.6.3.1.2)."""
    if photometric.startswith("YBR"):
        return samples[..., 0]
    return cv2.cvtColor(np.ascontiguousarray(samples), cv2.COLOR_RGB2GRAY)


def _significant_values(
    header: Header, layout: _Layout, samples: Samples, bits: int, is_lossy: bool
) -> Pixels:
    """Stored values as numbers: only the bits that belong to them, with their sign.

    Unused high bits may hold overlays or nothing in particular (PS3.5 8.1.1) and are removed.
    Values past the range after lossy compression are overshoots, which are clipped instead.
    """
    is_bitwise = header.transfer_syntax == uid.RLELossless or not (
        header.transfer_syntax.is_encapsulated
    )
    values = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if is_bitwise and values.ndim == 2 and layout.high_bit >= bits and not layout.is_signed:
        values = values >> (layout.high_bit + 1 - bits)
    low, high = (
        (-(1 << bits - 1), (1 << bits - 1) - 1) if layout.is_signed else (0, (1 << bits) - 1)
    )
    if values.min() < low or values.max() > high:
        if is_lossy:
            values = np.clip(values, low, high)
            header.elements.note("Values past the range of Bits Stored were clipped.")
        elif layout.is_signed:
            unused = values.dtype.itemsize * 8 - bits
            values = values << unused >> unused
        else:
            values = values & high
            header.elements.note("Bits above Bits Stored were removed.")
    if layout.is_signed:
        return np.ascontiguousarray(values, np.int16)
    return np.ascontiguousarray(values, np.uint8 if bits <= 8 else np.uint16)
