"""Which boxes are wrong at a threshold: false positives, and true boxes that were missed.

The rules are those of average precision. Detections take their turn from the best score down, so
that what a detection hits does not depend on the threshold below it: one matching serves all
thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from training.evaluation.exam import Exam
from training.evaluation.matching import intersection_over_union

ERROR_IOU = 0.5
"""Least IoU at which a detection hits a true box, as for AP."""

NO_TRUTH = -1


class ErrorKind(Enum):
    """What is wrong with a box."""

    FALSE_POSITIVE = "FP"
    FALSE_NEGATIVE = "FN"


@dataclass(frozen=True, slots=True)
class BoxError:
    """One box that is wrong at a threshold.

    Attributes
    ----------
    box
        x0 y0 x1 y1 in image pixels: the detection, or the true box that was missed.
    score
        Of the detection; for a missed box of the detection that hits it below the threshold, or
        None where none does.
    """

    image_id: str
    kind: ErrorKind
    box: tuple[float, float, float, float]
    score: float | None


@dataclass(frozen=True, eq=False, slots=True)
class ErrorTable:
    """Every box of some exams that is an error at one threshold or another, best score first.

    Attributes
    ----------
    image_ids
        Of the exams.
    exam
        ``[R]`` index of the exam.
    is_truth
        ``[R]`` a true box, which is an error where its score lies below the threshold; otherwise
        a detection without a true box, which is one from its score up.
    boxes, scores
        ``[R, 4]`` and ``[R]``; the score of a true box that no detection hits is -inf.
    """

    image_ids: tuple[str, ...]
    exam: NDArray[np.intp]
    is_truth: NDArray[np.bool_]
    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]

    def __getitem__(self, row: int) -> BoxError:
        x0, y0, x1, y1 = self.boxes[row].tolist()
        score = float(self.scores[row])
        kind = ErrorKind.FALSE_NEGATIVE if self.is_truth[row] else ErrorKind.FALSE_POSITIVE
        return BoxError(
            self.image_ids[self.exam[row]],
            kind,
            (x0, y0, x1, y1),
            score if np.isfinite(score) else None,
        )

    def rows_at(self, threshold: float) -> NDArray[np.intp]:
        """The rows that are errors at a threshold, best score first."""
        return np.flatnonzero(self.is_truth == (self.scores < threshold))


def hit_truth(
    boxes: NDArray[np.floating],
    scores: NDArray[np.floating],
    truth: NDArray[np.floating],
    iou: float = ERROR_IOU,
) -> NDArray[np.intp]:
    """The true box that each detection of one exam hits, ``[M]``; `NO_TRUTH` where it hits none.

    Each detection takes the free true box that it overlaps most, the best score first; of equal
    overlaps the later box is taken, as in `training.evaluation.matching.match_exams`.
    """
    hits = np.full(len(boxes), NO_TRUTH, dtype=np.intp)
    if not len(boxes) or not len(truth):
        return hits
    overlap = intersection_over_union(boxes, truth)
    overlap[overlap < iou] = -1.0
    for detection in np.argsort(-scores, kind="stable"):
        place = len(truth) - 1 - int(np.argmax(overlap[detection, ::-1]))
        if overlap[detection, place] >= iou:
            hits[detection] = place
            overlap[:, place] = -1.0
    return hits


def find_errors(exams: Sequence[Exam], iou: float = ERROR_IOU) -> ErrorTable:
    """Match every exam once and list what is wrong with its boxes at any threshold."""
    exam_index, is_truth, boxes, scores = [], [], [], []
    for index, exam in enumerate(exams):
        hits = hit_truth(exam.boxes, exam.scores, exam.truth, iou)
        is_hit = hits != NO_TRUTH
        found_at = np.full(len(exam.truth), -np.inf)
        found_at[hits[is_hit]] = exam.scores[is_hit]
        missed, wrong = len(exam.truth), int(np.sum(~is_hit))
        exam_index.append(np.full(missed + wrong, index, dtype=np.intp))
        is_truth.append(np.arange(missed + wrong) < missed)
        boxes += [exam.truth, exam.boxes[~is_hit]]
        scores += [found_at, exam.scores[~is_hit]]
    score = np.concatenate([np.empty(0), *scores])
    order = np.argsort(-score, kind="stable")
    return ErrorTable(
        image_ids=tuple(exam.image_id for exam in exams),
        exam=np.concatenate([np.empty(0, np.intp), *exam_index])[order],
        is_truth=np.concatenate([np.empty(0, np.bool_), *is_truth])[order],
        boxes=np.concatenate([np.empty((0, 4)), *boxes])[order],
        scores=score[order],
    )
