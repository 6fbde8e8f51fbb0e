"""The order in which people list names: ``image 9`` before ``image 10``."""

from __future__ import annotations

import re

NaturalKey = tuple[tuple[str | tuple[int, str], ...], str]


def natural_key(text: str) -> NaturalKey:
    """A sort key that takes runs of digits as numbers and ignores case, except between equals."""
    parts = re.split(r"(\d+)", text.casefold())
    return tuple(_number(part) if row % 2 else part for row, part in enumerate(parts)), text


def _number(digits: str) -> tuple[int, str]:
    # Of two numbers the one with more digits is larger; ``int`` refuses very long ones.
    significant = digits.lstrip("0")
    return len(significant), significant
