"""What the reader's verdicts say of an image, once they are complete."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.review.session import ExamState, ReviewSession


def reviewed_boxes(session: ReviewSession, key: str) -> NDArray[np.float32] | None:
    """The boxes ``[N, 4]`` that the reader let stand, in image pixels; N may be 0.

    None where the review of the image is not complete: a finding that is shown is undecided, or
    nothing was decided at all.
    """
    if session.exam_state(key) is not ExamState.DONE:
        return None
    accepted = [f.box for f in session.findings(key) if f.verdict is Verdict.ACCEPTED]
    return np.array(accepted, np.float32).reshape(-1, 4)
