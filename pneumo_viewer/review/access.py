"""How the session reaches the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from pneumo_viewer.review.store import ReviewStore
from pneumo_viewer.review.store_errors import StoreError

T = TypeVar("T")


class StoreAccess(Protocol):
    """How the session reaches the store: one serial thread in the application."""

    def run(
        self,
        work: Callable[[ReviewStore], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Call ``work`` after all work given before, then ``done`` with its result.

        ``failed`` gets what ``work`` raised instead. Both are called on the caller's thread, in
        the order in which the work was given.
        """


class InlineStoreAccess:
    """Work is done at once on the caller's thread, for programs and tests without a window."""

    def __init__(self, store: ReviewStore) -> None:
        self._store = store

    def run(
        self,
        work: Callable[[ReviewStore], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """As `StoreAccess.run`; a bug is raised where it happens."""
        try:
            result = work(self._store)
        except StoreError as error:
            failed(error)
        else:
            done(result)
