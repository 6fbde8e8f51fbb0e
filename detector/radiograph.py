"""One radiograph as read: stored values and everything needed to show them right.

Nothing here reads files or knows torch: :mod:`detector.dicom.reading` makes these objects and
:mod:`detector.dicom.grey_values` renders them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum

import numpy as np
from numpy.typing import NDArray


class VoiFunction(Enum):
    """VOI LUT Function (0028,1056), PS3.3 C.11.2.1.2."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class Window:
    """Window Center (0028,1050) and Window Width (0028,1051), in modality units."""

    center: float
    width: float
    function: VoiFunction = VoiFunction.LINEAR
    explanation: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class LookupTable:
    """A modality or VOI lookup table, PS3.3 C.11.1.1 and C.11.2.1.1.

    Attributes
    ----------
    first_mapped
        The input value that maps to ``entries[0]``; smaller inputs map there too, and inputs past
        the end map to the last entry.
    entries
        ``[N]`` uint16 output values.
    bits
        Bits of one output value; the output range is ``0 .. 2**bits - 1``.
    explanation
        LUT Explanation (0028,3003).
    """

    first_mapped: int
    entries: NDArray[np.uint16]
    bits: int
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Rescale:
    """Rescale Slope (0028,1053) and Rescale Intercept (0028,1052)."""

    slope: float = 1.0
    intercept: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class GreyScale:
    """How stored values become grey values: modality, then VOI, then presentation.

    Attributes
    ----------
    bits_stored
        Bits Stored (0028,0101), 1 to 16.
    is_signed
        Whether stored values are two's complement.
    modality
        Modality LUT or rescale.
    windows, voi_luts
        The views that the file offers, in the file's order; both may be empty.
    is_inverted
        Whether the last step inverts: MONOCHROME1, or Presentation LUT Shape INVERSE.
    padding
        The closed range of stored values that mean "no pixel", or None.
    """

    bits_stored: int
    is_signed: bool = False
    modality: Rescale | LookupTable = Rescale()
    windows: tuple[Window, ...] = ()
    voi_luts: tuple[LookupTable, ...] = ()
    is_inverted: bool = False
    padding: tuple[int, int] | None = None


class SpacingOrigin(Enum):
    """What a pixel spacing was measured against (PS3.3 10.7.1.3)."""

    CALIBRATED = "calibrated"
    AT_DETECTOR = "at detector"
    MAGNIFIED = "magnified"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PixelSpacing:
    """Distance between pixel centres in mm, rows then columns, and where it comes from.

    ``MAGNIFIED`` means that the detector's spacing was divided by the Estimated Radiographic
    Magnification Factor (0018,1114), so that lengths are those in the patient.
    """

    row_mm: float
    column_mm: float
    origin: SpacingOrigin


@dataclass(frozen=True, eq=False, slots=True)
class Overlay:
    """A drawing over the image, PS3.3 C.9.2.

    Attributes
    ----------
    bitmap
        ``[H, W]`` bool, true where something is drawn.
    left, top
        Column and row, from 0, of the image pixel under the bitmap's first one; may be negative.
    is_region
        Whether it fills a region of interest instead of drawing lines and letters.
    label
        Overlay Label (60xx,1500) or Overlay Description (60xx,0022).
    """

    bitmap: NDArray[np.bool_]
    left: int = 0
    top: int = 0
    is_region: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Shutter:
    """What of an image is to be seen, PS3.3 C.7.6.11: the part inside each of the shapes.

    Attributes
    ----------
    rectangle
        x0 y0 x1 y1 in continuous pixel coordinates.
    circle
        x and y of the centre, and the radius.
    polygon
        x and y of the vertices; empty where there is none.
    """

    rectangle: tuple[float, float, float, float] | None = None
    circle: tuple[float, float, float] | None = None
    polygon: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept, PS3.3 8.8: Code Value (0008,0100) of a scheme, and Code Meaning."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True, slots=True)
class ImageIdentity:
    """Who and what an image is. Every text is "" and every other value None where it is unknown.

    Attributes
    ----------
    key
        Identifies the image wherever the file lies: the SOP Instance UID, or ``sha256:`` and the
        digest of the file where there is none.
    source
        The path or name that it was read from.
    patient_age_years
        Patient's Age (0010,1010); where it is missing, from birth date to study date.
    """

    key: str
    source: str
    sop_instance_uid: str = ""
    sop_class_uid: str = ""
    series_instance_uid: str = ""
    study_instance_uid: str = ""
    patient_id: str = ""
    patient_name: str = ""
    patient_sex: str = ""
    patient_age_years: float | None = None
    study_date: date | None = None
    study_time: str = ""
    study_description: str = ""
    series_description: str = ""
    series_number: int | None = None
    instance_number: int | None = None
    modality: str = ""
    body_part: str = ""
    anatomic_region: Code | None = None
    view_position: str = ""
    view: Code | None = None
    image_laterality: str = ""
    patient_orientation: tuple[str, ...] = ()
    rows: int = 0
    columns: int = 0
    frame_count: int = 1
    transfer_syntax_uid: str = ""

    @property
    def is_dicom(self) -> bool:
        """False for PNG and JPEG pictures, which carry no DICOM facts."""
        return bool(self.transfer_syntax_uid)


@dataclass(frozen=True, eq=False, slots=True)
class Radiograph:
    """One image as read.

    Attributes
    ----------
    pixels
        ``[H, W]`` uint8, uint16 or int16 stored values of one frame.
    grey
        How to render them.
    spacing
        In mm with its origin, or None where lengths can only be given in pixels.
    identity
        Patient, study, series and instance.
    frame
        Index of this frame, from 0.
    is_lossy
        Whether the image was ever lossily compressed (0028,2110) or is stored so now.
    notes
        Sentences about what was odd in the file and how it was read all the same.
    aspect_ratio
        Pixel Aspect Ratio (0028,0034), height by width; counts where no spacing is known.
    overlays
        What the file draws over this frame.
    shutter
        What of the image the file shows, or None for all of it.
    """

    pixels: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int16]
    grey: GreyScale
    spacing: PixelSpacing | None
    identity: ImageIdentity
    frame: int = 0
    is_lossy: bool = False
    notes: tuple[str, ...] = field(default=())
    aspect_ratio: float = 1.0
    overlays: tuple[Overlay, ...] = ()
    shutter: Shutter | None = None

    @property
    def pixel_aspect(self) -> float:
        """Height of a pixel divided by its width."""
        if self.spacing is None:
            return self.aspect_ratio
        return self.spacing.row_mm / self.spacing.column_mm
