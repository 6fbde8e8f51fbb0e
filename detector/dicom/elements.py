"""Typed values out of DICOM elements that may hold anything.

Files from the field have ages like ``anonymized``, empty windows and text where numbers belong.
:class:`Elements` returns a value of the asked type or None, and keeps a note of what it could not
read. :func:`quiet_pydicom` keeps pydicom's own complaints out of the log.
"""

from __future__ import annotations

import logging
import math
import re
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from pydicom import config
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import PersonName

from detector.radiograph import Code

_PYDICOM = threading.RLock()
CONVERSION_ERRORS = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
)
"""What pydicom's converters let out."""
_FRAME_MACROS = (
    "PixelMeasuresSequence",
    "FramePixelDataPropertiesSequence",
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
)
DAYS_A_YEAR = 365.25
_YEARS = {"D": DAYS_A_YEAR, "W": DAYS_A_YEAR / 7, "M": 12.0, "Y": 1.0, "": 1.0}


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Keep pydicom's warnings from being shown or logged.

    Warning filters and pydicom's settings belong to the whole process, so that one thread at a
    time is inside. What runs here is Python under the interpreter lock in any case.
    """
    logger = logging.getLogger("pydicom")
    with _PYDICOM, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        propagate, mode = logger.propagate, config.settings.reading_validation_mode
        logger.propagate = False
        config.settings.reading_validation_mode = config.IGNORE
        try:
            yield
        finally:
            logger.propagate = propagate
            config.settings.reading_validation_mode = mode


class Elements:
    """The elements of one data set, read by keyword as values of a known type.

    Those of repeating groups, which share their keywords, are read by tag.

    Parameters
    ----------
    dataset
        As pydicom parsed it; elements are converted when asked for.
    notes
        Receives a sentence for every element that is present and unreadable.
    """

    def __init__(self, dataset: Dataset, notes: list[str]) -> None:
        self.dataset = dataset
        self.notes = notes

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.dataset

    def values(self, keyword: str | int) -> tuple[Any, ...]:
        """All values of an element as pydicom converts them; empty if absent or unreadable."""
        try:
            with quiet_pydicom():
                value = self.dataset.get(keyword)
        except CONVERSION_ERRORS:
            self.note(f"{_name(keyword)} could not be read and is left out.")
            return ()
        if isinstance(value, DataElement):
            value = value.value
        if value is None or value == "":
            return ()
        return tuple(value) if isinstance(value, (MultiValue, Sequence, list)) else (value,)

    def text(self, keyword: str | int) -> str:
        """The first value as one line of printable text, or ""."""
        values = self.values(keyword)
        return _printable(str(values[0])) if values else ""

    def texts(self, keyword: str | int) -> tuple[str, ...]:
        return tuple(_printable(str(value)) for value in self.values(keyword))

    def numbers(self, keyword: str | int) -> tuple[float, ...]:
        """All values as finite numbers, or empty if one of them is not."""
        try:
            numbers = tuple(float(value) for value in self.values(keyword))
        except (TypeError, ValueError, OverflowError):
            numbers = (math.nan,)
        if all(math.isfinite(number) for number in numbers):
            return numbers
        self.note(f"{_name(keyword)} could not be read and is left out.")
        return ()

    def number(self, keyword: str | int) -> float | None:
        numbers = self.numbers(keyword)
        return numbers[0] if numbers else None

    def integer(self, keyword: str | int) -> int | None:
        number = self.number(keyword)
        if number is None or number == int(number):
            return None if number is None else int(number)
        self.note(f"{_name(keyword)} could not be read and is left out.")
        return None

    def data(self, keyword: str | int) -> bytes | None:
        """The value of an element of bytes, such as OW, or None."""
        values = self.values(keyword)
        return bytes(values[0]) if values and isinstance(values[0], (bytes, bytearray)) else None

    def items(self, keyword: str) -> tuple[Elements, ...]:
        """The items of a sequence."""
        return tuple(
            Elements(item, self.notes) for item in self.values(keyword) if isinstance(item, Dataset)
        )

    def code(self, keyword: str) -> Code | None:
        """The concept in the first item of a code sequence."""
        for item in self.items(keyword)[:1]:
            value = item.text("CodeValue") or item.text("LongCodeValue")
            if value:
                scheme = item.text("CodingSchemeDesignator")
                return Code(value, scheme, item.text("CodeMeaning"))
        return None

    def of_frame(self, index: int) -> Elements:
        """With the attributes that functional groups give one frame, PS3.3 C.7.6.16."""
        groups = (
            *self.items("SharedFunctionalGroupsSequence")[:1],
            *self.items("PerFrameFunctionalGroupsSequence")[index : index + 1],
        )
        if not groups:
            return self
        merged = self.dataset[:]  # copy() would share its elements
        for group in groups:
            for macro in _FRAME_MACROS:
                for item in group.items(macro)[:1]:
                    merged.update(item.dataset)
        return Elements(merged, self.notes)

    def person_name(self, keyword: str) -> str:
        """A name as ``Family, Given``; the ideographic form where there is no alphabetic one."""
        values = self.values(keyword)
        if not values:
            return ""
        try:
            with quiet_pydicom():
                name = PersonName(values[0])
                group = name.alphabetic or name.ideographic or name.phonetic
        except CONVERSION_ERRORS:
            self.note(f"{keyword} could not be read and is left out.")
            return ""
        family, given, *_ = [*(_printable(part) for part in str(group).split("^")), "", ""]
        return ", ".join(part for part in (family, given) if part)

    def age_in_years(self, keyword: str) -> float | None:
        """An age string, ``045Y`` or ``006M``; a bare number counts years."""
        text = self.text(keyword)
        match = re.fullmatch(r"(\d{1,3})([DWMY]?)", text.upper())
        if match:
            return int(match[1]) / _YEARS[match[2]]
        if text:
            self.note(f"{keyword} could not be read and is left out.")
        return None

    def date(self, keyword: str) -> date | None:
        """A date, ``20240131`` or the older ``2024.01.31``."""
        text = self.text(keyword)
        match = re.fullmatch(r"(\d{4})([.-]?)(\d{2})\2(\d{2})", text)
        try:
            if match:
                return date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            pass
        if text:
            self.note(f"{keyword} could not be read and is left out.")
        return None

    def time(self, keyword: str) -> str:
        """A time as ``HH:MM:SS`` or ``HH:MM``, or ""."""
        text = self.text(keyword)
        match = re.fullmatch(r"([01]\d|2[0-3]):?([0-5]\d)(?::?([0-5]\d|60)(?:\.\d*)?)?", text)
        if match:
            return ":".join(part for part in match.groups() if part)
        if text:
            self.note(f"{keyword} could not be read and is left out.")
        return ""

    def note(self, sentence: str) -> None:
        """Keep a sentence for the reader, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)


def _name(keyword: str | int) -> str:
    return keyword if isinstance(keyword, str) else keyword_for_tag(keyword)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text).strip()
