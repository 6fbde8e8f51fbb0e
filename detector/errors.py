"""What can go wrong with an input file: one class a kind, each with a sentence for the user.

These are environment errors. They say what happened, to which file, and what to do next; they are
expected, shown to people and never logged as bugs. Anything else that is raised is a bug.
"""

from __future__ import annotations

from typing import ClassVar


class InputError(Exception):
    """One file cannot be used, for a reason that lies in the file or the machine.

    Parameters
    ----------
    source
        The file as the user knows it (path or name).
    detail
        What was found, as the end of a sentence without a full stop.

    Attributes
    ----------
    kind
        Two or three words that name the problem in a list.
    advice
        A sentence that says what to do next.
    """

    kind: ClassVar[str] = "unusable file"
    advice: ClassVar[str] = "Check the file."

    def __init__(self, source: str, detail: str) -> None:
        super().__init__(source, detail)
        self.source = source
        self.detail = detail

    @property
    def reason(self) -> str:
        """The sentence without the file name, for lists that already show it."""
        return f"{self.kind[0].upper()}{self.kind[1:]}: {self.detail}. {self.advice}"

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


class FileAccessError(InputError):
    """The file or folder is missing, or reading it is not permitted."""

    kind = "no access"
    advice = "Check that it exists and that you may read it."


class FolderNotWritableError(InputError):
    """Results cannot be written into the folder that was named for them."""

    kind = "nothing can be written there"
    advice = "Name another folder."


class NotAnImageFileError(InputError):
    """Neither DICOM nor a PNG or JPEG picture."""

    kind = "not an image file"
    advice = "Only DICOM, PNG and JPEG files are read."


class NoPixelDataError(InputError):
    """A valid DICOM object that holds no image, such as a report or a directory."""

    kind = "no image inside"
    advice = "Open the images that belong to it instead."


class DamagedFileError(InputError):
    """The file breaks off early or its elements contradict each other."""

    kind = "damaged file"
    advice = "Fetch it again from where it came from."


class DecoderMissingError(InputError):
    """The pixels are compressed in a way that no installed decoder reads."""

    kind = "cannot be decoded"
    advice = "Export it uncompressed, or install the decoder named here."


class UnsupportedImageError(InputError):
    """The image is intact, but of a form that is not read (float pixels, 32 bits)."""

    kind = "unsupported image"
    advice = "Export it as a grey-scale image of 8 to 16 bits."


class NotARadiographError(InputError):
    """An image that is not a projection radiograph, such as a CT slice."""

    kind = "not a radiograph"
    advice = "Only projection radiographs are reviewed here."


class DeviceUnavailableError(InputError):
    """The device that was asked for does not exist on this machine."""

    kind = "no such device"
    advice = "Choose “auto” or “cpu”."


class BackEndUnavailableError(InputError):
    """The back end that was asked for cannot compute this network here."""

    kind = "no such back end"
    advice = "Choose “auto” or “eager”."


class DeviceMemoryError(InputError):
    """The graphics memory does not suffice."""

    kind = "out of graphics memory"
    advice = "Close other programs that use it, or compute on the CPU (CUDA_VISIBLE_DEVICES=-1)."
