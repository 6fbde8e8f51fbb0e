"""The panel from which a model is fine-tuned: what on, how long, and how it goes."""

from __future__ import annotations

import pyqtgraph
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.exchange.training_set import TrainingSet
from pneumo_viewer.models import Model
from pneumo_viewer.panels.status import time_left
from pneumo_viewer.panels.title_bar import title_bar
from pneumo_viewer.theme import UNIT, colours, keep_styled
from pneumo_viewer.training_run import BUSY, RunState, TrainingRun, refusal
from pneumo_viewer.words import counted, tr

_STEPS = 500
_MOST_STEPS = 100_000
_SMOOTHING = 0.9
"""Weight of the past in the smooth line."""
_REFRESH_MS = 300
_PLOT_HEIGHT = 110


class TrainingPanel(QWidget):
    """Shows one training, and sends it what the reader asks for.

    Parameters
    ----------
    run
        The training.
    """

    set_wanted = Signal()
    """The training set is to be counted again, for :meth:`show_training_set`."""

    def __init__(self, run: TrainingRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._training_set = TrainingSet()
        self._model: Model | None = None
        self.model = QLabel()
        self.name = QLineEdit()
        self.steps = QSpinBox()
        self.held_out = QComboBox()
        self.summary = _note()
        self.start_button = QPushButton(tr("Start"))
        self.stop_button = QPushButton(tr("Stop"))
        self.resume_button = QPushButton(tr("Resume"))
        self.bar = QProgressBar()
        self.status = _note()
        self.losses = _plot(tr("loss"))
        self._raw = self.losses.plot()
        self._smooth = self.losses.plot()
        self.precision = _plot("AP50")
        self.precision.setYRange(0, 1)
        self._judged = self.precision.plot(symbol="o", symbolSize=6)
        self.figures = _note()
        self.title_bar = title_bar(tr("TRAINING"))
        self._count_again = QTimer(self)
        self._count_again.setSingleShot(True)
        self._count_again.setInterval(_REFRESH_MS)
        self._count_again.timeout.connect(self.set_wanted)
        self._build()
        keep_styled(self, self._colour_plots)
        run.changed.connect(self._show_run)
        run.progressed.connect(self._show_progress)
        self._show_progress()

    def _colour_plots(self) -> None:
        shown = colours()
        self._raw.setPen(pyqtgraph.mkPen(shown.secondary, width=1))
        self._smooth.setPen(pyqtgraph.mkPen(shown.selection, width=2))
        self._judged.setPen(pyqtgraph.mkPen(shown.tick, width=2))
        self._judged.setSymbolBrush(shown.tick)
        for plot in (self.losses, self.precision):
            plot.setBackground(shown.panel)
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(shown.secondary)
                axis.setTextPen(shown.secondary)

    def _build(self) -> None:
        self.steps.setRange(1, _MOST_STEPS)
        self.steps.setValue(_STEPS)
        self.steps.setGroupSeparatorShown(True)
        self.name.setAccessibleName(tr("Name of the new model"))
        self.steps.setAccessibleName(tr("Steps"))
        self.held_out.setAccessibleName(tr("Held out for judging"))
        self.held_out.setToolTip(
            tr("Patients of this fold are not trained on; AP is measured on them")
        )
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Training"))
        self.held_out.currentIndexChanged.connect(self._show_run)
        self.name.textChanged.connect(self._show_run)
        self.start_button.clicked.connect(self._start)
        self.stop_button.clicked.connect(self._run.stop)
        self.stop_button.setToolTip(tr("Saves the step; Resume goes on from there, also tomorrow"))
        self.resume_button.clicked.connect(self._run.resume)

        form = QFormLayout()
        form.setSpacing(2 * UNIT)
        for label, widget in (
            (tr("Begins from"), self.model),
            (tr("Name"), self.name),
            (tr("Steps"), self.steps),
            (tr("Held out"), self.held_out),
        ):
            form.addRow(label, widget)
        buttons = QHBoxLayout()
        for button in (self.start_button, self.stop_button, self.resume_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * UNIT, UNIT, 3 * UNIT, 2 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addWidget(self.summary)
        layout.addLayout(form)
        layout.addLayout(buttons)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addWidget(self.losses)
        layout.addWidget(self.precision)
        layout.addWidget(self.figures)
        layout.addStretch(1)

    # What is to be trained

    def count_soon(self) -> None:
        """Have the training set counted again, if somebody looks."""
        if self.isVisible():
            self._count_again.start()

    def close_down(self) -> None:
        """Count no more."""
        self._count_again.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.set_wanted.emit()

    def show_training_set(self, training_set: TrainingSet, note: str = "") -> None:
        """Show what has been reviewed, and a sentence on what does not count."""
        self._training_set = training_set
        self.summary.setText(f"{training_set.describe()} {note}".rstrip())
        before = self.held_out.currentIndex()
        self.held_out.clear()
        for fold, (images, positives) in training_set.folds.items():
            words = counted(
                images,
                tr("fold {fold}: {n} exam, {positives} with boxes"),
                tr("fold {fold}: {n} exams, {positives} with boxes"),
                fold=fold,
                positives=positives,
            )
            self.held_out.addItem(words, fold)
        if self.held_out.count():
            self.held_out.setCurrentIndex(min(max(before, 0), self.held_out.count() - 1))
        self._show_run()

    def show_model(self, model: Model | None) -> None:
        """Begin from another model."""
        self._model = model
        self.model.setText(tr("no model") if model is None else model.label)
        if model is not None:
            self.name.setText(tr("{model} fine-tuned", model=model.card.name))
        self._show_run()

    # How it goes

    def _start(self) -> None:
        assert self._model is not None
        self._run.start(
            self._training_set,
            self._model,
            name=self.name.text().strip(),
            steps=self.steps.value(),
            held_out=self.held_out.currentData(),
        )

    def _problem(self) -> str:
        if self._model is None:
            return tr("There is no model to begin from.")
        if problem := refusal(self._training_set, self.held_out.currentData()):
            return problem
        name = self.name.text().strip()
        if not name or not name.isprintable() or set(name) & set('/\\:*?"<>|') or name[0] == ".":
            return tr("Give the new model a name that can be a file's.")
        return ""

    def _show_run(self) -> None:
        run = self._run
        is_busy = run.state in BUSY
        problem = "" if is_busy else self._problem()
        self.start_button.setEnabled(not is_busy and not problem)
        self.start_button.setToolTip(problem or tr("Train on the reviewed exams in the background"))
        self.stop_button.setEnabled(run.state in (RunState.PREPARING, RunState.RUNNING))
        self.resume_button.setEnabled(run.can_resume)
        for widget in (self.name, self.steps, self.held_out):
            widget.setEnabled(not is_busy)
        self._show_progress()
        if run.state is RunState.NONE and problem:
            self.status.setText(problem)

    def _show_progress(self) -> None:
        run = self._run
        steps = [step for step, _ in run.losses]
        values = [loss for _, loss in run.losses]
        self._raw.setData(steps, values)
        self._smooth.setData(steps, _smoothed(values))
        self._judged.setData([step for step, _ in run.judged], [ap for _, ap in run.judged])
        self.losses.setVisible(bool(steps))
        self.precision.setVisible(bool(run.judged))
        self.bar.setVisible(run.request is not None and run.state is not RunState.FINISHED)
        text = run.message
        if run.request is not None:
            self.bar.setRange(0, run.request.steps)
            self.bar.setValue(run.step)
            if run.state is RunState.RUNNING and run.losses and not text:
                left = run.seconds_left
                text = tr("Step {step} of {steps}", step=run.step, steps=run.request.steps)
                text += "" if left is None else f" · {time_left(left)}"
        self.status.setText(text)
        self.figures.setText(
            ""
            if run.card is None
            else "\n".join(f"{metric.name}: {metric.value:.2f}" for metric in run.card.metrics)
        )
        self.figures.setVisible(bool(self.figures.text()))


def _smoothed(values: list[float]) -> list[float]:
    """Exponential moving average, unbiased at its beginning (Kingma & Ba, Adam, section 3)."""
    smooth, mean = [], 0.0
    for count, value in enumerate(values, start=1):
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * value
        smooth.append(mean / (1 - _SMOOTHING**count))
    return smooth


def _plot(title: str) -> pyqtgraph.PlotWidget:
    plot = pyqtgraph.PlotWidget()
    plot.setFixedHeight(_PLOT_HEIGHT)
    plot.setLabel("left", title)
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(x=False, y=False)
    plot.hideButtons()
    plot.getPlotItem().setDownsampling(auto=True, mode="mean")
    plot.setAccessibleName(tr("Course of {figure}", figure=title))
    plot.getAxis("left").setWidth(52)
    return plot


def _note() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setProperty("role", "secondary")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
