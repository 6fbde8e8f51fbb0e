"""The colours on the image, which is black in every theme."""

from __future__ import annotations

from pneumo_viewer.theme import DARK

VIEWPORT = "#000000"
GAP = DARK.line
"""Between viewports."""
TEXT = DARK.text
SECONDARY = DARK.secondary
SELECTION = DARK.selection
DETECTION = DARK.detection
READER = DARK.reader
"""Boxes that the reader added or corrected."""
TRUTH = "#ffffff"
TICK = DARK.tick
MEASUREMENT = "#66e0e8"
WARNING = DARK.warning
PLATE = "#d8101318"
"""Behind labels on the image, with its alpha first."""
SHADOW = "#80000000"
"""Around light lines and letters on the image, with its alpha first."""
