"""The reviewed images as the evaluation wants them, and why some cannot take part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from detector.radiograph import ImageIdentity
from pneumo_viewer.review.images import IdentifiedImage
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.sources import Answer
from pneumo_viewer.words import mark
from training.evaluation.exam import Exam
from training.evaluation.subgroups import age_band

NO_FAILURES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An image that is not evaluated.

    Attributes
    ----------
    source
        The path or name that it was read from.
    reason
        Why, in a few words.
    key
        Of the image, or None for a file that could not be opened as one.
    """

    source: str
    reason: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """What can be evaluated and what cannot; together, every image that was given."""

    exams: tuple[Exam, ...]
    left_out: tuple[LeftOut, ...]


def collect_exams(
    images: Iterable[IdentifiedImage],
    session: ReviewSession,
    failures: Mapping[str, str] = NO_FAILURES,
    truth_by_key: Mapping[str, NDArray[np.float32]] | None = None,
) -> Collected:
    """Join truth and detections of each image; the threshold plays no part.

    Parameters
    ----------
    images
        Those to evaluate, in the order in which the exams are wanted.
    session
        Knows the truth and what the active model found.
    failures
        By image key, why the detector could not score it.
    truth_by_key
        Of `pneumo_viewer.review.sources.truth_of`; by default the loaded ground truth.
    """
    exams: dict[str, Exam] = {}
    left_out: list[LeftOut] = []
    for image in images:
        identity = image.identity
        key = identity.key
        truth = session.truth(key) if truth_by_key is None else truth_by_key.get(key)
        detections = session.detections(key)
        if key in exams:
            left_out.append(LeftOut(identity.source, mark("the same image was given before"), key))
        elif truth is None:
            reason = mark("no ground truth") if truth_by_key is None else mark("not read yet")
            left_out.append(LeftOut(identity.source, reason, key))
        elif detections is None:
            left_out.append(
                LeftOut(identity.source, failures.get(key, mark("not scored yet")), key)
            )
        elif not (identity.columns and identity.rows):
            left_out.append(LeftOut(identity.source, mark("its size is unknown"), key))
        else:
            exams[key] = Exam(
                image_id=key,
                patient=patient_of(identity),
                width=identity.columns,
                height=identity.rows,
                truth=truth,
                boxes=detections.boxes,
                scores=detections.scores,
                exam_score=detections.exam_score,
                traits=traits_of(identity),
            )
    return Collected(tuple(exams.values()), tuple(left_out))


def answered_by_both(
    images: Iterable[IdentifiedImage],
    truth_by_key: Mapping[str, NDArray[np.float32]],
    first: Mapping[str, Answer],
    second: Mapping[str, Answer],
) -> tuple[tuple[Exam, ...], tuple[Exam, ...]]:
    """The exams whose truth is known and on which both gave an answer: the same, in one order."""
    exams: dict[str, tuple[Exam, Exam]] = {}
    for image in images:
        identity = image.identity
        key = identity.key
        is_known = key in truth_by_key and key in first and key in second
        if not is_known or not (identity.columns and identity.rows):
            continue
        exam = Exam(
            key,
            patient_of(identity),
            identity.columns,
            identity.rows,
            truth_by_key[key],
            first[key].boxes,
            first[key].scores,
            first[key].exam_score,
        )
        other = second[key]
        exams[key] = (
            exam,
            replace(exam, boxes=other.boxes, scores=other.scores, exam_score=other.exam_score),
        )
    return tuple(one for one, _ in exams.values()), tuple(other for _, other in exams.values())


def best_scores(exams: Sequence[Exam]) -> NDArray[np.float64]:
    """The highest score ``[E]`` of each exam's boxes, or -1 of one without a box."""
    return np.array([exam.scores.max(initial=-1) for exam in exams], dtype=np.float64)


def flipped_exams(best: NDArray[np.float64], before: float, after: float) -> NDArray[np.intp]:
    """The exams that are called at one threshold and not at the other, the best score first.

    An exam is called where it shows a box, as for operating points.

    Parameters
    ----------
    best
        Of :func:`best_scores`.
    before, after
        The two thresholds.
    """
    flipped = np.flatnonzero((best >= before) != (best >= after))
    order: NDArray[np.intp] = flipped[np.argsort(-best[flipped], kind="stable")]
    return order


def traits_of(identity: ImageIdentity) -> dict[str, str]:
    """View, sex and age band, as far as the header states them."""
    age = identity.patient_age_years
    stated = {
        "view": identity.view_position,
        "sex": identity.patient_sex,
        "age": None if age is None else age_band(int(age)),
    }
    return {trait: value for trait, value in stated.items() if value}


def patient_of(identity: ImageIdentity) -> str:
    """Whose image it is; without a patient id, the study's, else nobody else's."""
    return identity.patient_id or identity.study_instance_uid or identity.key
