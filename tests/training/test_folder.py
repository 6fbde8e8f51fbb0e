"""A folder of radiographs with a table of boxes is read, or refused by the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from detector.exam_class import ExamClass
from detector.presets import PRESETS
from resources import DEMO_STUDIES
from training.datasets.data_set import read_data_set
from training.datasets.folder import read_folder, read_patient_ids
from training.datasets.labelled_image import DataSetError, normalise_patient
from training.datasets.prepared_images import prepare_images


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures and a DICOM file of the demo studies, in a folder below."""
    for name in ("one.png", "two.png"):
        cv2.imwrite(str(tmp_path / name), np.full((50, 40), 80, np.uint8))
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "three.dcm").write_bytes((DEMO_STUDIES / "00000150_002.dcm").read_bytes())
    return tmp_path


def table(folder: Path, *lines: str) -> Path:
    path = folder / "boxes.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_corners_and_extents_give_the_same_boxes(folder: Path) -> None:
    corners = read_folder(
        table(folder, "file,x0,y0,x1,y1,patient", "one.png,4,5,14,25,p", "one.png,20,5,30,9.5,p")
    )
    extents = read_folder(
        table(
            folder, "x,y,width,height,patient,file", "4,5,10,20,p,one.png", "20,5,10,4.5,p,one.png"
        )
    )
    for (image,) in (corners, extents):
        np.testing.assert_array_equal(image.boxes, [[4, 5, 14, 25], [20, 5, 30, 9.5]])
        assert image.boxes.dtype == np.float32
        assert image.exam_class is ExamClass.LUNG_OPACITY
        assert image.labelled_at == "boxes.csv, line 2, 3"


def test_a_line_without_a_box_is_a_negative(folder: Path) -> None:
    one, two = read_folder(
        table(
            folder,
            "file,x0,y0,x1,y1,patient,class",
            "one.png,,,,,p,",
            "two.png,,,,,q,Normal",
        )
    )
    assert not one.is_positive
    assert not one.has_unknown_boxes
    assert (one.exam_class, two.exam_class) == (ExamClass.UNKNOWN, ExamClass.NORMAL)


def test_images_are_found_by_their_instance_and_patients_by_their_header(folder: Path) -> None:
    uid = dcmread(folder / "scans" / "three.dcm").SOPInstanceUID
    (image,) = read_folder(table(folder, "SOPInstanceUID,x0,y0,x1,y1", f"{uid},1,2,3,4"))
    assert image.path == folder / "scans" / "three.dcm"
    assert image.patient == "150"  # NIH-00000150 in the header


def test_the_column_patient_goes_before_the_header(folder: Path) -> None:
    first = read_folder(table(folder, "file,x0,y0,x1,y1,patient", "scans/three.dcm,,,,,Ms. X"))
    assert first[0].patient == "Ms. X"
    other = read_folder(table(folder, "file,x0,y0,x1,y1,patient", "scans/three.dcm,,,,,"))
    assert other[0].patient == "150"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["name,x0,y0,x1,y1", "one.png,,,,"], "has no column file and none SOPInstanceUID"),
        (["file,x0,y0", "one.png,1,2"], "line 2: neither x0, y0, x1, y1 nor x, y, width, height"),
        (["file,x0,y0,x1,y1,patient", "gone.png,,,,,p"], "line 2: names “gone.png”, which is not"),
        (["file,x0,y0,x1,y1", "one.png,,,,"], r"line 2: whose image one\.png is"),
        (["SOPInstanceUID,x0,y0,x1,y1", "1.2.3,,,,"], "line 2: names “1.2.3”, which is not"),
        (["file,x0,y0,x1,y1,patient", "one.png,9,9,9,12,p"], "line 2: the box has no area"),
        (["file,x,y,width,height,patient", "one.png,9,9,-1,12,p"], "line 2: the box has no area"),
        (["file,x0,y0,x1,y1,patient", "one.png,1,2,nan,4,p"], "line 2: the box is not finite"),
        (["file,x0,y0,x1,y1,patient", "one.png,1,2,inf,4,p"], "line 2: the box is not finite"),
        (["file,x0,y0,x1,y1,patient", "one.png,1,2,,4,p"], "line 2: the box is not four numbers"),
        (
            ["file,x0,y0,x1,y1,patient", "one.png,1,2,3,4,p", "one.png,1,2,3,4,p"],
            "line 3: repeats a box",
        ),
        (
            ["file,x0,y0,x1,y1,patient", "one.png,,,,,p", "./one.png,,,,,p"],
            r"line 3: lists one\.png twice without a box",
        ),
        (
            ["file,x0,y0,x1,y1,patient", "one.png,,,,,p", "one.png,1,2,3,4,p"],
            r"line 3: lists one\.png with boxes and without a box",
        ),
        (
            ["file,x0,y0,x1,y1,patient", "one.png,1,2,3,4,p", "one.png,5,6,7,8,q"],
            r"line 3: gives one\.png another patient than line 2",
        ),
        (
            ["file,x0,y0,x1,y1,patient,class", "one.png,,,,,p,Sick"],
            "line 2: “Sick” is none of Normal",
        ),
        (
            ["file,x0,y0,x1,y1,patient,class", "one.png,1,2,3,4,p,Normal"],
            r"line 2: one\.png has 1 boxes but is Normal",
        ),
        (["file,x0,y0,x1,y1,patient"], "lists no image"),
        (['file,x0,y0,x1,y1,patient', '"one.png,,,,,p'], "line 2: unexpected end of data"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_is_refused_by_its_line(
    folder: Path, lines: list[str], sentence: str
) -> None:
    with pytest.raises(DataSetError, match=sentence):
        read_folder(table(folder, *lines))


def test_two_files_of_one_instance_are_refused(folder: Path) -> None:
    (folder / "copy.dcm").write_bytes((folder / "scans" / "three.dcm").read_bytes())
    with pytest.raises(DataSetError, match="are the same instance"):
        read_folder(table(folder, "SOPInstanceUID,x0,y0,x1,y1", "1.2.3,,,,"))


def test_a_folder_is_known_by_its_one_table(folder: Path) -> None:
    path = table(folder, "file,x0,y0,x1,y1,patient", "one.png,,,,,p", "two.png,1,2,3,4,q")
    for data in (folder, path):
        assert [image.name for image in read_data_set(data).images] == ["one.png", "two.png"]
    (folder / "other.csv").touch()
    with pytest.raises(DataSetError, match="nor exactly one table of boxes"):
        read_data_set(folder)


def test_a_box_outside_its_image_is_named_by_its_line_and_nothing_is_trained(
    folder: Path, tmp_path: Path
) -> None:
    images = read_folder(table(folder, "file,x0,y0,x1,y1,patient", "one.png,1,2,60,4,p"))
    with pytest.raises(DataSetError, match=r"boxes\.csv, line 2: the box .* outside .* 40 × 50"):
        prepare_images(images, 32, tmp_path / "cache", preset=PRESETS["compact"])


@pytest.mark.parametrize(
    ("spelling", "patient"),
    [("1620", "1620"), ("00001620", "1620"), ("NIH-00001620", "1620"), (" 7 ", "7"), ("000", "0"),
     ("NIH-A1", "NIH-A1"), ("0A", "0A"), ("", "")],
)  # fmt: skip
def test_a_patient_has_one_spelling(spelling: str, patient: str) -> None:
    assert normalise_patient(spelling) == patient


def test_the_patients_of_the_demo_studies_are_found() -> None:
    patients = read_patient_ids(DEMO_STUDIES)
    assert len(patients) == 14  # as its README says, which lies among them and is passed by
    assert {"150", "1620", "12094"} <= patients


def test_a_folder_in_which_nobody_can_be_found_is_refused(folder: Path) -> None:
    (folder / "scans" / "three.dcm").unlink()
    with pytest.raises(DataSetError, match="holds no DICOM image"):
        read_patient_ids(folder)
    anonymous = dcmread(get_testdata_file("MR_small.dcm"))
    anonymous.PatientID = ""
    anonymous.save_as(folder / "anonymous.dcm")
    with pytest.raises(DataSetError, match="has no Patient ID"):
        read_patient_ids(folder)
