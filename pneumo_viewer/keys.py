"""Which keys the reader gave to which command, and which of them would get in each other's way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtGui import QKeySequence

from pneumo_viewer.commands import COMMANDS, HELD_KEYS, Command, Scope
from pneumo_viewer.words import tr

Keys = Mapping[str, Sequence[str]]
"""Key sequences by the id of the command, in Qt's portable words."""


def can_meet(one: Scope, other: Scope) -> bool:
    """Whether keys of two scopes can be meant at the same time."""
    return one is other or Scope.WINDOW in (one, other)


def conflicts(keys: Keys, command: Command, wanted: str) -> list[str]:
    """Texts of what a key already does where it would work for a command.

    Parameters
    ----------
    keys
        Those in force for every command.
    command
        The one that is to have the key.
    wanted
        A key sequence.
    """
    sequence = QKeySequence(wanted)
    held = [tr(text) for key, text in HELD_KEYS.items() if QKeySequence(key) == sequence]
    return held + [
        tr(other.text)
        for other in COMMANDS
        if other.id != command.id
        and can_meet(other.scope, command.scope)
        and any(_get_in_the_way(QKeySequence(key), sequence) for key in keys[other.id])
    ]


def _get_in_the_way(one: QKeySequence, other: QKeySequence) -> bool:
    """Whether one is the other or its beginning, so that Qt could not tell them apart."""
    none = QKeySequence.SequenceMatch.NoMatch
    return one.matches(other) != none or other.matches(one) != none


def changed_keys(keys: Keys) -> dict[str, tuple[str, ...]]:
    """Those that are not the commands' own, which are all that must be stored."""
    return {
        command.id: tuple(keys[command.id])
        for command in COMMANDS
        if tuple(keys[command.id]) != command.keys
    }
