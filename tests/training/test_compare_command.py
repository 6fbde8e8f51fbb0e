"""pneumo-compare goes from a data set to the paper's tables, and repeats nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detector.presets import PRESETS
from training import compare_command, comparison
from training.trainer import Trainer

runner = CliRunner()
SYSTEMS = ("ours", "compact")


@pytest.fixture(autouse=True)
def tiny_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that train in a second, with random weights for their pretrained ones."""
    tiny = replace(PRESETS["best"], channels=32, input_size=64, steps=2, batch_size=2)
    monkeypatch.setitem(PRESETS, "best", tiny)

    monkeypatch.setattr(comparison, "load_pretrained", lambda body, source: None)
    monkeypatch.setattr(compare_command, "RESAMPLES", 20)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each system began to train."""
    counted: Counter[str] = Counter()
    real = Trainer.run

    def run(trainer: Trainer, *arguments: object, **options: object) -> None:
        counted[trainer.preset.name] += 1
        real(trainer, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Trainer, "run", run)
    return counted


def compare(data: Path, out: Path, *more: str) -> tuple[int, str]:
    arguments = ["--data", str(data), "--out", str(out), "--body", "test_efficientnet"]
    arguments += ["--workers", "0"]
    if "--systems" not in more:
        arguments += ["--systems", ",".join(SYSTEMS)]
    result = runner.invoke(compare_command._application, [*arguments, *more])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_an_interrupted_comparison_goes_on_and_repeats_nothing(
    challenge_folder: Path,
    tmp_path: Path,
    trainings: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    real = compare_command.Comparison.judge

    def judge_ours_only(run: comparison.Comparison, preset: object, *rest: object) -> None:
        if preset.name != "ours":  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        real(run, preset, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(compare_command.Comparison, "judge", judge_ours_only)
        compare(challenge_folder, out)
    assert trainings == {"ours": 3}
    assert not (out / "comparison.md").exists()

    status, output = compare(challenge_folder, out)
    assert status == 0, output
    assert trainings == {"ours": 3, "compact": 3}
    first = {path.suffix: path.read_bytes() for path in out.glob("comparison.*")}
    assert set(first) == {".txt", ".md", ".csv", ".png", ".svg"}
    assert not list(out.rglob("checkpoint.pt"))

    compare(challenge_folder, out)
    assert sum(trainings.values()) == 6
    assert {path.suffix: path.read_bytes() for path in out.glob("comparison.*")} == first

    text = (out / "comparison.md").read_text(encoding="utf-8")
    assert text.startswith("# Comparison of 2 systems on challenge\n")
    assert (
        "judged on 0, 1, 2, each by networks trained on the others: 6 exams of 5 patients" in text
    )
    assert "2 positive with 2 boxes" in text
    for row in ("| ours | measured |", "| ours | published | 48.6 |", "| compact | measured |"):
        assert row in text
    assert "## Paired differences from compact" in text
    assert "**Command:** pneumo-compare" in text


def test_a_changed_recipe_is_refused_before_anything_is_trained(
    challenge_folder: Path, tmp_path: Path, trainings: Counter[str]
) -> None:
    one = ("--held-out", "0")
    compare(challenge_folder, tmp_path, *one, "--systems", "ours")
    assert trainings == {"ours": 1}
    for changed, difference in ((("--steps", "3"), "preset (steps)"), (("--seed", "1"), "seed")):
        status, output = compare(
            challenge_folder, tmp_path, *one, *changed, "--systems", "ours_da,ours"
        )
        assert status == 2
        assert f"differs in {difference}. Resume with the options of that run" in output
    assert trainings == {"ours": 1}


def test_a_small_comparison_says_so_in_its_title(challenge_folder: Path, tmp_path: Path) -> None:
    options = ("--held-out", "0", "--steps", "1", "--size", "32", "--systems", "ours")
    status, output = compare(challenge_folder, tmp_path, *options)
    assert status == 0
    title = (
        "Comparison of 1 system on challenge "
        "(one fold, 32 px, 1 step: shows the machinery, compares little)"
    )
    assert title in output
    assert title in (tmp_path / "comparison.md").read_text(encoding="utf-8")


def test_a_loss_that_is_not_finite_names_its_system(
    challenge_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverge(*_arguments: object, **_options: object) -> None:
        raise FloatingPointError("the loss is not finite at step 1: {}")

    monkeypatch.setattr(Trainer, "run", diverge)
    status, output = compare(challenge_folder, tmp_path, "--systems", "ours_da")
    assert status == 2
    assert "ours + DA, fold 0 (1 of 3): the loss is not finite at step 1" in output
    assert "Leave it out with --systems." in output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--folds", "0,9"), "There is no fold 9"),
        (("--folds", "zero"), "--folds takes numbers"),
        (("--held-out", "one"), "--held-out takes numbers"),
        (("--folds", "0,1", "--held-out", "2"), "Fold 2 cannot be held out"),
        (("--folds", "0"), "Beside fold 0 there is none to train on"),
        (("--systems", "ours,huge"), "There is no system huge"),
        (("--reference", "best"), "The reference best is not among the systems"),
        (("--body", "huge"), "timm has no body huge"),
        (("--device", "tpu"), "There is no device tpu"),
        (("--negatives", "."), "holds no Data_Entry_2017.csv"),
        (("--size", "100"), "--size takes multiples of 32"),
    ],
)
def test_unusable_arguments_are_refused_with_a_sentence(
    challenge_folder: Path, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    status, output = compare(challenge_folder, tmp_path / "out", *options)
    assert status == 2
    assert sentence in output


def test_every_preset_that_can_be_built_has_a_title_and_takes_part() -> None:
    assert set(compare_command.TITLES) == set(PRESETS)
