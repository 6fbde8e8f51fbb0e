"""Reviews as a submission to the RSNA Pneumonia Detection Challenge of 2018.

Its layout has no room for a remark, so that the name of the file says "research use only".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from pneumo_viewer.exchange.coco import as_xywh, printable
from pneumo_viewer.exchange.records import ReviewedFinding, ReviewedImage
from pneumo_viewer.review.findings import Verdict

_OWN_SCORE = 1.0
"""Of a box that a reader drew, for which no detector has a score."""


def reviews_as_submission(images: Iterable[ReviewedImage]) -> bytes:
    """Write ``patientId,PredictionString``, one line an image, all boxes that were not rejected.

    A ``patientId`` is the name of the image's file, as in the challenge's data. Each prediction is
    score, x, y, width and height.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("patientId", "PredictionString"))
    for image in images:
        boxes = [f for f in image.review.findings if f.verdict is not Verdict.REJECTED]
        writer.writerow(
            (printable(image.path.stem), " ".join(_prediction(image, box) for box in boxes))
        )
    return stream.getvalue().encode()


def _prediction(image: ReviewedImage, finding: ReviewedFinding) -> str:
    score = _OWN_SCORE if finding.score is None else finding.score
    place = " ".join(f"{value:.3f}" for value in as_xywh(image.clipped(finding.box)))
    return f"{score:.6f} {place}"
