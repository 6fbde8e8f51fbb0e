"""The detections of ``pneumo-detect`` against a truth file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    ValidationError,
)

from detector.errors import InputError
from detector.files import access_error
from detector.radiograph import ImageIdentity
from training.datasets.truth import TruthTable
from training.evaluation.exam import Exam


class DetectionsFileError(InputError):
    """A file of detections that cannot be understood."""

    kind = "unusable detections"
    advice = "Give the detections.json that pneumo-detect wrote."


class _Record(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)


class _Info(_Record):
    model: str = ""
    version: str = ""
    weights_fingerprint: str = ""
    score_threshold: float = 0.0


class _Image(_Record):
    id: int
    file_name: str
    width: PositiveInt
    height: PositiveInt
    sop_instance_uid: str = ""
    exam_score: Annotated[float, Field(ge=0, le=1)] | None = None

    @property
    def identity(self) -> ImageIdentity:
        return ImageIdentity(
            key=self.sop_instance_uid or self.file_name,
            source=self.file_name,
            sop_instance_uid=self.sop_instance_uid,
            columns=self.width,
            rows=self.height,
        )


class _Annotation(_Record):
    image_id: int
    bbox: tuple[float, float, NonNegativeFloat, NonNegativeFloat]
    score: float


class DetectionsFile(BaseModel):
    """COCO ``images`` and ``annotations`` with scores.

    Attributes
    ----------
    info
        The model, and the score below which boxes were not written.
    """

    info: _Info = _Info()
    images: list[_Image]
    annotations: list[_Annotation]


def read_detections(path: Path) -> DetectionsFile:
    """Read a ``detections.json``.

    Raises
    ------
    FileAccessError
        It cannot be opened.
    DetectionsFileError
        It is not COCO JSON with scores, or a box belongs to no image.
    """
    try:
        found = DetectionsFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise access_error(path, error) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise DetectionsFileError(str(path), f"{place}: {first['msg']}") from error
    known = {image.id for image in found.images}
    if len(known) < len(found.images):
        raise DetectionsFileError(str(path), "two images have the same id")
    if stray := {annotation.image_id for annotation in found.annotations} - known:
        raise DetectionsFileError(str(path), f"it has boxes for image {min(stray)}, not listed")
    return found


def join_truth(found: DetectionsFile, truth: TruthTable) -> tuple[list[Exam], list[str]]:
    """Find the truth of every scored image.

    Returns
    -------
    exams
        Of the images that the truth knows. Detections name no patients: each image counts as one.
    unknown
        File names of the images about which the truth says nothing.
    """
    by_image: dict[int, list[_Annotation]] = {image.id: [] for image in found.images}
    for annotation in found.annotations:
        by_image[annotation.image_id].append(annotation)
    exams, unknown = [], []
    for image in found.images:
        true_boxes = truth.find(image.identity)
        if true_boxes is None:
            unknown.append(image.file_name)
            continue
        detected = by_image[image.id]
        boxes = np.array([box.bbox for box in detected], dtype=np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        exams.append(
            Exam(
                image_id=str(image.id),
                patient=str(image.id),
                width=image.width,
                height=image.height,
                truth=true_boxes,
                boxes=boxes,
                scores=np.array([box.score for box in detected], dtype=np.float32),
                exam_score=image.exam_score,
            )
        )
    return exams, unknown
