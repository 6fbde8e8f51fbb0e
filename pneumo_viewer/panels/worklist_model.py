"""The worklist as a tree for Qt: patient, study, image, and the files that cannot be shown.

A patient with a single image is one row; patients with more unfold into studies and images.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage, QPixmap

from pneumo_viewer.library.found import Refusal, ScannedImage
from pneumo_viewer.library.index import Patient, Study, StudyImage, StudyIndex, row_of
from pneumo_viewer.panels.worklist_rows import (
    HEADINGS,
    Column,
    Kind,
    Node,
    RowTexts,
    image_node,
    patient_node,
    study_node,
)
from pneumo_viewer.words import tr

Index = QModelIndex | QPersistentModelIndex

ROLE_NODE = Qt.ItemDataRole.UserRole
ROLE_SORT = Qt.ItemDataRole.UserRole + 1
ROLE_TEXT = Qt.ItemDataRole.UserRole + 2


class WorklistModel(QAbstractItemModel):
    """Rows of the open studies.

    Parameters
    ----------
    texts
        What the cells say.
    """

    thumbnail_wanted = Signal(str)
    """Key of an image whose row is being painted without its thumbnail."""

    def __init__(
        self,
        texts: RowTexts,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.texts = texts
        self._root = Node(Kind.PATIENT, "", ("", ""), None)
        self._rows: dict[tuple[str, str], Node] = {}
        self._by_key: dict[str, Node] = {}
        self._refusals: Node | None = None
        self._thumbnails: dict[str, QPixmap] = {}

    # Filling

    def add_images(self, index: StudyIndex, images: Iterable[ScannedImage]) -> None:
        """Show images, new ones and copies, that were just added to the index."""
        places = [index.place(image.identity.key) for image in images]
        # From top to bottom, so that all rows above one that is shown are those of the index.
        for place in sorted(places, key=lambda place: [item.sort_key for item in place]):
            self._show(index.patients, *place)

    def add_refusals(self, refusals: Iterable[Refusal]) -> None:
        """Append files that cannot be shown."""
        new = list(refusals)
        if self._refusals is None:
            row = len(self._root.children)
            self._refusals = Node(Kind.REFUSALS, "refusals", (tr("Not shown"), ""), self._root)
            self._insert(self._root, row, self._refusals)
        group = self._refusals
        first = len(group.children)
        self.beginInsertRows(self._index_of(group), first, first + len(new) - 1)
        group.children.extend(
            Node(
                Kind.REFUSAL,
                str(refusal.path),
                (refusal.path.name, refusal.reason),
                group,
                refusal=refusal,
            )
            for refusal in new
        )
        self.endInsertRows()
        group.lines = (tr("Not shown ({count})", count=len(group.children)), "")
        self._announce(group)

    def clear(self) -> None:
        """Forget every row."""
        self.beginResetModel()
        self._root.children.clear()
        self._rows.clear()
        self._by_key.clear()
        self._refusals = None
        self._thumbnails.clear()
        self.endResetModel()

    def _show(
        self, patients: Sequence[Patient], patient: Patient, study: Study, image: StudyImage
    ) -> None:
        held = self._rows.get((self._root.id, patient.id))
        was_folded = held is not None and held.kind is Kind.IMAGE
        node = self._put(self._root, row_of(patients, patient), patient_node(patient))
        if node.kind is Kind.IMAGE:
            return
        images = [(study, image)]
        if was_folded:  # its first image is no news, but has no row of its own yet
            images = [(study, image) for study in patient.studies for image in study.images]
        for study, image in images:
            below = self._put(node, row_of(patient.studies, study), study_node(study))
            self._put(below, row_of(study.images, image), image_node(image))

    def _put(self, parent: Node, row: int, wanted: Node) -> Node:
        """Insert a row, or make it what is wanted where it is there already."""
        node = self._rows.get((parent.id, wanted.id))
        if node is None:
            self._insert(parent, row, wanted)
            return wanted
        if parent.children[row] is not node:
            self._move_up(node, row)
        if (node.kind, node.lines, node.image) != (wanted.kind, wanted.lines, wanted.image):
            node.kind, node.lines, node.image = wanted.kind, wanted.lines, wanted.image
            self._announce(node)
        return node

    def _move_up(self, node: Node, row: int) -> None:
        parent = node.parent
        assert parent is not None
        before = parent.children.index(node)
        parent_index = self._index_of(parent)
        self.beginMoveRows(parent_index, before, before, parent_index, row)
        parent.children.insert(row, parent.children.pop(before))
        self.endMoveRows()

    def _insert(self, parent: Node, row: int, node: Node) -> None:
        node.parent = parent
        self.beginInsertRows(self._index_of(parent), row, row)
        parent.children.insert(row, node)
        self._rows[parent.id, node.id] = node
        if node.key is not None:
            self._by_key[node.key] = node
        self.endInsertRows()

    # Following the session

    def refresh(self, key: str | None) -> None:
        """Show what changed for one image, or for all."""
        if key is not None:
            if key in self._by_key:
                self._announce(self._by_key[key])
            return
        self._announce_children(self._root)

    def show_thumbnail(self, key: str, pixels: NDArray[np.uint8]) -> None:
        """Keep and show a thumbnail, uint8 ``[h, w]``."""
        height, width = pixels.shape
        image = QImage(
            np.ascontiguousarray(pixels).data, width, height, width, QImage.Format.Format_Grayscale8
        )
        self._thumbnails[key] = QPixmap.fromImage(image)
        self.refresh(key)

    def thumbnail(self, key: str) -> QPixmap | None:
        """The thumbnail, or None while it is being made."""
        if key not in self._thumbnails:
            self.thumbnail_wanted.emit(key)
        return self._thumbnails.get(key)

    def index_of_key(self, key: str) -> QModelIndex:
        """The first cell of an image's row."""
        node = self._by_key.get(key)
        return QModelIndex() if node is None else self._index_of(node)

    @property
    def keys(self) -> Collection[str]:
        """Keys of all images."""
        return self._by_key.keys()

    def show_reasons(self, are_shown: bool) -> None:
        """Show with each score the boxes that it comes from, or the image's own facts."""
        self.texts.has_reasons = are_shown
        self.refresh(None)

    def _announce(self, node: Node) -> None:
        first = self._index_of(node)
        self.dataChanged.emit(first, first.siblingAtColumn(len(Column) - 1))

    def _announce_children(self, node: Node) -> None:
        if not node.children:
            return
        parent = self._index_of(node)
        self.dataChanged.emit(
            self.index(0, 0, parent), self.index(len(node.children) - 1, len(Column) - 1, parent)
        )
        for child in node.children:
            self._announce_children(child)

    def _index_of(self, node: Node) -> QModelIndex:
        if node.parent is None:
            return QModelIndex()
        return self.createIndex(node.parent.children.index(node), 0, node)

    # What Qt asks

    def _node(self, index: Index) -> Node:
        node = index.internalPointer() if index.isValid() else self._root
        assert isinstance(node, Node)
        return node

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        children = self._node(parent).children
        if 0 <= row < len(children) and 0 <= column < len(Column):
            return self.createIndex(row, column, children[row])
        return QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        parent = self._node(index).parent
        return QModelIndex() if parent is None else self._index_of(parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self._node(parent).children) if parent.column() <= 0 else 0

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008
        return bool(self._node(parent).children) and parent.column() <= 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(Column)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        has_image = index.isValid() and self._node(index).first_key is not None
        return flags | Qt.ItemFlag.ItemIsDragEnabled if has_image else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(HEADINGS[Column(section)][0])
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(HEADINGS[Column(section)][1])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node, column = self._node(index), Column(index.column())
        if role == ROLE_NODE:
            return node
        if role == ROLE_TEXT:
            return self.texts.searched(node)
        if role == ROLE_SORT:
            return self.texts.sort_value(node, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.lines[0] if column is Column.STUDY else self.texts.figure(node, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column is not Column.STUDY:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.texts.spoken(node)
        return None


class WorklistOrder(QSortFilterProxyModel):
    """Filters by typed words and sorts by a column; files that cannot be shown stay last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self.setRecursiveFilteringEnabled(True)
        self.setAutoAcceptChildRows(True)
        self.setSortRole(ROLE_SORT)

    def set_filter(self, text: str) -> None:
        """Keep rows in which every word occurs."""
        self.beginFilterChange()
        self._words = tuple(text.casefold().split())
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        if not self._words:
            return True
        text = str(self.sourceModel().index(row, 0, parent).data(ROLE_TEXT)).casefold()
        return all(word in text for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        ascending = self.sortOrder() == Qt.SortOrder.AscendingOrder
        for index, is_left in ((left, True), (right, False)):
            if index.data(ROLE_NODE).kind is Kind.REFUSALS:
                return is_left != ascending
        a, b = left.data(ROLE_SORT), right.data(ROLE_SORT)
        if a != b:
            return bool(a < b)
        return (left.row() < right.row()) == ascending
