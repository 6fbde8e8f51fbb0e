"""Where an image lies in a view, in floating point, so that no rounding adds up."""

from __future__ import annotations

from dataclasses import dataclass, replace

_REACHABLE = 40.0
"""View pixels of the image that panning leaves inside the view."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A uniform scale, and the image point that lies at the centre of the view.

    Image coordinates are continuous and cover ``[0, width] × [0, height]``; view coordinates have
    their origin at the top left of the view. Both point right and down.

    Attributes
    ----------
    image, view
        Width and height in image pixels and in view pixels.
    scale
        View pixels per image pixel.
    center
        The image point at the centre of the view.
    is_fitted
        Whether a change of the view's size fits the image again.
    """

    image: tuple[float, float]
    view: tuple[float, float]
    scale: float
    center: tuple[float, float]
    is_fitted: bool = False

    @classmethod
    def fitted(
        cls, image: tuple[float, float], view: tuple[float, float], largest_scale: float
    ) -> Placement:
        """Show the whole image as large as the view and ``largest_scale`` allow."""
        scale = min(view[0] / image[0], view[1] / image[1], largest_scale)
        return cls(image, view, scale, (image[0] / 2, image[1] / 2), is_fitted=True)

    def resized(self, view: tuple[float, float], largest_scale: float) -> Placement:
        """Fit again, or keep scale and centre, in a view of another size."""
        if self.is_fitted:
            return Placement.fitted(self.image, view, largest_scale)
        return replace(self, view=view)

    def offset(self) -> tuple[float, float]:
        """View coordinates of the image's top left corner."""
        return (
            self.view[0] / 2 - self.scale * self.center[0],
            self.view[1] / 2 - self.scale * self.center[1],
        )

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Map a point of the view into the image."""
        left, top = self.offset()
        return (x - left) / self.scale, (y - top) / self.scale

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """Map a point of the image into the view."""
        left, top = self.offset()
        return left + self.scale * x, top + self.scale * y

    def zoomed(self, scale: float, x: float, y: float) -> Placement:
        """Change the scale and keep the image point under view point ``(x, y)`` where it is."""
        fixed_x, fixed_y = self.to_image(x, y)
        center = (
            fixed_x - (x - self.view[0] / 2) / scale,
            fixed_y - (y - self.view[1] / 2) / scale,
        )
        return replace(self, scale=scale, center=center, is_fitted=False)

    def panned(self, right: float, down: float) -> Placement:
        """Move the image by view pixels; some of it always stays inside the view."""
        return self.centered(
            self.center[0] - right / self.scale, self.center[1] - down / self.scale
        )

    def centered(self, x: float, y: float) -> Placement:
        """Bring an image point to the centre of the view, as far as the image stays inside."""
        limits = [max(size / 2 - _REACHABLE, 0) / self.scale for size in self.view]
        center = (
            min(max(x, -limits[0]), self.image[0] + limits[0]),
            min(max(y, -limits[1]), self.image[1] + limits[1]),
        )
        return replace(self, center=center, is_fitted=False)

    def shows(self, box: tuple[float, float, float, float]) -> bool:
        """Whether a box x0 y0 x1 y1 of the image lies wholly inside the view."""
        left, top = self.to_view(box[0], box[1])
        right, bottom = self.to_view(box[2], box[3])
        return left >= 0 and top >= 0 and right <= self.view[0] and bottom <= self.view[1]
