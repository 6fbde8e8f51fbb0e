"""What models and readers say of an image, and when that is the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from detector.detections import Detections, ModelIdentity
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import ExamVerdict, Verdict, finding_id
from pneumo_viewer.review.operations import SetExamVerdict, SetOwnBox, decide, set_box
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.sources import (
    LOADED_TRUTH,
    ModelSource,
    ReaderSource,
    TruthSource,
    answer_sources,
    answers,
    truth_of,
)
from pneumo_viewer.review.store import ReviewStore

FIRST = ModelIdentity("compact", "1", "0" * 16, "compact")
SECOND = ModelIdentity("best", "2", "1" * 16, "best")
BOXES = np.array([[0, 0, 10, 10], [20, 20, 40, 40]], np.float32)
OWN = (5.0, 5.0, 9.0, 9.0)
ANNA = ReaderSource("anna")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        yield store


@pytest.fixture
def session(store: ReviewStore) -> ReviewSession:
    session = ReviewSession(InlineStoreAccess(store), "anna")
    session.set_model(FIRST)
    session.open_images(["a", "b"])
    for model in (FIRST, SECOND):
        for key in "ab":
            scores = np.array([0.75, 0.5], np.float32)
            session.add_detections(key, Detections(BOXES, scores, 0.25, model))
    return session


def truth(session: ReviewSession, source: TruthSource) -> dict[str, list[list[float]]]:
    found: list[Mapping[str, np.ndarray]] = []
    truth_of(session, ["a", "b"], source, found.append)
    return {key: boxes.tolist() for key, boxes in found[0].items()}


def judge(session: ReviewSession, key: str, *verdicts: Verdict) -> None:
    for index, verdict in enumerate(verdicts):
        finding = session.finding(key, finding_id(FIRST.fingerprint, index))
        assert finding is not None
        operation = decide(key, finding, verdict)
        assert operation is not None
        session.perform(operation)


def test_the_loaded_truth_is_what_was_loaded(session: ReviewSession) -> None:
    session.set_truth({"a": BOXES[:1]})
    assert truth(session, LOADED_TRUTH) == {"a": [[0, 0, 10, 10]]}


def test_a_readers_truth_is_what_was_accepted_corrected_and_drawn(session: ReviewSession) -> None:
    judge(session, "a", Verdict.ACCEPTED, Verdict.REJECTED)
    session.perform(SetOwnBox("a", "own:1", OWN))
    finding = session.finding("b", finding_id(FIRST.fingerprint, 1))
    assert finding is not None
    session.perform(set_box("b", finding, (21.0, 21.0, 41.0, 41.0)))
    found = truth(session, ANNA)
    assert sorted(found["a"]) == [[0, 0, 10, 10], [5, 5, 9, 9]]
    assert found["b"] == [[21, 21, 41, 41]]


def test_rejecting_says_no_pneumonia_and_silence_says_nothing(session: ReviewSession) -> None:
    judge(session, "a", Verdict.REJECTED)
    assert truth(session, ANNA) == {"a": []}


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (ExamVerdict.NO_PNEUMONIA, {"b": []}),
        (ExamVerdict.UNSURE, {}),
        (ExamVerdict.PNEUMONIA, {}),  # but nobody knows where
    ],
)
def test_an_exam_verdict_counts_where_it_agrees_with_the_boxes(
    session: ReviewSession, verdict: ExamVerdict, expected: dict[str, list[list[float]]]
) -> None:
    session.perform(SetExamVerdict("b", verdict))
    assert truth(session, ANNA) == expected


def test_verdicts_on_another_models_boxes_are_not_those_on_this_ones(
    session: ReviewSession,
) -> None:
    judge(session, "a", Verdict.ACCEPTED)
    session.set_model(SECOND)
    assert truth(session, ANNA) == {}


def test_models_and_readers_are_offered_that_know_the_images(
    session: ReviewSession, store: ReviewStore
) -> None:
    assert answer_sources(store, ["a"], FIRST.fingerprint) == (
        ModelSource(SECOND),
        ModelSource(FIRST),
    )
    judge(session, "b", Verdict.REJECTED)
    assert ANNA not in answer_sources(store, ["a"], FIRST.fingerprint)
    assert ANNA in answer_sources(store, ["b"], FIRST.fingerprint)
    assert answer_sources(store, ["unknown"], FIRST.fingerprint) == ()


def test_a_models_answer_is_what_it_found_and_a_readers_boxes_score_1(
    session: ReviewSession, store: ReviewStore
) -> None:
    judge(session, "a", Verdict.ACCEPTED)
    judge(session, "b", Verdict.REJECTED)
    of_model = answers(store, ["a"], ModelSource(SECOND), FIRST.fingerprint)["a"]
    assert (of_model.scores.tolist(), of_model.exam_score) == ([0.75, 0.5], 0.25)
    of_reader = answers(store, ["a", "b"], ANNA, FIRST.fingerprint)
    assert (of_reader["a"].scores.tolist(), of_reader["a"].exam_score) == ([1.0], 1.0)
    assert (of_reader["b"].scores.tolist(), of_reader["b"].exam_score) == ([], 0.0)
