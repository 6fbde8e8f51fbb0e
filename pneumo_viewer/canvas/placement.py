"""Where an image lies in a view, in floating point, so that no rounding adds up."""

from __future__ import annotations

from dataclasses import dataclass, replace

_REACHABLE = 40.0
"""View pixels of the image that panning leaves inside the view."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One of the eight ways in which an image can lie: quarter turns and reflections.

    The matrix ``[[xx, xy], [yx, yy]]`` of 0, 1 and -1 maps directions in the image to directions
    in the view; its inverse is its transpose.
    """

    xx: int = 1
    xy: int = 0
    yx: int = 0
    yy: int = 1

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """Map a direction of the image into the view."""
        return self.xx * x + self.xy * y, self.yx * x + self.yy * y

    def undo(self, x: float, y: float) -> tuple[float, float]:
        """Map a direction of the view into the image."""
        return self.xx * x + self.yx * y, self.xy * x + self.yy * y

    def then(self, later: Turn) -> Turn:
        """Turn again, as the reader sees the image now."""
        xx, yx = later.apply(self.xx, self.yx)
        xy, yy = later.apply(self.xy, self.yy)
        return Turn(int(xx), int(xy), int(yx), int(yy))

    @property
    def is_mirrored(self) -> bool:
        """Whether left and right are exchanged, as no turning alone could."""
        return self.xx * self.yy - self.xy * self.yx < 0

    @property
    def degrees(self) -> int:
        """Clockwise quarter turns in degrees; of a mirrored image, those after the mirroring."""
        right = (-self.xx, -self.yx) if self.is_mirrored else (self.xx, self.yx)
        return {(1, 0): 0, (0, 1): 90, (-1, 0): 180, (0, -1): 270}[right]


UPRIGHT = Turn()
CLOCKWISE = Turn(0, -1, 1, 0)
COUNTERCLOCKWISE = Turn(0, 1, -1, 0)
LEFT_TO_RIGHT = Turn(-1, 0, 0, 1)
TOP_TO_BOTTOM = Turn(1, 0, 0, -1)


@dataclass(frozen=True, slots=True)
class RelativeView:
    """What of an image is seen, in terms that hold for images of any size.

    Attributes
    ----------
    zoom
        The scale divided by that at which the whole image is seen; 1 follows the view's size.
    x, y
        The centre of the view as a part of the image's width and height.
    """

    zoom: float
    x: float
    y: float


WHOLE_IMAGE = RelativeView(1.0, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Placement:
    """The map between image and view: a scale, a turn, and the image point at the view's centre.

    Image coordinates are continuous and cover ``[0, width] × [0, height]``; view coordinates have
    their origin at the top left of the view. Both point right and down.

    Attributes
    ----------
    image, view
        Width and height in image pixels and in view pixels.
    scale
        View pixels per image pixel, along the shorter side of the pixel.
    center
        The image point at the centre of the view.
    turn
        How the image lies.
    aspect
        Height of an image pixel divided by its width.
    is_fitted
        Whether a change of the view's size fits the image again.
    """

    image: tuple[float, float]
    view: tuple[float, float]
    scale: float
    center: tuple[float, float]
    turn: Turn = UPRIGHT
    aspect: float = 1.0
    is_fitted: bool = False

    @classmethod
    def fitted(
        cls,
        image: tuple[float, float],
        view: tuple[float, float],
        largest_scale: float,
        turn: Turn = UPRIGHT,
        aspect: float = 1.0,
    ) -> Placement:
        """Show the whole image as large as the view and ``largest_scale`` allow."""
        across, down = pixel_sides(aspect)
        width, height = map(abs, turn.apply(image[0] * across, image[1] * down))
        scale = min(view[0] / width, view[1] / height, largest_scale)
        center = (image[0] / 2, image[1] / 2)
        return cls(image, view, scale, center, turn, aspect, is_fitted=True)

    def resized(self, view: tuple[float, float], largest_scale: float) -> Placement:
        """Fit again, or keep scale and centre, in a view of another size."""
        resized = replace(self, view=view)
        return resized.refitted(largest_scale) if self.is_fitted else resized

    def turned(self, turn: Turn, largest_scale: float) -> Placement:
        """Lay the image as ``turn`` says, about the centre of the view; fit again if fitted."""
        turned = replace(self, turn=turn)
        return turned.refitted(largest_scale) if self.is_fitted else turned

    def refitted(self, largest_scale: float) -> Placement:
        """Fit the image as it lies."""
        return Placement.fitted(self.image, self.view, largest_scale, self.turn, self.aspect)

    def relative(self, largest_scale: float) -> RelativeView:
        """What is seen, so that it can be shown of another image."""
        if self.is_fitted:
            return WHOLE_IMAGE
        zoom = self.scale / self.refitted(largest_scale).scale
        return RelativeView(zoom, self.center[0] / self.image[0], self.center[1] / self.image[1])

    def following(
        self, view: RelativeView, smallest_scale: float, largest_scale: float
    ) -> Placement:
        """Show the same part as of another image, as far as the scale's limits allow."""
        fitted = self.refitted(largest_scale)
        if view == WHOLE_IMAGE:
            return fitted
        scale = min(max(fitted.scale * view.zoom, smallest_scale), largest_scale)
        center = (view.x * self.image[0], view.y * self.image[1])
        return replace(self, scale=scale, center=center, is_fitted=False)

    def matrix(self) -> tuple[float, float, float, float]:
        """The linear part ``xx, xy, yx, yy`` of the map from the image into the view."""
        across, down = (side * self.scale for side in pixel_sides(self.aspect))
        turn = self.turn
        return turn.xx * across, turn.xy * down, turn.yx * across, turn.yy * down

    def offset(self) -> tuple[float, float]:
        """View coordinates of the image's origin, the top left corner before any turn."""
        return self.to_view(0, 0)

    def on_whole_pixels(self, device_ratio: float) -> Placement:
        """Move the image by less than a pixel of the screen, so that its corner lies on one."""
        shifts = (round(edge * device_ratio) / device_ratio - edge for edge in self.offset())
        across, down = self._step_to_image(*shifts)
        return replace(self, center=(self.center[0] - across, self.center[1] - down))

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Map a point of the view into the image."""
        across, down = self._step_to_image(x - self.view[0] / 2, y - self.view[1] / 2)
        return self.center[0] + across, self.center[1] + down

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """Map a point of the image into the view."""
        xx, xy, yx, yy = self.matrix()
        across, down = x - self.center[0], y - self.center[1]
        return (
            self.view[0] / 2 + xx * across + xy * down,
            self.view[1] / 2 + yx * across + yy * down,
        )

    def box_to_view(
        self, box: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float]:
        """Map a box x0 y0 x1 y1 of the image to the box x0 y0 x1 y1 that it covers in the view."""
        return _spanned(self.to_view(*box[:2]), self.to_view(*box[2:]))

    def box_to_image(
        self, box: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float]:
        """Map a box x0 y0 x1 y1 of the view to the box x0 y0 x1 y1 that it covers in the image."""
        return _spanned(self.to_image(*box[:2]), self.to_image(*box[2:]))

    def zoomed(self, scale: float, x: float, y: float) -> Placement:
        """Change the scale and keep the image point under view point ``(x, y)`` where it is."""
        fixed_x, fixed_y = self.to_image(x, y)
        zoomed = replace(self, scale=scale, is_fitted=False)
        across, down = zoomed._step_to_image(x - self.view[0] / 2, y - self.view[1] / 2)
        return replace(zoomed, center=(fixed_x - across, fixed_y - down))

    def panned(self, right: float, down: float) -> Placement:
        """Move the image by view pixels; some of it always stays inside the view."""
        step_x, step_y = self._step_to_image(right, down)
        return self.centered(self.center[0] - step_x, self.center[1] - step_y)

    def centered(self, x: float, y: float) -> Placement:
        """Bring an image point to the centre of the view, as far as the image stays inside."""
        reaches = (max(size / 2 - _REACHABLE, 0) for size in self.view)
        limits = [abs(step) for step in self._step_to_image(*reaches)]
        center = (
            min(max(x, -limits[0]), self.image[0] + limits[0]),
            min(max(y, -limits[1]), self.image[1] + limits[1]),
        )
        return replace(self, center=center, is_fitted=False)

    def shows(self, box: tuple[float, float, float, float]) -> bool:
        """Whether a box x0 y0 x1 y1 of the image lies wholly inside the view."""
        left, top, right, bottom = self.box_to_view(box)
        return left >= 0 and top >= 0 and right <= self.view[0] and bottom <= self.view[1]

    def _step_to_image(self, right: float, down: float) -> tuple[float, float]:
        across, along = self.turn.undo(right / self.scale, down / self.scale)
        width, height = pixel_sides(self.aspect)
        return across / width, along / height


def pixel_sides(aspect: float) -> tuple[float, float]:
    """Width and height of a pixel of this aspect ratio whose shorter side is 1."""
    return max(1 / aspect, 1.0), max(aspect, 1.0)


def _spanned(
    one: tuple[float, float], other: tuple[float, float]
) -> tuple[float, float, float, float]:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[0], other[0]),
        max(one[1], other[1]),
    )
