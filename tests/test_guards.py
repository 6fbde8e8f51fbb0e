"""What holds for the whole tree: style, types, who imports whom, and a wheel that works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent


def run(*command: str, cwd: Path = REPOSITORY, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", [("check",), ("format", "--check")])
def test_ruff_has_nothing_to_say(command: tuple[str, ...]) -> None:
    result = run("-m", "ruff", *command, ".")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.timeout(300)
def test_types_hold_everywhere() -> None:
    result = run("-m", "mypy")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.timeout(300)
def test_imports_only_point_down() -> None:
    result = run("-c", "from importlinter.cli import lint_imports_command as c; c()")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.timeout(300)
def test_a_wheel_carries_the_resources_and_works_elsewhere(tmp_path: Path) -> None:
    built = run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"))
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    site = tmp_path / "site"
    installed = run(
        "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr

    where = run(
        "-c", "import resources; print(resources.__file__)", cwd=tmp_path, PYTHONPATH=str(site)
    )
    assert where.stdout.strip().startswith(str(site)), where.stdout + where.stderr
    one_study = next((site / "resources" / "demo").rglob("*.dcm"))
    scored = run(
        "-m",
        "detector.cli",
        str(one_study),
        "--out",
        str(tmp_path / "results"),
        cwd=tmp_path,
        PYTHONPATH=str(site),
    )
    assert scored.returncode == 0, scored.stdout + scored.stderr
    assert (tmp_path / "results" / "detections.csv").is_file()
