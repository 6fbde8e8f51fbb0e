"""From panel to panel by keys, since Tab within the lists and on the image is the next finding."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QWidget


def step_panel(panels: Sequence[QWidget], by: int) -> None:
    """Give the focus to the next panel that can be seen and has something to act on.

    Parameters
    ----------
    panels
        In the order in which they are gone through, round and round.
    by
        1 for the next, -1 for the one before.
    """
    focused = QApplication.focusWidget()
    reachable = [panel for panel in panels if _first_stop(panel) is not None]
    if not reachable:
        return
    here = [i for i, panel in enumerate(reachable) if focused and _holds(panel, focused)]
    start = here[0] if here else (-1 if by > 0 else 0)
    stop = _first_stop(reachable[(start + by) % len(reachable)])
    assert stop is not None
    stop.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _holds(panel: QWidget, widget: QWidget) -> bool:
    return panel is widget or panel.isAncestorOf(widget)


def _first_stop(panel: QWidget) -> QWidget | None:
    """The panel itself, or the first in it, that can be seen and takes the focus by Tab."""
    window = panel.window()
    place = QRect(panel.mapTo(window, QPoint()), panel.size())
    if not panel.isVisible() or not place.intersects(window.rect()):  # as panels behind a tab are
        return None
    widget: QWidget | None = panel
    while widget is not None:
        takes_focus = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled()
        if takes_focus and widget.isVisible() and _holds(panel, widget):
            return widget
        widget = widget.nextInFocusChain()
        if widget is panel:
            break
    return None
