"""The bottom line: background work, the pixel under the pointer, the detector."""

from __future__ import annotations

import time

from PySide6.QtCore import QBasicTimer, QTimerEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from pneumo_viewer.canvas.image_view import PointerReading
from pneumo_viewer.theme import UNIT, icon
from pneumo_viewer.words import tr

_DELAY_MS = 1000


class WorkProgress(QWidget):
    """One piece of background work with its time left and a way to stop it.

    Parameters
    ----------
    words
        What is being done, with places for ``{done}`` and ``{total}``.
    stop
        What the way to stop it is called.
    """

    cancelled = Signal()

    def __init__(self, words: str, stop: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self._pace = _Pace()
        self._label = QLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        button = _stop_button(stop)
        button.clicked.connect(self.cancelled)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 0, 2 * UNIT, 0)
        layout.addWidget(self._label)
        layout.addWidget(self._bar)
        layout.addWidget(button)
        self.hide()

    def show_progress(self, done: int, total: int) -> None:
        """Show how far the work is; nothing is shown when nothing is left."""
        if done >= total:
            self._pace = _Pace()
            self.hide()
            return
        words = self._words.format(done=done, total=total)
        self._bar.setAccessibleName(words)
        self._label.setText(f"{words}{self._pace.left(done, total)}")
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self.show()


class TaskProgress(QWidget):
    """Work by its words, with a way to stop it; shown once it takes a second."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pace = _Pace()
        self._words = ""
        self._delay = QBasicTimer()
        self._label = QLabel()
        stop = _stop_button(tr("Stop this task"))
        stop.clicked.connect(self.cancelled)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 0, 2 * UNIT, 0)
        layout.addWidget(self._label)
        layout.addWidget(stop)
        self.hide()

    def show_task(self, words: str, done: int, total: int) -> None:
        """Show what is done and how far it is, or nothing for ""."""
        if words != self._words:
            self._words, self._pace = words, _Pace()
            self.hide()
            self._delay.stop()
            if words:
                self._delay.start(_DELAY_MS, self)
        if total > 1:
            so_far = tr("{words}: {done} of {total}").format(words=words, done=done, total=total)
            self._label.setText(f"{so_far}{self._pace.left(done, total)}")
        else:
            self._label.setText(f"{words} …")

    def timerEvent(self, event: QTimerEvent) -> None:
        """Show work that has gone on since it was first told."""
        self._delay.stop()
        self.show()


class _Pace:
    """Tells the time that is left from the pieces done since the first report."""

    def __init__(self) -> None:
        self._began: tuple[float, int] | None = None

    def left(self, done: int, total: int) -> str:
        """Words on the time left, or "" while it cannot be judged."""
        now = time.monotonic()
        if self._began is None or done < self._began[1]:
            self._began = (now, done)
        began_at, began_with = self._began
        if done == began_with or now - began_at <= 1:
            return ""
        return f" · {time_left((now - began_at) / (done - began_with) * (total - done))}"


def _stop_button(words: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon("mdi6.close", "secondary"))
    button.setToolTip(words)
    button.setAccessibleName(words)
    return button


def time_left(seconds: float) -> str:
    """Name the time that work still takes: seconds, minutes or hours."""
    if seconds < 100:
        return tr("{seconds:.0f} s left", seconds=seconds)
    if seconds < 6000:
        return tr("{minutes:.0f} min left", minutes=seconds / 60)
    return tr("{hours:.1f} h left", hours=seconds / 3600)


def describe(reading: PointerReading | None) -> str:
    """The pixel under the pointer as one line."""
    if reading is None:
        return ""
    words = (
        tr("x {x}  y {y}   stored {stored}   shown {shown}")
        if reading.value == reading.stored
        else tr("x {x}  y {y}   stored {stored}   modality {value:g}   shown {shown}")
    )
    return words.format(
        x=reading.x,
        y=reading.y,
        stored=reading.stored,
        value=reading.value,
        shown=reading.displayed,
    )
