"""Where in an image a detector expects the centre of a finding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.errors import InputError


class NoHeatMapError(InputError):
    """The model has no CENTER branch that could be shown."""

    kind = "no heat map"
    advice = "Choose a centre-and-scale model."


@dataclass(frozen=True, eq=False, slots=True)
class HeatMap:
    """The CENTER branch over one image; to be looked at, never stored.

    Attributes
    ----------
    values
        ``[h, w]`` float32 in [0, 1]: the highest probability of a centre over all levels, on the
        finest grid.
    extent
        x0 y0 x1 y1 in continuous image pixels: what the grid covers, the black bars around the
        image included.
    """

    values: NDArray[np.float32]
    extent: tuple[float, float, float, float]
