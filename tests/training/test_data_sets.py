"""Data sets are read as they are laid out, and refused with a sentence where they do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.errors import InputError
from detector.exam_class import ExamClass
from detector.presets import PRESETS
from training.datasets.box_table import read_box_places
from training.datasets.coco import read_coco_data_set
from training.datasets.data_set import read_data_set
from training.datasets.labelled_image import DataSetError, LabelledImage, no_boxes
from training.datasets.nih import read_no_finding
from training.datasets.prepared_images import prepare_images
from training.datasets.rsna import read_challenge
from training.datasets.splits import (
    read_folds,
    require_disjoint_patients,
    select_folds,
)


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class TestChallengeLayout:
    def test_every_exam_has_its_boxes_its_class_and_its_patient(
        self, challenge_folder: Path
    ) -> None:
        images = {image.name: image for image in read_challenge(challenge_folder)}
        assert list(images) == ["a", "b", "c", "d", "e", "f"]
        # x, y, width, height 20 30 24 36 are the corners 20 30 and 44 66.
        np.testing.assert_array_equal(images["a"].boxes, [[20, 30, 44, 66]])
        assert images["a"].exam_class is ExamClass.LUNG_OPACITY
        assert images["d"].exam_class is ExamClass.NO_OPACITY_NOT_NORMAL
        assert images["e"].exam_class is ExamClass.NORMAL
        assert images["a"].patient == images["b"].patient == "1"
        assert [name for name, image in images.items() if image.is_positive] == ["a", "c"]

    def test_without_a_table_of_patients_each_exam_is_its_own(self, challenge_folder: Path) -> None:
        (challenge_folder / "patients.csv").unlink()
        assert [image.patient for image in read_challenge(challenge_folder)] == list("abcdef")

    def test_a_label_for_a_missing_image_is_refused(self, challenge_folder: Path) -> None:
        (challenge_folder / "stage_2_train_images" / "e.dcm").unlink()
        with pytest.raises(
            DataSetError, match=r"labels\.csv, line 6: names exam e, but .* is missing"
        ):
            read_challenge(challenge_folder)

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("a,20.0,30.0,24.0,36.0", "a,20.0,30.0,0.0,36.0", "line 2 has a box without area"),
            ("a,20.0,30.0,24.0,36.0", "a,20.0,30.0,24.0,-1", "line 2 has a box without area"),
            ("a,20.0,30.0,24.0,36.0", "a,-50,30.0,24.0,36.0", "line 2 has a box outside the image"),
            ("a,20.0,30.0,24.0,36.0", "a,nan,30.0,24.0,36.0", "line 2: .* must be finite"),
            ("a,20.0,30.0,24.0,36.0", "a,inf,30.0,24.0,36.0", "line 2: .* must be finite"),
            ("a,20.0,30.0,24.0,36.0", "a,,30.0,24.0,36.0", "line 2: .* must be four numbers"),
            ("b,,,,,0", "a,20.0,30.0,24.0,36.0,1\nb,,,,,0", "line 3 repeats a box"),
            ("b,,,,,0", "b,,,,,0\nb,,,,,0", "line 4: exam b is listed twice without boxes"),
            ("b,,,,,0", "a,,,,,0\nb,,,,,0", "line 3: exam a is listed both with and without"),
        ],
    )
    def test_a_label_that_cannot_be_is_refused_by_its_line(
        self, challenge_folder: Path, old: str, new: str, sentence: str
    ) -> None:
        replace_in(challenge_folder / "stage_2_train_labels.csv", old, new)
        with pytest.raises(
            (DataSetError, InputError), match=rf"stage_2_train_labels\.csv.* {sentence}"
        ):
            read_challenge(challenge_folder)

    def test_a_class_that_contradicts_the_boxes_is_refused(self, challenge_folder: Path) -> None:
        replace_in(
            challenge_folder / "stage_2_detailed_class_info.csv", "e,Normal", "e,Lung Opacity"
        )
        with pytest.raises(DataSetError, match="exam e has 0 boxes but the class Lung Opacity"):
            read_challenge(challenge_folder)

    @pytest.mark.parametrize(
        ("table", "old", "new", "sentence"),
        [
            ("patients.csv", "e,4,1", "e,4,1\ne,5,1", "exam e “4” and “5” as nih_patient"),
            (
                "stage_2_detailed_class_info.csv",
                "e,Normal",
                "e,Normal\ne,No Lung Opacity / Not Normal",
                "exam e “Normal” and “No Lung Opacity / Not Normal” as class",
            ),
        ],
    )
    def test_rows_that_contradict_each_other_are_refused(
        self, challenge_folder: Path, table: str, old: str, new: str, sentence: str
    ) -> None:
        replace_in(challenge_folder / table, old, new)
        with pytest.raises(DataSetError, match=f"{table} gives {sentence}"):
            read_challenge(challenge_folder)

    def test_an_exam_of_an_unknown_patient_is_refused(self, challenge_folder: Path) -> None:
        replace_in(challenge_folder / "patients.csv", "e,4,1", "x,4,1")
        with pytest.raises(DataSetError, match="does not say whose exam e is"):
            read_challenge(challenge_folder)

    @pytest.mark.parametrize(
        ("table", "sentence"),
        [
            ("patientId,nih_patient\na,1\n", r"patients\.csv, line 2: there is no fold"),
            ("patientId,nih_patient,fold\na,1\n", r"patients\.csv, line 2: there is no fold"),
            ("patientId,nih_patient,fold\na,1,first\n", "patient 1 stands in fold “first”"),
            ("patientId;nih_patient;fold\na;1;0\n", "has semicolons between its columns. Save"),
            ("patientId\tnih_patient\tfold\na\t1\t0\n", "has tabs between its columns. Save"),
            ("patientId,nih_patient,fold\nä,1,0\n", "not text in UTF-8"),
        ],
    )
    def test_a_table_of_patients_that_cannot_be_understood_is_refused(
        self, challenge_folder: Path, table: str, sentence: str
    ) -> None:
        path = challenge_folder / "patients.csv"
        path.write_text(table, encoding="latin-1" if "ä" in table else "utf-8")
        with pytest.raises(DataSetError, match=sentence):
            read_folds(path)

    def test_a_table_may_begin_with_a_byte_order_mark(self, challenge_folder: Path) -> None:
        path = challenge_folder / "patients.csv"
        path.write_text(path.read_text(), encoding="utf-8-sig")
        assert read_challenge(challenge_folder)[0].patient == "1"

    def test_an_exam_without_a_class_is_refused(self, challenge_folder: Path) -> None:
        replace_in(challenge_folder / "stage_2_detailed_class_info.csv", "e,Normal", "e,Sick")
        with pytest.raises(DataSetError, match="gives exam e none of"):
            read_challenge(challenge_folder)

    def test_the_real_folder_has_292_exams_of_which_121_are_positive(
        self, shared_data: Path
    ) -> None:
        data_set = read_data_set(shared_data / "rsna")
        assert len(data_set.images) == 292
        assert sum(image.is_positive for image in data_set.images) == 121
        assert sum(len(image.boxes) for image in data_set.images) == 192
        training, held_out = data_set.split([0, 1, 2])
        assert (len(training), len(held_out)) == (219, 73)
        require_disjoint_patients({"training": training, "judging": held_out})


class TestCoco:
    @pytest.fixture
    def annotations(self, tmp_path: Path) -> Path:
        for name in ("one.png", "two.png"):
            cv2.imwrite(str(tmp_path / name), np.full((50, 40), 80, np.uint8))
        content = {
            "images": [
                {"id": 7, "file_name": "one.png", "width": 40, "height": 50, "patient_id": "p"},
                {"id": 8, "file_name": "two.png", "width": 40, "height": 50, "patient_id": "q"},
            ],
            "annotations": [{"id": 1, "image_id": 7, "bbox": [4, 5, 10, 20], "category_id": 1}],
            "categories": [{"id": 1, "name": "pneumonia"}],
        }
        path = tmp_path / "truth.json"
        path.write_text(json.dumps(content))
        return path

    def test_boxes_and_patients_are_read(self, annotations: Path) -> None:
        one, two = read_coco_data_set(annotations, annotations.parent)
        np.testing.assert_array_equal(one.boxes, [[4, 5, 14, 25]])
        assert (one.exam_class, two.exam_class) == (ExamClass.LUNG_OPACITY, ExamClass.UNKNOWN)
        assert (one.patient, two.patient) == ("p", "q")

    def test_a_picture_of_an_unknown_patient_is_refused(self, annotations: Path) -> None:
        replace_in(annotations, '"patient_id": "q"', '"patient_id": ""')
        with pytest.raises(DataSetError, match=r"does not say whose image two\.png is"):
            read_coco_data_set(annotations, annotations.parent)

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("[4, 5, 10, 20]", "[4, 5, 0, 20]", "annotation 1 has a box without area"),
            ("[4, 5, 10, 20]", "[44, 5, 10, 20]", "annotation 1 has a box outside the image"),
            ("[4, 5, 10, 20]", "[NaN, 5, 10, 20]", "annotation 1: .* must be finite"),
            ("two.png", "one.png", "The name one is left out: several images have it"),
            ('"id": 8', '"id": 7', "two images have the id 7"),
        ],
    )
    def test_an_annotation_that_cannot_be_is_refused(
        self, annotations: Path, old: str, new: str, sentence: str
    ) -> None:
        replace_in(annotations, old, new)
        with pytest.raises((DataSetError, InputError), match=rf"truth\.json: .*{sentence}"):
            read_coco_data_set(annotations, annotations.parent)

    def test_a_missing_image_is_refused(self, annotations: Path) -> None:
        (annotations.parent / "two.png").unlink()
        with pytest.raises(DataSetError, match=r"names two\.png, but .* is missing"):
            read_coco_data_set(annotations, annotations.parent)

    def test_a_dicom_header_names_the_patient_where_the_file_does_not(
        self, challenge_folder: Path
    ) -> None:
        content = {
            "images": [{"id": 1, "file_name": "stage_2_train_images/d.dcm"}],
            "annotations": [],
        }
        path = challenge_folder / "truth.json"
        path.write_text(json.dumps(content))
        assert [image.patient for image in read_data_set(path).images] == ["3"]


class TestNoFinding:
    def test_only_radiographs_without_any_finding_are_taken(self, tmp_path: Path) -> None:
        (tmp_path / "images").mkdir()
        for name in ("00000001_000.jpg", "00000002_000.jpg"):
            (tmp_path / "images" / name).write_bytes(b"")
        (tmp_path / "Data_Entry_2017.csv").write_text(
            "Image Index,Finding Labels,Follow-up #,Patient ID\n"
            "00000001_000.png,No Finding,0,1\n"
            "00000002_000.png,Effusion|Pneumonia,0,2\n"
        )
        (image,) = read_no_finding(tmp_path)
        assert (image.name, image.patient) == ("00000001_000.png", "1")
        assert image.exam_class is ExamClass.NORMAL
        assert not image.is_positive

    def test_a_folder_without_images_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "Data_Entry_2017.csv").write_text(
            "Image Index,Finding Labels,Patient ID\n00000001_000.png,No Finding,1\n"
        )
        with pytest.raises(DataSetError, match=r"names 00000001_000\.png, which is not in"):
            read_no_finding(tmp_path)

    def test_a_folder_in_another_layout_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DataSetError, match=r"holds no Data_Entry_2017\.csv"):
            read_no_finding(tmp_path)


class TestSplits:
    def test_folds_keep_the_exams_of_a_patient_together(self, challenge_folder: Path) -> None:
        training, held_out = read_data_set(challenge_folder).split([0, 2])
        assert [image.name for image in training] == ["a", "b", "d", "f"]
        assert [image.name for image in held_out] == ["c", "e"]

    def test_a_patient_in_two_folds_is_refused(self, challenge_folder: Path) -> None:
        replace_in(challenge_folder / "patients.csv", "b,1,0", "b,1,2")
        with pytest.raises(DataSetError, match="patient 1 stands in folds 0 and 2"):
            read_folds(challenge_folder / "patients.csv")

    def test_a_patient_in_two_splits_is_refused(self, challenge_folder: Path) -> None:
        a, b, *_ = read_challenge(challenge_folder)
        with pytest.raises(DataSetError, match="a of training and b of judging are of one patient"):
            require_disjoint_patients({"training": [a], "judging": [b]})

    def test_a_fold_that_does_not_exist_is_refused(self, challenge_folder: Path) -> None:
        images = read_challenge(challenge_folder)
        with pytest.raises(DataSetError, match="no fold 5; this data set has folds 0, 1, 2"):
            select_folds(images, read_folds(challenge_folder / "patients.csv"), [0, 5])


class TestPreparedImages:
    def test_images_are_fitted_and_boxes_follow(
        self, challenge_folder: Path, tmp_path: Path
    ) -> None:
        images = read_challenge(challenge_folder)
        prepared = prepare_images(images, 48, tmp_path / "cache", preset=PRESETS["compact"])
        assert prepared.pixels.shape == (6, 48, 48)
        assert prepared.extents[0] == (96, 96)
        # 96 pixels become 48: the box 20 30 44 66 becomes 10 15 22 33.
        np.testing.assert_allclose(prepared.boxes(0), [[10, 15, 22, 33]])
        assert (prepared.pixels[0, 15:33, 10:22] > 170).all()
        assert (prepared.pixels[1] < 90).all()

    def test_the_second_time_nothing_is_decoded(
        self, challenge_folder: Path, tmp_path: Path
    ) -> None:
        images = read_challenge(challenge_folder)
        decoded: list[int] = []
        first = prepare_images(
            images, 32, tmp_path / "cache", decoded.append, preset=PRESETS["compact"]
        )
        assert decoded == [1, 2, 3, 4, 5, 6]
        second = prepare_images(
            images, 32, tmp_path / "cache", decoded.append, preset=PRESETS["compact"]
        )
        assert len(decoded) == 6
        np.testing.assert_array_equal(first.pixels, second.pixels)
        assert first.maps == second.maps

    def test_a_changed_file_is_decoded_again(self, challenge_folder: Path, tmp_path: Path) -> None:
        images = read_challenge(challenge_folder)
        prepare_images(images, 32, tmp_path / "cache", preset=PRESETS["compact"])
        images[1].path.write_bytes(images[0].path.read_bytes())
        again = prepare_images(images, 32, tmp_path / "cache", preset=PRESETS["compact"])
        np.testing.assert_array_equal(again.pixels[1], again.pixels[0])

    def test_a_box_outside_its_image_is_refused(
        self, challenge_folder: Path, tmp_path: Path
    ) -> None:
        labels = challenge_folder / "stage_2_train_labels.csv"
        replace_in(labels, "c,20.0,30.0,24.0,36.0", "c,20.0,70.0,24.0,36.0")  # ends at 106 of 96
        with pytest.raises(
            DataSetError,
            match=r"labels\.csv, line 4: the box \(20, 70, 44, 106\) of c lies outside .*96 × 96",
        ):
            prepare_images(
                read_challenge(challenge_folder), 32, tmp_path / "cache", preset=PRESETS["compact"]
            )


class TestBoxPlaces:
    def test_held_out_exams_and_all_exams_of_their_patients_are_left_out(
        self, tmp_path: Path
    ) -> None:
        labels = tmp_path / "stage_2_train_labels.csv"
        labels.write_text(
            "patientId,x,y,width,height,Target\n"
            "own,256,512,128,256,1\nheld,0,0,10,10,1\nsame,0,0,10,10,1\nnone,,,,,0\n"
        )
        (tmp_path / "rsna_nih_map.csv").write_text(
            "patientId,nih\nown,00000007_000.png\nheld,00000009_000.png\nsame,00000009_001.png\n"
        )
        held_out = LabelledImage("held", tmp_path, "9", no_boxes(), ExamClass.UNKNOWN)
        (places,) = read_box_places(labels, [held_out])
        # 256 / 1024 = 0.25 and so on; x1 = 256 + 128, y1 = 512 + 256.
        np.testing.assert_array_equal(places, [[0.25, 0.5, 0.375, 0.75]])
