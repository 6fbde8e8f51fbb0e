"""The rows of the worklist under the mouse: a click chooses, a drag takes the image along."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QTreeView

from pneumo_viewer.dragging import dragged_image
from pneumo_viewer.panels.worklist_model import ROLE_NODE, Index
from pneumo_viewer.panels.worklist_rows import Node


class WorklistTree(QTreeView):
    """A tree in which a row is chosen by a click or the keys, and not where a drag begins."""

    chosen = Signal(QModelIndex)
    """The row that the reader went to."""
    drag_ended = Signal()
    """The row that was dragged is marked, which may not be the current image's."""

    def __init__(self) -> None:
        super().__init__()
        self._is_pressing = False
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setDragEnabled(True)
        self.clicked.connect(self.chosen)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if not self._is_pressing:
            self.chosen.emit(current)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Mark the row; a right press leaves the mark where it is."""
        if event.button() is Qt.MouseButton.RightButton:
            event.accept()
            return
        self._is_pressing = True
        super().mousePressEvent(event)
        self._is_pressing = False

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Take the first image of the marked row along, if it has one."""
        node: Node | None = self.currentIndex().data(ROLE_NODE)
        key = None if node is None else node.first_key
        if key is not None:
            drag = QDrag(self)
            drag.setMimeData(dragged_image(key))
            drag.exec(Qt.DropAction.CopyAction)
        self.drag_ended.emit()
