"""What is written in the corners and at the edges of the viewport."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from detector.radiograph import PixelSpacing, SpacingOrigin
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.measurements import ORIGIN_NAMES
from pneumo_viewer.canvas.placement import Turn
from pneumo_viewer.canvas.texts import HEADING, SMALL, PlacedText, paint_texts, scaled_font
from pneumo_viewer.words import tr

MARGIN = 12.0
_GAP = 16.0
_SEPARATOR = " · "
_BAR_LENGTHS_MM = (200, 100, 50, 20, 10, 5, 2, 1)
_LONGEST_BAR = 0.22
"""Of the width of the view."""
_OPPOSITES = str.maketrans("RLAPHF", "LRPAFH")


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A horizontal line of a round length, at the bottom right of the view."""

    line: QLineF
    label: PlacedText

    @property
    def rect(self) -> QRectF:
        """What it takes of the view."""
        return self.label.rect | QRectF(
            self.line.x1(), self.label.rect.top(), self.line.length(), 1
        )


def describe_spacing(spacing: PixelSpacing | None) -> str:
    """Name the distance between pixels and where it comes from."""
    if spacing is None:
        return tr("pixel spacing unknown")
    sides = [f"{side:.3f}" for side in (spacing.column_mm, spacing.row_mm)]
    return tr(
        "{spacing} mm {origin}",
        spacing=" × ".join(dict.fromkeys(sides)),
        origin=tr(ORIGIN_NAMES[spacing.origin]),
    )


def place_scale_bar(
    font: QFont, view: QSizeF, spacing: PixelSpacing | None, scale: float
) -> ScaleBar | None:
    """Choose the longest round length that takes at most a fifth of the view's width.

    Parameters
    ----------
    scale
        View pixels per image pixel, along its shorter side.

    Returns
    -------
    ScaleBar or None
        None where the spacing or its origin is unknown, so that nothing invites measuring.
    """
    if spacing is None or spacing.origin is SpacingOrigin.UNKNOWN:
        return None
    per_mm = scale / min(spacing.column_mm, spacing.row_mm)
    fitting = [mm for mm in _BAR_LENGTHS_MM if mm * per_mm <= _LONGEST_BAR * view.width()]
    if not fitting:
        return None
    millimetres = fitting[0]
    text = f"{millimetres // 10} cm" if millimetres >= 10 else f"{millimetres / 10:g} cm"
    small = scaled_font(font, SMALL)
    metrics = QFontMetricsF(small)
    size = QSizeF(metrics.horizontalAdvance(text), metrics.height())
    rect = QRectF(
        QPointF(
            view.width() - MARGIN - size.width(),
            view.height() - MARGIN - size.height(),
        ),
        size,
    )
    right, middle = rect.left() - 6, rect.center().y()
    line = QLineF(right - millimetres * per_mm, middle, right, middle)
    return ScaleBar(line, PlacedText(text, rect, small))


def paint_scale_bar(painter: QPainter, bar: ScaleBar) -> None:
    """Draw the bar between two ticks, with its length."""
    ends = [
        QLineF(end.x(), end.y() - 5, end.x(), end.y() + 5) for end in (bar.line.p1(), bar.line.p2())
    ]
    for width, colour in ((3.0, colours.SHADOW), (1.0, colours.TEXT)):
        painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLines([bar.line, *ends])
    paint_texts(painter, [bar.label])


def place_top_texts(
    font: QFont, view: QSizeF, left: Sequence[str], right: Sequence[str]
) -> Iterator[PlacedText]:
    """Write lines at the top left and right; the first of each is larger.

    Where a row is too long, its longer text ends in an ellipsis.
    """
    top = MARGIN
    for row in range(max(len(left), len(right))):
        line_font = font if row == 0 else scaled_font(font, SMALL)
        metrics = QFontMetricsF(line_font)
        texts = [lines[row] if row < len(lines) else "" for lines in (left, right)]
        widths = [metrics.horizontalAdvance(text) for text in texts]
        gap = _GAP if all(texts) else 0.0
        room = max(view.width() - 2 * MARGIN - gap, 0)
        for side in (0, 1):
            if not texts[side]:
                continue
            allowed = max(room / 2, room - widths[1 - side])
            text = metrics.elidedText(texts[side], Qt.TextElideMode.ElideRight, allowed)
            width = metrics.horizontalAdvance(text)
            x = MARGIN if side == 0 else view.width() - MARGIN - width
            yield PlacedText(text, QRectF(x, top, width, metrics.height()), line_font)
        top += metrics.height() + 2


def place_plates(
    font: QFont, view: QSizeF, relation: str, warnings: Sequence[str], top: float
) -> Iterator[PlacedText]:
    """Write at the left from ``top`` down, each on a line of its own.

    Parameters
    ----------
    relation
        How the exam stands to the current one in time; "" for the current one.
    warnings
        Sentences in amber.
    """
    small = scaled_font(font, SMALL)
    lines = [(relation, font, colours.TEXT)] if relation else []
    lines += [(f"⚠ {sentence}", small, colours.WARNING) for sentence in warnings]
    room = max(view.width() - 2 * MARGIN, 0)
    for line, line_font, colour in lines:
        metrics = QFontMetricsF(line_font)
        text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, room)
        rect = QRectF(MARGIN, top, metrics.horizontalAdvance(text), metrics.height())
        yield PlacedText(text, rect, line_font, colour)
        top += metrics.height() + 2


def place_bottom_texts(
    font: QFont, view: QSizeF, facts: Sequence[str], taken_width: float
) -> Iterator[PlacedText]:
    """Write facts at the bottom left, joined by dots, on as many lines as they need.

    Parameters
    ----------
    taken_width
        What is in use at the right of the last line.
    """
    small = scaled_font(font, SMALL)
    metrics = QFontMetricsF(small)
    room = view.width() - 2 * MARGIN - (taken_width + _GAP if taken_width else 0)
    lines: list[str] = []
    for fact in facts:
        longer = lines[-1] + _SEPARATOR + fact if lines else fact
        if lines and metrics.horizontalAdvance(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(fact)
    for row, text in enumerate(reversed(lines)):
        top = view.height() - MARGIN - (row + 1) * metrics.height() - 2 * row
        rect = QRectF(MARGIN, top, metrics.horizontalAdvance(text), metrics.height())
        yield PlacedText(text, rect, small)


def edge_letters(
    patient_orientation: Sequence[str], turn: Turn
) -> tuple[str, str, str, str] | None:
    """Say which side of the patient is at the left, top, right and bottom edge of the view.

    Patient Orientation (0020,0020) names the directions of the rows, towards the right, and of the
    columns, downwards, before any turn (PS3.3 C.7.6.1.1.1). None where the file does not say:
    the view position alone does not tell how an image lies.
    """
    if len(patient_orientation) != 2 or not all(patient_orientation):
        return None
    rows, columns = patient_orientation

    def towards(right: int, down: int) -> str:
        across, along = turn.undo(right, down)
        name, sign = (rows, across) if across else (columns, along)
        return name if sign > 0 else name.translate(_OPPOSITES)

    return towards(-1, 0), towards(0, -1), towards(1, 0), towards(0, 1)


def place_orientation(
    font: QFont, view: QSizeF, letters: tuple[str, str, str, str], top: float, bottom: float
) -> Iterator[PlacedText]:
    """Write letters at the middle of the left, top, right and bottom edges.

    Parameters
    ----------
    top, bottom
        Between these view coordinates nothing else is written.
    """
    metrics = QFontMetricsF(font)
    widths = [metrics.horizontalAdvance(text) for text in letters]
    middle = (view.height() - metrics.height()) / 2
    places = (
        (MARGIN, middle),
        ((view.width() - widths[1]) / 2, top),
        (view.width() - MARGIN - widths[2], middle),
        ((view.width() - widths[3]) / 2, bottom - metrics.height()),
    )
    for text, width, (x, y) in zip(letters, widths, places, strict=True):
        yield PlacedText(text, QRectF(x, y, width, metrics.height()), font)


def describe_turn(turn: Turn) -> str:
    """Say how an image lies, or "" where it is upright."""
    parts = [tr("mirrored")] if turn.is_mirrored else []
    if turn.degrees:
        parts.append(tr("rotated {degrees}°", degrees=turn.degrees))
    return ", ".join(parts)


def paint_message(painter: QPainter, font: QFont, view: QSizeF, title: str, text: str) -> None:
    """Write a title and a wrapped text in the middle of an empty viewport."""
    heading = scaled_font(font, HEADING)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    room = QRectF(0, 0, max(min(view.width() - 2 * MARGIN, 560), 1), view.height())
    blocks = [(title, heading, colours.TEXT), (text, font, colours.SECONDARY)]
    heights = [
        QFontMetricsF(block_font).boundingRect(room, flags, content).height()
        for content, block_font, _ in blocks
    ]
    top = max((view.height() - sum(heights) - 8) / 2, MARGIN)
    for (content, block_font, colour), height in zip(blocks, heights, strict=True):
        painter.setFont(block_font)
        painter.setPen(QColor(colour))
        left = (view.width() - room.width()) / 2
        painter.drawText(QRectF(left, top, room.width(), height), flags, content)
        top += height + 8
