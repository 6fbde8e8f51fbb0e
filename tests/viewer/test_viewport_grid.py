"""Several viewports: what they share, which one is active, and how they move together."""

from __future__ import annotations

import pytest
from canvas_stage import LEFT, MIDDLE, black, drag, finding, send_mouse, turn_wheel
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from pneumo_viewer.canvas import colours
from pneumo_viewer.canvas.placement import CLOCKWISE
from pneumo_viewer.canvas.tools import Tool
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.canvas.viewport_grid import ViewportGrid


@pytest.fixture
def grid(qtbot: QtBot) -> ViewportGrid:
    """Two viewports; images of 1000 × 1000 at the left and of 400 × 500 at the right."""
    grid = ViewportGrid()
    qtbot.addWidget(grid)
    grid.resize(806, 404)
    grid.lay_out((0, 1), 0)
    grid.show()
    qtbot.waitExposed(grid)
    grid.viewports[0].show_radiograph(black(1000, 1000))
    grid.viewports[1].show_radiograph(black(500, 400))
    return grid


def parts(viewport: Viewport) -> tuple[float, float, float]:
    """The zoom by the fitted one, and the middle of the view by the image's size."""
    assert viewport.radiograph is not None
    height, width = viewport.radiograph.pixels.shape
    fitted = min(viewport.width() / width, viewport.height() / height)
    x, y = viewport.to_image(QPointF(viewport.width() / 2, viewport.height() / 2))
    return viewport.zoom / fitted, x / width, y / height


def is_together(grid: ViewportGrid) -> bool:
    """To the pixel of the screen on which the image's corner is put."""
    left, right = grid.viewports[:2]
    return parts(left) == pytest.approx(parts(right), abs=0.005)


def asked(grid: ViewportGrid) -> list[int]:
    places: list[int] = []
    grid.activation_requested.connect(places.append)
    return places


def test_zoom_and_pan_follow_in_terms_of_the_image(grid: ViewportGrid) -> None:
    left, right = grid.viewports[:2]
    turn_wheel(left, 240, (100, 150))
    drag(left, MIDDLE, (200, 200), (210, 210), (230, 260))
    # Two notches of the wheel: 1.2 × 1.2. The fitted right image is 400 high for 500 rows.
    assert right.zoom == pytest.approx(1.44 * 400 / 500)
    assert is_together(grid)


def test_each_of_them_leads_when_it_is_moved(grid: ViewportGrid) -> None:
    left, right = grid.viewports[:2]
    turn_wheel(right, 360, (100, 150))
    assert is_together(grid)
    left.pan(30, 40)
    assert is_together(grid)
    right.fit()
    assert parts(left) == pytest.approx((1, 0.5, 0.5))


def test_nothing_comes_back_to_the_one_that_leads(grid: ViewportGrid) -> None:
    """The follower stops at its largest zoom; the leader does not."""
    left, right = grid.viewports[:2]
    right.show_radiograph(black(20, 20))  # fitted, it is 20 times as large
    left.zoom_at(QPointF(200, 200), 4)
    assert right.zoom == 32
    assert parts(left)[0] == pytest.approx(4)


def test_without_synchronising_each_moves_alone_and_then_the_active_one_leads(
    grid: ViewportGrid,
) -> None:
    grid.set_synchronised(False)
    left, right = grid.viewports[:2]
    left.zoom_in()
    assert parts(right) == pytest.approx((1, 0.5, 0.5))
    grid.set_synchronised(True)
    assert is_together(grid)
    assert parts(left)[0] == pytest.approx(1.25)


def test_windows_turns_and_inversion_stay_their_own(grid: ViewportGrid) -> None:
    left, right = grid.viewports[:2]
    before = right.view
    left.rotate_right()
    left.invert()
    left.drag_window(50, 0)
    assert (right.turn == CLOCKWISE, right.is_inverted, right.view) == (False, False, before)


def test_a_turned_image_shows_the_same_part(grid: ViewportGrid) -> None:
    left, right = grid.viewports[:2]
    right.rotate_right()
    turn_wheel(left, 480, (50, 60))
    _, x, y = parts(left)
    assert parts(right)[1:] == pytest.approx((x, y), abs=0.005)


def test_they_stay_together_when_the_window_is_resized(grid: ViewportGrid, qtbot: QtBot) -> None:
    grid.viewports[0].zoom_at(QPointF(100, 100), 3)
    grid.resize(606, 304)
    qtbot.waitUntil(lambda: grid.viewports[1].height() == 300)
    assert is_together(grid)


def test_they_are_together_again_after_one_was_maximised(grid: ViewportGrid, qtbot: QtBot) -> None:
    grid.lay_out((0,), 0)
    qtbot.waitUntil(lambda: grid.viewports[0].width() > 700)
    grid.viewports[0].zoom_at(QPointF(100, 100), 3)
    grid.lay_out((0, 1), 0)
    qtbot.waitUntil(lambda: grid.viewports[0].width() == 400)
    assert is_together(grid)


def test_an_image_beside_joins_where_the_first_one_is(grid: ViewportGrid) -> None:
    grid.viewports[0].zoom_at(QPointF(100, 100), 3)
    grid.viewports[1].show_radiograph(black(800, 600))
    assert is_together(grid)
    assert parts(grid.viewports[0])[0] == pytest.approx(3)


def test_a_new_first_image_is_fitted_and_the_others_with_it(grid: ViewportGrid) -> None:
    grid.viewports[1].zoom_in()
    grid.viewports[0].show_radiograph(black(900, 900))
    assert parts(grid.viewports[0]) == pytest.approx((1, 0.5, 0.5))
    assert parts(grid.viewports[1]) == pytest.approx((1, 0.5, 0.5))


def test_a_press_and_the_wheel_ask_to_make_a_viewport_active(grid: ViewportGrid) -> None:
    places = asked(grid)
    send_mouse(grid.viewports[1], QEvent.Type.MouseButtonPress, (50, 50), LEFT)
    turn_wheel(grid.viewports[0], 120)
    assert places == [1, 0]


def borders(grid: ViewportGrid) -> list[bool]:
    """Whether the pixel above each viewport's middle is the border's."""
    image = grid.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    above = [
        (viewport.geometry().center().x(), viewport.geometry().top() - 1)
        for viewport in grid.viewports
        if viewport.isVisible()
    ]
    return [image.pixelColor(x, y).name() == colours.SELECTION for x, y in above if y >= 0]


def test_the_active_viewport_has_a_border_unless_it_is_alone(grid: ViewportGrid) -> None:
    assert borders(grid) == [True, False]
    grid.lay_out((0, 1), 1)
    assert borders(grid) == [False, True]
    grid.lay_out((0,), 0)
    assert borders(grid) == []
    assert grid.viewports[0].geometry() == grid.rect(), "alone, it has all the room"


@pytest.mark.parametrize(
    ("visible", "columns", "rows"),
    [((0,), 1, 1), ((2,), 1, 1), ((0, 1), 2, 1), ((0, 1, 2, 3), 2, 2)],
)
def test_viewports_share_the_room_alike(
    grid: ViewportGrid, visible: tuple[int, ...], columns: int, rows: int
) -> None:
    grid.lay_out(visible, visible[0])
    sizes = {(v.width(), v.height()) for v in grid.viewports if v.isVisible()}
    assert all(
        abs(width - grid.width() / columns) <= 4 and abs(height - grid.height() / rows) <= 4
        for width, height in sizes
    )
    assert [place for place, v in enumerate(grid.viewports) if v.isVisible()] == list(visible)


def test_boxes_are_changed_in_the_first_viewport_only(grid: ViewportGrid) -> None:
    for viewport, is_changed in zip(grid.viewports[:2], (True, False), strict=True):
        viewport.set_findings([finding(box=(100, 100, 300, 300))])
        changes: list[object] = []
        viewport.box_editor.box_changed.connect(lambda _, box, to=changes: to.append(box))
        middle = viewport.to_view(200, 200)
        start, end = (middle.x(), middle.y()), (middle.x() + 30, middle.y())
        drag(viewport, LEFT, start, end, end)
        assert bool(changes) == is_changed


def test_what_is_measured_belongs_to_the_image_in_whichever_viewport_it_is(
    grid: ViewportGrid,
) -> None:
    grid.viewports[1].show_radiograph(black(1000, 1000))
    grid.viewports[0].tools.choose(Tool.LENGTH)
    drag(grid.viewports[0], LEFT, (60, 60), (160, 90))
    assert len(grid.viewports[1].tools.marks) == 1
