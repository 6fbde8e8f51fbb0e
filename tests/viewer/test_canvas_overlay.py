"""Texts in the corners, the scale bar and the orientation letters."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QSizeF
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from detector.radiograph import PixelSpacing, SpacingOrigin
from pneumo_viewer.canvas.overlay import (
    describe_spacing,
    describe_turn,
    edge_letters,
    place_bottom_texts,
    place_orientation,
    place_scale_bar,
    place_top_texts,
)
from pneumo_viewer.canvas.placement import (
    CLOCKWISE,
    COUNTERCLOCKWISE,
    LEFT_TO_RIGHT,
    TOP_TO_BOTTOM,
    UPRIGHT,
    Turn,
)

AT_DETECTOR = PixelSpacing(0.2, 0.2, SpacingOrigin.AT_DETECTOR)
FACTS = ["W 1480 L 512", "inverted", "zoom 84 %", "0.143 mm at detector", "lossy compression"]


@pytest.fixture
def font(qapp: QApplication) -> QFont:
    return qapp.font()


@pytest.mark.parametrize("size", [QSizeF(900, 900), QSizeF(400, 500), QSizeF(220, 300)])
def test_no_text_is_cut_by_the_border_or_covers_another(font: QFont, size: QSizeF) -> None:
    bar = place_scale_bar(font, size, AT_DETECTOR, 0.3)
    assert bar is not None
    above = [
        *place_top_texts(
            font,
            size,
            ["Mustermann, Maximilian Alexander", "PID 1234567890", "M · 57 y"],
            ["2017-03-12 10:11", "PA · erect", "Chest, two views · series 1 of 3"],
        )
    ]
    below = [*place_bottom_texts(font, size, FACTS, bar.rect.width())]
    top = max(text.rect.bottom() for text in above)
    bottom = min(text.rect.top() for text in below)
    letters = place_orientation(font, size, ("R", "H", "L", "F"), top, bottom)
    texts = [*above, *below, *letters]
    rects = [text.rect for text in texts] + [bar.rect]
    for rect in rects:
        assert rect.left() >= 0
        assert rect.top() >= 0
        assert rect.right() <= size.width()
        assert rect.bottom() <= size.height()
    for one, other in itertools.combinations(rects, 2):
        assert not one.intersects(other)


def test_a_name_takes_the_room_that_the_other_side_leaves(font: QFont) -> None:
    name = "Mustermann, Maximilian Alexander"
    texts = [text.text for text in place_top_texts(font, QSizeF(340, 400), [name], ["PA"])]
    assert texts == [name, "PA"]


def test_facts_take_more_lines_in_a_narrow_view_and_all_are_there(font: QFont) -> None:
    wide = [text.text for text in place_bottom_texts(font, QSizeF(1200, 400), FACTS, 0)]
    narrow = [text.text for text in place_bottom_texts(font, QSizeF(200, 400), FACTS, 0)]
    assert wide == [" · ".join(FACTS)]
    assert len(narrow) > 1
    assert " · ".join(reversed(narrow)) == wide[0]


def test_the_scale_bar_is_the_longest_round_length_that_fits(font: QFont) -> None:
    # 0.2 mm a pixel at 0.5 view pixels a pixel: 2.5 view pixels a mm. 22 % of 900 are 198 view
    # pixels or 79.2 mm: 5 cm fit, 10 cm do not.
    bar = place_scale_bar(font, QSizeF(900, 900), AT_DETECTOR, 0.5)
    assert bar is not None
    assert bar.label.text == "5 cm"
    assert bar.line.length() == pytest.approx(125)


def test_the_scale_bar_shortens_below_a_centimetre(font: QFont) -> None:
    bar = place_scale_bar(font, QSizeF(400, 400), AT_DETECTOR, 5)
    assert bar is not None
    assert bar.label.text == "0.2 cm"  # 88 view pixels at 25 a mm


@pytest.mark.parametrize("spacing", [None, PixelSpacing(0.2, 0.2, SpacingOrigin.UNKNOWN)])
def test_without_a_known_spacing_there_is_no_scale_bar(
    font: QFont, spacing: PixelSpacing | None
) -> None:
    assert place_scale_bar(font, QSizeF(900, 900), spacing, 0.5) is None


def test_the_spacing_is_named_with_its_origin() -> None:
    assert describe_spacing(AT_DETECTOR) == "0.200 mm at detector"
    assert describe_spacing(None) == "pixel spacing unknown"


def test_sides_that_differ_are_both_named() -> None:
    spacing = PixelSpacing(0.3, 0.15, SpacingOrigin.CALIBRATED)
    assert describe_spacing(spacing) == "0.150 × 0.300 mm calibrated"


@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        (("L", "F"), ("R", "H", "L", "F")),
        (("R", "F"), ("L", "H", "R", "F")),
        (("P", "F"), ("A", "H", "P", "F")),
        (("LF", "FR"), ("RH", "HL", "LF", "FR")),
    ],
)
def test_the_letters_say_which_side_of_the_patient_is_where(
    orientation: tuple[str, ...], letters: tuple[str, ...]
) -> None:
    assert edge_letters(orientation, UPRIGHT) == letters  # left, top, right, bottom


@pytest.mark.parametrize(
    ("turn", "letters"),
    [
        (CLOCKWISE, ("F", "R", "H", "L")),  # what was at the left is at the top now
        (COUNTERCLOCKWISE, ("H", "L", "F", "R")),
        (LEFT_TO_RIGHT, ("L", "H", "R", "F")),
        (TOP_TO_BOTTOM, ("R", "F", "L", "H")),
    ],
)
def test_the_letters_follow_turns(turn: Turn, letters: tuple[str, ...]) -> None:
    assert edge_letters(("L", "F"), turn) == letters


@pytest.mark.parametrize("orientation", [(), ("L",), ("L", ""), ("", "F")])
def test_without_a_whole_patient_orientation_no_letter_is_guessed(
    orientation: tuple[str, ...],
) -> None:
    assert edge_letters(orientation, UPRIGHT) is None


def test_a_turned_image_says_so() -> None:
    assert describe_turn(UPRIGHT) == ""
    assert describe_turn(CLOCKWISE) == "rotated 90°"
    assert describe_turn(LEFT_TO_RIGHT) == "mirrored"
    assert describe_turn(LEFT_TO_RIGHT.then(CLOCKWISE)) == "mirrored, rotated 90°"
    # Upside down is what half a turn makes of a mirrored image.
    assert describe_turn(TOP_TO_BOTTOM) == "mirrored, rotated 180°"
