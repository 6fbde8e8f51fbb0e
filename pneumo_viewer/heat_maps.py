"""The heat map of the image on the screen: asked for when wanted, and never kept."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from detector.detections import ModelIdentity
from detector.heat_map import HeatMap
from pneumo_viewer.canvas.heat_map import HeatMapLayer
from pneumo_viewer.jobs.jobs import Job
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.review.changes import Change
from pneumo_viewer.workspace import Workspace, reason_of

_URGENT = -3


class HeatMaps(QObject):
    """Follows the current image and the model while heat maps are wanted.

    In a blinded reading there is none before the detector is revealed.
    """

    notice_given = Signal(str)
    """A sentence for the reader."""

    def __init__(self, workspace: Workspace, layer: HeatMapLayer, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._layer = layer
        self._is_wanted = False
        self._job: Job | None = None
        self._asked: tuple[str, ModelIdentity] | None = None
        workspace.session.subscribe(self._follow)

    def set_wanted(self, is_wanted: bool) -> None:
        """Show heat maps or not."""
        self._is_wanted = is_wanted
        self._ask()

    def _follow(self, change: Change) -> None:
        if self._to_show() != self._asked:
            self._ask()

    def _to_show(self) -> tuple[str, ModelIdentity] | None:
        """The image and the model that a map is wanted of; none while the detector is hidden."""
        session = self._workspace.session
        key, model = session.current, session.model
        if not self._is_wanted or key is None or model is None:
            return None
        return (key, model) if session.stage(key).shows_detector else None

    def _ask(self) -> None:
        """Drop what is shown or under way, and ask for what is wanted now."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._layer.clear()
        self._asked = self._to_show()
        if self._asked is None:
            return
        key, _ = self._asked
        image = self._workspace.image(key)

        def done(heat_map: HeatMap) -> None:
            self._job = None
            self._layer.show_map(heat_map, image.identity.columns, image.identity.rows)

        def failed(error: Exception) -> None:
            self._job = None
            self.notice_given.emit(reason_of(error))

        self._job = self._workspace.jobs.submit(
            Pool.DETECTOR,
            Task("pneumo_viewer.jobs.detection:show_centers", (str(image.path), 0)),
            priority=_URGENT,
            done=done,
            failed=failed,
        )
