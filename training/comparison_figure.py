"""A picture of a comparison: the AP of every system with its interval."""

from __future__ import annotations

import io
import textwrap
from typing import Final, Literal

from matplotlib import rc_context
from matplotlib.figure import Figure as Picture

from training.comparison_report import Report

MEASURED: Final = "#0072b2"
PUBLISHED: Final = "#d55e00"
"""Blue and vermilion of Okabe & Ito: apart in every colour vision and, by their shape, in grey."""
RULE: Final = "#dddddd"
NOTE: Final = "#555555"
DOTS_PER_INCH: Final = 160
TITLE_LETTERS: Final = 84


def draw_comparison(report: Report, format_: Literal["png", "svg"]) -> bytes:
    """Draw the AP of each system with its 95 % interval, and the published one as a hollow mark.

    The best system stands on top; one without a figure at the bottom, without a mark.
    """
    ordered = sorted(
        report.average_precisions,
        key=lambda row: -1.0 if row.measured.value is None else row.measured.value,
    )
    picture = Picture(figsize=(8.0, 1.9 + 0.36 * len(ordered)), layout="constrained")
    axes = picture.add_subplot()
    ends = [100.0 * (not ordered)]
    for place, row in enumerate(ordered):
        value, interval = row.measured.value, row.measured.interval
        if row.published is not None:
            axes.plot(
                row.published,
                place,
                "D",
                markersize=7,
                markerfacecolor="none",
                markeredgecolor=PUBLISHED,
                markeredgewidth=1.5,
                zorder=5,
            )
            ends.append(row.published)
        if value is None:
            continue
        if interval is not None:
            axes.plot(interval, (place, place), color=MEASURED, linewidth=2.5, zorder=3)
            ends.append(interval[1])
        axes.plot(value, place, "o", markersize=8, color=MEASURED, zorder=4, clip_on=False)
        ends.append(value)
        axes.annotate(
            str(row.measured),
            (1.0, place),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=9,
            color=NOTE,
        )
    axes.set_yticks(range(len(ordered)), [row.system for row in ordered])
    axes.set_ylim(-0.6, len(ordered) - 0.4)
    axes.set_xlim(0, min(100.0, max(ends) + 3))
    axes.set_xlabel("AP at IoU 0.5 on positive exams, in percent")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=RULE)
    axes.set_axisbelow(True)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    measured = axes.plot([], [], "o-", color=MEASURED, linewidth=2.5, markersize=8)
    published = axes.plot(
        [], [], "D", markersize=7, markerfacecolor="none", markeredgecolor=PUBLISHED
    )
    picture.legend(
        [*measured, *published],
        ["measured here, 95 % interval", "published: full RSNA, ResNet-50, 512 px"],
        loc="outside lower center",
        ncols=2,
        frameon=False,
    )
    picture.suptitle(
        textwrap.fill(report.title, TITLE_LETTERS), x=0.01, ha="left", fontsize=11, weight="bold"
    )
    content = io.BytesIO()
    # Without date and chance, so that the same figures make the same file.
    metadata = {"Date": None} if format_ == "svg" else {}
    with rc_context({"svg.hashsalt": report.title}):
        picture.savefig(content, format=format_, dpi=DOTS_PER_INCH, metadata=metadata)
    return content.getvalue()
