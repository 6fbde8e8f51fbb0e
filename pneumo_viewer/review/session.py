"""A review as it goes on: the state that every view shows, and what changes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review.access import StoreAccess
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.changes import Aspect, Change
from pneumo_viewer.review.findings import Box, ImageReview
from pneumo_viewer.review.operations import Operation, set_box
from pneumo_viewer.review.state import ReviewState
from pneumo_viewer.review.steps import Action, Step, Steps, day_of
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.review.store_errors import StoreError

T = TypeVar("T")


class _Request(NamedTuple):
    """Something that the reader asked for and that is not on disk yet."""

    action: Action
    operation: Callable[[], Operation | None]  # asked when its turn comes
    by: object | None


class _Loaded(NamedTuple):
    detections: dict[str, Detections]
    reviews: dict[str, ImageReview]
    stages: dict[str, Stage]
    log: list[tuple[Action, Step]] | None


class ReviewSession(ReviewState):
    """The one review of a window, which every view shows and sends its operations to.

    What is asked of the store happens in the order asked. State changes when it is on disk, and
    listeners are told then. Every method is called on one thread.

    Parameters
    ----------
    store
        Where detections and verdicts are kept.
    reader
        Whose verdicts these are.
    """

    def __init__(self, store: StoreAccess, reader: str = "reader") -> None:
        super().__init__()
        self.reader = reader
        self._store = store
        self._listeners: list[Callable[[Change], None]] = []
        self._requests: deque[_Request] = deque()
        self._is_writing = False
        self._steps: Steps | None = None  # until those of the day have been read
        self._seen: set[str] = set()  # shown in open reading, by this session to this reader

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Tell ``listener`` of every change until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # What is under review

    def open_images(self, keys: Sequence[str], *, by: object | None = None) -> None:
        """Add images to the review, with what the store knows of them."""
        self._images.update(dict.fromkeys(keys))
        self._load(keys, by)

    def close_images(self, *, by: object | None = None) -> None:
        """End the review of every image; what was done stays in the store, as do its steps."""
        self._images.clear()
        self._detections.clear()
        self._reviews.clear()
        self._truth.clear()
        self._stages.clear()
        self._current = self._selected = None
        self._change(set(Aspect) - {Aspect.MODEL, Aspect.PROBLEM, Aspect.THRESHOLD}, by=by)

    def set_model(self, model: ModelIdentity, *, by: object | None = None) -> None:
        """Show the findings of this model from now on."""
        if model == self._model:
            return
        self._model = model
        self._detections = {}
        self._change({Aspect.MODEL, Aspect.DETECTIONS} | self._drop_lost_selection(), by=by)
        self._load(tuple(self._images), by)

    def add_detections(self, key: str, detections: Detections, *, by: object | None = None) -> None:
        """Keep what a model found in an image; where it has been scored before, that stays."""

        def added(kept: Detections) -> None:
            if kept.model.fingerprint == self._active_fingerprint:
                self._detections[key] = kept
                self._change({Aspect.DETECTIONS}, key, by)

        self._store.run(
            lambda store: store.add_detections(key, detections), added, self._failure(key, by)
        )

    def set_truth(
        self, boxes_by_key: Mapping[str, NDArray[np.float32]], *, by: object | None = None
    ) -> None:
        """Replace the ground truth: ``[N, 4]`` boxes in image pixels, none for a healthy image."""
        self._truth = dict(boxes_by_key)
        self._change({Aspect.TRUTH}, by=by)

    # Where the reader looks

    def show(self, key: str | None, *, by: object | None = None) -> None:
        """Make an image the current one, with nothing selected."""
        if key == self._current:
            return
        aspects = {Aspect.CURRENT} if self._selected is None else {Aspect.CURRENT, Aspect.SELECTION}
        self._current, self._selected = key, None
        self._note_current_seen()
        self._change(aspects, key, by)

    def select(self, finding: str | None, *, by: object | None = None) -> None:
        """Select a finding of the current image, shown or not, or none.

        Raises
        ------
        LookupError
            The current image has no such finding.
        """
        if finding == self._selected:
            return
        if finding is not None and not self._has_finding(finding):
            raise LookupError(f"{self._current} has no finding {finding}")
        self._selected = finding
        self._change({Aspect.SELECTION}, self._current, by)

    def select_next(self, *, by: object | None = None) -> None:
        """Select the shown finding after the selected one; after the last comes the first."""
        self._select_neighbour(+1, by)

    def select_previous(self, *, by: object | None = None) -> None:
        """Select the shown finding before the selected one; before the first comes the last."""
        self._select_neighbour(-1, by)

    def set_threshold(self, threshold: float, *, by: object | None = None) -> None:
        """Show findings from this score on; values outside [0, 1] are moved to its ends.

        The threshold is the float32 next to what is given, so that it compares with a score alike
        in every view.
        """
        threshold = float(np.float32(min(max(threshold, 0.0), 1.0)))
        if threshold == self._threshold:
            return
        self._threshold = threshold
        self._change({Aspect.THRESHOLD}, by=by)

    # What the reader changes

    def perform(self, operation: Operation, *, by: object | None = None) -> None:
        """Carry out an operation; one that changes nothing leaves no step to undo."""
        self._request(_Request(Action.DO, lambda: operation, by))

    def change_box(
        self, key: str, finding: str, change: Callable[[Box], Box], *, by: object | None = None
    ) -> None:
        """Change the box of a finding; a detector's finding is corrected by it.

        Parameters
        ----------
        change
            Gets the box as it is after everything that was asked before.
        """

        def operation() -> Operation | None:
            found = self.finding(key, finding)
            return None if found is None else set_box(key, found, change(found.box))

        self._request(_Request(Action.DO, operation, by))

    def undo(self, *, by: object | None = None) -> None:
        """Take back the last operation, those still on their way to the disk included."""

        def operation() -> Operation | None:
            step = self._to_undo()
            return None if step is None else step.inverse

        self._request(_Request(Action.UNDO, operation, by))

    def redo(self, *, by: object | None = None) -> None:
        """Do again what was last undone, unless something else was done since."""

        def operation() -> Operation | None:
            step = self._to_redo()
            return None if step is None else step.operation

        self._request(_Request(Action.REDO, operation, by))

    @property
    def undo_name(self) -> str | None:
        """What `undo` would take back, or None."""
        step = self._to_undo()
        return None if step is None else step.name

    @property
    def redo_name(self) -> str | None:
        """What `redo` would do again, or None."""
        step = self._to_redo()
        return None if step is None else step.name

    def _to_undo(self) -> Step | None:
        return None if self._steps is None else self._steps.to_undo(self._images)

    def _to_redo(self) -> Step | None:
        return None if self._steps is None else self._steps.to_redo(self._images)

    # Who reads, and how much he is shown

    def set_reader(self, reader: str, *, by: object | None = None) -> None:
        """Go on as another reader, after everything that was asked before."""

        def switch() -> None:
            if reader == self.reader:
                return
            self.reader = reader
            self._reviews.clear()
            self._stages.clear()
            self._seen.clear()
            self._steps = None
            self._note_current_seen()
            self._tell_shown(None, by)
            self._load(tuple(self._images), by)

        self._request(_Request(Action.DO, switch, by))

    def set_blinded(self, is_blinded: bool, *, by: object | None = None) -> None:
        """Hide detector and truth, or show everything of the open images for good.

        Images that this reader has seen openly in this session stay revealed.
        """

        def hide() -> None:
            self._is_blinded = True
            self._tell_shown(None, by)
            self._write_reveal(sorted(self._seen), Stage.TRUTH, by)

        def open_up() -> None:
            self._write_reveal(list(self._images), Stage.TRUTH, by, then=open_reading)

        def open_reading() -> None:
            self._is_blinded = False
            self._note_current_seen()
            self._tell_shown(None, by)

        def change() -> None:
            if is_blinded != self._is_blinded:
                (hide if is_blinded else open_up)()

        self._request(_Request(Action.DO, change, by))

    def reveal(self, key: str, *, by: object | None = None) -> None:
        """Show the next step of an image: the detector after the exam verdict, then the truth."""

        def show_more() -> None:
            stage = self.stage(key)
            if stage.following and (stage is not Stage.BLINDED or self.exam_verdict(key)):
                self._write_reveal([key], stage.following, by)

        self._request(_Request(Action.DO, show_more, by))

    def ask(self, question: Callable[[ReviewStore], T], done: Callable[[T], None]) -> None:
        """Ask the store what the session does not keep, after all that was given before."""
        self._store.run(question, done, self._failure(None, None))

    def _write_reveal(
        self,
        keys: Sequence[str],
        stage: Stage,
        by: object | None,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        reader, model = self.reader, self._active_fingerprint or ""
        if not keys:
            then()
            return

        def work(store: ReviewStore) -> dict[str, Stage]:
            return store.reveal(keys, stage, reader, model)

        def done(stages: dict[str, Stage]) -> None:
            self._stages.update(
                {key: stage for key, stage in stages.items() if key in self._images}
            )
            self._is_writing = False
            try:
                self._tell_shown(keys[0] if len(keys) == 1 else None, by)
                then()
            finally:
                self._write_next()

        self._is_writing = True
        self._store.run(work, done, self._refusal(None, by))

    def note_seen(self, key: str) -> None:
        """Remember that an image is on the screen, beside the current one as well."""
        if not self._is_blinded:
            self._seen.add(key)

    def _note_current_seen(self) -> None:
        if self._current is not None:
            self.note_seen(self._current)

    def _tell_shown(self, key: str | None, by: object | None) -> None:
        """Say that more or less is shown of an image, or of all."""
        aspects = {Aspect.DETECTIONS, Aspect.TRUTH} | self._drop_lost_selection()
        self._change(aspects | ({Aspect.VERDICTS} if key is None else set()), key, by)

    # How requests reach the store, one at a time

    def _request(self, request: _Request) -> None:
        self._requests.append(request)
        self._write_next()

    def _write_next(self) -> None:
        while self._requests and not self._is_writing:
            action, ask, by = self._requests.popleft()
            operation = ask()
            if operation is not None:
                self._write(action, operation, by)

    def _write(self, action: Action, operation: Operation, by: object | None) -> None:
        image, reader, model = operation.image, self.reader, self._active_fingerprint or ""
        is_blinded = self._is_blinded

        def work(store: ReviewStore) -> tuple[Operation | None, ImageReview]:
            inverse = store.perform(action, operation, reader, model, is_blinded=is_blinded)
            return inverse, store.reviews([image], reader)[image]

        def done(written: tuple[Operation | None, ImageReview]) -> None:
            inverse, self._reviews[image] = written
            if self._steps is not None:  # else they will be read with this one among them
                self._steps.remember(action, operation, inverse)
            self._is_writing = False
            try:
                self._change({Aspect.VERDICTS} | self._drop_lost_selection(), image, by)
            finally:
                self._write_next()

        self._is_writing = True
        self._store.run(work, done, self._refusal(image, by))

    def _refusal(self, image: str | None, by: object | None) -> Callable[[Exception], None]:
        def failed(error: Exception) -> None:
            # What waits was asked for in the belief that this had happened: an undo, for one.
            self._requests.clear()
            self._is_writing = False
            self._failure(image, by)(error)

        return failed

    def _load(self, keys: Sequence[str], by: object | None) -> None:
        fingerprint, reader = self._active_fingerprint, self.reader
        knows_steps = self._steps is not None

        def work(store: ReviewStore) -> _Loaded:
            detections = {} if fingerprint is None else store.detections(keys, fingerprint)
            log = None if knows_steps else store.steps(reader, day_of(datetime.now(UTC)))
            reviews, stages = store.reviews(keys, reader), store.stages(keys, reader)
            return _Loaded(detections, reviews, stages, log)

        def loaded(known: _Loaded) -> None:
            still_open = [key for key in keys if key in self._images]
            if reader == self.reader:
                self._reviews.update({key: known.reviews[key] for key in still_open})
                self._stages.update({key: known.stages[key] for key in still_open})
                if known.log is not None:
                    self._steps = Steps(known.log)
            if fingerprint is not None and fingerprint == self._active_fingerprint:
                self._detections.update({key: known.detections.get(key) for key in still_open})
            aspects = {Aspect.DETECTIONS, Aspect.VERDICTS}
            self._change(aspects | ({Aspect.TRUTH} if self._is_blinded else set()), by=by)

        self._store.run(work, loaded, self._failure(None, by))

    def _failure(self, image: str | None, by: object | None) -> Callable[[Exception], None]:
        def failed(error: Exception) -> None:
            if not isinstance(error, StoreError):
                raise error
            self._publish(Change(frozenset({Aspect.PROBLEM}), image, by, error))

        return failed

    def _change(
        self, aspects: Iterable[Aspect], image: str | None = None, by: object | None = None
    ) -> None:
        self._publish(Change(frozenset(aspects), image, by))

    def _publish(self, change: Change) -> None:
        with ExitStack() as stack:  # calls all of them, then raises what one of them raised
            for listener in reversed(self._listeners):
                stack.callback(listener, change)

    def _drop_lost_selection(self) -> set[Aspect]:
        if self._selected is None or self._has_finding(self._selected):
            return set()
        self._selected = None
        return {Aspect.SELECTION}

    def _select_neighbour(self, direction: int, by: object | None) -> None:
        if self._current is None:
            return
        ids = [finding.id for finding in self.shown_findings(self._current)]
        if not ids:
            return
        if self._selected in ids:
            place = ids.index(self._selected) + direction
        else:
            place = 0 if direction > 0 else -1
        self.select(ids[place % len(ids)], by=by)
