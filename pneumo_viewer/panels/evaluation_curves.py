"""Precision against recall and sensitivity against false positives, with the threshold on both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from pneumo_viewer.jobs.measuring import Measured
from pneumo_viewer.theme import UNIT, colours, keep_styled
from pneumo_viewer.words import tr

MOST_FALSE_POSITIVES = 8.0
"""Where the FROC plot ends at the latest: the largest rate of its mean."""

_DRAWN_POINTS = 2000


def point_at(thresholds: NDArray[np.float64], threshold: float) -> int | None:
    """Place of the curve's point for a threshold: the last one whose score reaches it.

    Parameters
    ----------
    thresholds
        ``[P]`` highest first.

    Returns
    -------
    int or None
        None where no score reaches it.
    """
    place = int(np.searchsorted(-thresholds, -threshold, side="right")) - 1
    return place if place >= 0 else None


class CurvePlot(pyqtgraph.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """One curve whose points are thresholds, with a mark at the current one.

    Parameters
    ----------
    across, up
        What the axes show.
    """

    threshold_chosen = Signal(float)
    """Of the point of the curve next to a click."""

    def __init__(self, across: str, up: str, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tr("Click on the curve to move the threshold there."))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.setFrameShape(CurvePlot.Shape.NoFrame)
        self._labels = {"bottom": across, "left": up}
        self.showGrid(x=True, y=True, alpha=0.6)
        self._curve = self.plot()
        self._mark = self.plot(symbol="o", symbolSize=11, pen=None)
        self._thresholds = self._x = self._y = np.empty(0)
        self._threshold = 0.0
        self.scene().sigMouseClicked.connect(self._click)
        keep_styled(self, self._style)

    @property
    def mark(self) -> tuple[float, float] | None:
        """Where the current threshold lies on the curve, or None above every score."""
        place = point_at(self._thresholds, self._threshold)
        return None if place is None else (float(self._x[place]), float(self._y[place]))

    def show_curve(
        self,
        thresholds: NDArray[np.float64],
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        right: float,
    ) -> None:
        """Show a curve; one with an undefined point is not drawn.

        Parameters
        ----------
        thresholds, x, y
            ``[P]``, highest threshold first.
        right
            Where the plot ends.
        """
        is_defined = bool(np.isfinite(x).all() and np.isfinite(y).all())
        self._thresholds, self._x, self._y = (
            (thresholds, x, y) if is_defined else (np.empty(0), np.empty(0), np.empty(0))
        )
        count = len(self._x)
        drawn = np.unique(np.linspace(0, max(count - 1, 0), _DRAWN_POINTS).astype(np.intp))
        drawn = drawn[:count]
        self._curve.setData(self._x[drawn], self._y[drawn])
        self.setRange(xRange=(0, right), yRange=(0, 1), padding=0.06)
        self._move_mark()

    def set_threshold(self, threshold: float) -> None:
        """Move the mark."""
        self._threshold = threshold
        self._move_mark()

    def choose_near(self, position: QPointF) -> None:
        """Choose the threshold of the point that lies next to a position in the widget."""
        if not len(self._x):
            return
        box = self.getPlotItem().vb
        here = box.mapSceneToView(self.mapToScene(position.toPoint()))
        width, height = box.viewPixelSize()
        distance = np.hypot((self._x - here.x()) / width, (self._y - here.y()) / height)
        chosen = float(self._thresholds[int(np.argmin(distance))])
        self.threshold_chosen.emit(min(chosen, 1.0))

    def _style(self) -> None:
        theme = colours()
        self.setBackground(theme.panel)
        font = QFont(self.font())
        for side, label in self._labels.items():
            axis = self.getAxis(side)
            axis.setPen(theme.line)
            axis.setTextPen(theme.secondary)
            axis.setTickFont(font)
            axis.setLabel(label, color=theme.secondary, **{"font-size": f"{font.pointSizeF()}pt"})
            axis.enableAutoSIPrefix(False)
            axis.setZValue(-1)
        self._curve.setPen(pyqtgraph.mkPen(theme.text, width=2))
        self._mark.setSymbolBrush(theme.selection)
        self._mark.setSymbolPen(theme.text)

    def _move_mark(self) -> None:
        mark = self.mark
        self._mark.setData(*([], []) if mark is None else ([mark[0]], [mark[1]]))

    def _click(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose_near(QPointF(self.mapFromScene(event.scenePos())))


class Curves(QWidget):
    """Both curves of an evaluation beside each other, with the figures at the threshold."""

    threshold_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.precision_recall = CurvePlot(
            tr("Recall"), tr("Precision"), tr("Precision and recall curve")
        )
        self.froc = CurvePlot(tr("False positives per image"), tr("Sensitivity"), tr("FROC curve"))
        self._figures: dict[CurvePlot, QLabel] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4 * UNIT)
        for title, plot in (
            (tr("PRECISION AND RECALL"), self.precision_recall),
            (tr("FROC"), self.froc),
        ):
            plot.threshold_chosen.connect(self.threshold_chosen)
            plot.setMinimumSize(200, 140)
            heading = QLabel(title)
            heading.setProperty("role", "heading")
            figures = self._figures[plot] = QLabel()
            figures.setProperty("role", "secondary")
            column = QVBoxLayout()
            column.setSpacing(UNIT)
            column.addWidget(heading)
            column.addWidget(plot, 1)
            column.addWidget(figures)
            layout.addLayout(column, 1)

    def show_measured(self, measured: Measured) -> None:
        """Show the curves of an evaluation."""
        curve = measured.precision_recall
        self.precision_recall.show_curve(curve.thresholds, curve.recall, curve.precision, 1.0)
        froc = measured.froc
        if froc is None:
            none = np.empty(0)
            self.froc.show_curve(none, none, none, 1.0)
        else:
            most = float(froc.false_positives.max(initial=0.0))
            right = min(MOST_FALSE_POSITIVES, max(1.0, float(np.ceil(most))))
            self.froc.show_curve(froc.thresholds, froc.false_positives, froc.sensitivity, right)
        self._tell()

    def set_threshold(self, threshold: float) -> None:
        """Move the marks on both curves."""
        for plot in self._figures:
            plot.set_threshold(threshold)
        self._tell()

    def figures(self) -> tuple[str, str]:
        """What stands under the two curves."""
        return self._figures[self.precision_recall].text(), self._figures[self.froc].text()

    def _tell(self) -> None:
        for plot, text in (
            (self.precision_recall, tr("recall {x:.2f}, precision {y:.2f}")),
            (self.froc, tr("{x:.2f} false positives per image, sensitivity {y:.2f}")),
        ):
            mark = plot.mark
            self._figures[plot].setText(
                tr("no box at this threshold, or no true box")
                if mark is None
                else text.format(x=mark[0], y=mark[1])
            )
