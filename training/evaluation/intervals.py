"""Confidence intervals by resampling patients."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

BLOCK = 100
"""Draws that are handled together: enough to work in bulk, few enough to cancel at once."""

MAX_WORKERS = 8


class EvaluationCancelled(Exception):  # noqa: N818 - an outcome, not an error
    """The caller asked to stop."""


def bootstrap(
    measure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    patients: Sequence[str],
    resamples: int,
    seed: int,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    workers: int | None = None,
) -> NDArray[np.float64]:
    """Measure draws of patients, in threads: the work is numpy's, which releases the interpreter.

    Parameters
    ----------
    measure
        Gives ``[..., B]`` for ``[B, E]`` how often each of E exams is counted in each of B draws;
        called by several threads at once.
    patients
        The patient of each exam.
    cancelled
        Asked between blocks of draws.
    workers
        Threads, one for each processor by default. The outcome does not depend on them.

    Returns
    -------
    ``[..., resamples]``; no draw at all where there are fewer than two patients.

    Raises
    ------
    EvaluationCancelled
        ``cancelled`` returned True.
    """
    if len(set(patients)) < 2:
        resamples = 0
    blocks = [measure(np.empty((0, len(patients))))]
    workers = workers or min(os.cpu_count() or 1, MAX_WORKERS)
    with ThreadPoolExecutor(workers, "bootstrap") as pool:
        running: deque[Future[NDArray[np.float64]]] = deque()
        for weights in patient_draws(patients, resamples, seed):
            if cancelled():
                raise EvaluationCancelled
            running.append(pool.submit(measure, weights))
            if len(running) > workers:
                blocks.append(running.popleft().result())
        blocks += [block.result() for block in running]
    return np.concatenate(blocks, axis=-1)


def patient_draws(
    patients: Sequence[str], resamples: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    """Draw as many patients as there are, with replacement, each with all of its exams.

    Parameters
    ----------
    patients
        The patient of each of E exams.

    Yields
    ------
    ``[B, E]`` how often each exam is counted, in blocks of draws that add up to ``resamples``.
    """
    generator = np.random.default_rng(seed)
    names, patient = np.unique(list(patients), return_inverse=True)
    count = len(names)
    for start in range(0, resamples, BLOCK):
        draws = min(BLOCK, resamples - start)
        drawn = generator.integers(count, size=(draws, count))
        drawn += np.arange(draws)[:, None] * count
        times = np.bincount(drawn.ravel(), minlength=draws * count).reshape(draws, count)
        yield times.astype(np.float64).take(patient, axis=1)


def percentile_interval(draws: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the 2.5 and 97.5 percentiles of the draws that have a value, or None without any."""
    known = draws[~np.isnan(draws)]
    if not len(known):
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """95 % interval of a share, E. B. Wilson, J. Am. Stat. Assoc. 22:209 (1927)."""
    z = 1.959964
    share, spread = hits / count, z**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * float(np.sqrt(share * (1 - share) / count + spread / (4 * count)))
    return max(0.0, middle - half), min(1.0, middle + half)
