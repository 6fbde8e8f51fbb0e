"""Every command of the window once: its words, keys, menu and where its keys work.

Menus, tool bar, context menu, command palette and key sheet are made from :data:`COMMANDS`;
nothing else names a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pneumo_viewer.review.boxes import WHOLE, Grip
from pneumo_viewer.words import mark


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
        What the menu says, in English.
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


HELD_KEYS = {"Ctrl+H": mark("Hide all boxes")}
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
    ("move", "Alt", 1),
    ("move_far", "Shift+Alt", 10),
    ("resize", "Ctrl+Alt", 1),
    ("resize_far", "Ctrl+Shift+Alt", 10),
)
_STEP_WORDS = {
    "move": (mark("Move left"), mark("Move right"), mark("Move up"), mark("Move down")),
    "move_far": (
        mark("Move left by 10"),
        mark("Move right by 10"),
        mark("Move up by 10"),
        mark("Move down by 10"),
    ),
    "resize": (
        mark("Make narrower"),
        mark("Make wider"),
        mark("Make shorter"),
        mark("Make taller"),
    ),
    "resize_far": (
        mark("Make narrower by 10"),
        mark("Make wider by 10"),
        mark("Make shorter by 10"),
        mark("Make taller by 10"),
    ),
}
"""In the order of the arrows."""
_BOTTOM_RIGHT = Grip(1, 1)


def _box_commands() -> Iterator[tuple[Command, BoxStep]]:
    """Moving and resizing the selected box by keys; a box grows and shrinks at right and below."""
    for change, modifiers, pixels in _STEP_KEYS:
        is_move = change.startswith("move")
        for (arrow, (right, down)), words in zip(_ARROWS.items(), _STEP_WORDS[change], strict=True):
            command = Command(
                f"box_{change}_{arrow.lower()}",
                words,
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
    Command(
        "open_folder", mark("Open a folder …"), "File", ("Ctrl+O",), icon="mdi6.folder-open-outline"
    ),
    Command("open_files", mark("Open files …"), "File", ("Ctrl+Shift+O",)),
    Command("open_demo", mark("Open the demo studies"), "File"),
    Command("load_truth", mark("Load ground truth …"), "File", ("Ctrl+T",), starts_section=True),
    Command("take_over", mark("Take over my reviews from reports …"), "File"),
    Command("export_reports", mark("Structured reports (DICOM SR) …"), "File/Export"),
    Command("export_states", mark("Presentation states (DICOM GSPS) …"), "File/Export"),
    Command("export_images", mark("Images without identities (DICOM) …"), "File/Export"),
    Command("export_coco", mark("COCO JSON …"), "File/Export", starts_section=True),
    Command("export_table", mark("Table (CSV) …"), "File/Export"),
    Command("export_submission", mark("Challenge submission (CSV) …"), "File/Export"),
    Command("export_pdf", mark("Report (PDF) …"), "File/Export", starts_section=True),
    Command("export_view", mark("Picture of the view (PNG) …"), "File/Export"),
    Command("close_all", mark("Close all studies"), "File", ("Ctrl+W",), starts_section=True),
    Command("settings", mark("Settings …"), "File", ("Ctrl+,",), starts_section=True),
    Command("quit", mark("Quit"), "File", ("Ctrl+Q",)),
    Command(
        "fit", mark("Fit to the viewport"), "View", ("=",), _READING, "mdi6.fit-to-page-outline"
    ),
    Command(
        "actual_size",
        mark("Actual pixels (1:1)"),
        "View",
        ("Ctrl+1",),
        icon="mdi6.numeric-1-box-outline",
    ),
    Command("zoom_in", mark("Zoom in"), "View", ("+",), _READING),
    Command("zoom_out", mark("Zoom out"), "View", ("-",), _READING),
    Command("reset_view", mark("Reset the view"), "View", ("Space",), _READING),
    Command("cancel", mark("Cancel, or reset the view"), "View", ("Esc",), _READING),
    Command(
        "show_truth",
        mark("Show ground truth"),
        "View",
        ("G",),
        _READING,
        "mdi6.checkbox-multiple-blank-outline",
        is_toggle=True,
        starts_section=True,
    ),
    Command("show_graphics", mark("Show overlays of the file"), "View", is_toggle=True),
    Command(
        "layout_one", mark("One viewport"), "View/Layout", ("Alt+1",), _READING, is_toggle=True
    ),
    Command(
        "layout_two", mark("Two viewports"), "View/Layout", ("Alt+2",), _READING, is_toggle=True
    ),
    Command(
        "layout_four", mark("Four viewports"), "View/Layout", ("Alt+4",), _READING, is_toggle=True
    ),
    Command(
        "compare_priors",
        mark("Compare with prior"),
        "View/Layout",
        ("P",),
        _READING,
        "mdi6.compare",
        is_toggle=True,
        starts_section=True,
    ),
    Command(
        "synchronise",
        mark("Zoom and pan all viewports together"),
        "View/Layout",
        ("S",),
        _READING,
        is_toggle=True,
    ),
    Command(
        "next_viewport", mark("Next viewport"), "View/Layout", ("W",), _READING, starts_section=True
    ),
    Command("maximise", mark("Maximise the viewport"), "View/Layout", ("Shift+M",), _READING),
    Command(
        "show_worklist", mark("Worklist"), "View", ("F2",), is_toggle=True, starts_section=True
    ),
    Command("show_findings", mark("Findings"), "View", ("F3",), is_toggle=True),
    Command("show_tags", mark("DICOM tags"), "View", ("F10",), is_toggle=True),
    Command("show_pacs", mark("PACS"), "View", ("Ctrl+P",), is_toggle=True),
    Command("show_log", mark("Log"), "View", ("F12",), is_toggle=True),
    Command("reset_layout", mark("Reset layout"), "View"),
    Command("next_panel", mark("Next panel"), "View", ("Ctrl+Tab",)),
    Command("previous_panel", mark("Previous panel"), "View", ("Ctrl+Shift+Tab",)),
    Command("full_screen", mark("Full screen"), "View", ("F11",), is_toggle=True),
    Command("window_auto", mark("Automatic window"), "Image/Window", ("0",), _READING),
    Command("window_file", mark("Window of the file"), "Image/Window", ("1",), _READING),
    Command("window_full", mark("Full range"), "Image/Window", ("2",), _READING),
    Command("window_lung", mark("Lung"), "Image/Window", ("3",), _READING),
    Command("window_mediastinum", mark("Mediastinum"), "Image/Window", ("4",), _READING),
    Command("window_bone", mark("Bone"), "Image/Window", ("5",), _READING),
    Command(
        "invert", mark("Invert"), "Image", ("I",), _READING, "mdi6.invert-colors", is_toggle=True
    ),
    Command(
        "rotate_right",
        mark("Rotate right"),
        "Image",
        ("R",),
        _READING,
        starts_section=True,
    ),
    Command("rotate_left", mark("Rotate left"), "Image", ("L",), _READING),
    Command("flip_horizontally", mark("Flip left and right"), "Image", ("H",), _READING),
    Command("flip_vertically", mark("Flip top and bottom"), "Image", ("V",), _READING),
    Command(
        "zoom_tool",
        mark("Zoom tool"),
        "Image",
        ("Z",),
        _READING,
        is_toggle=True,
        starts_section=True,
    ),
    Command("magnifier", mark("Magnifier"), "Image", ("M",), _READING, is_toggle=True),
    Command(
        "length", mark("Length"), "Image/Measure", ("D",), _READING, "mdi6.ruler", is_toggle=True
    ),
    Command(
        "angle",
        mark("Angle"),
        "Image/Measure",
        ("A",),
        _READING,
        "mdi6.angle-acute",
        is_toggle=True,
    ),
    Command(
        "rectangle",
        mark("Rectangle: mean and deviation"),
        "Image/Measure",
        ("Shift+D",),
        _READING,
        "mdi6.rectangle-outline",
        is_toggle=True,
    ),
    Command(
        "ellipse",
        mark("Ellipse: mean and deviation"),
        "Image/Measure",
        ("Shift+A",),
        _READING,
        is_toggle=True,
    ),
    Command(
        "delete_measurement",
        mark("Delete measurement"),
        "Image/Measure",
        ("Ctrl+D",),
        starts_section=True,
    ),
    Command("undo", mark("Undo"), "Review", ("Ctrl+Z",), icon="mdi6.undo"),
    Command("redo", mark("Redo"), "Review", ("Ctrl+Y", "Ctrl+Shift+Z"), icon="mdi6.redo"),
    Command(
        "accept",
        mark("Accept finding"),
        "Review",
        ("Return", "Enter"),
        _READING,
        starts_section=True,
    ),
    Command("reject", mark("Reject finding"), "Review", ("Backspace", "Delete"), _READING),
    Command("undecide", mark("Leave finding undecided"), "Review", ("U",), _READING),
    Command(
        "add_box",
        mark("Add a box (twice: in the middle)"),
        "Review",
        ("B",),
        _READING,
        "mdi6.shape-rectangle-plus",
    ),
    *(command for command, _ in _box_commands()),
    Command("exam_pneumonia", mark("Exam: pneumonia"), "Review", ("F6",), starts_section=True),
    Command("exam_no_pneumonia", mark("Exam: no pneumonia"), "Review", ("F7",)),
    Command("exam_unsure", mark("Exam: unsure"), "Review", ("F8",)),
    Command("comment", mark("Comment on the exam"), "Review", ("F9",)),
    Command(
        "next_finding", mark("Next finding"), "Review", ("Tab",), _READING, starts_section=True
    ),
    Command("previous_finding", mark("Previous finding"), "Review", ("Shift+Tab",), _READING),
    Command("next_image", mark("Next image"), "Review", ("Down",), _READING),
    Command("previous_image", mark("Previous image"), "Review", ("Up",), _READING),
    Command("next_exam", mark("Next exam"), "Review", ("PgDown", "Ctrl+Right"), _READING),
    Command("previous_exam", mark("Previous exam"), "Review", ("PgUp", "Ctrl+Left"), _READING),
    Command(
        "threshold_up",
        mark("Raise the threshold by 0.01"),
        "Review",
        ("]",),
        _READING,
        starts_section=True,
    ),
    Command("threshold_down", mark("Lower the threshold by 0.01"), "Review", ("[",), _READING),
    Command("threshold_far_up", mark("Raise the threshold by 0.05"), "Review", ("}",), _READING),
    Command("threshold_far_down", mark("Lower the threshold by 0.05"), "Review", ("{",), _READING),
    Command("next_point", mark("Next operating point"), "Review", ("O",), _READING),
    Command("reveal", mark("Reveal"), "Review", ("Ctrl+Return",), starts_section=True),
    Command("blinded_reading", mark("Blinded reading"), "Review", is_toggle=True),
    Command("change_reader", mark("Reader …"), "Review"),
    Command(
        "evaluate",
        mark("Evaluate loaded studies"),
        "Evaluation",
        ("Ctrl+E",),
        icon="mdi6.chart-bell-curve",
    ),
    Command("compare_readers", mark("Agreement of readers"), "Evaluation"),
    Command("show_image", mark("Evaluation page, and back to the image"), "Evaluation", ("F5",)),
    Command(
        "next_error",
        mark("Next error (FP or FN)"),
        "Evaluation",
        ("N",),
        _READING,
        starts_section=True,
    ),
    Command("previous_error", mark("Previous error"), "Evaluation", ("Shift+N",), _READING),
    Command(
        "export_evaluation", mark("Export the evaluation …"), "Evaluation", starts_section=True
    ),
    Command("about_model", mark("About the model …"), "Model"),
    Command("resume_detection", mark("Detect what is left"), "Model"),
    Command("detect_declined", mark("Detect in this image all the same"), "Model"),
    Command("detect_all_declined", mark("Detect in all declined images"), "Model"),
    Command("open_weights", mark("Open weights …"), "Model"),
    Command(
        "show_heat_map",
        mark("Heat map of the CENTER branch"),
        "Model",
        ("X",),
        _READING,
        "mdi6.blur",
        is_toggle=True,
        starts_section=True,
    ),
    Command(
        "export_training_set",
        mark("Export reviewed studies as a training set …"),
        "Model",
        starts_section=True,
    ),
    Command("fine_tune", mark("Fine-tune on reviewed studies …"), "Model"),
    Command("show_training", mark("Training"), "View", ("F4",), is_toggle=True),
    Command("show_palette", mark("Find a command …"), "Help", ("Ctrl+K",)),
    Command("show_keys", mark("Keys and mouse"), "Help", ("F1",)),
    Command("edit_keys", mark("Change keys …"), "Help"),
    Command("about", mark("About …"), "Help"),
)

MENUS = (
    mark("File"),
    mark("View"),
    mark("Image"),
    mark("Review"),
    mark("Evaluation"),
    mark("Model"),
    mark("Help"),
)
SUBMENUS = {
    "File/Export": mark("Export"),
    "View/Layout": mark("Layout"),
    "Image/Window": mark("Window"),
    "Image/Measure": mark("Measure"),
    "Review/Selected box": mark("Selected box"),
}
"""Their titles."""


MOUSE: tuple[tuple[str, str], ...] = (
    (mark("Left drag"), mark("window (right: wider) and level (up: brighter)")),
    (mark("Left click on a box"), mark("select the finding")),
    (mark("Left drag on a box"), mark("move it; at an edge of the selected one, resize it")),
    (mark("Middle or Shift + left drag"), mark("pan")),
    (mark("Right drag; right click"), mark("zoom; menu")),
    (mark("Wheel"), mark("zoom at the cursor, or scroll frames")),
    (mark("Ctrl + wheel"), mark("zoom")),
    (mark("Ctrl + drag"), mark("window from the region")),
    (
        mark("Double click"),
        mark("maximise the viewport, a single one over the panels; again: restore"),
    ),
    (mark("Drag from the worklist"), mark("show the image in that viewport")),
    (mark("Ctrl + double click"), mark("reset the window")),
    (mark("Drag on a measurement"), mark("move it, or one of its ends; Delete deletes it")),
    (mark("Ctrl + H, held"), mark("hide all boxes")),
)
