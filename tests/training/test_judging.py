"""The threshold on a model card is the one with the best F1, and its figures say what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from detector.exam_class import ExamClass
from detector.networks.center_scale import CenterScaleDetector
from detector.networks.protocol import Prediction
from detector.presets import PRESETS
from training.datasets.labelled_image import LabelledImage, no_boxes
from training.datasets.prepared_images import prepare_images
from training.datasets.rsna import read_challenge
from training.evaluation.exam import Exam
from training.judging import choose_threshold, detect, judge

FAR = (60.0, 60.0, 80.0, 80.0)
NEAR = (0.0, 0.0, 20.0, 20.0)


def exam(
    name: str,
    truth: Sequence[tuple[float, ...]],
    found: Sequence[tuple[tuple[float, ...], float]],
) -> Exam:
    return Exam(
        image_id=name,
        patient=name,
        width=100,
        height=100,
        truth=np.array(truth, np.float32).reshape(-1, 4),
        boxes=np.array([box for box, _ in found], np.float32).reshape(-1, 4),
        scores=np.array([score for _, score in found], np.float32),
        exam_score=max((score for _, score in found), default=0.0),
    )


def test_the_threshold_has_the_best_f1() -> None:
    exams = [
        exam("a", [NEAR], [(NEAR, 0.75), (FAR, 0.25)]),
        exam("b", [NEAR], [(NEAR, 0.5)]),
        exam("c", [NEAR], [(FAR, 0.625), (NEAR, 0.125)]),
    ]
    # From the best score down, with 3 true boxes: hit 0.75, miss 0.625, hit 0.5, miss 0.25, hit
    # 0.125. F1 = 2 TP / (detections + 3): 2/4, 2/5, 4/6, 4/7, 6/8.
    assert choose_threshold(exams) == 0.125
    # Without the last hit the third is best.
    assert choose_threshold([*exams[:2], exam("c", [NEAR], [(FAR, 0.625)])]) == 0.5


def test_a_threshold_does_not_part_equal_scores() -> None:
    exams = [
        exam("a", [NEAR], [(NEAR, 0.75)]),
        exam("b", [NEAR], [(NEAR, 0.5), (FAR, 0.5), ((40.0, 0.0, 60.0, 20.0), 0.5)]),
    ]
    # With 2 true boxes F1 is 2/3 at 0.75 and, with both misses of that score, 4/6 at 0.5; between
    # the boxes scored 0.5, where no threshold stands, it would be 4/4.
    assert choose_threshold(exams) == 0.75


def test_without_any_hit_nothing_is_shown() -> None:
    assert choose_threshold([exam("a", [NEAR], [(FAR, 0.9)])]) == 1.0
    assert choose_threshold([exam("a", [NEAR], [])]) == 1.0


def test_the_figures_of_perfect_detections_are_one() -> None:
    exams = [
        exam(str(n), [NEAR] if n % 2 else [], [(NEAR, 0.9)] if n % 2 else []) for n in range(8)
    ]
    metrics = {
        metric.name: metric for metric in judge(exams, threshold=0.5, data="two", command="run")
    }
    assert [metric.value for metric in metrics.values()] == pytest.approx([1] * len(metrics))
    assert metrics["AP50 of positive exams"].interval == pytest.approx((1, 1))
    assert metrics["Exam AUROC"].data == "two: 8 exams, 4 positive"


def test_detections_are_in_pixels_of_the_original_image(
    challenge_folder: Path, tmp_path: Path
) -> None:
    prepared = prepare_images(
        read_challenge(challenge_folder), 64, tmp_path / "cache", preset=PRESETS["compact"]
    )

    class Finder(nn.Module):
        """Finds the bright patch exactly, as a perfect network would."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def predict(self, images: torch.Tensor) -> list[Prediction]:
            results = []
            for image in images[:, 0]:
                rows, columns = torch.nonzero(image > 0.5, as_tuple=True)
                if len(rows):
                    bounds = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                    boxes = torch.tensor([[float(bound) for bound in bounds]])
                else:
                    boxes = torch.zeros(0, 4)
                results.append(Prediction(boxes, torch.ones(len(boxes)), float(len(boxes))))
            return results

    exams = detect(Finder(), prepared)  # type: ignore[arg-type]
    assert [exam.image_id for exam in exams] == ["a", "b", "c", "d", "e", "f"]
    assert [len(exam.boxes) for exam in exams] == [1, 0, 1, 0, 0, 0]
    # Within a network pixel, 1.5 pixels of the image.
    np.testing.assert_allclose(exams[0].boxes, exams[0].truth, atol=1.5)
    assert (exams[0].width, exams[0].height) == (96, 96)


def test_detections_are_cut_at_the_edges_of_the_image_as_the_detector_cuts_them(
    tmp_path: Path,
) -> None:
    # 40 × 80 into 64: 32 × 64 with black bars of 16 columns on either side.
    path = tmp_path / "tall.png"
    cv2.imwrite(str(path), np.zeros((80, 40), np.uint8))
    image = LabelledImage("tall", path, "1", no_boxes(), ExamClass.NORMAL)
    prepared = prepare_images([image], 64, tmp_path / "cache", preset=PRESETS["compact"])

    class Finder(nn.Linear):
        def predict(self, _images: torch.Tensor) -> list[Prediction]:
            boxes = torch.tensor([[8.0, 0, 32, 32], [0, 0, 16, 64], [50, 10, 60, 20]])
            return [Prediction(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.9)]

    (found,) = detect(Finder(1, 1), prepared)  # type: ignore[arg-type]
    # (8 − 16) / 0.8 < 0 is cut to 0, (32 − 16) / 0.8 = 20, 32 / 0.8 = 40; the others lie in bars.
    np.testing.assert_allclose(found.boxes, [[0, 0, 20, 40]])
    np.testing.assert_allclose(found.scores, [0.9])


def test_exams_with_unknown_boxes_are_not_judged(challenge_folder: Path, tmp_path: Path) -> None:
    images = read_challenge(challenge_folder)
    images[1] = replace(images[1], has_unknown_boxes=True)
    prepared = prepare_images(images, 64, tmp_path / "cache", preset=PRESETS["compact"])

    class Finder(nn.Linear):
        def predict(self, batch: torch.Tensor) -> list[Prediction]:
            means = batch.mean(dim=(1, 2, 3)).tolist()
            return [Prediction(torch.zeros(0, 4), torch.zeros(0), mean) for mean in means]

    exams = detect(Finder(1, 1), prepared)  # type: ignore[arg-type]
    assert [exam.image_id for exam in exams] == ["a", "c", "d", "e", "f"]
    means = prepared.pixels.mean(axis=(1, 2))[[0, 2, 3, 4, 5]] / 255
    np.testing.assert_allclose([exam.exam_score for exam in exams], means, rtol=1e-4)


@pytest.mark.parametrize("batch", [1, 4])
def test_detections_do_not_depend_on_the_batch(
    challenge_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("training.judging.BATCH", batch)
    prepared = prepare_images(
        read_challenge(challenge_folder), 128, tmp_path / "cache", preset=PRESETS["compact"]
    )
    torch.manual_seed(0)
    preset = replace(
        PRESETS["compact"], body="test_efficientnet", frozen_body=(), channels=32, head_depth=1
    )
    scores = [exam.exam_score for exam in detect(CenterScaleDetector(preset).eval(), prepared)]
    images = torch.from_numpy(np.array(prepared.pixels))[:, None].float() / 255
    expected = [found.exam_score for found in CenterScaleDetector.predict(_same(preset), images)]
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def _same(preset: object) -> CenterScaleDetector:
    torch.manual_seed(0)
    return CenterScaleDetector(preset).eval()  # type: ignore[arg-type]


def test_detections_are_computed_in_full_precision_as_the_engine_computes_them(
    challenge_folder: Path, tmp_path: Path
) -> None:
    prepared = prepare_images(
        read_challenge(challenge_folder), 64, tmp_path / "cache", preset=PRESETS["compact"]
    )
    allowed = []

    class Watcher(nn.Linear):
        def predict(self, images: torch.Tensor) -> list[Prediction]:
            allowed.append(torch.backends.cudnn.allow_tf32)
            return [Prediction(torch.zeros(0, 4), torch.zeros(0), 0.0) for _ in images]

    with torch.backends.cudnn.flags(enabled=True, allow_tf32=True):
        detect(Watcher(1, 1), prepared)  # type: ignore[arg-type]
        assert torch.backends.cudnn.allow_tf32
    assert allowed == [False]
