"""The colours of the reading room; the theme and the canvas share them."""

from __future__ import annotations

VIEWPORT = "#000000"
TEXT = "#e6e9ed"
SECONDARY = "#9aa4b0"
SELECTION = "#4da3ff"
DETECTION = "#ff4d40"
READER = "#ffc247"
"""Boxes that the reader added or corrected."""
TRUTH = "#ffffff"
TICK = "#45d18a"
MEASUREMENT = "#66e0e8"
PLATE = "#d8101318"
"""Behind labels on the image, with its alpha first."""
SHADOW = "#80000000"
"""Around light lines and letters on the image, with its alpha first."""
