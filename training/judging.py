"""What a trained network finds: the threshold that its card names, and its figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from detector.model_card import Metric
from detector.networks.protocol import DetectionNetwork
from detector.precision import full_precision
from detector.preparation import boxes_in_image
from training.datasets.prepared_images import PreparedImages
from training.evaluation.exam import Exam
from training.evaluation.matching import Criterion, last_of_equal_scores, match_exams
from training.evaluation.measures import Estimate
from training.evaluation.operating_points import OPERATING_IOU
from training.evaluation.report import evaluate

BATCH = 16
RESAMPLES = 2000


def detect(network: DetectionNetwork, prepared: PreparedImages) -> list[Exam]:
    """Run the network, in evaluation mode, over prepared images of its input size.

    Boxes of the exams are in pixels of the original images. Images whose boxes are unknown cannot
    be judged and are left out.
    """
    device = next(network.parameters()).device
    exams = []
    known = [place for place, image in enumerate(prepared.images) if not image.has_unknown_boxes]
    for start in range(0, len(known), BATCH):
        chunk = known[start : start + BATCH]
        pixels = np.stack([prepared.pixels[index] for index in chunk])[:, None]
        images = torch.from_numpy(pixels).to(device).float() / 255
        with full_precision():
            predictions = network.predict(images)
        for index, found in zip(chunk, predictions, strict=True):
            image = prepared.images[index]
            width, height = prepared.extents[index]
            boxes, scores = boxes_in_image(
                prepared.maps[index], _numpy(found.boxes), _numpy(found.scores), (width, height)
            )
            exams.append(
                Exam(
                    image_id=image.name,
                    patient=image.patient,
                    width=width,
                    height=height,
                    truth=image.boxes,
                    boxes=boxes,
                    scores=scores,
                    exam_score=found.exam_score,
                )
            )
    return exams


def choose_threshold(exams: Sequence[Exam]) -> float:
    """The score threshold with the best F1 of boxes; never choose it on the exams that are judged.

    F1 = 2 TP / (detections + true boxes); of equal thresholds the highest. 1 where nothing is
    found.
    """
    matches = match_exams(exams, [Criterion(OPERATING_IOU)])
    last = last_of_equal_scores(matches.score)  # a threshold shows all boxes of a score or none
    hits = np.cumsum(matches.is_hit[0])[last]
    if not len(hits) or not hits[-1]:
        return 1.0
    f1 = 2 * hits / (last + 1 + matches.truth_count.sum())
    return float(matches.score[last[np.argmax(f1)]])


def judge(exams: Sequence[Exam], *, threshold: float, data: str, command: str) -> list[Metric]:
    """The figures of a model card, with 95 % intervals from a bootstrap over patients."""
    evaluation = evaluate(exams, threshold=threshold, resamples=RESAMPLES)
    positives, everyone = evaluation.positives, evaluation.all_exams
    figures: list[tuple[str, Estimate]] = [
        ("AP50 of positive exams", positives["AP50"]),
        ("AP50 of all exams", everyone["AP50"]),
        ("AP at IoU 0.4 of positive exams", positives["AP40"]),
        ("AR10 of positive exams", positives["AR10"]),
        ("Challenge metric", everyone["Challenge"]),
        ("Exam AUROC", everyone["AUROC"]),
    ]
    data = f"{data}: {evaluation.exam_count} exams, {evaluation.positive_count} positive"
    return [
        Metric(
            name=name,
            value=figure.value,
            interval=figure.interval,
            data=data,
            command=command,
        )
        for name, figure in figures
        if figure.value is not None
    ]


def _numpy(tensor: Tensor) -> np.ndarray:
    return np.asarray(tensor.cpu().numpy(), np.float32)
