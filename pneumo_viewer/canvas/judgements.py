"""Detections against the ground truth, on the image: TP and FP at detections, FN at the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.label_layout import place_labels
from pneumo_viewer.canvas.texts import SMALL, scaled_font
from pneumo_viewer.review.findings import Finding
from training.evaluation.errors import NO_TRUTH, hit_truth

MISSED = "FN"
_PADDING = QSizeF(5, 2)


class Judgements:
    """What each detection of an image is against its truth, by the rules of average precision.

    Detections are judged by their own boxes, whatever the reader made of them. Boxes that a
    reader drew are not judged.

    Parameters
    ----------
    findings
        All of the image, shown or not.
    truth
        ``[N, 4]``, or None where it is unknown or not shown.
    """

    def __init__(self, findings: Sequence[Finding], truth: NDArray[np.float32] | None) -> None:
        self.by_finding: Mapping[str, str] = {}
        self._found_at: NDArray[np.float64] = np.empty(0)
        if truth is None:
            return
        scored = [(f.id, f.original or f.box, f.score) for f in findings if f.score is not None]
        boxes = np.array([box for _, box, _ in scored], np.float32).reshape(-1, 4)
        scores = np.array([score for _, _, score in scored], np.float32)
        hits = hit_truth(boxes, scores, truth)
        self.by_finding = {
            id_: "FP" if hit == NO_TRUTH else "TP"
            for (id_, _, _), hit in zip(scored, hits, strict=True)
        }
        self._found_at = np.full(len(truth), -np.inf)
        self._found_at[hits[hits != NO_TRUTH]] = scores[hits != NO_TRUTH]

    def missed(self, threshold: float) -> list[int]:
        """The true boxes that no detection from the threshold on hits."""
        return np.flatnonzero(self._found_at < threshold).tolist()


def paint_missed(
    painter: QPainter,
    rects: Sequence[QRectF],
    truth: Sequence[QRectF],
    taken: Sequence[QRectF],
    font: QFont,
    view: QSizeF,
) -> None:
    """Write FN at missed true boxes, beside them where there is room.

    Parameters
    ----------
    rects
        Of the missed boxes, in view coordinates.
    truth, taken
        Boxes of the ground truth and what labels should leave visible.
    """
    whole = QRectF(QPointF(0, 0), view)
    seen = [rect & whole for rect in rects if rect.intersects(whole)]
    small = scaled_font(font, SMALL)
    metrics = QFontMetricsF(small)
    width = round(metrics.horizontalAdvance(MISSED) + 2 * _PADDING.width())
    height = round(metrics.height() + 2 * _PADDING.height())
    places = place_labels(
        _edges(seen),
        np.tile(np.array([[width, height]], np.float64), (len(seen), 1)),
        (view.width(), view.height()),
        _edges(taken),
        _edges(truth),
    )
    painter.setFont(small)
    for x0, y0, _, _ in places.round().tolist():
        plate = QRectF(x0, y0, width, height)
        painter.fillRect(plate, QColor(colours.PLATE))
        painter.fillRect(QRectF(x0, y0, 2, height), QColor(colours.TRUTH))
        painter.setPen(QColor(colours.TEXT))
        baseline = y0 + _PADDING.height() + metrics.ascent()
        painter.drawText(QPointF(x0 + _PADDING.width(), baseline), MISSED)


def _edges(rects: Sequence[QRectF]) -> NDArray[np.float64]:
    edges = [(rect.left(), rect.top(), rect.right(), rect.bottom()) for rect in rects]
    return np.array(edges, dtype=np.float64).reshape(-1, 4)
