"""``pneumo-evaluate``: measure a detector, or its written detections, against truth.

torch is imported only where weights have to be run.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shlex
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from detector.dicom.reading import read_radiograph
from detector.errors import InputError
from detector.files import make_writable, replace_file
from detector.model_card import OperatingPoint
from resources import DEFAULT_WEIGHTS
from training.datasets.truth import read_truth
from training.evaluation.average_precision import precision_recall_curve
from training.evaluation.calibration import ReliabilityBin, reliability_table
from training.evaluation.detections_file import join_truth, read_detections
from training.evaluation.exam import Exam
from training.evaluation.froc import froc_curve
from training.evaluation.measures import (
    BOX_MEASURES,
    EXAM_MEASURES,
    FROC_RATES,
    Estimate,
    Evaluation,
)
from training.evaluation.report import evaluate
from training.evaluation.subgroups import SMALL_GROUP, Subgroup, evaluate_subgroups

SOME_LEFT_OUT = 1
UNUSABLE_ARGUMENTS = 2
REPORT = "evaluation.json"
FROC_CURVE = "froc.csv"
PRECISION_RECALL_CURVE = "precision_recall.csv"
RELIABILITY = "reliability.csv"
LOW_SCORE = 0.01
"""Detections cut off below this lose nothing that average precision would notice."""

_console = Console(soft_wrap=True, markup=False, highlight=False)
_notes = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
_application = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)


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
                scored = _run_weights(weights, folder, _parse_folds(folds))
            case None, Path() as found, Path() as table:
                scored = _take_detections(found, table)
            case _:
                _stop("Give either --data, or --detections together with --truth.")
    except InputError as error:
        _stop(str(error))
    if not scored.exams:
        for name, reason in scored.left_out:
            _notes.print(f"Left out: {name}: {reason}")
        _stop("No image has both detections and truth, so there is nothing to measure.")
    if threshold is None:
        threshold = scored.threshold
    evaluation = evaluate(
        scored.exams,
        threshold=threshold,
        operating_points=scored.operating_points,
        resamples=resamples,
        seed=seed,
    )
    groups = ()
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
    _print_measures(evaluation)
    _print_reliability(reliability)
    if subgroups:
        _print_subgroups(groups)
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
        _write(out, {REPORT: text, **_curves(scored.exams, reliability)})
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
        _stop(str(error))
    detector = Detector.load(weights)
    exams, left_out = [], []
    for image in track(images, "Detecting", console=_notes, disable=not _notes.is_terminal):
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
        "data": f"{folder.name}, " + (f"folds {_listed(folds)}" if folds else "all exams"),
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
        _console.print(f"{fact.capitalize()}: {value}")
    _console.print(
        f"Evaluated: {evaluation.exam_count} exams, {evaluation.positive_count} with "
        f"{evaluation.truth_count} true boxes; "
        f"{evaluation.detection_count} detections"
    )


def _print_measures(evaluation: Evaluation) -> None:
    everyone = evaluation.all_exams
    boxes = Table("boxes", "positives only", "all exams", "what it is")
    for name, description in BOX_MEASURES.items():
        boxes.add_row(name, str(evaluation.positives[name]), str(everyone[name]), description)
    _console.print(boxes)
    rates = [name.removeprefix("FROC_") for name in FROC_RATES]
    froc = Table("false positives per image", *rates)
    froc.add_row("sensitivity, all exams", *(str(everyone[name]) for name in FROC_RATES))
    _console.print(froc)
    exams = Table("exams", "all exams", "what it is")
    for name, description in EXAM_MEASURES.items():
        exams.add_row(name, str(everyone[name]), description)
    _console.print(exams)
    if not evaluation.operating_points:
        return
    points = Table(
        *("operating point", "score", "exam sensitivity", "exam specificity", "box sensitivity"),
        "false positives per image",
    )
    for point in evaluation.operating_points:
        shares = (point.sensitivity, point.specificity, point.box_sensitivity)
        false_positives = _as_number(point.false_positives)
        points.add_row(point.name, f"{point.threshold:.3f}", *map(str, shares), false_positives)
    _console.print(points)
    for point in evaluation.operating_points:
        _console.print(f"“{point.name}” was chosen on {point.measured_on}.")


def _print_reliability(reliability: Sequence[ReliabilityBin]) -> None:
    if not reliability:
        return
    table = Table("exam score", "exams", "mean score", "with pneumonia")
    for one in reliability:
        table.add_row(
            f"{one.lowest:.3f}–{one.highest:.3f}",
            str(one.exam_count),
            f"{100 * one.mean_score:.1f}",
            f"{100 * one.positive_share:.1f} ({one.positive_count})",
        )
    _console.print(table)


def _print_subgroups(subgroups: Sequence[Subgroup]) -> None:
    table = Table("trait", "group", "exams", "with pneumonia", "AP50", "FROC", "AUROC")
    points = subgroups[0].evaluation.operating_points[:1] if subgroups else ()
    for point in points:
        table.add_column(f"sensitivity at “{point.name}”")
        table.add_column("specificity")
    for group in subgroups:
        evaluation = group.evaluation
        figures = [evaluation.all_exams[name] for name in ("AP50", "FROC", "AUROC")]
        for point in evaluation.operating_points[:1]:
            figures += [point.sensitivity, point.specificity]
        table.add_row(
            group.trait,
            group.value,
            f"{evaluation.exam_count}{' *' if group.is_small else ''}",
            str(evaluation.positive_count),
            *map(str, figures),
        )
    _console.print(table)
    if any(group.is_small for group in subgroups):
        _console.print(f"* Fewer than {SMALL_GROUP} exams: too few to conclude anything.")
    if not subgroups:
        _console.print("There are no subgroups: nothing is known of view, sex, age or class.")


def _print_foot(evaluation: Evaluation, scored: _Scored, command: str) -> None:
    intervals = f", with 95 % intervals from {evaluation.resamples} draws (seed {evaluation.seed})"
    _console.print(
        f"In percent{intervals if evaluation.resamples else ''}. The challenge metric counts boxes "
        f"from score {evaluation.threshold:g}."
    )
    for remark in scored.remarks:
        _console.print(remark)
    for name, reason in scored.left_out:
        _console.print(f"Left out: {name}: {reason}")
    _console.print(f"Command: {command}")


def _as_number(estimate: Estimate) -> str:
    if estimate.value is None or estimate.interval is None:
        return "–" if estimate.value is None else f"{estimate.value:.2f}"
    low, high = estimate.interval
    return f"{estimate.value:.2f} ({low:.2f}–{high:.2f})"


def _parse_folds(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(fold) for fold in text.split(",") if text)
    except ValueError:
        _stop(f"--folds takes numbers with commas between them, not “{text}”.")


def _listed(folds: Collection[int]) -> str:
    return ", ".join(map(str, sorted(folds)))


def _curves(exams: Sequence[Exam], reliability: Sequence[ReliabilityBin]) -> dict[str, str]:
    """The curves of all exams, as the text of their files."""
    froc, precision_recall = froc_curve(exams), precision_recall_curve(exams)
    return {
        FROC_CURVE: _as_csv(
            ("threshold", "false_positives_per_image", "sensitivity"),
            zip(froc.thresholds, froc.false_positives, froc.sensitivity, strict=True),
        ),
        PRECISION_RECALL_CURVE: _as_csv(
            ("threshold", "recall", "precision"),
            zip(
                *(precision_recall.thresholds, precision_recall.recall, precision_recall.precision),
                strict=True,
            ),
        ),
        RELIABILITY: _as_csv(
            [field.name for field in dataclasses.fields(ReliabilityBin)],
            map(dataclasses.astuple, reliability),
        ),
    }


def _as_csv(header: Sequence[str], rows: Iterable[Sequence[float]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([f"{value:.8g}" for value in row] for row in rows)
    return text.getvalue()


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        try:
            replace_file(folder / name, text.encode())
        except OSError as error:
            _stop(f"{folder}: {name} cannot be written ({error.strerror}). Name another folder.")


def _stop(sentence: str) -> NoReturn:
    _notes.print(sentence)
    raise typer.Exit(UNUSABLE_ARGUMENTS)


if __name__ == "__main__":
    main()
