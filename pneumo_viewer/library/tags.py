"""The elements of a DICOM header as text, for people to read and to search.

Values that are long and no text, the pixels first of all, are said by their length; those that lie
at the top of the data set are not even read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pydicom.datadict import (
    dictionary_description,
    dictionary_has_tag,
    dictionary_VR,
    keyword_for_tag,
    private_dictionary_description,
)
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import read_partial
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import UID

from detector.dicom.elements import CONVERSION_ERRORS, quiet_pydicom
from detector.dicom.headers import looks_like_dicom
from detector.files import access_error
from pneumo_viewer.words import mark

_BULK_BYTES = 64 * 1024
"""Values of more bytes are not read, unless they hold a sequence."""
_SHOWN_BYTES = 64
_SHOWN_CHARACTERS = 10_000
_START_LENGTH = 132
_UNDEFINED_LENGTH = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class TagRow:
    """One element, or one item of a sequence.

    Attributes
    ----------
    tag
        ``(0010,0010)``; "" for an item.
    keyword
        Of the dictionary, PS3.6; "" for an item and for a private element.
    name
        What it is called. A private element is named after its creator.
    vr
        Value representation; "" for an item.
    value
        As text; several values are parted by backslashes.
    children
        The items of a sequence, or the elements of an item.
    """

    tag: str
    keyword: str
    name: str
    vr: str
    value: str
    children: tuple[TagRow, ...] = ()


@dataclass(frozen=True, slots=True)
class TagListing:
    """The elements of a file in the order of their tags, and what is wrong with them.

    Attributes
    ----------
    rows
        What could be read.
    problem
        A sentence for the reader, or "".
    """

    rows: tuple[TagRow, ...] = ()
    problem: str = ""


def list_tags(path: Path) -> TagListing:
    """List the elements of a file, as far as they can be read.

    Raises
    ------
    FileAccessError
        If the file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(_START_LENGTH)
            if not looks_like_dicom(start):
                return TagListing(problem=mark("This file is a picture. It has no DICOM elements."))
            stream.seek(0)
            return _Listing(stream).listing
    except OSError as error:
        raise access_error(path, error) from error


def matching(rows: Iterable[TagRow], words: str) -> tuple[TagRow, ...]:
    """Keep the rows in which every word occurs, in any case, and those that they belong to.

    Words are sought in the tag with and without its signs, in keyword, name and value. A sequence
    or an item that matches keeps all that it holds.
    """
    sought = words.casefold().split()
    return tuple(_matching(rows, sought)) if sought else tuple(rows)


def count_elements(rows: Iterable[TagRow]) -> int:
    """How many elements there are, those in sequences included."""
    return sum(bool(row.tag) + count_elements(row.children) for row in rows)


def _matching(rows: Iterable[TagRow], sought: list[str]) -> Iterator[TagRow]:
    for row in rows:
        number = row.tag[1:5] + row.tag[6:10]
        text = f"{row.tag} {number} {row.keyword} {row.name} {row.value}".casefold()
        if all(word in text for word in sought):
            yield row
        elif kept := tuple(_matching(row.children, sought)):
            yield replace(row, children=kept)


class _Listing:
    """Reads one file, a second time up to where the first reading failed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        self._ends: dict[int, int] = {}
        self._last: int | None = None
        self._broken_at: int | None = None
        with quiet_pydicom():
            self.listing = self._list()

    def _list(self) -> TagListing:
        dataset = self._read(None)
        if dataset is None or (self._last is not None and self._last not in dataset):
            self._broken_at = self._last
            dataset = None if self._last is None else self._read(self._last)
        if dataset is None:
            return TagListing(
                problem=mark("The file is damaged: none of its elements could be read.")
            )
        rows = (*self._rows(dataset.file_meta), *self._rows(dataset))
        if self._broken_at is None:
            return TagListing(rows)
        return TagListing(
            rows,
            f"The file is damaged at {_describe(self._broken_at)}: that element is incomplete, and "
            "what follows it is missing.",
        )

    def _read(self, stop_at: int | None) -> FileDataset | None:
        """Parse the file up to an element; None if that fails."""
        self._last = None

        def stop(tag: int, _vr: str | None, _length: int) -> bool:
            if self._last is not None:
                self._ends[self._last] = self._stream.tell()
            self._last = int(tag)
            return self._last == stop_at

        self._stream.seek(0)
        try:
            return read_partial(self._stream, stop_when=stop, defer_size=_BULK_BYTES, force=True)
        except Exception as error:  # pydicom's parser lets errors of every kind out
            if isinstance(error, OSError) and error.errno is not None:
                raise  # from the file system, not from pydicom
            return None

    def _rows(self, dataset: Dataset) -> tuple[TagRow, ...]:
        # Unlike elements() and get_item(), this never fetches a value that was left in the file.
        return tuple(self._row(dataset, tag, raw) for tag, raw in sorted(dataset.items()))

    def _row(self, dataset: Dataset, tag: BaseTag, raw: RawDataElement | DataElement) -> TagRow:
        if isinstance(raw, RawDataElement) and self._is_cut_off(raw):
            self._broken_at = self._broken_at or int(tag)
        vr = raw.VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "UN")
        if isinstance(raw, RawDataElement) and raw.value is None and raw.length and vr != "SQ":
            return self._named(dataset, tag, vr, self._length(raw))
        try:
            element = dataset[tag]
            children = self._items(element)
            return self._named(dataset, tag, element.VR, _value_text(element), children)
        except CONVERSION_ERRORS:
            return self._named(dataset, tag, vr, "cannot be read")

    def _named(
        self,
        dataset: Dataset,
        tag: BaseTag,
        vr: str,
        value: str,
        children: tuple[TagRow, ...] = (),
    ) -> TagRow:
        return TagRow(
            _number(tag), keyword_for_tag(tag), _name(dataset, tag), str(vr), value, children
        )

    def _items(self, element: DataElement) -> tuple[TagRow, ...]:
        if not isinstance(element.value, Sequence):
            return ()
        return tuple(
            TagRow("", "", f"Item {number}", "", _count(len(item), "element"), self._rows(item))
            for number, item in enumerate(element.value, start=1)
        )

    def _is_cut_off(self, raw: RawDataElement) -> bool:
        if raw.length == _UNDEFINED_LENGTH:
            return False
        if raw.value is None:
            return raw.value_tell + raw.length > self._size
        return len(raw.value) < raw.length

    def _length(self, raw: RawDataElement) -> str:
        if raw.length != _UNDEFINED_LENGTH:
            return f"{raw.length:,} bytes"
        end = self._ends.get(int(raw.tag), self._size)
        return f"about {(end - raw.value_tell) / 1000:,.0f} kB, compressed"


def _number(tag: BaseTag) -> str:
    return f"({tag.group:04X},{tag.element:04X})"


def _describe(tag: int) -> str:
    number = BaseTag(tag)
    return f"{_number(number)} {keyword_for_tag(number)}".rstrip()


def _name(dataset: Dataset, tag: BaseTag) -> str:
    if tag.is_private_creator:
        return "Private creator"
    if not tag.is_private:
        return dictionary_description(tag) if dictionary_has_tag(tag) else "Unknown"
    creator = dataset.get((tag.group, tag.element >> 8))
    if creator is None or not creator.value:
        return "Private, of unknown creator"
    try:
        return f"{creator.value}: {private_dictionary_description(tag, str(creator.value))}"
    except KeyError:
        return f"{creator.value}: unknown"


def _value_text(element: DataElement) -> str:
    value = element.value
    if isinstance(value, Sequence):
        return _count(len(value), "item")
    if isinstance(value, bytes | bytearray):
        return _bytes_text(bytes(value), may_be_text=element.VR == "UN")
    several = value if isinstance(value, MultiValue | list | tuple) else (value,)
    text = "\\".join("" if one is None else _one_text(one) for one in several)
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    return f"{text[:_SHOWN_CHARACTERS]} … ({len(text):,} characters in all)"


def _one_text(value: object) -> str:
    if isinstance(value, UID) and value.name != value:
        return f"{value} ({value.name})"
    return str(value).rstrip("\0 ")


def _bytes_text(value: bytes, *, may_be_text: bool) -> str:
    text = value.rstrip(b"\0 ")
    if may_be_text and text.isascii() and (decoded := text.decode("ascii")).isprintable():
        return decoded[:_SHOWN_CHARACTERS]
    return value.hex(" ") if len(value) <= _SHOWN_BYTES else f"{len(value):,} bytes"


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
