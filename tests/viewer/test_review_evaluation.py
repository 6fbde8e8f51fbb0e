"""Which images are evaluated, with what, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from detector.detections import Detections, ModelIdentity
from detector.radiograph import ImageIdentity
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.evaluation import LeftOut, collect_exams
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from training.evaluation.report import evaluate

MODEL = ModelIdentity("compact", "1.0", "00112233aabbccdd", "compact")
LEFT_LUNG = [100.0, 100.0, 300.0, 400.0]
RIGHT_LUNG = [600.0, 100.0, 800.0, 400.0]
NO_BOX = np.zeros((0, 4), np.float32)


@dataclass
class Image:
    identity: ImageIdentity


def image(key: str, patient: str = "p1", study: str = "", columns: int = 1024) -> Image:
    return Image(
        ImageIdentity(
            key,
            source=f"{key}.dcm",
            patient_id=patient,
            study_instance_uid=study,
            rows=768,
            columns=columns,
        )
    )


def boxes(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def found(*rows: list[float]) -> Detections:
    scores = np.linspace(0.9, 0.2, len(rows), dtype=np.float32)
    return Detections(boxes(*rows), scores, 0.75, MODEL)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[ReviewSession]:
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        session = ReviewSession(InlineStoreAccess(store))
        session.set_model(MODEL)
        yield session


def test_an_exam_has_the_truth_and_all_that_was_found_whatever_the_threshold(
    session: ReviewSession,
) -> None:
    session.add_detections("a", found(LEFT_LUNG, RIGHT_LUNG))
    session.set_truth({"a": boxes(LEFT_LUNG)})
    session.set_threshold(0.99)
    collected = collect_exams([image("a")], session)
    (exam,) = collected.exams
    assert (exam.image_id, exam.patient, exam.width, exam.height) == ("a", "p1", 1024, 768)
    assert exam.truth.tolist() == [LEFT_LUNG]
    assert exam.boxes.tolist() == [LEFT_LUNG, RIGHT_LUNG]
    assert exam.scores == pytest.approx([0.9, 0.2])
    assert exam.exam_score == 0.75
    assert collected.left_out == ()


def test_a_healthy_exam_takes_part(session: ReviewSession) -> None:
    session.add_detections("a", found())
    session.set_truth({"a": NO_BOX})
    (exam,) = collect_exams([image("a")], session).exams
    assert not exam.is_positive


def test_what_cannot_be_evaluated_is_listed_with_its_reason(session: ReviewSession) -> None:
    session.add_detections("no truth", found(LEFT_LUNG))
    session.add_detections("evaluated", found(LEFT_LUNG))
    session.add_detections("no size", found(LEFT_LUNG))
    session.set_truth(dict.fromkeys(["waiting", "refused", "evaluated", "no size"], NO_BOX))
    images = [
        image("no truth"),
        image("waiting"),
        image("refused"),
        image("evaluated"),
        image("evaluated"),
        image("no size", columns=0),
    ]
    collected = collect_exams(images, session, {"refused": "the detector ran out of memory"})
    assert [exam.image_id for exam in collected.exams] == ["evaluated"]
    assert collected.left_out == (
        LeftOut("no truth.dcm", "no ground truth", "no truth"),
        LeftOut("waiting.dcm", "not scored yet", "waiting"),
        LeftOut("refused.dcm", "the detector ran out of memory", "refused"),
        LeftOut("evaluated.dcm", "the same image was given before", "evaluated"),
        LeftOut("no size.dcm", "its size is unknown", "no size"),
    )


def test_images_of_one_patient_are_one_group_and_unknown_patients_are_not(
    session: ReviewSession,
) -> None:
    images = [
        image("a", patient="p1", study="s1"),
        image("b", patient="p1", study="s2"),
        image("c", patient="", study="s3"),
        image("d", patient="", study="s3"),
        image("e", patient=""),
        image("f", patient=""),
    ]
    for one in images:
        session.add_detections(one.identity.key, found())
    session.set_truth({one.identity.key: NO_BOX for one in images})
    exams = collect_exams(images, session).exams
    assert [exam.patient for exam in exams] == ["p1", "p1", "s3", "s3", "e", "f"]


def test_a_detector_that_is_always_right_gets_an_average_precision_of_1(
    session: ReviewSession,
) -> None:
    truth = {"a": boxes(LEFT_LUNG), "b": boxes(LEFT_LUNG, RIGHT_LUNG), "c": NO_BOX}
    for key, rows in truth.items():
        session.add_detections(key, found(*rows.tolist()))
    session.set_truth(truth)
    collected = collect_exams([image(key) for key in truth], session)
    evaluation = evaluate(collected.exams)
    assert evaluation.positives["AP50"].value == pytest.approx(1.0)
