"""The page that shows how well the detector did on the loaded studies."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.evaluating import Outcome
from pneumo_viewer.theme import UNIT, keep_styled, scaled
from training.evaluation.measures import MEASURES

SHOWN_MEASURES = ("AP50", "AP_M", "AP_L", "AR10", "AR_M", "AR_L", "FROC", "AUROC", "AUPRC")
_NAMES = {"AP50": "AP"}
_ROW_HEIGHT = 28


class EvaluationPage(QWidget):
    """Progress while exams are scored, then the table of measures and what was left out."""

    cancelled = Signal()
    closed = Signal()
    exam_chosen = Signal(str)
    """Key of an image that was left out and that the reader wants to see."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary = QLabel()
        self.measures = QTableWidget(len(SHOWN_MEASURES), 3)
        self.left_out = QTableWidget(0, 2)
        self._left_out_heading = _heading("LEFT OUT")
        self.message = QLabel()
        self.bar = QProgressBar()
        self.cancel_button = QPushButton("Cancel")
        self._close_button = QPushButton("Back to the image")
        self._stack = QStackedWidget()
        self._build()

    def _build(self) -> None:
        title = QLabel("Evaluation of the loaded studies")
        title.setProperty("role", "title")
        self._close_button.clicked.connect(self.closed)
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch()
        top.addWidget(self._close_button)

        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.bar.setFixedWidth(360)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Evaluation progress")
        self.cancel_button.clicked.connect(self.cancelled)
        waiting = QWidget()
        column = QVBoxLayout(waiting)
        column.setSpacing(3 * UNIT)
        column.addStretch()
        column.addWidget(self.message)
        column.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.cancel_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()

        results = QWidget()
        table_column = QVBoxLayout(results)
        table_column.setContentsMargins(0, 0, 0, 0)
        table_column.setSpacing(3 * UNIT)
        self.summary.setWordWrap(True)
        table_column.addWidget(self.summary)
        self._prepare(self.measures, ("Measure", "Exams with pneumonia", "All exams"))
        self.measures.setAccessibleName("Measures")
        self._prepare(self.left_out, ("File", "Reason"))
        self.left_out.setAccessibleName("Files left out")
        self.left_out.cellActivated.connect(self._choose)
        self.left_out.cellDoubleClicked.connect(self._choose)
        table_column.addWidget(_heading("MEASURES, in %, with 95 % intervals over patients"))
        table_column.addWidget(self.measures)
        table_column.addWidget(self._left_out_heading)
        table_column.addWidget(self.left_out, 1)
        note = QLabel(
            "AP: average precision; AR10: recall of an exam's ten best boxes; both at IoU 0.5. "
            "M, L: boxes of 32² to 96² pixels and larger ones, with the longer side of the image "
            "at 512. FROC: mean sensitivity at 1/8 to 8 false positives per image. AUROC, AUPRC: "
            "exams with pneumonia told from those without. For research use only."
        )
        note.setProperty("role", "secondary")
        note.setWordWrap(True)
        table_column.addWidget(note)

        self._stack.addWidget(waiting)
        self._stack.addWidget(results)
        frame = QFrame()
        frame.setProperty("role", "panel")
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        layout.setSpacing(4 * UNIT)
        layout.addLayout(top)
        layout.addWidget(self._stack, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    @staticmethod
    def _prepare(table: QTableWidget, headings: tuple[str, ...]) -> None:
        table.setHorizontalHeaderLabels(headings)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        rows = table.verticalHeader()
        keep_styled(table, lambda: rows.setDefaultSectionSize(scaled(_ROW_HEIGHT)))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)

    def show_progress(self, scored: int, total: int) -> None:
        """Show how many exams the detector has scored."""
        self.message.setText(
            f"Waiting for the detector: {scored} of {total} images are scored."
            if scored < total
            else "Measuring …"
        )
        self.bar.setRange(0, total)
        self.bar.setValue(scored)
        self.bar.show()
        self.cancel_button.show()
        self._stack.setCurrentIndex(0)

    def show_message(self, text: str) -> None:
        """Show why there is no evaluation."""
        self.message.setText(text)
        self.bar.hide()
        self.cancel_button.hide()
        self._stack.setCurrentIndex(0)

    def show_outcome(self, outcome: Outcome) -> None:
        """Show an evaluation."""
        evaluation, left_out = outcome.evaluation, outcome.left_out
        if not evaluation.exam_count:
            self.summary.setText(
                "No exam could be evaluated. File → Load ground truth says which boxes are right."
            )
        else:
            self.summary.setText(
                f"{_count(evaluation.exam_count, 'exam')} of "
                f"{_count(evaluation.patient_count, 'patient')}, {evaluation.positive_count} with "
                f"{_count(evaluation.truth_count, 'true box', 'true boxes')}; "
                f"{_count(evaluation.detection_count, 'detection')} by {outcome.model}. "
                f"{_count(len(left_out), 'file')} left out."
            )
        for row, measure in enumerate(SHOWN_MEASURES):
            cells = (
                _NAMES.get(measure, measure),
                str(evaluation.positives[measure]),
                str(evaluation.all_exams[measure]),
            )
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(MEASURES[measure])
                self.measures.setItem(row, column, item)
        header = self.measures.horizontalHeader().sizeHint().height()
        self.measures.setFixedHeight(header + scaled(_ROW_HEIGHT) * len(SHOWN_MEASURES) + 4)

        self._left_out_heading.setText(f"LEFT OUT ({len(left_out)})")
        self.left_out.setRowCount(len(left_out))
        for row, entry in enumerate(left_out):
            name = QTableWidgetItem(Path(entry.source).name)
            name.setToolTip(entry.source)
            name.setData(Qt.ItemDataRole.UserRole, entry.key)
            self.left_out.setItem(row, 0, name)
            reason = QTableWidgetItem(entry.reason)
            reason.setToolTip(entry.reason)
            self.left_out.setItem(row, 1, reason)
        self._stack.setCurrentIndex(1)

    def _choose(self, row: int, _column: int) -> None:
        item = self.left_out.item(row, 0)
        key = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        if key is not None:
            self.exam_chosen.emit(key)


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
