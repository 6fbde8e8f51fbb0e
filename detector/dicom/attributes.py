"""DICOM attributes that say how to show an image and how large its pixels are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.dicom.elements import Elements
from detector.radiograph import (
    GreyScale,
    LookupTable,
    PixelSpacing,
    Rescale,
    SpacingOrigin,
    VoiFunction,
    Window,
)

_LARGEST_ASPECT = 16.0
"""Pixels longer than so many times their width are taken for a mistake."""


def grey_scale_of(elements: Elements, bits_stored: int, is_signed: bool) -> GreyScale:
    """How stored values become grey values, PS3.3 C.11.1, C.11.2 and C.7.6.3.1.2.

    What is broken is left out with a note in ``elements.notes``: a lookup table whose data does not
    fit its descriptor, a window of width 0, a rescale slope of 0.
    """
    modality_luts = _lookup_tables(elements, "ModalityLUTSequence", is_signed)
    modality = modality_luts[0] if modality_luts else _rescale(elements)
    is_voi_signed = isinstance(modality, Rescale) and (is_signed or modality.intercept < 0)
    return GreyScale(
        bits_stored=bits_stored,
        is_signed=is_signed,
        modality=modality,
        windows=_windows(elements),
        voi_luts=_lookup_tables(elements, "VOILUTSequence", is_voi_signed),
        is_inverted=_is_inverted(elements),
        padding=_padding(elements, is_signed),
    )


def spacing_of(elements: Elements) -> PixelSpacing | None:
    """Pixel spacing and its origin, PS3.3 10.7.1.1 to 10.7.1.3.

    Pixel Spacing (0028,0030) that names its calibration, or differs from the spacing at the
    detector, was corrected to the patient: by a fiducial, or by geometry. Otherwise Imager Pixel
    Spacing (0018,1164) or Nominal Scanned Pixel Spacing (0018,2010) holds at the detector or film,
    and is divided by the Estimated Radiographic Magnification Factor (0018,1114) where there is
    one. Pixel Spacing alone is of unknown origin.
    """
    in_patient = _spacing(elements, "PixelSpacing")
    at_detector = _spacing(elements, "ImagerPixelSpacing") or _spacing(
        elements, "NominalScannedPixelSpacing"
    )
    calibration = elements.text("PixelSpacingCalibrationType")
    if in_patient and calibration == "GEOMETRY":
        return PixelSpacing(*in_patient, SpacingOrigin.MAGNIFIED)
    if in_patient and (calibration == "FIDUCIAL" or at_detector not in (None, in_patient)):
        return PixelSpacing(*in_patient, SpacingOrigin.CALIBRATED)
    if at_detector:
        magnification = elements.number("EstimatedRadiographicMagnificationFactor")
        if magnification and magnification > 1:
            row_mm, column_mm = at_detector
            return PixelSpacing(
                row_mm / magnification, column_mm / magnification, SpacingOrigin.MAGNIFIED
            )
        return PixelSpacing(*at_detector, SpacingOrigin.AT_DETECTOR)
    return PixelSpacing(*in_patient, SpacingOrigin.UNKNOWN) if in_patient else None


def aspect_ratio_of(elements: Elements) -> float:
    """Pixel Aspect Ratio (0028,0034), PS3.3 C.7.6.3.1.7: height divided by width, 1 if absent."""
    numbers = elements.numbers("PixelAspectRatio")
    if not numbers:
        return 1.0
    if len(numbers) == 2 and _is_plausible(*numbers):
        return numbers[0] / numbers[1]
    elements.note("PixelAspectRatio makes no sense and is left out.")
    return 1.0


def _is_plausible(height: float, width: float) -> bool:
    return min(height, width) > 0 and 1 / _LARGEST_ASPECT <= height / width <= _LARGEST_ASPECT


def _spacing(elements: Elements, keyword: str) -> tuple[float, float] | None:
    """Row and column spacing; a single value counts for both."""
    numbers = elements.numbers(keyword)
    if len(numbers) in (1, 2) and _is_plausible(numbers[0], numbers[-1]):
        return numbers[0], numbers[-1]
    if numbers:
        elements.note(f"{keyword} makes no sense and is left out.")
    return None


def _rescale(elements: Elements) -> Rescale:
    slope = elements.number("RescaleSlope")
    if slope == 0:
        elements.note("RescaleSlope is 0 and is taken as 1.")
        slope = None
    return Rescale(
        slope=1.0 if slope is None else slope,
        intercept=elements.number("RescaleIntercept") or 0.0,
    )


def _windows(elements: Elements) -> tuple[Window, ...]:
    """The windows that can be used, with the explanations that belong to them."""
    centers, widths = elements.numbers("WindowCenter"), elements.numbers("WindowWidth")
    if len(centers) != len(widths):
        elements.note("Window centers and widths differ in number; what pairs up is used.")
    name = elements.text("VOILUTFunction").upper() or VoiFunction.LINEAR.value
    try:
        function = VoiFunction(name)
    except ValueError:
        elements.note("The VOI LUT function is unknown; windows are taken as linear.")
        function = VoiFunction.LINEAR
    explanations = elements.texts("WindowCenterWidthExplanation")
    narrowest = 1.0 if function is VoiFunction.LINEAR else np.nextafter(0.0, 1.0)
    windows = []
    for index, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if width < narrowest:
            elements.note("A window that is too narrow to show anything is left out.")
            continue
        explanation = explanations[index] if index < len(explanations) else ""
        windows.append(Window(center, width, function, explanation))
    return tuple(windows)


def _lookup_tables(elements: Elements, keyword: str, is_signed: bool) -> tuple[LookupTable, ...]:
    tables = (_lookup_table(item, is_signed) for item in elements.items(keyword))
    return tuple(table for table in tables if table is not None)


def _lookup_table(item: Elements, is_signed: bool) -> LookupTable | None:
    """One item of a LUT sequence, PS3.3 C.11.1.1; None with a note where it is broken."""
    descriptor = item.numbers("LUTDescriptor")
    entries = _lookup_entries(item)
    if len(descriptor) != 3 or entries is None:
        item.note("A lookup table is incomplete and is left out.")
        return None
    count, first, bits = (int(number) for number in descriptor)
    count = count % 65536 or 65536
    first %= 65536
    if is_signed and first >= 32768:
        first -= 65536
    if len(entries) < count or not 8 <= bits <= 16 or int(entries[:count].max()) >= 2**bits:
        item.note("A lookup table contradicts its own descriptor and is left out.")
        return None
    return LookupTable(first, entries[:count], bits, item.text("LUTExplanation"))


def _lookup_entries(item: Elements) -> NDArray[np.uint16] | None:
    """LUT Data (0028,3006) as words: US values, or OW bytes that may pack two entries a word."""
    data = item.data("LUTData")
    if data is None:
        numbers = item.numbers("LUTData")
        fits = numbers and min(numbers) >= 0 and max(numbers) < 65536
        return np.asarray(numbers, np.uint16) if fits else None
    descriptor = item.numbers("LUTDescriptor")
    count = int(descriptor[0]) % 65536 or 65536 if descriptor else 0
    order = "<" if item.dataset.original_encoding[1] is not False else ">"
    is_packed = len(data) < 2 * count
    entries = np.frombuffer(data[: len(data) // 2 * 2], np.uint8 if is_packed else f"{order}u2")
    return entries.astype(np.uint16) if len(entries) else None


def _is_inverted(elements: Elements) -> bool:
    is_monochrome1 = elements.text("PhotometricInterpretation") == "MONOCHROME1"
    shape = elements.text("PresentationLUTShape")
    if shape in ("IDENTITY", "INVERSE") and (shape == "INVERSE") != is_monochrome1:
        elements.note("Photometric interpretation and presentation LUT shape disagree.")
    return is_monochrome1 or shape == "INVERSE"


def _padding(elements: Elements, is_signed: bool) -> tuple[int, int] | None:
    """Pixel Padding Value (0028,0120) to Pixel Padding Range Limit (0028,0121), closed."""
    value = elements.integer("PixelPaddingValue")
    if value is None:
        return None
    limit = elements.integer("PixelPaddingRangeLimit")
    ends = [_as_stored(end, is_signed) for end in (value, value if limit is None else limit)]
    return min(ends), max(ends)


def _as_stored(value: int, is_signed: bool) -> int:
    """A value of 16 bits whose representation may be that of the other sign."""
    value %= 65536
    return value - 65536 if is_signed and value >= 32768 else value
