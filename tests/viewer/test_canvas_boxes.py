"""How findings and ground truth are drawn and found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from canvas_stage import (
    LEFT,
    black,
    drag,
    finding,
    in_image,
    is_coloured,
    picture,
    radiograph,
    reds,
)
from PySide6.QtCore import QPointF

from detector.radiograph import GreyScale
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.marks import shown_marks
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.review.findings import Verdict


@pytest.mark.parametrize("zoom", [0.3, 1.0, 2.7])
@pytest.mark.parametrize(
    ("verdict", "is_selected", "width"),
    [
        (Verdict.UNDECIDED, False, 2),
        (Verdict.ACCEPTED, False, 2),
        (Verdict.UNDECIDED, True, 3),
        (Verdict.REJECTED, False, 1),
    ],
)
def test_lines_have_the_same_width_at_any_zoom(
    viewport: Viewport, zoom: float, verdict: Verdict, is_selected: bool, width: int
) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding(verdict=verdict, box=(200, 100, 380, 300))])
    viewport.set_selected("a" if is_selected else None)
    viewport.zoom_at(QPointF(200, 200), zoom)
    # The left edge lies at the middle of the view, below its handle; dashes are counted where
    # they are drawn.
    strip = reds(viewport)[205:220, 190:210].sum(axis=1)
    assert set(strip[strip > 0].tolist()) == {width}
    if verdict is not Verdict.REJECTED:
        assert (strip > 0).all()


def test_a_rejected_box_is_dashed_and_struck(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding(verdict=Verdict.REJECTED)])
    image = reds(viewport)
    edge = image[105:295, 100] | image[105:295, 99]
    assert 0.4 < edge.mean() < 0.8
    assert image[190:210, 190:210].any()  # the line across the middle


def test_boxes_lie_where_their_pixels_are(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding(box=(100, 120, 300, 320))])
    image = reds(viewport)
    rows, columns = np.flatnonzero(image.sum(axis=1) > 150), np.flatnonzero(image.sum(axis=0) > 150)
    # A line of 2 px lies half on either side of the edge.
    assert rows.tolist() == [119, 120, 319, 320]
    assert columns.tolist() == [99, 100, 299, 300]


def test_findings_below_the_threshold_are_hidden_and_dimmed_while_it_moves(
    viewport: Viewport,
) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding(score=0.3)])
    viewport.set_threshold(0.3)
    assert reds(viewport).any()
    viewport.set_threshold(0.31)
    assert picture(viewport)[90:310, 90:310].max() == 0
    viewport.set_threshold_moving(True)
    dimmed = picture(viewport)[200, 99:101]
    assert 50 < dimmed[..., 0].max() < 120
    viewport.set_threshold_moving(False)
    assert picture(viewport)[90:310, 90:310].max() == 0


def test_numbers_count_all_findings_so_that_the_threshold_renames_none() -> None:
    findings = [finding("a", score=0.9), finding("b", score=0.6), finding("c", score=0.4)]
    for threshold, is_moving, labels in (
        (0.0, False, ["1  0.90", "2  0.60", "3  0.40"]),
        (0.6, False, ["1  0.90", "2  0.60"]),
        (0.7, True, ["1  0.90", "2  0.60", "3  0.40"]),
    ):
        marks = shown_marks(findings, threshold, is_moving, selected="b")
        assert [mark.label for mark in marks] == labels
        assert [mark.is_dimmed for mark in marks] == [m.finding.score < threshold for m in marks]


def test_truth_is_white_dots_under_the_findings(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_truth(np.array([[150, 150, 250, 250]], np.float32))
    edge = is_coloured(picture(viewport), "#ffffff")[150:250, 149]
    assert 0.2 < edge.mean() < 0.5
    viewport.set_truth_visible(False)
    assert picture(viewport)[140:260, 140:260].max() == 0


def test_truth_is_visible_on_white_bone(viewport: Viewport) -> None:
    viewport.show_radiograph(radiograph(np.full((400, 400), 255, np.uint8), GreyScale(8)))
    viewport.set_truth(np.array([[150, 150, 250, 250]], np.float32))
    edge = picture(viewport)[160:240, 148:152].min(axis=(1, 2))
    assert edge.max() < 160


def test_all_boxes_vanish_at_once(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    viewport.set_truth(np.array([[150, 150, 250, 250]], np.float32))
    viewport.set_boxes_visible(False)
    assert picture(viewport)[60:340, 60:340].max() == 0
    viewport.set_boxes_visible(True)
    assert reds(viewport).any()


def test_an_accepted_finding_has_a_green_tick(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    assert not is_coloured(picture(viewport), colours.TICK).any()
    viewport.set_findings([finding(verdict=Verdict.ACCEPTED)])
    assert is_coloured(picture(viewport), colours.TICK).any()


def test_a_box_that_the_reader_moved_is_amber_and_has_a_pencil(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    moved = replace(finding(verdict=Verdict.CORRECTED), original=(90, 90, 290, 290))
    viewport.set_findings([moved])
    assert not reds(viewport).any()
    seen = picture(viewport)
    amber = is_coloured(seen, colours.READER)
    assert amber[110:290, 99:101].any()
    # Its label of one line lies 5 px above the box, and its sign at the right end of that.
    sign = seen[70:96, 130:200]
    assert (sign.astype(int) @ [1, 1, -2] > 150).any(), "amber, at least half covered"


def test_a_rejected_finding_has_a_grey_cross(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    label = slice(70, 96), slice(130, 200)
    before = picture(viewport)[label]
    viewport.set_findings([finding(verdict=Verdict.REJECTED)])
    sign = picture(viewport)[label]
    assert is_coloured(sign, colours.SECONDARY).any()
    assert not is_coloured(before, colours.SECONDARY).any()


def test_the_selected_finding_has_blue_corners(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    viewport.set_selected("a")
    image = is_coloured(picture(viewport), colours.SELECTION)
    for rows, columns in ((90, 90), (90, 290), (290, 90), (290, 290)):
        assert image[rows : rows + 20, columns : columns + 20].any()


def test_nothing_is_drawn_over_the_inside_of_a_finding(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings(
        [finding("a", score=0.9, verdict=Verdict.ACCEPTED), finding("b", (20, 20, 90, 380), 0.8)]
    )
    viewport.set_selected("a")
    assert picture(viewport)[103:297, 103:297].max() == 0


def test_a_click_selects_the_smallest_box_around_it(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings(
        [finding("large"), finding("small", (180, 180, 220, 220), 0.5), finding("low", score=0.1)]
    )
    viewport.set_threshold(0.2)
    clicked: list[str | None] = []
    viewport.finding_clicked.connect(clicked.append)
    for position in ((200, 200), (120, 120), (20, 20)):
        drag(viewport, LEFT, position)
    assert clicked == ["small", "large", None]


def test_a_drag_is_not_a_click(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    clicked: list[str | None] = []
    viewport.finding_clicked.connect(clicked.append)
    drag(viewport, LEFT, (200, 200), (260, 200))
    assert clicked == []


def test_a_finding_outside_the_view_is_brought_to_the_middle_and_no_other(
    viewport: Viewport,
) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding("a", (10, 10, 50, 50)), finding("b", (180, 180, 220, 220), 0.5)])
    viewport.zoom_at(QPointF(200, 200), 4)
    before = viewport.viewportTransform()
    viewport.center_on_finding("b")
    assert viewport.viewportTransform() == before
    viewport.center_on_finding("a")
    assert in_image(viewport, (200, 200)) == pytest.approx((30, 30), abs=0.5)
