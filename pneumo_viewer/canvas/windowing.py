"""How a reader changes the window: by dragging, from a region, by the part of the body."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from detector.dicom.grey_values import PERCENTILE_PRESETS, percentile_window
from detector.radiograph import LookupTable, Radiograph, VoiFunction, Window

_DRAG_LENGTH = 512
"""View pixels of a drag that change the window by the whole range of the image's values."""

_PRESETS = {preset.name: preset for preset in PERCENTILE_PRESETS}


def preset_window(radiograph: Radiograph, name: str) -> Window:
    """Make the window of one of `PERCENTILE_PRESETS`: "lung", "mediastinum" or "bone"."""
    preset = _PRESETS[name]
    return replace(percentile_window(radiograph, preset.low, preset.high), explanation=name)


def region_window(radiograph: Radiograph, x0: float, y0: float, x1: float, y1: float) -> Window:
    """Make the window from the 1st to the 99th percentile of a region of the image.

    Every pixel that the region touches counts; a region outside the image counts the pixels
    nearest to it.
    """
    height, width = radiograph.pixels.shape
    left, top = min(max(int(x0), 0), width - 1), min(max(int(y0), 0), height - 1)
    right, bottom = max(int(np.ceil(x1)), left + 1), max(int(np.ceil(y1)), top + 1)
    region = replace(radiograph, pixels=radiograph.pixels[top:bottom, left:right])
    return replace(percentile_window(region, 1, 99), explanation="region")


def dragged_window(
    window: Window, right: float, up: float, value_range: float, is_inverted: bool
) -> Window:
    """Widen a window by a drag to the right, and brighten the image by a drag upwards.

    Parameters
    ----------
    right, up
        Length of the drag in view pixels.
    value_range
        Range of the image's values, in modality units.
    is_inverted
        Whether larger values appear darker.
    """
    step = value_range / _DRAG_LENGTH
    narrowest = 1.0 if window.function is VoiFunction.LINEAR else step / 16
    return Window(
        center=window.center + up * step * (1 if is_inverted else -1),
        width=max(window.width + right * step, narrowest),
        function=window.function,
    )


def window_of(view: Window | LookupTable) -> Window:
    """Return a window, or the window that is nearest to a lookup table.

    It spans the inputs between 5 % and 95 % of the table's output range, extended as if the
    table were straight.
    """
    if isinstance(view, Window):
        return view
    entries = view.entries.astype(float)
    darkest, brightest = entries.min(), entries.max()
    between = np.flatnonzero(
        (entries > darkest + 0.05 * (brightest - darkest))
        & (entries < darkest + 0.95 * (brightest - darkest))
    )
    if not between.size:
        between = np.arange(len(entries))
    first, last = float(between[0]), float(between[-1])
    return Window(
        center=view.first_mapped + (first + last) / 2, width=max((last - first) / 0.9, 1.0)
    )


def describe_view(view: Window | LookupTable) -> str:
    """Name a window by width and level, and a table by its explanation."""
    if isinstance(view, LookupTable):
        return f"LUT {view.explanation}".strip()
    return f"W {_figure(view.width)} L {_figure(view.center)}"


def _figure(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"
