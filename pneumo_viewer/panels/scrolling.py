"""A panel on a small screen: it asks for no more than its share, and scrolls if it needs more."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from pneumo_viewer.theme import keep_styled

BESIDE, MIDDLE = 0.295, 0.4
"""Shares of the width of a screen; two panels beside the middle leave one per cent to borders."""


class Scrolling(QScrollArea):
    """Holds a panel, which keeps its least size whatever room there is.

    So a window with large texts fits on a small screen without a text that is cut.

    Parameters
    ----------
    panel
        Held from now on.
    share
        Of the width of the screen, which the panel may ask for.
    """

    def __init__(self, panel: QWidget, share: float) -> None:
        super().__init__()
        self._panel = panel
        self._share = share
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setWidget(panel)
        panel.setAutoFillBackground(False)
        keep_styled(self, self.updateGeometry)

    def minimumSizeHint(self) -> QSize:
        least = self._panel.minimumSizeHint().expandedTo(self._panel.minimumSize())
        room = int(self._share * self.screen().availableSize().width())
        return QSize(min(least.width(), room), least.height())

    def sizeHint(self) -> QSize:
        return self._panel.sizeHint().expandedTo(self.minimumSizeHint())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._panel and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
