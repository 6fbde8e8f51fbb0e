"""What one system found in one held-out fold, on disk: a ``detections.json`` that says how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from detector.files import access_error, replace_file
from training.datasets.labelled_image import LabelledImage
from training.evaluation.detections_file import DetectionsFile, DetectionsFileError
from training.evaluation.exam import Exam

DETECTIONS = "detections.json"


class Costs(BaseModel):
    """What training and running a network took.

    Attributes
    ----------
    device
        Where.
    parameters
        Of the network, frozen ones included.
    training_seconds
        Of all steps, those before an interruption taken to be as long as those after it; None
        where no step followed the interruption.
    milliseconds_per_image
        From a prepared image to its boxes, in batches.
    peak_bytes
        The most memory in use, on a GPU that of its tensors, otherwise that of the process; None
        where the system does not tell.
    """

    device: str
    parameters: int
    training_seconds: float | None
    milliseconds_per_image: float
    peak_bytes: int | None


class FoldDetections(DetectionsFile):
    """The detections of one system in one fold; ``pneumo-evaluate`` reads the file, too.

    Attributes
    ----------
    recipe
        What the network was made of and judged on, as its checkpoint holds it.
    threshold
        Score with the best F1 of boxes on the training images.
    costs
        Of this network.
    """

    recipe: dict[str, Any]
    threshold: float
    costs: Costs


def write_fold(
    path: Path, exams: Sequence[Exam], recipe: Mapping[str, Any], threshold: float, costs: Costs
) -> None:
    """Write the detections whole or not at all; bbox is x, y, width, height in image pixels."""
    preset = recipe["preset"]
    content = FoldDetections.model_validate(
        {
            "info": {"model": preset["name"], "score_threshold": preset["score_threshold"]},
            "images": [
                {
                    "id": number,
                    "file_name": exam.image_id,
                    "width": exam.width,
                    "height": exam.height,
                    "exam_score": exam.exam_score,
                }
                for number, exam in enumerate(exams)
            ],
            "annotations": [
                {"image_id": number, "bbox": (x0, y0, x1 - x0, y1 - y0), "score": score}
                for number, exam in enumerate(exams)
                for (x0, y0, x1, y1), score in zip(
                    exam.boxes.tolist(), exam.scores.tolist(), strict=True
                )
            ],
            "recipe": dict(recipe),
            "threshold": threshold,
            "costs": costs,
        }
    )
    replace_file(path, content.model_dump_json().encode())


def read_fold(path: Path) -> FoldDetections:
    """Read what :func:`write_fold` wrote.

    Raises
    ------
    FileAccessError
        It cannot be opened.
    DetectionsFileError
        It is something else.
    """
    try:
        return FoldDetections.model_validate_json(path.read_bytes())
    except OSError as error:
        raise access_error(path, error) from error
    except ValidationError as error:
        raise DetectionsFileError(
            str(path), "pneumo-compare did not write it. Remove it to train that fold again"
        ) from error


def exams_of(found: FoldDetections, images: Mapping[str, LabelledImage]) -> list[Exam]:
    """Join the detections with the truth of their images, given by name."""
    boxes: dict[int, list[tuple[float, ...]]] = {image.id: [] for image in found.images}
    scores: dict[int, list[float]] = {image.id: [] for image in found.images}
    for annotation in found.annotations:
        x, y, width, height = annotation.bbox
        boxes[annotation.image_id].append((x, y, x + width, y + height))
        scores[annotation.image_id].append(annotation.score)
    return [
        Exam(
            image_id=image.file_name,
            patient=images[image.file_name].patient,
            width=image.width,
            height=image.height,
            truth=images[image.file_name].boxes,
            boxes=np.array(boxes[image.id], np.float32).reshape(-1, 4),
            scores=np.array(scores[image.id], np.float32),
            exam_score=image.exam_score,
        )
        for image in found.images
    ]
