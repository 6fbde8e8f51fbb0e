"""COCO, tables, the challenge's submission, the PDF and the picture: out, and in again."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exchange_stage import FULL, HEALTHY, MODEL, demo_studies, reviewed, three_reviews
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO
from pypdf import PdfReader

from detector.errors import FolderNotWritableError, InputError
from detector.radiograph import ImageIdentity
from pneumo_viewer.exchange.coco import reviews_as_coco
from pneumo_viewer.exchange.exported import ExportedImage, ReportFacts
from pneumo_viewer.exchange.formats import Format, file_names, names_of, require_free, write_file
from pneumo_viewer.exchange.records import (
    RESEARCH_USE_ONLY,
    Review,
    ReviewedFinding,
    ReviewedImage,
)
from pneumo_viewer.exchange.review_report import review_report
from pneumo_viewer.exchange.review_table import COLUMNS, read_review_table, reviews_as_csv
from pneumo_viewer.exchange.submission import reviews_as_submission
from pneumo_viewer.exchange.truth_files import read_truth_files
from pneumo_viewer.jobs.exporting import export_image, export_view
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict
from training.datasets.truth import is_truth_file

FACTS = ReportFacts("2026-11-24 02:40 +0000", "Dr. Müller", MODEL, 0.2, f"12:{'a' * 64}")

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
edges = st.floats(0, 500, width=32).filter(lambda edge: edge == 0 or edge > 1e-3)
scores = st.none() | st.floats(0, 1)
models = st.none() | st.builds(type(MODEL), words.filter(bool), words, words, words)


@st.composite
def findings(draw: st.DrawFn) -> ReviewedFinding:
    x0, y0 = draw(edges), draw(edges)
    box = (x0, y0, draw(st.floats(513, 999, width=32)), draw(st.floats(513, 999, width=32)))
    return ReviewedFinding(
        box,
        draw(st.sampled_from(Verdict)),
        draw(scores),
        draw(models),
        draw(words),
        draw(st.none() | st.sampled_from(Stage)),
    )


reviews = st.builds(
    Review,
    reader=words,
    findings=st.lists(findings(), max_size=3).map(tuple),
    exam_verdict=st.none() | st.sampled_from(ExamVerdict),
    comment=words,
    exam_score=scores,
    model=models,
    is_complete=st.booleans(),
    stage=st.sampled_from(Stage),
    exam_verdicts_by_stage=st.dictionaries(st.sampled_from(Stage), st.sampled_from(ExamVerdict)),
)


def saved(content: bytes, path: Path) -> Path:
    path.write_bytes(content)
    return path


# The table


@given(reviews)
def test_every_review_comes_back_from_the_table_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, review: Review
) -> None:
    """Whatever is typed, and whatever a box and a score are."""
    identity = ImageIdentity("1.2.3", "a.dcm", "1.2.3", rows=1000, columns=1000)
    image = ReviewedImage(identity, Path("a.dcm"), review)
    path = saved(reviews_as_csv([image]), tmp_path_factory.getbasetemp() / "reviews.csv")
    back = read_review_table(path)["1.2.3"]
    assert replace(back, findings=()) == replace(review, findings=())
    for known, read in zip(review.findings, back.findings, strict=True):
        # x + (x1 - x) of float32 values is exact but for the last of 53 bits.
        assert read.box == pytest.approx(known.box, rel=1e-15)
        assert replace(read, box=known.box) == known


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@x", "'x", "'=x"])
def test_a_text_is_no_formula_to_a_spreadsheet_and_comes_back_all_the_same(
    text: str, tmp_path: Path
) -> None:
    image = reviewed(demo_studies()[0], replace(HEALTHY, comment=text))
    content = reviews_as_csv([image])
    (row,) = csv.DictReader(io.StringIO(content.decode()))
    assert row["comment"] == f"'{text}"
    (back,) = read_review_table(saved(content, tmp_path / "reviews.csv")).values()
    assert back.comment == text


def test_the_table_is_ground_truth_of_complete_reviews(tmp_path: Path) -> None:
    images = three_reviews()
    (table,) = read_truth_files([saved(reviews_as_csv(images), tmp_path / "reviews.csv")])
    assert (table.exam_count, table.box_count) == (2, 3)
    assert table.notes == ("Left out, since they are not reviewed to their end: 1.",)
    boxes = table.find(images[0].identity)
    assert boxes is not None
    assert boxes.tolist() == [list(finding.box) for finding in FULL.standing]
    assert table.find(images[2].identity) is None


def test_a_table_of_other_columns_or_broken_numbers_is_refused(tmp_path: Path) -> None:
    other = saved(b"a,b\n1,2\n", tmp_path / "other.csv")
    with pytest.raises(InputError, match="its columns are others"):
        read_review_table(other)
    broken = reviews_as_csv(three_reviews()).replace(b"100.5", b"wide", 1)
    with pytest.raises(InputError, match=r"line 2: could not convert string to float: 'wide'"):
        read_review_table(saved(broken, tmp_path / "broken.csv"))


def test_a_folder_of_exports_that_is_opened_never_becomes_truth_by_itself(tmp_path: Path) -> None:
    """The reader loads it as truth, or it is none: his own verdicts would judge the detector."""
    assert not is_truth_file(saved(reviews_as_csv(three_reviews()), tmp_path / "reviews.csv"))


def test_the_table_says_everything(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(reviews_as_csv(three_reviews()).decode())))
    assert len(rows) == 5 + 1 + 5
    assert tuple(rows[0]) == COLUMNS
    assert {row["use"] for row in rows} == {RESEARCH_USE_ONLY}
    first = rows[0]
    assert first["shown"] == "truth"
    assert (first["exam_verdict_blinded"], first["exam_verdict_detector"]) == (
        "unsure",
        "pneumonia",
    )
    assert first["exam_verdict_open"] == ""
    assert (first["x"], first["width"], first["score"]) == ("100.5", "300.25", "0.87")


# COCO


def test_coco_is_ground_truth_of_complete_reviews(tmp_path: Path) -> None:
    images = three_reviews()
    (table,) = read_truth_files([saved(reviews_as_coco(images), tmp_path / "coco.json")])
    assert (table.exam_count, table.box_count) == (2, 3)
    boxes = table.find(images[0].identity)
    assert boxes is not None
    assert boxes.tolist() == [list(finding.box) for finding in FULL.standing]


def test_pycocotools_reads_it_and_it_says_research_use_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(reviews_as_coco(three_reviews()), tmp_path / "coco.json")
    read = COCO(str(path))
    assert len(read.getImgIds()) == 2
    assert [annotation["verdict"] for annotation in read.loadAnns(read.getAnnIds())] == [
        "accepted",
        "corrected",
        "added",
    ]
    assert RESEARCH_USE_ONLY in json.loads(path.read_text())["info"]["description"]


# The challenge's submission


def test_a_submission_has_every_box_that_was_not_rejected() -> None:
    image, healthy, _ = three_reviews()
    rows = list(csv.reader(io.StringIO(reviews_as_submission([image, healthy]).decode())))
    assert rows[0] == ["patientId", "PredictionString"]
    assert rows[1] == [
        image.path.stem,
        "0.870000 100.500 200.250 300.250 299.750 0.375000 90.500 600.250 210.250 199.750 "
        "0.250000 600.000 650.000 100.000 110.000 1.000000 500.000 600.000 200.000 200.000",
    ]
    assert rows[2] == [healthy.path.stem, ""]
    assert "research_use_only" in Format.SUBMISSION.value


# The report


def exported(images: list[ReviewedImage], tmp_path: Path) -> list[ExportedImage]:
    formats = frozenset({Format.REPORT})
    return [export_image(tmp_path, image, "x", formats, b"") for image in images]


def test_the_report_says_who_what_and_where_the_audit_trail_stands(tmp_path: Path) -> None:
    content = review_report(exported(three_reviews(), tmp_path), FACTS)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    assert all(RESEARCH_USE_ONLY in page for page in pages)
    text = "\n".join(pages)
    for said in (
        "Dr. Müller",
        "3, of which 2 are reviewed to their end",
        "2 pneumonia, 1 no pneumonia",
        "compact 2, preset compact",
        FACTS.audit_head,
        "unsure before anything was revealed",
        "Verschattung",
        "Not reviewed to its end.",
        "No finding.",
        "corrected",
    ):
        assert said in text, said


def test_the_report_shows_a_picture_of_each_exam(tmp_path: Path) -> None:
    images = exported(three_reviews(), tmp_path)
    assert all(len(each.picture) > 5000 for each in images)
    pages = PdfReader(io.BytesIO(review_report(images, FACTS))).pages
    assert sum(len(page.images) for page in pages) == 3


# The picture of the view


def test_the_picture_has_the_pixels_and_says_research_use_only_below(tmp_path: Path) -> None:
    shown = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    export_view(tmp_path / "view.png", shown)
    with Image.open(tmp_path / "view.png") as picture:
        pixels = np.asarray(picture)
        assert picture.info["Disclaimer"] == RESEARCH_USE_ONLY
    np.testing.assert_array_equal(pixels[:300], shown)
    assert pixels.shape == (324, 400, 3)  # two lines of 12 pixels below
    assert pixels[300:].max() > 150


# Where they go


def test_names_are_those_of_the_files_and_told_apart() -> None:
    paths = ["/a/IM 0001.dcm", "/b/IM_0001.dcm", "/c/../x.dcm", "/d/äöü", "/e/.dcm"]
    images = [ReviewedImage(ImageIdentity(path, path), Path(path)) for path in paths]
    names = names_of(images)
    assert names == ["IM_0001-0001", "IM_0001-0002", "x", "image", "dcm"]
    assert len(set(map(str.lower, names))) == len(names)


def test_nothing_is_written_over_unless_that_is_asked_for(tmp_path: Path) -> None:
    files = file_names([Format.STRUCTURED_REPORTS, Format.TABLE], ["a", "b"])
    assert files == ["structured_reports/a.dcm", "structured_reports/b.dcm", "reviews.csv"]
    require_free(tmp_path, files, may_replace=False)
    for name in files[1:]:
        write_file(tmp_path, name, b"old")
    with pytest.raises(
        FolderNotWritableError, match=r"structured_reports/b\.dcm and 1 more would be overwritten"
    ):
        require_free(tmp_path, files, may_replace=False)
    require_free(tmp_path, files, may_replace=True)
    write_file(tmp_path, "reviews.csv", b"new")
    assert (tmp_path / "reviews.csv").read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reviews.csv", "structured_reports"]


def test_a_full_disk_is_a_sentence_and_leaves_no_half_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    write_file(tmp_path, "reviews.csv", b"old")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FolderNotWritableError, match=r"no space left on device\. Name another"):
        write_file(tmp_path, "reviews.csv", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["reviews.csv"]
    assert (tmp_path / "reviews.csv").read_bytes() == b"old"


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.touch()
    with pytest.raises(FolderNotWritableError, match=r"Nothing can be written there: .*exists"):
        require_free(taken, ["reviews.csv"], may_replace=False)
