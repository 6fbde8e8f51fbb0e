"""The question what to export, and where to; it does not stop the reading."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from pneumo_viewer.exchange.formats import Format
from pneumo_viewer.export_run import Exams, ExportOrder
from pneumo_viewer.theme import UNIT
from pneumo_viewer.words import mark, tr

WORDS = {
    Format.STRUCTURED_REPORTS: mark("Structured reports (DICOM SR, TID 1500)"),
    Format.PRESENTATION_STATES: mark("Presentation states (DICOM GSPS)"),
    Format.COCO: mark("Boxes as COCO JSON"),
    Format.TABLE: mark("Table of all findings (CSV)"),
    Format.SUBMISSION: mark("Submission to the RSNA challenge (CSV)"),
    Format.REPORT: mark("Report with pictures (PDF)"),
    Format.IMAGES: mark("Images without identities (DICOM)"),
}
_NAMES_PATIENTS = mark(
    "Reports, states and PDF name the patient and the reader; comments are written as they "
    "are. Everything says “research use only”."
)
_NAMES_NOBODY = mark(
    "By the basic profile of DICOM PS3.15: all that is exported names neither patient nor "
    "reader, leaves comments out and refers to the new images. Text that is burned into pixels "
    "stays. Everything says “research use only”."
)


class ExportDialog(QDialog):
    """Asks which exams, in which forms, and for the folder.

    Parameters
    ----------
    counts
        How many images each choice of exams is about.
    form
        Is ticked at first.
    folder
        Where the last export went, or None.

    Attributes
    ----------
    exams, forms
        The choices.
    folder, replace
        The folder, and whether files in it may be replaced.
    """

    ordered = Signal(object)
    """ExportOrder."""

    def __init__(
        self, counts: dict[Exams, int], form: Format, folder: Path | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Export"))
        self._group = QButtonGroup(self)
        self.exams: dict[Exams, QRadioButton] = {}
        for choice, count in counts.items():
            button = QRadioButton(f"{tr(choice.value)} ({count})")
            button.setEnabled(count > 0)
            self._group.addButton(button)
            self.exams[choice] = button
        first = Exams.REVIEWED if counts[Exams.REVIEWED] else Exams.ALL
        self.exams[first].setChecked(True)
        self.forms = {known: QCheckBox(tr(words)) for known, words in WORDS.items()}
        self.forms[form].setChecked(True)
        for box in self.forms.values():
            box.toggled.connect(self._check)
        self.folder = QLineEdit("" if folder is None else str(folder))
        self.folder.setPlaceholderText(tr("Folder"))
        self.folder.setAccessibleName(tr("Folder of the export"))
        self.folder.textChanged.connect(self._check)
        browse = QPushButton(tr("Browse …"))
        browse.clicked.connect(self._browse)
        self.replace = QCheckBox(tr("Replace files that are there"))
        self.note = QLabel()
        self.note.setProperty("role", "secondary")
        self.note.setWordWrap(True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(tr("Export"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        place = QHBoxLayout()
        place.setSpacing(2 * UNIT)
        place.addWidget(self.folder, 1)
        place.addWidget(browse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4 * UNIT, 4 * UNIT, 4 * UNIT, 4 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addWidget(_heading(tr("EXAMS")))
        for button in self.exams.values():
            layout.addWidget(button)
        layout.addSpacing(2 * UNIT)
        layout.addWidget(_heading(tr("FORMS")))
        for box in self.forms.values():
            layout.addWidget(box)
        layout.addWidget(self.note)
        layout.addSpacing(2 * UNIT)
        layout.addWidget(_heading(tr("FOLDER")))
        layout.addLayout(place)
        layout.addWidget(self.replace)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        width = 32 * self.fontMetrics().height()
        self.setMinimumWidth(width)
        self._keep_room_for_notes(width - 8 * UNIT)
        self.folder.setFocus()
        self._check()

    @property
    def order(self) -> ExportOrder:
        """What is chosen."""
        return ExportOrder(
            next(choice for choice, button in self.exams.items() if button.isChecked()),
            frozenset(form for form, box in self.forms.items() if box.isChecked()),
            Path(self.folder.text().strip()).expanduser().absolute(),
            self.replace.isChecked(),
        )

    def accept(self) -> None:
        """Tell what is ordered."""
        order = self.order
        super().accept()
        self.ordered.emit(order)

    def _keep_room_for_notes(self, width: int) -> None:
        """So that nothing moves, and nothing is cut, when the longer note is shown."""
        self.note.ensurePolished()
        heights = []
        for text in (_NAMES_PATIENTS, _NAMES_NOBODY):
            self.note.setText(tr(text))
            heights.append(self.note.heightForWidth(width))
        self.note.setMinimumHeight(max(heights))

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Export to"), self.folder.text())
        if folder:
            self.folder.setText(folder)

    def _check(self) -> None:
        is_anonymous = self.forms[Format.IMAGES].isChecked()
        self.note.setText(tr(_NAMES_NOBODY if is_anonymous else _NAMES_PATIENTS))
        is_ready = bool(self.folder.text().strip()) and bool(self.order.formats)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(is_ready)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
