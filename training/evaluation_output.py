"""An evaluation as tables for a terminal and curves for other programs."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.table import Table

from training.evaluation.average_precision import precision_recall_curve
from training.evaluation.calibration import ReliabilityBin
from training.evaluation.exam import Exam
from training.evaluation.froc import froc_curve
from training.evaluation.measures import (
    BOX_MEASURES,
    EXAM_MEASURES,
    FROC_RATES,
    MISSING,
    AtOperatingPoint,
    Estimate,
    Evaluation,
)
from training.evaluation.subgroups import SMALL_GROUP, Subgroup

FROC_CURVE = "froc.csv"
PRECISION_RECALL_CURVE = "precision_recall.csv"
RELIABILITY = "reliability.csv"


def tables(
    evaluation: Evaluation,
    reliability: Sequence[ReliabilityBin] = (),
    subgroups: Sequence[Subgroup] = (),
) -> list[RenderableType]:
    """Give tables and the lines that explain them; what was not measured has no table."""
    shown: list[RenderableType] = [
        _boxes(evaluation),
        _froc(evaluation),
        _exams(evaluation),
    ]
    if evaluation.operating_points:
        shown.append(_operating_points(evaluation.operating_points))
        shown += [
            f"“{point.name}” was chosen on {point.measured_on}."
            for point in evaluation.operating_points
        ]
    if reliability:
        shown.append(_reliability(reliability))
    if subgroups:
        shown += _subgroups(subgroups)
    return shown


def _boxes(evaluation: Evaluation) -> Table:
    table = _table("boxes", "positives only", "all exams", "what it is")
    for name, description in BOX_MEASURES.items():
        positives, everyone = evaluation.positives[name], evaluation.all_exams[name]
        table.add_row(name, str(positives), str(everyone), description)
    return table


def _froc(evaluation: Evaluation) -> Table:
    table = _table("false positives per image", "sensitivity, all exams")
    for name in FROC_RATES:
        table.add_row(name.removeprefix("FROC_"), str(evaluation.all_exams[name]))
    return table


def _exams(evaluation: Evaluation) -> Table:
    table = _table("exams", "all exams", "what it is")
    for name, description in EXAM_MEASURES.items():
        table.add_row(name, str(evaluation.all_exams[name]), description)
    return table


def _operating_points(points: Sequence[AtOperatingPoint]) -> Table:
    figures = ("exam sensitivity", "exam specificity", "box sensitivity", "false pos. per image")
    table = _table("operating point", "score", figures=figures)
    for point in points:
        shares = (point.sensitivity, point.specificity, point.box_sensitivity)
        false_positives = _as_number(point.false_positives)
        table.add_row(point.name, f"{point.threshold:.3f}", *map(str, shares), false_positives)
    return table


def _reliability(reliability: Sequence[ReliabilityBin]) -> Table:
    table = _table("exam score", "exams", "mean score", "with pneumonia")
    for one in reliability:
        table.add_row(
            f"{one.lowest:.3f}–{one.highest:.3f}",
            str(one.exam_count),
            f"{100 * one.mean_score:.1f}",
            f"{100 * one.positive_share:.1f} ({one.positive_count})",
        )
    return table


def _subgroups(subgroups: Sequence[Subgroup]) -> list[RenderableType]:
    points = subgroups[0].evaluation.operating_points[:1]
    at_point = ("sensitivity", "specificity") if points else ()
    table = _table("group", "exams", figures=("AP50", "AUROC", *at_point))
    for group in subgroups:
        evaluation = group.evaluation
        figures = [evaluation.all_exams["AP50"], evaluation.all_exams["AUROC"]]
        for point in evaluation.operating_points[:1]:
            figures += [point.sensitivity, point.specificity]
        count = f"{evaluation.exam_count} ({evaluation.positive_count})"
        table.add_row(
            f"{group.trait}: {group.value}",
            f"{count} *" if group.is_small else count,
            *map(str, figures),
        )
    notes = [f"Sensitivity and specificity of exams at “{point.name}”." for point in points]
    notes.append("In brackets after the number of exams: those with pneumonia.")
    if any(group.is_small for group in subgroups):
        notes.append(f"* Fewer than {SMALL_GROUP} exams: too few to conclude anything.")
    return [table, *notes]


def _table(*headings: str, figures: Sequence[str] = ()) -> Table:
    """A table whose columns of figures are never too narrow for an interval."""
    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for heading in figures:
        table.add_column(heading, min_width=len("(12.3–100.0)"), overflow="fold")
    return table


def _as_number(estimate: Estimate) -> str:
    if estimate.value is None:
        return MISSING
    text = f"{estimate.value:.2f}"
    if estimate.interval is None:
        return text
    low, high = estimate.interval
    return f"{text} ({low:.2f}–{high:.2f})"


def curve_files(exams: Sequence[Exam], reliability: Sequence[ReliabilityBin]) -> dict[str, str]:
    """FROC and precision-recall curve at IoU 0.5 and the reliability table, as named CSV files."""
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
    writer.writerows([f"{value:.9g}" for value in row] for row in rows)
    return text.getvalue()
