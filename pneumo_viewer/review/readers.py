"""The people who read: their names, and what each of them says of the same exams."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from pneumo_viewer.review.agreement import Reading
from pneumo_viewer.review.findings import Box, ImageReview, Verdict, parse_finding_id
from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.words import tr

LONGEST_NAME = 64


class ReaderNameError(ValueError):
    """A reader's name cannot be used; the message is a sentence that says why."""


def reader_name(text: str) -> str:
    """The name that was typed, with single spaces and none around it.

    Raises
    ------
    ReaderNameError
        It is empty, too long, or holds characters that cannot be seen.
    """
    name = " ".join(text.split())
    if not name:
        raise ReaderNameError(tr("A reader needs a name."))
    if len(name) > LONGEST_NAME:
        raise ReaderNameError(
            tr("A reader's name has at most {count} characters.", count=LONGEST_NAME)
        )
    if not name.isprintable():
        raise ReaderNameError(tr("A reader's name has only characters that can be seen."))
    return name


def collect_readings(
    store: ReviewStore, images: Collection[str], fingerprint: str | None
) -> dict[str, dict[str, Reading]]:
    """What every reader says of those of the images that he has judged.

    A reader stands for the boxes that he drew, corrected or accepted.

    Parameters
    ----------
    fingerprint
        Of the model whose accepted and corrected boxes count.

    Returns
    -------
    dict
        By reader, then by image key. Readers who have judged none are missing.
    """
    found = {} if fingerprint is None else store.detections(images, fingerprint)
    readings: dict[str, dict[str, Reading]] = {}
    for reader in store.readers():
        for image, review in store.reviews(images, reader).items():
            if review.verdict is None:
                continue
            boxes = found[image].boxes.tolist() if image in found else []
            reading = Reading(review.verdict.value, standing_boxes(review, boxes, fingerprint))
            readings.setdefault(reader, {})[image] = reading
    return readings


def standing_boxes(
    review: ImageReview, detected: list[Box], fingerprint: str | None
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The boxes ``[N, 4]`` that a reader drew, corrected or accepted.

    Parameters
    ----------
    detected, fingerprint
        What the model found in the image whose accepted and corrected boxes count.
    """
    boxes = list(review.own_boxes.values())
    for finding, assessment in review.assessments.items():
        model, index = parse_finding_id(finding)
        if model != fingerprint:
            continue
        if assessment.verdict is Verdict.CORRECTED and assessment.box is not None:
            boxes.append(assessment.box)
        elif assessment.verdict is Verdict.ACCEPTED:
            boxes.append(detected[index])
    return np.array(boxes, np.float32).reshape(-1, 4)
