"""Words for people, in the language of the window; knows no Qt, so that every room can speak.

Sources are in English and stand where they are used, as ``tr("…")``; ``mark("…")`` stands where
words are written down before the language is known, and ``tr`` of them where they are shown.
``tests/make_translations.py`` collects both.
"""

from __future__ import annotations

from collections.abc import Callable


def _in_english(text: str) -> str:
    return text


_translate: Callable[[str], str] = _in_english


def speak(translate: Callable[[str], str]) -> None:
    """Translate with this function from now on."""
    global _translate
    _translate = translate


def tr(text: str, /, **values: object) -> str:
    """Translate words, then put values into their ``{names}``."""
    translated = _translate(text)
    return translated.format(**values) if values else translated


def counted(number: int, one: str, several: str, /, **values: object) -> str:
    """Choose between translated words for one and for ``{n}`` things, and put all values in."""
    return (one if number == 1 else several).format(n=number, **values)


def mark(text: str) -> str:
    """Mark words that are translated where they are shown."""
    return text
