"""Who can say where pneumonia is: the loaded ground truth, a model, or a reader.

What a model found and what a reader accepted have one form, so that any two can be compared, and
so that a reader can be the truth of a model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.detections import ModelIdentity
from pneumo_viewer.review.findings import ExamVerdict, ImageReview, parse_finding_id
from pneumo_viewer.review.readers import standing_boxes
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.words import mark


@dataclass(frozen=True, slots=True)
class LoadedTruth:
    """The ground truth that was loaded from files."""

    @property
    def label(self) -> str:
        """For selection lists and reports."""
        return mark("Loaded ground truth")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """What a model found."""

    model: ModelIdentity

    @property
    def label(self) -> str:
        """For selection lists and reports."""
        return f"{self.model.name} {self.model.version} ({self.model.fingerprint[:8]})"


@dataclass(frozen=True, slots=True)
class ReaderSource:
    """What a reader let stand: boxes accepted, corrected or drawn."""

    reader: str

    @property
    def label(self) -> str:
        """For selection lists and reports."""
        return f"Verdicts of {self.reader}"


TruthSource = LoadedTruth | ReaderSource
AnswerSource = ModelSource | ReaderSource
LOADED_TRUTH = LoadedTruth()


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """What a model or a reader says of one image.

    Attributes
    ----------
    boxes, scores
        ``[N, 4]`` in image pixels, and ``[N]``; a reader's boxes score 1.
    exam_score
        Probability of pneumonia; 1 or 0 of a reader.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    exam_score: float


def answer_sources(
    store: ReviewStore, images: Sequence[str], fingerprint: str | None
) -> tuple[AnswerSource, ...]:
    """The models that scored any of the images, and the readers who have read any."""
    readers = map(ReaderSource, store.readers())
    return (
        *(ModelSource(model) for model in store.models(images)),
        *(source for source in readers if _read_by(store, images, source, fingerprint)),
    )


def answers(
    store: ReviewStore, images: Sequence[str], source: AnswerSource, fingerprint: str | None
) -> dict[str, Answer]:
    """What a model or a reader says, by image key; images without an answer are missing.

    Parameters
    ----------
    fingerprint
        Of the model whose accepted and corrected boxes a reader stands for.
    """
    if isinstance(source, ModelSource):
        found = store.detections(images, source.model.fingerprint)
        return {key: Answer(d.boxes, d.scores, d.exam_score) for key, d in found.items()}
    read = _read_by(store, images, source, fingerprint)
    return {key: _as_answer(boxes) for key, boxes in read.items()}


def truth_of(
    session: ReviewSession,
    images: Sequence[str],
    source: TruthSource,
    done: Callable[[Mapping[str, NDArray[np.float32]]], None],
) -> None:
    """Give the true boxes ``[N, 4]`` by image key; images of which nothing is known are missing.

    A reader's truth is what the reader drew, corrected or accepted among the active model's boxes.
    It is known where an exam verdict agrees with the boxes or, without one, where the reader
    decided on a box. An exam about which the reader is unsure has none.
    """
    if isinstance(source, ReaderSource):
        fingerprint = None if session.model is None else session.model.fingerprint
        session.ask(lambda store: _read_by(store, images, source, fingerprint), done)
        return
    known = ((key, session.truth(key)) for key in images)
    done({key: boxes for key, boxes in known if boxes is not None})


def _read_by(
    store: ReviewStore, images: Sequence[str], source: ReaderSource, fingerprint: str | None
) -> dict[str, NDArray[np.float32]]:
    found = {} if fingerprint is None else store.detections(images, fingerprint)
    read: dict[str, NDArray[np.float32]] = {}
    for image, review in store.reviews(images, source.reader).items():
        detected = found[image].boxes.tolist() if image in found else []
        boxes = standing_boxes(review, detected, fingerprint)
        if _is_complete(review, len(boxes) > 0, fingerprint):
            read[image] = boxes
    return read


def _is_complete(review: ImageReview, has_boxes: bool, fingerprint: str | None) -> bool:
    if review.verdict is not None:
        expected = ExamVerdict.PNEUMONIA if has_boxes else ExamVerdict.NO_PNEUMONIA
        return review.verdict is expected
    decided = {parse_finding_id(finding)[0] for finding in review.assessments}
    return has_boxes or bool(decided & {fingerprint})


def _as_answer(boxes: NDArray[np.float32]) -> Answer:
    return Answer(boxes, np.ones(len(boxes), np.float32), float(len(boxes) > 0))
