"""Lengths, angles and regions that the reader measures, and what they amount to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.dicom.grey_values import modality_values
from detector.radiograph import Radiograph, SpacingOrigin
from pneumo_viewer.canvas.placement import pixel_sides
from pneumo_viewer.words import mark, tr

Point = tuple[float, float]
Frame = tuple[str, int]
"""The key of an image, and the index of a frame of it."""

ORIGIN_NAMES = {
    SpacingOrigin.CALIBRATED: mark("calibrated"),
    SpacingOrigin.AT_DETECTOR: mark("at detector"),
    SpacingOrigin.MAGNIFIED: mark("corrected for magnification"),
    SpacingOrigin.UNKNOWN: mark("of unknown origin"),
}


class Kind(Enum):
    """What is measured."""

    LENGTH = "length"
    ANGLE = "angle"
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"

    @property
    def is_region(self) -> bool:
        """Whether it has an inside."""
        return self in (Kind.RECTANGLE, Kind.ELLIPSE)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement.

    Attributes
    ----------
    kind
        What is measured.
    points
        In continuous pixel coordinates of the image: both ends of a length; an end, the vertex and
        the other end of an angle; two opposite corners of the box around a region.
    """

    kind: Kind
    points: tuple[Point, ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0 y0 x1 y1 around all points."""
        x, y = zip(*self.points, strict=True)
        return min(x), min(y), max(x), max(y)

    @property
    def handles(self) -> tuple[Point, ...]:
        """Where it can be taken to change it: its points, or all corners of a region's box."""
        if not self.kind.is_region:
            return self.points
        (x0, y0), (x1, y1) = self.points
        return (x0, y0), (x1, y0), (x1, y1), (x0, y1)

    def with_handle(self, index: int, point: Point) -> Measurement:
        """Move one handle; the opposite corner of a region stays."""
        if self.kind.is_region:
            return replace(self, points=(self.handles[(index + 2) % 4], point))
        points = list(self.points)
        points[index] = point
        return replace(self, points=tuple(points))

    def moved(self, right: float, down: float) -> Measurement:
        """Move all of it by image pixels."""
        return replace(self, points=tuple((x + right, y + down) for x, y in self.points))


class Ruler(NamedTuple):
    """Width and height of an image pixel, their unit, and words on where they come from."""

    width: float
    height: float
    unit: str
    origin: str


def ruler_of(radiograph: Radiograph) -> Ruler:
    """In mm where the spacing and its origin are known, else in pixels along their shorter side."""
    spacing = radiograph.spacing
    if spacing is None or spacing.origin is SpacingOrigin.UNKNOWN:
        return Ruler(*pixel_sides(radiograph.pixel_aspect), "px", "")
    return Ruler(spacing.column_mm, spacing.row_mm, "mm", tr(ORIGIN_NAMES[spacing.origin]))


def describe_measurement(measurement: Measurement, radiograph: Radiograph) -> tuple[str, ...]:
    """Say in lines what a measurement amounts to.

    Mean and standard deviation (of the population) are those of the modality values of the pixels
    whose centre lies inside the region; padding is left out.
    """
    ruler = ruler_of(radiograph)
    points = np.array(measurement.points) * (ruler.width, ruler.height)
    if measurement.kind is Kind.ANGLE:
        return (f"{_angle(points):.1f}°",)
    across, down = np.abs(points[1] - points[0])
    if measurement.kind is Kind.LENGTH:
        return (_joined(f"{math.hypot(across, down):.1f} {ruler.unit}", ruler.origin),)
    size = _joined(f"{across:.1f} × {down:.1f} {ruler.unit}", ruler.origin)
    values = region_values(measurement, radiograph)
    if not values.size:
        return (size,)
    return size, tr(
        "mean {mean:.1f} · SD {deviation:.1f} · {count} px",
        mean=values.mean(),
        deviation=values.std(),
        count=values.size,
    )


def _angle(points: NDArray[np.float64]) -> float:
    """Degrees between the legs from the vertex to both ends, 0 to 180."""
    (ax, ay), (bx, by) = points[0] - points[1], points[2] - points[1]
    return abs(math.degrees(math.atan2(ax * by - ay * bx, ax * bx + ay * by)))


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def region_values(measurement: Measurement, radiograph: Radiograph) -> NDArray[np.float64]:
    """Return the modality values of the pixels whose centre lies inside, padding left out."""
    x0, y0, x1, y1 = measurement.box
    height, width = radiograph.pixels.shape
    # The first pixel whose centre is at or after an edge, and the first one after the region.
    left, right = (min(max(math.ceil(x - 0.5), 0), width) for x in (x0, x1))
    top, bottom = (min(max(math.ceil(y - 0.5), 0), height) for y in (y0, y1))
    pixels = radiograph.pixels[top:bottom, left:right]
    is_inside = np.ones(pixels.shape, np.bool_)
    if measurement.kind is Kind.ELLIPSE and pixels.size:
        x = (np.arange(left, right) + 0.5 - (x0 + x1) / 2) / ((x1 - x0) / 2)
        y = (np.arange(top, bottom) + 0.5 - (y0 + y1) / 2) / ((y1 - y0) / 2)
        is_inside = x**2 + y[:, np.newaxis] ** 2 <= 1
    if radiograph.grey.padding is not None:
        low, high = radiograph.grey.padding
        is_inside &= (pixels < low) | (pixels > high)
    return modality_values(pixels, radiograph.grey)[is_inside].astype(np.float64)


class _Step(NamedTuple):
    frame: Frame
    before: tuple[Measurement, ...]
    after: tuple[Measurement, ...]


class Measurements:
    """The measurements of every image, as long as the program is open, with undo and redo."""

    def __init__(self) -> None:
        self._by_frame: dict[Frame, tuple[Measurement, ...]] = {}
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self._listeners: list[Callable[[Frame], None]] = []

    def of(self, frame: Frame) -> tuple[Measurement, ...]:
        """The measurements of one frame, oldest first."""
        return self._by_frame.get(frame, ())

    def subscribe(self, listener: Callable[[Frame], None]) -> None:
        """Tell ``listener`` every frame whose measurements are others."""
        self._listeners.append(listener)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return bool(self._undone)

    def assign(self, frame: Frame, measurements: tuple[Measurement, ...]) -> None:
        """Replace the measurements of a frame, as one step."""
        step = _Step(frame, self.of(frame), measurements)
        if step.before == step.after:
            return
        self._done.append(step)
        self._undone.clear()
        self._set(frame, step.after)

    def undo(self) -> Frame:
        """Take the last step back, and return its frame."""
        step = self._done.pop()
        self._undone.append(step)
        self._set(step.frame, step.before)
        return step.frame

    def redo(self) -> Frame:
        """Do the last step again that was taken back, and return its frame."""
        step = self._undone.pop()
        self._done.append(step)
        self._set(step.frame, step.after)
        return step.frame

    def forget_steps(self) -> None:
        """Keep the measurements, but not how they came about."""
        self._done.clear()
        self._undone.clear()

    def forget_undone(self) -> None:
        """Give up what was taken back, since the reader went another way."""
        self._undone.clear()

    def _set(self, frame: Frame, measurements: tuple[Measurement, ...]) -> None:
        self._by_frame[frame] = measurements
        for listener in self._listeners:
            listener(frame)
