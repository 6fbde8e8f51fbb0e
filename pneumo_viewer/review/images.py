"""What the rooms without a screen need to know of an image."""

from __future__ import annotations

from typing import Protocol

from detector.radiograph import ImageIdentity


class IdentifiedImage(Protocol):
    """Anything that says which image it is, such as what the library's scan finds."""

    @property
    def identity(self) -> ImageIdentity:
        """Who and what the image is."""
