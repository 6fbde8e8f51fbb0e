"""The page that shows how well the detector did on the loaded studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.evaluating import Outcome
from pneumo_viewer.panels.evaluation_curves import Curves
from pneumo_viewer.panels.evaluation_lists import ExamLists
from pneumo_viewer.panels.evaluation_tables import (
    EXPLANATION,
    ComparisonPanel,
    MeasuresTable,
    SubgroupsPanel,
    secondary,
    source_words,
)
from pneumo_viewer.panels.threshold import ThresholdSlider
from pneumo_viewer.review.sources import LOADED_TRUTH, ReaderSource, TruthSource
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import counted, tr
from training.evaluation.measures import Evaluation

_LEAST = QSize(320, 240)
"""Less than it needs, so that the image page beside its docks may be as narrow."""


class EvaluationPage(QWidget):
    """Progress while exams are scored; then table left, curves right, list of exams below."""

    cancelled = Signal()
    closed = Signal()
    export_requested = Signal()
    truth_chosen = Signal(object)
    """TruthSource."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.truths = QComboBox()
        self.evaluate_button = QPushButton()
        self.export_button = QPushButton()
        self.back_button = QPushButton()
        self.summary = QLabel()
        self.caution = secondary("")
        self.staleness = QLabel()
        self.measures = MeasuresTable()
        self.subgroups = SubgroupsPanel()
        self.comparison = ComparisonPanel()
        self.figures = QTabWidget()
        self.figures.setAccessibleName(tr("Figures"))
        self.slider = ThresholdSlider()
        self.curves = Curves()
        self.lists = ExamLists()
        self.message = QLabel()
        self.bar = QProgressBar()
        self.cancel_button = QPushButton(tr("Cancel"))
        self._threshold = QLabel()
        self._stack = QStackedWidget()
        self._build()
        self.set_truths((LOADED_TRUTH,))

    def _build(self) -> None:
        self._stack.addWidget(self._waiting())
        self._stack.addWidget(self._results())
        frame = QFrame()
        frame.setProperty("role", "panel")
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(4 * UNIT, 3 * UNIT, 4 * UNIT, 3 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addLayout(self._top())
        layout.addWidget(self._stack, 1)
        self.setMinimumSize(_LEAST)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def _top(self) -> QHBoxLayout:
        title = QLabel(tr("Evaluation of the loaded studies"))
        title.setProperty("role", "title")
        self.truths.setAccessibleName(tr("Truth"))
        self.truths.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.truths.setToolTip(
            tr(
                "What counts as right: the loaded ground truth, or what a reader accepted. A "
                "reader who chose among a model's boxes flatters that model."
            )
        )
        self.truths.activated.connect(lambda row: self.truth_chosen.emit(self.truths.itemData(row)))
        self.back_button.clicked.connect(self.closed)
        self.export_button.clicked.connect(self.export_requested)
        top = QHBoxLayout()
        top.setSpacing(2 * UNIT)
        top.addWidget(title)
        top.addStretch()
        top.addWidget(QLabel(tr("Truth")))
        for widget in (self.truths, self.evaluate_button, self.export_button, self.back_button):
            top.addWidget(widget)
        return top

    def _waiting(self) -> QWidget:
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.bar.setFixedWidth(360)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Evaluation progress"))
        self.cancel_button.clicked.connect(self.cancelled)
        waiting = QWidget()
        column = QVBoxLayout(waiting)
        column.setSpacing(3 * UNIT)
        column.addStretch()
        column.addWidget(self.message)
        column.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.cancel_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        return waiting

    def _results(self) -> QWidget:
        self.summary.setWordWrap(True)
        self.staleness.setStyleSheet("font-weight: 600;")
        self.staleness.hide()
        self.caution.hide()
        measures = QWidget()
        column = QVBoxLayout(measures)
        column.setContentsMargins(0, 2 * UNIT, 0, 0)
        column.addWidget(self.measures, 1)
        column.addWidget(secondary(tr("In %, with 95 % intervals over patients.")))
        measures.setToolTip(tr(EXPLANATION))
        self.figures.setDocumentMode(True)
        self.figures.tabBar().setDrawBase(False)
        self.figures.addTab(measures, tr("Measures"))
        self.figures.addTab(self.subgroups, tr("Subgroups"))
        self.figures.addTab(self.comparison, tr("Comparison"))
        self.figures.setMinimumWidth(480)

        threshold = QHBoxLayout()
        threshold.setSpacing(2 * UNIT)
        threshold.addWidget(QLabel(tr("Threshold")))
        threshold.addWidget(self.slider, 1)
        threshold.addWidget(self._threshold)
        right = QWidget()
        right_column = QVBoxLayout(right)
        right_column.setContentsMargins(4 * UNIT, 0, 0, 0)
        right_column.setSpacing(2 * UNIT)
        right_column.addLayout(threshold)
        right_column.addWidget(self.curves, 1)

        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.addWidget(self.figures)
        upper.addWidget(right)
        upper.setSizes([600, 640])
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(upper)
        whole.addWidget(self.lists)
        whole.setSizes([630, 370])
        for splitter in (upper, whole):
            splitter.setChildrenCollapsible(False)

        results = QWidget()
        layout = QVBoxLayout(results)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * UNIT)
        layout.addWidget(self.summary)
        layout.addWidget(self.caution)
        layout.addWidget(self.staleness)
        layout.addWidget(whole, 1)
        return results

    @property
    def truth(self) -> TruthSource:
        """What was chosen as the truth."""
        source: TruthSource = self.truths.currentData()
        return source

    def set_truths(self, sources: Sequence[TruthSource]) -> None:
        """Offer truths; what was chosen stays chosen, else the first is."""
        chosen = self.truths.currentData()
        self.truths.clear()
        for source in sources:
            self.truths.addItem(source_words(source), source)
        self.truths.setCurrentIndex(sources.index(chosen) if chosen in sources else 0)

    def show_progress(self, scored: int, total: int) -> None:
        """Show how many exams the detector has scored."""
        self._wait_for(
            tr(
                "Waiting for the detector: {scored} of {total} images are scored.",
                scored=scored,
                total=total,
            )
            if scored < total
            else tr("Measuring …"),
            scored,
            total,
        )

    def show_export_progress(self, done: int, total: int) -> None:
        """Show how far the report is; the evaluation stays behind it."""
        self._wait_for(
            tr("Writing the report: {done} of {total} steps.", done=done, total=total), done, total
        )

    def _wait_for(self, text: str, done: int, total: int) -> None:
        self.message.setText(text)
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.bar.show()
        self.cancel_button.show()
        self._stack.setCurrentIndex(0)

    def show_message(self, text: str) -> None:
        """Show why there is no evaluation."""
        self.message.setText(text)
        self.bar.hide()
        self.cancel_button.hide()
        self._stack.setCurrentIndex(0)

    def show_results(self) -> None:
        """Return to the evaluation that was shown last."""
        self._stack.setCurrentIndex(1)

    def set_stale(self, is_stale: bool) -> None:
        """Say whether what is shown has been overtaken by new detections, truth or verdicts."""
        self.staleness.setText(tr("⚠ The studies or verdicts have changed since: evaluate again."))
        self.staleness.setVisible(is_stale)

    def set_threshold(self, threshold: float) -> None:
        """Show the threshold on slider and curves."""
        self.slider.set_value(threshold)
        self._threshold.setText(f"{threshold:.2f}")
        self.curves.set_threshold(threshold)

    def show_outcome(self, outcome: Outcome) -> None:
        """Show an evaluation; its subgroups follow."""
        evaluation, left_out = outcome.measured.evaluation, outcome.left_out
        self.summary.setText(_summary(outcome))
        self.caution.setText(caution(evaluation))
        self.caution.setVisible(bool(self.caution.text()))
        self.measures.show_evaluation(evaluation)
        self.subgroups.show_waiting()
        self.curves.show_measured(outcome.measured)
        self.lists.show_left_out([(Path(o.source).name, o.source, tr(o.reason)) for o in left_out])
        self.set_stale(False)
        self.show_results()


def caution(evaluation: Evaluation) -> str:
    """Which figures the exams cannot give, or an empty text."""
    sentences = []
    if not evaluation.exam_count:
        return ""
    if not evaluation.positive_count:
        sentences.append(tr("No exam has a true box: AP, recall, FROC and AUROC are undefined."))
    elif evaluation.positive_count == evaluation.exam_count:
        sentences.append(tr("Every exam has a true box: AUROC and AUPRC are undefined."))
    if evaluation.patient_count == 1:
        sentences.append(tr("The exams of one patient give no intervals."))
    return " ".join(sentences)


def _summary(outcome: Outcome) -> str:
    evaluation, left_out = outcome.measured.evaluation, outcome.left_out
    if evaluation.exam_count:
        return tr(
            "{exams} of {patients}, {positives} with {boxes}; {detections} by {model}. "
            "{files} left out.",
            exams=counted(evaluation.exam_count, tr("{n} exam"), tr("{n} exams")),
            patients=counted(evaluation.patient_count, tr("{n} patient"), tr("{n} patients")),
            positives=evaluation.positive_count,
            boxes=counted(evaluation.truth_count, tr("{n} true box"), tr("{n} true boxes")),
            detections=counted(
                evaluation.detection_count, tr("{n} detection"), tr("{n} detections")
            ),
            model=f"{outcome.model.name} {outcome.model.version}",
            files=counted(len(left_out), tr("{n} file"), tr("{n} files")),
        )
    if isinstance(outcome.truth, ReaderSource):
        return tr(
            "No exam could be evaluated: {reader} has not read any of them. "
            "The list of those left out says what is missing.",
            reader=outcome.truth.reader,
        )
    return tr("No exam could be evaluated. File → Load ground truth says which boxes are right.")
