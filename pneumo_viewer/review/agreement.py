"""How far readers agree on the same exams: kappa on their verdicts, partners for their boxes.

Kappa is agreement beyond chance: ``(p_o - p_e) / (1 - p_e)``, with the share ``p_o`` of pairs of
verdicts that agree and the share ``p_e`` expected from how often each verdict is given.

References
----------
Cohen J (1960) A coefficient of agreement for nominal scales. Educ Psychol Meas 20:37-46.
Fleiss JL, Cohen J, Everitt BS (1969) Large sample standard errors of kappa and weighted kappa.
Psychol Bull 72:323-327.
Fleiss JL (1971) Measuring nominal scale agreement among many raters. Psychol Bull 76:378-382.
Gwet KL (2021) Large-sample variance of Fleiss generalized kappa. Educ Psychol Meas 81:781-790.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

LEAST_IOU = 0.5
"""Intersection over union from which on two readers' boxes are partners."""

_Z_95 = 1.959963984540054
"""Normal quantile of a two-sided 95 % interval."""

_NO_VARIANCE = 1e-12
"""What rounding leaves of a variance of 0."""


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """What one reader says of one exam.

    Attributes
    ----------
    verdict
        On the whole exam, one of a few words.
    boxes
        ``[N, 4]`` x0 y0 x1 y1 in image pixels that the reader stands for.
    """

    verdict: str
    boxes: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement beyond chance.

    Attributes
    ----------
    value
        1 for full agreement, 0 for what chance gives.
    low, high
        Ends of the 95 % interval: value ± 1.96 standard errors, cut off at -1 and 1. This is
        large-sample theory; with a few dozen exams it is a rough guide. None where the theory gives
        no standard error: for a single exam, for full agreement, and where one of two readers
        always gives the same verdict.
    observed, expected
        Shares of agreeing pairs of verdicts: seen, and by chance.
    exams
        How many there were.
    readers
        How many there were; Cohen's kappa for two, Fleiss' for more.
    """

    value: float
    low: float | None
    high: float | None
    observed: float
    expected: float
    exams: int
    readers: int


@dataclass(frozen=True, slots=True)
class BoxAgreement:
    """Partners among the boxes of two readers; several pairs of readers are added up.

    Attributes
    ----------
    boxes
        Boxes of both.
    partnered
        Those with a partner of the other reader.
    iou_sum
        Sum of the intersections over union of the partners, each pair of boxes once.
    """

    boxes: int = 0
    partnered: int = 0
    iou_sum: float = 0.0

    def __add__(self, other: BoxAgreement) -> BoxAgreement:
        return BoxAgreement(
            self.boxes + other.boxes,
            self.partnered + other.partnered,
            self.iou_sum + other.iou_sum,
        )

    @property
    def share(self) -> float | None:
        """Share of the boxes that have a partner; None without a box."""
        return self.partnered / self.boxes if self.boxes else None

    @property
    def mean_iou(self) -> float | None:
        """Mean intersection over union of the partners; None without any."""
        return 2 * self.iou_sum / self.partnered if self.partnered else None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An exam on which the readers differ.

    Attributes
    ----------
    exam
        Its key.
    verdicts
        In the order of the readers.
    boxes
        Over all pairs of readers.
    """

    exam: str
    verdicts: tuple[str, ...]
    boxes: BoxAgreement


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far some readers agree on the exams that all of them have read.

    Attributes
    ----------
    readers
        Their names, sorted.
    exams
        Read by all of them.
    left_out
        Exams read by some and not by all.
    kappa
        On the verdicts; None without an exam, or where every reader always gave the same verdict,
        so that chance alone agrees fully.
    boxes
        Over all pairs of readers.
    disagreements
        Exams with different verdicts first, then those with the smallest share of partners.
    """

    readers: tuple[str, ...]
    exams: int
    left_out: int
    kappa: Kappa | None
    boxes: BoxAgreement
    disagreements: tuple[Disagreement, ...]


def compare_readers(readings: Mapping[str, Mapping[str, Reading]]) -> Agreement:
    """Compare what two or more readers say of the same exams.

    Parameters
    ----------
    readings
        By reader, then by exam. Exams that somebody has not read are left out.

    Raises
    ------
    ValueError
        There are fewer than two readers.
    """
    readers = tuple(sorted(readings))
    if len(readers) < 2:
        raise ValueError("agreement takes two readers or more")
    read_by_any = dict.fromkeys(exam for reader in readers for exam in readings[reader])
    exams = [exam for exam in read_by_any if all(exam in readings[reader] for reader in readers)]
    by_exam = {exam: [readings[reader][exam] for reader in readers] for exam in exams}
    boxes = {
        exam: sum(
            (compare_boxes(a.boxes, b.boxes) for a, b in combinations(given, 2)), BoxAgreement()
        )
        for exam, given in by_exam.items()
    }
    disagreements = [
        Disagreement(exam, tuple(reading.verdict for reading in given), boxes[exam])
        for exam, given in by_exam.items()
        if len({reading.verdict for reading in given}) > 1
        or boxes[exam].partnered < boxes[exam].boxes
    ]
    disagreements.sort(key=lambda d: (len(set(d.verdicts)) == 1, _share(d.boxes)))
    return Agreement(
        readers,
        len(exams),
        len(read_by_any) - len(exams),
        kappa([[reading.verdict for reading in given] for given in by_exam.values()]),
        sum(boxes.values(), BoxAgreement()),
        tuple(disagreements),
    )


def _share(boxes: BoxAgreement) -> float:
    return 1.0 if boxes.share is None else boxes.share


def kappa(verdicts: Sequence[Sequence[str]]) -> Kappa | None:
    """Cohen's kappa of two readers, Fleiss' of more.

    Parameters
    ----------
    verdicts
        By exam, then by reader.

    Returns
    -------
    Kappa or None
        None without an exam, and where chance agreement is 1.
    """
    if not verdicts:
        return None
    words, codes = np.unique(np.array(verdicts), return_inverse=True)
    codes = codes.reshape(len(verdicts), -1)
    if codes.shape[1] == 2:
        table = np.zeros((len(words), len(words)), np.int64)
        np.add.at(table, (codes[:, 0], codes[:, 1]), 1)
        return cohen_kappa(table)
    counts = np.stack([np.sum(codes == code, axis=1) for code in range(len(words))], axis=1)
    return fleiss_kappa(counts)


def cohen_kappa(table: NDArray[np.int64]) -> Kappa | None:
    """Cohen's kappa (1960) with the standard error of Fleiss, Cohen and Everitt (1969), eq. 13.

    Parameters
    ----------
    table
        ``[C, C]`` how many exams have verdict i of the first and j of the second reader.

    Returns
    -------
    Kappa or None
        None where chance agreement is 1 or there is no exam.
    """
    exams = int(table.sum())
    if not exams:
        return None
    p = table / exams
    first, second = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.trace(p)), float(first @ second)
    if expected == 1:
        return None
    value = (observed - expected) / (1 - expected)
    agreeing = np.diag(p) * (1 - (first + second) * (1 - value)) ** 2
    differing = p * (second[:, None] + first[None, :]) ** 2
    np.fill_diagonal(differing, 0)
    variance = (
        agreeing.sum() + (1 - value) ** 2 * differing.sum() - (value - expected * (1 - value)) ** 2
    ) / (exams * (1 - expected) ** 2)
    return _with_interval(value, float(variance), observed, expected, exams, 2)


def fleiss_kappa(counts: NDArray[np.int64]) -> Kappa | None:
    """Fleiss' kappa (1971) with the variance of Gwet (2021), valid where kappa is not 0.

    Parameters
    ----------
    counts
        ``[E, C]`` how many readers gave exam e verdict c; the same number of readers, two or more,
        for every exam.

    Returns
    -------
    Kappa or None
        None where chance agreement is 1 or there is no exam.
    """
    exams = len(counts)
    if not exams:
        return None
    readers = int(counts[0].sum())
    shares = counts.sum(axis=0) / (exams * readers)
    agreeing = np.sum(counts * (counts - 1), axis=1) / (readers * (readers - 1))
    observed, expected = float(agreeing.mean()), float(shares @ shares)
    if expected == 1:
        return None
    value = (observed - expected) / (1 - expected)
    # Each exam's part in kappa: its own agreement, less what it does to chance agreement.
    by_chance = counts @ shares / readers
    parts = (agreeing - expected - 2 * (1 - value) * (by_chance - expected)) / (1 - expected)
    variance = np.sum((parts - value) ** 2) / (exams * (exams - 1)) if exams > 1 else 0.0
    return _with_interval(value, float(variance), observed, expected, exams, readers)


def _with_interval(
    value: float, variance: float, observed: float, expected: float, exams: int, readers: int
) -> Kappa:
    if variance < _NO_VARIANCE:
        return Kappa(value, None, None, observed, expected, exams, readers)
    half = _Z_95 * variance**0.5
    low, high = max(value - half, -1.0), min(value + half, 1.0)
    return Kappa(value, low, high, observed, expected, exams, readers)


def compare_boxes(
    first: NDArray[np.float32], second: NDArray[np.float32], least_iou: float = LEAST_IOU
) -> BoxAgreement:
    """Find partners, the closest first; each box has one at most.

    Parameters
    ----------
    first, second
        ``[N, 4]`` and ``[M, 4]`` boxes of two readers.
    """
    overlaps = intersection_over_union(first, second)
    found: list[float] = []
    while overlaps.size and overlaps.max() >= least_iou:
        place = np.unravel_index(np.argmax(overlaps), overlaps.shape)
        found.append(float(overlaps[place]))
        overlaps[place[0], :] = overlaps[:, place[1]] = -1
    return BoxAgreement(len(first) + len(second), 2 * len(found), sum(found))


def intersection_over_union(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> NDArray[np.float64]:
    """``[N, M]`` of ``[N, 4]`` and ``[M, 4]`` boxes; 0 where both are empty."""
    a, b = first.astype(np.float64)[:, None], second.astype(np.float64)[None]
    inner = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.prod(np.maximum(inner, 0), axis=-1)
    union = np.prod(a[..., 2:] - a[..., :2], -1) + np.prod(b[..., 2:] - b[..., :2], -1) - shared
    overlaps: NDArray[np.float64] = np.zeros_like(shared)
    np.divide(shared, union, out=overlaps, where=union > 0)
    return overlaps
