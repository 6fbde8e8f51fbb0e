"""The program on a real X screen, driven by keys."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resources import DEMO_STUDIES

SCRIPTS = Path(__file__).parents[1]


@pytest.mark.timeout(300)
def test_a_verdict_given_by_key_is_there_after_a_restart(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    said = play(program, "real_window.py", str(DEMO_STUDIES), "--shots", str(tmp_path))
    assert "accepted" in said
    assert len(list(tmp_path.glob("*.png"))) == 5


@pytest.mark.timeout(300)
def test_ten_exams_read_by_keyboard_are_reported_and_there_after_a_restart(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    said = play(program, "reading_loop.py", "--shots", str(tmp_path))
    assert "stored: (10, " in said
    assert len(list(tmp_path.glob("*.png"))) == 5


def play(program: Callable[[str], str], script: str, *arguments: str) -> str:
    """Run a scene that ends well only if what it did was found again; give what it printed."""
    for name in ("Xvfb", "openbox", "xdotool", "import"):
        program(name)
    result = subprocess.run(
        [sys.executable, str(SCRIPTS / script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    complaints = [line for line in result.stderr.splitlines() if not line.startswith("Openbox")]
    assert [line for line in complaints if line.strip()] == []
    return result.stdout
