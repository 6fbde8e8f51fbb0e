"""The list of findings beside the image, and the slider of the threshold over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from canvas_stage import is_coloured, picture
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from detector.detections import Detections, ModelIdentity
from detector.radiograph import GreyScale, ImageIdentity, PixelSpacing, Radiograph, SpacingOrigin
from pneumo_viewer.actions import Actions
from pneumo_viewer.canvas.colours import DETECTION, SECONDARY, SELECTION, TEXT, TICK
from pneumo_viewer.panels.findings import FindingsPanel, place_in_image, size_of_box
from pneumo_viewer.panels.threshold import ThresholdSlider
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import Finding, Verdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore

MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
NUMBER, SCORE, PLACE, SIZE, VERDICT, MAKER = range(6)
LEFT_BUTTON = Qt.MouseButton.LeftButton

RADIOGRAPH = Radiograph(
    np.zeros((900, 600), np.uint8), GreyScale(8), None, ImageIdentity("key", "image.png")
)
BOX = (100.0, 350.0, 200.0, 500.0)
FINDINGS = (
    Finding("m:0", BOX, 0.83, MODEL),
    Finding("m:1", (400.0, 620.0, 500.0, 680.0), 0.5, MODEL, Verdict.ACCEPTED),
    Finding("m:2", (410.0, 10.0, 470.0, 90.0), 0.4, MODEL, Verdict.REJECTED),
    Finding("m:3", BOX, 0.2, MODEL),
)


@pytest.mark.parametrize(
    ("box", "place"),
    [
        # Of an image 600 wide and 900 high: sides meet at x 300, thirds at y 300 and 600.
        ((100, 100, 200, 300), "R upper"),  # centre (150, 200)
        ((290, 200, 308, 398), "R upper"),  # centre (299, 299)
        ((290, 202, 310, 398), "L middle"),  # centre (300, 300)
        ((400, 500, 600, 698), "L middle"),  # centre (500, 599)
        ((400, 500, 600, 700), "L lower"),  # centre (500, 600)
        ((0, 880, 20, 900), "R lower"),  # centre (10, 890)
        ((-40, -60, 20, 20), "R upper"),  # centre (-10, -20), outside the image
        ((580, 880, 660, 960), "L lower"),  # centre (620, 920), outside the image
    ],
)
def test_a_box_lies_in_the_sixth_that_holds_its_centre(
    box: tuple[float, float, float, float], place: str
) -> None:
    assert place_in_image(box, width=600, height=900) == place


@pytest.mark.parametrize(
    ("orientation", "place"),
    [
        ((), "R upper"),  # the usual way
        (("L", "F"), "R upper"),
        (("R", "F"), "L upper"),  # hung mirrored: the patient's left is on the left
        (("L", "H"), "R lower"),  # head down
        (("P", "F"), "A upper"),  # lateral: anterior is on the left
        (("L",), "R upper"),  # half of it says nothing
    ],
)
def test_sides_are_the_patients_as_the_file_says_how_the_image_hangs(
    orientation: tuple[str, ...], place: str
) -> None:
    assert place_in_image((100, 100, 200, 300), 600, 900, orientation) == place


def test_a_box_is_measured_in_mm_where_the_spacing_is_known_and_in_pixels_elsewhere(
    panel: FindingsPanel,
) -> None:
    def unit(radiograph: Radiograph) -> str:
        show(panel, radiograph=radiograph)
        return str(panel.model.headerData(SIZE, Qt.Orientation.Horizontal))

    box = (100.0, 350.0, 200.5, 500.0)
    assert size_of_box(box, RADIOGRAPH) == "100 × 150"
    assert unit(RADIOGRAPH) == "Size, px"
    spacing = PixelSpacing(row_mm=0.2, column_mm=0.143, origin=SpacingOrigin.AT_DETECTOR)
    # 100.5 columns of 0.143 mm are 14.4 mm; 150 rows of 0.2 mm are 30 mm.
    known = replace(RADIOGRAPH, spacing=spacing)
    assert size_of_box(box, known) == "14 × 30"
    assert unit(known) == "Size, mm"
    # A spacing of unknown origin measures nothing.
    doubtful = replace(spacing, origin=SpacingOrigin.UNKNOWN)
    assert unit(replace(RADIOGRAPH, spacing=doubtful)) == "Size, px"


@pytest.fixture
def actions(qapp: QObject) -> Iterator[Actions]:
    actions = Actions(qapp)
    yield actions
    actions.deleteLater()


@pytest.fixture
def panel(qtbot: QtBot, actions: Actions) -> FindingsPanel:
    """Four findings at the threshold 0.4, in a window of its own."""
    panel = FindingsPanel(actions)
    qtbot.addWidget(panel)
    qtbot.addWidget(panel.title_bar)
    panel.resize(420, 400)
    show(panel)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def show(
    panel: FindingsPanel,
    findings: Sequence[Finding] = FINDINGS,
    radiograph: Radiograph | None = RADIOGRAPH,
    threshold: float = 0.4,
    exam_score: float | None = 0.91,
    explanation: str = "",
) -> None:
    panel.show_findings(findings, radiograph, threshold, exam_score, explanation)


def column(panel: FindingsPanel, number: int, role: int = Qt.ItemDataRole.DisplayRole) -> list[Any]:
    model = panel.model
    return [model.index(row, number).data(role) for row in range(model.rowCount())]


def colours(panel: FindingsPanel, number: int) -> list[QColor]:
    return [brush.color() for brush in column(panel, number, Qt.ItemDataRole.ForegroundRole)]


def texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if not label.isHidden()]


def test_findings_are_numbered_scored_placed_and_measured(panel: FindingsPanel) -> None:
    assert column(panel, NUMBER) == ["1", "2", "3", "4"]
    assert column(panel, SCORE) == ["0.83", "0.50", "0.40", "0.20"]
    # Centres (150, 425), (450, 650), (440, 50), (150, 425) of 600 × 900.
    assert column(panel, PLACE) == ["R middle", "L lower", "L upper", "R middle"]
    assert column(panel, SIZE) == ["100 × 150", "100 × 60", "60 × 80", "100 × 150"]
    assert column(panel, MAKER) == ["compact"] * 4
    assert column(panel, VERDICT) == ["", "✓", "✗", ""]


def test_boxes_of_the_reader_have_a_pencil_and_his_own_no_score(panel: FindingsPanel) -> None:
    corrected = Finding("m:0", BOX, 0.83, MODEL, Verdict.CORRECTED, original=(90, 340, 200, 500))
    own = Finding("own:1", (400, 620, 500, 680), None, None, Verdict.ADDED)
    show(panel, (corrected, own), threshold=0.9)
    assert column(panel, SCORE) == ["0.83", "–"]
    assert column(panel, MAKER) == ["compact", "reader"]
    assert column(panel, VERDICT) == ["✎ ✓", "✎"]
    assert [colour == QColor(TEXT) for colour in colours(panel, SCORE)] == [False, True]
    assert column(panel, SCORE, Qt.ItemDataRole.AccessibleTextRole) == [
        "Finding 1, score 0.83, corrected, below the threshold",
        "Finding 2, added by the reader",
    ]


def test_the_name_of_the_model_is_whole_in_the_narrowest_panel(panel: FindingsPanel) -> None:
    show(panel, radiograph=replace(RADIOGRAPH, spacing=None))
    panel.resize(panel.minimumSize())
    table = panel.table
    metrics = table.fontMetrics()
    for row in range(panel.model.rowCount()):
        index = panel.model.index(row, MAKER)
        room = table.visualRect(index).width() - 8  # 4 px of padding at either side
        assert metrics.horizontalAdvance(str(index.data())) <= room


def test_places_and_sizes_wait_for_the_image(panel: FindingsPanel) -> None:
    show(panel, radiograph=None)
    assert column(panel, SCORE) == ["0.83", "0.50", "0.40", "0.20"]
    assert column(panel, PLACE) == column(panel, SIZE) == [""] * 4


def test_findings_below_the_threshold_are_grey_and_keep_their_numbers(
    panel: FindingsPanel,
) -> None:
    bright = QColor(TEXT)
    assert [colour == bright for colour in colours(panel, SCORE)] == [True, True, True, False]
    show(panel, threshold=0.41)
    assert [colour == bright for colour in colours(panel, SCORE)] == [True, True, False, False]
    assert column(panel, NUMBER) == ["1", "2", "3", "4"]
    spoken = column(panel, SCORE, Qt.ItemDataRole.AccessibleTextRole)
    assert spoken[1] == "Finding 2, score 0.50, accepted"
    assert spoken[3] == "Finding 4, score 0.20, undecided, below the threshold"


def test_a_rejected_finding_is_struck_through_and_its_verdict_stays_readable(
    panel: FindingsPanel,
) -> None:
    for number in (NUMBER, SCORE, PLACE, SIZE):
        fonts = column(panel, number, Qt.ItemDataRole.FontRole)
        assert [font is not None and font.strikeOut() for font in fonts] == [
            False,
            False,
            True,
            False,
        ]
    assert not column(panel, VERDICT, Qt.ItemDataRole.FontRole)[2].strikeOut()
    assert colours(panel, VERDICT)[1] == QColor(TICK)
    assert colours(panel, VERDICT)[2] == QColor(SECONDARY)


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.35, 0.6, 0.7, 0.85])
def test_the_panel_greys_exactly_what_the_review_hides(
    panel: FindingsPanel, tmp_path: Path, threshold: float
) -> None:
    # As float32, 0.7 is 0.699999988 and 0.6 is 0.600000024: both sides of the number typed.
    scores = np.array([0.85, 0.7, 0.6, 0.35, 0.3, 0.1], np.float32)
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        session = ReviewSession(InlineStoreAccess(store))
        session.open_images(["a"])
        session.set_model(MODEL)
        session.add_detections(
            "a", Detections(np.tile(np.array(BOX, np.float32), (6, 1)), scores, 0.9, MODEL)
        )
        session.set_threshold(threshold)
        show(panel, session.findings("a"), threshold=session.threshold)
        shown = len(session.shown_findings("a"))
    bright = QColor(TEXT)
    assert [colour == bright for colour in colours(panel, SCORE)].count(True) == shown


def test_exam_threshold_and_explanation_are_said_and_left_out_where_there_are_none(
    panel: FindingsPanel,
) -> None:
    assert "exam  0.91" in texts(panel.title_bar)
    assert "0.40" in texts(panel)
    show(panel, (), None, 0.4, None, "The detector found nothing here.")
    assert texts(panel.title_bar) == ["FINDINGS", ""]
    assert "The detector found nothing here." in texts(panel)
    show(panel)
    assert "" not in texts(panel), "an explanation that is not there takes no room"


def test_a_click_chooses_and_a_selection_that_is_shown_is_not_sent_back(
    panel: FindingsPanel, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(panel.finding_chosen):
        panel.show_selection("m:1")
        assert selected_rows(panel) == [1]
        panel.show_selection("m:3")
        assert selected_rows(panel) == [3]
        panel.show_selection(None)
        assert selected_rows(panel) == []
    place = panel.table.visualRect(panel.model.index(2, SIZE)).center()
    with qtbot.waitSignal(panel.finding_chosen) as chosen:
        qtbot.mouseClick(panel.table.viewport(), LEFT_BUTTON, pos=place)
    assert chosen.args == ["m:2"]


def selected_rows(panel: FindingsPanel) -> list[int]:
    return [index.row() for index in panel.table.selectionModel().selectedRows()]


def test_the_buttons_are_the_commands(panel: FindingsPanel, actions: Actions, qtbot: QtBot) -> None:
    buttons = panel.findChildren(QPushButton)
    commands = [
        actions[command]
        for command in (
            *("accept", "reject", "undecide"),
            *("exam_pneumonia", "exam_no_pneumonia", "exam_unsure"),
        )
    ]
    for button, action in zip(buttons, commands, strict=True):
        assert button.toolTip() == action.toolTip()
        with qtbot.waitSignal(action.triggered):
            button.click()
        action.setEnabled(False)
        assert not button.isEnabled()


# The threshold


@pytest.fixture
def slider(qtbot: QtBot) -> ThresholdSlider:
    """The slider at 0.4, from x 8 to x 209: 201 wide, so that 0.5 lies on x 108.5."""
    slider = ThresholdSlider()
    qtbot.addWidget(slider)
    slider.resize(217, 26)
    slider.set_value(0.4)
    slider.show()
    qtbot.waitExposed(slider)
    return slider


@pytest.fixture
def moves(slider: ThresholdSlider) -> list[float]:
    """What the slider sends. It shows a value only when it is told to."""
    sent: list[float] = []
    slider.moved.connect(sent.append)
    return sent


def test_a_drag_gives_hundredths_and_ends_at_nought_and_one(
    slider: ThresholdSlider, moves: list[float], qtbot: QtBot
) -> None:
    drags: list[bool] = []
    slider.drag_changed.connect(drags.append)
    qtbot.mousePress(slider, LEFT_BUTTON, pos=QPoint(75, 10))
    for x in (108, 109, 209, 216, 400, 8, 0, -50):
        qtbot.mouseMove(slider, QPoint(x, 10))
    assert drags == [True]
    qtbot.mouseRelease(slider, LEFT_BUTTON, pos=QPoint(-50, 10))
    assert drags == [True, False]
    # (75 - 8) / 201 = 0.3333, (108 - 8) / 201 = 0.4975, (109 - 8) / 201 = 0.5025
    assert moves == [0.33, 0.5, 0.5, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    qtbot.mouseMove(slider, QPoint(100, 10))
    assert len(moves) == 9, "the pointer passes and drags nothing"
    assert slider.value == 0.4


def test_other_buttons_leave_the_threshold_alone(
    slider: ThresholdSlider, moves: list[float], qtbot: QtBot
) -> None:
    qtbot.mouseClick(slider, Qt.MouseButton.RightButton, pos=QPoint(100, 10))
    assert moves == []


@pytest.mark.parametrize(
    ("value", "key", "result"),
    [
        (0.28, Qt.Key.Key_Right, 0.29),
        (0.57, Qt.Key.Key_Left, 0.56),  # 0.57 - 0.01 is 0.5599999999999999 in binary
        (1.0, Qt.Key.Key_Right, 1.0),
        (0.0, Qt.Key.Key_Left, 0.0),
        (0.995, Qt.Key.Key_Right, 1.0),
    ],
)
def test_the_arrow_keys_step_by_a_hundredth(
    slider: ThresholdSlider,
    moves: list[float],
    qtbot: QtBot,
    value: float,
    key: Qt.Key,
    result: float,
) -> None:
    slider.set_value(value)
    qtbot.keyClick(slider, key)
    assert moves == [result]


def test_every_score_has_a_tick_red_where_the_finding_is_shown(slider: ThresholdSlider) -> None:
    # x 58.25, 88.4, 108.5 and 148.7: the pixels 58, 88, 108 and 148 are covered whole.
    slider.set_scores([0.7, 0.5, 0.4, 0.25])
    ticks = picture(slider)[20]
    assert is_coloured(ticks, DETECTION).nonzero()[0].tolist() == [88, 108, 148]
    assert is_coloured(ticks, SECONDARY).nonzero()[0].tolist() == [58]
    slider.set_value(0.51)
    ticks = picture(slider)[20]
    assert is_coloured(ticks, DETECTION).nonzero()[0].tolist() == [148]
    assert is_coloured(ticks, SECONDARY).nonzero()[0].tolist() == [58, 88, 108]


def test_every_operating_point_has_a_tick_above_the_slider(slider: ThresholdSlider) -> None:
    slider.set_points([0.7, 0.25])  # x 148.7 and 58.25, as above
    assert is_coloured(picture(slider)[2], SELECTION).nonzero()[0].tolist() == [58, 148]


def test_the_handle_stands_at_the_threshold(slider: ThresholdSlider) -> None:
    for value in (0.0, 0.25, 1.0):
        slider.set_value(value)
        handle = is_coloured(picture(slider)[10], TEXT).nonzero()[0]
        # Twelve wide about x; pixel n has its middle at n + 0.5.
        assert handle.mean() + 0.5 == pytest.approx(8 + 201 * value, abs=0.5)
        assert 10 <= len(handle) <= 12
