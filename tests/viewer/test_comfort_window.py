"""The window as a whole: where it lies, what it says, who can use it, how large its text is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from desk_stage import reading_window
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QRect, QSize, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QWidget,
)
from pytestqt.qtbot import QtBot
from text_stage import cut_headers, cut_texts, every_dialog

from pneumo_viewer.jobs.tasks import Pool
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.screens import on_screens
from pneumo_viewer.settings import Settings
from pneumo_viewer.workspace import STOPPED

MAIN = QRect(0, 0, 1920, 1080)
SECOND = QRect(1920, 0, 2560, 1440)
rects = st.builds(
    QRect,
    st.integers(-5000, 5000),
    st.integers(-5000, 5000),
    st.integers(100, 5000),
    st.integers(100, 5000),
)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with reading_window(qtbot, tmp_path / "reviews.sqlite3") as window:
        window.show()
        yield window


# Screens


def test_a_window_that_can_be_seen_stays_where_it_was() -> None:
    for place in (QRect(100, 50, 800, 600), QRect(2000, 100, 1440, 900), QRect(1700, 0, 900, 700)):
        assert on_screens(place, [MAIN, SECOND]) == place


def test_a_window_of_a_screen_that_is_gone_comes_to_the_main_one() -> None:
    # Its right and lower edges meet those of the screen: 1920 - 1440 = 480, 1080 - 900 = 180.
    assert on_screens(QRect(2500, 300, 1440, 900), [MAIN]) == QRect(480, 180, 1440, 900)


def test_a_window_whose_title_is_above_the_screen_comes_down() -> None:
    assert on_screens(QRect(300, -20, 800, 600), [MAIN]) == QRect(300, 0, 800, 600)


def test_a_window_larger_than_the_screen_becomes_as_large_as_it() -> None:
    assert on_screens(QRect(0, 0, 2560, 1440), [MAIN]) == MAIN


@given(rects, st.lists(rects, min_size=1, max_size=3))
def test_the_title_always_lies_on_a_screen_and_a_second_time_nothing_moves(
    window: QRect, screens: list[QRect]
) -> None:
    placed = on_screens(window, screens)
    title = QRect(placed.left(), placed.top(), placed.width(), 32)
    seen = [title.intersected(screen) for screen in screens]
    assert any(part.height() == 32 and part.width() >= min(200, placed.width()) for part in seen)
    assert on_screens(placed, screens) == placed


def test_a_window_left_on_a_lost_screen_is_restored_where_it_can_be_seen(
    window: MainWindow,
) -> None:
    window.setGeometry(QRect(9000, 9000, 900, 600))
    stored = window.saveGeometry().toBase64().toStdString()
    window.preferences.change(window_geometry=stored)
    window._restore_geometry()
    screens = [screen.availableGeometry() for screen in QApplication.screens()]
    assert any(screen.contains(window.geometry().topLeft()) for screen in screens)


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # as offscreen
def test_a_floating_panel_left_on_a_lost_screen_is_restored_where_it_can_be_seen(
    window: MainWindow,
) -> None:
    dock = window.docks["findings"]
    dock.setFloating(True)
    dock.setGeometry(QRect(9000, 9000, 400, 500))
    window.docks.restore(window.docks.layout)
    screens = [screen.availableGeometry() for screen in QApplication.screens()]
    assert any(screen.contains(dock.geometry().topLeft()) for screen in screens)
    dock.setFloating(False)


# Layout


def test_docks_can_be_moved_and_reset_layout_brings_the_first_picture_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    dock = window.docks["worklist"]
    movable = dock.DockWidgetFeature.DockWidgetMovable
    assert dock.features() & movable
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.docks["findings"].hide()
    window.actions_by_id["show_log"].trigger()
    assert window.docks["log"].isVisible()
    window.actions_by_id["reset_layout"].trigger()
    assert window.dockWidgetArea(dock) == Qt.DockWidgetArea.LeftDockWidgetArea
    assert window.docks["findings"].isVisible()
    assert not window.docks["log"].isVisible()
    assert window.actions_by_id["show_findings"].isChecked()
    assert not window.actions_by_id["show_log"].isChecked()


def test_every_dock_has_its_command(window: MainWindow) -> None:
    for name, dock in window.docks._by_name.items():
        action = window.actions_by_id[f"show_{name}"]
        assert action.isChecked() == (not dock.isHidden()), name


def test_full_screen_goes_back_to_what_was_before_and_is_not_restored(window: MainWindow) -> None:
    action = window.actions_by_id["full_screen"]
    window.showMaximized()
    action.trigger()
    assert window.isFullScreen()
    window.preferences.change(window_geometry=window.saveGeometry().toBase64().toStdString())
    action.trigger()
    assert not window.isFullScreen()
    assert window.isMaximized()
    window._restore_geometry()
    assert not window.isFullScreen()


def test_a_layout_that_cannot_be_read_leaves_the_first_picture(window: MainWindow) -> None:
    window.docks.restore(QByteArray(b"nonsense").toBase64().toStdString())
    assert window.docks["worklist"].isVisible()


# Dropping


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPoint(10, 10),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        QEvent.Type.Drop,
    )
    window.dropEvent(event)


def test_files_folders_and_archives_are_opened_by_dropping_them(
    window: MainWindow, tmp_path: Path
) -> None:
    folder = tmp_path / "march"
    folder.mkdir()
    dropped = [folder, tmp_path / "a.dcm", tmp_path / "b.zip"]
    drop(window, *dropped)
    (job,) = window.workspace.jobs.named("sort_paths")  # type: ignore[attr-defined]
    assert job.task.arguments[0] == tuple(map(str, dropped))
    assert window.preferences.settings.recent_folders == (folder,)
    assert [a.text() for a in window.menus.recent.actions()] == [str(folder)]


# What the window says


def test_after_a_crash_the_last_folder_and_the_log_are_offered(
    window: MainWindow, tmp_path: Path
) -> None:
    folder = tmp_path / "march"
    folder.mkdir()
    window.preferences.set(window.preferences.settings.with_recent(folder))
    window.offer_to_restore()
    strip = window.notice_strip
    assert "Every verdict that was on the screen is there." in strip.sentence.text()
    opened, log = strip.buttons
    assert opened.text() == "Open march again"
    opened.click()
    assert window.workspace.jobs.named("sort_paths")  # type: ignore[attr-defined]
    assert not strip.isVisible()
    log.click()
    assert window.docks["log"].isVisible()


def test_the_log_holds_the_history_of_notices_and_a_click_on_the_last_opens_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    for sentence in ("One.", "Two."):
        window.workspace.notice_given.emit(sentence)
    qtbot.mouseClick(window.notice, Qt.MouseButton.LeftButton)
    assert window.docks["log"].isVisible()
    lines = window.log_panel.view.toPlainText().splitlines()[-2:]
    assert [line.split(maxsplit=2)[2] for line in lines] == ["One.", "Two."]


def test_detection_is_stopped_and_goes_on_when_asked(window: MainWindow) -> None:
    workspace, jobs = window.workspace, window.workspace.jobs
    workspace.session.set_model(None)
    workspace._scoring["a"] = jobs.submit(
        Pool.DETECTOR,
        None,
        done=lambda _: None,
        failed=lambda _: None,  # type: ignore[arg-type]
    )
    window.status_line.scoring.cancelled.emit()
    assert workspace.not_scored == {"a": STOPPED}
    assert not workspace._scoring
    window.actions_by_id["resume_detection"].trigger()
    assert workspace.not_scored == {}


def test_a_drag_up_makes_the_image_darker_where_the_reader_prefers_that(
    window: MainWindow,
) -> None:
    assert window.viewport.is_up_brighter
    window.preferences.change(drag_up="darker")
    assert not window.viewport.is_up_brighter


def test_keys_that_stand_on_buttons_follow_what_the_reader_chose(window: MainWindow) -> None:
    def words() -> list[str]:
        buttons = window.findings_panel.findChildren(QPushButton)
        return [button.text() for button in buttons if button.text()]

    assert words() == ["Accept ↵", "Reject ⌫", "Undecided U", "Yes F6", "No F7", "Unsure F8"]
    window.preferences.change(keys={"accept": ("Ctrl+Alt+A",), "undecide": (), "open_folder": ()})
    assert words()[:3] == ["Accept Ctrl+Alt+A", "Reject ⌫", "Undecided"]
    assert window.start_page.open_button.text().strip() == "Open a folder"


# For everyone


def interactive(root: QWidget) -> Iterator[QWidget]:
    """Every widget under a root that a person can act on."""
    kinds = (
        QAbstractButton,
        QAbstractItemView,
        QAbstractSpinBox,
        QComboBox,
        QLineEdit,
        QPlainTextEdit,
    )
    for widget in root.findChildren(QWidget):
        parent = widget.parentWidget()
        is_inner = isinstance(parent, QComboBox | QAbstractSpinBox | QLineEdit)
        is_popup = parent is not None and isinstance(parent.parentWidget(), QComboBox)
        is_qts_own = widget.objectName().startswith("qt_") or "Private" in str(
            widget.metaObject().className()
        )
        if isinstance(widget, kinds) and not (is_inner or is_popup or is_qts_own):
            if isinstance(parent, QAbstractItemView):
                continue  # headers and corner buttons of tables
            yield widget


def spoken_name(widget: QWidget) -> str:
    """What a screen reader calls it: its accessible name, else the words on it."""
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton):
        return widget.text() or widget.toolTip()
    return ""


def test_no_dialog_keeps_the_reader_from_the_image(window: MainWindow) -> None:
    assert [dialog.windowTitle() for dialog in every_dialog(window) if dialog.isModal()] == []


def test_every_interactive_widget_has_a_name_for_a_screen_reader(window: MainWindow) -> None:
    nameless = [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for root in (window, *every_dialog(window))
        for widget in interactive(root)
        if not spoken_name(widget).strip()
    ]
    assert nameless == []


def test_every_panel_is_reached_with_tab_alone(window: MainWindow, qtbot: QtBot) -> None:
    """From the filter on; Tab on the image and in the lists is the next finding."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.worklist.filter.setFocus()
    reached: list[QWidget] = []
    widget: QWidget | None = window.worklist.filter
    while widget is not None and widget not in reached:
        reached.append(widget)
        widget = widget.nextInFocusChain()
    for wanted in (
        window.worklist.tree,
        window.viewport,
        window.findings_panel.slider,
        window.findings_panel.table,
    ):
        assert wanted in reached
        assert wanted.focusPolicy() & Qt.FocusPolicy.TabFocus


@pytest.mark.parametrize(
    ("scale", "size"), [(1.0, QSize(1280, 720)), (1.5, QSize(1920, 1080)), (2.0, QSize(2560, 1440))]
)
def test_no_text_of_the_window_is_cut_up_to_twice_the_size(
    window: MainWindow,
    qtbot: QtBot,
    large_text: Callable[[float], None],
    scale: float,
    size: QSize,
) -> None:
    large_text(scale)
    window.resize(size)
    qtbot.wait(50)
    assert window.size() == size, "it fits on a screen of this size"
    assert list(cut_texts(window)) == []
    assert list(cut_headers(window.worklist.tree)) == []
    row = window.worklist.tree.sizeHintForRow(0)
    assert row >= 2 * window.worklist.tree.fontMetrics().height() * 0.85
    table = window.findings_panel.table
    assert table.rowHeight(0) >= table.fontMetrics().height()
    assert table.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize) > 0


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_no_text_of_a_dialog_is_cut_up_to_twice_the_size(
    window: MainWindow, qtbot: QtBot, large_text: Callable[[float], None], scale: float
) -> None:
    large_text(scale)
    for dialog in every_dialog(window):
        qtbot.wait(20)
        assert list(cut_texts(dialog)) == [], dialog.windowTitle()


def test_what_is_stored_by_default_names_no_screen_and_no_layout() -> None:
    assert (Settings().window_geometry, Settings().window_layout) == ("", "")
