"""Who reads, how much he is shown, and how far he agrees with the others."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from pneumo_viewer.actions import Actions
from pneumo_viewer.facts import patient_line
from pneumo_viewer.panels.agreement import AgreementPage
from pneumo_viewer.reader_dialog import ReaderDialog
from pneumo_viewer.review.agreement import Reading
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.readers import collect_readings
from pneumo_viewer.words import mark, tr
from pneumo_viewer.workspace import Workspace

_REVEALS = {
    Stage.DETECTOR: mark("Reveal the detector's findings"),
    Stage.TRUTH: mark("Reveal the ground truth"),
}
_SHOWN = {
    Stage.BLINDED: mark("blinded"),
    Stage.DETECTOR: mark("detector revealed"),
    Stage.TRUTH: mark("all revealed"),
    Stage.OPEN: "",
}


class ReaderDesk(QObject):
    """Keeps the reader's field and the commands of blinded reading at what the session says.

    Parameters
    ----------
    workspace
        What is open.
    actions
        Enabled and disabled as the session allows.
    window
        Dialogs belong to it.
    """

    chosen = Signal(dict)
    """Settings that the reader chose, by name."""

    def __init__(self, workspace: Workspace, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._workspace = workspace
        self._session = workspace.session
        self._actions = actions
        self._window = window
        self.field = QToolButton()
        self.field.setAccessibleName(tr("Reader"))
        self.field.setToolTip(
            tr("Who reads, and what is revealed of the image; click to change reader")
        )
        self.field.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.field.clicked.connect(self.ask_for_reader)
        self.agreement_page = AgreementPage(self._describe)
        self._session.subscribe(self._follow_session)
        self._settings = self._current_settings()
        actions["blinded_reading"].setChecked(self._session.is_blinded)
        self._refresh()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What the commands call."""
        return {
            "change_reader": self.ask_for_reader,
            "blinded_reading": self._session.set_blinded,
            "reveal": self.reveal,
        }

    # What the reader asks for

    def greet(self) -> None:
        """Say under which name verdicts are stored, where nobody has chosen one yet."""
        self._workspace.notice_given.emit(
            tr(
                "You read as {reader}, the name of this account. Review → Reader … takes another.",
                reader=self._session.reader,
            )
        )

    def ask_for_reader(self) -> None:
        """Show the question for the reader's name."""

        def ask(known: list[str]) -> None:
            dialog = ReaderDialog(self._session.reader, known, self._window)
            dialog.chosen.connect(self._session.set_reader)
            dialog.show()

        self._session.ask(lambda store: store.readers(), ask)

    def reveal(self) -> None:
        """Show the next step of the current image."""
        if self._session.current is not None:
            self._session.reveal(self._session.current)

    def compare(self) -> None:
        """Compare all readers on the open images."""
        page, images = self.agreement_page, list(self._workspace.index.images)
        if hidden := self._session.hidden_count:
            page.show_message(
                tr(
                    "Blinded reading: what the others say waits until all is revealed. "
                    "Still hidden: {count}.",
                    count=hidden,
                )
            )
            return
        model = self._session.model
        fingerprint = None if model is None else model.fingerprint

        def show(readings: dict[str, dict[str, Reading]]) -> None:
            if len(readings) < 2:
                page.show_message(
                    tr(
                        "Agreement takes two readers who have given exam verdicts on the "
                        "open studies."
                    )
                )
            else:
                page.show_readings(readings)

        page.show_message(tr("Comparing …"))
        self._session.ask(lambda store: collect_readings(store, images, fingerprint), show)

    # Following the session

    def _follow_session(self, change: Change) -> None:
        self._refresh()
        settings = self._current_settings()
        if settings != self._settings or Aspect.PROBLEM in change.aspects:
            self._actions["blinded_reading"].setChecked(self._session.is_blinded)
        if settings != self._settings:
            self._settings = settings
            self.chosen.emit(settings)

    def _current_settings(self) -> dict[str, object]:
        return {"reader": self._session.reader, "blinded": self._session.is_blinded}

    def _refresh(self) -> None:
        session, key = self._session, self._session.current
        stage = Stage.OPEN if key is None else session.stage(key)
        shown = _SHOWN[stage] or (_SHOWN[Stage.BLINDED] if session.is_blinded else "")
        words = tr("Reader: {reader}", reader=session.reader)
        self.field.setText(f"{words} · {tr(shown)}" if shown else words)
        reveal = self._actions["reveal"]
        following = stage.following
        reveal.setText(tr("Reveal") if following is None else tr(_REVEALS[following]))
        must_judge = stage is Stage.BLINDED and key is not None and not session.exam_verdict(key)
        reveal.setEnabled(following is not None and not must_judge)

    def _describe(self, key: str) -> str:
        image = self._workspace.image(key)
        return f"{patient_line(image.identity)} · {image.path.name}"
