"""The program on a real X screen, driven by keys."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resources import DEMO_STUDIES

SCRIPT = Path(__file__).parents[1] / "real_window.py"


@pytest.mark.timeout(300)
def test_a_verdict_given_by_key_is_there_after_a_restart(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    for name in ("Xvfb", "openbox", "xdotool", "import"):
        program(name)
    result = subprocess.run(
        [sys.executable, str(SCRIPT), str(DEMO_STUDIES), "--shots", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "accepted" in result.stdout
    assert len(list(tmp_path.glob("*.png"))) == 5
    complaints = [line for line in result.stderr.splitlines() if not line.startswith("Openbox")]
    assert [line for line in complaints if line.strip()] == []
