"""The bottom line: the pixel under the pointer, and work with the time that it still takes."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from pneumo_viewer.canvas.image_view import PointerReading
from pneumo_viewer.panels import status
from pneumo_viewer.panels.status import WorkProgress, describe, time_left


def test_the_pixel_is_said_with_its_stored_and_shown_value() -> None:
    reading = PointerReading(412, 655, stored=1031, value=1031.0, displayed=122)
    assert describe(reading) == "x 412  y 655   stored 1031   shown 122"
    assert describe(None) == ""


def test_the_modality_value_is_said_where_it_is_another() -> None:
    reading = PointerReading(0, 0, stored=24, value=-1000.0, displayed=0)
    assert describe(reading) == "x 0  y 0   stored 24   modality -1000   shown 0"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(8.2, "8 s left"), (99.4, "99 s left"), (150, "2 min left"), (7200, "2.0 h left")],
)
def test_time_is_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert time_left(seconds) == words


def test_work_says_how_far_it_is_and_how_long_it_takes(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(status.time, "monotonic", lambda: now)
    progress = WorkProgress("Reading {done} of {total}", "Stop reading")
    qtbot.addWidget(progress)
    (label,) = progress.findChildren(QLabel)
    progress.show_progress(1, 240)
    assert label.text() == "Reading 1 of 240"
    now = 102.0  # 30 files in 2 s: 209 take 13.9 s
    progress.show_progress(31, 240)
    assert label.text() == "Reading 31 of 240 · 14 s left"
    assert progress.isVisible()
    (stop,) = progress.findChildren(QToolButton)
    assert stop.toolTip() == "Stop reading"
    with qtbot.waitSignal(progress.cancelled):
        stop.click()
    progress.show_progress(240, 240)
    assert not progress.isVisible()
