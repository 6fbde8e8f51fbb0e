"""Radiographs without boxes from elsewhere: NIH's labels and packed normal radiographs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.exam_class import ExamClass
from training.datasets.labelled_image import DataSetError
from training.datasets.negatives import read_negatives
from training.datasets.nih import read_no_finding, read_pneumonia


@pytest.fixture
def nih(tmp_path: Path) -> Path:
    folder = tmp_path / "nih"
    (folder / "images").mkdir(parents=True)
    for name in ("00000001_000", "00000002_000", "00000003_000"):
        (folder / "images" / f"{name}.jpg").touch()
    (folder / "Data_Entry_2017.csv").write_text(
        "Image Index,Finding Labels,Patient ID\n"
        "00000001_000.png,No Finding,1\n"
        "00000002_000.png,Effusion|Pneumonia,00002\n"
        "00000003_000.png,Effusion,3\n"
    )
    return folder


@pytest.fixture
def normals(tmp_path: Path) -> Path:
    folder = tmp_path / "normals"
    folder.mkdir()
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for name in ("x", "y"):
            encoded = cv2.imencode(".jpg", np.full((20, 20), 90, np.uint8))[1]
            archive.writestr(f"{name}.jpg", encoded.tobytes())
    (folder / "normals.csv").write_text("patientId,nih_patient\nx,1802\ny,00026848\n")
    return folder


def test_images_tagged_pneumonia_are_positive_exams_with_unknown_boxes(nih: Path) -> None:
    (image,) = read_pneumonia(nih)
    assert (image.name, image.patient) == ("00000002_000.png", "2")
    assert image.exam_class is ExamClass.LUNG_OPACITY
    assert image.has_unknown_boxes
    assert not image.is_positive


def test_packed_normal_radiographs_are_unpacked_once(normals: Path, tmp_path: Path) -> None:
    x, y = read_negatives(normals, tmp_path / "unpacked")
    assert (x.name, x.patient, y.patient) == ("x", "1802", "26848")
    assert x.exam_class is ExamClass.NORMAL
    time = x.path.stat().st_mtime_ns
    again, _ = read_negatives(normals, tmp_path / "unpacked")
    assert again.path == x.path
    assert x.path.stat().st_mtime_ns == time


def test_a_folder_in_nihs_layout_gives_its_no_finding_radiographs(
    nih: Path, tmp_path: Path
) -> None:
    (image,) = read_negatives(nih, tmp_path / "unpacked")
    assert image.name == "00000001_000.png"


def test_a_table_that_lists_no_negative_is_refused(nih: Path, tmp_path: Path) -> None:
    table = nih / "Data_Entry_2017.csv"
    table.write_text(table.read_text().replace("No Finding", "Mass"))
    with pytest.raises(DataSetError, match="lists no radiograph without findings"):
        read_negatives(nih, tmp_path)


def test_a_listed_radiograph_that_is_not_packed_is_refused(normals: Path, tmp_path: Path) -> None:
    with (normals / "normals.csv").open("a") as table:
        table.write("z,5\n")
    with pytest.raises(DataSetError, match=r"normals\.csv names z, which is not in .*images\.zip"):
        read_negatives(normals, tmp_path / "unpacked")


@pytest.mark.parametrize("content", [b"no archive", None])
def test_an_archive_that_cannot_be_read_leaves_nothing_behind(
    normals: Path, tmp_path: Path, content: bytes | None
) -> None:
    (normals / "images.zip").unlink()
    if content is not None:
        (normals / "images.zip").write_bytes(content)
    with pytest.raises(DataSetError, match=r"images\.zip"):
        read_negatives(normals, tmp_path / "unpacked")
    assert not list(tmp_path.glob("unpacked/*"))


def test_the_real_folders_are_read(shared_data: Path, tmp_path: Path) -> None:
    assert len(read_negatives(shared_data / "rsna-normals-256", tmp_path)) == 2500
    assert len(read_pneumonia(shared_data / "nih")) == 207
    assert len(read_no_finding(shared_data / "nih")) == 430
