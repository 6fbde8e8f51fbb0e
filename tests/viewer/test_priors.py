"""The other exams of a patient, and which image hangs in which viewport."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layout_stage import exam

from pneumo_viewer.library.found import ScannedImage
from pneumo_viewer.library.hanging import Hanging
from pneumo_viewer.library.index import StudyIndex
from pneumo_viewer.library.priors import describe_interval, describe_relation, other_exams

NOW = date(2024, 6, 20)
DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


def index_of(*images: ScannedImage) -> StudyIndex:
    index = StudyIndex()
    index.add(images)
    return index


def others(index: StudyIndex, key: str) -> list[str]:
    exams = other_exams(index, key)
    assert exams is not None
    return [exam.image.key for exam in exams]


@pytest.mark.parametrize(
    ("earlier", "interval"),
    [
        (date(2022, 3, 20), "2 y 3 m"),
        (date(2022, 3, 21), "2 y 2 m"),  # the 20th comes before the 21st: no whole third month
        (date(2022, 6, 20), "2 y"),
        (date(2024, 5, 20), "1 m"),
        (date(2024, 5, 21), "30 d"),  # 10 days of May and 20 of June
        (date(2024, 6, 19), "1 d"),
    ],
)
def test_an_interval_is_whole_years_and_months_or_days(earlier: date, interval: str) -> None:
    assert describe_interval(earlier, NOW) == interval


def test_a_month_that_ends_early_is_not_whole() -> None:
    assert describe_interval(date(2023, 1, 31), date(2023, 2, 28)) == "28 d"


@given(DAYS, DAYS)
def test_what_is_prior_from_one_side_is_later_from_the_other(one: date, other: date) -> None:
    there, back = describe_relation(one, other), describe_relation(other, one)
    if one == other:
        assert there == back == "OTHER EXAM · same day"
        return
    prior, later = (there, back) if other < one else (back, there)
    assert later == prior.replace("PRIOR", "LATER EXAM").replace("earlier", "later")


def test_an_exam_is_prior_later_of_the_same_day_or_of_unknown_order() -> None:
    assert describe_relation(NOW, date(2022, 3, 10)) == "PRIOR · 2 y 3 m earlier"
    assert describe_relation(NOW, date(2024, 8, 20)) == "LATER EXAM · 2 m later"
    assert describe_relation(NOW, NOW) == "OTHER EXAM · same day"
    assert describe_relation(NOW, None) == "OTHER EXAM · order unknown"
    assert describe_relation(None, NOW) == "OTHER EXAM · order unknown"


def test_the_nearest_prior_comes_first_then_later_exams_then_those_without_a_date() -> None:
    index = index_of(
        exam("undated", "ann", None),
        exam("far", "ann", date(2001, 1, 1)),
        exam("later", "ann", date(2024, 7, 1)),
        exam("much later", "ann", date(2030, 7, 1)),
        exam("now", "ann", NOW),
        exam("near", "ann", date(2024, 1, 1)),
    )
    assert others(index, "now") == ["near", "far", "later", "much later", "undated"]
    assert len(others(index, "undated")) == 5, "without a date of its own, in worklist order"


@given(st.lists(st.tuples(st.sampled_from("abc"), DAYS | st.none()), min_size=1, max_size=12))
def test_another_patient_is_never_among_them(exams: list[tuple[str, date | None]]) -> None:
    index = index_of(*(exam(str(n), patient, day) for n, (patient, day) in enumerate(exams)))
    for number, (patient, _) in enumerate(exams):
        found = others(index, str(number))
        same = [str(n) for n, (p, _) in enumerate(exams) if p == patient and n != number]
        assert sorted(found) == sorted(same)


def test_the_same_id_under_another_name_is_another_patient() -> None:
    """An id alone is not unique between hospitals."""
    one, other = exam("one", "ann", NOW), exam("other", "ann", NOW - timedelta(days=9))
    object.__setattr__(other.identity, "patient_name", "Someone^Else")
    assert others(index_of(one, other), "one") == []


def test_without_a_patient_id_no_exam_is_surely_the_same_patients() -> None:
    index = index_of(exam("one", "", NOW), exam("other", "", NOW - timedelta(days=9)))
    assert other_exams(index, "one") is None


def test_of_a_prior_the_image_with_the_same_view_is_taken() -> None:
    before = NOW - timedelta(days=9)
    index = index_of(
        exam("now", "ann", NOW, view="AP"),
        exam("lateral", "ann", before, view="LL", study="then"),
        exam("frontal", "ann", before, view="AP", study="then"),
    )
    assert others(index, "now") == ["frontal"]
    index.add([exam("oblique", "ann", NOW + timedelta(days=1), view="RAO")])
    (_, study, _) = index.place("lateral")
    assert others(index, "oblique") == ["now", study.images[0].key], "else the first one"


def keys(hanging: Hanging, index: StudyIndex, current: str | None) -> list[str | None]:
    return [cell.key for cell in hanging.arrange(index, current)]


def three_exams() -> StudyIndex:
    return index_of(
        exam("now", "ann", NOW),
        exam("near", "ann", date(2024, 1, 1)),
        exam("far", "ann", date(2001, 1, 1)),
        exam("bob", "bob", NOW),
    )


def messages(hanging: Hanging, index: StudyIndex, current: str) -> Iterable[str]:
    return [cell.message for cell in hanging.arrange(index, current)]


@pytest.mark.parametrize(
    ("chosen", "expected"), [(1, ["near"]), (2, ["near"]), (4, ["near", "far", None])]
)
def test_priors_fill_the_viewports_beside_the_first(
    chosen: int, expected: list[str | None]
) -> None:
    assert keys(Hanging(chosen, is_comparing=True), three_exams(), "now") == expected


def test_an_empty_viewport_says_why() -> None:
    index = three_exams()
    index.add([exam("nobody", "", NOW)])
    hanging = Hanging(4, is_comparing=True)
    assert list(messages(hanging, index, "now"))[2] == "All open exams of this patient are shown."
    assert set(messages(hanging, index, "bob")) == {"No other exam of this patient is open."}
    assert set(messages(hanging, index, "nobody")) == {
        "This image names no patient id, so no exam is surely the same patient's."
    }
    hanging.compare(False)
    assert all("Drag an image here" in text for text in messages(hanging, index, "now"))


def test_one_viewport_ends_the_comparing_and_comparing_takes_two() -> None:
    hanging = Hanging()
    hanging.compare(True)
    assert hanging.count == 2
    hanging.compare(False)
    assert hanging.count == 1
    hanging.compare(True)
    hanging.choose(1)
    assert (hanging.count, hanging.is_comparing) == (1, False)


def test_what_the_reader_placed_stays_with_the_patient_and_goes_with_him() -> None:
    index, hanging = three_exams(), Hanging(2)
    hanging.arrange(index, "now")
    hanging.place(1, "far")
    assert keys(hanging, index, "now") == ["far"]
    assert keys(hanging, index, "near") == ["far"]
    assert keys(hanging, index, "bob") == [None]
    assert keys(hanging, index, "now") == [None]


def test_another_patient_beside_the_current_one_is_marked() -> None:
    index, hanging = three_exams(), Hanging(2)
    hanging.arrange(index, "now")
    hanging.place(1, "bob")
    (cell,) = hanging.arrange(index, "now")
    assert (cell.is_other_patient, cell.relation) == (True, "")
    hanging.place(1, "near")
    (cell,) = hanging.arrange(index, "now")
    assert (cell.is_other_patient, cell.relation) == (False, "PRIOR · 5 m earlier")


def test_placing_in_a_viewport_that_is_not_there_makes_room_for_it() -> None:
    index, hanging = three_exams(), Hanging()
    hanging.arrange(index, "now")
    hanging.place(1, "far")
    assert hanging.count == 2
    hanging.place(3, "near")
    assert hanging.count == 4
    assert keys(hanging, index, "now") == ["far", None, "near"]


def test_a_placed_prior_is_not_shown_twice() -> None:
    index, hanging = three_exams(), Hanging(4, is_comparing=True)
    hanging.arrange(index, "now")
    hanging.place(3, "near")
    assert keys(hanging, index, "now") == ["far", None, "near"]


def test_the_maximised_viewport_is_the_active_one_and_alone() -> None:
    hanging = Hanging(4)
    assert hanging.toggle_maximised(2)
    assert (hanging.visible, hanging.active) == ((2,), 2)
    hanging.activate(1)
    assert hanging.active == 2, "what is not seen cannot become active"
    assert hanging.toggle_maximised(2)
    assert (hanging.visible, hanging.active) == ((0, 1, 2, 3), 2)
    hanging.choose(2)
    assert (hanging.visible, hanging.active) == ((0, 1), 0)
    assert not Hanging(1).toggle_maximised(0)


def test_the_next_viewport_after_the_last_is_the_first() -> None:
    hanging = Hanging(2)
    hanging.activate_next()
    assert hanging.active == 1
    hanging.activate_next()
    assert hanging.active == 0
