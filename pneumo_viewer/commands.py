"""Every command of the window once: its words, keys, menu and where its keys work.

Menus, tool bar, context menu, command palette and key sheet are made from :data:`COMMANDS`;
nothing else names a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """Where the keys of a command work."""

    WINDOW = "window"
    READING = "reading"
    """Canvas, worklist and findings, but never while text is being typed."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes
    ----------
    id
        Stable name.
    text
        What the menu says.
    menu
        Title of the menu, or ``Menu/Submenu``.
    keys
        Key sequences; the first one is shown.
    scope
        Where the keys work.
    icon
        Name of the tool-bar icon, or "" for a command that is not in the tool bar.
    is_toggle
        Whether it stays on until it is called again.
    starts_section
        Whether a separator stands before it.
    """

    id: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    scope: Scope = Scope.WINDOW
    icon: str = ""
    is_toggle: bool = False
    starts_section: bool = False


_READING = Scope.READING

COMMANDS: tuple[Command, ...] = (
    Command("open_folder", "Open a folder …", "File", ("Ctrl+O",), icon="mdi6.folder-open-outline"),
    Command("open_files", "Open files …", "File", ("Ctrl+Shift+O",)),
    Command("open_demo", "Open the demo studies", "File"),
    Command("load_truth", "Load ground truth …", "File", ("Ctrl+T",), starts_section=True),
    Command("close_all", "Close all studies", "File", ("Ctrl+W",), starts_section=True),
    Command("quit", "Quit", "File", ("Ctrl+Q",)),
    Command("fit", "Fit to the viewport", "View", ("Space",), _READING, "mdi6.fit-to-page-outline"),
    Command(
        "actual_size", "Actual pixels (1:1)", "View", ("Ctrl+1",), icon="mdi6.numeric-1-box-outline"
    ),
    Command("zoom_in", "Zoom in", "View", ("+", "="), _READING),
    Command("zoom_out", "Zoom out", "View", ("-",), _READING),
    Command("reset_view", "Reset the view", "View", ("Esc",), _READING),
    Command(
        "show_truth",
        "Show ground truth",
        "View",
        ("G",),
        _READING,
        "mdi6.checkbox-multiple-blank-outline",
        is_toggle=True,
        starts_section=True,
    ),
    Command("show_worklist", "Worklist", "View", ("F2",), is_toggle=True, starts_section=True),
    Command("show_findings", "Findings", "View", ("F3",), is_toggle=True),
    Command("reset_layout", "Reset layout", "View"),
    Command("full_screen", "Full screen", "View", ("F11",), is_toggle=True),
    Command("window_auto", "Automatic window", "Image/Window", ("0",), _READING),
    Command("window_file", "Window of the file", "Image/Window", ("1",), _READING),
    Command("window_full", "Full range", "Image/Window", ("2",), _READING),
    Command("window_lung", "Lung", "Image/Window", ("3",), _READING),
    Command("window_mediastinum", "Mediastinum", "Image/Window", ("4",), _READING),
    Command("window_bone", "Bone", "Image/Window", ("5",), _READING),
    Command("invert", "Invert", "Image", ("I",), _READING, "mdi6.invert-colors", is_toggle=True),
    Command("undo", "Undo", "Review", ("Ctrl+Z",), icon="mdi6.undo"),
    Command("redo", "Redo", "Review", ("Ctrl+Y", "Ctrl+Shift+Z"), icon="mdi6.redo"),
    Command(
        "accept", "Accept finding", "Review", ("Return", "Enter"), _READING, starts_section=True
    ),
    Command("reject", "Reject finding", "Review", ("Backspace", "Delete"), _READING),
    Command("undecide", "Leave finding undecided", "Review", ("U",), _READING),
    Command("next_finding", "Next finding", "Review", ("Tab",), _READING, starts_section=True),
    Command("previous_finding", "Previous finding", "Review", ("Shift+Tab",), _READING),
    Command("next_image", "Next image", "Review", ("Down", "Ctrl+Right"), _READING),
    Command("previous_image", "Previous image", "Review", ("Up", "Ctrl+Left"), _READING),
    Command("next_exam", "Next exam", "Review", ("PgDown",), _READING),
    Command("previous_exam", "Previous exam", "Review", ("PgUp",), _READING),
    Command(
        "threshold_up",
        "Raise the threshold by 0.01",
        "Review",
        ("]",),
        _READING,
        starts_section=True,
    ),
    Command("threshold_down", "Lower the threshold by 0.01", "Review", ("[",), _READING),
    Command("threshold_far_up", "Raise the threshold by 0.05", "Review", ("}",), _READING),
    Command("threshold_far_down", "Lower the threshold by 0.05", "Review", ("{",), _READING),
    Command("next_point", "Next operating point", "Review", ("O",), _READING),
    Command(
        "evaluate",
        "Evaluate loaded studies",
        "Evaluation",
        ("Ctrl+E",),
        icon="mdi6.chart-bell-curve",
    ),
    Command("show_image", "Back to the image", "Evaluation", ("F5",)),
    Command("about_model", "About the model …", "Model"),
    Command("show_keys", "Keys and mouse", "Help", ("F1",)),
    Command("about", "About …", "Help"),
)

MENUS = ("File", "View", "Image", "Review", "Evaluation", "Model", "Help")

MOUSE: tuple[tuple[str, str], ...] = (
    ("Left drag", "window (right: wider) and level (up: brighter)"),
    ("Left click on a box", "select the finding"),
    ("Middle or Shift + left drag", "pan"),
    ("Right drag", "zoom"),
    ("Wheel", "zoom at the cursor, or scroll frames"),
    ("Ctrl + wheel", "zoom"),
    ("Ctrl + drag", "window from the region"),
    ("Ctrl + double click", "reset the window"),
    ("Ctrl + H, held", "hide all boxes"),
)
