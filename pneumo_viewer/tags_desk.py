"""The DICOM tags of the image on the screen: read when they are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from pneumo_viewer.jobs.jobs import Job
from pneumo_viewer.jobs.tasks import Pool, Task
from pneumo_viewer.library.tags import TagListing
from pneumo_viewer.panels.tags import TagsPanel
from pneumo_viewer.review.changes import Change
from pneumo_viewer.words import tr
from pneumo_viewer.workspace import reason_of

if TYPE_CHECKING:
    from pneumo_viewer.main_window import MainWindow

_URGENT = -2


class TagsDesk(QObject):
    """Follows the current image while the panel of tags is in view.

    Parameters
    ----------
    window
        Gets the panel as a dock, behind those at the right and hidden at first.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._workspace = window.workspace
        self._asked: str | None = None
        self._job: Job | None = None
        self.panel = TagsPanel()
        window.docks.add_behind_findings("tags", tr("Tags"), self.panel, self.panel.title_bar)
        self.panel.looked_at.connect(self._ask)
        window.session.subscribe(self._follow)

    def _follow(self, _change: Change) -> None:
        if self._workspace.session.current != self._asked and self.panel.isVisible():
            self._ask()

    def _ask(self) -> None:
        key = self._workspace.session.current
        if key == self._asked:
            return
        if self._job is not None:
            self._job.cancel()
        self._asked, self._job = key, None
        if key is None:
            self.panel.show_message(tr("Open an image to see its tags."))
            return
        path = self._workspace.image(key).path

        def done(listing: TagListing) -> None:
            self._job = None
            self.panel.show_listing(listing)

        def failed(error: Exception) -> None:
            self._job = None
            self.panel.show_message(reason_of(error))

        self._job = self._workspace.jobs.submit(
            Pool.FILES,
            Task("pneumo_viewer.jobs.reading:list_tags", (str(path),)),
            priority=_URGENT,
            done=done,
            failed=failed,
        )
