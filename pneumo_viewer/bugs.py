"""What may be written of an error inside the program: where and of what kind, and no patient."""

from __future__ import annotations

import traceback


def describe_bug(error: BaseException) -> str:
    """Where an exception came from, line by line, and of what kind it and its cause are.

    Its message is left out, since it may quote a file.
    """
    lines = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    cause = error.__cause__ or error.__context__
    origin = "" if cause is None else f"\ncaused by {type(cause).__qualname__}"
    return f"{lines}\n{type(error).__qualname__}{origin}"
