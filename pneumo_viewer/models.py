"""The models that are installed, and which of them makes the boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from PySide6.QtCore import QObject, Signal

from detector.errors import InputError
from detector.model_card import ModelCard, read_card
from pneumo_viewer.jobs.jobs import Jobs
from pneumo_viewer.jobs.tasks import DetectorState, Task
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.words import tr
from pneumo_viewer.workspace import reason_of
from resources import DEFAULT_WEIGHTS

SUFFIX = ".safetensors"


@dataclass(frozen=True, slots=True)
class Model:
    """A weights file with its card."""

    path: Path
    card: ModelCard

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.card.name} {self.card.version}"


def models_folder() -> Path:
    """Where this user's own weights lie."""
    return platformdirs.user_data_path("pneumo-viewer", appauthor=False) / "models"


def find_models(folders: Sequence[Path]) -> tuple[list[Model], list[InputError]]:
    """The usable weights in some folders by name, and why others are not usable.

    A folder that is missing holds none.
    """
    models: list[Model] = []
    errors: list[InputError] = []
    for folder in folders:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                models.append(Model(path, read_card(path)))
            except InputError as error:
                errors.append(error)
    return models, errors


class Models(QObject):
    """The list of models, and the way from one to another.

    The detector process loads the chosen weights first; only when it has them does the session
    follow, which then shows that model's findings and has missing ones made. Verdicts are bound to
    the model that made the box and stay in the store.

    Parameters
    ----------
    jobs
        Has the detector process.
    session
        Whose model it is.
    active
        What the detector begins with, or None where it cannot be used.
    """

    listed = Signal()
    """The list is another one."""
    chosen = Signal(object)
    """Model: it makes the boxes from now on."""
    notice_given = Signal(str)
    """A sentence for the reader."""

    def __init__(
        self, jobs: Jobs, session: ReviewSession, active: Model | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._session = session
        self._opened: list[Model] = [] if active is None else [active]
        self._found: list[Model] = []
        self._is_loading = False
        self._next: Path | None = None
        self.active = active

    @property
    def models(self) -> Sequence[Model]:
        """Those that came with the program, then this user's own, then those opened elsewhere."""
        paths = {model.path for model in self._found}
        return (*self._found, *(model for model in self._opened if model.path not in paths))

    def refresh(self) -> None:
        """Look into the folders again."""
        self._found, errors = find_models([DEFAULT_WEIGHTS.parent, models_folder()])
        self.listed.emit()
        if errors:
            self.notice_given.emit(str(errors[0]))

    def choose(self, path: Path) -> None:
        """Change to the weights in a file; where they cannot be used, the model stays."""
        if self._is_loading:
            self._next = path
            return
        if self.active is not None and self.active.path == path:
            return
        try:
            model = Model(path, read_card(path))
        except InputError as error:
            self._refuse(error)
            return

        def done(state: DetectorState) -> None:
            self._follow(model, state)
            self._choose_next()

        def failed(error: Exception) -> None:
            self._refuse(error)
            self._choose_next()

        self.notice_given.emit(tr("Loading {model} …", model=model.label))
        self._is_loading = True
        self._jobs.load_detector(
            Task("pneumo_viewer.jobs.detection:load", (str(path),)), done=done, failed=failed
        )

    def _choose_next(self) -> None:
        """Go on to what was chosen meanwhile, so that process and session never part."""
        self._is_loading = False
        path, self._next = self._next, None
        if path is not None:
            self.choose(path)

    def _follow(self, model: Model, state: DetectorState) -> None:
        self.active = model
        if all(known.path != model.path for known in self.models):
            self._opened.append(model)
        # What the process loaded, should the file have been replaced since its card was read.
        self._session.set_model(state.model or model.card.identity)
        self._session.set_threshold(model.card.score_threshold)
        self.listed.emit()
        self.chosen.emit(model)
        self.notice_given.emit(
            tr("{model} makes the boxes now; verdicts on others are kept.", model=model.label)
        )

    def _refuse(self, error: Exception) -> None:
        reason = str(error) if isinstance(error, InputError) else reason_of(error)
        self.notice_given.emit(
            reason
            if self.active is None
            else tr("{reason} {model} stays.", reason=reason, model=self.active.label)
        )
        self.listed.emit()
