"""Running totals over a ranking of detections, in many draws of exams at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.matching import Matches


class RunningTotal:
    """How many of the ranked detections are counted up to chosen places.

    Between two places only the number of detections of each exam matters, so that one sparse
    product gives the totals of all draws.

    Parameters
    ----------
    exam
        ``[D]`` index of each detection's exam, best score first.
    is_counted
        ``[D]`` which detections to count.
    places
        ``[P]`` ascending indices into the detections; each total includes its place.
    exam_count
        Number of exams E.
    """

    def __init__(
        self,
        exam: NDArray[np.intp],
        is_counted: NDArray[np.bool_],
        places: NDArray[np.intp],
        exam_count: int,
    ) -> None:
        # The window imports this module and never computes: scipy.sparse takes 0.1 s.
        from scipy.sparse import csr_array

        counted = np.flatnonzero(is_counted)
        segment = np.searchsorted(places, counted)
        counted, segment = counted[segment < len(places)], segment[segment < len(places)]
        self._segments = csr_array(
            (np.ones(len(counted)), (segment, exam[counted])), shape=(len(places), exam_count)
        )

    def __call__(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give ``[B, P]`` totals for ``[B, E]`` how often each exam is counted."""
        return np.cumsum(np.ascontiguousarray((self._segments @ weights.T).T), axis=1)


@dataclass(frozen=True, eq=False, slots=True)
class HitCurve:
    """How a ranking stands at each of the H hits of one criterion, in B draws.

    Attributes
    ----------
    true_positives, detections
        ``[B, H]`` hits, and hits and misses, up to this hit and with it.
    truth_count
        ``[B]`` true boxes that count.
    """

    true_positives: NDArray[np.float64]
    detections: NDArray[np.float64]
    truth_count: NDArray[np.float64]


class HitCurves:
    """The curves of all criteria of a set of matches.

    Criteria that count the same detections, such as those of all IoU thresholds without an area
    range, share one running total.
    """

    def __init__(self, matches: Matches) -> None:
        self._matches = matches
        self._hits = [np.flatnonzero(is_hit) for is_hit in matches.is_hit]
        is_counted = matches.is_hit | matches.is_miss
        self._shared: list[tuple[list[int], NDArray[np.intp], RunningTotal]] = []
        sharing: dict[bytes, list[int]] = {}
        for criterion, counted in enumerate(is_counted):
            sharing.setdefault(counted.tobytes(), []).append(criterion)
        for criteria in sharing.values():
            places = np.flatnonzero(matches.is_hit[criteria].any(axis=0))
            total = RunningTotal(
                matches.exam, is_counted[criteria[0]], places, matches.truth_count.shape[1]
            )
            self._shared.append((criteria, places, total))

    def __call__(self, weights: NDArray[np.float64]) -> Iterator[tuple[int, HitCurve]]:
        """Give each criterion's index and curve, in any order.

        Parameters
        ----------
        weights
            ``[B, E]`` how often each exam is counted, in B draws.
        """
        for criteria, places, running_total in self._shared:
            detections = running_total(weights)
            for criterion in criteria:
                hits = self._hits[criterion]
                yield (
                    criterion,
                    HitCurve(
                        np.cumsum(weights.take(self._matches.exam[hits], axis=1), axis=1),
                        detections.take(np.searchsorted(places, hits), axis=1),
                        weights @ self._matches.truth_count[criterion],
                    ),
                )
