"""The findings of the current image: scores, places, verdicts, and the threshold over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QColor, QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from detector.model_card import OperatingPoint
from detector.radiograph import Radiograph
from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.measurements import ruler_of
from pneumo_viewer.panels.exam import ExamForm
from pneumo_viewer.panels.threshold import OperatingPointList, ThresholdSlider
from pneumo_viewer.panels.title_bar import title_bar
from pneumo_viewer.review.findings import Box, Finding, Verdict
from pneumo_viewer.theme import UNIT, colours, icon, keep_styled, scaled
from pneumo_viewer.words import mark, tr

VERDICT_MARKS = {
    Verdict.ACCEPTED: "✓",
    Verdict.REJECTED: "✗",
    Verdict.UNDECIDED: "",
    Verdict.CORRECTED: "✎ ✓",
    Verdict.ADDED: "✎",
}
_VERDICT_WORDS = {
    Verdict.UNDECIDED: mark("undecided"),
    Verdict.ACCEPTED: mark("accepted"),
    Verdict.REJECTED: mark("rejected"),
    Verdict.CORRECTED: mark("corrected"),
    Verdict.ADDED: mark("added"),
}
_VERDICT_COLOURS = {
    Verdict.ACCEPTED: "tick",
    Verdict.CORRECTED: "reader",
    Verdict.ADDED: "reader",
}
_NARROWEST = 372
_ROW_HEIGHT = 28
_HEADINGS = ("", mark("Score"), mark("Place"), mark("Size"), "", mark("By"))
_EXPLANATIONS = (
    mark("Number of the finding"),
    mark("The detector's score"),
    mark("Side of the patient, and third of the image"),
    mark("Width × height; in mm where the spacing of the pixels and its origin are known"),
    mark("Verdict"),
    mark("The model or the reader who made the box"),
)
_SIZE, _VERDICT, _MAKER = 3, 4, 5
_THIRDS = (mark("{side} upper"), mark("{side} middle"), mark("{side} lower"))
_FRONTAL = ("L", "F")
_OPPOSITES = str.maketrans("RLAPHF", "LRPAFH")
_Index = QModelIndex | QPersistentModelIndex


def place_in_image(box: Box, width: int, height: int, orientation: Sequence[str] = _FRONTAL) -> str:
    """Name the sixth of the image in which a box is centred.

    The thirds are those of the image, not the zones of the lung.

    Parameters
    ----------
    orientation
        Patient Orientation (0020,0020), PS3.3 C.7.6.1.1.1: what lies to the right and what lies
        below. Where it is missing, that of a frontal radiograph hung the usual way, with the
        patient's right on the left of the image. On a lateral one the sides are A and P.
    """
    x0, y0, x1, y1 = box
    known = [direction[:1] for direction in orientation]
    towards_right, towards_foot = known if len(known) == 2 and all(known) else _FRONTAL
    is_right = (x0 + x1) / 2 >= width / 2
    side = towards_right if is_right else towards_right.translate(_OPPOSITES)
    third = min(2, max(0, int(3 * (y0 + y1) / 2 / height)))
    if towards_foot == "H":
        third = 2 - third
    return tr(_THIRDS[third], side=side)


def size_of_box(box: Box, radiograph: Radiograph) -> str:
    """Width × height in the unit of :func:`~pneumo_viewer.canvas.measurements.ruler_of`."""
    x0, y0, x1, y1 = box
    ruler = ruler_of(radiograph)
    return f"{(x1 - x0) * ruler.width:.0f} × {(y1 - y0) * ruler.height:.0f}"


class FindingsModel(QAbstractTableModel):
    """The findings as rows; those below the threshold are greyed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.findings: tuple[Finding, ...] = ()
        self._radiograph: Radiograph | None = None
        self._threshold = 0.0

    def show(
        self, findings: Sequence[Finding], radiograph: Radiograph | None, threshold: float
    ) -> None:
        """Replace what is shown."""
        self.beginResetModel()
        self.findings = tuple(findings)
        self._radiograph = radiograph
        self._threshold = threshold
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.findings)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            if section == _SIZE and self._radiograph is not None:
                return f"{tr(_HEADINGS[section])}, {ruler_of(self._radiograph).unit}"
            return tr(_HEADINGS[section])
        if (
            role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
            and orientation == Qt.Orientation.Horizontal
        ):
            return tr(_EXPLANATIONS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole and section == 1:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        finding = self.findings[index.row()]
        is_shown = finding.reaches(self._threshold)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(finding, index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (0, 1):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            if not is_shown:
                return QBrush(QColor(colours().faint))
            if index.column() == _VERDICT:
                colour = _VERDICT_COLOURS.get(finding.verdict, "secondary")
                return QBrush(QColor(getattr(colours(), colour)))
            return QBrush(QColor(colours().text))
        if role == Qt.ItemDataRole.FontRole and finding.verdict is Verdict.REJECTED:
            font = QFont()
            font.setStrikeOut(index.column() != _VERDICT)
            return font
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == _MAKER:
            return self._text(finding, index.row(), _MAKER)  # in full, where the column is narrow
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._spoken(finding, index.row(), is_shown)
        return None

    @staticmethod
    def _spoken(finding: Finding, row: int, is_shown: bool) -> str:
        if finding.is_own:
            return tr("Finding {number}, added by the reader", number=row + 1)
        words = (
            tr("Finding {number}, score {score:.2f}, {verdict}")
            if is_shown
            else tr("Finding {number}, score {score:.2f}, {verdict}, below the threshold")
        )
        verdict = tr(_VERDICT_WORDS[finding.verdict])
        return words.format(number=row + 1, score=finding.score, verdict=verdict)

    def _text(self, finding: Finding, row: int, column: int) -> str:
        if column == 0:
            return str(row + 1)
        if column == 1:
            return "–" if finding.score is None else f"{finding.score:.2f}"
        if column == _MAKER:
            return tr("reader") if finding.model is None else finding.model.name
        if column == _VERDICT:
            return VERDICT_MARKS[finding.verdict]
        if self._radiograph is None:
            return ""
        if column == 2:
            height, width = self._radiograph.pixels.shape
            orientation = self._radiograph.identity.patient_orientation
            return place_in_image(finding.box, width, height, orientation)
        return size_of_box(finding.box, self._radiograph)


class FindingsPanel(QWidget):
    """The list of findings with its verdict buttons and the threshold."""

    finding_chosen = Signal(str)
    """Id of the finding that the reader clicked."""

    def __init__(
        self,
        actions: Actions,
        operating_points: Sequence[OperatingPoint] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.slider = ThresholdSlider()
        self.points = OperatingPointList((), self)
        self.set_points(operating_points)
        self.model = FindingsModel(self)
        self.table = QTableView()
        self._exam = QLabel()
        self._threshold = QLabel()
        self._empty = QLabel()
        self.reset_button = QToolButton()
        self.exam = ExamForm(actions)
        self.title_bar = title_bar(tr("FINDINGS"), self._exam)
        self._build(actions)

    def _build(self, actions: Actions) -> None:
        self._exam.setToolTip(tr("Probability that the exam shows pneumonia, by the detector"))
        table = self.table
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setAccessibleName(tr("Findings"))
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_MAKER, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(24)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.clicked.connect(self._choose)
        self._empty.setProperty("role", "secondary")
        self._empty.setWordWrap(True)

        buttons = QHBoxLayout()
        for command, text, icon_name, colour in (
            ("accept", tr("Accept"), "mdi6.check", "tick"),
            ("reject", tr("Reject"), "mdi6.close", "detection"),
            ("undecide", tr("Undecided"), "", "text"),
        ):
            button = QPushButton()
            actions.label_button(button, text, command)
            if icon_name:
                button.setIcon(icon(icon_name, colour))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(actions[command].trigger)
            actions[command].enabledChanged.connect(button.setEnabled)
            button.setEnabled(actions[command].isEnabled())
            buttons.addWidget(button)

        self.reset_button.setIcon(icon("mdi6.restore", "secondary"))
        self.reset_button.setToolTip(tr("Reset the threshold to the model's default"))
        self.reset_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        title = QLabel(tr("Threshold"))
        title.setProperty("role", "secondary")
        threshold = QHBoxLayout()
        threshold.addWidget(title)
        threshold.addWidget(self.slider, 1)
        threshold.addWidget(self._threshold)
        threshold.addWidget(self.reset_button)

        keep_styled(self, self._fit_text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * UNIT, UNIT, 3 * UNIT, 2 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addLayout(threshold)
        layout.addWidget(self.points)
        layout.addWidget(table, 1)
        layout.addWidget(self._empty)
        layout.addLayout(buttons)
        layout.addWidget(self.exam)

    def set_points(self, points: Sequence[OperatingPoint]) -> None:
        """Offer the operating points of a model's card, and mark them on the slider."""
        self.points.set_points(points)
        self.slider.set_points([point.threshold for point in points])

    def _fit_text(self) -> None:
        self.setMinimumWidth(scaled(_NARROWEST))
        self.table.verticalHeader().setDefaultSectionSize(scaled(_ROW_HEIGHT))

    def _choose(self, index: QModelIndex) -> None:
        self.finding_chosen.emit(self.model.findings[index.row()].id)

    def show_findings(
        self,
        findings: Sequence[Finding],
        radiograph: Radiograph | None,
        threshold: float,
        exam_score: float | None,
        explanation: str,
    ) -> None:
        """Show an image's findings.

        Parameters
        ----------
        explanation
            What to say below the list, such as why it is empty.
        """
        self.model.show(findings, radiograph, threshold)
        self.slider.set_scores([finding.score for finding in findings if finding.score is not None])
        self.slider.set_value(threshold)
        self.points.set_value(threshold)
        self._threshold.setText(f"{threshold:.2f}")
        self._exam.setText("" if exam_score is None else tr("exam  {score:.2f}", score=exam_score))
        self._empty.setText(explanation)
        self._empty.setVisible(bool(explanation))

    def show_selection(self, finding_id: str | None) -> None:
        """Mark one finding as selected."""
        with QSignalBlocker(self.table.selectionModel()):
            self.table.clearSelection()
            for row, finding in enumerate(self.model.findings):
                if finding.id == finding_id:
                    self.table.selectRow(row)
        self.table.viewport().update()
