"""Small DICOM files for tests, right or wrong in one respect."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import config, uid
from pydicom.dataset import Dataset, FileMetaDataset

RAMP = np.arange(12, dtype=np.uint16).reshape(3, 4) * 300


def dicom(
    pixels: NDArray[np.integer[Any]] | bytes = RAMP,
    syntax: uid.UID = uid.ExplicitVRLittleEndian,
    preamble: bool = True,
    **elements: Any,
) -> bytes:
    """A small DX file; elements of value None are left out."""
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.Modality = "DX"
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.SamplesPerPixel = 1
    if not isinstance(pixels, bytes):
        dataset.Rows, dataset.Columns = pixels.shape[-2:]
        dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.itemsize
        dataset.HighBit = dataset.BitsStored - 1
        dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
        order = ">" if syntax == uid.ExplicitVRBigEndian else "<"
        pixels = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
        pixels += b"\0" * (len(pixels) % 2)
    dataset.PixelData = pixels
    dataset["PixelData"].VR = "OW" if dataset.get("BitsAllocated", 8) == 16 else "OB"
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    stream = BytesIO()
    if preamble:
        dataset.save_as(stream, enforce_file_format=True)
    else:
        del dataset.file_meta
        dataset.save_as(
            stream, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian
        )
    return stream.getvalue()


def raw_dicom(keyword: str, text: bytes, **elements: Any) -> bytes:
    """A DX file in which one element holds bytes that pydicom would not write."""
    placeholder = "7" * (len(text) + len(text) % 2)
    with config.disable_value_validation():
        data = dicom(**elements, **{keyword: placeholder})
    assert data.count(placeholder.encode()) == 1
    return data.replace(placeholder.encode(), text.ljust(len(placeholder)))


def image_pixel(rows: int, columns: int, bits: int) -> dict[str, int]:
    return {
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
    }
