"""From reviewed studies to a model of one's own, without leaving the window."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from fake_jobs import FakeJobs
from model_stage import write_studies, write_weights
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from detector.radiograph import ImageIdentity
from pneumo_viewer.application import Application
from pneumo_viewer.exchange.training_set import TrainingExam, TrainingSet
from pneumo_viewer.jobs.training_process import last_lines
from pneumo_viewer.json_lines import JsonLines
from pneumo_viewer.models import find_models, models_folder
from pneumo_viewer.panels.training import TrainingPanel
from pneumo_viewer.review.findings import ExamVerdict
from pneumo_viewer.review.operations import SetExamVerdict, SetOwnBox
from pneumo_viewer.settings import Settings, save_settings, settings_path
from pneumo_viewer.training_run import (
    RunState,
    TrainingRequest,
    TrainingRun,
    refusal,
    trainings_folder,
)

pytestmark = pytest.mark.timeout(600)
PATIENCE = 300_000


def training_set(*folds: tuple[int, bool]) -> TrainingSet:
    """One exam of a patient of its own for each fold, with a box or without."""
    import numpy as np

    box = np.array([[20, 30, 44, 66]], np.float32)
    return TrainingSet(
        tuple(
            TrainingExam(
                Path(f"{number}.dcm"),
                ImageIdentity(str(number), f"{number}.dcm"),
                str(number),
                box[: int(has_box)],
                fold,
            )
            for number, (fold, has_box) in enumerate(folds)
        )
    )


def test_too_few_reviewed_exams_are_counted_in_a_sentence() -> None:
    few = training_set((0, True), (1, False))
    assert refusal(few, 0) == (
        "Fine-tuning needs reviewed exams of 5 patients, 2 of them with a box. "
        "There are 2, and 1 of them have one. Review more exams."
    )
    enough = training_set((0, True), (1, True), (2, False), (3, False), (4, False))
    assert refusal(enough, 0) == ""


def test_the_boxes_must_not_all_be_held_out() -> None:
    exams = training_set((0, True), (0, True), (1, False), (2, False), (3, False))
    assert refusal(exams, 0).startswith("Every exam with a box is held out.")
    assert refusal(exams, 1) == ""


def test_lines_are_read_once_whole_and_again_from_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "losses.jsonl"
    lines = JsonLines(path)
    assert lines.read() == ([], False)
    path.write_text('{"step": 1}\n{"st')
    assert lines.read() == ([{"step": 1}], True)
    with path.open("a") as file:
        file.write('ep": 2}\n')
    assert lines.read() == ([{"step": 2}], False)
    other = tmp_path / "other"
    other.write_text('{"step": 1}\n')
    other.replace(path)
    assert lines.read() == ([{"step": 1}], True)


def test_the_last_lines_of_a_log_are_those_that_say_something(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    assert last_lines(log, 2) == "it wrote nothing."
    log.write_text("one\n\n two \nthree\n\n")
    assert last_lines(log, 2) == "two three"


def test_a_training_of_an_earlier_window_can_be_resumed(qapp: QObject, qtbot: QtBot) -> None:
    folder = trainings_folder() / "2026-01-02 03.04.05"
    (folder / "out").mkdir(parents=True)
    (folder / "set").mkdir()
    (folder / "set" / "training_set.json").write_text("{}")
    request = TrainingRequest(
        name="mine",
        start=Path("first.safetensors"),
        steps=9,
        folds=(1, 2),
        held_out=0,
        batch=2,
        learning_rate=1e-4,
    )
    (folder / "request.json").write_text(request.model_dump_json())
    losses = [{"step": step, "center": 1.0, "scale": 0.5 / step} for step in (1, 2)]
    (folder / "out" / "losses.jsonl").write_text("".join(json.dumps(x) + "\n" for x in losses))
    owner = QObject()
    run = TrainingRun(FakeJobs(), owner)  # type: ignore[arg-type]
    panel = TrainingPanel(run)
    qtbot.addWidget(panel)
    panel.show_model(None)
    assert run.losses == [(1, 1.5), (2, 1.25)]
    assert panel.status.text() == "mine was stopped at step 2 of 9."
    assert panel.resume_button.isEnabled()
    assert not panel.stop_button.isEnabled()
    assert not panel.start_button.isEnabled()


def test_a_training_that_cannot_begin_says_the_last_line_of_its_log(
    qtbot: QtBot, tmp_path: Path
) -> None:
    """Resumed without its data set; the process itself finds out, and the sentence is its own."""
    path = tmp_path / "first.safetensors"
    write_weights(path, "first")
    (model,), _ = find_models([tmp_path])
    owner = QObject()
    jobs = FakeJobs()
    run = TrainingRun(jobs, owner)  # type: ignore[arg-type]
    exams = training_set((0, True), (1, True), (2, False), (3, False), (4, False))
    run.start(exams, model, name="mine", steps=3, held_out=0)
    assert run.state is RunState.PREPARING
    for name in ("link_images", "write_annotations"):
        assert run.state is RunState.PREPARING
        (job,) = jobs.named(name)
        job.give(None)
    assert run.state is RunState.RUNNING
    qtbot.waitUntil(lambda: run.state is RunState.FAILED, timeout=PATIENCE)
    assert "training_set.json" in run.message
    assert "No access" in run.message
    run.close()


def test_a_training_is_stopped_while_its_set_is_written_and_nothing_of_it_is_left(
    private_home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "first.safetensors"
    write_weights(path, "first")
    (model,), _ = find_models([tmp_path])
    owner = QObject()
    jobs = FakeJobs()
    run = TrainingRun(jobs, owner)  # type: ignore[arg-type]
    exams = training_set((0, True), (1, True), (2, False), (3, False), (4, False))
    run.start(exams, model, name="mine", steps=3, held_out=0)
    assert run.message == "Writing the training set: 0 of 2 …"
    run.stop()
    assert run.state is RunState.NONE
    assert run.message == "Stopped before it began."
    assert not jobs.named("link_images")
    (removal,) = jobs.named("rmtree")
    removal.run()
    assert not list(trainings_folder().iterdir())
    assert not run.can_resume
    run.close()


class Person:
    """Somebody with a small model of their own, at the whole window."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.application = Application()
        self.window = self.application.window
        self.desk = self.window.model_desk
        self.session = self.application.workspace.session
        self.window.show()

    def open(self, folder: Path) -> None:
        with self.qtbot.waitSignal(self.application.workspace.scan_finished, timeout=PATIENCE):
            self.window.open([folder])
        self.wait_for_the_detector()

    def wait_for_the_detector(self) -> None:
        workspace = self.application.workspace
        self.wait(lambda: workspace.images and workspace.scoring[0] == len(workspace.images))

    def wait(self, claim: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(claim()), timeout=PATIENCE)

    def review(self) -> None:
        """Draw a box into every second exam, and find nothing in the others."""
        for image in list(self.application.workspace.images):
            key, number = image.identity.key, int(image.path.stem.removeprefix("exam"))
            verdict = ExamVerdict.NO_PNEUMONIA if number % 2 else ExamVerdict.PNEUMONIA
            if number % 2 == 0:
                own = f"own:{number:016x}"
                self.session.perform(SetOwnBox(key, own, (20.0, 30.0, 44.0, 66.0)))
            self.session.perform(SetExamVerdict(key, verdict))
        self.wait(lambda: not self.desk.training_set().not_reviewed)

    def training(self) -> psutil.Process:
        (process,) = [
            child
            for child in psutil.Process().children()
            if "training.train_command" in child.cmdline()
        ]
        return process


@pytest.fixture
def people(qtbot: QtBot, tmp_path: Path, private_home: Path) -> Iterator[Callable[[], Person]]:
    """Open the window as often as wanted; each time the one before is closed."""
    path = tmp_path / "first.safetensors"
    write_weights(path, "first", threshold=1.0)
    save_settings(Settings(weights=path), settings_path())
    there: list[Person] = []

    def leave() -> None:
        for person in there:
            person.application.close()
            person.window.deleteLater()
        there.clear()
        QApplication.sendPostedEvents()
        QApplication.processEvents()

    def come() -> Person:
        leave()
        there.append(Person(qtbot))
        return there[-1]

    yield come
    leave()


def test_reviewed_studies_are_learnt_stopped_closed_resumed_and_used(
    people: Callable[[], Person], tmp_path: Path
) -> None:
    """One story from beginning to end, since each process takes long to start."""
    write_studies(tmp_path / "studies", 10)
    person = people()
    person.open(tmp_path / "studies")
    panel = person.desk.panel
    person.window.actions_by_id["fine_tune"].trigger()
    assert panel.isVisible()
    assert not panel.start_button.isEnabled()
    assert "There are 0" in panel.status.text()

    person.review()
    person.wait(panel.start_button.isEnabled)
    assert panel.summary.text().startswith(
        "10 reviewed exams of 10 patients: 5 with boxes, 5 without. 0 not"
    )
    person.desk.export(tmp_path / "exported")
    person.wait((tmp_path / "exported" / "training_set.json").exists)

    panel.name.setText("mine")
    panel.steps.setValue(100_000)
    panel.start_button.click()
    run = person.desk.training
    person.wait(lambda: run.step > 1)
    assert person.training().nice() == 15
    person.wait(lambda: run.seconds_left is not None)
    assert "Step" in panel.status.text()
    assert panel.losses.isVisible()

    panel.stop_button.click()
    person.wait(lambda: run.state is RunState.STOPPED)
    assert f"Stopped at step {run.step}. Resume goes on from there." == panel.status.text()
    stopped_at = run.step
    panel.resume_button.click()
    person.wait(lambda: run.step > stopped_at)

    os.kill(person.training().pid, signal.SIGKILL)
    person.wait(lambda: run.state is RunState.FAILED)
    assert "The training process ended unexpectedly at step" in panel.status.text()
    panel.resume_button.click()
    person.wait(lambda: run._began is not None or run.state is RunState.FAILED)
    assert run.state is RunState.RUNNING, run.message

    person = people()  # closes the window in the middle of it
    run, panel = person.desk.training, person.desk.panel
    assert not [c for c in psutil.Process().children() if "training.train_command" in c.cmdline()]
    assert run.state is RunState.STOPPED
    assert run.step >= stopped_at
    assert "mine was stopped at step" in run.message

    person.open(tmp_path / "studies")
    person.window.actions_by_id["fine_tune"].trigger()
    panel.name.setText("mine")
    panel.steps.setValue(4)
    person.wait(panel.start_button.isEnabled)
    panel.start_button.click()
    person.wait(lambda: run.state not in (RunState.PREPARING, RunState.RUNNING))
    assert run.state is RunState.FINISHED, run.message
    assert [step for step, _ in run.judged] == [1, 2, 3, 4]
    assert "AP50 of all exams" in panel.figures.text()
    (mine,), _ = find_models([models_folder()])
    assert mine.card.name == "mine"
    assert "Begun from first" in mine.card.training_data

    names = [person.desk.list.itemText(row) for row in range(person.desk.list.count())]
    person.desk.list.activated.emit(names.index("mine 1"))
    person.wait(lambda: person.session.model == mine.card.identity)
    key = next(iter(person.application.workspace.images)).identity.key
    person.wait(lambda: key in person.application.workspace.declined)  # they are no chests
    person.window.actions_by_id["detect_all_declined"].trigger()
    person.wait(lambda: person.session.detections(key) is not None)
    detections = person.session.detections(key)
    assert detections is not None
    assert detections.model == mine.card.identity
    assert person.session.exam_verdict(key) is not None, "no verdict is lost"
    assert person.window.card == mine.card
    assert person.window.preferences.settings.weights == mine.path
