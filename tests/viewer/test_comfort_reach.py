"""The window for everyone: by keys alone, by its names, at any text size, without colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from desk_stage import reading_window
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.notice import reading_ms
from pneumo_viewer.panels.scrolling import Scrolling
from pneumo_viewer.review.findings import Verdict

DIALOGS = (
    "settings",
    "edit_keys",
    "show_keys",
    "about",
    "about_model",
    "change_reader",
    "export_reports",
    "export_images",
    "show_palette",
)
"""Every command that opens a dialog of ours."""
SMALL = QSize(1280, 720)


@pytest.fixture
def window(
    qtbot: QtBot, tmp_path: Path, large_text: Callable[[float], None]
) -> Iterator[MainWindow]:
    large_text(1.0)
    with reading_window(qtbot, tmp_path / "reviews.sqlite3") as window:
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        yield window


@pytest.fixture
def small_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As panels see it."""

    class Screen:
        def availableSize(self) -> QSize:
            return SMALL

    monkeypatch.setattr(Scrolling, "screen", lambda _: Screen())


# Names


def nameless(root: QWidget) -> list[str]:
    """Widgets under a root that take the focus or a click and that nothing names."""
    found = []
    for widget in (root, *root.findChildren(QWidget)):
        parent = widget.parentWidget()
        is_acted_on = isinstance(widget, QAbstractButton) or bool(
            widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        )
        is_inner = (
            widget.objectName().startswith("qt_")
            or isinstance(parent, QLineEdit | QMainWindow)  # its clear button, its bar of tabs
            or isinstance(parent and parent.parentWidget(), QComboBox)  # its list
            or (parent is not None and parent.accessibleName() and not widget.layout())
        )
        words = widget.accessibleName() or getattr(widget, "text", str)() or widget.toolTip()
        is_frame = isinstance(widget, Scrolling)
        if is_acted_on and not is_inner and not is_frame and not words.strip():
            found.append(f"{type(widget).__name__} in {type(parent).__name__}")
    return found


def dialogs(window: MainWindow) -> Iterator[QWidget]:
    for command in DIALOGS:
        before = set(QApplication.topLevelWidgets())
        shown = {widget for widget in window.findChildren(QWidget) if widget.isVisible()}
        window.actions_by_id[command].trigger()
        opened = [w for w in QApplication.topLevelWidgets() if w not in before and w.isVisible()]
        opened += [
            widget
            for widget in window.findChildren(QWidget)
            if widget.isVisible() and widget not in shown and widget.parentWidget() is window
        ]
        assert opened, command
        yield opened[0]
        opened[0].close()


def test_whatever_takes_the_focus_in_the_window_or_a_dialog_has_a_name(window: MainWindow) -> None:
    for root in (window, *dialogs(window)):
        assert nameless(root) == [], root.windowTitle()


# Keys


def panel_of_focus(window: MainWindow) -> str:
    focus = QApplication.focusWidget()
    assert focus is not None
    for name, dock in window.docks._by_name.items():
        if dock.isAncestorOf(focus):
            return name
    return "image" if window.viewports.isAncestorOf(focus) else "page"


def test_ctrl_tab_goes_through_every_open_panel_and_the_image_and_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    """Tab cannot: on the image and in the lists it is the next finding."""
    window.resize(1280, 900)
    window.actions_by_id["show_log"].trigger()
    window.show_image_page()
    qtbot.wait(50)
    gone_through = []
    for _ in range(4):
        qtbot.keyClick(
            QApplication.focusWidget(), Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier
        )
        gone_through.append(panel_of_focus(window))
    assert gone_through == ["findings", "log", "worklist", "image"]
    window.actions_by_id["previous_panel"].trigger()
    assert panel_of_focus(window) == "worklist"


def test_a_hidden_panel_is_left_out_and_the_page_in_the_middle_is_reached(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(1280, 900)
    window.docks["findings"].hide()
    window.pages.setCurrentWidget(window.start_page)
    window.worklist.tree.setFocus()
    qtbot.wait(50)
    window.actions_by_id["next_panel"].trigger()
    assert QApplication.focusWidget() is window.start_page.open_button
    window.actions_by_id["next_panel"].trigger()
    assert panel_of_focus(window) == "worklist"


def picture(widget: QWidget) -> NDArray[np.uint8]:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits(), np.uint8).reshape(image.height(), -1)


def test_where_the_focus_is_can_be_seen(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 900)
    window.actions_by_id["show_log"].trigger()
    qtbot.wait(50)
    for widget in (
        window.worklist.filter,
        window.worklist.tree,
        window.findings_panel.slider,
        window.findings_panel.table,
        window.log_panel.view,
        window.log_panel.copy_button,
    ):
        window.viewports.active.setFocus()
        without = picture(widget)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        assert widget.hasFocus()
        assert not np.array_equal(picture(widget), without), type(widget).__name__


# Text size


def cut(root: QWidget) -> list[str]:
    """Labels and buttons of one line that have less room than their words take."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if type(widget) is QLabel and not widget.wordWrap():
            if widget.width() < widget.sizeHint().width():
                found.append(widget.text())
        elif isinstance(widget, QPushButton):
            need = widget.fontMetrics().horizontalAdvance(widget.text())
            if widget.width() < need or widget.height() < widget.fontMetrics().height():
                found.append(widget.text())
    return found


def test_at_twice_the_large_text_the_window_fits_a_small_screen_and_no_text_is_cut(
    small_screen: None, window: MainWindow, qtbot: QtBot, large_text: Callable[[float], None]
) -> None:
    large_text(2.0)
    for page in (window.start_page, window.viewports, window.agreement_page):
        window.pages.setCurrentWidget(page)
        window.resize(SMALL)
        qtbot.wait(50)
        assert window.size() == SMALL, type(page).__name__
        assert cut(window) == []
    assert window.findings_panel.minimumSizeHint().width() > 0.295 * 1280, "so it must scroll"
    area = window.docks["findings"].widget()
    assert isinstance(area, Scrolling)
    assert area.horizontalScrollBar().maximum() > 0


def test_at_the_usual_large_text_nothing_scrolls_on_a_small_screen(
    small_screen: None, window: MainWindow, qtbot: QtBot
) -> None:
    window.pages.setCurrentWidget(window.start_page)
    window.resize(SMALL)
    qtbot.wait(50)
    for area in window.findChildren(Scrolling):
        if area.isVisible():
            assert area.horizontalScrollBar().maximum() == 0, type(area.widget()).__name__
            assert area.verticalScrollBar().maximum() == 0


# Colours


def test_the_states_of_a_box_are_told_without_colours(window: MainWindow, qtbot: QtBot) -> None:
    """As a picture in grey, each state is another drawing and not only another shade."""
    window.resize(1280, 900)
    window.show_image_page()
    session = window.session
    key = session.current
    assert key is not None
    finding = session.findings(key)[0]
    drawn: dict[str, NDArray[np.bool_]] = {}
    for verdict in (Verdict.UNDECIDED, Verdict.ACCEPTED, Verdict.REJECTED):
        session.select(finding.id)
        window.desk.decide(verdict)
        session.show(key)
        session.select(session.findings(key)[1].id)
        qtbot.wait(20)
        grey = window.viewport.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        pixels = np.array(grey.constBits(), np.uint8).reshape(grey.height(), -1)
        drawn[verdict.value] = pixels > np.median(pixels) + 10
    for (one, first), (other, second) in combinations(drawn.items(), 2):
        assert np.count_nonzero(first != second) > 20, (one, other)


# What is said


def test_a_notice_goes_when_it_was_there_long_enough_and_the_log_keeps_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    # 5 s, and two seconds for each 15 letters: 5000 + 2000 * 30 / 15.
    assert reading_ms(30 * "x") == 9000
    window.workspace.notice_given.emit("Something happened.")
    notice = window.notice
    assert notice.expiry.isActive()
    assert notice.expiry.interval() == reading_ms("Something happened.")
    notice.expiry.timeout.emit()
    assert notice.text() == ""
    assert not QApplication.activeModalWidget()
    assert "Something happened." in window.log_panel.view.toPlainText()
    window.close()
    assert not notice.expiry.isActive()


def test_what_takes_a_second_is_named_with_its_progress_and_can_be_stopped(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.workspace.load_truth(tmp_path / "labels.csv")
    task = window.status_line.task
    assert not task.isVisible(), "what is done at once does not blink"
    qtbot.waitUntil(task.isVisible, timeout=3000)
    (label,) = task.findChildren(QLabel)
    assert label.text() == "Reading ground truth from labels.csv …"
    (stop,) = task.findChildren(QAbstractButton)
    stop.click()
    assert not task.isVisible()
    assert not window.workspace.jobs.named("read_truth_files")  # type: ignore[attr-defined]
    assert window.notice.text() == "Stopped: Reading ground truth from labels.csv"


def test_a_recent_folder_that_is_gone_is_listed_with_the_reason(
    window: MainWindow, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    window.preferences.set(window.preferences.settings.with_recent(gone))
    window._fill_recent()
    (entry,) = window.menus.recent.actions()
    entry.trigger()
    (job,) = window.workspace.jobs.named("sort_paths")  # type: ignore[attr-defined]
    job.run()
    (refusal,) = window.workspace.refusals
    assert refusal.path == gone
    assert "no such file" in refusal.reason.lower()
