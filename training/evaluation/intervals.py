"""Confidence intervals by resampling patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

BLOCK = 100
"""Draws that are handled together: enough to work in bulk, few enough to cancel at once."""


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
        yield times[:, patient].astype(np.float64)


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
