"""The figures that were published for these systems, to be printed beside those measured here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SOURCE: Final = (
    "Wu et al., Sci Rep 14:1929, 2024, Tables 2 and 3: positive exams of RSNA, ResNet-50, 512 px"
)


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One system's row, in percent.

    Attributes
    ----------
    name
        As the paper writes it.
    ap, ap_medium, ap_large
        Average precision at IoU 0.5, of all boxes and by COCO's areas.
    ar10, ar_medium, ar_large
        Recall of the best ten boxes of an exam.
    """

    name: str
    ap: float
    ap_medium: float
    ap_large: float
    ar10: float
    ar_medium: float
    ar_large: float


PUBLISHED: Final[Mapping[str, PublishedRow]] = {
    "ssd": PublishedRow("SSD", 25.2, 10.4, 30.6, 74.1, 52.7, 86.4),
    "faster_rcnn": PublishedRow("Faster R-CNN", 36.5, 19.2, 42.7, 88.9, 65.3, 96.2),
    "retinanet": PublishedRow("RetinaNet", 45.8, 25.5, 52.5, 97.7, 92.6, 99.3),
    "fcos": PublishedRow("FCOS", 48.6, 24.7, 53.3, 95.6, 90.2, 96.7),
    "nynet_approximation": PublishedRow("NYNet", 49.1, 22.7, 57.6, 94.2, 88.7, 96.1),
    "ours": PublishedRow("ours", 48.6, 22.4, 55.1, 96.1, 89.6, 96.3),
    "ours_da": PublishedRow("ours + DA", 50.2, 25.4, 57.0, 96.1, 90.1, 96.8),
    "ours_da_fl": PublishedRow("ours + DA + FL", 51.5, 27.6, 58.9, 96.6, 92.6, 98.9),
}
"""By the preset that stands for the system here."""
