"""Reviews as COCO JSON, which is read back as ground truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from detector import __version__
from pneumo_viewer.exchange.records import RESEARCH_USE_ONLY, ReviewedImage
from pneumo_viewer.review.findings import Box


def reviews_as_coco(images: Sequence[ReviewedImage]) -> bytes:
    """Describe the boxes that the reader stands by; bbox is x, y, width, height in pixels.

    COCO says of every image that it lists that the boxes are all there are. So only images whose
    review is complete are listed.
    """
    complete = [image for image in images if image.review.is_complete]
    annotations: list[dict[str, Any]] = []
    for number, image in enumerate(complete, start=1):
        for finding in image.review.standing:
            bbox = as_xywh(image.clipped(finding.box))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": 1,
                    "bbox": bbox,
                    "area": bbox[2] * bbox[3],
                    "iscrowd": 0,
                    "verdict": finding.verdict.value,
                    "confidence": finding.score,
                    "model": "" if finding.model is None else finding.model.fingerprint,
                }
            )
    content = {
        "info": {
            "description": f"Reviewed radiographs. {RESEARCH_USE_ONLY}",
            "contributor": f"pneumo-viewer {__version__}",
        },
        "images": [_image(number, image) for number, image in enumerate(complete, start=1)],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "pneumonia"}],
    }
    return json.dumps(content, indent=1).encode()


def as_xywh(box: Box) -> list[float]:
    """A box as x, y, width and height."""
    x0, y0, x1, y1 = box
    return [x0, y0, x1 - x0, y1 - y0]


def _image(number: int, image: ReviewedImage) -> dict[str, Any]:
    verdict = image.review.exam_verdict
    return {
        "id": number,
        "file_name": printable(image.path.name),
        "width": image.identity.columns,
        "height": image.identity.rows,
        "sop_instance_uid": image.identity.sop_instance_uid,
        "reader": image.review.reader,
        "exam_verdict": None if verdict is None else verdict.value,
    }


def printable(name: str) -> str:
    """A file's name in characters that UTF-8 has."""
    return name.encode(errors="replace").decode()
