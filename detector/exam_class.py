"""What a whole exam shows, as the RSNA challenge labels it."""

from __future__ import annotations

from enum import IntEnum


class ExamClass(IntEnum):
    """Class of a whole exam, as the RSNA challenge labels it."""

    UNKNOWN = -1
    NORMAL = 0
    NO_OPACITY_NOT_NORMAL = 1
    LUNG_OPACITY = 2
