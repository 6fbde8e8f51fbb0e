"""What an export hands on from its images to the tables and the report on all of them."""

from __future__ import annotations

from dataclasses import dataclass

from detector.detections import ModelIdentity
from pneumo_viewer.exchange.formats import Format
from pneumo_viewer.exchange.records import ReviewedImage


@dataclass(frozen=True, slots=True)
class ExportedImage:
    """One image whose files are written.

    Attributes
    ----------
    image
        As what is exported refers to it: without its identity where that was removed.
    written
        Forms of which it has a file.
    problems
        Why it has none of others, a sentence each.
    picture
        A small JPEG picture for the report, or nothing.
    may_show_text
        Whether its identity was removed, and names may be burned into its pixels.
    """

    image: ReviewedImage
    written: tuple[Format, ...] = ()
    problems: tuple[str, ...] = ()
    picture: bytes = b""
    may_show_text: bool = False


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What a report says of all images.

    Attributes
    ----------
    made_at
        Date and time by the reader's clock, with its offset.
    reader
        Who reviewed; "" where that is not to be said.
    model
        Whose findings were shown, or None.
    threshold
        Lowest score of the findings that were shown.
    audit_head
        Number and hash of the last entry of the audit trail.
    """

    made_at: str
    reader: str
    model: ModelIdentity | None
    threshold: float
    audit_head: str
