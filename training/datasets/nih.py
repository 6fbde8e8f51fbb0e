"""NIH ChestX-ray14 as it is published: radiographs of which only the exam's labels are known.

Wang et al., "ChestX-ray8", CVPR 2017. The labels were mined from reports. The absence of any
finding makes negatives and canvases for pasted and painted opacities; the tag Pneumonia says that
an exam shows an opacity, but not where.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from detector.exam_class import ExamClass
from training.datasets.labelled_image import DataSetError, LabelledImage, no_boxes, read_rows

ENTRY_TABLE = "Data_Entry_2017.csv"
NO_FINDING = "No Finding"
PNEUMONIA = "Pneumonia"


def read_no_finding(folder: Path) -> list[LabelledImage]:
    """The radiographs under ``folder/images`` whose finding label is "No Finding".

    Raises
    ------
    DataSetError
        When the table cannot be read, or an image that it names is missing.
    """
    return [
        LabelledImage(name, path, patient, no_boxes(), ExamClass.NORMAL)
        for name, path, patient in _images_tagged(folder, NO_FINDING)
    ]


def read_pneumonia(folder: Path) -> list[LabelledImage]:
    """The radiographs under ``folder/images`` tagged Pneumonia, as exams with unknown boxes.

    Raises
    ------
    DataSetError
        As :func:`read_no_finding`.
    """
    return [
        LabelledImage(
            name, path, patient, no_boxes(), ExamClass.LUNG_OPACITY, has_unknown_boxes=True
        )
        for name, path, patient in _images_tagged(folder, PNEUMONIA)
    ]


def _images_tagged(folder: Path, tag: str) -> Iterator[tuple[str, Path, str]]:
    """Name, file and patient of the images that have a tag."""
    table = folder / ENTRY_TABLE
    if not table.is_file():
        raise DataSetError(f"{folder} holds no {ENTRY_TABLE}. Point to a folder in NIH's layout.")
    files = {path.stem: path for path in folder.glob("images/*")}
    for name, tags, patient in read_rows(table, ("Image Index", "Finding Labels", "Patient ID")):
        if tag not in tags.split("|"):
            continue
        path = files.get(Path(name).stem)
        if path is None:
            raise DataSetError(
                f"{ENTRY_TABLE} names {name}, which is not in {folder / 'images'}. "
                "Add the image or remove its row."
            )
        yield name, path, patient
