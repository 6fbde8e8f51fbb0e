"""A run shows its steps: as a bar on a terminal, as a line now and then in a log."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from detector.presets import PRESETS
from training import run_progress
from training.run_progress import SECONDS_BETWEEN_LINES, steps_shown
from training.trainer import StepReport


def report(step: int) -> StepReport:
    return StepReport(step, {"center": 0.5}, 1e-3, 8.0, 0.0)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Where a run writes that has no terminal; every step takes a third of the time of a line."""
    text = io.StringIO()
    seconds = iter(range(0, 10_000, int(SECONDS_BETWEEN_LINES / 3)))
    monkeypatch.setattr(run_progress, "NOTES", Console(file=text, soft_wrap=True, markup=False))
    monkeypatch.setattr(run_progress, "monotonic", lambda: float(next(seconds)))
    return text


def test_a_log_gets_a_line_every_half_minute_and_the_last_step(log: io.StringIO) -> None:
    preset = PRESETS["compact"]
    with steps_shown("CSP, fold 3:", preset, 100, 107) as show:
        for step in range(101, 108):
            show(report(step))
    assert [line.split("  ")[0] for line in log.getvalue().splitlines()] == [
        "CSP, fold 3: step 103/107",
        "CSP, fold 3: step 106/107",
        "CSP, fold 3: step 107/107",
    ]


def test_a_line_says_losses_speed_and_the_time_that_is_left(log: io.StringIO) -> None:
    # 10 s a step and so 0.1 steps/s of 16 images; 60 steps are left: 600 s
    preset = PRESETS["compact"]
    assert preset.batch_size == 16
    with steps_shown("", preset, 0, 63) as show:
        for step in (1, 2, 3):
            show(report(step))
    assert log.getvalue() == "step 3/63  center 0.500  1.6 images/s  10 min left\n"
