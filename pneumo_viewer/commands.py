"""Every command of the window once: its words, keys, menu and where its keys work.

Menus, tool bar, context menu, command palette and key sheet are made from :data:`COMMANDS`;
nothing else names a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pneumo_viewer.review.boxes import WHOLE, Grip


class Scope(Enum):
    """Where the keys of a command work; those of the window work in every other scope, too."""

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


HELD_KEYS = {"Ctrl+H": "Hide all boxes"}
"""Keys that work while they are held, and what they do; no command can have them."""

_READING = Scope.READING


@dataclass(frozen=True, slots=True)
class BoxStep:
    """What one press of a key does to the selected box, in image pixels."""

    grip: Grip
    right: int
    down: int


_ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}
_STEP_KEYS = (
    ("move", "", "Alt", 1),
    ("move_far", " by 10", "Shift+Alt", 10),
    ("resize", "", "Ctrl+Alt", 1),
    ("resize_far", " by 10", "Ctrl+Shift+Alt", 10),
)
_RESIZED = {"Left": "narrower", "Right": "wider", "Up": "shorter", "Down": "taller"}
_BOTTOM_RIGHT = Grip(1, 1)


def _box_commands() -> Iterator[tuple[Command, BoxStep]]:
    """Moving and resizing the selected box by keys; a box grows and shrinks at right and below."""
    for change, by, modifiers, pixels in _STEP_KEYS:
        is_move = change.startswith("move")
        for arrow, (right, down) in _ARROWS.items():
            words = f"Move {arrow.lower()}" if is_move else f"Make {_RESIZED[arrow]}"
            command = Command(
                f"box_{change}_{arrow.lower()}",
                words + by,
                "Review/Selected box",
                (f"{modifiers}+{arrow}",),
                Scope.READING,
                starts_section=arrow == "Left" and change != "move",
            )
            grip = WHOLE if is_move else _BOTTOM_RIGHT
            yield command, BoxStep(grip, pixels * right, pixels * down)


BOX_STEPS = {command.id: step for command, step in _box_commands()}
"""What the commands of the menu *Selected box* do."""

COMMANDS: tuple[Command, ...] = (
    Command("open_folder", "Open a folder …", "File", ("Ctrl+O",), icon="mdi6.folder-open-outline"),
    Command("open_files", "Open files …", "File", ("Ctrl+Shift+O",)),
    Command("open_demo", "Open the demo studies", "File"),
    Command("load_truth", "Load ground truth …", "File", ("Ctrl+T",), starts_section=True),
    Command("take_over", "Take over my reviews from reports …", "File"),
    Command("export_reports", "Structured reports (DICOM SR) …", "File/Export"),
    Command("export_states", "Presentation states (DICOM GSPS) …", "File/Export"),
    Command("export_images", "Images without identities (DICOM) …", "File/Export"),
    Command("export_coco", "COCO JSON …", "File/Export", starts_section=True),
    Command("export_table", "Table (CSV) …", "File/Export"),
    Command("export_submission", "Challenge submission (CSV) …", "File/Export"),
    Command("export_pdf", "Report (PDF) …", "File/Export", starts_section=True),
    Command("export_view", "Picture of the view (PNG) …", "File/Export"),
    Command("close_all", "Close all studies", "File", ("Ctrl+W",), starts_section=True),
    Command("settings", "Settings …", "File", ("Ctrl+,",), starts_section=True),
    Command("quit", "Quit", "File", ("Ctrl+Q",)),
    Command("fit", "Fit to the viewport", "View", ("=",), _READING, "mdi6.fit-to-page-outline"),
    Command(
        "actual_size", "Actual pixels (1:1)", "View", ("Ctrl+1",), icon="mdi6.numeric-1-box-outline"
    ),
    Command("zoom_in", "Zoom in", "View", ("+",), _READING),
    Command("zoom_out", "Zoom out", "View", ("-",), _READING),
    Command("reset_view", "Reset the view", "View", ("Space",), _READING),
    Command("cancel", "Cancel, or reset the view", "View", ("Esc",), _READING),
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
    Command("show_graphics", "Show overlays of the file", "View", is_toggle=True),
    Command("layout_one", "One viewport", "View/Layout", ("Alt+1",), _READING, is_toggle=True),
    Command("layout_two", "Two viewports", "View/Layout", ("Alt+2",), _READING, is_toggle=True),
    Command("layout_four", "Four viewports", "View/Layout", ("Alt+4",), _READING, is_toggle=True),
    Command(
        "compare_priors",
        "Compare with prior",
        "View/Layout",
        ("P",),
        _READING,
        "mdi6.compare",
        is_toggle=True,
        starts_section=True,
    ),
    Command(
        "synchronise",
        "Zoom and pan all viewports together",
        "View/Layout",
        ("S",),
        _READING,
        is_toggle=True,
    ),
    Command("next_viewport", "Next viewport", "View/Layout", ("W",), _READING, starts_section=True),
    Command("maximise", "Maximise the viewport", "View/Layout", ("Shift+M",), _READING),
    Command("show_worklist", "Worklist", "View", ("F2",), is_toggle=True, starts_section=True),
    Command("show_findings", "Findings", "View", ("F3",), is_toggle=True),
    Command("show_tags", "DICOM tags", "View", ("F10",), is_toggle=True),
    Command("show_pacs", "PACS", "View", ("Ctrl+P",), is_toggle=True),
    Command("show_log", "Log", "View", ("F12",), is_toggle=True),
    Command("reset_layout", "Reset layout", "View"),
    Command("full_screen", "Full screen", "View", ("F11",), is_toggle=True),
    Command("window_auto", "Automatic window", "Image/Window", ("0",), _READING),
    Command("window_file", "Window of the file", "Image/Window", ("1",), _READING),
    Command("window_full", "Full range", "Image/Window", ("2",), _READING),
    Command("window_lung", "Lung", "Image/Window", ("3",), _READING),
    Command("window_mediastinum", "Mediastinum", "Image/Window", ("4",), _READING),
    Command("window_bone", "Bone", "Image/Window", ("5",), _READING),
    Command("invert", "Invert", "Image", ("I",), _READING, "mdi6.invert-colors", is_toggle=True),
    Command(
        "rotate_right",
        "Rotate right",
        "Image",
        ("R",),
        _READING,
        starts_section=True,
    ),
    Command("rotate_left", "Rotate left", "Image", ("L",), _READING),
    Command("flip_horizontally", "Flip left and right", "Image", ("H",), _READING),
    Command("flip_vertically", "Flip top and bottom", "Image", ("V",), _READING),
    Command(
        "zoom_tool",
        "Zoom tool",
        "Image",
        ("Z",),
        _READING,
        is_toggle=True,
        starts_section=True,
    ),
    Command("magnifier", "Magnifier", "Image", ("M",), _READING, is_toggle=True),
    Command("length", "Length", "Image/Measure", ("D",), _READING, "mdi6.ruler", is_toggle=True),
    Command(
        "angle", "Angle", "Image/Measure", ("A",), _READING, "mdi6.angle-acute", is_toggle=True
    ),
    Command(
        "rectangle",
        "Rectangle: mean and deviation",
        "Image/Measure",
        ("Shift+D",),
        _READING,
        "mdi6.rectangle-outline",
        is_toggle=True,
    ),
    Command(
        "ellipse",
        "Ellipse: mean and deviation",
        "Image/Measure",
        ("Shift+A",),
        _READING,
        is_toggle=True,
    ),
    Command(
        "delete_measurement",
        "Delete measurement",
        "Image/Measure",
        ("Ctrl+D",),
        starts_section=True,
    ),
    Command("undo", "Undo", "Review", ("Ctrl+Z",), icon="mdi6.undo"),
    Command("redo", "Redo", "Review", ("Ctrl+Y", "Ctrl+Shift+Z"), icon="mdi6.redo"),
    Command(
        "accept", "Accept finding", "Review", ("Return", "Enter"), _READING, starts_section=True
    ),
    Command("reject", "Reject finding", "Review", ("Backspace", "Delete"), _READING),
    Command("undecide", "Leave finding undecided", "Review", ("U",), _READING),
    Command(
        "add_box",
        "Add a box (twice: in the middle)",
        "Review",
        ("B",),
        _READING,
        "mdi6.shape-rectangle-plus",
    ),
    *(command for command, _ in _box_commands()),
    Command("exam_pneumonia", "Exam: pneumonia", "Review", ("F6",), starts_section=True),
    Command("exam_no_pneumonia", "Exam: no pneumonia", "Review", ("F7",)),
    Command("exam_unsure", "Exam: unsure", "Review", ("F8",)),
    Command("comment", "Comment on the exam", "Review", ("F9",)),
    Command("next_finding", "Next finding", "Review", ("Tab",), _READING, starts_section=True),
    Command("previous_finding", "Previous finding", "Review", ("Shift+Tab",), _READING),
    Command("next_image", "Next image", "Review", ("Down",), _READING),
    Command("previous_image", "Previous image", "Review", ("Up",), _READING),
    Command("next_exam", "Next exam", "Review", ("PgDown", "Ctrl+Right"), _READING),
    Command("previous_exam", "Previous exam", "Review", ("PgUp", "Ctrl+Left"), _READING),
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
    Command("reveal", "Reveal", "Review", ("Ctrl+Return",), starts_section=True),
    Command("blinded_reading", "Blinded reading", "Review", is_toggle=True),
    Command("change_reader", "Reader …", "Review"),
    Command(
        "evaluate",
        "Evaluate loaded studies",
        "Evaluation",
        ("Ctrl+E",),
        icon="mdi6.chart-bell-curve",
    ),
    Command("compare_readers", "Agreement of readers", "Evaluation"),
    Command("show_image", "Evaluation page, and back to the image", "Evaluation", ("F5",)),
    Command(
        "next_error", "Next error (FP or FN)", "Evaluation", ("N",), _READING, starts_section=True
    ),
    Command("previous_error", "Previous error", "Evaluation", ("Shift+N",), _READING),
    Command("export_evaluation", "Export the evaluation …", "Evaluation", starts_section=True),
    Command("about_model", "About the model …", "Model"),
    Command("resume_detection", "Detect what is left", "Model"),
    Command("open_weights", "Open weights …", "Model"),
    Command(
        "show_heat_map",
        "Heat map of the CENTER branch",
        "Model",
        ("X",),
        _READING,
        "mdi6.blur",
        is_toggle=True,
        starts_section=True,
    ),
    Command(
        "export_training_set",
        "Export reviewed studies as a training set …",
        "Model",
        starts_section=True,
    ),
    Command("fine_tune", "Fine-tune on reviewed studies …", "Model"),
    Command("show_training", "Training", "View", ("F4",), is_toggle=True),
    Command("show_palette", "Find a command …", "Help", ("Ctrl+K",)),
    Command("show_keys", "Keys and mouse", "Help", ("F1",)),
    Command("edit_keys", "Change keys …", "Help"),
    Command("about", "About …", "Help"),
)

MENUS = ("File", "View", "Image", "Review", "Evaluation", "Model", "Help")

MOUSE: tuple[tuple[str, str], ...] = (
    ("Left drag", "window (right: wider) and level (up: brighter)"),
    ("Left click on a box", "select the finding"),
    ("Left drag on a box", "move it; at an edge of the selected one, resize it"),
    ("Middle or Shift + left drag", "pan"),
    ("Right drag; right click", "zoom; menu"),
    ("Wheel", "zoom at the cursor, or scroll frames"),
    ("Ctrl + wheel", "zoom"),
    ("Ctrl + drag", "window from the region"),
    ("Double click", "maximise the viewport, a single one over the panels; again: restore"),
    ("Drag from the worklist", "show the image in that viewport"),
    ("Ctrl + double click", "reset the window"),
    ("Drag on a measurement", "move it, or one of its ends; Delete deletes it"),
    ("Ctrl + H, held", "hide all boxes"),
)
