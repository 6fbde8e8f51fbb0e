"""``pneumo-compare``: the paper's Tables 2 and 3 for any data set."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import torch
import typer

from detector.errors import InputError
from detector.files import replace_file
from detector.networks.bodies import body_normalisation
from detector.networks.systems import SYSTEMS
from detector.presets import PRESETS, Preset
from training.body_weights import BodyWeightsError
from training.checkpoints import CheckpointError
from training.comparison import (
    Comparison,
    Fold,
    common_preset,
    split_folds,
    system_preset,
)
from training.comparison_formats import as_csv, as_markdown, as_text
from training.comparison_report import TITLES, Outcome, make_report, title_of
from training.datasets.data_set import read_data_set
from training.datasets.labelled_image import DataSetError, LabelledImage
from training.datasets.negatives import read_negatives
from training.datasets.splits import listed
from training.fold_detections import exams_of
from training.judging import RESAMPLES
from training.run_folder import run_folder
from training.run_options import choose_device, require_whole_strides
from training.run_progress import prepare_shown, steps_shown
from training.terminal import RESULTS, command_application, parse_folds, refuse, refuse_full_disk
from training.trainer import real_steps

REPORT = "comparison"
"""Name of the files of results, by their suffix."""
PREFERRED_REFERENCE = "compact"

_application = command_application()


def main() -> None:
    """Run ``pneumo-compare``."""
    _application()


def _available_systems() -> list[str]:
    """Those of which everything is installed; RT-DETR comes with an extra."""
    return [
        name
        for name in TITLES
        if PRESETS[name].system in SYSTEMS
        and (name != "rt_detr" or find_spec("transformers") is not None)
    ]


@_application.command()
def compare_systems(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Option(help="Folder in the RSNA challenge's layout, or a COCO file by its images."),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the results, and of those on the way.")],
    folds: Annotated[
        str,
        typer.Option(metavar="N,N", help="Folds of patients to use.", show_default="all"),
    ] = "",
    held_out: Annotated[
        str,
        typer.Option(
            metavar="N,N", help="Which of them to judge.", show_default="each in its turn"
        ),
    ] = "",
    systems: Annotated[
        str,
        typer.Option(metavar="NAME,NAME", help="Presets.", show_default="all that are installed"),
    ] = "",
    reference: Annotated[
        str,
        typer.Option(
            help="The system that the others are compared with.",
            show_default="compact, or else the last",
        ),
    ] = "",
    body: Annotated[str, typer.Option(help="Timm model in all systems.")] = PRESETS["compact"].body,
    size: Annotated[
        int | None,
        typer.Option(
            min=32, help="Side of the network's input, in 32s.", show_default="the common preset's"
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps.", show_default="the common preset's")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Images a step.", show_default="the common preset's")
    ] = None,
    negatives: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder in NIH's layout: its No Finding radiographs; or one with normals.csv and "
            "images.zip. May be repeated."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Where chance starts, for all alike.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make samples.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of a CPU; 1 is best on a busy machine.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
) -> None:
    """Train and judge systems alike, each on folds that it was trained without. Research use only.

    Writes comparison.txt, .md, .csv, .png and .svg. A system's fold that an earlier run with the
    same options finished is not repeated, and one that was interrupted goes on.
    """
    if find_spec("matplotlib") is None:
        refuse("The figure needs matplotlib. Install it with: pip install 'pneumo-viewer[train]'")
    from training.comparison_figure import draw_comparison

    require_whole_strides(size)
    try:
        body_normalisation(body)
    except ValueError:
        refuse(f"timm has no body {body}. Name one of its models.")
    chosen = _parse_systems(systems)
    reference = _choose_reference(reference, chosen)
    common = common_preset(body, size, steps, batch)
    presets = [system_preset(name, common) for name in chosen]
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        context.with_resource(run_folder(out))
        data_set = read_data_set(data)
        used = parse_folds("--folds", folds) or sorted(set(data_set.folds.values()))
        judged = parse_folds("--held-out", held_out) or used
        unpacked = out / "unpacked"
        added = [image for folder in negatives or () for image in read_negatives(folder, unpacked)]
        splits = split_folds(data_set, used, judged, added)
        images = _images(splits)
        comparison = Comparison(
            prepare_shown(images, common.input_size, common, out),
            out,
            seed,
            choose_device(device),
            workers,
        )
        for fold in splits:
            comparison.require_no_leakage(fold)
        _judge_all(comparison, presets, splits)
        outcomes = [_outcome(comparison, preset, splits) for preset in presets]
    except (InputError, DataSetError, BodyWeightsError, CheckpointError) as error:
        refuse(str(error))
    except OSError as error:
        refuse_full_disk(error, out, "the same command")
    report = make_report(
        _title(data.name, len(presets), judged, common),
        {
            "Data": _describe_data(data.name, splits, used, negatives or ()),
            "Common": _describe_common(common, seed),
            "Their own": "network, assignment, losses and augmentation; the paper trains its "
            "detector on positive exams alone, one a step, from which this departs.",
            "Command": shlex.join(["pneumo-compare", *sys.argv[1:]]),
        },
        outcomes,
        reference=reference,
        resamples=RESAMPLES,
        seed=seed,
    )
    text = as_text(report)
    try:
        replace_file(out / f"{REPORT}.txt", text.encode())
        replace_file(out / f"{REPORT}.md", as_markdown(report).encode())
        replace_file(out / f"{REPORT}.csv", as_csv(report).encode())
        replace_file(out / f"{REPORT}.png", draw_comparison(report, "png"))
        replace_file(out / f"{REPORT}.svg", draw_comparison(report, "svg"))
    except OSError as error:
        refuse(f"{out}: the results cannot be written ({error.strerror}). Make room and go on.")
    RESULTS.print(text)


def _judge_all(comparison: Comparison, presets: Sequence[Preset], splits: Sequence[Fold]) -> None:
    """Judge what no earlier run has; first make sure that what those left is of these options."""
    missing = [
        (preset, fold)
        for preset in presets
        for fold in splits
        if not comparison.is_finished(preset, fold)
    ]
    for number, (preset, fold) in enumerate(missing, start=1):
        what = f"{title_of(preset.name)}, fold {fold.number} ({number} of {len(missing)})"
        with steps_shown(f"{what}:", preset, 0, real_steps(preset, 0)) as show:
            try:
                comparison.judge(preset, fold, show)
            except FloatingPointError as error:
                refuse(f"{what}: {error}. Leave it out with --systems.")


def _outcome(comparison: Comparison, preset: Preset, splits: Sequence[Fold]) -> Outcome:
    exams, thresholds, costs = [], [], []
    for fold in splits:
        found = comparison.read(preset, fold)
        judged = exams_of(found, {image.name: image for image in fold.held_out})
        exams += judged
        thresholds += [found.threshold] * len(judged)
        costs.append(found.costs)
    return Outcome(preset.name, preset.augmentation, exams, thresholds, costs)


def _images(splits: Sequence[Fold]) -> list[LabelledImage]:
    """Every image that is used, once."""
    return list(
        dict.fromkeys(
            image
            for split in splits
            for part in (split.labelled, split.held_out, split.added)
            for image in part
        )
    )


def _title(data: str, system_count: int, judged: Collection[int], common: Preset) -> str:
    """What was compared, and what makes the comparison a small one."""
    usual = common_preset(common.body)
    reservations = ["one fold"] if len(judged) == 1 else []
    if common.input_size < usual.input_size:
        reservations.append(f"{common.input_size} px")
    if real_steps(common, 0) < real_steps(usual, 0):
        reservations.append(_count(real_steps(common, 0), "step"))
    title = f"Comparison of {_count(system_count, 'system')} on {data}"
    if not reservations:
        return title
    return f"{title} ({', '.join(reservations)}: shows the machinery, compares little)"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _describe_data(
    data: str, splits: Sequence[Fold], used: Collection[int], negatives: Sequence[Path]
) -> str:
    exams = [image for split in splits for image in split.held_out]
    judged = listed([split.number for split in splits])
    text = (
        f"{data}, folds {listed(used)}; judged on {judged}, each by networks trained on the "
        f"others: {len(exams)} exams of {len({image.patient for image in exams})} patients, "
        f"{sum(image.is_positive for image in exams)} positive with "
        f"{sum(len(image.boxes) for image in exams)} boxes"
    )
    if negatives:
        added = {image for split in splits for image in split.added}
        text += f"; trained besides on {len(added)} without finding of "
        text += " and ".join(folder.name for folder in negatives)
    return f"{text}."


def _describe_common(common: Preset, seed: int) -> str:
    weights = " : ".join(f"{weight:g}" for weight in common.class_weights)
    frozen = f", {', '.join(common.frozen_body)} frozen" if common.frozen_body else ""
    return (
        f"body {common.body} with ImageNet weights{frozen}, {common.channels} channels, "
        f"{common.input_size} px, {common.steps} steps of {common.batch_size} exams (normal, not "
        f"normal and opacity drawn {weights}), {common.optimiser} at {common.learning_rate:g} "
        f"(body × {common.body_learning_rate_factor:g}), {common.schedule}, averaged weights, "
        f"NMS at {common.nms_iou:g}, boxes from score {common.score_threshold:g}, seed {seed}: the "
        f"recipe of the preset {common.name}, which was tuned for that one."
    )


def _parse_systems(text: str) -> list[str]:
    available = _available_systems()
    chosen = list(dict.fromkeys(text.split(","))) if text else available
    for name in chosen:
        if name not in available:
            refuse(f"There is no system {name}. Choose from {', '.join(available)}.")
    return chosen


def _choose_reference(name: str, chosen: Sequence[str]) -> str:
    if name and name not in chosen:
        refuse(f"The reference {name} is not among the systems. Add it to --systems.")
    return name or (PREFERRED_REFERENCE if PREFERRED_REFERENCE in chosen else chosen[-1])


if __name__ == "__main__":
    main()
