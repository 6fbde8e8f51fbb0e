"""What the reader's verdicts say of an image, once they are complete."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pneumo_viewer.review.findings import ExamVerdict, Verdict, parse_finding_id
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.state import ExamState

_STANDING = frozenset({Verdict.ACCEPTED, Verdict.CORRECTED, Verdict.ADDED})


def reviewed_boxes(session: ReviewSession, key: str) -> NDArray[np.float32] | None:
    """The boxes ``[N, 4]`` that the reader let stand, in image pixels; N may be 0.

    They are the active model's that were accepted, as corrected, and the reader's own. None where
    they are not known to be all: a finding that is shown is undecided, nothing was decided, the
    reader is unsure, the exam verdict says otherwise than the boxes, or the boxes that stand are
    those of another model.
    """
    if session.exam_state(key) is not ExamState.DONE:
        return None
    boxes = [finding.box for finding in session.findings(key) if finding.verdict in _STANDING]
    verdict = session.exam_verdict(key)
    if verdict is ExamVerdict.UNSURE:
        return None
    if verdict is not None and (verdict is ExamVerdict.PNEUMONIA) != bool(boxes):
        return None
    if not boxes and _stands_by_another_model(session, key):
        return None
    return np.array(boxes, np.float32).reshape(-1, 4)


def _stands_by_another_model(session: ReviewSession, key: str) -> bool:
    active = None if session.model is None else session.model.fingerprint
    return any(
        assessment.verdict in _STANDING and parse_finding_id(finding)[0] != active
        for finding, assessment in session.review(key).assessments.items()
    )
