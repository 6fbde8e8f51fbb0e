"""Grey values for the screen: modality, then VOI, then presentation (PS3.3 C.11, PS3.4 N.2).

The whole chain is a function of the stored value alone, so that it is one table, built when the
view changes and applied to all pixels at once. Inversion is its last step.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.radiograph import GreyScale, LookupTable, Radiograph, Rescale, VoiFunction, Window

Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int16]
View = Window | LookupTable


@dataclass(frozen=True, slots=True)
class PercentilePreset:
    """A window of a projection radiograph by percentiles of its brightness, dark to bright.

    CR and DX have no common unit, so that presets in fixed units, as for CT, do not exist.
    """

    name: str
    low: float
    high: float


PERCENTILE_PRESETS = (
    PercentilePreset("lung", 0.5, 80.0),
    PercentilePreset("mediastinum", 25.0, 99.5),
    PercentilePreset("bone", 40.0, 99.9),
)
_AUTOMATIC_MARGIN = 0.1


def modality_values(pixels: Pixels, grey: GreyScale) -> NDArray[np.float32]:
    """Stored values after the modality LUT or rescale, ``[H, W]`` float32 (PS3.3 C.11.1)."""
    if isinstance(grey.modality, Rescale):
        return pixels.astype(np.float32) * np.float32(grey.modality.slope) + np.float32(
            grey.modality.intercept
        )
    return _modality_table(grey)[_as_indices(pixels)].astype(np.float32)


def automatic_window(radiograph: Radiograph) -> Window:
    """From the 0.1 % to the 99.9 % percentile of all pixels but padding."""
    return percentile_window(radiograph, _AUTOMATIC_MARGIN, 100 - _AUTOMATIC_MARGIN)


def full_range_window(radiograph: Radiograph) -> Window:
    """All values that the stored bits can express."""
    values = _modality_table(radiograph.grey)[_possible_indices(radiograph.grey)]
    return _window_between(float(values.min()), float(values.max()))


def percentile_window(radiograph: Radiograph, low: float, high: float) -> Window:
    """The window between two percentiles of brightness, padding left out.

    Parameters
    ----------
    radiograph
        Where its grey scale is inverted, so is the order of its percentiles: they count from the
        darkest pixel on the screen to the brightest.
    low, high
        Percent of the pixels that become black, and that stay below white.
    """
    if not 0 <= low < high <= 100:
        raise ValueError(f"percentiles {low} and {high} are not in order within 0 to 100")
    if radiograph.grey.is_inverted:
        low, high = 100 - high, 100 - low
    values, counts = _value_counts(radiograph)
    cumulative = np.cumsum(counts)
    pixel_count = cumulative[-1]
    darkest = int(np.searchsorted(cumulative, low * pixel_count / 100, side="right"))
    brightest = int(np.searchsorted(cumulative, high * pixel_count / 100, side="left"))
    return _window_between(float(values[min(darkest, brightest)]), float(values[brightest]))


def offered_views(radiograph: Radiograph) -> tuple[View, ...]:
    """The lookup tables and windows that the file itself offers, in this order."""
    return (*radiograph.grey.voi_luts, *radiograph.grey.windows)


def default_view(radiograph: Radiograph) -> View:
    """The file's VOI LUT, else its window, else full range for 8 bits, else automatic."""
    offered = offered_views(radiograph)
    if offered:
        return offered[0]
    if radiograph.grey.bits_stored <= 8:
        return full_range_window(radiograph)
    return automatic_window(radiograph)


def display_table(grey: GreyScale, view: View, inverted: bool = False) -> NDArray[np.uint8]:
    """What to show for every stored value.

    Parameters
    ----------
    grey
        The file's grey scale.
    view
        A window, or a VOI lookup table.
    inverted
        Whether the reader asks for the negative. The file's own inversion comes on top, and both
        come last.

    Returns
    -------
    ``[2**8]`` uint8 for pixels of type uint8, else ``[2**16]``, indexed by the 16 bits of the
    stored value: negative values lie in the upper half, as two's complement has them.
    """
    values = _modality_table(grey)
    if isinstance(view, Window):
        fractions = _windowed(values, view)
    else:
        fractions = _looked_up(values, view) / np.float32(2**view.bits - 1)
    table = np.rint(fractions * 255).astype(np.uint8)
    return ~table if grey.is_inverted != inverted else table


def apply_table(pixels: Pixels, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show stored values ``[H, W]`` by a table of :func:`display_table`."""
    return np.asarray(cv2.LUT(_as_indices(pixels), table), np.uint8)


def render(
    radiograph: Radiograph, view: View | None = None, inverted: bool = False
) -> NDArray[np.uint8]:
    """The radiograph as it is shown, ``[H, W]`` uint8; in its default view if none is given."""
    view = default_view(radiograph) if view is None else view
    return apply_table(radiograph.pixels, display_table(radiograph.grey, view, inverted))


def _as_indices(pixels: Pixels) -> NDArray[np.uint8] | NDArray[np.uint16]:
    return pixels.view(np.uint8) if pixels.itemsize == 1 else pixels.view(np.uint16)


def _has_byte_pixels(grey: GreyScale) -> bool:
    return grey.bits_stored <= 8 and not grey.is_signed


def _stored_values(grey: GreyScale) -> NDArray[np.int32]:
    """The stored value of every index of a table."""
    if _has_byte_pixels(grey):
        return np.arange(2**8, dtype=np.int32)
    indices = np.arange(2**16, dtype=np.uint16)
    return (indices.view(np.int16) if grey.is_signed else indices).astype(np.int32)


def _possible_indices(grey: GreyScale) -> NDArray[np.intp]:
    """The indices of a table that the stored bits can express."""
    lowest = -(2 ** (grey.bits_stored - 1)) if grey.is_signed else 0
    return np.arange(lowest, lowest + 2**grey.bits_stored) % 2**16


def _modality_table(grey: GreyScale) -> NDArray[np.float32]:
    """The modality value of every index of a table."""
    stored = _stored_values(grey)
    if isinstance(grey.modality, Rescale):
        return (stored * grey.modality.slope + grey.modality.intercept).astype(np.float32)
    return _looked_up(stored, grey.modality).astype(np.float32)


def _looked_up(values: NDArray[np.generic], table: LookupTable) -> NDArray[np.uint16]:
    """PS3.3 C.11.1.1.1: values before the first mapped one and after the last take the ends."""
    positions = np.rint(values).astype(np.int64) - table.first_mapped
    looked_up: NDArray[np.uint16] = table.entries[positions.clip(0, len(table.entries) - 1)]
    return looked_up


def _windowed(values: NDArray[np.float32], window: Window) -> NDArray[np.float64]:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, with an output of 0 to 1."""
    x = values.astype(np.float64)
    center, width = window.center, window.width
    match window.function:
        case VoiFunction.SIGMOID:
            return 1 / (1 + np.exp(np.clip(-4 * (x - center) / width, -700, 700)))
        case VoiFunction.LINEAR_EXACT:
            if width <= 0:
                raise ValueError(f"an exact linear window has a width above 0, not {width}")
            return np.clip((x - center) / width + 0.5, 0, 1)
        case VoiFunction.LINEAR:
            if width < 1:
                raise ValueError(f"a linear window has a width of 1 or more, not {width}")
            if width == 1:
                return (x > center - 0.5).astype(np.float64)
            return np.clip((x - (center - 0.5)) / (width - 1) + 0.5, 0, 1)


def _window_between(low: float, high: float) -> Window:
    """The window that shows ``low`` black and ``high`` white, exactly and in any unit."""
    width = high - low if high > low else 1.0
    return Window((low + high) / 2, width, VoiFunction.LINEAR_EXACT)


def _value_counts(radiograph: Radiograph) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Modality values in ascending order and how many pixels have each; no padding among them."""
    values = _modality_table(radiograph.grey)
    counts = np.bincount(_as_indices(radiograph.pixels).ravel(), minlength=len(values))
    if radiograph.grey.padding is not None:
        first, last = radiograph.grey.padding
        stored = _stored_values(radiograph.grey)
        kept = np.where((stored >= first) & (stored <= last), 0, counts)
        counts = kept if kept.any() else counts
    present = np.flatnonzero(counts)
    order = present[np.argsort(values[present], kind="stable")]
    return values[order], counts[order]
