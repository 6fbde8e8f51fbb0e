"""The figures of an evaluation: all exams, subgroups, and one side against another."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.evaluating import ComparisonOutcome
from pneumo_viewer.panels.rows import Column, Row, RowsTable
from pneumo_viewer.review.sources import AnswerSource, ReaderSource, TruthSource
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import counted, mark, tr
from training.evaluation.measures import MEASURES, MISSING, Evaluation
from training.evaluation.operating_points import OPERATING_FIGURES
from training.evaluation.paired import Difference
from training.evaluation.subgroups import SMALL_GROUP, Subgroup

SHOWN_MEASURES = ("AP50", "AP_M", "AP_L", "AR10", "AR_M", "AR_L", "FROC", "AUROC", "AUPRC")
SUBGROUP_MEASURES = ("AP50", "AR10", "AUROC")
MEASURE_NAMES = {"AP50": "AP"}
OPERATING_NAMES = {
    "sensitivity": mark("Exam sensitivity"),
    "specificity": mark("Exam specificity"),
    "box_sensitivity": mark("Box sensitivity"),
    "false_positives": mark("False positives per image"),
}
EXPLANATION = mark(
    "AP: average precision; AR10: recall of an exam's ten best boxes; both at IoU 0.5. "
    "M, L: boxes of 32² to 96² pixels and larger ones, with the longer side of the image "
    "at 512. FROC: mean sensitivity at 1/8 to 8 false positives per image. AUROC, AUPRC: "
    "exams with pneumonia told from those without. For research use only."
)
SMALL_MARK = "*"


def measure_name(measure: str) -> str:
    """How a measure is called in tables."""
    return MEASURE_NAMES.get(measure, measure)


def describe_difference(figure: str, difference: Difference) -> str:
    """In percent, or as a number per image, with its interval."""
    if figure != "false_positives" or difference.value is None:
        return str(difference)
    text = f"{difference.value:+.2f}"
    if difference.interval is not None:
        low, high = difference.interval
        text = tr("{value} ({low:+.2f} to {high:+.2f})", value=text, low=low, high=high)
    return text.replace("-", "−")


def source_words(source: TruthSource | AnswerSource) -> str:
    """How a truth, a model or a reader is called in the window."""
    if isinstance(source, ReaderSource):
        return tr("Verdicts of {reader}", reader=source.reader)
    return tr(source.label)


def secondary(text: str) -> QLabel:
    """A wrapped line in small print."""
    label = QLabel(text)
    label.setProperty("role", "secondary")
    label.setWordWrap(True)
    return label


class MeasuresTable(RowsTable):
    """Each measure over positive exams and over all, with 95 % intervals."""

    def __init__(self) -> None:
        columns = (tr("Measure"), tr("Exams with pneumonia"), tr("All exams"))
        super().__init__(tuple(map(Column, columns)), tr("Measures"))

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show the measures in percent."""

        def row_at(row: int) -> Row:
            name = SHOWN_MEASURES[row]
            figures = (str(evaluation.positives[name]), str(evaluation.all_exams[name]))
            return Row((measure_name(name), *figures), MEASURES[name])

        self.show_rows(len(SHOWN_MEASURES), row_at)


class SubgroupsPanel(QWidget):
    """The measures of every view, sex and age band."""

    def __init__(self) -> None:
        super().__init__()
        columns = (
            Column(tr("Group")),
            Column(tr("Positive"), is_figure=True),
            *(Column(measure_name(name)) for name in SUBGROUP_MEASURES),
        )
        self.table = RowsTable(columns, tr("Subgroups"))
        self.message = secondary("")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2 * UNIT, 0, 0)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.message)
        self.show_waiting()

    def show_waiting(self) -> None:
        """Say that the groups are being measured."""
        self.table.show_rows(0, lambda row: Row(()))
        self.message.setText(tr("Measuring the subgroups …"))

    def show_message(self, text: str) -> None:
        """Say why there are none."""
        self.message.setText(text)

    def show_subgroups(self, groups: Sequence[Subgroup]) -> None:
        """Show the groups; small ones are marked and step back."""

        def row_at(row: int) -> Row:
            group = groups[row]
            figures = group.evaluation.all_exams
            mark = f" {SMALL_MARK}" if group.is_small else ""
            texts = (
                f"{group.trait} {group.value}{mark}",
                tr(
                    "{part} of {whole}",
                    part=group.evaluation.positive_count,
                    whole=group.evaluation.exam_count,
                ),
                *(str(figures[name]) for name in SUBGROUP_MEASURES),
            )
            return Row(texts, is_secondary=group.is_small)

        self.table.show_rows(len(groups), row_at)
        self.message.setText(
            tr(
                "All exams of the group, in %, with 95 % intervals over its patients. "
                "{mark} fewer than {count} exams: the figures say little.",
                mark=SMALL_MARK,
                count=SMALL_GROUP,
            )
            if groups
            else tr("No header states view, sex or age.")
        )


class ComparisonPanel(QWidget):
    """Two models or readers on the same exams."""

    compare_requested = Signal(object, object)
    """The two AnswerSource."""
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = QComboBox(), QComboBox()
        self.first.setAccessibleName(tr("First model or reader"))
        self.second.setAccessibleName(tr("Second model or reader"))
        self.button = QPushButton(tr("Compare"))
        self.cancel_button = QPushButton(tr("Cancel"))
        self.cancel_button.hide()
        columns = (tr("Difference"), tr("Exams with pneumonia"), tr("All exams"))
        self.table = RowsTable(tuple(map(Column, columns)), tr("Differences"))
        self.message = secondary("")
        self.button.clicked.connect(self._request)
        self.cancel_button.clicked.connect(self.cancelled)
        sides = QHBoxLayout()
        sides.setSpacing(2 * UNIT)
        for box in (self.first, self.second):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(8)
        sides.addWidget(self.first, 1)
        sides.addWidget(QLabel(tr("less")))
        sides.addWidget(self.second, 1)
        sides.addWidget(self.button)
        sides.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2 * UNIT, 0, 0)
        layout.addLayout(sides)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.message)

    def set_sides(self, sides: Sequence[AnswerSource]) -> None:
        """Offer models and readers; what was chosen stays chosen."""
        for place, box in enumerate((self.first, self.second)):
            chosen = box.currentData()
            box.clear()
            for side in sides:
                box.addItem(source_words(side), side)
            known = list(sides)
            box.setCurrentIndex(
                known.index(chosen) if chosen in known else min(place, len(known) - 1)
            )
        self.button.setEnabled(len(sides) > 1)
        if len(sides) < 2:
            self.message.setText(
                tr("A comparison needs two models or readers that know the open images.")
            )
        elif not self.table.texts():
            self.message.setText(tr("Both are measured on the exams that both answered."))

    def show_progress(self) -> None:
        """Say that a comparison is being made."""
        self.table.show_rows(0, lambda row: Row(()))
        self.message.setText(tr("Comparing …"))
        self.cancel_button.show()

    def show_message(self, text: str) -> None:
        """Say why there is no comparison."""
        self.message.setText(text)
        self.cancel_button.hide()

    def show_outcome(self, outcome: ComparisonOutcome) -> None:
        """Show the differences in percent, with 95 % intervals."""
        found = outcome.comparison
        rows = [
            Row(
                (
                    tr(OPERATING_NAMES[figure]),
                    MISSING,
                    describe_difference(figure, found.at_thresholds[figure]),
                ),
                tr("at the threshold, IoU 0.4"),
            )
            for figure in OPERATING_FIGURES
        ]
        rows += [
            Row(
                (measure_name(name), str(found.positives[name]), str(found.all_exams[name])),
                MEASURES[name],
            )
            for name in SHOWN_MEASURES
        ]
        self.table.show_rows(len(rows), rows.__getitem__)
        self.message.setText(
            tr(
                "{first} less {second} on {exams}, truth: {truth}. Paired differences in %, with "
                "95 % intervals over patients; the first four rows at the threshold.",
                first=source_words(outcome.first),
                second=source_words(outcome.second),
                exams=counted(found.exam_count, tr("{n} exam"), tr("{n} exams")),
                truth=source_words(outcome.truth),
            )
        )
        self.cancel_button.hide()

    def _request(self) -> None:
        self.compare_requested.emit(self.first.currentData(), self.second.currentData())
