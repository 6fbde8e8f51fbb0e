"""Folds keep patients together and hold about the same share of every class."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.exam_class import ExamClass
from training.datasets.labelled_image import LabelledImage, no_boxes, read_rows
from training.datasets.splits import assign_folds

CLASSES = (ExamClass.NORMAL, ExamClass.NO_OPACITY_NOT_NORMAL, ExamClass.LUNG_OPACITY)
patients = st.lists(st.tuples(st.sampled_from(CLASSES), st.integers(1, 6)), min_size=1, max_size=60)


def exam(patient: str, exam_class: ExamClass) -> LabelledImage:
    return LabelledImage(f"{patient}.png", Path("absent"), patient, no_boxes(), exam_class)


def counts(images: list[LabelledImage], folds: dict[str, int], count: int) -> np.ndarray:
    """Exams ``[folds, classes]``."""
    table = np.zeros((count, len(CLASSES)), int)
    for image in images:
        table[folds[image.patient], image.exam_class] += 1
    return table


@given(patients, st.integers(2, 6))
def test_folds_differ_in_each_class_by_at_most_the_exams_of_one_patient(
    people: list[tuple[ExamClass, int]], count: int
) -> None:
    images = [
        exam(f"p{number}", exam_class)
        for number, (exam_class, exams) in enumerate(people)
        for _ in range(exams)
    ]
    table = counts(images, assign_folds(images, count), count)
    for exam_class in CLASSES:
        most = max((exams for kind, exams in people if kind is exam_class), default=0)
        held = table[:, exam_class]
        assert held.max() - held.min() <= most


mixed = st.lists(st.lists(st.sampled_from(CLASSES), min_size=1, max_size=5), min_size=40)


@settings(max_examples=30)
@given(mixed)
def test_folds_stay_even_where_a_patient_has_exams_of_several_classes(
    people: list[list[ExamClass]],
) -> None:
    images = [exam(f"p{n}", kind) for n, kinds in enumerate(people) for kind in kinds]
    table = counts(images, assign_folds(images, 5), 5)
    # The last patient placed may add up to 5 exams; classes pull against each other a little.
    assert (table.max(axis=0) - table.min(axis=0)).max() <= 8


@given(patients, st.randoms(use_true_random=False))
def test_folds_do_not_depend_on_the_order_of_the_images(
    people: list[tuple[ExamClass, int]], chance: random.Random
) -> None:
    images = [exam(f"p{n}", kind) for n, (kind, exams) in enumerate(people) for _ in range(exams)]
    shuffled = images[:]
    chance.shuffle(shuffled)
    assert assign_folds(shuffled, 5) == assign_folds(images, 5)


def test_the_26684_exams_of_the_challenge_are_spread_to_a_thousandth(shared_data: Path) -> None:
    names = {
        "Normal": ExamClass.NORMAL,
        "No Lung Opacity / Not Normal": ExamClass.NO_OPACITY_NOT_NORMAL,
        "Lung Opacity": ExamClass.LUNG_OPACITY,
    }
    images = [
        exam(nih.partition("_")[0], names[kind])
        for nih, kind in read_rows(shared_data / "labels" / "rsna_nih_map.csv", ("nih", "class"))
    ]
    table = counts(images, assign_folds(images, 5), 5)
    shares = table / Counter(image.exam_class for image in images).total()
    assert len(images) > 26_000
    assert np.ptp(shares, axis=0).max() < 0.001
