"""How far a run is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from detector.presets import Preset
from training.datasets.labelled_image import LabelledImage
from training.datasets.prepared_images import PreparedImages, prepare_images
from training.terminal import NOTES
from training.trainer import StepReport

SECONDS_BETWEEN_LINES = 30.0


def prepare_shown(
    images: Sequence[LabelledImage], size: int, preset: Preset, out: Path
) -> PreparedImages:
    """Prepare the images of a run, whose cache lies in its folder, and show how many are done.

    Raises
    ------
    DataSetError, detector.errors.InputError
        As :func:`training.datasets.prepared_images.prepare_images`.
    """
    with Progress(console=NOTES, transient=True) as progress:
        task = progress.add_task("Decoding", total=len(images))
        return prepare_images(
            images,
            size,
            out / "prepared",
            lambda done: progress.update(task, completed=done),
            preset=preset,
        )


@contextmanager
def steps_shown(
    what: str, preset: Preset, begun: int, last: int
) -> Iterator[Callable[[StepReport], None]]:
    """Show the steps of a run while it lasts.

    Parameters
    ----------
    what
        Name of the run, which begins every line; may be empty.
    preset
        Says how many images a step has.
    begun, last
        The step that it goes on from, and the one that it ends with.

    Yields
    ------
    Callable
        To be called after each step.
    """
    columns = (
        TextColumn(f"{what} step {{task.completed}}/{{task.total}}".lstrip()),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=NOTES, disable=not NOTES.is_terminal) as progress:
        task = progress.add_task("", total=last, completed=begun)
        started = said = monotonic()

        def show(report: StepReport) -> None:
            nonlocal said
            now = monotonic()
            at = f"{what} step {report.step}/{last}".lstrip()
            speed = (report.step - begun) / max(now - started, 1e-9)
            parts = "  ".join(f"{name} {value:.3f}" for name, value in report.losses.items())
            parts += f"  {speed * preset.batch_size:.1f} images/s"
            progress.update(task, completed=report.step, description=parts)
            if progress.disable and (report.step == last or now - said >= SECONDS_BETWEEN_LINES):
                said = now
                left = (last - report.step) / speed / 60
                NOTES.print(f"{at}  {parts}  {left:.0f} min left")

        yield show
