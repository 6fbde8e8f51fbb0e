"""Agreement of readers: values from the literature, and values worked by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pneumo_viewer.review.agreement import (
    BoxAgreement,
    Kappa,
    Reading,
    cohen_kappa,
    compare_boxes,
    compare_readers,
    fleiss_kappa,
    kappa,
)


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def standard_error(found: Kappa) -> float:
    assert found.low is not None
    assert found.high is not None
    return (found.high - found.low) / (2 * 1.959964)


# Cohen's kappa


def test_cohens_kappa_of_two_readers_and_two_verdicts_worked_by_hand() -> None:
    # 50 exams: both yes 20, both no 15, yes/no 5, no/yes 10.
    # p_o = 35/50 = 0.7; p_e = 25/50 · 30/50 + 25/50 · 20/50 = 0.5; kappa = 0.2 / 0.5 = 0.4.
    # Variance (Fleiss, Cohen, Everitt 1969), with 1 - kappa = 0.6:
    #   agreeing  0.4 (1 - 1.1 · 0.6)² + 0.3 (1 - 0.9 · 0.6)² = 0.10972
    #   differing yes/no 0.1 (second yes 0.6 + first no 0.5)² = 0.121,
    #             no/yes 0.2 (second no 0.4 + first yes 0.5)² = 0.162; 0.36 · 0.283 = 0.10188
    #   chance    (0.4 - 0.5 · 0.6)² = 0.01
    #   (0.10972 + 0.10188 - 0.01) / (50 · 0.25) = 0.016128; its root is 0.126996.
    found = cohen_kappa(np.array([[20, 5], [10, 15]]))
    assert found is not None
    assert found.observed == pytest.approx(0.7)
    assert found.expected == pytest.approx(0.5)
    assert found.value == pytest.approx(0.4)
    assert found.low == pytest.approx(0.4 - 1.959964 * 0.126996, abs=1e-6)
    assert found.high == pytest.approx(0.4 + 1.959964 * 0.126996, abs=1e-6)
    assert (found.exams, found.readers) == (50, 2)


def test_cohens_kappa_of_the_example_of_cohen_1968() -> None:
    # Cohen, Psychol Bull 70:213, Table 1, N = 200: "κ = .492".
    found = cohen_kappa(np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]]))
    assert found is not None
    assert found.value == pytest.approx(0.492, abs=5e-4)


def test_cohens_kappa_of_the_example_of_fleiss_cohen_and_everitt() -> None:
    # Psychol Bull 72:323, the diagnoses of 200 patients. p_o = 140/200; p_e = 0.6 · 0.65
    # + 0.3 · 0.25 + 0.1 · 0.1 = 0.475; kappa = 0.225 / 0.525 = 3/7. Standard error 0.0537.
    found = cohen_kappa(np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]]))
    assert found is not None
    assert found.value == pytest.approx(3 / 7)
    assert standard_error(found) == pytest.approx(0.0537, abs=5e-5)


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3).filter(
        lambda rows: sum(map(sum, rows)) > 0
    )
)
def test_cohens_interval_is_that_of_exact_arithmetic(rows: list[list[int]]) -> None:
    """The formula as Fleiss, Levin and Paik write it (18.13), in fractions."""
    n = sum(map(sum, rows))
    p = [[Fraction(cell, n) for cell in row] for row in rows]
    first = [sum(row) for row in p]
    second = [sum(p[i][j] for i in range(3)) for j in range(3)]
    p_o = sum(p[i][i] for i in range(3))
    p_e = sum(a * b for a, b in zip(first, second, strict=True))
    found = cohen_kappa(np.array(rows))
    if p_e == 1:
        assert found is None
        return
    value = (p_o - p_e) / (1 - p_e)
    a = sum(p[i][i] * (1 - (first[i] + second[i]) * (1 - value)) ** 2 for i in range(3))
    b = (
        sum(p[i][j] * (second[i] + first[j]) ** 2 for i in range(3) for j in range(3) if i != j)
        * (1 - value) ** 2
    )
    c = (value - p_e * (1 - value)) ** 2
    error = float((a + b - c) / (n * (1 - p_e) ** 2)) ** 0.5
    assert found is not None
    assert found.value == pytest.approx(float(value))
    if error == 0:
        assert found.low is found.high is None
        return
    assert found.low == pytest.approx(max(-1, float(value) - 1.959964 * error), abs=1e-6)
    assert found.high == pytest.approx(min(1, float(value) + 1.959964 * error), abs=1e-6)


# Fleiss' kappa

# Fleiss, Psychol Bull 76:378, Table 1: 30 patients, each diagnosed by 6 psychiatrists as
# depression, personality disorder, schizophrenia, neurosis or other.
FLEISS_1971 = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006
10050 11040 03300 10050 02031 00501 30012 51000 02040 10203
00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""


def test_fleiss_kappa_of_the_table_of_fleiss_1971() -> None:
    counts = np.array([[int(digit) for digit in row] for row in FLEISS_1971.split()])
    found = fleiss_kappa(counts)
    assert found is not None
    # The paper's kappa is .430, its mean agreement .5556. By chance, from the columns' sums:
    # (26² + 26² + 30² + 55² + 43²) / 180² = 7126 / 32400.
    assert found.observed == pytest.approx(0.5556, abs=5e-5)
    assert found.expected == pytest.approx(7126 / 32400)
    assert found.value == pytest.approx(0.430, abs=5e-4)
    assert (found.exams, found.readers) == (30, 6)


def test_fleiss_kappa_of_three_readers_worked_by_hand() -> None:
    # Three exams, three readers: yes yes yes, yes yes no, no no no.
    # Agreeing pairs: 1, 1/3, 1; mean 7/9. Yes 5/9, no 4/9: by chance 25/81 + 16/81 = 41/81.
    # kappa = (63/81 - 41/81) / (40/81) = 22/40 = 0.55.
    # Parts (Gwet 2021), (agreeing - 41/81 - 0.9 (by chance - 41/81)) / (40/81), by chance
    # 5/9 = 45/81, (10/9 + 4/9) / 3 = 42/81, 4/9 = 36/81:
    #   (81 - 41 - 0.9 · 4) / 40 = 0.91; (27 - 41 - 0.9 · 1) / 40 = -0.3725;
    #   (81 - 41 + 0.9 · 5) / 40 = 1.1125.
    # Their mean is 0.55; variance (0.36² + 0.9225² + 0.5625²) / 6 = 1.2970125 / 6 = 0.21616875.
    found = kappa([["yes", "yes", "yes"], ["yes", "no", "yes"], ["no", "no", "no"]])
    assert found is not None
    assert found.value == pytest.approx(0.55)
    assert found.low == pytest.approx(0.55 - 1.959964 * 0.21616875**0.5, abs=1e-6)
    assert found.high == 1
    assert found.readers == 3


def test_the_variance_of_fleiss_kappa_is_near_that_of_the_jackknife() -> None:
    counts = np.array([[int(digit) for digit in row] for row in FLEISS_1971.split()])
    found = fleiss_kappa(counts)
    without = [fleiss_kappa(np.delete(counts, row, axis=0)) for row in range(30)]
    values = np.array([k.value for k in without if k is not None])
    jackknife = (29 / 30 * np.sum((values - values.mean()) ** 2)) ** 0.5
    assert found is not None
    assert standard_error(found) == pytest.approx(jackknife, rel=0.05)


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=4, max_size=4), min_size=1))
def test_kappa_does_not_depend_on_the_order_of_exams_and_readers(rows: list[list[str]]) -> None:
    found, turned = kappa(rows), kappa([row[::-1] for row in rows[::-1]])
    if found is None:
        assert turned is None
        assert len({word for row in rows for word in row}) == 1
        return
    assert turned is not None
    assert turned.value == pytest.approx(found.value)
    assert -1 <= found.value <= 1
    if found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.value <= found.high <= 1


def test_full_agreement_is_one_and_always_the_same_verdict_is_unknown() -> None:
    found = kappa([["yes", "yes"], ["no", "no"]])
    assert found is not None
    assert (found.value, found.low, found.high) == (1, None, None)
    assert kappa([["yes", "yes"], ["yes", "yes"]]) is None
    assert kappa([["yes"] * 3] * 2) is None
    assert kappa([]) is None


# Boxes


def test_partners_overlap_by_half_or_more_of_their_union() -> None:
    # 10 × 10 and the same moved by 2: shared 80, union 120, IoU 2/3. Moved by 4: 60/140 < 0.5.
    first = boxes((0, 0, 10, 10), (50, 0, 60, 10))
    second = boxes((2, 0, 12, 10), (54, 0, 64, 10))
    found = compare_boxes(first, second)
    assert (found.boxes, found.partnered) == (4, 2)
    assert found.share == pytest.approx(0.5)
    assert found.mean_iou == pytest.approx(2 / 3)


def test_exactly_half_is_enough() -> None:
    # Shared 50, union 100.
    assert compare_boxes(boxes((0, 0, 10, 10)), boxes((0, 0, 10, 5))).partnered == 2


def test_a_box_has_one_partner_the_closest() -> None:
    # IoU 10/10 wins over 9/10 and 8/10, which find no partner.
    found = compare_boxes(
        boxes((0, 0, 10, 10)), boxes((0, 0, 10, 9), (0, 0, 10, 10), (0, 0, 10, 8))
    )
    assert found == BoxAgreement(4, 2, 1.0)


def test_without_boxes_there_is_no_share() -> None:
    none = compare_boxes(boxes(), boxes())
    assert (none.boxes, none.share, none.mean_iou) == (0, None, None)
    one = compare_boxes(boxes((0, 0, 1, 1)), boxes())
    assert (one.share, one.mean_iou) == (0, None)


# All of it


def reading(verdict: str, *rows: tuple[float, float, float, float]) -> Reading:
    return Reading(verdict, boxes(*rows))


def test_readers_are_compared_on_the_exams_that_all_have_read() -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    found = compare_readers(
        {
            "grace": {"a": reading("yes", box), "b": reading("no"), "c": reading("yes", box)},
            "ada": {"a": reading("yes"), "b": reading("yes", box), "d": reading("no")},
        }
    )
    assert found.readers == ("ada", "grace")
    assert (found.exams, found.left_out) == (2, 2)
    assert found.kappa is not None
    # ada yes yes, grace yes no: p_o = 1/2, p_e = 1 · 1/2; kappa = 0, whatever grace says.
    assert (found.kappa.value, found.kappa.low) == (0, None)
    assert (found.boxes.boxes, found.boxes.partnered) == (2, 0)
    assert [(d.exam, d.verdicts) for d in found.disagreements] == [
        ("b", ("yes", "no")),
        ("a", ("yes", "yes")),
    ]


def test_three_readers_are_compared_pair_by_pair_in_their_boxes() -> None:
    here, there = (0.0, 0.0, 10.0, 10.0), (50.0, 0.0, 60.0, 10.0)
    found = compare_readers(
        {
            "ada": {"a": reading("yes", here)},
            "grace": {"a": reading("yes", here)},
            "mary": {"a": reading("yes", there)},
        }
    )
    # ada and grace 2 of 2, ada and mary 0 of 2, grace and mary 0 of 2.
    assert (found.boxes.boxes, found.boxes.partnered) == (6, 2)
    assert found.kappa is None
    assert [d.exam for d in found.disagreements] == ["a"]


def test_readers_who_agree_in_everything_leave_nothing_to_list() -> None:
    same = {"a": reading("yes", (0, 0, 4, 4)), "b": reading("no")}
    assert compare_readers({"ada": same, "grace": same}).disagreements == ()


def test_one_reader_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="two readers"):
        compare_readers({"ada": {}})
