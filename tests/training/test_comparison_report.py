"""The tables of a comparison: hand-worked figures, the same in every format, and a picture."""

from __future__ import annotations

import csv
import io
import re

import cv2
import numpy as np
import pytest

from training.comparison_figure import draw_comparison
from training.comparison_formats import as_csv, as_markdown, as_text
from training.comparison_report import Figure, Outcome, Report, make_report
from training.evaluation.exam import Exam
from training.fold_detections import Costs

LEFT = (20.0, 40.0, 220.0, 340.0)
RIGHT = (290.0, 40.0, 490.0, 340.0)
COSTS = Costs(
    device="CPU, 1 thread",
    parameters=3_640_000,
    training_seconds=12.4,
    milliseconds_per_image=5.55,
    peak_bytes=1_072_000_000,
)


def exam(
    number: int, truth: list[tuple[float, ...]], found: list[tuple[tuple[float, ...], float]]
) -> Exam:
    return Exam(
        image_id=str(number),
        patient=str(number),
        width=512,
        height=512,
        truth=np.array(truth, np.float32).reshape(-1, 4),
        boxes=np.array([box for box, _ in found], np.float32).reshape(-1, 4),
        scores=np.array([score for _, score in found], np.float32),
        exam_score=max((score for _, score in found), default=0.0),
    )


def outcome(name: str, exams: list[Exam], threshold: float = 0.5) -> Outcome:
    return Outcome(name, "strong", exams, [threshold] * len(exams), [COSTS, COSTS])


PERFECT = [exam(n, [LEFT], [(LEFT, 0.9)]) for n in range(3)] + [exam(3, [], [])]
HALF = [exam(0, [LEFT], [(LEFT, 0.9), (RIGHT, 0.4)])] + [
    exam(n, [LEFT], [(RIGHT, 0.8)]) for n in (1, 2)
]
HALF = [*HALF, exam(3, [], [(RIGHT, 0.3)])]


@pytest.fixture(scope="module")
def report() -> Report:
    outcomes = [
        outcome("ours", HALF),
        outcome("compact", PERFECT),
        outcome("nynet_approximation", HALF),
        outcome("ours_da_fl", PERFECT),
    ]
    facts = {"Command": "pneumo-compare --data rsna"}
    return make_report("Four systems", facts, outcomes, reference="compact", resamples=50)


def cells(report: Report, table: str, name: str, source: str) -> dict[str, Figure | str]:
    (found,) = (part for part in report.tables if part.title.startswith(table))
    (row,) = (row for row in found.rows if (row.name, row.source) == (name, source))
    return dict(zip(found.columns, row.cells, strict=True))


def test_the_figures_are_those_worked_by_hand(report: Report) -> None:
    # Hits and misses on positives, best first: hit 0.9, misses 0.8, 0.8, 0.4. Precision is 1 up to
    # a recall of 1/3 and 0 above: 34 of COCO's 101 recalls. No box is of medium size. At threshold
    # 0.5 the challenge metric is 1, 0 and 0, and the exam without truth or boxes is left out.
    row = cells(report, "Table 3", "ours", "measured")
    values = {column: cell.texts()[0] for column, cell in row.items() if isinstance(cell, Figure)}
    assert values == {
        "AP": "33.7",
        "AP_M": "",
        "AP_L": "33.7",
        "AR10": "33.3",
        "AR_M": "",
        "AR_L": "33.3",
        "AP, all exams": "33.7",
        "AUROC": "100.0",
        "Challenge": "33.3",
    }
    difference = cells(report, "Paired", "ours", "difference")
    assert str(difference["AP"]).startswith("−66.3 (")
    assert str(difference["Challenge"]).startswith("−66.7 (")
    assert str(difference["AUROC"]).startswith("+0.0 (")
    assert str(difference["AP_M"]) == "–"


def test_a_system_equal_to_the_reference_differs_by_nothing_in_every_draw(report: Report) -> None:
    row = cells(report, "Paired", "ours + DA + FL", "difference")
    assert {str(cell) for cell in row.values()} == {"+0.0 (+0.0 to +0.0)", "–"}


def test_the_challenge_metric_counts_boxes_from_the_threshold_of_each_exam() -> None:
    # At 0.2 the box of 0.4 is a miss beside a hit, 1/2, and the negative exam has a box: 0.
    low = make_report("", {}, [outcome("ours", HALF, 0.2)], reference="ours", resamples=0)
    assert cells(low, "Table 3", "ours", "measured")["Challenge"] == Figure(pytest.approx(12.5))
    mixed = Outcome("ours", "none", HALF, [0.2, 0.5, 0.5, 0.5], [COSTS])
    report = make_report("", {}, [mixed], reference="ours", resamples=0)
    assert cells(report, "Table 3", "ours", "measured")["Challenge"] == Figure(
        pytest.approx(100 * 0.5 / 3)
    )


def test_table_2_has_the_papers_rows_and_table_3_every_system(report: Report) -> None:
    rows = {
        table.title.split(":")[0]: [(row.name, row.source) for row in table.rows]
        for table in report.tables
    }
    assert rows["Table 2"] == [
        ("ours", "measured"),
        ("ours", "published"),
        ("ours + DA + FL", "measured"),
        ("ours + DA + FL", "published"),
    ]
    assert rows["Table 3"] == [
        ("NYNet (approximation)", "measured"),
        ("NYNet", "published"),
        *rows["Table 2"],
        ("compact", "measured"),
    ]
    published = cells(report, "Table 3", "NYNet", "published")
    assert [str(cell) for cell in published.values()] == [
        *("49.1", "22.7", "57.6", "94.2", "88.7", "96.1"),
        *("", "", ""),
    ]


def test_what_is_measured_of_nynet_is_called_an_approximation_everywhere(report: Report) -> None:
    for written in (as_text(report), as_markdown(report), as_csv(report)):
        for line in written.splitlines():
            if "NYNet" in line and "published" not in line:
                assert "approximation" in line
    assert all(
        "approximation" in row.system for row in report.average_precisions if "NYNet" in row.system
    )


def test_text_markdown_and_csv_say_the_same_numbers(report: Report) -> None:
    def numbers(text: str) -> list[str]:
        return re.findall(r"[+-]?\d+(?:\.\d+)?", text.replace("−", "-"))

    markdown = {
        tuple(cells[:2]): [numbers(cell) for cell in cells[2:]]
        for line in as_markdown(report).partition("## Table 3")[2].splitlines()
        if (cells := [cell.strip() for cell in line.strip("|").split(" | ")])[0] and len(cells) > 2
    }
    written: dict[tuple[str, str], list[list[str]]] = {}
    for row in csv.DictReader(io.StringIO(as_csv(report))):
        if row["table"] != "facts" and not row["table"].startswith("Table 2"):
            values = [number for end in ("value", "low", "high") for number in numbers(row[end])]
            written.setdefault((row["row"], row["source"]), []).append(values)
    for row, values in written.items():
        assert markdown[row] == values
    assert ("compact", "measured") in written
    # Text puts intervals on lines of their own: the same numbers in another order.
    in_text = as_text(report).partition("Table 3: ")[2]
    in_markdown = as_markdown(report).partition("## Table 3: ")[2]
    assert sorted(numbers(in_text)) == sorted(numbers(in_markdown))


def test_the_costs_are_those_of_a_network(report: Report) -> None:
    row = cells(report, "Costs", "compact", "a network")
    assert [str(cell) for cell in row.values()] == [
        *("strong", "3.6", "12", "5.5", "1072", "CPU, 1 thread"),
    ]


def test_the_picture_shows_every_system_and_clips_nothing(report: Report) -> None:
    content = draw_comparison(report, "png")
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (border == 255).all()
    assert draw_comparison(report, "svg").startswith(b"<?xml")


def test_a_picture_of_systems_without_a_figure_is_drawn() -> None:
    negatives = [exam(n, [], []) for n in range(2)]
    report = make_report("", {}, [outcome("csp", negatives)], reference="csp", resamples=10)
    assert cells(report, "Table 3", "CSP", "measured")["AP"] == Figure(None)
    assert draw_comparison(report, "png")
