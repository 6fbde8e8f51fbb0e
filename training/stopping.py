"""Ending a run before its time so that it can be resumed."""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType


class Stop:
    """Turns SIGTERM into a request, within a ``with`` block.

    Parameters
    ----------
    follows_parent
        Whether the end of the process that started this one is a request, too.
    """

    def __init__(self, *, follows_parent: bool = False) -> None:
        self._parent = os.getppid() if follows_parent else None
        self._is_terminated = False

    def is_asked(self) -> bool:
        """Whether the run shall end now."""
        return self._is_terminated or self._parent not in (None, os.getppid())

    def __enter__(self) -> Stop:
        self._before = signal.signal(signal.SIGTERM, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGTERM, self._before)

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        self._is_terminated = True
