"""Read a radiograph from a DICOM file, or from a PNG or JPEG picture.

What a file is is decided by its bytes, never by its name. Everything that can be wrong with it is
raised as one of :mod:`detector.errors`; what is merely odd becomes a note in the radiograph.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

from detector.dicom.attributes import aspect_ratio_of, grey_scale_of, spacing_of
from detector.dicom.frames import read_frame
from detector.dicom.graphics import overlays_of, shutter_of
from detector.dicom.headers import identity_of, looks_like_dicom, read_header
from detector.dicom.pictures import looks_like_picture, picture_size, read_picture
from detector.errors import NotAnImageFileError, NotARadiographError
from detector.files import access_error
from detector.radiograph import GreyScale, ImageIdentity, Radiograph

_PROJECTION_MODALITIES = {"CR", "DX", "RG", "RF", "SC", "OT", "MG", "PX", "IO", "XA", ""}
_START_LENGTH = 132


def read_radiograph(source: Path | bytes, frame: int = 0) -> Radiograph:
    """Read one frame of an image file.

    DICOM with or without preamble and meta header is read in any native or compressed transfer
    syntax for which a decoder is installed; PNG and JPEG are read as pictures without DICOM facts.
    Colour is read as luminance.

    Parameters
    ----------
    source
        A file, or the bytes of one.
    frame
        Index of the frame, from 0. Only this frame is decoded.

    Raises
    ------
    InputError
        The subclass says what is wrong with the file.
    IndexError
        If the image has no such frame.
    """
    data, name = _bytes_of(source)
    if looks_like_picture(data[:_START_LENGTH]):
        return _read_picture(data, name, frame)
    if not looks_like_dicom(data[:_START_LENGTH]):
        raise _not_an_image(data, name)
    header = read_header(BytesIO(data), name)
    decoded = read_frame(header, data, frame, name)
    elements = header.elements.of_frame(frame)
    if decoded.is_colour:
        grey = GreyScale(decoded.bits_stored)
    else:
        grey = grey_scale_of(elements, decoded.bits_stored, decoded.is_signed)
    return Radiograph(
        pixels=decoded.pixels,
        grey=grey,
        spacing=spacing_of(elements),
        identity=identity_of(header, name, lambda: _digest(data)),
        frame=frame,
        is_lossy=decoded.is_lossy,
        aspect_ratio=aspect_ratio_of(elements),
        overlays=overlays_of(elements, frame),
        shutter=shutter_of(elements),
        notes=tuple(elements.notes),  # after everything that adds to them
    )


def read_identity(source: Path) -> ImageIdentity:
    """Read who and what an image is, without its pixels.

    Raises
    ------
    InputError
        As :func:`read_radiograph` does, save what only shows when the pixels are decoded.
    """
    name = str(source)
    try:
        with source.open("rb") as stream:
            start = stream.read(_START_LENGTH)
            if looks_like_picture(start):
                data = start + stream.read()
                return _picture_identity(data, name, *picture_size(data, name))
            if not looks_like_dicom(start):
                raise _not_an_image(start, name)
            stream.seek(0)
            header = read_header(stream, name)
            return identity_of(header, name, lambda: _digest(source.read_bytes()))
    except OSError as error:
        raise access_error(source, error) from error


def require_projection(identity: ImageIdentity) -> None:
    """Refuse images that are not projection radiographs.

    The rule goes by Modality (0008,0060): CR, DX, RG, RF, XA, MG, PX and IO are projections; SC and
    OT may be, as digitised films are, and so may files that name no modality, such as pictures.
    Everything else is refused: CT, MR, US, NM, PT, SM, SEG and the rest.

    Raises
    ------
    NotARadiographError
        With the modality in its sentence.
    """
    if identity.modality not in _PROJECTION_MODALITIES:
        raise NotARadiographError(identity.source, f"its modality is {identity.modality}")


def _bytes_of(source: Path | bytes) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "(in memory)"
    try:
        return source.read_bytes(), str(source)
    except OSError as error:
        raise access_error(source, error) from error


def _not_an_image(start: bytes, name: str) -> NotAnImageFileError:
    found = "its bytes are neither DICOM nor a picture" if start else "it is empty"
    return NotAnImageFileError(name, found)


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _read_picture(data: bytes, name: str, frame: int) -> Radiograph:
    if frame != 0:
        raise IndexError(f"frame {frame} of a picture")
    notes: list[str] = []
    pixels = read_picture(data, name, notes)
    return Radiograph(
        pixels=pixels,
        grey=GreyScale(bits_stored=8 * pixels.dtype.itemsize),
        spacing=None,
        identity=_picture_identity(data, name, *pixels.shape),
        is_lossy=data.startswith(b"\xff\xd8"),
        notes=tuple(notes),
    )


def _picture_identity(data: bytes, name: str, rows: int, columns: int) -> ImageIdentity:
    return ImageIdentity(key=_digest(data), source=name, rows=rows, columns=columns)
