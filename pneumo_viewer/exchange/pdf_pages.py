"""What all PDF reports share: pages with "research use only" at their foot, styles, tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from detector import __version__
from pneumo_viewer.exchange.records import RESEARCH_USE_ONLY

MARGIN: Final = 18 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
DETECTION: Final = colors.Color(1, 0.30, 0.25)
READER: Final = colors.Color(1, 0.76, 0.28)
SMALL_PRINT: Final = colors.Color(0.27, 0.27, 0.27)
RULE: Final = colors.Color(0.6, 0.6, 0.6)

_STYLES: Final = getSampleStyleSheet()
TEXT: Final = ParagraphStyle("text", _STYLES["BodyText"], fontSize=9, leading=12)
SMALL: Final = ParagraphStyle("small", TEXT, fontSize=7.5, leading=9.5, textColor=SMALL_PRINT)
TITLE: Final = ParagraphStyle("title", _STYLES["Title"], fontSize=18, leading=22, alignment=0)
HEADING: Final = ParagraphStyle(
    "heading", _STYLES["Heading2"], fontSize=12, leading=15, spaceBefore=10
)


def build_pdf(title: str, parts: Sequence[Any]) -> bytes:
    """Put parts on A4 pages below the title."""
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=16 * mm,
        bottomMargin=20 * mm,
        title=title,
        author=f"pneumo-viewer {__version__}",
        subject=RESEARCH_USE_ONLY,
    )
    head = [
        paragraph(title, TITLE),
        Paragraph(f"<b>{escape(RESEARCH_USE_ONLY)}</b>", TEXT),
        Spacer(1, 3 * mm),
    ]
    document.build([*head, *parts], onFirstPage=_foot, onLaterPages=_foot)
    return file.getvalue()


def paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph in the characters that the standard fonts of PDF have."""
    shown = text.replace("−", "–").encode("cp1252", "replace").decode("cp1252")
    return Paragraph(escape(shown).replace("\n", "<br/>"), style)


def facts(rows: Sequence[tuple[str, str]], name_width: float, width: float = WIDTH) -> Table:
    """A table of names in small print and texts beside them."""
    cells = [[paragraph(name, SMALL), paragraph(text, TEXT)] for name, text in rows]
    table = Table(cells, colWidths=[name_width, width - name_width], hAlign="LEFT")
    close = ("BOTTOMPADDING", (0, 0), (-1, -1), 1)
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), tight(1), close, *narrow()]))
    return table


def tight(points: float = 1.5) -> tuple[Any, ...]:
    """The command of a table style that brings rows together."""
    return ("TOPPADDING", (0, 0), (-1, -1), points)


def narrow() -> list[tuple[Any, ...]]:
    """The commands of a table style that bring columns together."""
    return [(f"{side}PADDING", (0, 0), (-1, -1), 2.5) for side in ("LEFT", "RIGHT")]


def _foot(canvas: Any, document: Any) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.setFillColor(SMALL_PRINT)
    canvas.drawString(MARGIN, 11 * mm, RESEARCH_USE_ONLY)
    canvas.drawRightString(A4[0] - MARGIN, 11 * mm, f"Page {document.page}")
