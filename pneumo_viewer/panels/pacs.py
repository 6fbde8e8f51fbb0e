"""The panel that searches an archive, fetches from it and sends to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.network.archive import MOST_STUDIES, FoundStudies, FoundStudy, StudyQuery
from pneumo_viewer.network.servers import DimseServer, WebServer, address_of
from pneumo_viewer.panels.rows import Column, Row, RowsTable
from pneumo_viewer.panels.title_bar import title_bar
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import counted, mark, tr

_MODALITIES = (
    (mark("CR and DX"), ("CR", "DX")),
    (mark("CR"), ("CR",)),
    (mark("DX"), ("DX",)),
    (mark("All"), ()),
)


class PacsPanel(QWidget):
    """Server, search fields, the studies that were found, and what to do with them."""

    search_wanted = Signal(object)
    """A StudyQuery."""
    retrieve_wanted = Signal(list)
    """FoundStudy that are selected."""
    send_wanted = Signal()
    stop_wanted = Signal()
    """End the search or the test that is under way."""
    server_chosen = Signal(int)
    """Its place among the servers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studies: tuple[FoundStudy, ...] = ()
        self._has_server = False
        self._is_asking = False
        self.title_bar = title_bar(tr("PACS"))
        self.server = QComboBox()
        self.test = QPushButton(tr("Test"))
        self.edit = QToolButton()
        self.menu = QMenu(self)
        self.add_server = self.menu.addAction(tr("Add a server …"))
        self.change_server = self.menu.addAction(tr("Change this server …"))
        self.remove_server = self.menu.addAction(tr("Remove this server"))
        self.patient_name = _field(tr("Patient name"), tr("Begins with, or * and ?"))
        self.patient_id = _field(tr("Patient ID"), tr("Whole, or with * and ?"))
        self.first = _field(tr("First study date"), tr("2026-01-31"))
        self.last = _field(tr("Last study date"), tr("2026-12-31"))
        self.modality = QComboBox()
        self.accession = _field(tr("Accession"), tr("Whole, or with * and ?"))
        self.search = QPushButton(tr("Search"))
        self.message = QLabel()
        self.table = RowsTable(
            (
                Column(tr("Patient")),
                Column(tr("Date")),
                Column(tr("Modality")),
                Column(tr("Images"), is_figure=True),
                Column(tr("Description")),
            ),
            tr("Studies that were found"),
        )
        self.retrieve = QPushButton(tr("Retrieve"))
        self.send = QPushButton(tr("Send files …"))
        self._build()
        self.show_servers((), 0)

    def _build(self) -> None:
        self.server.setAccessibleName(tr("Server"))
        self.server.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.server.activated.connect(self.server_chosen)
        self.test.setToolTip(tr("See whether the server answers"))
        self.edit.setText(tr("Servers ▾"))
        self.edit.setMenu(self.menu)
        self.edit.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for text, _ in _MODALITIES:
            self.modality.addItem(tr(text))
        self.modality.setAccessibleName(tr("Modality"))
        self.search.clicked.connect(self._search_or_stop)
        self.message.setWordWrap(True)
        self.message.setProperty("role", "secondary")
        table = self.table
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.selectionModel().selectionChanged.connect(self._enable)
        table.doubleClicked.connect(self._retrieve)
        for key in ("Return", "Enter"):
            shortcut = QShortcut(QKeySequence(key), table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self._retrieve)
        self.retrieve.setToolTip(tr("Fetch the selected studies and open them in the worklist"))
        self.retrieve.clicked.connect(self._retrieve)
        self.send.setToolTip(tr("Send reports, presentation states or images to this server"))
        self.send.clicked.connect(self.send_wanted)

        servers = _row(self.server, self.test, self.edit)
        servers.setStretch(0, 1)
        form = QFormLayout()
        form.setSpacing(UNIT)
        form.setHorizontalSpacing(2 * UNIT)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.patient_name.accessibleName(), self.patient_name)
        form.addRow(self.patient_id.accessibleName(), self.patient_id)
        form.addRow(tr("Study date"), _row(self.first, QLabel("–"), self.last))
        form.addRow(tr("Modality"), self.modality)
        form.addRow(self.accession.accessibleName(), self.accession)
        for field in (self.patient_name, self.patient_id, self.first, self.last, self.accession):
            field.returnPressed.connect(self._search)
        actions = _row(self.retrieve, self.send)
        actions.insertStretch(1)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, 2 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addLayout(servers)
        layout.addLayout(form)
        layout.addWidget(self.search)
        layout.addWidget(self.message)
        layout.addWidget(table, 1)
        layout.addLayout(actions)

    # What is shown

    def show_servers(self, servers: Sequence[DimseServer | WebServer], current: int) -> None:
        """Show these servers, one of them chosen."""
        self._has_server = bool(servers)
        self.server.clear()
        for server in servers:
            self.server.addItem(server.name)
        self.server.setCurrentIndex(current if servers else -1)
        self.server.setPlaceholderText(tr("No server yet"))
        self.server.setToolTip(address_of(servers[current]) if servers else "")
        if servers:
            self.say("")
        else:
            self.say(tr("Add the server of an archive under Servers; nothing is asked before."))
        self._show_studies(())

    def show_found(self, found: FoundStudies) -> None:
        """Show what a search has found."""
        self._show_studies(found.studies)
        if found.is_capped:
            self.say(
                tr("The {n} newest studies; there are more. Narrow the search.", n=MOST_STUDIES)
            )
        elif found.studies:
            self.say(counted(len(found.studies), tr("1 study"), tr("{n} studies")))
        else:
            self.say(tr("No study matches. Leave fields empty, or use *."))

    def show_asking(self, text: str) -> None:
        """Say what is under way; the search can be stopped until something else is said."""
        self.say(text)
        self._is_asking = True
        self._enable()

    def say(self, text: str) -> None:
        """Say how it ended."""
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self._is_asking = False
        self._enable()

    def _show_studies(self, studies: tuple[FoundStudy, ...]) -> None:
        self._studies = studies
        self.table.clearSelection()
        self.table.show_rows(len(studies), lambda row: _cells(studies[row]))
        self._enable()

    def _enable(self) -> None:
        self.search.setText(tr("Stop") if self._is_asking else tr("Search"))
        self.search.setEnabled(self._has_server)
        self.test.setEnabled(self._has_server and not self._is_asking)
        self.server.setEnabled(self._has_server)
        self.send.setEnabled(self._has_server)
        self.change_server.setEnabled(self._has_server)
        self.remove_server.setEnabled(self._has_server)
        self.retrieve.setEnabled(self._has_server and bool(self._selected()))

    # What is asked for

    def _search_or_stop(self) -> None:
        if self._is_asking:
            self.stop_wanted.emit()
        else:
            self._search()

    def _search(self) -> None:
        if self._is_asking or not self._has_server:
            return
        try:
            first, last = _day(self.first.text()), _day(self.last.text())
        except ValueError:
            self.say(tr("Write dates as year-month-day, for instance 2026-01-31."))
            return
        self.search_wanted.emit(
            StudyQuery(
                patient_name=self.patient_name.text().strip(),
                patient_id=self.patient_id.text().strip(),
                accession=self.accession.text().strip(),
                first=first,
                last=last,
                modalities=_MODALITIES[self.modality.currentIndex()][1],
            )
        )

    def _selected(self) -> list[FoundStudy]:
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self._studies[row] for row in rows if row < len(self._studies)]

    def _retrieve(self) -> None:
        if studies := self._selected():
            self.retrieve_wanted.emit(studies)


def _field(name: str, hint: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(hint)
    return field


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(UNIT)
    for widget in widgets:
        row.addWidget(widget)
    return row


def _day(text: str) -> date | None:
    return date.fromisoformat(text.strip()) if text.strip() else None


def _cells(study: FoundStudy) -> Row:
    day = study.date
    is_whole = len(day) == 8 and day.isdigit()
    texts = (
        " ".join(filter(None, (study.patient_name.replace("^", " ").strip(), study.patient_id))),
        f"{day[:4]}-{day[4:6]}-{day[6:]}" if is_whole else day,
        study.modalities.replace("\\", " "),
        study.images,
        study.description,
    )
    return Row(texts, "\n".join(filter(None, texts)))
