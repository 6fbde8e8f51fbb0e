"""A comparison as text, Markdown and CSV: the same cells in each."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table as TextTable

from training.comparison_report import Figure, Report


def as_markdown(report: Report) -> str:
    """Write a report as Markdown."""
    lines = [f"# {report.title}", ""]
    lines += [f"- **{fact}:** {text}" for fact, text in report.facts.items()]
    for table in report.tables:
        header = ("system", "", *table.columns)
        lines += ["", f"## {table.title}", "", _markdown_line(header)]
        lines.append(_markdown_line(["---"] * len(header)))
        lines += [_markdown_line((row.name, row.source, *row.cells)) for row in table.rows]
    return "\n".join(lines) + "\n"


def _markdown_line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def as_csv(report: Report) -> str:
    """Write a report as a table with one row a figure, facts first."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("table", "row", "source", "column", "value", "low", "high"))
    for fact, words in {"Title": report.title, **report.facts}.items():
        writer.writerow(("facts", fact, "", "", words, "", ""))
    for table in report.tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                values = cell.texts() if isinstance(cell, Figure) else (cell, "", "")
                writer.writerow((table.title, row.name, row.source, column, *values))
    return text.getvalue()


FACT_WIDTH: Final = 120
"""Letters after which the text of a fact goes on in the next line."""
WIDEST: Final = 1000
"""Of a table of text, which takes only what its cells need."""


def as_text(report: Report) -> str:
    """Write a report for a wide terminal, intervals below their values."""
    facts = (f"{fact}: {words}" for fact, words in report.facts.items())
    lines = [report.title, "", *(textwrap.fill(fact, FACT_WIDTH) for fact in facts)]
    for table in report.tables:
        text = io.StringIO()
        console = Console(file=text, width=WIDEST, markup=False, highlight=False)
        grid = TextTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for column in ("system", "", *table.columns):
            grid.add_column(column, no_wrap=True)
        for row in table.rows:
            cells = (str(cell).replace(" (", "\n(") for cell in row.cells)
            grid.add_row(row.name, row.source, *cells)
        console.print(grid)
        lines += ["", table.title, *(line.rstrip() for line in text.getvalue().splitlines())]
    return "\n".join(lines) + "\n"
