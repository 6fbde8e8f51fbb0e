"""Reviewed studies become a data set that pneumo-train reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from model_stage import write_studies

from detector.detections import Detections, ModelIdentity
from detector.dicom.reading import read_identity
from detector.errors import FileAccessError, FolderNotWritableError
from detector.radiograph import ImageIdentity
from pneumo_viewer.exchange.training_set import (
    TrainingExam,
    TrainingSet,
    plan_training_set,
    writing_tasks,
)
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import ExamVerdict, Verdict, finding_id
from pneumo_viewer.review.operations import SetExamVerdict, SetOwnBox, SetVerdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore
from training.datasets.data_set import read_data_set
from training.datasets.labelled_image import DataSetError

FIRST = ModelIdentity("first", "1", "0" * 16, "compact")
SECOND = ModelIdentity("second", "1", "1" * 16, "compact")
FOUND = np.array([[20, 30, 44, 66], [50, 50, 60.5, 70.25]], np.float32)


@dataclass(frozen=True)
class Image:
    path: Path
    identity: ImageIdentity


def write_training_set(folder: Path, exams: Sequence[TrainingExam]) -> Path:
    """Do every task in this process."""
    path = [task.run() for task in writing_tasks(folder, exams)][-1]
    assert isinstance(path, Path)
    return path


class Review:
    """Six radiographs in which the model found two boxes each, of scores 0.9 and 0.3."""

    def __init__(self, folder: Path, store: ReviewStore) -> None:
        write_studies(folder, 6)
        self.images = [Image(path, read_identity(path)) for path in sorted(folder.iterdir())]
        self.keys = [image.identity.key for image in self.images]
        self.session = ReviewSession(InlineStoreAccess(store))
        self.session.set_threshold(0.2)
        self.score(FIRST)
        self.session.open_images(self.keys)

    def score(self, model: ModelIdentity) -> None:
        self.session.set_model(model)
        for key in self.keys:
            scores = np.array([0.9, 0.3], np.float32)
            self.session.add_detections(key, Detections(FOUND, scores, 0.9, model))

    def decide(self, image: int, *verdicts: Verdict) -> None:
        assert self.session.model is not None
        for place, verdict in enumerate(verdicts):
            finding = finding_id(self.session.model.fingerprint, place)
            self.session.perform(SetVerdict(self.keys[image], finding, verdict))

    def judge(self, image: int, verdict: ExamVerdict) -> None:
        self.session.perform(SetExamVerdict(self.keys[image], verdict))

    def plan(self) -> TrainingSet:
        return plan_training_set(self.images, self.session)

    def boxes(self) -> dict[int, list[list[float]]]:
        """By number of the image, the boxes that would be learnt."""
        return {
            self.keys.index(exam.identity.key): exam.boxes.tolist() for exam in self.plan().exams
        }


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        yield Review(tmp_path / "studies", store)


ACCEPTED, REJECTED = Verdict.ACCEPTED, Verdict.REJECTED


def test_accepted_boxes_are_truth_and_an_exam_without_any_left_is_a_negative(
    review: Review,
) -> None:
    review.decide(0, ACCEPTED, REJECTED)
    review.decide(1, REJECTED, REJECTED)
    review.decide(2, ACCEPTED)  # its second finding is undecided
    assert review.boxes() == {0: [[20, 30, 44, 66]], 1: []}
    assert review.plan().not_reviewed == 4


def test_corrected_and_own_boxes_are_truth(review: Review) -> None:
    key, other = review.keys[:2]
    review.decide(0, ACCEPTED, REJECTED)
    found = review.session.findings(key)[0]
    review.session.change_box(key, found.id, lambda box: (10, 20, 30, 40))
    review.decide(1, REJECTED, REJECTED)
    review.session.perform(SetOwnBox(other, "own:0000000000000001", (1, 2, 33, 44)))
    assert review.boxes() == {0: [[10, 20, 30, 40]], 1: [[1, 2, 33, 44]]}


def test_the_exam_verdict_alone_makes_a_negative_of_an_exam_without_findings(
    review: Review,
) -> None:
    review.session.set_threshold(0.95)
    review.judge(0, ExamVerdict.NO_PNEUMONIA)
    assert review.boxes() == {0: []}


def test_an_exam_in_doubt_is_left_out(review: Review) -> None:
    """Unsure; pneumonia without a box, so that the boxes are unknown; boxes without pneumonia."""
    for image, verdicts in enumerate([(REJECTED,) * 2, (REJECTED,) * 2, (ACCEPTED,) * 2]):
        review.decide(image, *verdicts)
    review.judge(0, ExamVerdict.UNSURE)
    review.judge(1, ExamVerdict.PNEUMONIA)
    review.judge(2, ExamVerdict.NO_PNEUMONIA)
    assert review.boxes() == {}


def test_an_exam_whose_boxes_stand_by_another_model_is_no_negative(review: Review) -> None:
    review.decide(0, ACCEPTED, REJECTED)
    review.decide(1, REJECTED, REJECTED)
    review.score(SECOND)
    review.decide(0, REJECTED, REJECTED)
    review.decide(1, REJECTED, REJECTED)
    assert review.boxes() == {1: []}
    review.session.set_model(FIRST)
    assert review.boxes() == {0: [[20, 30, 44, 66]], 1: []}


def test_the_numbers_are_said(review: Review) -> None:
    assert review.plan().describe() == "No exam is reviewed to its end; 6 are open."
    review.decide(0, ACCEPTED, REJECTED)
    review.decide(1, REJECTED, REJECTED)
    assert review.plan().describe() == (
        "2 reviewed exams of 2 patients: 1 with boxes, 1 without. "
        "4 not reviewed to their end are left out."
    )


def test_what_is_written_is_what_pneumo_train_reads(review: Review, tmp_path: Path) -> None:
    for image in range(6):
        review.decide(image, ACCEPTED if image % 2 == 0 else REJECTED, ACCEPTED)
    plan = review.plan()
    written = write_training_set(tmp_path / "set", plan.exams)
    data = read_data_set(written)
    assert [image.boxes.tolist() for image in data.images] == [
        exam.boxes.tolist() for exam in plan.exams
    ]
    assert [image.patient for image in data.images] == [f"patient {n}" for n in range(6)]
    assert data.folds == {exam.patient: exam.fold for exam in plan.exams}
    assert set(plan.folds) == {0, 1, 2, 3, 4}
    for image, exam in zip(data.images, plan.exams, strict=True):
        assert image.path.read_bytes() == exam.path.read_bytes()


def test_the_images_of_one_patient_are_in_one_fold(review: Review, tmp_path: Path) -> None:
    review.images = [
        replace(image, identity=replace(image.identity, patient_id=f"p{number // 2}"))
        for number, image in enumerate(review.images)
    ]
    for image in range(6):
        review.decide(image, ACCEPTED, REJECTED)
    folds = [exam.fold for exam in review.plan().exams]
    assert [folds[0] == folds[1], folds[2] == folds[3], folds[4] == folds[5]] == [True] * 3
    assert sorted(set(folds)) == [0, 1, 2]


def test_pictures_of_one_name_from_two_folders_do_not_meet(review: Review, tmp_path: Path) -> None:
    for image in (0, 1):
        review.decide(image, ACCEPTED, REJECTED)
    moved = []
    for number, exam in enumerate(review.plan().exams):
        path = tmp_path / f"folder{number}" / "IM0001"
        path.parent.mkdir()
        moved.append(replace(exam, path=exam.path.rename(path)))
    data = read_data_set(write_training_set(tmp_path / "set", moved))
    assert len(data.images) == 2
    assert len({image.path for image in data.images}) == 2


def test_a_training_set_is_never_overwritten(review: Review, tmp_path: Path) -> None:
    review.decide(0, ACCEPTED, REJECTED)
    exams = review.plan().exams
    write_training_set(tmp_path / "set", exams)
    with pytest.raises(FolderNotWritableError, match="holds a training set already"):
        write_training_set(tmp_path / "set", exams)


def test_an_image_that_is_gone_is_named_and_no_annotations_are_left(
    review: Review, tmp_path: Path
) -> None:
    review.decide(0, ACCEPTED, REJECTED)
    exams = review.plan().exams
    review.images[0].path.unlink()
    with pytest.raises(FileAccessError, match=r"exam0\.dcm"):
        write_training_set(tmp_path / "set", exams)
    assert not (tmp_path / "set" / "training_set.json").exists()


def test_a_file_in_which_a_patient_stands_in_two_folds_is_refused(
    review: Review, tmp_path: Path
) -> None:
    for image in (0, 1):
        review.decide(image, ACCEPTED, REJECTED)
    path = write_training_set(tmp_path / "set", review.plan().exams)
    content = json.loads(path.read_text())
    content["images"][1]["patient_id"] = content["images"][0]["patient_id"]
    path.write_text(json.dumps(content))
    with pytest.raises(DataSetError, match="stands in folds 0 and 1"):
        read_data_set(path)
