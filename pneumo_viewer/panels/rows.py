"""A table of rows that are made when they are shown, so that its length costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from pneumo_viewer.theme import UNIT, colours, keep_styled, scaled

ROW_HEIGHT = 6 * UNIT + 2

_Index = QModelIndex | QPersistentModelIndex


class Column(NamedTuple):
    """What stands over a column, and whether its cells are figures."""

    heading: str
    is_figure: bool = False


class Row(NamedTuple):
    """The texts of a row, its tool tip, and whether it steps back behind the others."""

    texts: tuple[str, ...]
    tip: str = ""
    is_secondary: bool = False


class _RowsModel(QAbstractTableModel):
    def __init__(self, columns: tuple[Column, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self._columns = columns
        self._count = 0
        self._row_at: Callable[[int], Row] = lambda row: Row(())

    def show(self, count: int, row_at: Callable[[int], Row]) -> None:
        self.beginResetModel()
        self._count, self._row_at = count, row_at
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].heading
        return self._alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        row = self._row_at(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tip
        if role == Qt.ItemDataRole.ForegroundRole and row.is_secondary:
            return QBrush(QColor(colours().secondary))
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        is_figure = self._columns[column].is_figure
        side = Qt.AlignmentFlag.AlignRight if is_figure else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


class RowsTable(QTableView):
    """A read-only table without grid, whose rows can be chosen by click or Enter.

    Parameters
    ----------
    columns
        From left to right.
    name
        For screen readers.
    """

    chosen = Signal(int)
    """A row."""

    def __init__(
        self, columns: tuple[Column, ...], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = _RowsModel(columns, self)
        self.setModel(self._model)
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        rows = self.verticalHeader()
        keep_styled(self, lambda: rows.setDefaultSectionSize(scaled(ROW_HEIGHT)))
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setStyleSheet("QHeaderView::section { padding: 4px 7px; }")
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setResizeContentsPrecision(100)
        self.clicked.connect(lambda index: self.chosen.emit(index.row()))
        self.activated.connect(lambda index: self.chosen.emit(index.row()))

    def show_rows(self, count: int, row_at: Callable[[int], Row]) -> None:
        """Show so many rows; each is asked for when it comes into view."""
        self._model.show(count, row_at)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        header = self.horizontalHeader()
        wanted = sum(
            max(self.sizeHintForColumn(column), header.sectionSizeHint(column))
            for column in range(self._model.columnCount())
        )
        header.setStretchLastSection(wanted <= self.viewport().width())

    def texts(self) -> list[tuple[str, ...]]:
        """The texts of every row, for reading aloud and for tests."""
        columns = range(self._model.columnCount())
        return [
            tuple(self._model.index(row, column).data() for column in columns)
            for row in range(self._model.rowCount())
        ]
