"""Systems are compared alike, out of fold, and never trained twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from detector.presets import PRESETS, Preset
from training import comparison
from training.checkpoints import CheckpointError
from training.comparison import OWN, Comparison, Fold, common_preset, split_folds, system_preset
from training.datasets.data_set import DataSet, read_data_set
from training.datasets.labelled_image import DataSetError, LabelledImage
from training.datasets.prepared_images import PreparedImages, prepare_images
from training.evaluation.detections_file import DetectionsFileError, read_detections
from training.evaluation.exam import Exam
from training.fold_detections import exams_of
from training.trainer import Trainer


@pytest.fixture(autouse=True)
def tiny_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that train in a second, with random weights for their pretrained ones."""
    tiny = replace(PRESETS["best"], channels=32, input_size=64, steps=2, batch_size=2)
    monkeypatch.setitem(PRESETS, "best", tiny)

    monkeypatch.setattr(comparison, "load_pretrained", lambda body, source: None)


@pytest.fixture
def data(challenge_folder: Path) -> DataSet:
    return read_data_set(challenge_folder)


@pytest.fixture
def prepared(data: DataSet, tmp_path: Path) -> PreparedImages:
    common = common_preset("test_efficientnet")
    return prepare_images(data.images, 64, tmp_path / "prepared", preset=common)


def compare(prepared: PreparedImages, out: Path, seed: int = 0) -> Comparison:
    return Comparison(prepared, out, seed, torch.device("cpu"))


@pytest.fixture
def common() -> Preset:
    return common_preset("test_efficientnet")


@pytest.mark.parametrize("system", PRESETS)
def test_systems_differ_in_nothing_but_what_is_their_own(system: str, common: Preset) -> None:
    preset = system_preset(system, common)
    for field in fields(Preset):
        source = PRESETS[system] if field.name in OWN else common
        assert getattr(preset, field.name) == getattr(source, field.name), field.name


def test_the_common_recipe_is_this_projects_for_the_body() -> None:
    small = common_preset("tf_efficientnet_lite0", size=256, steps=7, batch=3)
    assert small.learning_rate == PRESETS["compact"].learning_rate
    assert (small.input_size, small.training_sizes) == (256, (256,))
    assert (small.steps, small.batch_size, small.synthetic_steps) == (7, 3, 0)
    assert not small.is_positives_only
    large = common_preset("resnet50")
    assert (large.body, large.learning_rate) == ("resnet50", PRESETS["best"].learning_rate)
    assert large.frozen_body == ()  # names of layers that only the other body has


def test_every_exam_is_held_out_once_and_its_patient_never_trained_on(data: DataSet) -> None:
    negatives = [replace(data.images[0], name=f"n{i}", patient=str(i)) for i in range(1, 8)]
    splits = split_folds(data, [0, 1, 2], [0, 1, 2], negatives)
    assert [split.number for split in splits] == [0, 1, 2]
    assert sorted(image.name for split in splits for image in split.held_out) == list("abcdef")
    for split in splits:
        held_out = {image.patient for image in split.held_out}
        assert held_out.isdisjoint(image.patient for image in (*split.labelled, *split.added))
        assert {image.name for image in split.labelled} == set("abcdef") - {
            image.name for image in split.held_out
        }
    # Patients 1 and 3 are those of fold 0; 6 and 7 are of none.
    assert [image.patient for image in splits[0].added] == ["2", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("folds", "held_out", "sentence"),
    [
        ([0, 1], [2], "Fold 2 cannot be held out of folds 0, 1."),
        ([0, 9], [0], "There is no fold 9"),
        ([1], [1], "Beside fold 1 there is none to train on."),
    ],
)
def test_folds_that_leave_nothing_to_train_or_judge_are_refused(
    data: DataSet, folds: Sequence[int], held_out: Sequence[int], sentence: str
) -> None:
    with pytest.raises(DataSetError, match=sentence):
        split_folds(data, folds, held_out)


def test_networks_and_thresholds_see_only_training_images(
    data: DataSet,
    prepared: PreparedImages,
    common: Preset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained: list[set[str]] = []
    chosen: list[set[str]] = []
    real_stream, real_choice = comparison.SampleStream, comparison.choose_threshold

    def stream(images: PreparedImages, *arguments: object) -> object:
        trained.append({image.patient for image in images.images})
        return real_stream(images, *arguments)  # type: ignore[arg-type]

    def choice(exams: Sequence[Exam]) -> float:
        chosen.append({exam.patient for exam in exams})
        return real_choice(exams)

    monkeypatch.setattr(comparison, "SampleStream", stream)
    monkeypatch.setattr(comparison, "choose_threshold", choice)
    run = compare(prepared, tmp_path / "out")
    preset = system_preset("compact", common)
    judged: list[str] = []
    for fold in split_folds(data, [0, 1, 2], [0, 1, 2]):
        run.judge(preset, fold)
        exams = exams_of(run.read(preset, fold), by_name(fold))
        held_out = {exam.patient for exam in exams}
        assert held_out.isdisjoint(trained[-1] | chosen[-1])
        judged += [exam.image_id for exam in exams]
    assert len(trained) == len(chosen) == 3
    assert sorted(judged) == list("abcdef")


def by_name(fold: Fold) -> dict[str, LabelledImage]:
    return {image.name: image for image in fold.held_out}


def test_detections_come_back_from_disk_as_they_were(
    data: DataSet,
    prepared: PreparedImages,
    common: Preset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[list[Exam]] = []
    real = comparison.detect

    def detect(*arguments: object) -> list[Exam]:
        found.append(real(*arguments))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(comparison, "detect", detect)
    run, preset = compare(prepared, tmp_path / "out"), system_preset("compact", common)
    (fold,) = split_folds(data, [0, 1, 2], [0])
    run.judge(preset, fold)
    again = exams_of(run.read(preset, fold), by_name(fold))
    assert sum(len(exam.boxes) for exam in again)
    # pneumo-evaluate reads the file, too.
    written = read_detections(tmp_path / "out" / "compact" / "fold-0" / "detections.json")
    assert written.info.model == "compact"
    assert len(written.annotations) == sum(len(exam.boxes) for exam in again)
    for one, other in zip(found[-1], again, strict=True):
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(one.truth, other.truth)
        assert (one.image_id, one.patient, one.exam_score, one.width, one.height) == (
            (other.image_id, other.patient, other.exam_score, other.width, other.height)
        )


def test_an_interrupted_fold_goes_on_from_its_checkpoint_to_the_same_detections(
    data: DataSet, prepared: PreparedImages, common: Preset, tmp_path: Path
) -> None:
    (fold,) = split_folds(data, [0, 1, 2], [0])
    preset = system_preset("ours", common)
    whole, broken = compare(prepared, tmp_path / "whole"), compare(prepared, tmp_path / "broken")
    whole.judge(preset, fold)
    real = Trainer.run

    def run_one_step(trainer: Trainer, until: int, **options: object) -> None:
        real(trainer, 1)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "run", run_one_step)
        with pytest.raises(KeyboardInterrupt):
            broken.judge(preset, fold)
    assert not broken.is_finished(preset, fold)
    steps: list[int] = []
    broken.judge(preset, fold, lambda report: steps.append(report.step))
    assert steps == [2]
    assert broken.is_finished(preset, fold)
    assert broken.read(preset, fold).annotations == whole.read(preset, fold).annotations
    assert broken.read(preset, fold).images == whole.read(preset, fold).images


@pytest.mark.parametrize("is_finished", [True, False])
def test_what_another_recipe_left_is_refused(
    data: DataSet,
    prepared: PreparedImages,
    common: Preset,
    tmp_path: Path,
    is_finished: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (fold,) = split_folds(data, [0, 1, 2], [0])
    run, preset = compare(prepared, tmp_path), system_preset("ours", common)
    if is_finished:
        run.judge(preset, fold)
    else:
        monkeypatch.setattr(comparison, "choose_threshold", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run.judge(preset, fold)
    assert run.is_finished(preset, fold) == is_finished
    longer = replace(preset, steps=9)
    moved = [replace(image, boxes=image.boxes + 1) for image in fold.labelled]
    for other, where, changed, difference in (
        (run, fold, longer, r"preset \(steps\)"),
        (compare(prepared, tmp_path, seed=1), fold, preset, "seed"),
        (run, replace(fold, labelled=moved), preset, "labels"),
        (run, replace(fold, labelled=fold.labelled[1:]), preset, "images"),
        (run, replace(fold, held_out=fold.held_out[1:]), preset, "judged"),
    ):
        with pytest.raises(CheckpointError, match=f"of a run that differs in {difference}"):
            other.is_finished(changed, where)


def interrupted(exams: Sequence[Exam]) -> float:
    raise KeyboardInterrupt


@pytest.mark.parametrize("content", ["", "{}", '{"images": [], "annotations": []}'])
def test_a_file_that_no_comparison_wrote_is_refused(
    data: DataSet, prepared: PreparedImages, common: Preset, tmp_path: Path, content: str
) -> None:
    (fold,) = split_folds(data, [0, 1, 2], [0])
    path = tmp_path / "ours" / "fold-0" / "detections.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(DetectionsFileError, match="Remove it to train that fold again"):
        compare(prepared, tmp_path).is_finished(system_preset("ours", common), fold)
