"""The whole window with real processes, real files and the default weights."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pydicom.data import get_testdata_file
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pneumo_viewer.application import Application
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.worklist_model import ROLE_NODE
from pneumo_viewer.panels.worklist_rows import Column, Kind
from pneumo_viewer.review.findings import Verdict
from resources import DEMO_STUDIES

pytestmark = pytest.mark.timeout(480)

PATIENCE = 200_000
"""Milliseconds; a busy machine takes long to import torch."""


class Reader:
    """A person at the window."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.application = Application()
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    @property
    def window(self) -> MainWindow:
        return self.application.window

    def open(self, *paths: Path) -> None:
        with self.qtbot.waitSignal(self.application.workspace.scan_finished, timeout=PATIENCE):
            self.window.open(list(paths))

    def wait_for_the_detector(self) -> None:
        workspace = self.application.workspace
        self.wait_until(lambda: workspace.images and workspace.scoring[0] == len(workspace.images))

    def wait_until(self, claim: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(claim()), timeout=PATIENCE)

    def press(
        self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        self.qtbot.keyClick(focus, key, modifier)

    def verdicts(self) -> dict[str, Verdict]:
        """Of all open images, those that are not undecided."""
        session = self.application.workspace.session
        return {
            f"{image.identity.key} {finding.id}": finding.verdict
            for image in self.application.workspace.images
            for finding in session.findings(image.identity.key)
            if finding.verdict is not Verdict.UNDECIDED
        }

    def rows(self) -> list[str]:
        """First lines of the worklist's rows, from top to bottom."""
        tree = self.window.worklist.tree
        lines, index = [], tree.model().index(0, 0)
        while index.isValid():
            lines.append(index.data(ROLE_NODE).lines[0])
            index = tree.indexBelow(index)
        return lines


@pytest.fixture
def readers(qtbot: QtBot) -> Iterator[Callable[[], Reader]]:
    """Start the application as often as wanted; each start ends the one before."""
    running: list[Reader] = []

    def end() -> None:
        for reader in running:
            reader.application.close()
            reader.window.deleteLater()
        running.clear()
        QApplication.sendPostedEvents()
        QApplication.processEvents()

    def start() -> Reader:
        end()
        running.append(Reader(qtbot))
        return running[-1]

    yield start
    end()


def workers() -> list[psutil.Process]:
    return [
        child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())
    ]


@pytest.fixture
def one_study(tmp_path: Path) -> Path:
    """A folder with one positive demo study and its truth."""
    folder = tmp_path / "studies"
    folder.mkdir()
    shutil.copy(DEMO_STUDIES / "00000150_002.dcm", folder)
    shutil.copy(DEMO_STUDIES / "BBox_List_2017.csv", folder)
    return folder


def test_a_folder_is_read_scored_reviewed_and_found_again_after_a_restart(
    readers: Callable[[], Reader],
) -> None:
    reader = readers()
    reader.open(DEMO_STUDIES)
    reader.wait_for_the_detector()
    window, session = reader.window, reader.application.workspace.session
    assert len(reader.application.workspace.images) == 16
    assert (
        sum(len(session.truth(i.identity.key)) for i in reader.application.workspace.images) == 12
    )

    session.set_threshold(0.0)
    first = session.current
    assert first is not None
    findings = session.shown_findings(first)
    assert findings, "the default weights find something at threshold 0"
    window.viewport.setFocus()
    reader.press(Qt.Key.Key_Return)
    reader.wait_until(lambda: session.findings(first)[0].verdict is Verdict.ACCEPTED)
    if len(findings) > 1:
        assert session.selected == findings[1].id
        reader.press(Qt.Key.Key_Backspace)
        reader.wait_until(lambda: session.findings(first)[1].verdict is Verdict.REJECTED)
        reader.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        reader.wait_until(lambda: session.findings(first)[1].verdict is Verdict.UNDECIDED)
        reader.press(Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        reader.wait_until(lambda: session.findings(first)[1].verdict is Verdict.REJECTED)
    verdicts = reader.verdicts()

    again = readers()
    again.open(DEMO_STUDIES)
    again.wait_for_the_detector()
    assert again.verdicts() == verdicts
    assert not [p for p in workers() if "torch" in str(p.memory_maps())], (
        "stored detections need no detector"
    )


def test_the_threshold_hides_and_never_asks_the_detector_again(
    readers: Callable[[], Reader], one_study: Path
) -> None:
    reader = readers()
    reader.open(one_study)
    reader.wait_for_the_detector()
    session, panel = reader.application.workspace.session, reader.window.findings_panel
    key = session.current
    assert key is not None
    detections = session.detections(key)
    panel.slider.moved.emit(1.0)
    assert session.shown_findings(key) == ()
    panel.slider.moved.emit(0.0)
    assert len(session.shown_findings(key)) == len(session.findings(key))
    assert session.detections(key) is detections
    panel.reset_button.click()
    assert session.threshold == reader.window.desk.default_threshold


def test_enter_in_the_filter_accepts_nothing(
    readers: Callable[[], Reader], one_study: Path
) -> None:
    reader = readers()
    reader.open(one_study)
    reader.wait_for_the_detector()
    reader.application.workspace.session.set_threshold(0.0)
    worklist = reader.window.worklist
    worklist.filter.setFocus()
    reader.qtbot.keyClicks(worklist.filter, "150")
    reader.press(Qt.Key.Key_Return)
    assert worklist.tree.hasFocus()
    reader.qtbot.wait(200)
    assert not reader.verdicts()
    assert len(reader.rows()) >= 1
    worklist.filter.setText("nobody of this name")
    assert reader.rows() == []


def test_a_folder_of_bad_files_opens_and_says_why_of_each(
    readers: Callable[[], Reader], tmp_path: Path
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    shutil.copy(DEMO_STUDIES / "00000150_002.dcm", folder / "good.dcm")
    whole = (DEMO_STUDIES / "00001620_005.dcm").read_bytes()
    (folder / "truncated.dcm").write_bytes(whole[: len(whole) // 2])
    (folder / "letter.txt").write_text("Dear colleague")
    shutil.copy(get_testdata_file("CT_small.dcm"), folder / "ct.dcm")
    shutil.copy(get_testdata_file("reportsi.dcm"), folder / "report.dcm")
    reader = readers()
    reader.open(folder)
    reader.wait_for_the_detector()
    refused = {refusal.path.name: refusal for refusal in reader.application.workspace.refusals}
    assert {"letter.txt", "ct.dcm", "report.dcm"} <= refused.keys()
    assert "not a radiograph" in refused["ct.dcm"].kind
    assert "no image" in refused["report.dcm"].kind
    not_shown = refused.keys() | {
        image.path.name
        for image in reader.application.workspace.images
        if image.identity.key in reader.application.workspace.not_scored
    }
    assert "truncated.dcm" in not_shown
    assert "good.dcm" not in not_shown
    assert any(row.startswith("Not shown") for row in reader.rows())


def test_killed_workers_are_replaced_and_their_work_repeated(
    readers: Callable[[], Reader],
) -> None:
    reader = readers()
    reader.open(DEMO_STUDIES)
    reader.wait_until(lambda: reader.application.workspace.scoring[0] >= 1)
    victims = workers()
    assert len(victims) >= 2, "a decoding process and the detector process"
    for victim in victims:
        os.kill(victim.pid, signal.SIGKILL)
    reader.wait_for_the_detector()
    assert not reader.application.workspace.not_scored
    assert not {v.pid for v in victims} & {p.pid for p in workers()}
    session = reader.application.workspace.session
    session.show(next(iter(reader.application.workspace.images)).identity.key)
    reader.window.worklist.step_image(+1)
    reader.wait_until(lambda: reader.window.viewport.radiograph is not None)


def test_the_loaded_studies_are_evaluated_from_the_menu(readers: Callable[[], Reader]) -> None:
    reader = readers()
    reader.open(DEMO_STUDIES)
    window = reader.window
    with reader.qtbot.waitSignal(window.evaluation_run.finished, timeout=PATIENCE):
        window.actions_by_id["evaluate"].trigger()
    page = window.evaluation_page
    names = [name for name, *_ in page.measures.texts()]
    assert names[:6] == ["AP", "AP_M", "AP_L", "AR10", "AR_M", "AR_L"]
    assert page.summary.text().startswith("16 exams of 14 patients, 12 with 12 true boxes")
    left_out = [name for name, _ in page.lists.left_out.texts()]
    assert left_out == [refusal.path.name for refusal in reader.application.workspace.refusals]


def test_an_evaluation_can_be_cancelled(readers: Callable[[], Reader]) -> None:
    reader = readers()
    reader.open(DEMO_STUDIES)
    window = reader.window
    window.actions_by_id["evaluate"].trigger()
    with reader.qtbot.waitSignal(window.evaluation_run.stopped, timeout=PATIENCE):
        window.evaluation_page.cancel_button.click()
    assert "cancelled" in window.evaluation_page.message.text()
    with reader.qtbot.assertNotEmitted(window.evaluation_run.finished, wait=300):
        pass


def test_a_patient_with_several_images_unfolds_and_one_with_one_image_is_one_row(
    readers: Callable[[], Reader],
) -> None:
    reader = readers()
    reader.open(DEMO_STUDIES)
    model = reader.window.worklist.tree.model()
    patients = [model.index(row, 0).data(ROLE_NODE) for row in range(model.rowCount())]
    kinds = [node.kind for node in patients]
    assert kinds.count(Kind.IMAGE) == 12
    assert kinds.count(Kind.PATIENT) == 2
    assert kinds[-1] is Kind.REFUSALS
    several = next(node for node in patients if node.kind is Kind.PATIENT)
    assert [study.kind for study in several.children] == [Kind.STUDY, Kind.STUDY]
    assert [len(study.children) for study in several.children] == [1, 1]


def test_sorting_by_exam_score_puts_the_likeliest_pneumonia_first(
    readers: Callable[[], Reader],
) -> None:
    reader = readers()
    reader.open(DEMO_STUDIES)
    reader.wait_for_the_detector()
    tree = reader.window.worklist.tree
    tree.sortByColumn(Column.SCORE, Qt.SortOrder.DescendingOrder)
    model, session = tree.model(), reader.application.workspace.session
    nodes = [model.index(row, 0).data(ROLE_NODE) for row in range(model.rowCount())]
    scores = [
        max(session.exam_score(leaf.key) for leaf in leaves(node))
        for node in nodes
        if node.kind is not Kind.REFUSALS
    ]
    assert scores == sorted(scores, reverse=True)
    assert nodes[-1].kind is Kind.REFUSALS


def leaves(node):  # type: ignore[no-untyped-def]
    return [node] if node.key else [leaf for child in node.children for leaf in leaves(child)]


def test_the_window_shows_and_reviews_without_ever_importing_torch(one_study: Path) -> None:
    script = f"""
import sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication

def main():
    qt = QApplication([])
    from pneumo_viewer.application import Application
    application = Application()
    application.window.show()
    application.window.open([Path({str(one_study)!r})])
    workspace = application.workspace
    while not (workspace.images and workspace.scoring[0] == 1):
        qt.processEvents()
        time.sleep(0.01)
    application.window.actions_by_id["evaluate"].trigger()
    application.close()
    print(sorted(set(sys.modules) & {{"torch", "torchvision", "timm"}}))

if __name__ == "__main__":
    main()
"""
    path = one_study.parent / "start.py"
    path.write_text(script)
    result = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert result.stdout.strip() == "[]", result.stdout + result.stderr
