"""Ending a run before its time so that it can be resumed."""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Turns Ctrl+C (SIGINT) and SIGTERM into a request, within a ``with`` block.

    A second one acts at once, as it does elsewhere.

    Parameters
    ----------
    follows_parent
        Whether the end of the process that started this one is a request, too.
    """

    def __init__(self, *, follows_parent: bool = False) -> None:
        self._parent = os.getppid() if follows_parent else None
        self._is_signalled = False

    def is_asked(self) -> bool:
        """Whether the run shall end now."""
        return self._is_signalled or self._parent not in (None, os.getppid())

    def __enter__(self) -> Stop:
        self._before = {number: signal.signal(number, self._take) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self._is_signalled = True
        signal.signal(number, self._before[signal.Signals(number)])
