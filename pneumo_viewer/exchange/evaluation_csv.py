"""An evaluation as three CSV tables: measures, curves, exams."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from pneumo_viewer.exchange.evaluation_content import ReportContent
from training.evaluation.errors import NO_TRUTH, hit_truth
from training.evaluation.measures import Estimate

USE = "research use only"


def measures_csv(content: ReportContent) -> bytes:
    """Each measure of each group with its 95 % interval; shares, not percent."""
    evaluation = content.measured.evaluation
    groups: list[tuple[str, int, Mapping[str, Estimate]]] = [
        ("exams with pneumonia", evaluation.positive_count, evaluation.positives),
        ("all exams", evaluation.exam_count, evaluation.all_exams),
    ]
    groups += [
        (f"{g.trait} {g.value}", g.evaluation.exam_count, g.evaluation.all_exams)
        for g in content.subgroups
    ]
    rows = (
        (group, count, name, _number(estimate.value), *_interval(estimate))
        for group, count, estimates in groups
        for name, estimate in estimates.items()
    )
    return _table(("group", "exams", "measure", "value", "low", "high"), rows)


def curves_csv(content: ReportContent) -> bytes:
    """Each point of both curves with its threshold."""
    return _table(("curve", "threshold", "x", "y", "x_is", "y_is"), _points(content))


def exams_csv(content: ReportContent) -> bytes:
    """What the boxes from the threshold on do in each exam, at IoU 0.5."""

    def rows() -> Iterator[tuple[object, ...]]:
        for exam in content.exams:
            is_shown = exam.scores >= content.threshold
            hits = hit_truth(exam.boxes, exam.scores, exam.truth)
            found = int(np.sum(is_shown & (hits != NO_TRUTH)))
            shown = int(np.sum(is_shown))
            yield (
                exam.image_id,
                *(exam.traits.get(trait, "") for trait in ("view", "sex", "age")),
                _number(exam.exam_score),
                _number(float(exam.scores.max()) if len(exam.scores) else None),
                len(exam.truth),
                found,
                shown - found,
                len(exam.truth) - found,
            )

    heading = ("image", "view", "sex", "age", "exam_score", "best_score", "true_boxes")
    return _table((*heading, "tp", "fp", "fn"), rows())


def _points(content: ReportContent) -> Iterator[tuple[object, ...]]:
    curve, froc = content.measured.precision_recall, content.measured.froc
    for point in zip(curve.thresholds, curve.recall, curve.precision, strict=True):
        yield ("precision_recall", *map(_number, point), "recall", "precision")
    if froc is not None:
        for point in zip(froc.thresholds, froc.false_positives, froc.sensitivity, strict=True):
            yield ("froc", *map(_number, point), "false_positives_per_image", "sensitivity")


def _table(heading: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*heading, "use"))
    writer.writerows((*row, USE) for row in rows)
    return text.getvalue().encode()


def _interval(estimate: Estimate) -> tuple[str, str]:
    low, high = estimate.interval or (None, None)
    return _number(low), _number(high)


def _number(value: float | None) -> str:
    """With six digits; empty where it is not defined."""
    return "" if value is None or np.isnan(value) else f"{value:.6g}"
