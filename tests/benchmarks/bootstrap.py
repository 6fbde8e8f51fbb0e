"""Time a whole evaluation with 2,000 draws over exams as many as RSNA's, and pycocotools' one.

Exams, patients and box counts are RSNA's: 26,684 exams of 11,452 patients, 9,555 boxes in 6,012
positive exams, ten detections an exam. Both run in this process on the same exams; pycocotools
evaluates once, without intervals, at the ten IoU thresholds and four area ranges of COCO.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

sys.path.insert(0, str(Path(__file__).parents[2]))

from training.evaluation.exam import Exam
from training.evaluation.report import evaluate

EXAMS, PATIENTS, POSITIVES, BOXES, DETECTIONS = 26_684, 11_452, 6_012, 9_555, 10
RESAMPLES = 2_000


def rsna_like_exams() -> list[Exam]:
    """Shaken copies of the truth and strays, with scores that favour the former."""
    generator = np.random.default_rng(0)
    extra = generator.choice(POSITIVES, BOXES - POSITIVES, replace=True)
    counts = np.zeros(EXAMS, int)
    counts[:POSITIVES] = 1 + np.bincount(extra, minlength=POSITIVES)
    patients = generator.integers(PATIENTS, size=EXAMS)
    exams = []
    for place, count in enumerate(counts):
        corners = generator.uniform(0, 700, (DETECTIONS, 2))
        boxes = np.hstack([corners, corners + generator.uniform(100, 320, (DETECTIONS, 2))])
        truth = boxes[:count] + generator.normal(0, 25, (count, 4))
        truth[:, 2:] = np.maximum(truth[:, 2:], truth[:, :2] + 40)
        scores = generator.beta(1, 6, DETECTIONS)
        scores[:count] = generator.beta(2, 4, count)
        exam_score = float(generator.beta(3, 3) if count else generator.beta(1, 4))
        exams.append(
            Exam(
                image_id=str(place),
                patient=str(patients[place]),
                width=1024,
                height=1024,
                truth=truth.astype(np.float32),
                boxes=boxes.astype(np.float32),
                scores=scores.astype(np.float32),
                exam_score=exam_score,
            )
        )
    return exams


def coco(exams: list[Exam], *, is_truth: bool) -> COCO:
    """The truth or the detections as pycocotools takes them, areas at 512."""
    annotations: list[dict[str, object]] = []
    for image, exam in enumerate(exams):
        found = exam.truth if is_truth else exam.boxes
        for place, (x0, y0, x1, y1) in enumerate(found.astype(float).tolist()):
            width, height = x1 - x0, y1 - y0
            entry = {"id": len(annotations) + 1, "image_id": image, "category_id": 1, "iscrowd": 0}
            entry |= {"bbox": [x0, y0, width, height], "area": width * height / 4}
            if not is_truth:
                entry["score"] = float(exam.scores[place])
            annotations.append(entry)
    result = COCO()
    images = [{"id": image} for image in range(len(exams))]
    result.dataset = {"images": images, "categories": [{"id": 1}], "annotations": annotations}
    result.createIndex()
    return result


def main() -> None:
    """Print both times and their ratio."""
    exams = rsna_like_exams()
    with contextlib.redirect_stdout(io.StringIO()):
        truth, found = coco(exams, is_truth=True), coco(exams, is_truth=False)
        peer = COCOeval(truth, found, "bbox")
        start = time.perf_counter()
        peer.evaluate()
        peer.accumulate()
        theirs = time.perf_counter() - start
    start = time.perf_counter()
    once = evaluate(exams)
    single = time.perf_counter() - start
    start = time.perf_counter()
    ours = evaluate(exams, resamples=RESAMPLES)
    whole = time.perf_counter() - start
    precision = peer.eval["precision"][0, :, 0, 0, -1].mean()
    report = (
        f"{EXAMS:,} exams, {PATIENTS:,} patients, {EXAMS * DETECTIONS:,} detections",
        f"AP50: ours {ours.all_exams['AP50']}, pycocotools {100 * precision:.1f}",
        f"pycocotools, one evaluation           {theirs:6.1f} s",
        f"ours, one evaluation, all measures    {single:6.1f} s",
        f"ours with {RESAMPLES:,} draws, all measures  {whole:6.1f} s",
        f"the whole with intervals takes {whole / theirs:.2f} × pycocotools' single evaluation",
    )
    assert once.all_exams["AP50"].value == ours.all_exams["AP50"].value
    print("\n".join(report))  # noqa: T201


if __name__ == "__main__":
    main()
