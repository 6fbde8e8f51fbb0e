"""What is known of the images under review, and what of it the reader is shown."""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import (
    ExamVerdict,
    Finding,
    ImageReview,
    detected_findings,
    own_findings,
    parse_finding_id,
)

_NOTHING = ImageReview()


class ExamState(Enum):
    """How far the reader has come with one image."""

    UNTOUCHED = "untouched"
    IN_PROGRESS = "in progress"
    DONE = "done"


class ReviewState:
    """The open images, what the active model found in them, and what the reader says of them.

    Every view asks here; only :class:`pneumo_viewer.review.session.ReviewSession` changes it.
    """

    def __init__(self) -> None:
        self._images: dict[str, None] = {}
        self._model: ModelIdentity | None = None
        self._detections: dict[str, Detections | None] = {}
        self._reviews: dict[str, ImageReview] = {}
        self._truth: dict[str, NDArray[np.float32]] = {}
        self._current: str | None = None
        self._selected: str | None = None
        self._threshold = 0.5
        self._is_blinded = False
        self._stages: dict[str, Stage] = {}

    @property
    def model(self) -> ModelIdentity | None:
        """The model whose findings are shown."""
        return self._model

    @property
    def current(self) -> str | None:
        """Key of the image on the screen."""
        return self._current

    @property
    def selected(self) -> str | None:
        """Id of the selected finding of the current image."""
        return self._selected

    @property
    def threshold(self) -> float:
        """Findings with at least this score are shown; all are kept."""
        return self._threshold

    @property
    def unscored(self) -> tuple[str, ...]:
        """Open images of which the store knows no detections of the active model."""
        return tuple(key for key, found in self._detections.items() if found is None)

    @property
    def is_blinded(self) -> bool:
        """Whether the reader is shown only what was revealed to him, image by image."""
        return self._is_blinded

    def stage(self, key: str) -> Stage:
        """How much of an image the reader is shown."""
        return self._stages.get(key, Stage.BLINDED) if self._is_blinded else Stage.OPEN

    @property
    def hidden_count(self) -> int:
        """Open images of which something is hidden from the reader."""
        return sum(not self.stage(key).shows_truth for key in self._images)

    def is_scored(self, key: str) -> bool:
        """Whether the active model has scored the image, hidden or not."""
        return self._detections.get(key) is not None

    def detections(self, key: str) -> Detections | None:
        """What the active model found; None where it has not scored the image, and while hidden."""
        return self._detections.get(key) if self.stage(key).shows_detector else None

    def findings(self, key: str) -> tuple[Finding, ...]:
        """All findings of the active model, best score first, then the reader's own boxes."""
        return self._findings(key, None)

    def shown_findings(self, key: str) -> tuple[Finding, ...]:
        """The findings at or above the threshold, best score first, then the reader's own."""
        return self._findings(key, self._shown_count(key))

    def finding(self, key: str, finding: str) -> Finding | None:
        """The finding of an image with this id, if there is one."""
        return next((known for known in self.findings(key) if known.id == finding), None)

    def exam_verdict(self, key: str) -> ExamVerdict | None:
        """What the reader says of the whole image, or None before that."""
        return self.review(key).verdict

    def comment(self, key: str) -> str:
        """What the reader wrote on the image; empty where there is nothing."""
        return self.review(key).comment

    def review(self, key: str) -> ImageReview:
        """Everything that the reader said of the image, other models' findings included."""
        return self._reviews.get(key, _NOTHING)

    def exam_score(self, key: str) -> float | None:
        """The active model's probability of pneumonia, or None where it has not scored."""
        detections = self.detections(key)
        return None if detections is None else detections.exam_score

    def truth(self, key: str) -> NDArray[np.float32] | None:
        """``[N, 4]`` boxes in image pixels; None where the truth is unknown, and while hidden."""
        return self._truth.get(key) if self.stage(key).shows_truth else None

    def progress(self, key: str) -> tuple[int, int]:
        """How many of the detector's shown findings are decided, and how many are shown."""
        shown = self._shown_count(key)
        return sum(index < shown for index in self._decided(key)), shown

    def exam_state(self, key: str) -> ExamState:
        """Untouched before the reader says anything; done when nothing shown is undecided."""
        review = self.review(key)
        is_judged = bool(self._decided(key) or review.own_boxes or review.verdict)
        if not is_judged:
            return ExamState.IN_PROGRESS if review.comment else ExamState.UNTOUCHED
        decided, shown = self.progress(key)
        return ExamState.DONE if decided == shown else ExamState.IN_PROGRESS

    @property
    def _active_fingerprint(self) -> str | None:
        return None if self._model is None else self._model.fingerprint

    def _shown_count(self, key: str) -> int:
        detections = self.detections(key)
        return 0 if detections is None else int(np.sum(detections.scores >= self._threshold))

    def _decided(self, key: str) -> list[int]:
        """Places of the active model's findings that have a verdict."""
        places = map(parse_finding_id, self.review(key).assessments)
        return [index for fingerprint, index in places if fingerprint == self._active_fingerprint]

    def _findings(self, key: str, count: int | None) -> tuple[Finding, ...]:
        review, detections = self.review(key), self.detections(key)
        own = own_findings(review.own_boxes)
        if detections is None:
            return own
        return (*detected_findings(detections, review.assessments, count), *own)

    def _has_finding(self, finding: str) -> bool:
        return self._current is not None and self.finding(self._current, finding) is not None
