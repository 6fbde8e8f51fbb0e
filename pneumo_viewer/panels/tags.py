"""The panel that lists all DICOM elements of the current image."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.library.tags import TagListing, TagRow, count_elements, matching
from pneumo_viewer.panels.title_bar import title_bar
from pneumo_viewer.theme import UNIT, keep_styled
from pneumo_viewer.words import counted, mark, tr

Index = QModelIndex | QPersistentModelIndex


_INDENTATION = 10


class Column(IntEnum):
    """What the columns show."""

    TAG = 0
    NAME = 1
    VR = 2
    VALUE = 3


_HEADINGS = {
    Column.TAG: (mark("Tag"), mark("Group and element number")),
    Column.NAME: (
        mark("Name"),
        mark("Name in the DICOM dictionary; private elements by their creator"),
    ),
    Column.VR: (mark("VR"), mark("Value representation")),
    Column.VALUE: (mark("Value"), mark("Value; several are parted by backslashes")),
}


_WIDEST = {Column.TAG: "(0000,0000)", Column.NAME: "Study Description", Column.VR: "OW"}
"""Texts that fit into the columns at first; a tag also below an item of a sequence."""


class _Node:
    """A row with its place in the tree."""

    __slots__ = ("children", "number", "parent", "row")

    def __init__(self, row: TagRow, number: int, parent: _Node | None) -> None:
        self.row = row
        self.number = number
        self.parent = parent
        self.children = [_Node(child, i, self) for i, child in enumerate(row.children)]


class TagsModel(QAbstractItemModel):
    """A tree of :class:`TagRow`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = _tree(())

    def show_rows(self, rows: Sequence[TagRow]) -> None:
        """Show these rows and no other."""
        self.beginResetModel()
        self._root = _tree(rows)
        self.endResetModel()

    def row(self, index: Index) -> TagRow:
        """What a row shows."""
        return self._node(index).row

    def _node(self, index: Index) -> _Node:
        node = index.internalPointer() if index.isValid() else self._root
        assert isinstance(node, _Node)
        return node

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        children = self._node(parent).children
        if 0 <= row < len(children) and 0 <= column < len(Column):
            return self.createIndex(row, column, children[row])
        return QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        parent = self._node(index).parent
        if parent is None or parent is self._root:
            return QModelIndex()
        return self.createIndex(parent.number, 0, parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self._node(parent).children) if parent.column() <= 0 else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(_HEADINGS[Column(section)][0])
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(_HEADINGS[Column(section)][1])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.row(index), Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return " ↵ ".join(_text(row, column).splitlines())
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.keyword or row.name if column is Column.NAME else _text(row, column)
        return None


class TagsPanel(QWidget):
    """A search field over the tree of elements."""

    looked_at = Signal()
    """The panel comes into view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[TagRow, ...] = ()
        self.title_bar = title_bar(tr("DICOM TAGS"))
        self.search = QLineEdit()
        self.problem = QLabel()
        self.tree = QTreeView()
        self.model = TagsModel(self)
        self.summary = QLabel()
        self.copy_value = QAction(tr("Copy value"), self)
        self.copy_row = QAction(tr("Copy row"), self)
        self._build()

    def _build(self) -> None:
        self.search.setPlaceholderText(tr("Search tag, keyword, name or value …"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(tr("Search the DICOM tags"))
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self.tree.setFocus)
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.summary.setProperty("role", "secondary")

        tree = self.tree
        tree.setModel(self.model)
        tree.setAccessibleName(tr("DICOM tags"))
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tree.setUniformRowHeights(True)
        tree.setIndentation(_INDENTATION)
        tree.setStyleSheet(f"QTreeView::item {{ padding: {UNIT // 2}px 0; }}")
        tree.setAllColumnsShowFocus(True)
        tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        tree.setTabKeyNavigation(False)
        header = tree.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(Column.VALUE, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(0)
        keep_styled(self, self._fit_text)

        self.copy_value.setShortcut(QKeySequence.StandardKey.Copy)
        self.copy_value.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.copy_value.triggered.connect(self._copy_value)
        self.copy_row.triggered.connect(self._copy_row)
        tree.addActions([self.copy_value, self.copy_row])
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, 2 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addWidget(self.search)
        layout.addWidget(self.problem)
        layout.addWidget(tree, 1)
        layout.addWidget(self.summary)

    def _fit_text(self) -> None:
        for column, longest in _WIDEST.items():
            width = self.fontMetrics().horizontalAdvance(longest) + 2 * UNIT
            indented = 0 if column else 3 * _INDENTATION
            self.tree.header().resizeSection(column, width + indented)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.looked_at.emit()

    def show_listing(self, listing: TagListing) -> None:
        """Show the elements of a file; the tag that was selected stays so."""
        self._rows = listing.rows
        self._show_problem(tr(listing.problem))
        self._search()

    def show_message(self, text: str) -> None:
        """Show why there is no element."""
        self.show_listing(TagListing(problem=text))

    def _show_problem(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _search(self) -> None:
        current = self.model.row(self.tree.currentIndex()).tag
        words = self.search.text()
        found = matching(self._rows, words)
        self.model.show_rows(found)
        if words.strip():
            self.tree.expandAll()
        for number, row in enumerate(found):
            if row.tag and row.tag == current:
                self.tree.setCurrentIndex(self.model.index(number, 0))
        self.summary.setText(_summary(count_elements(self._rows), found, words))

    def _copy_value(self) -> None:
        self._copy(self.model.row(self.tree.currentIndex()).value)

    def _copy_row(self) -> None:
        row = self.model.row(self.tree.currentIndex())
        self._copy("\t".join((row.tag, row.name, row.vr, row.value)))

    def _copy(self, text: str) -> None:
        if self.tree.currentIndex().isValid():
            QGuiApplication.clipboard().setText(text)


def _tree(rows: Sequence[TagRow]) -> _Node:
    return _Node(TagRow("", "", "", "", "", tuple(rows)), 0, None)


def _text(row: TagRow, column: Column) -> str:
    return (row.tag, row.name, row.vr, row.value)[column]


def _summary(total: int, found: Sequence[TagRow], words: str) -> str:
    if not total:
        return ""
    if words.strip():
        return tr("{shown:,} of {total:,} elements shown", shown=count_elements(found), total=total)
    return counted(total, tr("{n} element"), tr("{n:,} elements"))
