"""Truth files join the open images; what does not match and what contradicts is said."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from detector.errors import InputError
from detector.radiograph import ImageIdentity
from pneumo_viewer.exchange.ground_truth import load_truth, match_truth, merge_truth


@dataclass
class Image:
    identity: ImageIdentity


def image(name: str) -> Image:
    """A radiograph of the challenge: its patient id is its file name."""
    identity = ImageIdentity(f"1.2.{name}", source=f"/films/{name}.dcm", patient_id=name)
    return Image(identity)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Two boxes for ill, none for well, and an exam that is not open."""
    path = tmp_path / "stage_2_train_labels.csv"
    path.write_text(
        "patientId,x,y,width,height,Target\n"
        "ill,100,200,50,60,1\n"
        "ill,300,200,70,80,1\n"
        "well,,,,,0\n"
        "elsewhere,,,,,0\n"
    )
    return path


def coco(path: Path, boxes: dict[str, list[list[float]]]) -> Path:
    """A COCO file with x, y, width, height boxes by file name."""
    images = [{"id": number, "file_name": f"{name}.png"} for number, name in enumerate(boxes)]
    annotations = [
        {"image_id": number, "bbox": box, "category_id": 1}
        for number, of_image in enumerate(boxes.values())
        for box in of_image
    ]
    path.write_text(
        json.dumps(
            {
                "images": images,
                "annotations": annotations,
                "categories": [{"id": 1, "name": "pneumonia"}],
            }
        )
    )
    return path


def test_open_images_get_their_boxes_by_key_in_corners(labels: Path) -> None:
    loaded = load_truth(labels, [image("ill"), image("well"), image("stranger")])
    # 100 + 50 = 150, 200 + 60 = 260; 300 + 70 = 370, 200 + 80 = 280
    assert loaded.boxes_by_key["1.2.ill"].tolist() == [[100, 200, 150, 260], [300, 200, 370, 280]]
    assert loaded.boxes_by_key["1.2.well"].shape == (0, 4)
    assert loaded.unmatched == ("1.2.stranger",)
    assert (loaded.matched, loaded.boxes) == (2, 2)
    assert (loaded.table.name, loaded.table.source) == ("RSNA challenge labels", labels)


def test_images_that_are_opened_later_are_looked_up_in_the_table_that_is_read(
    labels: Path,
) -> None:
    loaded = load_truth(labels, [])
    labels.unlink()
    assert match_truth(loaded.table, [image("ill")]).boxes == 2


@pytest.mark.parametrize("content", [None, "just some text", "patientId,Target\nill,1\n"])
def test_a_file_that_is_no_truth_is_refused_in_a_sentence(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "labels.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"labels.csv: .+\."):
        load_truth(path, [image("ill")])


def test_of_several_files_the_later_counts_and_the_conflict_is_said(
    labels: Path, tmp_path: Path
) -> None:
    images = [image("ill"), image("well"), image("new")]
    second = coco(tmp_path / "second.json", {"ill": [[1, 2, 3, 4]], "new": [[5, 6, 7, 8]]})
    merged = merge_truth([load_truth(labels, images), load_truth(second, images)])
    assert merged.boxes_by_key["1.2.ill"].tolist() == [[1, 2, 4, 6]]
    assert merged.boxes_by_key["1.2.well"].tolist() == []
    assert merged.boxes_by_key["1.2.new"].tolist() == [[5, 6, 12, 14]]
    assert merged.conflicts == (
        "stage_2_train_labels.csv and second.json disagree on 1 image; second.json counts.",
    )


def test_files_that_say_the_same_in_another_order_do_not_disagree(
    labels: Path, tmp_path: Path
) -> None:
    same = {"ill": [[300, 200, 70, 80], [100, 200, 50, 60]], "well": []}
    images = [image("ill"), image("well")]
    files = [labels, coco(tmp_path / "same.json", same)]
    assert merge_truth([load_truth(path, images) for path in files]).conflicts == ()


def test_a_box_against_none_is_a_conflict(labels: Path, tmp_path: Path) -> None:
    images = [image("ill"), image("well")]
    other = coco(tmp_path / "other.json", {"ill": [], "well": [[1, 2, 3, 4]]})
    merged = merge_truth([load_truth(labels, images), load_truth(other, images)])
    assert merged.conflicts == (
        "stage_2_train_labels.csv and other.json disagree on 2 images; other.json counts.",
    )


def test_the_labels_of_the_challenge_match_all_its_radiographs(shared_data: Path) -> None:
    path = shared_data / "rsna" / "stage_2_train_labels.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    exams = sorted({row["patientId"] for row in rows})
    loaded = load_truth(path, [image(exam) for exam in exams])
    assert loaded.unmatched == ()
    assert loaded.boxes == sum(row["Target"] == "1" for row in rows)
    first = next(row for row in rows if row["Target"] == "1")
    corners = [float(first[name]) for name in ("x", "y", "width", "height")]
    corners[2:] = np.add(corners[:2], corners[2:]).tolist()
    assert corners in loaded.boxes_by_key[f"1.2.{first['patientId']}"].tolist()
