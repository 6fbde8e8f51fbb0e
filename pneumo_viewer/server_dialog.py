"""The question how a server is reached; it does not stop the reading."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.network.servers import OWN_TITLE, DimseServer, WebServer, make_server
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import mark, tr

_KINDS = (("dimse", mark("DICOM (DIMSE)")), ("dicomweb", mark("DICOMweb")))
_EXAMPLE_URL = "https://pacs.example.org/dicom-web"
_PROBLEMS = {
    "name": mark("Give the server a name."),
    "host": mark("Name its host, or give its address."),
    "called_title": mark("AE titles have 1 to 16 characters and no backslash."),
    "own_title": mark("AE titles have 1 to 16 characters and no backslash."),
    "url": mark("The address begins with http:// or https:// and holds no password."),
}


class ServerDialog(QDialog):
    """Asks for the one or the other kind of server.

    Parameters
    ----------
    server
        What to change; None for a new one.
    taken
        Names of the other servers.
    """

    given = Signal(object)
    """A DimseServer or WebServer."""

    def __init__(
        self, server: DimseServer | WebServer | None, taken: Collection[str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Add a server") if server is None else tr("Change a server"))
        self._taken = taken
        self.kind = QComboBox()
        for kind, text in _KINDS:
            self.kind.addItem(tr(text), kind)
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setValue(104)
        self.lines = {name: QLineEdit() for name in ("name", "host", "called_title", "own_title")}
        self.lines["url"] = QLineEdit()
        self.lines["own_title"].setText(OWN_TITLE)
        self.lines["url"].setPlaceholderText(_EXAMPLE_URL)
        self._form = QFormLayout()
        self._form.setSpacing(2 * UNIT)
        for text, field in (
            (tr("Kind"), self.kind),
            (tr("Name"), self.lines["name"]),
            (tr("Host"), self.lines["host"]),
            (tr("Port"), self.port),
            (tr("Its AE title (called)"), self.lines["called_title"]),
            (tr("Our AE title (calling)"), self.lines["own_title"]),
            (tr("Address (URL)"), self.lines["url"]),
        ):
            field.setAccessibleName(text)
            self._form.addRow(text, field)
        self.problem = QLabel()
        self.problem.setProperty("role", "secondary")
        self.problem.setWordWrap(True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * UNIT, 4 * UNIT, 4 * UNIT, 4 * UNIT)
        layout.setSpacing(3 * UNIT)
        layout.addLayout(self._form)
        layout.addWidget(self.problem)
        layout.addStretch()
        layout.addWidget(self.buttons)
        self.setMinimumWidth(420)
        self.kind.currentIndexChanged.connect(self._check)
        self.port.valueChanged.connect(self._check)
        if server is not None:
            self._show(server)
        for line in self.lines.values():
            line.textChanged.connect(self._check)
        self.lines["name"].setFocus()
        self._check()

    def _show(self, server: DimseServer | WebServer) -> None:
        self.kind.setCurrentIndex(self.kind.findData(server.kind))
        for name, value in server.model_dump(exclude={"kind", "port"}).items():
            self.lines[name].setText(value)
        if isinstance(server, DimseServer):
            self.port.setValue(server.port)

    def _server(self) -> DimseServer | WebServer:
        values = {name: line.text() for name, line in self.lines.items()}
        return make_server(self.kind.currentData(), {**values, "port": self.port.value()})

    def _check(self) -> None:
        is_dimse = self.kind.currentData() == "dimse"
        for name in ("host", "called_title", "own_title"):
            self._form.setRowVisible(self.lines[name], is_dimse)
        self._form.setRowVisible(self.port, is_dimse)
        self._form.setRowVisible(self.lines["url"], not is_dimse)
        try:
            server = self._server()
        except ValidationError as error:
            self.problem.setText(tr(_PROBLEMS[str(error.errors()[0]["loc"][0])]))
        else:
            is_taken = server.name in self._taken
            self.problem.setText(tr("Another server has this name.") if is_taken else "")
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not self.problem.text())

    def accept(self) -> None:
        """Tell the server."""
        server = self._server()
        super().accept()
        self.given.emit(server)
