"""NIH ChestX-ray14 as it is published: the radiographs that its readers called "No Finding".

Wang et al., "ChestX-ray8", CVPR 2017. The labels were mined from reports, so only their absence of
any finding is used here: as negatives and as canvases for pasted and painted opacities.
"""

from __future__ import annotations

from pathlib import Path

from detector.networks.protocol import ExamClass
from training.datasets.labelled_image import DataSetError, LabelledImage, no_boxes, read_rows

ENTRY_TABLE = "Data_Entry_2017.csv"


def read_no_finding(folder: Path) -> list[LabelledImage]:
    """The radiographs under ``folder/images`` whose finding label is "No Finding".

    Raises
    ------
    DataSetError
        When the table cannot be read, or an image that it names is missing.
    """
    table_path = folder / ENTRY_TABLE
    if not table_path.is_file():
        raise DataSetError(f"{folder} holds no {ENTRY_TABLE}. Point to a folder in NIH's layout.")
    files = {path.stem: path for path in folder.glob("images/*")}
    images = []
    for name, labels, patient in read_rows(
        table_path, ("Image Index", "Finding Labels", "Patient ID")
    ):
        if labels != "No Finding":
            continue
        path = files.get(Path(name).stem)
        if path is None:
            raise DataSetError(
                f"{ENTRY_TABLE} names {name}, which is not in {folder / 'images'}. "
                "Add the image or remove its row."
            )
        images.append(LabelledImage(name, path, patient, no_boxes(), ExamClass.NORMAL))
    return images
