"""The rows of the worklist: the same in whatever order images arrive, and what they say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from detector.radiograph import ImageIdentity
from pneumo_viewer.library.found import Refusal, ScannedImage
from pneumo_viewer.library.index import StudyIndex
from pneumo_viewer.panels.worklist import WorklistPanel, fitting
from pneumo_viewer.panels.worklist_model import ROLE_NODE, WorklistModel
from pneumo_viewer.panels.worklist_rows import RowTexts
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> ReviewSession:
    store = ReviewStore(tmp_path_factory.mktemp("store") / "review.sqlite")
    return ReviewSession(InlineStoreAccess(store))


class Worklist:
    """A model and its index, watched by Qt's own test of models."""

    def __init__(self, session: ReviewSession) -> None:
        self.index = StudyIndex()
        self.model = WorklistModel(RowTexts(session))
        self._tester = QAbstractItemModelTester(
            self.model, QAbstractItemModelTester.FailureReportingMode.Fatal
        )

    def add(self, *images: ScannedImage) -> None:
        self.index.add(images)
        self.model.add_images(self.index, images)

    def rows(self, parent: QModelIndex = QModelIndex()) -> list[Any]:  # noqa: B008
        """Id, kind, lines, image and rows below, of each row."""
        rows = []
        for row in range(self.model.rowCount(parent)):
            index = self.model.index(row, 0, parent)
            node = index.data(ROLE_NODE)
            rows.append((node.id, node.kind, node.lines, node.image, self.rows(index)))
        return rows

    def names(self, parent: QModelIndex = QModelIndex()) -> list[Any]:  # noqa: B008
        """The first line of each row, with the rows below where there are any."""
        return [
            (lines[0], self.names(self.model.index(row, 0, parent))) if below else lines[0]
            for row, (_, _, lines, _, below) in enumerate(self.rows(parent))
        ]


def scanned(key: str, path: str = "", **facts: Any) -> ScannedImage:
    path = path or f"/studies/{key}.dcm"
    return ScannedImage(ImageIdentity(key=key, source=path, **facts), Path(path))


def test_a_patient_with_one_image_is_one_row_and_unfolds_with_the_second(
    session: ReviewSession,
) -> None:
    worklist = Worklist(session)
    facts: dict[str, Any] = {"patient_name": "Doe", "patient_id": "1", "transfer_syntax_uid": "1"}
    worklist.add(scanned("a", study_instance_uid="s", view_position="PA", **facts))
    assert worklist.names() == ["Doe"]
    worklist.add(scanned("b", study_instance_uid="s", view_position="LL", **facts))
    assert worklist.names() == [("Doe", [("date unknown", ["PA", "LL"])])]
    assert worklist.model.index_of_key("a").data() == "PA"


def test_a_study_that_gets_a_date_moves_up_and_stays_the_same_row_to_the_view(
    session: ReviewSession,
) -> None:
    worklist = Worklist(session)
    facts: dict[str, Any] = {"patient_name": "Doe", "patient_id": "1", "transfer_syntax_uid": "1"}
    worklist.add(
        scanned("a", study_instance_uid="a", view_position="PA", **facts),
        scanned("b", study_instance_uid="b", view_position="AP", **facts),
    )
    current = QPersistentModelIndex(worklist.model.index_of_key("b"))
    dated = scanned(
        "c", study_instance_uid="b", view_position="LL", study_date=date(2020, 1, 1), **facts
    )
    worklist.add(dated)
    assert worklist.names() == [
        ("Doe", [("date unknown", ["AP", "LL"]), ("date unknown", ["PA"])]),
    ]
    assert current == worklist.model.index_of_key("b")


def test_a_copy_that_comes_later_is_told_in_the_tool_tip(
    session: ReviewSession, qtbot: QtBot
) -> None:
    worklist = Worklist(session)
    worklist.add(scanned("a", "/first/a.dcm", columns=512))
    index = worklist.model.index_of_key("a")

    def tool_tip() -> list[str]:
        return str(index.data(Qt.ItemDataRole.ToolTipRole)).splitlines()

    assert not any("Also in" in line for line in tool_tip())
    with qtbot.waitSignal(worklist.model.dataChanged):
        worklist.add(scanned("a", "/second/a.dcm", columns=512))
    assert worklist.model.rowCount() == 1
    assert "Also in: /second/a.dcm" in tool_tip()
    worklist.add(scanned("a", "/third/a.dcm", columns=1024))
    assert [line for line in tool_tip() if "/third" in line] == [
        "Also in: /third/a.dcm",
        "Another file has the same SOP Instance UID but says otherwise: /third/a.dcm.",
    ]


def test_files_that_cannot_be_shown_stay_below_patients_that_come_later(
    session: ReviewSession,
) -> None:
    worklist = Worklist(session)
    worklist.model.add_refusals([Refusal(Path("/notes.txt"), "not an image file", "No image.")])
    worklist.add(scanned("a", patient_name="Doe"))
    assert worklist.names() == ["Doe", ("Not shown (1)", ["notes.txt"])]


few = st.sampled_from
identities = st.builds(
    ImageIdentity,
    key=few("abcdefgh"),
    source=few(["/1", "/2", "/10"]),
    patient_id=few(["", "1", "2"]),
    patient_name=few(["", "Doe^John", "DOE^JOHN"]),
    study_instance_uid=few(["", "s", "t"]),
    study_date=few([None, date(2020, 1, 1), date(2021, 1, 1)]),
    series_number=few([None, 1, 2]),
    instance_number=few([None, 1, 2]),
)
images = st.lists(
    identities.map(lambda identity: ScannedImage(identity, Path(identity.source))),
    unique_by=lambda image: image.identity.key,
    max_size=8,
)
orders = images.flatmap(
    lambda some: st.tuples(st.just(some), st.permutations(some), st.integers(1, 3))
)


@settings(max_examples=60, deadline=None)
@given(orders)
def test_rows_do_not_depend_on_the_order_of_arrival(
    session: ReviewSession, arrival: tuple[Sequence[ScannedImage], Sequence[ScannedImage], int]
) -> None:
    some, permuted, batch_size = arrival
    at_once, bit_by_bit = Worklist(session), Worklist(session)
    at_once.add(*some)
    for start in range(0, len(permuted), batch_size):
        bit_by_bit.add(*permuted[start : start + batch_size])
    assert bit_by_bit.rows() == at_once.rows()
    for image in some:
        index = bit_by_bit.model.index_of_key(image.identity.key)
        assert index.data(ROLE_NODE).key == image.identity.key


def cpu_seconds_to_list(worklist: WorklistModel | WorklistPanel, **shared: str) -> float:
    many = [scanned(str(number), **shared) for number in range(2_000)]
    index = StudyIndex()
    begin = time.process_time()
    for start in range(0, len(many), 32):
        batch = many[start : start + 32]
        index.add(batch)
        worklist.add_images(index, batch)
    return time.process_time() - begin


@pytest.mark.parametrize("shared", [{}, {"patient_id": "1"}, {"study_instance_uid": "1"}])
def test_thousands_of_images_are_listed_in_time(
    session: ReviewSession, shared: dict[str, str]
) -> None:
    model = WorklistModel(RowTexts(session))
    assert cpu_seconds_to_list(model, **shared) < 2  # about 0.2 s
    assert len(model.keys) == 2_000


def test_thousands_of_patients_are_shown_in_time(session: ReviewSession, qtbot: QtBot) -> None:
    panel = WorklistPanel(session)
    qtbot.addWidget(panel)
    assert cpu_seconds_to_list(panel) < 4  # about 0.2 s; unfolding the whole tree each time: 18 s
    assert panel.order.rowCount() == 2_000


def test_a_narrow_row_shows_whole_facts_and_no_half_ones(qapp: QApplication) -> None:
    metrics = QFontMetrics(qapp.font())
    line = "Doe, Jane · F 55 y · 2024-02-29"
    assert fitting(line, metrics, metrics.horizontalAdvance(line)) == line
    assert fitting(line, metrics, metrics.horizontalAdvance(line) - 1) == "Doe, Jane · F 55 y"
    assert fitting(line, metrics, metrics.horizontalAdvance("Doe, Jane") + 3) == "Doe, Jane"
    assert fitting(line, metrics, metrics.horizontalAdvance("Doe, J…")).endswith("…")
