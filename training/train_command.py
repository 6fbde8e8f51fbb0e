"""The laboratory's commands."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from detector.errors import InputError
from detector.model_card import ModelCard
from detector.networks.bodies import load_body_weights
from detector.networks.center_scale import CenterScaleDetector
from detector.presets import PRESETS, Preset
from detector.weights import save_weights
from training.body_weights import BodyWeightsError, pretrained_efficientnet_lite0
from training.checkpoints import CheckpointError
from training.datasets.box_table import (
    CHALLENGE_SIZE,
    read_box_places,
    read_patients_of_exams,
)
from training.datasets.labelled_image import DataSetError, LabelledImage
from training.datasets.nih import read_no_finding
from training.datasets.prepared_images import PreparedImages, prepare_images
from training.datasets.rsna import PATIENTS, read_challenge
from training.datasets.splits import (
    read_folds,
    require_disjoint_patients,
    select_folds,
    without_patients,
)
from training.samples import SampleStream
from training.trainer import Trainer

UNUSABLE = 2
NIH_MAP = "rsna_nih_map.csv"
PRETRAINED_BODIES = {"tf_efficientnet_lite0": pretrained_efficientnet_lite0}
TERMS = (
    "RSNA Pneumonia Detection Challenge annotations: non-commercial research and education only. "
    "Radiographs: NIH ChestX-ray14 (Wang et al., CVPR 2017), provided by the NIH Clinical Center."
)

train = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_console = Console(stderr=True, highlight=False)


@train.command()
def train_detector(
    data: Annotated[Path, typer.Option(help="Folder in the RSNA challenge's layout.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoint, log and weights.")],
    folds: Annotated[str, typer.Option(help="Folds to train on, as 0,1,2.")],
    preset: Annotated[str, typer.Option(help=f"One of {', '.join(PRESETS)}.")] = "compact",
    negatives: Annotated[
        Path | None, typer.Option(help="Folder in NIH's layout: its No Finding radiographs.")
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option(help="Challenge label table that tells where to paint opacities."),
    ] = None,
    size: Annotated[int | None, typer.Option(help="Side of the network's input.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps on real boxes.")] = None,
    synthetic_steps: Annotated[int | None, typer.Option(help="Painted steps before them.")] = None,
    batch: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    seed: Annotated[int, typer.Option(help="Where chance starts.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes that make samples.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Threads that compute on a CPU.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    save_minutes: Annotated[float, typer.Option(help="Time between checkpoints.")] = 3.0,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for decoded images; in OUT unless given.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in OUT.")] = False,
) -> None:
    """Train a detector and write its weights with their card."""
    if preset not in PRESETS:
        _stop(f"There is no preset {preset}. Choose one of {', '.join(PRESETS)}.")
    chosen = _change(PRESETS[preset], size, steps, synthetic_steps, batch)
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        training, held_out = read_training_images(data, _numbers(folds), negatives)
        box_places = read_places(places, held_out) if places else own_places(training)
        prepared = _prepare(training, max(chosen.training_sizes), cache or out / "cache")
        torch.manual_seed(seed)
        network = CenterScaleDetector(chosen)
        if chosen.body not in PRETRAINED_BODIES:
            _stop(f"There are no pretrained weights for the body {chosen.body} yet.")
        load_body_weights(network.body, PRETRAINED_BODIES[chosen.body]())
        trainer = Trainer(
            network,
            SampleStream(prepared, box_places, chosen, seed),
            chosen,
            out=out,
            device=_device(device),
            workers=workers,
            recipe={"images": [image.name for image in training], "seed": seed},
        )
        if resume:
            trainer.resume()
        _run(trainer, save_minutes * 60)
    except (InputError, DataSetError, BodyWeightsError, CheckpointError) as error:
        _stop(str(error))
    card = ModelCard(
        name=chosen.name,
        version="1",
        preset=chosen,
        training_data=_describe(training, data, folds, negatives),
        training_command=shlex.join(["pneumo-train", *sys.argv[1:]]),
        terms=TERMS,
    )
    weights = out / f"{chosen.name}.safetensors"
    save_weights(weights, trainer.averaged_network(CenterScaleDetector(chosen)), card)
    _console.print(f"Weights: {weights}")


def read_training_images(
    data: Path, folds: Sequence[int], negatives: Path | None
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Read the images of some folds with negatives of other patients, and the held-out images.

    Returns
    -------
    training, held_out
        They share no patient.
    """
    images = read_challenge(data)
    by_patient = read_folds(data / PATIENTS)
    training = select_folds(images, by_patient, folds)
    chosen = {image.name for image in training}
    held_out = [image for image in images if image.name not in chosen]
    if negatives is not None:
        patients = {image.patient for image in held_out}
        training += without_patients(read_no_finding(negatives), patients)
    require_disjoint_patients({"the training images": training, "the held-out images": held_out})
    return training, held_out


def read_places(labels: Path, held_out: Sequence[LabelledImage]) -> list[NDArray[np.float32]]:
    """Where findings lie in a label table, without the exams of held-out patients.

    Exams of the same patients under other names are found by the map that lies beside the table.
    """
    excluded = {image.name for image in held_out}
    nih_map = labels.with_name(NIH_MAP)
    if nih_map.is_file():
        patients = {image.patient for image in held_out}
        owners = read_patients_of_exams(nih_map)
        excluded |= {exam for exam, owner in owners.items() if owner in patients}
    return read_box_places(labels, excluded)


def own_places(training: Sequence[LabelledImage]) -> list[NDArray[np.float32]]:
    """Where the findings of the training images themselves lie."""
    return [
        (image.boxes / CHALLENGE_SIZE).astype(np.float32)
        for image in training
        if image.is_positive
    ]


def _change(
    preset: Preset,
    size: int | None,
    steps: int | None,
    synthetic_steps: int | None,
    batch: int | None,
) -> Preset:
    """The preset with what the command line asks for instead."""
    if size is not None:
        preset = replace(preset, input_size=size, training_sizes=(size,))
    if steps is not None:
        preset = replace(preset, steps=steps, epochs=None)
    if synthetic_steps is not None:
        preset = replace(preset, synthetic_steps=synthetic_steps)
    if batch is not None:
        preset = replace(preset, batch_size=batch)
    return preset


def _prepare(images: Sequence[LabelledImage], size: int, cache: Path) -> PreparedImages:
    with Progress(console=_console, transient=True) as progress:
        task = progress.add_task("Decoding", total=len(images))
        return prepare_images(
            images, size, cache, lambda done: progress.update(task, completed=done)
        )


def _run(trainer: Trainer, save_every: float) -> None:
    with Progress(
        TextColumn("step {task.completed}/{task.total}"),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
        console=_console,
    ) as progress:
        task = progress.add_task("", total=trainer.last_step, completed=trainer.step)

        def show(step: int, losses: dict[str, float]) -> None:
            parts = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
            progress.update(task, completed=step, description=parts)

        trainer.run(trainer.last_step, save_every=save_every, progressed=show)


def _describe(
    images: Sequence[LabelledImage], data: Path, folds: str, negatives: Path | None
) -> str:
    positives = sum(image.is_positive for image in images)
    sources = f"{data.name} (folds {folds})" + (f" and {negatives.name}" if negatives else "")
    return f"{len(images)} radiographs of {sources}, {positives} with boxes."


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        _stop(f"--folds takes numbers such as 0,1,2, not {text}.")


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        _stop("There is no CUDA device here. Use --device cpu.")
    return torch.device(name)


def _stop(sentence: str) -> NoReturn:
    _console.print(sentence)
    raise typer.Exit(UNUSABLE)


if __name__ == "__main__":
    train()
