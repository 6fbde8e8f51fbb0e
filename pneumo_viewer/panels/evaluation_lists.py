"""The exams of an evaluation in lists: errors, changing calls, all, and those left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from pneumo_viewer.panels.rows import Column, Row, RowsTable
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import tr

_FIGURE = True


class _List(QStackedWidget):
    """A table, or a sentence where it is empty."""

    def __init__(self, columns: tuple[Column, ...], name: str, empty: str) -> None:
        super().__init__()
        self.table = RowsTable(columns, name)
        self.empty = QLabel(empty)
        self.empty.setProperty("role", "secondary")
        self.empty.setWordWrap(True)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 2 * UNIT, 0, 0)
        column.addWidget(self.empty)
        column.addStretch()
        self.addWidget(page)
        self.addWidget(self.table)

    def show_rows(self, count: int, row_at: Callable[[int], Row]) -> None:
        self.table.show_rows(count, row_at)
        self.setCurrentIndex(1 if count else 0)


class ExamLists(QTabWidget):
    """Four lists; a click on a row is a wish to see the image."""

    error_chosen = Signal(int)
    changed_chosen = Signal(int)
    exam_chosen = Signal(int)
    left_out_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Lists of exams"))
        exam = Column(tr("Exam"))
        self._errors = _List(
            (Column(tr("Error")), Column(tr("Score"), _FIGURE), exam, Column(tr("Place"))),
            tr("Errors"),
            tr("No error at this threshold."),
        )
        self._changed = _List(
            (Column(tr("Call")), Column(tr("Best score"), _FIGURE), exam, Column(tr("Truth"))),
            tr("Exams whose call changes"),
            tr("No exam changes its call. A click on a curve moves the threshold."),
        )
        self._all = _List(
            (
                Column(tr("Call")),
                Column(tr("Exam score"), _FIGURE),
                Column(tr("Boxes shown"), _FIGURE),
                Column(tr("True boxes"), _FIGURE),
                exam,
            ),
            tr("All exams"),
            tr("No exam was evaluated."),
        )
        self._left_out = _List(
            (Column(tr("File")), Column(tr("Reason"))),
            tr("Files left out"),
            tr("No file was left out."),
        )
        self.errors, self.changed = self._errors.table, self._changed.table
        self.exams, self.left_out = self._all.table, self._left_out.table
        self.errors.chosen.connect(self.error_chosen)
        self.changed.chosen.connect(self.changed_chosen)
        self.exams.chosen.connect(self.exam_chosen)
        self.left_out.chosen.connect(self.left_out_chosen)
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        for part, title in (
            (self._errors, tr("Errors")),
            (self._changed, tr("Changed calls")),
            (self._all, tr("All exams")),
            (self._left_out, tr("Left out")),
        ):
            self.addTab(part, title)

    def show_errors(self, count: int, row_at: Callable[[int], Row]) -> None:
        """Show the errors at the threshold, best score first."""
        self._errors.show_rows(count, row_at)
        self.setTabText(0, tr("Errors ({count})", count=count))

    def show_changed(
        self, before: float, after: float, count: int, row_at: Callable[[int], Row]
    ) -> None:
        """Show the exams that are called at one of two thresholds only."""
        self._changed.show_rows(count, row_at)
        self.setTabText(
            1,
            tr("Changed calls ({count})", count=count)
            if before == after
            else tr(
                "Changed calls {before:.2f} → {after:.2f} ({count})",
                before=before,
                after=after,
                count=count,
            ),
        )

    def show_changed_first(self) -> None:
        """Bring the changed calls to the front."""
        self.setCurrentIndex(1)

    def show_exams(self, count: int, row_at: Callable[[int], Row]) -> None:
        """Show every exam that was evaluated."""
        self._all.show_rows(count, row_at)
        self.setTabText(2, tr("All exams ({count})", count=count))

    def show_left_out(self, files: Sequence[tuple[str, str, str]]) -> None:
        """Show name, path and reason of each file that was not evaluated."""

        def row_at(row: int) -> Row:
            name, path, reason = files[row]
            return Row((name, reason), f"{path}\n{reason}")

        self._left_out.show_rows(len(files), row_at)
        self.setTabText(3, tr("Left out ({count})", count=len(files)))
