"""The paper's Tables 2 and 3 for systems that were compared, beside what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final, Literal, NamedTuple

from training.evaluation.exam import Exam
from training.evaluation.measures import MISSING, Estimate, Evaluation
from training.evaluation.paired import Difference, paired_difference
from training.evaluation.report import evaluate
from training.fold_detections import Costs
from training.published import PUBLISHED, SOURCE, PublishedRow

TITLES: Final[Mapping[str, str]] = {
    "ssd": "SSD",
    "fast_rcnn": "Fast R-CNN",
    "faster_rcnn": "Faster R-CNN",
    "retinanet": "RetinaNet",
    "fcos": "FCOS",
    "nynet_approximation": "NYNet (approximation)",
    "yolo": "YOLO",
    "guided_anchoring": "Guided Anchoring",
    "csp": "CSP",
    "foveabox": "FoveaBox",
    "rt_detr": "RT-DETR",
    "ours": "ours",
    "ours_da": "ours + DA",
    "ours_da_fl": "ours + DA + FL",
    "compact": "compact",
    "best": "best",
}
"""What the presets are called in tables, in the order of the paper's Table 3, then the others."""

OURS: Final = ("ours", "ours_da", "ours_da_fl")
"""The rows of the paper's Table 2."""
CHALLENGE: Final = "Challenge"
"""The measure that takes boxes from a threshold on."""


class Column(NamedTuple):
    """A measure of the tables.

    Attributes
    ----------
    title
        Above it.
    part, measure
        Where an ``Evaluation`` holds it.
    published
        The field of a ``PublishedRow`` that it is compared with, or "".
    """

    title: str
    part: Literal["positives", "all_exams"]
    measure: str
    published: str = ""


COLUMNS: Final = (
    Column("AP", "positives", "AP50", "ap"),
    Column("AP_M", "positives", "AP_M", "ap_medium"),
    Column("AP_L", "positives", "AP_L", "ap_large"),
    Column("AR10", "positives", "AR10", "ar10"),
    Column("AR_M", "positives", "AR_M", "ar_medium"),
    Column("AR_L", "positives", "AR_L", "ar_large"),
    Column("AP, all exams", "all_exams", "AP50"),
    Column("AUROC", "all_exams", "AUROC"),
    Column("Challenge", "all_exams", CHALLENGE),
)


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """What one system found in all held-out folds.

    Attributes
    ----------
    name, augmentation
        Of its preset.
    exams
        Each with what the network found that was trained without its fold.
    thresholds
        Of that network, chosen on its training images; one an exam.
    costs
        Of each fold's network.
    """

    name: str
    augmentation: str
    exams: Sequence[Exam]
    thresholds: Sequence[float]
    costs: Sequence[Costs]

    @property
    def title(self) -> str:
        """What the system is called."""
        return title_of(self.name)

    @property
    def submission(self) -> list[Exam]:
        """The exams with only those boxes that reach the threshold, for the challenge metric."""
        chosen = []
        for exam, threshold in zip(self.exams, self.thresholds, strict=True):
            reaches = exam.scores >= threshold
            chosen.append(replace(exam, boxes=exam.boxes[reaches], scores=exam.scores[reaches]))
        return chosen


def title_of(system: str) -> str:
    """What a preset is called in tables; one of another project part by its own name."""
    return TITLES.get(system, system)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a table, with its 95 % interval where it has one."""

    value: float | None
    interval: tuple[float, float] | None = None
    decimals: int = 1
    is_signed: bool = False

    def texts(self) -> tuple[str, str, str]:
        """Value and ends of the interval as a program reads them, "" for what is not there."""
        low, high = self.interval or (None, None)
        return self._text(self.value), self._text(low), self._text(high)

    def __str__(self) -> str:
        value, low, high = (text.replace("-", "−") for text in self.texts())
        between = " to " if self.is_signed else "–"
        return f"{value or MISSING} ({low}{between}{high})" if low else value or MISSING

    def _text(self, number: float | None) -> str:
        if number is None:
            return ""
        return f"{number:{'+' if self.is_signed else ''}.{self.decimals}f}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: whose it is, where it comes from, and a cell for each column."""

    name: str
    source: str
    cells: Sequence[Figure | str]


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; its first two columns name the row and its source."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]


class AveragePrecision(NamedTuple):
    """One system's AP as measured, and as published where it was."""

    system: str
    measured: Figure
    published: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """A title, what is to be known of the figures, the tables, and the AP of every system."""

    title: str
    facts: Mapping[str, str]
    tables: Sequence[Table]
    average_precisions: Sequence[AveragePrecision]


def make_report(
    title: str,
    facts: Mapping[str, str],
    outcomes: Sequence[Outcome],
    *,
    reference: str,
    resamples: int,
    seed: int = 0,
) -> Report:
    """Evaluate the systems, all on the same exams, and lay the figures out.

    Parameters
    ----------
    title, facts
        What stands above the tables.
    outcomes
        One a system, with the same exams in the same order.
    reference
        Name of the system that the others are compared with.
    resamples, seed
        Of the draws of patients; every system and every difference sees the same draws.
    """
    by_name = {outcome.name: outcome for outcome in outcomes}
    ordered = sorted(outcomes, key=lambda outcome: _place(outcome.name))
    measured = {outcome.name: _measure(outcome, resamples, seed) for outcome in ordered}
    others = [outcome for outcome in ordered if outcome.name != reference]
    differences = [
        Row(other.title, "difference", _differences(other, by_name[reference], resamples, seed))
        for other in others
    ]
    columns = [column.title for column in COLUMNS]

    def table(title: str, names: Sequence[str]) -> Table:
        rows = []
        for name in names:
            rows.append(Row(title_of(name), "measured", measured[name]))
            if published := PUBLISHED.get(name):
                rows.append(Row(published.name, "published", _published(published)))
        return Table(title, columns, rows)

    names = [outcome.name for outcome in ordered]
    tables = [
        table("Table 2: the paper's detector", [name for name in names if name in OURS]),
        table("Table 3: all systems", names),
        Table(f"Paired differences from {title_of(reference)}", columns, differences),
        Table("Costs", _COST_COLUMNS, [_costs(outcome) for outcome in ordered]),
    ]
    return Report(
        title,
        {**facts, **_reading(names, title_of(reference), resamples, seed)},
        [table for table in tables if table.rows],
        [
            AveragePrecision(
                title_of(name),
                measured[name][0],
                PUBLISHED[name].ap if name in PUBLISHED else None,
            )
            for name in names
        ],
    )


def _place(name: str) -> int:
    return list(TITLES).index(name) if name in TITLES else len(TITLES)


def _reading(names: Sequence[str], reference: str, resamples: int, seed: int) -> dict[str, str]:
    """How the figures are to be read."""
    facts = {
        "Figures": "in percent, of the union of the held-out folds. AP and AR10 at IoU 0.5 on "
        "positive exams, M and L by COCO's areas at 512 px; AP, AUROC and the challenge metric on "
        "all exams. The challenge metric counts boxes from the score that was best on the training "
        "images of the fold's network.",
        "Intervals": f"95 %, from {resamples} draws of patients (seed {seed}); differences are "
        f"row minus {reference}, on the same draws.",
        "Published": f"{SOURCE}. Another body, resolution and selection of exams: beside, not "
        "comparable.",
    }
    if "nynet_approximation" in names:
        facts["NYNet"] = "an approximation, FCOS + DA: no more of it is public."
    return facts


def _measure(outcome: Outcome, resamples: int, seed: int) -> list[Figure]:
    ranked = evaluate(outcome.exams, resamples=resamples, seed=seed)
    submitted = evaluate(outcome.submission, resamples=resamples, seed=seed)
    return [
        _figure(_find(submitted if column.measure == CHALLENGE else ranked, column))
        for column in COLUMNS
    ]


def _find(evaluation: Evaluation, column: Column) -> Estimate:
    part: Mapping[str, Estimate] = getattr(evaluation, column.part)
    return part[column.measure]


def _figure(estimate: Estimate | Difference, *, is_signed: bool = False) -> Figure:
    """In percent."""
    if estimate.value is None:
        return Figure(None)
    low_high = estimate.interval
    return Figure(
        100 * estimate.value,
        None if low_high is None else (100 * low_high[0], 100 * low_high[1]),
        is_signed=is_signed,
    )


def _differences(outcome: Outcome, reference: Outcome, resamples: int, seed: int) -> list[Figure]:
    def compare(first: Sequence[Exam], second: Sequence[Exam]) -> Mapping[str, Difference]:
        return paired_difference(first, second, resamples=resamples, seed=seed)

    parts = {
        "positives": compare(_positives(outcome.exams), _positives(reference.exams)),
        "all_exams": compare(outcome.exams, reference.exams),
    }
    submitted = compare(outcome.submission, reference.submission)
    return [
        _figure(
            (submitted if column.measure == CHALLENGE else parts[column.part])[column.measure],
            is_signed=True,
        )
        for column in COLUMNS
    ]


def _positives(exams: Sequence[Exam]) -> list[Exam]:
    return [exam for exam in exams if exam.is_positive]


def _published(row: PublishedRow) -> list[Figure | str]:
    return [
        Figure(getattr(row, column.published)) if column.published else "" for column in COLUMNS
    ]


_COST_COLUMNS: Final = (
    "augmentation",
    "parameters (million)",
    "training (s)",
    "ms an image",
    "peak memory (MB)",
    "device",
)


def _costs(outcome: Outcome) -> Row:
    """Means of the folds' networks, and the largest peak."""
    costs = outcome.costs
    seconds = [cost.training_seconds for cost in costs if cost.training_seconds is not None]
    peaks = [cost.peak_bytes for cost in costs if cost.peak_bytes is not None]
    return Row(
        outcome.title,
        "a network",
        [
            outcome.augmentation,
            Figure(costs[0].parameters / 1e6),
            Figure(fmean(seconds) if seconds else None, decimals=0),
            Figure(fmean(cost.milliseconds_per_image for cost in costs)),
            Figure(max(peaks) / 1e6 if peaks else None, decimals=0),
            " / ".join(dict.fromkeys(cost.device for cost in costs)),
        ],
    )
