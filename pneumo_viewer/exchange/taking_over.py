"""A reader's own reviews, back from a report or a table into the session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pneumo_viewer.exchange.evidence import person_name
from pneumo_viewer.exchange.records import FiledImage, Review, ReviewedFinding, ReviewedImage
from pneumo_viewer.review.findings import Box, Verdict, finding_id, new_own_id
from pneumo_viewer.review.operations import (
    Operation,
    SetComment,
    SetExamVerdict,
    SetOwnBox,
    SetVerdict,
)
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.state import ExamState
from pneumo_viewer.words import tr

_SAME_PIXELS = 0.01
_SAME_SCORE = 1e-5


@dataclass(frozen=True, slots=True)
class TakingOver:
    """What can be taken over of the open images, and what cannot.

    Attributes
    ----------
    operations
        To be performed.
    images
        How many images they are about.
    reviewed_before
        Images that the reader has reviewed here already; nothing of theirs is touched.
    others
        Images whose review is another reader's.
    without_detection
        Verdicts on findings that the active model has not found here.
    """

    operations: tuple[Operation, ...] = ()
    images: int = 0
    reviewed_before: int = 0
    others: int = 0
    without_detection: int = 0

    def describe(self) -> str:
        """Sentences with all numbers that are not 0."""
        sentences = [tr("Reviews taken over: {count}.", count=self.images)]
        if self.reviewed_before:
            sentences.append(
                tr(
                    "Reviewed here before, and left as they are: {count}.",
                    count=self.reviewed_before,
                )
            )
        if self.others:
            sentences.append(tr("Another reader's, and left out: {count}.", count=self.others))
        if self.without_detection:
            sentences.append(
                tr(
                    "Verdicts on findings that the active model does not have, left out: {count}.",
                    count=self.without_detection,
                )
            )
        return " ".join(sentences)


def plan_taking_over(
    images: Iterable[FiledImage], reviews: Mapping[str, Review], session: ReviewSession
) -> TakingOver:
    """Find out what the session's reader would say by what he said before.

    Parameters
    ----------
    images
        The open ones.
    reviews
        By SOP Instance UID, or by file name without extension.
    """
    operations: list[Operation] = []
    taken = before = others = lost = 0
    for image in images:
        identity = image.identity
        review = reviews.get(identity.sop_instance_uid or image.path.stem)
        if review is None or not review.is_reviewed:
            continue
        if person_name(review.reader) != person_name(session.reader):
            others += 1
        elif session.exam_state(identity.key) is not ExamState.UNTOUCHED:
            before += 1
        else:
            found, unplaced = _operations(ReviewedImage(identity, image.path, review), session)
            operations += found
            taken += bool(found)
            lost += unplaced
    return TakingOver(tuple(operations), taken, before, others, lost)


def _operations(image: ReviewedImage, session: ReviewSession) -> tuple[list[Operation], int]:
    key, review = image.identity.key, image.review
    operations: list[Operation] = []
    places = _places(image, session)
    unplaced = 0
    for finding in review.findings:
        if finding.verdict is Verdict.ADDED:
            operations.append(SetOwnBox(key, new_own_id(), finding.box))
        elif finding.verdict is not Verdict.UNDECIDED:
            place = next((id_ for id_, known in places.items() if _is_same(finding, known)), None)
            if place is None:
                unplaced += 1
                continue
            del places[place]
            box = finding.box if finding.verdict is Verdict.CORRECTED else None
            operations.append(SetVerdict(key, place, finding.verdict, box))
    if review.exam_verdict is not None:
        operations.append(SetExamVerdict(key, review.exam_verdict))
    if review.comment:
        operations.append(SetComment(key, review.comment))
    return operations, unplaced


def _places(image: ReviewedImage, session: ReviewSession) -> dict[str, ReviewedFinding]:
    """What the active model has found, by the id that a verdict is given to."""
    detections = session.detections(image.identity.key)
    if detections is None:
        return {}
    model = detections.model
    return {
        finding_id(model.fingerprint, index): ReviewedFinding(
            image.clipped(_as_box(box)), Verdict.UNDECIDED, score, model
        )
        for index, (box, score) in enumerate(
            zip(detections.boxes.tolist(), detections.scores.tolist(), strict=True)
        )
    }


def _as_box(edges: list[float]) -> Box:
    x0, y0, x1, y1 = edges
    return x0, y0, x1, y1


def _is_same(finding: ReviewedFinding, known: ReviewedFinding) -> bool:
    """Whether a finding is this of the model's; a corrected one is known by its score alone."""
    if finding.model is None or known.model is None or finding.score is None or known.score is None:
        return False
    is_near = finding.verdict is Verdict.CORRECTED or all(
        abs(one - other) <= _SAME_PIXELS for one, other in zip(finding.box, known.box, strict=True)
    )
    is_model = finding.model.fingerprint == known.model.fingerprint
    return is_model and is_near and abs(finding.score - known.score) <= _SAME_SCORE
