"""The tool bar: the commands with icons, with their words where there is room for all of them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMainWindow, QToolBar, QToolButton

from pneumo_viewer.actions import Actions
from pneumo_viewer.theme import UNIT, keep_styled, scaled
from pneumo_viewer.words import mark, tr

_ALWAYS = {"open_folder": mark("Open"), "show_truth": mark("Truth"), "evaluate": mark("Evaluate")}
_WHERE_THEY_FIT = {
    "fit": mark("Fit"),
    "actual_size": "1:1",
    "compare_priors": mark("Prior"),
    "invert": mark("Invert"),
    "length": mark("Length"),
    "angle": mark("Angle"),
    "rectangle": mark("Region"),
    "undo": mark("Undo"),
    "redo": mark("Redo"),
    "add_box": mark("Box"),
    "show_heat_map": mark("Heat map"),
}


class ToolBar(QToolBar):
    """Some commands have their word always, the others where the words of all fit.

    Parameters
    ----------
    window
        At whose top it lies.
    actions
        The commands.
    """

    def __init__(self, window: QMainWindow, actions: Actions) -> None:
        super().__init__(tr("Tools"), window)
        self.setObjectName("Tools")
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        actions.fill_tool_bar(self)
        for command, word in (_ALWAYS | _WHERE_THEY_FIT).items():
            actions[command].setIconText(tr(word))
        for command in _ALWAYS:
            _show_word(self.widgetForAction(actions[command]), is_shown=True)
        self._others = [self.widgetForAction(actions[command]) for command in _WHERE_THEY_FIT]
        self._has_words = False
        keep_styled(self, self._fit)

    @property
    def has_words(self) -> bool:
        """Whether every command has its word."""
        return self._has_words

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setIconSize(QSize(scaled(24), scaled(24)))
        metrics = self.fontMetrics()
        words = sum(metrics.horizontalAdvance(f"  {word}") for word in _WHERE_THEY_FIT.values())
        bare = self.sizeHint().width() - (words if self._has_words else 0)
        has_words = bare + words + 4 * UNIT <= self.width()
        if has_words != self._has_words:
            self._has_words = has_words
            for button in self._others:
                _show_word(button, is_shown=has_words)


def _show_word(button: object, *, is_shown: bool) -> None:
    assert isinstance(button, QToolButton)
    style = Qt.ToolButtonStyle
    button.setToolButtonStyle(
        style.ToolButtonTextBesideIcon if is_shown else style.ToolButtonIconOnly
    )
