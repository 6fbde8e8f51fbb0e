"""TP, FP and FN on the image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from canvas_stage import black, finding, picture

from pneumo_viewer.canvas.judgements import Judgements
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.review.findings import Finding, Verdict

LEFT = (50.0, 50.0, 150.0, 150.0)
RIGHT = (250.0, 250.0, 350.0, 350.0)
NO_BOX = np.zeros((0, 4), np.float32)


def truth(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(boxes, np.float32).reshape(-1, 4)


def labels(viewport: Viewport) -> list[str]:
    return [mark.label for mark in viewport.marks()]


def show(viewport: Viewport, findings: list[Finding], boxes: np.ndarray) -> None:
    viewport.show_radiograph(black())
    viewport.set_scored(True)
    viewport.set_threshold(0.5)
    viewport.set_findings(findings)
    viewport.set_truth(boxes)


def test_detections_are_named_tp_and_fp_while_the_truth_is_shown(viewport: Viewport) -> None:
    show(viewport, [finding("a", LEFT, 0.9), finding("b", RIGHT, 0.6)], truth(LEFT))
    assert labels(viewport) == ["1  0.90  TP", "2  0.60  FP"]
    viewport.set_truth_visible(False)
    assert labels(viewport) == ["1  0.90", "2  0.60"]
    viewport.set_truth_visible(True)
    viewport.set_truth(None)
    assert labels(viewport) == ["1  0.90", "2  0.60"]


def test_on_a_healthy_image_every_detection_is_fp(viewport: Viewport) -> None:
    show(viewport, [finding("a", LEFT, 0.9)], NO_BOX)
    assert labels(viewport) == ["1  0.90  FP"]


def test_what_is_missed_follows_the_threshold() -> None:
    judged = Judgements([finding("a", LEFT, 0.75)], truth(LEFT, RIGHT))
    assert judged.missed(0.5) == [1]
    assert judged.missed(0.75) == [1]
    assert judged.missed(0.8) == [0, 1]


def test_a_corrected_detection_is_judged_by_what_the_detector_found() -> None:
    corrected = replace(finding("a", LEFT, 0.9, Verdict.CORRECTED), original=RIGHT)
    assert Judgements([corrected], truth(LEFT)).by_finding == {"a": "FP"}


def test_a_box_that_the_reader_drew_is_not_judged() -> None:
    own = Finding("own:1", LEFT, None, None, Verdict.ADDED)
    judged = Judgements([own], truth(LEFT))
    assert judged.by_finding == {}
    assert judged.missed(0.5) == [0]


def test_fn_stands_at_a_missed_box_only_where_a_detector_looked(viewport: Viewport) -> None:
    show(viewport, [], truth(RIGHT))
    with_label = picture(viewport)
    viewport.set_scored(False)
    without = picture(viewport)
    rows, columns = np.nonzero((with_label != without).any(axis=-1))
    # The label lies above its box, 5 px off, and nothing else changes.
    assert rows.min() > 200
    assert rows.max() < 250
    assert columns.min() >= 245
    assert columns.max() <= 355
