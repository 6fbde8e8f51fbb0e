"""The list of what is open: it shows how far the reading is and goes from image to image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from detector.input_gate import Doubt
from pneumo_viewer.canvas.colours import VIEWPORT
from pneumo_viewer.facts import SEPARATOR
from pneumo_viewer.library.found import Refusal, ScannedImage
from pneumo_viewer.library.index import StudyIndex
from pneumo_viewer.panels.title_bar import title_bar
from pneumo_viewer.panels.worklist_model import ROLE_NODE, WorklistModel, WorklistOrder
from pneumo_viewer.panels.worklist_rows import (
    HEADINGS,
    NO_DOUBTS,
    Column,
    Kind,
    Node,
    RowTexts,
)
from pneumo_viewer.panels.worklist_tree import WorklistTree
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.evaluation import NO_FAILURES
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.state import ExamState
from pneumo_viewer.theme import UNIT, colours, keep_styled, scaled
from pneumo_viewer.words import mark, tr

_ROW = 48
_THUMBNAIL = 42
_SHOWN_ASPECTS = {
    Aspect.DETECTIONS,
    Aspect.VERDICTS,
    Aspect.TRUTH,
    Aspect.THRESHOLD,
    Aspect.MODEL,
}
_PREFETCH = 2
_PLACES = (
    mark("Show"),
    mark("Show in the second viewport"),
    mark("Show in the third viewport"),
    mark("Show in the fourth viewport"),
)
_NARROWEST = 348
_WIDTHS = {Column.SCORE: 52, Column.READ: 50, Column.VERDICT: 54, Column.TRUTH: 42}


class _RowPainter(QStyledItemDelegate):
    """Paints the first column in two lines beside the thumbnail, and colours the read mark."""

    def __init__(self, model: WorklistModel, tree: WorklistTree) -> None:
        super().__init__(tree)
        self._model = model
        self._tree = tree

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(40, scaled(_ROW))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        node: Node = index.data(ROLE_NODE)
        is_group = node.kind in (Kind.PATIENT, Kind.STUDY)
        if index.column() != Column.STUDY:
            if not is_group:
                super().paint(painter, option, index)
            return
        view = option.widget
        if is_group:  # to let thousands of them span their columns takes seconds
            option.rect.setRight(self._tree.viewport().width())
        view.style().drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, view
        )
        area = option.rect.adjusted(UNIT, 0, -UNIT, 0)
        painter.save()
        if node.kind is Kind.IMAGE and node.key is not None:
            area = self._paint_thumbnail(painter, area, node.key)
        elif node.kind is Kind.REFUSAL:
            painter.setPen(QColor(colours().warning))
            painter.drawText(
                QRect(area.left(), area.top(), 24, area.height()),
                Qt.AlignmentFlag.AlignVCenter,
                "⚠",
            )
            area.setLeft(area.left() + 24)
        self._paint_lines(painter, option.font, area, node)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, area: QRect, key: str) -> QRect:
        size = scaled(_THUMBNAIL)
        frame = QRect(area.left(), area.center().y() - size // 2, size, size)
        painter.fillRect(frame, QColor(VIEWPORT))
        pixmap = self._model.thumbnail(key)
        if pixmap is not None:
            shown = pixmap.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(0, 0, shown.width(), shown.height())
            place.moveCenter(frame.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(place, pixmap)
        return area.adjusted(frame.width() + 2 * UNIT, 0, 0, 0)

    def _paint_lines(self, painter: QPainter, font: QFont, area: QRect, node: Node) -> None:
        problem = self._model.texts.problem(node)
        first, second = node.lines[0], self._model.texts.second_line(node)
        is_group = node.kind in (Kind.PATIENT, Kind.REFUSALS)
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold if is_group else QFont.Weight.Normal)
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.85)
        upper, lower = QRect(area), QRect(area)
        if second:
            upper.setBottom(area.center().y())
            lower.setTop(area.center().y() + 1)
        for line, rect, line_font, colour, place in (
            (
                first,
                upper,
                bold,
                colours().text if node.kind is not Kind.STUDY else colours().secondary,
                Qt.AlignmentFlag.AlignBottom if second else Qt.AlignmentFlag.AlignVCenter,
            ),
            (
                second,
                lower,
                small,
                colours().warning if problem else colours().secondary,
                Qt.AlignmentFlag.AlignTop,
            ),
        ):
            painter.setFont(line_font)
            painter.setPen(QColor(colour))
            text = fitting(line, painter.fontMetrics(), rect.width())
            painter.drawText(rect, place | Qt.AlignmentFlag.AlignLeft, text)

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        colour = {"✓": colours().tick, "⚠": colours().warning}.get(str(index.data())[:1])
        if index.column() != Column.STUDY and colour is not None:
            option.palette.setColor(option.palette.ColorRole.Text, QColor(colour))
            option.palette.setColor(option.palette.ColorRole.HighlightedText, QColor(colour))


def fitting(line: str, metrics: QFontMetrics, width: int) -> str:
    """As many whole facts of a line, the first ones, as fit; of a longer first one its start."""
    facts = line.split(SEPARATOR)
    for count in range(len(facts), 0, -1):
        text = SEPARATOR.join(facts[:count])
        if metrics.horizontalAdvance(text) <= width:
            return text
    return metrics.elidedText(line, Qt.TextElideMode.ElideRight, width)


class WorklistPanel(QWidget):
    """Filter, tree and a line that sums up."""

    image_chosen = Signal(str)
    """Key of the image that the reader wants to see."""
    image_placed = Signal(int, str)
    """Place of a viewport, and key of the image that the reader wants to see there."""
    thumbnail_wanted = Signal(str)

    def __init__(
        self,
        session: ReviewSession,
        not_scored: Mapping[str, str] = NO_FAILURES,
        doubts: Mapping[str, Sequence[Doubt]] = NO_DOUBTS,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._refusal_count = 0
        self._read: set[str] = set()
        self.model = WorklistModel(RowTexts(session, not_scored, doubts), self)
        self.order = WorklistOrder(self)
        self.order.setSourceModel(self.model)
        self.model.thumbnail_wanted.connect(
            self.thumbnail_wanted, Qt.ConnectionType.QueuedConnection
        )
        self.tree = WorklistTree()
        self.menu = QMenu(self)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Filter by name, id, date, file …"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName(tr("Filter the worklist"))
        self.filter.textChanged.connect(self.order.set_filter)
        self.filter.textChanged.connect(self.tree.expandAll)
        self.filter.returnPressed.connect(self.tree.setFocus)
        self.title_bar = title_bar(tr("WORKLIST"))
        self._summary = QLabel()
        self._summary.setProperty("role", "secondary")
        self._build()

    def _build(self) -> None:
        tree = self.tree
        tree.setModel(self.order)
        tree.setItemDelegate(_RowPainter(self.model, tree))
        tree.setAccessibleName(tr("Worklist"))
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        tree.setUniformRowHeights(True)  # else every new row measures all others again
        tree.setIndentation(3 * UNIT)
        tree.setAllColumnsShowFocus(True)
        tree.setSortingEnabled(True)
        tree.setTabKeyNavigation(False)
        header = tree.header()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(Column.STUDY, QHeaderView.ResizeMode.Stretch)
        header.sortIndicatorChanged.connect(
            lambda column, _: self.model.show_reasons(column == Column.SCORE)
        )
        tree.chosen.connect(self._choose)
        tree.drag_ended.connect(self._mark_current)
        tree.customContextMenuRequested.connect(self._open_menu)
        self.order.rowsInserted.connect(self._unfold)

        self._summary.setWordWrap(True)
        keep_styled(self, self._fit_text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, UNIT, 0, 2 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addWidget(self.filter)
        layout.addWidget(tree, 1)
        layout.addWidget(self._summary)

    def _fit_text(self) -> None:
        self.setMinimumWidth(scaled(_NARROWEST))
        header = self.tree.header()
        for column, width in _WIDTHS.items():
            heading = header.fontMetrics().horizontalAdvance(tr(HEADINGS[column][0]))
            header.resizeSection(column, max(scaled(width), heading + 2 * UNIT))
        self.tree.doItemsLayout()

    # Filling

    def add_images(self, index: StudyIndex, images: Iterable[ScannedImage]) -> None:
        """Show images, new ones and copies, that were just added to the index."""
        self.model.add_images(index, images)
        self._sum_up()

    def add_refusals(self, refusals: Iterable[Refusal]) -> None:
        """Show files that cannot be shown, with their reasons."""
        new = list(refusals)
        self._refusal_count += len(new)
        self.model.add_refusals(new)
        self._sum_up()

    def clear(self) -> None:
        """Show nothing."""
        self._refusal_count = 0
        self._read.clear()
        self.model.clear()
        self._sum_up()

    def refresh(self, change: Change) -> None:
        """Show what changed in the session."""
        if change.aspects & _SHOWN_ASPECTS:
            self.model.refresh(change.image)
            self._sum_up(self.model.keys if change.image is None else (change.image,))

    def show_thumbnail(self, key: str, pixels: NDArray[np.uint8]) -> None:
        """Show a thumbnail, uint8 ``[h, w]``."""
        self.model.show_thumbnail(key, pixels)

    def show_current(self, key: str) -> None:
        """Mark the row of the current image and bring it into view."""
        index = self.order.mapFromSource(self.model.index_of_key(key))
        if index.isValid() and index != self.tree.currentIndex():
            with QSignalBlocker(self.tree.selectionModel()):
                self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index)
            self.tree.viewport().update()

    def _unfold(self, parent: QModelIndex, first: int, last: int) -> None:
        """Show what is below new rows; to unfold the whole tree each time takes too long."""
        self.tree.expand(parent)
        for row in range(first, last + 1):
            index = self.order.index(row, 0, parent)
            if index.data(ROLE_NODE).kind is Kind.REFUSAL:
                self.tree.setFirstColumnSpanned(row, parent, True)
            if self.order.hasChildren(index):
                self.tree.expandRecursively(index)

    # Going from image to image

    def step_image(self, step: int) -> None:
        """Go to the next or previous image in the order of the list."""
        self._go_to(next(self._keys_from_current(step), None))

    def step_exam(self, step: int) -> None:
        """Go to the first image met that belongs to another study."""
        current = self._exam_of(self._session.current)
        for key in self._keys_from_current(step):
            if self._exam_of(key) != current:
                self._go_to(key)
                return

    def neighbours(self) -> list[str]:
        """Keys of the images around the current one, nearest first."""
        after, before = self._keys_from_current(+1), self._keys_from_current(-1)
        near: list[str] = []
        for _ in range(_PREFETCH):
            near.extend(key for key in (next(after, None), next(before, None)) if key is not None)
        return near

    def _go_to(self, key: str | None) -> None:
        if key is not None:
            self.image_chosen.emit(key)

    def _exam_of(self, key: str | None) -> str | None:
        if key is None:
            return None
        node: Node = self.model.index_of_key(key).data(ROLE_NODE)
        assert node.image is not None
        return node.image.identity.study_instance_uid or key

    def _keys_from_current(self, step: int) -> Iterator[str]:
        current = self._session.current
        if current is None:
            index = self.order.index(0, 0)
        else:
            start = self.order.mapFromSource(self.model.index_of_key(current))
            index = self._beside(start, step)
        while index.isValid():
            node: Node = index.data(ROLE_NODE)
            if node.kind is Kind.IMAGE and node.key is not None:
                yield node.key
            index = self._beside(index, step)

    def _beside(self, index: QModelIndex, step: int) -> QModelIndex:
        return self.tree.indexBelow(index) if step > 0 else self.tree.indexAbove(index)

    def _choose(self, index: QModelIndex) -> None:
        node = index.data(ROLE_NODE)
        if node is not None and node.key is not None:
            self.image_chosen.emit(node.key)

    def _mark_current(self) -> None:
        if self._session.current is not None:
            self.show_current(self._session.current)

    def _open_menu(self, position: QPoint) -> None:
        node: Node | None = self.tree.indexAt(position).data(ROLE_NODE)
        key = None if node is None else node.first_key
        if key is None:
            return
        self.menu.clear()
        for place, text in enumerate(_PLACES):
            self.menu.addAction(tr(text), partial(self.image_placed.emit, place, key))
        self.menu.popup(self.tree.viewport().mapToGlobal(position))

    def _sum_up(self, changed: Iterable[str] = ()) -> None:
        """Count again which of the images that changed are read, and say it."""
        for key in changed:
            if self._session.exam_state(key) is ExamState.DONE:
                self._read.add(key)
            else:
                self._read.discard(key)
        count = len(self.model.keys)
        parts = []
        if count:
            parts.append(tr("{read} of {count} images read", read=len(self._read), count=count))
        if self._refusal_count:
            parts.append(tr("{count} files not shown", count=self._refusal_count))
        self._summary.setText(" · ".join(parts))
