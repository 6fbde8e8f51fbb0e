"""pneumo-train goes from a data set to weights that the detector loads."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pydicom import dcmread
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_training import TINY_LIVE
from typer.testing import CliRunner

from detector.presets import PRESETS
from detector.weights import load_weights
from training import train_command
from training.run_folder import run_folder

runner = CliRunner()


@pytest.fixture(autouse=True)
def tiny_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that trains in a second, with random weights for its pretrained ones."""
    tiny = replace(TINY_LIVE, name="tiny", synthetic_steps=1, steps=2, batch_size=2)
    monkeypatch.setitem(PRESETS, "tiny", tiny)
    monkeypatch.setattr(train_command, "load_pretrained", lambda body, source: None)


def train(data: Path, out: Path, *more: str) -> tuple[int, str]:
    arguments = ["--data", str(data), "--out", str(out), "--preset", "tiny", "--workers", "0"]
    result = runner.invoke(train_command._application, [*arguments, *more])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_training_writes_weights_with_a_card_that_load(
    challenge_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    status, _ = train(challenge_folder, out, "--folds", "0,1", "--judge")
    assert status == 0
    network, card = load_weights(out / "tiny.safetensors")
    assert card.preset == PRESETS["tiny"]
    assert card.training_folds == (0, 1)
    assert network.preset == PRESETS["tiny"]
    assert card.training_data == (
        "5 radiographs of challenge, folds 0, 1; without the patients of the demo studies."
    )
    assert card.training_command.startswith("pneumo-train")
    assert "non-commercial" in card.terms
    (operating_point,) = card.operating_points
    assert operating_point.threshold == card.score_threshold
    assert "training images" in operating_point.measured_on
    # Fold 2 is one exam without a box, for which only the challenge metric may be defined.
    assert all(metric.data.endswith("1 exams, 0 positive") for metric in card.metrics)
    assert (out / "losses.jsonl").read_text().count("\n") == 3


def test_a_run_is_never_overwritten(challenge_folder: Path, tmp_path: Path) -> None:
    train(challenge_folder, tmp_path / "run", "--folds", "0")
    status, output = train(challenge_folder, tmp_path / "run", "--folds", "0")
    assert status == 2
    assert "holds a run already" in output


def test_a_finished_run_resumes_to_the_same_weights(challenge_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    train(challenge_folder, out, "--folds", "0,1")
    _, card = load_weights(out / "tiny.safetensors")
    status, _ = train(challenge_folder, out, "--folds", "0,1", "--resume")
    assert status == 0
    _, again = load_weights(out / "tiny.safetensors")
    assert again.fingerprint == card.fingerprint


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--folds", "0,9"), "There is no fold 9"),
        (("--folds", "zero"), "--folds takes numbers"),
        (("--folds", "0", "--preset", "huge"), "There is no preset huge"),
        (("--folds", "0", "--device", "tpu"), "There is no device tpu"),
        (("--folds", "0", "--resume"), "nothing to resume"),
        (("--folds", "0", "--negatives", "."), "holds no Data_Entry_2017.csv"),
        (("--folds", "0,1,2", "--judge"), "--judge needs folds that are not trained on"),
        (("--folds", "0", "--weak-positives", "."), "holds no Data_Entry_2017.csv"),
        (("--folds", "0", "--exclude", "absent"), "absent holds no DICOM image"),
        (("--folds", "0", "--size", "100"), "--size takes multiples of 32"),
        (("--folds", "0", "--steps", "-1"), "--steps"),
        (("--folds", "0", "--steps", "0", "--synthetic-steps", "0"), "no step to train"),
        (("--folds", "0", "--start", "a", "--body-weights", "timm"), "Leave out --body-weights"),
        (("--folds", "0", "--start", "nothing.safetensors"), "nothing.safetensors: No access"),
        (("--folds", "0", "--batch", "0"), "--batch"),
        (("--folds", "0", "--class-weights", "1,3"), "three numbers"),
        (("--folds", "0", "--class-weights", "1,-3,1"), "from 0 on"),
        (("--folds", "0", "--seed", "-1"), "--seed"),
        (("--folds", "0", "--threads", "0"), "--threads"),
        (("--folds", "0", "--learning-rate", "nan"), "--learning-rate"),
        (("--folds", "0", "--save-minutes", "inf"), "no number that can be used"),
    ],
)
def test_unusable_arguments_are_refused_with_a_sentence(
    challenge_folder: Path, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    status, output = train(challenge_folder, tmp_path / "run", *options)
    assert status == 2
    assert sentence in output


def test_a_folder_that_cannot_be_written_is_refused(challenge_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, output = train(challenge_folder, tmp_path / "file", "--folds", "0")
    assert status == 2
    assert "Name another folder." in output


def test_a_folder_belongs_to_one_run_at_a_time(challenge_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with run_folder(out):
        status, output = train(challenge_folder, out, "--folds", "0")
        assert status == 2
        assert "another run writes into it. Wait for its end, or name another folder." in output
        assert [path.name for path in out.iterdir()] == [".lock"]
    assert train(challenge_folder, out, "--folds", "0")[0] == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_told_and_not_thrown(challenge_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "losses.jsonl").symlink_to("/dev/full")
    status, output = train(challenge_folder, out, "--folds", "0")
    assert status == 2
    assert f"{out}: the disk is full. Make room and go on with --resume" in output


def test_a_loss_that_is_not_finite_is_told(
    challenge_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hot = replace(PRESETS["tiny"], synthetic_steps=0, steps=30, gradient_clip=None)
    monkeypatch.setitem(PRESETS, "tiny", hot)
    options = ("--folds", "0,1", "--learning-rate", "1e30")
    status, output = train(challenge_folder, tmp_path / "run", *options)
    assert status == 2
    assert "the loss is not finite at step" in output
    assert "Start again with a lower --learning-rate." in output
    assert not (tmp_path / "run" / "tiny.safetensors").exists()


def test_the_command_line_changes_the_preset_that_is_kept(
    challenge_folder: Path, tmp_path: Path
) -> None:
    options = ("--size", "160", "--steps", "1", "--synthetic-steps", "0", "--batch", "1")
    status, _ = train(challenge_folder, tmp_path / "run", "--folds", "0", *options)
    assert status == 0
    _, card = load_weights(tmp_path / "run" / "tiny.safetensors")
    assert card.preset.training_sizes == (160,)
    assert (card.preset.input_size, card.preset.steps, card.preset.batch_size) == (160, 1, 1)


def test_a_synthetic_pretraining_is_made_once_and_begun_from(
    challenge_folder: Path, tmp_path: Path
) -> None:
    painted, real = tmp_path / "painted", tmp_path / "real"
    status, _ = train(challenge_folder, painted, "--folds", "0,1", "--steps", "0")
    assert status == 0
    weights = painted / "tiny.safetensors"
    begun, first = load_weights(weights)
    assert (painted / "losses.jsonl").read_text().count("\n") == 1
    options = ("--folds", "0", "--start", str(weights), "--synthetic-steps", "0", "--steps", "1")
    status, _ = train(challenge_folder, real, *options)
    assert status == 0
    trained, card = load_weights(real / "tiny.safetensors")
    assert card.training_data == (
        "3 radiographs of challenge, folds 0; without the patients of the demo studies. "
        f"Begun from tiny {first.fingerprint}, trained on {first.training_data}"
    )
    # One step of a learning rate of 1e-3 at most moves no weight by more than 1 %.
    for name, tensor in begun.state_dict().items():
        if tensor.is_floating_point() and "running" not in name:
            torch.testing.assert_close(trained.state_dict()[name], tensor, atol=2e-3, rtol=0)


def test_a_pretraining_for_all_folds_sees_none_of_them(
    challenge_folder: Path, tmp_path: Path
) -> None:
    nih = tmp_path / "nih"
    (nih / "images").mkdir(parents=True)
    blocks = np.random.default_rng(1).integers(0, 255, (16, 16), np.uint8)
    cv2.imwrite(str(nih / "images" / "n.png"), np.kron(blocks, np.ones((6, 6))))
    (nih / "Data_Entry_2017.csv").write_text(
        "Image Index,Finding Labels,Patient ID\nn.png,No Finding,9\n"
    )
    places = tmp_path / "places.csv"
    places.write_text("patientId,x,y,width,height,Target\nz,100,200,300,400,1\n")
    options = ("--folds", "", "--steps", "0", "--negatives", str(nih), "--places", str(places))
    status, output = train(challenge_folder, tmp_path / "run", *options)
    assert status == 0, output
    _, card = load_weights(tmp_path / "run" / "tiny.safetensors")
    assert card.training_folds == ()
    assert card.training_data == (
        "0 radiographs of no fold of challenge, and 1 without finding of nih; without the patients "
        "of the demo studies."
    )
    assert card.operating_points == ()


def test_a_start_of_another_network_is_refused_with_a_sentence(
    challenge_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(challenge_folder, tmp_path / "first", "--folds", "0")
    weights = tmp_path / "first" / "tiny.safetensors"
    monkeypatch.setitem(PRESETS, "tiny", replace(PRESETS["tiny"], channels=64))
    status, output = train(
        challenge_folder, tmp_path / "second", "--folds", "0", "--start", str(weights)
    )
    assert status == 2
    assert "its tensors do not fit preset tiny: size mismatch for" in output


@pytest.mark.parametrize("change", ["start", "places", "negatives", "pixels", "labels"])
def test_a_run_is_resumed_by_its_own_options_only(
    challenge_folder: Path, tmp_path: Path, change: str
) -> None:
    out = tmp_path / "run"
    train(challenge_folder, out, "--folds", "0")
    options: tuple[str, ...] = ()
    match change:
        case "start":
            options = ("--start", str(out / "tiny.safetensors"))
        case "places":
            places = tmp_path / "places.csv"
            places.write_text("patientId,x,y,width,height,Target\nz,100,200,300,400,1\n")
            options = ("--places", str(places))
        case "negatives":
            nih = tmp_path / "nih"
            (nih / "images").mkdir(parents=True)
            cv2.imwrite(str(nih / "images" / "n.png"), np.full((96, 96), 60, np.uint8))
            table = "Image Index,Finding Labels,Patient ID\nn.png,No Finding,9\n"
            (nih / "Data_Entry_2017.csv").write_text(table)
            options = ("--negatives", str(nih))
        case "pixels":
            image = challenge_folder / "stage_2_train_images" / "a.dcm"
            dataset = dcmread(image)
            dataset.PixelData = dataset.PixelData[::-1]
            dataset.save_as(image)
        case "labels":
            labels = challenge_folder / "stage_2_train_labels.csv"
            labels.write_text(labels.read_text().replace("30.0", "31.0"))
    status, output = train(challenge_folder, out, "--folds", "0", "--resume", *options)
    assert status == 2
    named = "images" if change == "negatives" else change
    assert f"is of a run that differs in {named}." in output


def test_tensorboard_reads_the_course_of_a_run(challenge_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    train(challenge_folder, out, "--folds", "0,1")
    events = EventAccumulator(str(out / "events"))
    events.Reload()
    logged = [json.loads(line) for line in (out / "losses.jsonl").read_text().splitlines()]
    parts = [name for name in logged[0] if name != "step"]
    for name in parts:
        found = events.Scalars(f"loss/{name}")
        assert [event.step for event in found] == [1, 2, 3]
        assert [event.value for event in found] == pytest.approx([line[name] for line in logged])
    total = [event.value for event in events.Scalars("loss")]
    assert total == pytest.approx([sum(line[name] for name in parts) for line in logged])
    # Too short for a rise. One painted step at the peak of 1e-3, one real step at it, and then
    # half of a cosine from 1 to 0.01: 0.01 + 0.99 / 2.
    rates = [event.value for event in events.Scalars("learning_rate")]
    assert rates == pytest.approx([1e-3, 1e-3, 0.505e-3])
    assert all(event.value > 0 for event in events.Scalars("speed/images_per_second"))
    assert all(0 < event.value < 1 for event in events.Scalars("speed/waiting_for_data"))


def test_a_missing_tensorboard_is_said(
    challenge_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    status, output = train(challenge_folder, tmp_path / "run", "--folds", "0")
    assert status == 2
    assert "pip install tensorboard" in output


def test_extra_exams_are_trained_on_unless_their_patients_are_held_out_or_excluded(
    challenge_folder: Path, tmp_path: Path
) -> None:
    nih = tmp_path / "nih"
    labels = {"7": "No Finding", "8": "Pneumonia", "5": "No Finding", "1620": "Pneumonia"}
    generator = np.random.default_rng(1)
    (nih / "images").mkdir(parents=True)
    for patient in labels:
        blocks = generator.integers(0, 255, (16, 16), np.uint8)
        cv2.imwrite(str(nih / "images" / f"{patient}_0.png"), np.kron(blocks, np.ones((6, 6))))
    rows = [f"{patient}_0.png,{finding},{patient}" for patient, finding in labels.items()]
    table = "\n".join(["Image Index,Finding Labels,Patient ID", *rows])
    (nih / "Data_Entry_2017.csv").write_text(table)
    away = tmp_path / "away"
    away.mkdir()
    seen = dcmread(challenge_folder / "stage_2_train_images" / "e.dcm")
    seen.PatientID = "e"  # as the challenge's files name the exam
    seen.save_as(away / "seen.dcm")
    options = ("--negatives", nih, "--negatives", nih, "--weak-positives", nih, "--exclude", away)
    status, output = train(challenge_folder, tmp_path / "run", "--folds", "0,1", *map(str, options))
    assert status == 0, output
    _, card = load_weights(tmp_path / "run" / "tiny.safetensors")
    # Of folds 0 and 1 exam e is excluded; of NIH's, 5 is held out and 1620 a demo patient.
    assert card.training_data == (
        "4 radiographs of challenge, folds 0, 1, and 1 without finding of nih, and 1 without "
        "finding of nih, and 1 tagged Pneumonia, without boxes, of nih; without the patients of "
        "the demo studies and away."
    )


def test_an_image_that_is_held_out_under_another_name_stops_the_run(
    challenge_folder: Path, tmp_path: Path
) -> None:
    images = challenge_folder / "stage_2_train_images"
    (images / "f.dcm").write_bytes((images / "b.dcm").read_bytes())
    status, output = train(challenge_folder, tmp_path / "run", "--folds", "0,1")
    assert status == 2
    assert "b of the training images and f of the held-out images are the same instance" in output
    assert not list((tmp_path / "run").glob("*.safetensors"))
