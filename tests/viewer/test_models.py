"""The list of models, and the way from one to another without losing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_jobs import FakeJobs
from model_stage import TINY, write_studies, write_weights
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from detector.detections import Detections
from detector.errors import InputError
from detector.heat_map import HeatMap, NoHeatMapError
from detector.model_card import AlteredWeightsError, DamagedWeightsError, ModelCard
from pneumo_viewer.jobs.jobs import Pool
from pneumo_viewer.jobs.tasks import DetectorState, DetectorStateKind, Task
from pneumo_viewer.models import Model, Models, find_models, models_folder
from pneumo_viewer.panels.models import ModelList, ModelMenu
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.review.operations import SetVerdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore

LOAD = "pneumo_viewer.jobs.detection:load"
DETECT = "pneumo_viewer.jobs.detection:detect"
CENTERS = "pneumo_viewer.jobs.detection:show_centers"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("weights")
    paths = folder / "first.safetensors", folder / "second.safetensors"
    for seed, path in enumerate(paths):
        write_weights(path, path.stem, seed=seed, threshold=0.1 * (seed + 1))
    return paths


class Choosing:
    """Models at a session, with the detector process played by the test."""

    def __init__(self, path: Path, store: ReviewStore) -> None:
        self.jobs = FakeJobs()
        self.session = ReviewSession(InlineStoreAccess(store))
        model = find_models([path.parent])[0][0]
        self.session.set_model(model.card.identity)
        self.owner = QObject()
        self.models = Models(self.jobs, self.session, model, self.owner)  # type: ignore[arg-type]
        self.notices: list[str] = []
        self.chosen: list[Model] = []
        self.models.notice_given.connect(self.notices.append)
        self.models.chosen.connect(self.chosen.append)

    def answer(self, card: ModelCard) -> None:
        (job,) = self.jobs.named("load")
        job.give(DetectorState(DetectorStateKind.READY, "CPU", card.identity))


@pytest.fixture
def choosing(qapp: QObject, weights: tuple[Path, Path], tmp_path: Path) -> Iterator[Choosing]:
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        yield Choosing(weights[0], store)


def test_installed_and_own_weights_are_listed_by_name_and_others_say_why_not(
    choosing: Choosing, weights: tuple[Path, Path]
) -> None:
    models_folder().mkdir(parents=True)
    (models_folder() / "mine.safetensors").write_bytes(weights[1].read_bytes())
    (models_folder() / "broken.safetensors").write_bytes(b"no weights")
    choosing.models.refresh()
    labels = [model.label for model in choosing.models.models]
    assert labels[-2:] == ["second 1", "first 1"], "own weights, then what was opened elsewhere"
    assert "broken.safetensors: Damaged weights" in choosing.notices[0]


def test_the_session_follows_only_when_the_detector_has_the_weights(
    choosing: Choosing, weights: tuple[Path, Path]
) -> None:
    first = choosing.session.model
    choosing.models.choose(weights[1])
    assert choosing.session.model is first
    card = find_models([weights[1].parent])[0][1].card
    choosing.answer(card)
    assert choosing.session.model == card.identity
    assert choosing.session.threshold == pytest.approx(0.2)
    assert [model.label for model in choosing.chosen] == ["second 1"]


def test_weights_without_a_readable_card_leave_everything_as_it_was(
    choosing: Choosing, tmp_path: Path
) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"no weights")
    choosing.models.choose(path)
    assert choosing.jobs.waiting == []
    assert "broken.safetensors: Damaged weights" in choosing.notices[-1]
    assert choosing.notices[-1].endswith(" first 1 stays.")


def test_weights_that_the_detector_refuses_leave_everything_as_it_was(
    choosing: Choosing, weights: tuple[Path, Path]
) -> None:
    first = choosing.session.model
    choosing.models.choose(weights[1])
    (job,) = choosing.jobs.named("load")
    job.fail(AlteredWeightsError("second.safetensors", "they were changed"))
    assert choosing.session.model is first
    assert choosing.models.active is not None
    assert choosing.models.active.path == weights[0]
    assert "Altered weights" in choosing.notices[-1]
    assert choosing.notices[-1].endswith(" first 1 stays.")


def test_the_last_choice_counts_and_waits_for_the_one_before(
    choosing: Choosing, weights: tuple[Path, Path]
) -> None:
    first, second = (model.card for model in find_models([weights[0].parent])[0])
    choosing.models.choose(weights[1])
    choosing.models.choose(weights[0])
    choosing.answer(second)
    choosing.answer(first)
    assert choosing.session.model == first.identity
    assert choosing.jobs.waiting == []


def test_verdicts_are_kept_with_the_model_that_made_the_box(
    choosing: Choosing, weights: tuple[Path, Path]
) -> None:
    session, first = choosing.session, choosing.session.model
    assert first is not None
    boxes = np.array([[10, 10, 30, 30]], np.float32)
    scores = np.array([0.9], np.float32)
    session.open_images(["a"])
    session.add_detections("a", Detections(boxes, scores, 0.9, first))
    session.perform(SetVerdict("a", session.findings("a")[0].id, Verdict.ACCEPTED))
    choosing.models.choose(weights[1])
    choosing.answer(find_models([weights[1].parent])[0][1].card)
    assert session.unscored == ("a",), "the new model is asked"
    choosing.models.choose(weights[0])
    choosing.answer(find_models([weights[0].parent])[0][0].card)
    (finding,) = session.findings("a")
    assert (finding.verdict, session.unscored) == (Verdict.ACCEPTED, ())


def test_list_and_menu_show_the_models_and_return_to_the_active_one_after_a_refusal(
    qtbot: QtBot, choosing: Choosing, weights: tuple[Path, Path]
) -> None:
    models_folder().mkdir(parents=True)
    own = models_folder() / "second.safetensors"
    own.write_bytes(weights[1].read_bytes())
    tool_bar_list = ModelList(choosing.models)
    menu = ModelMenu(choosing.models, tool_bar_list)
    qtbot.addWidget(tool_bar_list)
    choosing.models.refresh()
    labels = [model.label for model in choosing.models.models]
    assert [tool_bar_list.itemText(row) for row in range(tool_bar_list.count())] == labels
    assert [action.text() for action in menu.actions()] == labels
    assert tool_bar_list.currentText() == "first 1"
    assert [action.text() for action in menu.actions() if action.isChecked()] == ["first 1"]
    row = labels.index("second 1")
    tool_bar_list.setCurrentIndex(row)
    tool_bar_list.activated.emit(row)
    own.write_bytes(b"")
    (job,) = choosing.jobs.named("load")
    job.fail(DamagedWeightsError(str(own), "it is empty"))
    assert tool_bar_list.currentText() == "first 1"


def test_the_detector_process_changes_weights_keeps_them_through_a_crash_and_refuses_bad_ones(
    make_jobs: Callable[..., Any], qtbot: QtBot, weights: tuple[Path, Path], tmp_path: Path
) -> None:
    """One process from beginning to end, since importing torch takes long."""
    write_studies(tmp_path / "studies", 1)
    image = str(tmp_path / "studies" / "exam0.dcm")
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(weights[0].read_bytes()[:-1] + b"?")
    jobs = make_jobs(load_detector=Task(LOAD, (str(bad),)))
    states: list[DetectorState] = []
    jobs.jobs.detector_changed.connect(states.append)

    def run(function: str, *arguments: object) -> Any:
        count = len(jobs.results) + len(jobs.errors)
        jobs.jobs.submit(
            Pool.DETECTOR,
            Task(function, arguments),
            done=jobs.results.append,
            failed=jobs.errors.append,
        )
        jobs.wait_for(count + 1)
        return jobs.results[-1]

    def load(path: Path) -> None:
        count = len(jobs.results) + len(jobs.errors)
        jobs.jobs.load_detector(
            Task(LOAD, (str(path),)), done=jobs.results.append, failed=jobs.errors.append
        )
        jobs.wait_for(count + 1)

    load(bad)
    assert isinstance(jobs.errors[-1], InputError)
    qtbot.waitUntil(lambda: states[-1].kind is DetectorStateKind.UNAVAILABLE)
    load(weights[0])  # an unavailable detector becomes available
    assert run(DETECT, image, 0, False).model.name == "first"
    heat_map = run(CENTERS, image, 0)
    assert isinstance(heat_map, HeatMap)
    # 64 network pixels at stride 8 over an image of 96 × 96.
    assert heat_map.values.shape == (8, 8)
    assert heat_map.extent == (0, 0, 96, 96)
    assert heat_map.values.min() >= 0
    assert heat_map.values.max() <= 1
    load(weights[1])
    assert run(DETECT, image, 0, False).model.name == "second"
    load(bad)
    assert isinstance(jobs.errors[-1], AlteredWeightsError)
    assert run(DETECT, image, 0, False).model.name == "second"
    count = len(jobs.errors)
    run("os:getpid")
    jobs.jobs.submit(
        Pool.DETECTOR,
        Task("os:abort"),
        done=jobs.results.append,
        failed=jobs.errors.append,
    )
    qtbot.waitUntil(lambda: len(jobs.errors) > count, timeout=200_000)
    assert run(DETECT, image, 0, False).model.name == "second"
    assert states[-1].text.endswith("second 1")


def test_a_system_without_a_center_branch_says_so(tmp_path: Path) -> None:
    from detector.dicom.reading import read_radiograph
    from detector.networks.systems import build_network
    from detector.runtime.heat_maps import heat_map

    write_studies(tmp_path / "studies", 1)
    radiograph = read_radiograph(tmp_path / "studies" / "exam0.dcm")
    network = build_network(replace(TINY, system="fcos")).eval()
    with pytest.raises(NoHeatMapError, match="the system fcos has no CENTER branch"):
        heat_map(network, radiograph)
