"""``pneumo-evaluate``: measure a detector, or its written detections, against truth.

torch is imported only where weights have to be run.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from detector.dicom.reading import read_radiograph
from detector.errors import InputError
from detector.files import make_writable, replace_file
from detector.model_card import OperatingPoint
from resources import DEFAULT_WEIGHTS
from training.datasets.splits import listed
from training.datasets.truth import read_truth
from training.evaluation.calibration import reliability_table
from training.evaluation.detections_file import join_truth, read_detections
from training.evaluation.exam import Exam
from training.evaluation.measures import Evaluation
from training.evaluation.report import evaluate
from training.evaluation.subgroups import Subgroup, evaluate_subgroups
from training.evaluation_output import curve_files, tables
from training.terminal import NOTES, RESULTS, command_application, parse_folds, refuse

SOME_LEFT_OUT = 1
REPORT = "evaluation.json"
LOW_SCORE = 0.01
"""Detections cut off below this lose nothing that average precision would notice."""

_application = command_application()


def main() -> None:
    """Run ``pneumo-evaluate``."""
    _application()


@_application.command()
def evaluate_detector(
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Run weights over this folder in the RSNA challenge's layout, or COCO file.",
        ),
    ] = None,
    folds: Annotated[
        str,
        typer.Option(metavar="N,N", help="Folds of its patients.", show_default="all exams"),
    ] = "",
    weights: Annotated[
        Path, typer.Option(metavar="FILE", help="Weights.", show_default="the program's own")
    ] = DEFAULT_WEIGHTS,
    detections: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Or take the detections.json of pneumo-detect,"),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="and this truth (challenge CSV, NIH CSV or COCO)."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Lowest score of a box that enters the challenge metric.",
            show_default="the model card's, or that of the detections",
        ),
    ] = None,
    subgroups: Annotated[
        bool, typer.Option("--subgroups", help="Measure each view, sex, age band and class, too.")
    ] = False,
    resamples: Annotated[
        int, typer.Option(min=0, help="Draws of patients for the 95 % intervals.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help=f"Where {REPORT} and curves go.")
    ] = None,
) -> None:
    """Measure pneumonia detections against ground truth. Research use only.

    Exit status: 0, 1 when radiographs could not be read and were left out, 2 when the arguments
    cannot be used.
    """
    try:
        if out is not None:
            make_writable(out)
        match data, detections, truth:
            case Path() as folder, None, None:
                scored = _run_weights(weights, folder, parse_folds("--folds", folds))
            case None, Path() as found, Path() as table:
                scored = _take_detections(found, table)
            case _:
                refuse("Give either --data, or --detections together with --truth.")
    except InputError as error:
        refuse(str(error))
    if not scored.exams:
        for name, reason in scored.left_out:
            NOTES.print(f"Left out: {name}: {reason}")
        refuse("No image has both detections and truth, so there is nothing to measure.")
    if threshold is None:
        threshold = scored.threshold
    evaluation = evaluate(
        scored.exams,
        threshold=threshold,
        operating_points=scored.operating_points,
        resamples=resamples,
        seed=seed,
    )
    groups: tuple[Subgroup, ...] = ()
    if subgroups:
        groups = evaluate_subgroups(
            scored.exams,
            threshold=threshold,
            operating_points=scored.operating_points,
            resamples=resamples,
            seed=seed,
        )
    reliability = reliability_table(scored.exams)
    command = shlex.join(["pneumo-evaluate", *sys.argv[1:]])
    _print_head(evaluation, scored)
    RESULTS.print(*tables(evaluation, reliability, groups), sep="\n")
    if subgroups and not groups:
        RESULTS.print("There are no subgroups: nothing is known of view, sex, age or class.")
    _print_foot(evaluation, scored, command)
    if out is not None:
        content = {
            "command": command,
            "facts": scored.facts,
            "remarks": scored.remarks,
            "left_out": [{"image": name, "reason": reason} for name, reason in scored.left_out],
            **evaluation.as_json(),
            "reliability": [dataclasses.asdict(one) for one in reliability],
            "subgroups": [dataclasses.asdict(group) for group in groups],
        }
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        _write(out, {REPORT: text, **curve_files(scored.exams, reliability)})
    if scored.unreadable_count:
        raise typer.Exit(SOME_LEFT_OUT)


@dataclass(frozen=True, slots=True)
class _Scored:
    """Exams to evaluate, where they come from, and what was left out and why."""

    exams: Sequence[Exam]
    threshold: float
    facts: Mapping[str, str]
    operating_points: Sequence[OperatingPoint] = ()
    left_out: Sequence[tuple[str, str]] = ()
    unreadable_count: int = 0
    remarks: Sequence[str] = ()


def _run_weights(weights: Path, folder: Path, folds: Collection[int]) -> _Scored:
    from detector.runtime.engine import Detector
    from training.datasets.data_set import read_data_set
    from training.datasets.labelled_image import DataSetError
    from training.datasets.traits import CLASS, TABLE_COLUMNS, read_traits

    try:
        data = read_data_set(folder)
        images = data.split(folds)[0] if folds else data.images
        traits = read_traits(folder, images)
    except DataSetError as error:
        refuse(str(error))
    detector = Detector.load(weights)
    exams, left_out = [], []
    for image in track(images, "Detecting", console=NOTES, disable=not NOTES.is_terminal):
        try:
            radiograph = read_radiograph(image.path)
        except InputError as error:
            left_out.append((image.name, error.reason))
            continue
        found = detector.predict(radiograph)
        height, width = radiograph.pixels.shape
        exams.append(
            Exam(
                image_id=image.name,
                patient=image.patient,
                width=width,
                height=height,
                truth=image.boxes,
                boxes=found.boxes,
                scores=found.scores,
                exam_score=found.exam_score,
                traits=traits[image.name],
            )
        )
    model = detector.identity
    facts = {
        "model": f"{model.name} {model.version} ({model.fingerprint}, preset {model.preset})",
        "data": f"{folder.name}, " + (f"folds {listed(folds)}" if folds else "all exams"),
        "resampled": f"{len({exam.patient for exam in exams})} patients",
    }
    stated = {trait for exam in exams for trait in exam.traits}
    remarks = [
        f"The data set does not state the {trait} of its exams."
        for trait in (*TABLE_COLUMNS, CLASS)
        if trait not in stated
    ]
    card = detector.card
    return _Scored(
        exams,
        card.score_threshold,
        facts,
        card.operating_points,
        left_out,
        unreadable_count=len(left_out),
        remarks=remarks,
    )


def _take_detections(detections: Path, truth: Path) -> _Scored:
    found = read_detections(detections)
    table = read_truth(truth)
    exams, unknown = join_truth(found, table)
    remarks = list(table.notes)
    if found.info.score_threshold > LOW_SCORE:
        remarks.append(
            f"The detections begin at score {found.info.score_threshold:g}; with lower boxes "
            "(pneumo-detect --threshold 0) average precision and recall would be higher or equal."
        )
    if unscored := table.exam_count - len(exams):
        remarks.append(f"Truth was given for {unscored} further exams without detections.")
    info = found.info
    facts = {
        "model": f"{info.model} {info.version} ({info.weights_fingerprint})",
        "data": f"{detections.name} against {truth.name} ({table.name})",
        "resampled": f"{len(exams)} images, since the detections name no patients",
    }
    left_out = [(name, "the truth says nothing of it") for name in unknown]
    return _Scored(exams, info.score_threshold, facts, left_out=left_out, remarks=remarks)


def _print_head(evaluation: Evaluation, scored: _Scored) -> None:
    for fact, value in scored.facts.items():
        RESULTS.print(f"{fact.capitalize()}: {value}")
    RESULTS.print(
        f"Evaluated: {evaluation.exam_count} exams, {evaluation.positive_count} with "
        f"{evaluation.truth_count} true boxes; "
        f"{evaluation.detection_count} detections"
    )


def _print_foot(evaluation: Evaluation, scored: _Scored, command: str) -> None:
    intervals = f", with 95 % intervals from {evaluation.resamples} draws (seed {evaluation.seed})"
    RESULTS.print(
        f"In percent{intervals if evaluation.resamples else ''}. The challenge metric counts boxes "
        f"from score {evaluation.threshold:g}."
    )
    for remark in scored.remarks:
        RESULTS.print(remark)
    for name, reason in scored.left_out:
        RESULTS.print(f"Left out: {name}: {reason}")
    RESULTS.print(f"Command: {command}")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        try:
            replace_file(folder / name, text.encode())
        except OSError as error:
            refuse(f"{folder}: {name} cannot be written ({error.strerror}). Name another folder.")


if __name__ == "__main__":
    main()
