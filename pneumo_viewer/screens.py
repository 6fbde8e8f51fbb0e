"""Keeps windows where they can be seen, whatever screens were there when they were left."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QWidget

_TITLE_HEIGHT = 32
_SEEN_WIDTH = 200


def on_screens(window: QRect, screens: Sequence[QRect]) -> QRect:
    """Where a window is to lie so that its title can be seen and dragged.

    Parameters
    ----------
    window
        Where it would lie.
    screens
        What each screen has room for, the main one first.

    Returns
    -------
    QRect
        The same, if 200 × 32 pixels of its upper edge lie on a screen and it is no larger than
        that screen; else as much of it as fits, on the screen it overlaps most, or on the main one.
    """

    def overlap(screen: QRect) -> int:
        common = window.intersected(screen)
        return common.width() * common.height() if common.isValid() else 0

    screen = max(screens, key=overlap)
    title = QRect(window.left(), window.top(), window.width(), _TITLE_HEIGHT).intersected(screen)
    is_seen = title.width() >= min(_SEEN_WIDTH, window.width()) and title.height() == _TITLE_HEIGHT
    is_too_large = window.width() > screen.width() or window.height() > screen.height()
    if is_seen and not is_too_large:
        return window
    size = window.size().boundedTo(screen.size())
    left = min(max(window.left(), screen.left()), screen.right() + 1 - size.width())
    top = min(max(window.top(), screen.top()), screen.bottom() + 1 - size.height())
    return QRect(left, top, size.width(), size.height())


def bring_onto_screen(window: QWidget) -> None:
    """Move and shrink a window of its own, if need be, so that it can be seen."""
    main = QApplication.primaryScreen()
    others = [screen for screen in QApplication.screens() if screen is not main]
    free = [screen.availableGeometry() for screen in (main, *others)]
    screens = [area.adjusted(0, _TITLE_HEIGHT, 0, 0) for area in free]  # the frame is above
    placed = on_screens(window.geometry(), screens)
    if placed != window.geometry():
        window.setGeometry(placed)
