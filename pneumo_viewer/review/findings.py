"""One box on one image, and what the reader says of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from detector.detections import ModelIdentity


class Verdict(Enum):
    """A reader's verdict on one finding. The values are stored; do not rename them."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Finding:
    """A detector's box with the reader's verdict.

    Attributes
    ----------
    id
        Unique within the image: the model's fingerprint and the place of the box among its boxes.
    box
        x0, y0, x1, y1 in continuous image pixels.
    score
        In [0, 1].
    model
        The model that made the box.
    verdict
        The reader's verdict.
    """

    id: str
    box: tuple[float, float, float, float]
    score: float
    model: ModelIdentity
    verdict: Verdict = Verdict.UNDECIDED


def finding_id(fingerprint: str, index: int) -> str:
    """The id of a model's box number ``index``, counted from 0, best score first."""
    return f"{fingerprint}:{index}"


def parse_finding_id(finding: str) -> tuple[str, int]:
    """The model's fingerprint and the index of the box, from a finding's id."""
    fingerprint, _, index = finding.rpartition(":")
    return fingerprint, int(index)
