"""The worklist as a tree for Qt: patient, study, image, and the files that cannot be shown.

A patient with a single image is one row; patients with more unfold into studies and images.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum, IntEnum
from types import MappingProxyType
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

from detector.input_gate import Doubt
from pneumo_viewer.facts import exam_line, image_line, patient_line, study_line
from pneumo_viewer.library.found import Refusal, ScannedImage
from pneumo_viewer.library.index import Patient, Study, StudyImage, StudyIndex, row_of
from pneumo_viewer.panels.exam import EXAM_ANSWERS
from pneumo_viewer.review.evaluation import NO_FAILURES
from pneumo_viewer.review.findings import ExamVerdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.state import ExamState
from pneumo_viewer.words import mark, tr

Index = QModelIndex | QPersistentModelIndex

ROLE_NODE = Qt.ItemDataRole.UserRole
ROLE_SORT = Qt.ItemDataRole.UserRole + 1
ROLE_TEXT = Qt.ItemDataRole.UserRole + 2


class Column(IntEnum):
    """What the columns show."""

    STUDY = 0
    SCORE = 1
    READ = 2
    VERDICT = 3
    TRUTH = 4


_COLUMN_COUNT = len(Column)

HEADINGS = {
    Column.STUDY: (mark("Study"), mark("Patient, study and image")),
    Column.SCORE: (
        mark("Exam"),
        mark("Probability of pneumonia by the detector; click to sort for triage"),
    ),
    Column.READ: (
        mark("Read"),
        mark("Findings with a verdict, of those at or above the threshold"),
    ),
    Column.VERDICT: (mark("Verdict"), mark("Pneumonia or not, by the reader")),
    Column.TRUTH: (mark("Truth"), mark("Boxes of the ground truth; – where it is unknown")),
}


_ORDER = (ExamVerdict.NO_PNEUMONIA, ExamVerdict.UNSURE, ExamVerdict.PNEUMONIA)
NO_DOUBTS: Mapping[str, Sequence[Doubt]] = MappingProxyType({})


class Kind(Enum):
    """What a row stands for."""

    PATIENT = "patient"
    STUDY = "study"
    IMAGE = "image"
    REFUSALS = "refusals"
    REFUSAL = "refusal"


class Node:
    """One row."""

    __slots__ = ("children", "id", "image", "kind", "lines", "parent", "refusal")

    def __init__(
        self,
        kind: Kind,
        node_id: str,
        lines: tuple[str, str],
        parent: Node | None,
        image: StudyImage | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        self.kind = kind
        self.id = node_id
        self.lines = lines
        self.parent = parent
        self.image = image
        self.refusal = refusal
        self.children: list[Node] = []

    @property
    def key(self) -> str | None:
        """Key of the row's image, if it stands for one."""
        return None if self.image is None else self.image.identity.key

    @property
    def first_key(self) -> str | None:
        """Key of the first image in the row or below it, if there is one."""
        below = (child.first_key for child in self.children)
        return self.key or next((key for key in below if key is not None), None)


def _patient_node(patient: Patient) -> Node:
    """The row of a patient without those below it."""
    first = patient.studies[0].images[0]
    name = patient_line(first.identity)
    if len(patient.studies) == len(patient.studies[0].images) == 1:
        return Node(Kind.IMAGE, patient.id, (name, exam_line(first.identity)), None, first)
    return Node(Kind.PATIENT, patient.id, (name, ""), None)


def _study_node(study: Study) -> Node:
    """The row of a study without those below it."""
    return Node(Kind.STUDY, study.id, (study_line(study.images[0].identity), ""), None)


def _image_node(image: StudyImage) -> Node:
    lines = image_line(image.identity), image.path.name
    return Node(Kind.IMAGE, image.key, lines, None, image)


class WorklistModel(QAbstractItemModel):
    """Rows of the open studies with what the session knows of them.

    Parameters
    ----------
    session
        Knows scores, verdicts and truth.
    not_scored
        By image key, why the detector could not score it; looked into, never changed.
    doubts
        By image key, why its score may mean nothing; looked into, never changed.
    """

    thumbnail_wanted = Signal(str)
    """Key of an image whose row is being painted without its thumbnail."""

    def __init__(
        self,
        session: ReviewSession,
        not_scored: Mapping[str, str] = NO_FAILURES,
        doubts: Mapping[str, Sequence[Doubt]] = NO_DOUBTS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._not_scored = not_scored
        self._doubts = doubts
        self._root = Node(Kind.PATIENT, "", ("", ""), None)
        self._rows: dict[tuple[str, str], Node] = {}
        self._by_key: dict[str, Node] = {}
        self._refusals: Node | None = None
        self._thumbnails: dict[str, QPixmap] = {}
        self._has_reasons = False

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
        node = self._put(self._root, row_of(patients, patient), _patient_node(patient))
        if node.kind is Kind.IMAGE:
            return
        images = [(study, image)]
        if was_folded:  # its first image is no news, but has no row of its own yet
            images = [(study, image) for study in patient.studies for image in study.images]
        for study, image in images:
            study_node = self._put(node, row_of(patient.studies, study), _study_node(study))
            self._put(study_node, row_of(study.images, image), _image_node(image))

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

    def problem(self, node: Node) -> str:
        """Why the detector could not score the row's image, or ""."""
        return "" if node.key is None else tr(self._not_scored.get(node.key, ""))

    def second_line(self, node: Node) -> str:
        """What stands below the first line of a row: in order of the score, the reason for it."""
        reason = self._reason(node.key) if self._has_reasons and node.key is not None else ""
        return self.problem(node) or reason or node.lines[1]

    def show_reasons(self, are_shown: bool) -> None:
        """Show with each score the boxes that it comes from, or the image's own facts."""
        self._has_reasons = are_shown
        self.refresh(None)

    def _reason(self, key: str) -> str:
        if not self._session.stage(key).shows_detector or self._session.exam_score(key) is None:
            return ""
        shown = self._session.shown_findings(key)
        scores = [finding.score for finding in shown if finding.score is not None]
        if not scores:
            return tr("no box ≥ {threshold:.2f}", threshold=self._session.threshold)
        if len(scores) == 1:
            return tr("1 box, {score:.2f}", score=scores[0])
        return tr("{count} boxes, best {score:.2f}", count=len(scores), score=max(scores))

    def _announce(self, node: Node) -> None:
        first = self._index_of(node)
        self.dataChanged.emit(first, first.siblingAtColumn(_COLUMN_COUNT - 1))

    def _announce_children(self, node: Node) -> None:
        if not node.children:
            return
        parent = self._index_of(node)
        self.dataChanged.emit(
            self.index(0, 0, parent), self.index(len(node.children) - 1, _COLUMN_COUNT - 1, parent)
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
        if 0 <= row < len(children) and 0 <= column < _COLUMN_COUNT:
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
        return _COLUMN_COUNT

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
            return self._searched_text(node)
        if role == ROLE_SORT:
            return self._sort_value(node, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.lines[0] if column is Column.STUDY else self._figure(node, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column is not Column.STUDY:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._spoken(node)
        return None

    def _figure(self, node: Node, column: Column) -> str:
        key = node.key
        if key is None:
            return ""
        if column is Column.VERDICT:
            verdict = self._session.exam_verdict(key)
            return "" if verdict is None else tr(EXAM_ANSWERS[verdict])
        if column is Column.TRUTH:
            truth = self._session.truth(key)
            return "–" if truth is None else str(len(truth))
        if not self._session.stage(key).shows_detector:
            is_read = self._session.exam_state(key) is ExamState.DONE
            return "✓" if is_read and column is Column.READ else ""
        score = self._session.exam_score(key)
        if score is None:
            if column is Column.READ:
                return ""
            return "⚠" if key in self._not_scored else "…"
        if column is Column.SCORE:
            return f"⚠ {score:.2f}" if self._doubts.get(key) else f"{score:.2f}"
        decided, shown = self._session.progress(key)
        mark = "✓ " if self._session.exam_state(key) is ExamState.DONE else ""
        return f"{mark}{decided}/{shown}"

    def _sort_value(self, node: Node, column: Column) -> float:
        """Larger values come first in triage order."""
        key = node.key
        if key is None:
            return max((self._sort_value(child, column) for child in node.children), default=-1.0)
        if column is Column.VERDICT:
            verdict = self._session.exam_verdict(key)
            return -1.0 if verdict is None else _ORDER.index(verdict)
        if column is Column.TRUTH:
            truth = self._session.truth(key)
            return -1.0 if truth is None else float(len(truth))
        score = self._session.exam_score(key)
        if score is None:
            return -1.0
        if column is Column.SCORE:
            return score
        decided, shown = self._session.progress(key)
        return decided / max(shown, 1)

    @staticmethod
    def _searched_text(node: Node) -> str:
        path = (
            node.image.path.name if node.image else node.refusal.path.name if node.refusal else ""
        )
        return " ".join((*node.lines, path))

    def _spoken(self, node: Node) -> str:
        if node.refusal is not None:
            return f"{node.refusal.path}\n{node.refusal.reason}"
        if node.image is None:
            return node.lines[0]
        lines = [*node.lines, str(node.image.path), self.problem(node)]
        lines.extend(doubt.sentence for doubt in self._doubts.get(node.image.key, ()))
        lines.extend(tr("Also in: {path}", path=path) for path in node.image.other_paths)
        lines.extend(node.image.notes)
        lines.extend(
            f"{tr(HEADINGS[column][0])}: {text}"
            for column in (Column.SCORE, Column.READ, Column.VERDICT, Column.TRUTH)
            if (text := self._figure(node, column))
        )
        return "\n".join(line for line in lines if line)


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
