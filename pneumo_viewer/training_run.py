"""A training in a process of its own: begun, watched, stopped and resumed from the window."""

from __future__ import annotations

import os
import shutil
import time
from datetime import datetime
from enum import Enum
from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from detector.errors import InputError
from detector.files import make_writable, replace_file
from detector.model_card import ModelCard, read_card
from pneumo_viewer.exchange.training_set import TrainingSet, writing_tasks
from pneumo_viewer.jobs.jobs import Jobs
from pneumo_viewer.jobs.named_tasks import NamedTasks
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.jobs.training_process import Ending, TrainingProcess, last_lines
from pneumo_viewer.json_lines import JsonLines
from pneumo_viewer.models import SUFFIX, Model, models_folder
from pneumo_viewer.words import tr
from pneumo_viewer.workspace import reason_of

FEWEST_PATIENTS = 5
FEWEST_POSITIVES = 2
_POLL_MS = 500
_SAVE_MINUTES = 1.0
_JUDGEMENTS = 10
_LEARNING_RATE_SHARE = 0.1
"""Of the preset's peak: what was learnt shall be bent, not replaced."""
_REQUEST, _OUT, _SET, _LOG = "request.json", "out", "set", "log.txt"


class TrainingRequest(BaseModel):
    """What a training is made of; kept beside it, so that it can be resumed after a restart.

    Attributes
    ----------
    name
        Of the new weights.
    start
        The weights file to begin from.
    steps
        How many.
    folds
        To train on.
    held_out
        The fold that is judged on.
    batch
        Images a step.
    learning_rate
        The peak.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    start: Path
    steps: int
    folds: tuple[int, ...]
    held_out: int
    batch: int
    learning_rate: float

    def arguments(self, folder: Path) -> list[str]:
        """Those of ``pneumo-train``, to begin or, where there is a checkpoint, to go on."""
        out = folder / _OUT
        cores = os.cpu_count() or 1
        options: dict[str, object] = {
            "--data": folder / _SET / "training_set.json",
            "--folds": ",".join(map(str, self.folds)),
            "--start": self.start,
            "--name": self.name,
            "--out": out,
            "--steps": self.steps,
            "--synthetic-steps": 0,
            "--batch": self.batch,
            "--learning-rate": self.learning_rate,
            "--workers": 0 if cores <= 2 else 1,
            "--threads": max(1, cores // 2),
            "--save-minutes": _SAVE_MINUTES,
            "--judge-every": max(1, self.steps // _JUDGEMENTS),
        }
        flags = ["--judge", "--with-parent"]
        if (out / "checkpoint.pt").exists():
            flags.append("--resume")
        return [*(str(part) for option in options.items() for part in option), *flags]


class RunState(Enum):
    """How far a training is."""

    NONE = "none"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    FINISHED = "finished"


BUSY = frozenset({RunState.PREPARING, RunState.RUNNING, RunState.STOPPING})


def trainings_folder() -> Path:
    """Where this user's trainings lie, each in a folder of its own."""
    return platformdirs.user_data_path("pneumo-viewer", appauthor=False) / "trainings"


def refusal(training_set: TrainingSet, held_out: int | None) -> str:
    """Why nothing can be learnt from a training set, or "" where it can."""
    positives = {exam.patient for exam in training_set.exams if len(exam.boxes)}
    if training_set.patients < FEWEST_PATIENTS or len(positives) < FEWEST_POSITIVES:
        return tr(
            "Fine-tuning needs reviewed exams of {fewest} patients, {fewest_positives} of them "
            "with a box. There are {patients}, and {positives} of them have one. "
            "Review more exams.",
            fewest=FEWEST_PATIENTS,
            fewest_positives=FEWEST_POSITIVES,
            patients=training_set.patients,
            positives=len(positives),
        )
    if not any(len(exam.boxes) and exam.fold != held_out for exam in training_set.exams):
        return tr("Every exam with a box is held out. Hold out another fold, or review more exams.")
    return ""


class TrainingRun(QObject):
    """At most one training at a time.

    Attributes
    ----------
    state
        How far it is.
    message
        A sentence about it.
    request
        What it is made of, or None without a training.
    losses
        Step and sum of the parts of the loss, in the order of steps.
    judged
        Step and AP50 of the held-out exams.
    card
        Of the new weights, once there are any.
    """

    changed = Signal()
    """The state or the message is another."""
    progressed = Signal()
    """There are new figures."""
    trained = Signal(object)
    """Path of new weights in the folder of models."""

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._folder: Path | None = None
        self._preparing = NamedTasks(jobs, self)
        self._preparing.changed.connect(self._show_preparing)
        self._preparing.stopped.connect(self._forget)
        self._process = TrainingProcess(self)
        self._process.ended.connect(self._end)
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._read)
        self._loss_lines: JsonLines | None = None
        self._judged_lines: JsonLines | None = None
        self._began: tuple[float, int] | None = None
        self.state = RunState.NONE
        self.message = ""
        self.request: TrainingRequest | None = None
        self.losses: list[tuple[int, float]] = []
        self.judged: list[tuple[int, float]] = []
        self.card: ModelCard | None = None
        self._find_stopped()

    # What the reader asks for

    def start(
        self, training_set: TrainingSet, model: Model, *, name: str, steps: int, held_out: int
    ) -> None:
        """Write the training set and begin from a model's weights.

        Where too little is reviewed, the message says so and nothing begins.
        """
        if self.state in BUSY:
            return
        if problem := refusal(training_set, held_out):
            self._change(RunState.FAILED if self._folder is None else self.state, problem)
            return
        preset = model.card.preset
        folds = tuple(fold for fold in training_set.folds if fold != held_out)
        learners = sum(exam.fold != held_out for exam in training_set.exams)
        request = TrainingRequest(
            name=name,
            start=model.path,
            steps=steps,
            folds=folds,
            held_out=held_out,
            batch=min(preset.batch_size, learners),
            learning_rate=preset.learning_rate * _LEARNING_RATE_SHARE,
        )
        folder = trainings_folder() / f"{datetime.now():%Y-%m-%d %H.%M.%S}"
        try:
            make_writable(folder)
            replace_file(folder / _REQUEST, request.model_dump_json(indent=1).encode())
        except (InputError, OSError) as error:
            self._change(RunState.FAILED, str(error))
            return
        self._watch(folder, request)
        self.state = RunState.PREPARING
        self._preparing.submit(
            tr("Writing the training set"),
            writing_tasks(folder / _SET, training_set.exams),
            done=lambda _: self._launch(),
            failed=lambda error: self._change(RunState.FAILED, reason_of(error)),
        )

    def resume(self) -> None:
        """Go on with what was stopped."""
        if self._folder is not None and self.state in (RunState.STOPPED, RunState.FAILED):
            self._launch()

    def stop(self) -> None:
        """Have it save its step and end; before its first step, leave nothing of it."""
        if self.state is RunState.PREPARING:
            self._preparing.stop()
        if self.state is RunState.RUNNING:
            self._change(RunState.STOPPING, tr("Stopping after this step …"))
            self._process.stop()

    def close(self) -> None:
        """Stop with the window: what the last minute learnt may be lost, and it can be resumed."""
        self._timer.stop()
        self._preparing.close()
        self._process.close()

    @property
    def can_resume(self) -> bool:
        """Whether there is something to go on with."""
        return (
            self._folder is not None
            and (self._folder / _SET / "training_set.json").exists()
            and self.state in (RunState.STOPPED, RunState.FAILED)
        )

    @property
    def step(self) -> int:
        """Steps done."""
        return self.losses[-1][0] if self.losses else 0

    @property
    def seconds_left(self) -> float | None:
        """Until the last step, judged by the steps since the process began; None when unknown."""
        if self._began is None or self.request is None or self.state is not RunState.RUNNING:
            return None
        at, before = self._began
        if self.step <= before:
            return None
        return (time.monotonic() - at) / (self.step - before) * (self.request.steps - self.step)

    # The process

    def _launch(self) -> None:
        assert self._folder is not None
        assert self.request is not None
        try:
            read_card(self.request.start)
        except InputError as error:
            self._change(RunState.FAILED, str(error))
            return
        self._began = None
        self._process.start(self.request.arguments(self._folder), self._folder / _LOG)
        self._timer.start()
        self._change(RunState.RUNNING, tr("Starting …"))

    def _end(self, ending: Ending) -> None:
        self._timer.stop()
        self._read()
        assert self._folder is not None
        if ending is Ending.FINISHED:
            self._install()
        elif ending is Ending.STOPPED or self.state is RunState.STOPPING:
            self._change(
                RunState.STOPPED,
                tr("Stopped at step {step}. Resume goes on from there.", step=self.step)
                if self.step
                else tr("Stopped at its first step. Resume goes on from there."),
            )
        elif ending is Ending.REFUSED:
            self._change(RunState.FAILED, last_lines(self._folder / _LOG, 1))
        else:
            said = last_lines(self._folder / _LOG, 5)
            self._change(
                RunState.FAILED,
                tr(
                    "The training process ended unexpectedly at step {step}. Its log ends: {said}",
                    step=self.step,
                    said=said,
                )
                if self.step
                else tr(
                    "The training process ended unexpectedly at its first step. "
                    "Its log ends: {said}",
                    said=said,
                ),
            )

    def _install(self) -> None:
        """Put the new weights among the models; the rest of the training is not needed any more."""
        assert self._folder is not None
        assert self.request is not None
        made = self._folder / _OUT / f"{self.request.name}{SUFFIX}"
        target = _unused(models_folder() / made.name)
        try:
            self.card = read_card(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made.with_suffix(".md"), target.with_suffix(".md"))
            replace_file(target, made.read_bytes())
        except (InputError, OSError) as error:
            self._change(
                RunState.FAILED, tr("The new weights could not be kept: {problem}", problem=error)
            )
            return
        self._remove(self._folder)
        self._folder = None
        self._change(
            RunState.FINISHED,
            tr("{model} is trained. Choose it in the list of models.", model=self.card.name),
        )
        self.trained.emit(target)

    def _forget(self) -> None:
        """Leave nothing of a training that was stopped before it began."""
        assert self._folder is not None
        self._remove(self._folder)
        self._folder = self.request = None
        self._change(RunState.NONE, tr("Stopped before it began."))

    def _remove(self, folder: Path) -> None:
        self._jobs.submit(
            Pool.FILES,
            Task("shutil:rmtree", (folder, True)),
            done=lambda _: None,
            failed=lambda error: None,
        )

    # What it tells

    def _show_preparing(self, words: str, done: int, total: int) -> None:
        if words:
            self._change(
                RunState.PREPARING,
                tr("{words}: {done} of {total}").format(words=words, done=done, total=total) + " …",
            )

    def _watch(self, folder: Path, request: TrainingRequest) -> None:
        self._folder, self.request, self.card = folder, request, None
        self._loss_lines = JsonLines(folder / _OUT / "losses.jsonl")
        self._judged_lines = JsonLines(folder / _OUT / "judged.jsonl")
        self.losses, self.judged = [], []

    def _read(self) -> None:
        assert self._loss_lines is not None
        assert self._judged_lines is not None
        lines, is_new_file = self._loss_lines.read()
        judged, are_all_judged = self._judged_lines.read()
        if is_new_file:
            self.losses.clear()
        if are_all_judged:
            self.judged.clear()
        for line in lines:
            step = int(line.pop("step"))
            self.losses.append((step, sum(line.values())))
        self.judged += [(int(j["step"]), j["AP50"]) for j in judged if j["AP50"] is not None]
        if not (lines or judged):
            return
        if self._began is None:
            self._began = time.monotonic(), self.step
        if self.state is RunState.RUNNING:
            assert self.request is not None
            is_done = self.step >= self.request.steps
            self.message = tr("Judging on the held-out exams …") if is_done else ""
        self.progressed.emit()

    def _find_stopped(self) -> None:
        """Offer the newest training that an earlier window left behind."""
        for path in sorted(trainings_folder().glob(f"*/{_REQUEST}"), reverse=True):
            try:
                request = TrainingRequest.model_validate_json(path.read_bytes())
            except (OSError, ValidationError):
                continue
            self._watch(path.parent, request)
            self._read()
            self.state = RunState.STOPPED
            self.message = tr(
                "{model} was stopped at step {step} of {steps}.",
                model=request.name,
                step=self.step,
                steps=request.steps,
            )
            return

    def _change(self, state: RunState, message: str) -> None:
        self.state, self.message = state, message
        self.changed.emit()


def _unused(path: Path) -> Path:
    """The path, or with a number where that name is taken."""
    number, stem = 1, path.stem
    while path.exists():
        number += 1
        path = path.with_stem(f"{stem} {number}")
    return path
