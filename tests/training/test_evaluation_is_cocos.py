"""Matching, average precision and recall equal pycocotools, ties and empty cases included."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from training.evaluation.average_precision import average_precision, found_boxes
from training.evaluation.exam import Exam
from training.evaluation.matching import Criterion, match_exams
from training.evaluation.ratio import ratio
from training.evaluation.report import evaluate
from training.evaluation.running_totals import HitCurves

IOUS = np.linspace(0.5, 0.95, 10)
AREAS = [(0.0, 1e10), (0.0, 32.0**2), (32.0**2, 96.0**2), (96.0**2, 1e10)]
CRITERIA = [Criterion(float(iou), *area) for area in AREAS for iou in IOUS]


def coco_curves(exams: Sequence[Exam]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average precision (best 100) and recall (best 10), ``[areas, IoUs]`` each, by pycocotools."""

    def annotations(lists: Sequence[NDArray[np.floating]], scores: bool) -> list[dict[str, object]]:
        result: list[dict[str, object]] = []
        for image, (exam, boxes) in enumerate(zip(exams, lists, strict=True), start=1):
            scale = 512 / max(exam.width, exam.height)
            for place, (x0, y0, x1, y1) in enumerate(boxes.astype(float).tolist()):
                entry = {"id": len(result) + 1, "image_id": image, "category_id": 1, "iscrowd": 0}
                entry["bbox"] = [x0, y0, x1 - x0, y1 - y0]
                entry["area"] = (x1 - x0) * (y1 - y0) * scale**2
                if scores:
                    entry["score"] = float(exam.scores[place])
                result.append(entry)
        return result

    def dataset(entries: list[dict[str, object]]) -> COCO:
        coco = COCO()
        coco.dataset = {
            "images": [{"id": image} for image in range(1, len(exams) + 1)],
            "categories": [{"id": 1}],
            "annotations": entries,
        }
        coco.createIndex()
        return coco

    with contextlib.redirect_stdout(io.StringIO()):
        run = COCOeval(
            dataset(annotations([exam.truth for exam in exams], scores=False)),
            dataset(annotations([exam.boxes for exam in exams], scores=True)),
            "bbox",
        )
        run.params.iouThrs = IOUS
        run.params.areaRng = [list(area) for area in AREAS]
        run.params.areaRngLbl = ["all", "small", "medium", "large"]
        run.params.maxDets = [10, 100]
        run.evaluate()
        run.accumulate()
    precision = run.eval["precision"][:, :, 0, :, 1].mean(axis=1).T
    return precision, run.eval["recall"][:, 0, :, 0].T


def our_curves(exams: Sequence[Exam]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same by ours, −1 for missing as in pycocotools."""
    matches = match_exams(exams, CRITERIA)
    once = np.ones((1, len(exams)))
    shape = (len(AREAS), len(IOUS))
    curves = dict(HitCurves(matches)(once))
    precisions = [average_precision(curves[place])[0] for place in range(len(CRITERIA))]
    found = [found_boxes(matches, place, 10).sum() for place in range(len(CRITERIA))]
    recalls = ratio(np.array(found), matches.truth_count.sum(axis=1))
    return (
        np.nan_to_num(np.reshape(precisions, shape), nan=-1.0),
        np.nan_to_num(np.reshape(recalls, shape), nan=-1.0),
    )


def assert_equal_to_coco(exams: Sequence[Exam]) -> None:
    for ours, theirs in zip(our_curves(exams), coco_curves(exams), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-12)


def exam(
    name: object,
    truth: Sequence[Sequence[float]],
    boxes: Sequence[Sequence[float]],
    scores: Sequence[float],
    side: int = 512,
) -> Exam:
    return Exam(
        image_id=str(name),
        patient=str(name),
        width=side,
        height=side,
        truth=np.array(truth, dtype=np.float32).reshape(-1, 4),
        boxes=np.array(boxes, dtype=np.float32).reshape(-1, 4),
        scores=np.array(scores, dtype=np.float32),
    )


def random_exams(count: int, detections: int, seed: int) -> list[Exam]:
    """Exams as a detector leaves them: shaken copies of the truth, duplicates, and strays."""
    generator = np.random.default_rng(seed)
    exams = []
    for name in range(count):
        truths = int(generator.integers(0, 5))
        corners = generator.uniform(0, 900, (truths, 2))
        truth = np.hstack([corners, corners + generator.uniform(20, 400, (truths, 2))])
        amount = int(generator.integers(0, detections + 1))
        corners = generator.uniform(0, 900, (amount, 2))
        boxes = np.hstack([corners, corners + generator.uniform(20, 400, (amount, 2))])
        if truths:
            near = generator.random(amount) < 0.6
            copied = truth[generator.integers(0, truths, amount)]
            boxes[near] = (copied + generator.normal(0, 12, copied.shape))[near]
            boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        # Two digits, so that many scores are tied within and between exams.
        scores = np.round(generator.random(amount), 2)
        exams.append(exam(name, truth.tolist(), boxes.tolist(), scores.tolist(), side=1024))
    return exams


box = st.tuples(
    st.integers(0, 60), st.integers(0, 60), st.integers(1, 120), st.integers(1, 120)
).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
scored = st.tuples(box, st.sampled_from([0.2, 0.5, 0.5, 0.9]))


@st.composite
def few_exams(draw: st.DrawFn) -> list[Exam]:
    """Small whole-numbered boxes (ties in IoU) with few different scores (ties in score)."""
    exams = []
    for name in range(draw(st.integers(1, 4))):
        truth = draw(st.lists(box, max_size=4))
        found = draw(st.lists(scored, max_size=6))
        repeated = draw(st.lists(st.sampled_from(truth), max_size=3)) if truth else []
        found += [(same, 0.5) for same in repeated]
        exams.append(exam(name, truth, [b for b, _ in found], [s for _, s in found]))
    return exams


@settings(max_examples=150, deadline=None)
@given(few_exams())
def test_small_exams_with_ties(exams: list[Exam]) -> None:
    assert_equal_to_coco(exams)


@pytest.mark.parametrize("seed", range(3))
def test_many_exams(seed: int) -> None:
    assert_equal_to_coco(random_exams(200, 14, seed))


def test_only_the_best_hundred_detections_count() -> None:
    exams = random_exams(12, 250, seed=7)
    assert max(len(one.boxes) for one in exams) > 200
    assert_equal_to_coco(exams)


def test_no_truth_no_detections_and_neither() -> None:
    one = (10, 10, 90, 90)
    for truth, boxes in (([one], []), ([], [one]), ([], [])):
        assert_equal_to_coco([exam("only", truth, boxes, [0.5] * len(boxes))])


def test_areas_on_the_limits_belong_to_both_ranges() -> None:
    # 32 × 32 ends "small" and begins "medium"; 96 × 96 ends "medium" and begins "large".
    assert_equal_to_coco(
        [
            exam("a", [(0, 0, 32, 32)], [(0, 0, 32, 32), (100, 0, 132, 32)], [0.5, 0.6]),
            exam("b", [(0, 0, 96, 96)], [(0, 0, 96, 96), (100, 0, 196, 96)], [0.4, 0.3]),
        ]
    )


def test_the_report_quotes_the_same_figures() -> None:
    exams = random_exams(150, 12, seed=11)
    precision, recalls = coco_curves(exams)
    figures = evaluate(exams).all_exams
    everything, _, medium, large = range(4)
    iou_50, iou_75 = 0, 5
    expected = {
        "AP50": precision[everything, iou_50],
        "AP75": precision[everything, iou_75],
        "AP50:95": precision[everything].mean(),
        "AP_M": precision[medium, iou_50],
        "AP_L": precision[large, iou_50],
        "AR10": recalls[everything, iou_50],
        "AR_M": recalls[medium, iou_50],
        "AR_L": recalls[large, iou_50],
    }
    for name, value in expected.items():
        assert figures[name].value == pytest.approx(value, abs=1e-12), name
        assert 0.01 < value < 0.99, "a trivial figure shows nothing"


def test_positives_only_is_pycocotools_on_the_positive_exams() -> None:
    exams = random_exams(120, 12, seed=5)
    positives = [one for one in exams if one.is_positive]
    assert len(positives) < len(exams)
    evaluation = evaluate(exams)
    precision, _ = coco_curves(positives)
    assert evaluation.positives["AP50"].value == pytest.approx(precision[0, 0], abs=1e-12)
    assert evaluation.positives["AP50"] != evaluation.all_exams["AP50"]
