"""The tools of the left button: measurements drawn, moved and deleted by mouse; zoom; magnifier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from canvas_stage import (
    BYTE_WINDOW,
    CTRL,
    LEFT,
    PLAIN,
    RIGHT,
    SHIFT,
    black,
    drag,
    finding,
    is_coloured,
    picture,
    radiograph,
    send_mouse,
)
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from detector.radiograph import GreyScale
from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.measurements import Kind, Measurement
from pneumo_viewer.canvas.tools import Tool
from pneumo_viewer.canvas.viewport import Viewport


def shown(viewport: Viewport) -> list[Measurement]:
    return [mark.measurement for mark in viewport.tools.marks]


def lines(viewport: Viewport) -> list[str]:
    return [line for mark in viewport.tools.marks for line in mark.lines]


def move(viewport: Viewport, x: float, y: float) -> None:
    send_mouse(viewport, QEvent.Type.MouseMove, (x, y), Qt.MouseButton.NoButton)


def press_delete(viewport: Viewport) -> bool:
    """Press the key as a window sends it; say whether the viewport took it from the shortcuts."""
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Delete, PLAIN)
    override.ignore()
    QApplication.sendEvent(viewport, override)
    if override.isAccepted():
        QApplication.sendEvent(viewport, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Delete, PLAIN))
    return override.isAccepted()


@pytest.mark.parametrize("turns", [0, 1, 3])
def test_a_drag_draws_a_length_in_image_pixels_however_the_image_lies(
    viewport: Viewport, turns: int
) -> None:
    viewport.show_radiograph(black())
    for _ in range(turns):
        viewport.rotate_right()
    viewport.tools.choose(Tool.LENGTH)
    drag(viewport, LEFT, (100, 100), (120, 130), (160, 180))
    ((start, end),) = [measurement.points for measurement in shown(viewport)]
    assert viewport.to_view(*start).toTuple() == pytest.approx((100, 100))
    assert viewport.to_view(*end).toTuple() == pytest.approx((160, 180))
    # 60 and 80 pixels make 100, at 0.2 mm 20 mm.
    assert lines(viewport) == ["20.0 mm at detector"]
    assert is_coloured(picture(viewport), colours.SELECTION).sum() > 30


@pytest.mark.parametrize("tool", [Tool.RECTANGLE, Tool.ELLIPSE])
def test_a_region_is_drawn_with_its_mean_and_deviation(viewport: Viewport, tool: Tool) -> None:
    pixels = np.full((400, 400), 70, np.uint8)
    viewport.show_radiograph(radiograph(pixels, GreyScale(8, windows=(BYTE_WINDOW,))))
    viewport.tools.choose(tool)
    drag(viewport, LEFT, (300, 250), (200, 200), (200, 150))
    size, statistics = lines(viewport)
    assert size == "20.0 × 20.0 mm at detector"
    assert statistics.startswith("mean 70.0 · SD 0.0")


def test_an_angle_is_one_leg_by_a_drag_and_one_to_the_next_click(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.ANGLE)
    drag(viewport, LEFT, (300, 200), (250, 200), (200, 200))
    move(viewport, 200, 120)
    assert lines(viewport) == ["90.0°"]
    assert viewport.tools.measurements.of(("test", 0)) == ()  # not before the click
    drag(viewport, LEFT, (200, 100))
    assert [m.points[2] for m in viewport.tools.measurements.of(("test", 0))] == [(200, 100)]
    move(viewport, 350, 350)
    assert lines(viewport) == ["90.0°"]


def test_with_a_tool_the_other_gestures_stay(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.LENGTH)
    held = viewport.to_image(viewport.to_view(50, 50))
    drag(viewport, LEFT, (100, 100), (130, 100), modifiers=SHIFT)
    assert viewport.to_view(*held).toTuple() == pytest.approx((80, 50))
    drag(viewport, RIGHT, (100, 100), (100, 50))
    assert viewport.zoom > 1
    before = viewport.view
    drag(viewport, LEFT, (100, 100), (130, 120), modifiers=CTRL)
    assert viewport.view != before
    assert shown(viewport) == []


def test_a_tool_leaves_boxes_alone_and_without_one_they_are_moved(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.set_findings([finding()])
    changed: list[object] = []
    viewport.box_editor.box_changed.connect(lambda *what: changed.append(what))
    viewport.tools.choose(Tool.LENGTH)
    drag(viewport, LEFT, (200, 200), (250, 250))
    assert changed == []
    viewport.tools.choose(None)
    drag(viewport, LEFT, (150, 150), (160, 160))
    assert len(changed) == 1
    assert len(shown(viewport)) == 1


def test_a_measurement_is_moved_by_its_line_and_changed_by_its_ends(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.LENGTH)
    drag(viewport, LEFT, (100, 100), (200, 100))
    viewport.tools.choose(None)
    before = viewport.view
    drag(viewport, LEFT, (150, 102), (150, 150), (160, 152))
    assert shown(viewport)[0].box == pytest.approx((110, 150, 210, 150))
    drag(viewport, LEFT, (210, 150), (215, 160), (210, 190))
    assert shown(viewport)[0].box == pytest.approx((110, 150, 210, 190))
    assert viewport.view is before
    assert len(viewport.tools.measurements.of(("test", 0))) == 1


def test_every_corner_of_a_region_is_a_handle(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.RECTANGLE)
    drag(viewport, LEFT, (100, 100), (200, 200))
    viewport.tools.choose(None)
    drag(viewport, LEFT, (200, 100), (210, 90), (250, 60))
    assert shown(viewport)[0].box == (100, 60, 250, 200)


def test_a_click_selects_and_delete_deletes_what_is_selected_and_nothing_else(
    viewport: Viewport,
) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.LENGTH)
    drag(viewport, LEFT, (100, 100), (200, 100))
    drag(viewport, LEFT, (100, 300), (200, 300))
    viewport.tools.choose(None)
    drag(viewport, LEFT, (30, 200))
    assert viewport.tools.selected is None
    assert not press_delete(viewport)  # the key is left to the findings
    drag(viewport, LEFT, (150, 100))
    assert viewport.tools.selected == shown(viewport)[0]
    assert press_delete(viewport)
    assert [measurement.points[0][1] for measurement in shown(viewport)] == [300]


def test_a_right_click_selects_what_its_menu_may_delete(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.LENGTH)
    drag(viewport, LEFT, (100, 100), (200, 100))
    drag(viewport, LEFT, (30, 200))
    assert viewport.tools.selected is None
    drag(viewport, RIGHT, (150, 100))
    assert viewport.tools.selected is not None
    viewport.tools.delete_selected()
    assert shown(viewport) == []


def test_escape_gives_up_the_draft_then_the_selection_then_the_tool(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.ANGLE)
    drag(viewport, LEFT, (300, 200), (200, 200))
    assert viewport.cancel_gesture()
    assert shown(viewport) == []
    viewport.tools.choose(Tool.LENGTH)
    drag(viewport, LEFT, (100, 100), (200, 100))
    assert viewport.cancel_gesture()
    assert viewport.tools.selected is None
    assert viewport.tools.tool is Tool.LENGTH
    assert viewport.cancel_gesture()
    assert viewport.tools.tool is None
    assert not viewport.cancel_gesture()
    assert len(shown(viewport)) == 1


def test_escape_in_the_middle_of_a_drag_leaves_the_measurement_as_it_was(
    viewport: Viewport,
) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.LENGTH)
    drag(viewport, LEFT, (100, 100), (200, 100))
    send_mouse(viewport, QEvent.Type.MouseButtonPress, (200, 100), LEFT)
    send_mouse(viewport, QEvent.Type.MouseMove, (300, 300), LEFT)
    assert viewport.cancel_gesture()
    send_mouse(viewport, QEvent.Type.MouseButtonRelease, (300, 300), LEFT)
    assert shown(viewport)[0].points == ((100, 100), (200, 100))


def test_measurements_stay_with_their_image_and_frame(viewport: Viewport) -> None:
    first = black(frame_count=2)
    viewport.show_radiograph(first)
    viewport.tools.choose(Tool.LENGTH)
    drag(viewport, LEFT, (100, 100), (200, 100))
    viewport.show_radiograph(replace(first, frame=1))
    assert shown(viewport) == []
    viewport.show_radiograph(None)
    viewport.show_radiograph(first)
    assert [measurement.kind for measurement in shown(viewport)] == [Kind.LENGTH]
    assert viewport.tools.selected is None


def test_the_same_drawing_on_an_image_of_another_spacing_says_another_length(
    viewport: Viewport,
) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.LENGTH)
    drag(viewport, LEFT, (100, 100), (200, 100))
    other = replace(black(), spacing=None, identity=replace(black().identity, key="other"))
    viewport.show_radiograph(other)
    drag(viewport, LEFT, (100, 100), (200, 100))
    assert lines(viewport) == ["100.0 px"]


def test_the_zoom_tool_zooms_with_the_left_button(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    viewport.tools.choose(Tool.ZOOM)
    before = viewport.view
    drag(viewport, LEFT, (200, 200), (200, 100))
    assert viewport.zoom > 1.5
    assert viewport.view is before


def test_a_double_click_with_a_tool_draws_and_does_not_maximise(viewport: Viewport) -> None:
    viewport.show_radiograph(black())
    asked: list[None] = []
    viewport.maximise_requested.connect(lambda: asked.append(None))
    viewport.tools.choose(Tool.LENGTH)
    send_mouse(viewport, QEvent.Type.MouseButtonDblClick, (100, 100), LEFT)
    assert asked == []


def test_the_magnifier_shows_the_image_twice_as_large_around_the_mouse(viewport: Viewport) -> None:
    pixels = np.zeros((400, 400), np.uint8)
    pixels[190:210, 190:210] = 255
    viewport.show_radiograph(radiograph(pixels, GreyScale(8, windows=(BYTE_WINDOW,))))
    viewport.set_magnifier(True)
    move(viewport, 200, 200)
    seen = picture(viewport)[:, :, 0]
    assert (seen[180:220, 180:220] == 255).all()
    assert (seen[140:178, 200] == 0).all()
    move(viewport, 210, 200)  # what lies 10 to the left of the mouse is seen 20 to the left
    seen = picture(viewport)[:, :, 0]
    assert (seen[182:218, 172:208] == 255).all()
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    assert picture(viewport)[185, 200, 0] == 0
    viewport.set_magnifier(False)
    move(viewport, 200, 200)
    assert picture(viewport)[185, 200, 0] == 0
