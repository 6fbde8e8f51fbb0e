"""The reviewed images as the evaluation wants them, and why some cannot take part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from detector.radiograph import ImageIdentity
from pneumo_viewer.review.images import IdentifiedImage
from pneumo_viewer.review.session import ReviewSession
from training.evaluation.exam import Exam

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
    """
    exams: dict[str, Exam] = {}
    left_out: list[LeftOut] = []
    for image in images:
        identity = image.identity
        truth = session.truth(identity.key)
        detections = session.detections(identity.key)
        if identity.key in exams:
            reason = "the same image was given before"
            left_out.append(LeftOut(identity.source, reason, identity.key))
        elif truth is None:
            left_out.append(LeftOut(identity.source, "no ground truth", identity.key))
        elif detections is None:
            reason = failures.get(identity.key, "not scored yet")
            left_out.append(LeftOut(identity.source, reason, identity.key))
        elif not (identity.columns and identity.rows):
            left_out.append(LeftOut(identity.source, "its size is unknown", identity.key))
        else:
            exams[identity.key] = Exam(
                image_id=identity.key,
                patient=patient_of(identity),
                width=identity.columns,
                height=identity.rows,
                truth=truth,
                boxes=detections.boxes,
                scores=detections.scores,
                exam_score=detections.exam_score,
            )
    return Collected(tuple(exams.values()), tuple(left_out))


def patient_of(identity: ImageIdentity) -> str:
    """Whose image it is; without a patient id, the study's, else nobody else's."""
    return identity.patient_id or identity.study_instance_uid or identity.key
