"""What each command does: one row a command, in the order of the commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pneumo_viewer import dialogs
from pneumo_viewer.keys_dialog import KeysDialog
from pneumo_viewer.reading_desk import FAR_STEP, STEP
from pneumo_viewer.review.findings import Verdict
from pneumo_viewer.settings_dialog import SettingsDialog
from resources import DEMO_STUDIES

if TYPE_CHECKING:
    from pneumo_viewer.main_window import MainWindow


def command_slots(window: MainWindow) -> dict[str, Callable[..., object]]:
    """What each command of the window does; the docks bring theirs."""
    worklist, session, desk = window.worklist, window.session, window.desk
    return {
        **window.docks.slots,
        **window.model_desk.slots,
        "open_folder": window.choose_folder,
        "open_files": window.choose_files,
        "open_demo": lambda: window.open([DEMO_STUDIES]),
        "load_truth": window.choose_truth,
        **window.export_desk.slots(),
        "close_all": window.workspace.close_all,
        "settings": lambda: window.show_dialog(SettingsDialog(window.preferences, window)),
        "quit": window.close,
        **window.image_desk.slots(),
        "show_truth": window.viewports.set_truth_visible,
        **window.layout_desk.slots(),
        "reset_layout": window.docks.reset,
        "next_panel": lambda: window.step_panel(+1),
        "previous_panel": lambda: window.step_panel(-1),
        "full_screen": window.set_full_screen,
        "undo": window.undoing.undo,
        "redo": window.undoing.redo,
        "accept": lambda: desk.decide(Verdict.ACCEPTED),
        "reject": lambda: desk.decide(Verdict.REJECTED),
        "undecide": lambda: desk.decide(Verdict.UNDECIDED),
        **window.box_desk.slots(),
        **desk.exam_slots(),
        "next_finding": session.select_next,
        "previous_finding": session.select_previous,
        "next_image": lambda: worklist.step_image(+1),
        "previous_image": lambda: worklist.step_image(-1),
        "next_exam": lambda: worklist.step_exam(+1),
        "previous_exam": lambda: worklist.step_exam(-1),
        "threshold_up": lambda: desk.move_threshold(STEP),
        "threshold_down": lambda: desk.move_threshold(-STEP),
        "threshold_far_up": lambda: desk.move_threshold(FAR_STEP),
        "threshold_far_down": lambda: desk.move_threshold(-FAR_STEP),
        "next_point": desk.next_operating_point,
        **window.reader_desk.slots(),
        "compare_readers": window.compare_readers,
        **window.evaluation_desk.slots(),
        "resume_detection": window.workspace.resume_scoring,
        "detect_declined": desk.detect_declined,
        "detect_all_declined": lambda: window.workspace.score_declined(window.workspace.declined),
        "about_model": lambda: dialogs.show_model(window, window.card, window.card_problem),
        "show_palette": window.command_palette.open,
        "show_keys": lambda: dialogs.show_keys(window, window.actions_by_id),
        "edit_keys": lambda: window.show_dialog(
            KeysDialog(window.actions_by_id, window.preferences, window)
        ),
        "about": lambda: dialogs.show_about(window),
    }
