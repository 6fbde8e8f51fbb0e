"""A radiograph with its findings, its truth, its measurements and its texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from detector.radiograph import Radiograph
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.box_editor import BoxEditor
from pneumo_viewer.canvas.image_view import ImageView
from pneumo_viewer.canvas.judgements import Judgements, paint_missed
from pneumo_viewer.canvas.magnifier import paint_magnifier
from pneumo_viewer.canvas.marks import (
    Mark,
    layout_labels,
    on_screen,
    paint_box,
    paint_label,
    paint_original,
    paint_truth,
    shown_marks,
)
from pneumo_viewer.canvas.measurement_marks import paint_measurements
from pneumo_viewer.canvas.measurements import Measurements
from pneumo_viewer.canvas.overlay import (
    MARGIN,
    describe_spacing,
    describe_turn,
    edge_letters,
    paint_message,
    paint_scale_bar,
    place_bottom_texts,
    place_orientation,
    place_plates,
    place_scale_bar,
    place_top_texts,
)
from pneumo_viewer.canvas.preview import paint_preview
from pneumo_viewer.canvas.texts import paint_texts
from pneumo_viewer.canvas.tools import MeasuringTools
from pneumo_viewer.canvas.windowing import describe_view
from pneumo_viewer.review.findings import Box, Finding
from pneumo_viewer.words import tr


class MarkedView(ImageView):
    """Shows what it is told; it holds no verdict.

    Parameters
    ----------
    measurements
        Those of all images; its own where none are given.
    """

    def __init__(self, measurements: Measurements | None = None) -> None:
        super().__init__()
        self._findings: tuple[Finding, ...] = ()
        self._is_scored = False
        self._threshold = 0.0
        self._is_threshold_moving = False
        self._selected: str | None = None
        self._truth: NDArray[np.float32] | None = None
        self._is_truth_visible = True
        self._are_boxes_visible = True
        self._message = ("", "")
        self._preview: QPixmap | None = None
        self._top_left: tuple[str, ...] = ()
        self._top_right: tuple[str, ...] = ()
        self._relation = ""
        self._doubts: tuple[str, ...] = ()
        self._region: QRectF | None = None
        self.box_editor = BoxEditor(self, self)
        known = Measurements() if measurements is None else measurements
        self.tools = MeasuringTools(self, known, self)
        self._has_magnifier = False
        self._pointer: QPointF | None = None

    # --- what is shown -----------------------------------------------------------------------

    def show_radiograph(self, radiograph: Radiograph | None) -> None:
        """Show an image upright in its default window, fitted; another frame as the one before.

        Findings, truth, selection, texts, doubts and message of the image before are gone; the
        threshold and what is hidden stay as they were.
        """
        self._findings = ()
        self._is_scored = False
        self._selected = None
        self._truth = None
        self._message = ("", "")
        self._preview = None
        self._relation = ""
        self._top_left = self._top_right = self._doubts = ()
        self.box_editor.cancel()
        super().show_radiograph(radiograph)
        self.tools.show_frame()
        self.viewport().update()

    def show_message(self, title: str, text: str) -> None:
        """Show a title and a text instead of an image."""
        self.show_radiograph(None)
        self._message = (title, text)

    @property
    def message(self) -> tuple[str, str]:
        """Title and text of :meth:`show_message`."""
        return self._message

    @property
    def preview(self) -> QPixmap | None:
        """The picture of :meth:`set_preview`."""
        return self._preview

    def set_preview(self, picture: QPixmap | None) -> None:
        """Show a small picture of the image that is being read, instead of a message."""
        self._preview = picture
        self.viewport().update()

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Show findings of this image; all of them, best score first."""
        self._findings = tuple(findings)
        self.viewport().update()

    def set_scored(self, is_scored: bool) -> None:
        """Say whether a detector has looked at this image, so that true boxes can be missed."""
        self._is_scored = is_scored
        self.viewport().update()

    def set_threshold(self, threshold: float) -> None:
        """Hide the findings with a smaller score."""
        self._threshold = threshold
        self.viewport().update()

    def set_threshold_moving(self, is_moving: bool) -> None:
        """While the threshold moves, dim the findings below it instead of hiding them."""
        self._is_threshold_moving = is_moving
        self.viewport().update()

    def set_selected(self, finding_id: str | None) -> None:
        """Emphasise one finding."""
        self._selected = finding_id
        self.viewport().update()

    def set_truth(self, boxes: NDArray[np.float32] | None) -> None:
        """Show ``[N, 4]`` x0 y0 x1 y1 boxes of the ground truth in image pixels."""
        self._truth = boxes
        self.viewport().update()

    def set_truth_visible(self, is_visible: bool) -> None:
        """Show or hide the ground truth."""
        self._is_truth_visible = is_visible
        self.viewport().update()

    @property
    def are_boxes_visible(self) -> bool:
        """Whether boxes are shown at all."""
        return self._are_boxes_visible

    def set_boxes_visible(self, are_visible: bool) -> None:
        """Show or hide all boxes, the truth among them."""
        self._are_boxes_visible = are_visible
        self.viewport().update()

    @property
    def corner_texts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The lines at the top left and top right."""
        return self._top_left, self._top_right

    def set_corner_texts(self, top_left: Sequence[str], top_right: Sequence[str]) -> None:
        """Write lines at the top: the patient at the left, the study at the right."""
        self._top_left = tuple(top_left)
        self._top_right = tuple(top_right)
        self.viewport().update()

    @property
    def relation(self) -> str:
        """How the exam stands to the current one in time; "" for the current one."""
        return self._relation

    def set_relation(self, relation: str) -> None:
        """Say, below the lines at the top, how long before or after the current exam this is."""
        self._relation = relation
        self.viewport().update()

    @property
    def doubts(self) -> tuple[str, ...]:
        """The sentences of :meth:`set_doubts`."""
        return self._doubts

    def set_doubts(self, sentences: Sequence[str]) -> None:
        """Warn, below the lines at the top, of what is to be known before looking."""
        self._doubts = tuple(sentences)
        self.viewport().update()

    def center_on_finding(self, finding_id: str) -> None:
        """Bring a finding to the middle if it is not wholly visible."""
        for finding in self._findings:
            if finding.id == finding_id:
                self.show_box(finding.box)

    def marks(self) -> list[Mark]:
        """The findings that are drawn now."""
        if not self._are_boxes_visible:
            return []
        marks = shown_marks(
            self.box_editor.drafted(self._findings),
            self._threshold,
            self._is_threshold_moving,
            self._selected,
        )
        judged = self._judgements().by_finding
        return [
            replace(
                mark,
                is_draft=self.box_editor.is_draft(mark.finding),
                judgement=judged.get(mark.finding.id, ""),
            )
            for mark in marks
        ]

    def _judgements(self) -> Judgements:
        return Judgements(self._findings, self._truth if self._is_truth_visible else None)

    def set_magnifier(self, is_on: bool) -> None:
        """Magnify the image around the mouse."""
        self._has_magnifier = is_on
        self.viewport().update()

    def shown_box(self) -> Box:
        """The part of the image that is in view."""
        assert self.radiograph is not None
        height, width = self.radiograph.pixels.shape
        to_image, _ = self.viewportTransform().inverted()
        seen = to_image.mapRect(QRectF(QPointF(0, 0), self._view_size()))
        seen &= QRectF(0, 0, width, height)
        return seen.left(), seen.top(), seen.right(), seen.bottom()

    def redraw(self) -> None:
        """Draw again, soon."""
        self.viewport().update()

    def set_region(self, region: QRectF | None) -> None:
        """Draw a rectangle in view coordinates, as long as it is being dragged."""
        self._region = region
        self.viewport().update()

    # --- painting ----------------------------------------------------------------------------

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Draw boxes, labels and texts in view coordinates, over the image."""
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        size = self._view_size()
        texts = list(place_top_texts(self.font(), size, self._top_left, self._top_right))
        if self.radiograph is None:
            if self._preview is None:
                paint_message(painter, self.font(), size, *self._message)
            else:
                paint_preview(painter, self._preview, self.font(), size)
            paint_texts(painter, texts)
            return
        top = max((text.rect.bottom() for text in texts), default=0.0) + MARGIN
        plates = list(place_plates(self.font(), size, self._relation, self._doubts, top))
        texts += plates
        spacing = self.radiograph.spacing
        scale_bar = place_scale_bar(
            self.font(), size, spacing, self.zoom / self.devicePixelRatioF()
        )
        bar_width = scale_bar.rect.width() if scale_bar else 0.0
        facts = list(place_bottom_texts(self.font(), size, self._facts(self.radiograph), bar_width))
        letters = edge_letters(self.radiograph.identity.patient_orientation, self.turn)
        if letters is not None:
            top = max(text.rect.bottom() for text in texts) + 2 if texts else MARGIN
            bottom = min(fact.rect.top() for fact in facts) - 2
            texts += place_orientation(self.font(), size, letters, top, bottom)
        texts += facts

        taken = [text.rect for text in texts]
        if scale_bar is not None:
            taken.append(scale_bar.rect)
        self._paint_boxes(painter, taken)
        paint_measurements(painter, self.tools.marks, self.to_view, self.font(), size, taken)
        for plate in plates:
            painter.fillRect(plate.rect.adjusted(-4, -1, 4, 1), QColor(colours.PLATE))
        paint_texts(painter, texts)
        if scale_bar is not None:
            paint_scale_bar(painter, scale_bar)
        if self._region is not None:
            painter.setPen(QPen(QColor(colours.SELECTION), 1, Qt.PenStyle.DashLine))
            painter.drawRect(self._region)
        if self._has_magnifier and self._pointer is not None:
            paint_magnifier(painter, self._image_item, self.viewportTransform(), self._pointer)

    def _facts(self, radiograph: Radiograph) -> list[str]:
        assert self.view is not None
        facts = [describe_view(self.view)]
        if self.is_inverted:
            facts.append(tr("inverted"))
        facts += filter(None, [describe_turn(self.turn)])
        facts.append(tr("zoom {percent}", percent=f"{100 * self.zoom:.0f}\N{NO-BREAK SPACE}%"))
        facts.append(describe_spacing(radiograph.spacing))
        if radiograph.is_lossy:
            facts.append(tr("lossy compression"))
        if radiograph.identity.frame_count > 1:
            facts.append(
                tr(
                    "frame {number} of {count}",
                    number=radiograph.frame + 1,
                    count=radiograph.identity.frame_count,
                )
            )
        return facts

    def _paint_boxes(self, painter: QPainter, taken: Sequence[QRectF]) -> None:
        """Draw the truth, over it the findings, over them the labels."""
        if not self._are_boxes_visible:
            return
        truth = [] if self._truth is None or not self._is_truth_visible else self._truth.tolist()
        truth_rects = [self._on_screen(box) for box in truth]
        for rect in truth_rects:
            paint_truth(painter, rect)
        marks = self.marks()
        rects = [self._on_screen(mark.finding.box) for mark in marks]
        for mark, rect in sorted(
            zip(marks, rects, strict=True), key=lambda pair: pair[0].is_selected
        ):
            if mark.is_selected and mark.finding.original is not None:
                paint_original(painter, self._on_screen(mark.finding.original))
            paint_box(painter, mark, rect)
        labels = layout_labels(marks, rects, truth_rects, taken, self.font(), self._view_size())
        for mark, rect in labels:
            paint_label(painter, mark, rect, self.font())
        if not truth_rects or not self._is_scored:
            return
        missed = [truth_rects[index] for index in self._judgements().missed(self._threshold)]
        taken = [*taken, *rects, *(rect for _, rect in labels)]
        paint_missed(painter, missed, truth_rects, taken, self.font(), self._view_size())

    def _on_screen(self, box: Box) -> QRectF:
        return on_screen(self.box_to_view(box), self.devicePixelRatioF())
