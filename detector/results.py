"""The results of scoring many radiographs as files: COCO JSON and CSV.

Patient names and ids are left out; the UIDs lead back to them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from detector.detections import Detections
from detector.errors import InputError
from detector.input_gate import Doubt
from detector.model_card import ModelCard
from detector.radiograph import ImageIdentity

_DETECTION_COLUMNS: Final = (
    "file",
    "sop_instance_uid",
    "series_instance_uid",
    "study_instance_uid",
    "x",
    "y",
    "width",
    "height",
    "score",
    "exam_score",
    "doubts",
    "model",
)


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """One image and the boxes to report.

    Attributes
    ----------
    identity
        Of the image; its ``source`` is the file's name in the results.
    shape
        Height and width in pixels.
    detections
        The boxes that reach the threshold.
    doubts
        Why the detections may mean nothing.
    overlay
        Where its picture lies, below the folder of results, or "".
    """

    identity: ImageIdentity
    shape: tuple[int, int]
    detections: Detections
    doubts: tuple[Doubt, ...] = ()
    overlay: str = ""


def detections_above(detections: Detections, threshold: float) -> Detections:
    """Leave out the boxes whose scores are lower than a threshold."""
    count = int(np.count_nonzero(detections.scores >= threshold))
    return replace(detections, boxes=detections.boxes[:count], scores=detections.scores[:count])


def coco_results(
    images: Sequence[ScoredImage], card: ModelCard, threshold: float
) -> dict[str, Any]:
    """Describe images and detections as a COCO data set; bbox is x, y, width, height in pixels."""
    records = []
    annotations: list[dict[str, Any]] = []
    for image_id, image in enumerate(images, start=1):
        height, width = image.shape
        record = {
            "id": image_id,
            "file_name": _as_unicode(image.identity.source),
            "width": width,
            "height": height,
            "sop_instance_uid": image.identity.sop_instance_uid,
            "series_instance_uid": image.identity.series_instance_uid,
            "study_instance_uid": image.identity.study_instance_uid,
            "exam_score": round(image.detections.exam_score, 6),
            "doubts": [doubt.sentence for doubt in image.doubts],
        }
        records.append(record | ({"overlay": image.overlay} if image.overlay else {}))
        for box, score in zip(image.detections.boxes, image.detections.scores, strict=True):
            x0, y0, x1, y1 = box.tolist()
            bbox = [round(value, 3) for value in (x0, y0, x1 - x0, y1 - y0)]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": 1,
                    "bbox": bbox,
                    "area": round(bbox[2] * bbox[3], 3),
                    "iscrowd": 0,
                    "score": round(float(score), 6),
                }
            )
    return {
        "info": {
            "description": card.intended_use,
            "model": card.name,
            "version": card.version,
            "preset": card.preset.name,
            "weights_fingerprint": card.fingerprint,
            "score_threshold": threshold,
        },
        "images": records,
        "annotations": annotations,
        "categories": [{"id": i, "name": name} for i, name in enumerate(card.classes, start=1)],
    }


def coco_as_json(coco: dict[str, Any]) -> bytes:
    """Write COCO as JSON."""
    return json.dumps(coco, indent=1).encode()


def coco_as_csv(coco: dict[str, Any]) -> bytes:
    """Write the annotations of :func:`coco_results` as a table with one row a box."""
    images = {image["id"]: image for image in coco["images"]}
    info = coco["info"]
    model = f"{info['model']} {info['version']} ({info['weights_fingerprint']})"
    rows = []
    for annotation in coco["annotations"]:
        image = images[annotation["image_id"]]
        uids = (image[f"{level}_instance_uid"] for level in ("sop", "series", "study"))
        rows.append(
            (
                image["file_name"],
                *uids,
                *annotation["bbox"],
                annotation["score"],
                image["exam_score"],
                " ".join(image["doubts"]),
                model,
            )
        )
    return _as_csv(_DETECTION_COLUMNS, rows)


def refusals_as_csv(refusals: Iterable[InputError]) -> bytes:
    """Write what could not be scored as a table: file, kind of problem, reason."""
    rows = ((_as_unicode(refusal.source), refusal.kind, refusal.reason) for refusal in refusals)
    return _as_csv(("file", "kind", "reason"), rows)


def _as_unicode(name: str) -> str:
    """Write the bytes of a file name that are no Unicode as escapes, as strict JSON demands."""
    return name.encode(errors="backslashreplace").decode()


def _as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
