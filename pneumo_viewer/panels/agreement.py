"""The page that shows how far readers agree on the loaded studies."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.panels.exam import EXAM_ANSWERS
from pneumo_viewer.panels.scrolling import MIDDLE, Scrolling
from pneumo_viewer.review.agreement import Agreement, BoxAgreement, Kappa, Reading, compare_readers
from pneumo_viewer.review.findings import ExamVerdict
from pneumo_viewer.theme import UNIT, keep_styled, scaled
from pneumo_viewer.words import counted, tr

_ROW_HEIGHT = 28
_UNKNOWN = "–"


def kappa_text(kappa: Kappa | None) -> str:
    """Kappa with its interval, two decimals."""
    if kappa is None:
        return _UNKNOWN
    if kappa.low is None or kappa.high is None:
        return tr("{kappa}  (interval unknown)", kappa=_signed(kappa.value))
    return tr(
        "{kappa}  ({low} to {high})",
        kappa=_signed(kappa.value),
        low=_signed(kappa.low),
        high=_signed(kappa.high),
    )


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


class AgreementPage(QWidget):
    """Kappa and box agreement of the chosen readers, and the exams on which they differ.

    Parameters
    ----------
    describe
        Names an exam by its key.
    """

    closed = Signal()
    exam_chosen = Signal(str)
    """Key of an exam that the reader wants to see."""

    def __init__(self, describe: Callable[[str], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._describe = describe
        self._readings: Mapping[str, Mapping[str, Reading]] = {}
        self.message = QLabel()
        self.summary = QLabel()
        self.kappa_name = _label("secondary")
        self.kappa = _label("figure")
        self.observed = _label("secondary")
        self.share = _label("figure")
        self.iou = _label("secondary")
        self.table = QTableWidget()
        self.readers: dict[str, QCheckBox] = {}
        self._reader_row = QHBoxLayout()
        self._heading = _label("heading")
        self._stack = QStackedWidget()
        self._build()

    def _build(self) -> None:
        title = QLabel(tr("Agreement of readers"))
        title.setProperty("role", "title")
        close = QPushButton(tr("Back to the image"))
        close.clicked.connect(self.closed)
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch()
        top.addWidget(close)

        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.summary.setWordWrap(True)
        figures = QHBoxLayout()
        figures.setSpacing(12 * UNIT)
        for labels in (
            (self.kappa_name, self.kappa, self.observed),
            (_label("secondary", tr("Boxes with a partner, IoU 0.5")), self.share, self.iou),
        ):
            column = QVBoxLayout()
            column.setSpacing(UNIT)
            for label in labels:
                column.addWidget(label)
            figures.addLayout(column)
        figures.addStretch()

        table = self.table
        table.setAccessibleName(tr("Exams on which readers differ"))
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        rows = table.verticalHeader()
        keep_styled(table, lambda: rows.setDefaultSectionSize(scaled(_ROW_HEIGHT)))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.cellClicked.connect(self._choose)
        table.cellActivated.connect(self._choose)
        note = _label(
            "secondary",
            tr(
                "Kappa is agreement beyond chance on pneumonia, no pneumonia and unsure: Cohen's "
                "for two readers, with the standard error of Fleiss, Cohen and Everitt (1969); "
                "Fleiss' for more, with the variance of Gwet (2021). Intervals are ± 1.96 standard "
                "errors. Only exams that all chosen readers have judged count. "
                "For research use only."
            ),
        )
        note.setWordWrap(True)

        results = QWidget()
        column = QVBoxLayout(results)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3 * UNIT)
        self._reader_row.setSpacing(4 * UNIT)
        column.addLayout(self._reader_row)
        column.addWidget(self.summary)
        column.addLayout(figures)
        column.addWidget(self._heading)
        column.addWidget(table, 1)
        column.addWidget(note)
        self._stack.addWidget(self.message)
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
        outer.addWidget(Scrolling(frame, MIDDLE))

    def show_message(self, text: str) -> None:
        """Show why nothing can be compared."""
        self.message.setText(text)
        self._stack.setCurrentWidget(self.message)

    def show_readings(self, readings: Mapping[str, Mapping[str, Reading]]) -> None:
        """Compare all readers; fewer can then be chosen.

        Parameters
        ----------
        readings
            By reader, then by exam.
        """
        self._readings = readings
        while (item := self._reader_row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.readers = {}
        for reader in sorted(readings):
            box = QCheckBox(f"{reader} ({len(readings[reader])})")
            box.setToolTip(
                counted(
                    len(readings[reader]),
                    tr("Compare {reader}, who has judged {n} exam"),
                    tr("Compare {reader}, who has judged {n} exams"),
                    reader=reader,
                )
            )
            box.setChecked(True)
            box.toggled.connect(self._compare)
            self.readers[reader] = box
            self._reader_row.addWidget(box)
        self._reader_row.addStretch()
        self._compare()
        self._stack.setCurrentIndex(1)

    def _compare(self) -> None:
        chosen = {
            name: self._readings[name] for name, box in self.readers.items() if box.isChecked()
        }
        if len(chosen) > 1:
            self._show(compare_readers(chosen))
        else:
            self._clear(tr("Choose two readers or more."))

    def _clear(self, text: str) -> None:
        self.summary.setText(text)
        for label in (self.kappa, self.share):
            label.setText(_UNKNOWN)
        for label in (self.kappa_name, self.observed, self.iou, self._heading):
            label.clear()
        self.table.setRowCount(0)

    def _show(self, agreement: Agreement) -> None:
        if not agreement.exams:
            self._clear(tr("There is no exam that all of these readers have judged."))
            return
        left_out, readers = agreement.left_out, ", ".join(agreement.readers)
        exams = counted(agreement.exams, tr("{n} exam"), tr("{n} exams"))
        self.summary.setText(
            tr("{exams} judged by all of {readers}.", exams=exams, readers=readers)
            if not left_out
            else tr(
                "{exams} judged by all of {readers}; {left_out} judged only by some.",
                exams=exams,
                readers=readers,
                left_out=left_out,
            )
        )
        kappa, boxes = agreement.kappa, agreement.boxes
        self.kappa_name.setText(
            tr("Cohen's kappa, with its 95 % interval")
            if len(agreement.readers) == 2
            else tr("Fleiss' kappa, with its 95 % interval")
        )
        self.kappa.setText(kappa_text(kappa))
        self.observed.setText(
            tr("undefined: every verdict is the same")
            if kappa is None
            else tr(
                "{observed:.0f} % agree; by chance {expected:.0f} %",
                observed=100 * kappa.observed,
                expected=100 * kappa.expected,
            )
        )
        self.share.setText(_UNKNOWN if boxes.share is None else f"{100 * boxes.share:.0f} %")
        self.iou.setText(
            tr("no boxes")
            if not boxes.boxes
            else _part(boxes)
            if boxes.mean_iou is None
            else tr("{part}; their mean IoU is {iou:.2f}", part=_part(boxes), iou=boxes.mean_iou)
        )
        self._heading.setText(
            tr("EXAMS ON WHICH THEY DIFFER ({count})", count=len(agreement.disagreements))
        )
        self._fill(agreement)

    def _fill(self, agreement: Agreement) -> None:
        table = self.table
        headings = (tr("Exam"), *agreement.readers, tr("Partnered boxes"))
        table.setColumnCount(len(headings))
        table.setHorizontalHeaderLabels(headings)
        table.setRowCount(len(agreement.disagreements))
        for row, found in enumerate(agreement.disagreements):
            boxes = _part(found.boxes) if found.boxes.boxes else ""
            verdicts = (tr(EXAM_ANSWERS[ExamVerdict(verdict)]) for verdict in found.verdicts)
            for column, text in enumerate((self._describe(found.exam), *verdicts, boxes)):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, found.exam)
                item.setToolTip(tr("Open the exam") if column else tr("Open {exam}", exam=text))
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                table.setItem(row, column, item)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def _choose(self, row: int, _column: int) -> None:
        item = self.table.item(row, 0)
        if item is not None:
            self.exam_chosen.emit(item.data(Qt.ItemDataRole.UserRole))


def _label(role: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    return label


def _part(boxes: BoxAgreement) -> str:
    return tr("{part} of {whole}", part=boxes.partnered, whole=boxes.boxes)
