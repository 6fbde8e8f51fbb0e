"""The Image Pixel module (PS3.3 C.7.6.3): how pixel data are laid out."""

from __future__ import annotations

from dataclasses import dataclass

from detector.dicom.headers import Header
from detector.errors import DamagedFileError, UnsupportedImageError


@dataclass(frozen=True, slots=True)
class ImagePixel:
    """How pixel data are laid out, in the standard's names."""

    rows: int
    columns: int
    samples_per_pixel: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    photometric_interpretation: str
    planar_configuration: int
    number_of_frames: int

    @property
    def frame_length(self) -> int:
        """Bytes of one uncompressed frame; YBR_FULL_422 shares its colours among two pixels."""
        is_halved = self.photometric_interpretation == "YBR_FULL_422"
        samples = 2 if is_halved else self.samples_per_pixel
        return self.rows * self.columns * samples * self.bits_allocated // 8

    @property
    def value_range(self) -> tuple[int, int]:
        """The smallest and the largest value that Bits Stored can express."""
        if self.is_signed:
            return -(1 << self.bits_stored - 1), (1 << self.bits_stored - 1) - 1
        return 0, (1 << self.bits_stored) - 1


def image_pixel_of(header: Header, source: str) -> ImagePixel:
    """Read the module, with its defaults where elements are missing.

    Raises
    ------
    DamagedFileError
        If elements are missing that have no default, or they make no sense together.
    UnsupportedImageError
        Unless 8 or 16 bits are allocated in 1 sample, or in 3 without a sign.
    """

    def integer(keyword: str, default: int) -> int:
        value = header.elements.integer(keyword)
        return default if value is None else value

    bits_allocated = header.elements.integer("BitsAllocated")
    if bits_allocated is None:
        raise DamagedFileError(source, "it does not say how many bits a pixel has")
    bits_stored = integer("BitsStored", bits_allocated)
    samples_per_pixel = integer("SamplesPerPixel", 1)
    if bits_allocated not in (8, 16):
        raise UnsupportedImageError(source, f"a pixel has {bits_allocated} bits allocated")
    if samples_per_pixel not in (1, 3):
        raise UnsupportedImageError(source, f"a pixel has {samples_per_pixel} samples")
    is_signed = integer("PixelRepresentation", 0) == 1
    if is_signed and samples_per_pixel == 3:
        raise UnsupportedImageError(source, "a colour image with signed values")
    if not 1 <= bits_stored <= bits_allocated:
        raise DamagedFileError(source, f"{bits_stored} of {bits_allocated} bits cannot be stored")
    high_bit = integer("HighBit", bits_stored - 1)
    if not bits_stored - 1 <= high_bit < bits_allocated:
        raise DamagedFileError(source, f"bit {high_bit} cannot be the highest of {bits_stored}")
    return ImagePixel(
        rows=header.rows,
        columns=header.columns,
        samples_per_pixel=samples_per_pixel,
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=high_bit,
        is_signed=is_signed,
        photometric_interpretation=header.elements.text("PhotometricInterpretation")
        or ("MONOCHROME2" if samples_per_pixel == 1 else "RGB"),
        planar_configuration=integer("PlanarConfiguration", 0),
        number_of_frames=header.frame_count,
    )
