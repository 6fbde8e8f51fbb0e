"""Ground truth in the three layouts, the files' own mistakes, and the real files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.errors import FileAccessError
from detector.radiograph import ImageIdentity
from training.datasets.truth import (
    TruthFileError,
    TruthTable,
    is_truth_file,
    read_challenge_labels,
    read_coco,
    read_nih_boxes,
    read_truth,
)

CHALLENGE = "patientId,x,y,width,height,Target\n"
NIH_PUBLIC = "Image Index,Finding Label,Bbox [x,y,w,h],,,\n"
NIH_PLAIN = "image,finding,x,y,w,h\n"
NIH_ENTRIES = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n"
)


def written(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def image(source: str = "", **facts: Any) -> ImageIdentity:
    return ImageIdentity(key="k", source=source, **facts)


def boxes_of(table: TruthTable, identity: ImageIdentity) -> list[list[float]] | None:
    boxes = table.find(identity)
    return None if boxes is None else boxes.tolist()


def test_challenge_labels_become_corners_and_target_0_becomes_no_box(tmp_path: Path) -> None:
    table = read_challenge_labels(
        written(
            tmp_path,
            "labels.csv",
            CHALLENGE + "a,10,20,30.5,40,1\nb,,,,,0\na,100,200,1,2,1\n",
        )
    )
    # x + width = 10 + 30.5, y + height = 20 + 40
    assert boxes_of(table, image("a.dcm")) == [[10, 20, 40.5, 60], [100, 200, 101, 202]]
    assert boxes_of(table, image("b.dcm")) == []
    assert table.find(image("c.dcm")) is None
    assert (table.exam_count, table.box_count) == (2, 2)
    none = table.find(image("b.dcm"))
    assert none is not None
    assert none.shape == (0, 4)
    assert none.dtype == np.float32


def test_a_challenge_exam_is_found_by_file_name_uid_or_patient_id(tmp_path: Path) -> None:
    table = read_truth(written(tmp_path, "t.csv", CHALLENGE + "exam-1,1,1,2,2,1\n"))
    assert table.find(image("/some/folder/exam-1.dcm")) is not None
    assert table.find(image("/some/folder/exam-1")) is not None
    assert table.find(image("IM0001", patient_id="exam-1")) is not None
    assert table.find(image("IM0001", sop_instance_uid="exam-1")) is not None
    assert table.find(image("IM0001")) is None


def test_nih_exams_are_not_found_by_patient_id(tmp_path: Path) -> None:
    """Several NIH images have one patient."""
    table = read_truth(written(tmp_path, "b.csv", NIH_PLAIN + "00000013_001.png,Pneumonia,1,2,3,4"))
    assert table.find(image("IM0001", patient_id="00000013_001")) is None


@pytest.mark.parametrize("header", [NIH_PUBLIC, NIH_PLAIN])
def test_only_pneumonia_boxes_of_nih_are_truth(tmp_path: Path, header: str) -> None:
    trailing = ",,," if header is NIH_PUBLIC else ""
    rows = [
        f"00000013_001.png,Pneumonia,1.5,2,3,4{trailing}",
        f"00000013_001.png,Mass,50,50,5,5{trailing}",
        f"00000014_000.png,Mass,7,8,9,10{trailing}",
    ]
    table = read_nih_boxes(written(tmp_path, "b.csv", header + "\n".join(rows)))
    assert boxes_of(table, image("00000013_001.dcm")) == [[1.5, 2, 4.5, 6]]
    assert table.find(image("00000014_000.dcm")) is None
    assert (table.exam_count, table.box_count) == (1, 1)


def test_no_finding_in_the_data_entry_beside_it_is_truth_without_boxes(tmp_path: Path) -> None:
    written(
        tmp_path,
        "Data_Entry_2017.csv",
        NIH_ENTRIES
        + "00000002_000.png,No Finding,0,2,80,M,PA,2500,2048,0.171,0.171,\n"
        + "00000003_000.png,Hernia,0,3,81,F,PA,2582,2991,0.143,0.143,\n"
        + "00000013_001.png,Pneumonia,1,13,60,F,AP,3056,2544,0.139,0.139,\n",
    )
    table = read_truth(written(tmp_path, "b.csv", NIH_PLAIN + "00000013_001.png,Pneumonia,1,2,3,4"))
    assert boxes_of(table, image("00000002_000.png")) == []
    assert table.find(image("00000003_000.png")) is None
    assert (table.exam_count, table.box_count) == (2, 1)


COCO: dict[str, Any] = {
    "images": [
        {"id": 1, "file_name": "x/a.dcm", "width": 100, "height": 80, "sop_instance_uid": "1.2.3"},
        {"id": 2, "file_name": "b.dcm", "width": 100, "height": 80},
    ],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 20, 30, 40]}],
    "categories": [{"id": 1, "name": "pneumonia"}],
}


def test_coco_images_without_annotation_have_no_box(tmp_path: Path) -> None:
    table = read_truth(written(tmp_path, "t.json", json.dumps(COCO)))
    assert boxes_of(table, image("a.dcm")) == [[10, 20, 40, 60]]
    assert boxes_of(table, image("other name", sop_instance_uid="1.2.3")) == [[10, 20, 40, 60]]
    assert boxes_of(table, image("b.dcm")) == []
    assert table.find(image("1.dcm")) is None
    assert (table.exam_count, table.box_count) == (2, 1)


def test_of_several_coco_categories_only_pneumonia_counts(tmp_path: Path) -> None:
    content = COCO | {
        "categories": [{"id": 1, "name": "Lung_Opacity"}, {"id": 2, "name": "fracture"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2]},
            {"id": 2, "image_id": 1, "category_id": 2, "bbox": [5, 5, 2, 2]},
        ],
    }
    table = read_coco(written(tmp_path, "t.json", json.dumps(content)))
    assert boxes_of(table, image("a.dcm")) == [[1, 1, 3, 3]]
    content["categories"] = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    with pytest.raises(TruthFileError, match="none of its categories is called pneumonia"):
        read_coco(written(tmp_path, "t.json", json.dumps(content)))


def test_a_file_name_that_two_coco_images_share_finds_neither(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "x/a.dcm"}, {"id": 2, "file_name": "y/a.dcm"}]
    content = COCO | {"images": images}
    table = read_coco(written(tmp_path, "t.json", json.dumps(content)))
    assert table.find(image("x/a.dcm")) is None
    assert table.notes == ("The name a is left out: several images have it.",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (CHALLENGE + "a,5,5,0,9,1\nb,,,,,0\n", "line 2 has a box without area"),
        (CHALLENGE + "b,,,,,0\na,5,5,9,-1,1\n", "line 3 has a box without area"),
        (CHALLENGE + "a,-50,5,40,9,1\nb,,,,,0\n", "line 2 has a box outside the image"),
        (CHALLENGE + "a,5,5,9,9,1\na,1,1,0,0,1\nb,,,,,0\n", "line 3 has a box without area"),
    ],
)
def test_a_box_that_cannot_be_leaves_its_exam_out_with_a_note(
    tmp_path: Path, content: str, reason: str
) -> None:
    table = read_truth(written(tmp_path, "t.csv", content))
    assert table.find(image("a.dcm")) is None
    assert boxes_of(table, image("b.dcm")) == []
    assert table.notes == (f"Exam a is left out: {reason}.",)
    assert (table.exam_count, table.box_count) == (1, 0)


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ({"bbox": [100, 0, 5, 5]}, "annotation 1 has a box outside the image"),
        ({"bbox": [0, 80, 5, 5]}, "annotation 1 has a box outside the image"),
        ({"bbox": [1, 1, 5, 5], "iscrowd": 1}, "annotation 1 marks a crowd"),
    ],
)
def test_a_coco_annotation_that_cannot_be_leaves_its_image_out(
    tmp_path: Path, annotation: dict[str, Any], reason: str
) -> None:
    content = COCO | {"annotations": [{"id": 1, "image_id": 1, "category_id": 1} | annotation]}
    table = read_coco(written(tmp_path, "t.json", json.dumps(content)))
    assert table.find(image("a.dcm")) is None
    assert table.notes == (f"Exam 1 is left out: {reason}.",)


def test_a_box_that_only_crosses_the_border_is_kept_as_it_is(tmp_path: Path) -> None:
    table = read_truth(written(tmp_path, "t.csv", CHALLENGE + "a,-5,990,20,50,1\n"))
    assert boxes_of(table, image("a.dcm", columns=1024, rows=1024)) == [[-5, 990, 15, 1040]]


def test_boxes_outside_the_picture_at_hand_belong_to_another_rendition(tmp_path: Path) -> None:
    table = read_truth(written(tmp_path, "t.csv", CHALLENGE + "a,600,10,20,50,1\n"))
    assert table.find(image("a.dcm", columns=512, rows=512)) is None
    assert table.find(image("a.dcm", columns=1024, rows=1024)) is not None


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("t.csv", "patientId,x,y,width,Target\na,1,1,1,1\n", "the column height is missing"),
        ("t.csv", "", "its first line names none of the known columns"),
        ("t.csv", "a,b,c\n1,2,3\n", "its first line names none of the known columns"),
        ("t.csv", CHALLENGE, "it lists no image"),
        ("t.csv", CHALLENGE + "a,1,2,3,1\n", "line 2: 5 cells instead of 6"),
        ("t.csv", CHALLENGE + "a,1,2,3,4,1\nb,1,two,3,4,1\n", "line 3: x, y, width and height"),
        ("t.csv", CHALLENGE + "a,1,nan,3,4,1\n", "line 2: x, y, width and height must be finite"),
        ("t.csv", CHALLENGE + "a,,,,,1\n", "line 2: x, y, width and height must be four numbers"),
        ("t.csv", CHALLENGE + "a,1,2,3,4,0\n", "line 2: Target must be 1 with a box or 0"),
        ("t.csv", CHALLENGE + "a,1,2,3,4,2\n", "line 2: Target must be 1 with a box or 0"),
        ("t.csv", CHALLENGE + "a,1,2,3,4,1\na,,,,,0\n", "line 3: exam a is listed both with"),
        ("t.csv", CHALLENGE + "a,,,,,0\na,1,2,3,4,1\n", "line 3: exam a is listed both with"),
        ("t.csv", CHALLENGE + 'a,"1,2,3,4,1\n', "line 2: unexpected end of data"),
        ("t.csv", NIH_PLAIN + "a.png,Pneumonia,1,2,3\n", "line 2: 5 cells instead of 6"),
        ("t.json", '{"images": [],\n "annotations": [}', "broken JSON in line 2"),
        ("t.json", "[]", "it has no images and annotations"),
        ("t.json", '{"images": [], "annotations": []}', "it lists no image"),
        ("t.json", '{"images": [{"id": 1}], "annotations": []}', "field \\('file_name'\\)"),
        (
            "t.json",
            '{"images": [], "annotations": [{"image_id": 7, "bbox": [1, 1, 1, 1]}]}',
            "an entry lacks or misuses a field \\(7\\)",
        ),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    path = written(tmp_path, name, content)
    with pytest.raises(TruthFileError, match=reason) as caught:
        read_truth(path)
    assert caught.value.source == str(path)


@pytest.mark.parametrize(
    "scored",
    [
        {"annotations": [COCO["annotations"][0] | {"score": 0.9}]},
        {"annotations": [], "images": [COCO["images"][0] | {"exam_score": 0.1}]},
    ],
)
def test_detections_are_not_taken_for_truth(tmp_path: Path, scored: dict[str, Any]) -> None:
    path = written(tmp_path, "t.json", json.dumps(COCO | scored))
    assert not is_truth_file(path)
    with pytest.raises(TruthFileError, match="these are detections"):
        read_truth(path)


def test_text_that_is_not_utf_8_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(CHALLENGE.encode() + b"\xff\xfe,,,,,0\n")
    with pytest.raises(TruthFileError, match="not text in UTF-8"):
        read_truth(path)
    with pytest.raises(FileAccessError):
        read_truth(tmp_path / "absent.csv")
    with pytest.raises(FileAccessError):
        is_truth_file(tmp_path / "absent.csv")


def test_truth_files_are_told_from_their_neighbours_by_content(tmp_path: Path) -> None:
    assert is_truth_file(written(tmp_path, "a.csv", "\ufeff" + CHALLENGE + "a,,,,,0\n"))
    assert is_truth_file(written(tmp_path, "b.CSV", NIH_PUBLIC))
    assert is_truth_file(written(tmp_path, "c.json", json.dumps(COCO)))
    assert not is_truth_file(written(tmp_path, "d.csv", "patientId,class\n"))
    assert not is_truth_file(written(tmp_path, "e.csv", NIH_ENTRIES))
    assert not is_truth_file(written(tmp_path, "f.json", '{"images": []}'))
    assert not is_truth_file(written(tmp_path, "g.txt", CHALLENGE))


def test_the_full_challenge_table_reads(shared_data: Path) -> None:
    path = shared_data / "labels" / "stage_2_train_labels.csv"
    assert is_truth_file(path)
    table = read_truth(path)
    assert (table.exam_count, table.box_count, table.notes) == (26_612, 9_501, ())
    assert max(len(boxes) for boxes in table.exams.values()) == 4


def test_the_rsna_folder_agrees_with_the_full_table(shared_data: Path) -> None:
    part = read_truth(shared_data / "rsna" / "stage_2_train_labels.csv")
    full = read_truth(shared_data / "labels" / "stage_2_train_labels.csv")
    assert (part.exam_count, part.box_count) == (292, 192)
    for exam, boxes in part.exams.items():
        assert np.array_equal(boxes, full.exams[exam])


def test_the_nih_folder_reads(shared_data: Path) -> None:
    table = read_truth(shared_data / "nih" / "BBox_List_2017.csv")
    assert (table.box_count, table.notes) == (19, ())
    boxes = table.find(image("00011136_002.jpg", columns=1024, rows=1024))
    # 574.008888888889 + 229.831111111111 and 574.90015625 + 166.115555555556
    assert boxes == pytest.approx(np.array([[574.00889, 574.90016, 803.84, 741.01571]]))
    no_finding = [exam for exam in table.exams.values() if not len(exam)]
    assert len(no_finding) == table.exam_count - 19
