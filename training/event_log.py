"""A run's course as TensorBoard reads it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from training.trainer import StepReport


class EventLogError(Exception):
    """TensorBoard is not installed; the sentence says how to."""


class EventLog:
    """Event files of one run.

    Parameters
    ----------
    folder
        Where they are written; each time a run goes on it adds one.
    step
        Steps done so far: what earlier files say of later ones, lost with an interruption, is
        hidden.

    Raises
    ------
    EventLogError
        When the package that writes them is missing.
    """

    def __init__(self, folder: Path, step: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise EventLogError(
                "The log of the training needs TensorBoard. "
                "Install it with: pip install tensorboard"
            ) from error
        self._writer = SummaryWriter(str(folder), purge_step=step + 1)

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    def add(self, report: StepReport) -> None:
        """Write the figures of one step."""
        figures = {
            "loss": sum(report.losses.values()),
            **{f"loss/{name}": value for name, value in report.losses.items()},
            "learning_rate": report.learning_rate,
            "speed/images_per_second": report.images_per_second,
            "speed/waiting_for_data": report.waiting,
        }
        for name, value in figures.items():
            self._writer.add_scalar(name, value, report.step)
