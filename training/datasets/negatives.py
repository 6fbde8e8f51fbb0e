"""Radiographs without findings from elsewhere, to train beside a data set."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from pathlib import Path

from detector.exam_class import ExamClass
from training.datasets.labelled_image import DataSetError, LabelledImage, no_boxes, read_rows
from training.datasets.nih import ENTRY_TABLE, read_no_finding

NORMALS = "normals.csv"
ARCHIVE = "images.zip"


def read_negatives(folder: Path, unpacked: Path) -> list[LabelledImage]:
    """Read a folder in NIH's layout, or one of packed normal radiographs.

    Parameters
    ----------
    folder
        With ``Data_Entry_2017.csv``, of which the "No Finding" radiographs are taken; or with
        ``normals.csv`` and ``images.zip``, as :func:`read_normals` reads them.
    unpacked
        Where ``images.zip`` is unpacked.

    Raises
    ------
    DataSetError
        When it has neither layout, an image is missing, or there is none.
    """
    if (folder / NORMALS).is_file():
        table, images = NORMALS, read_normals(folder, unpacked)
    elif (folder / ENTRY_TABLE).is_file():
        table, images = ENTRY_TABLE, read_no_finding(folder)
    else:
        raise DataSetError(
            f"{folder} holds no {ENTRY_TABLE} and no {NORMALS}. Point to a folder in NIH's layout, "
            f"or to one with {NORMALS} and {ARCHIVE}."
        )
    if not images:
        raise DataSetError(f"{folder / table} lists no radiograph without findings.")
    return images


def read_normals(folder: Path, unpacked: Path) -> list[LabelledImage]:
    """The radiographs ``<patientId>.jpg`` in ``images.zip``, which ``normals.csv`` lists.

    Each is normal, and its patient is the table's ``nih_patient``. The archive is unpacked once;
    until it changes, its files are found again.

    Raises
    ------
    DataSetError
        When the archive cannot be read, or an image is missing.
    """
    images = _unpack(folder / ARCHIVE, unpacked)
    labelled = []
    for name, patient in read_rows(folder / NORMALS, ("patientId", "nih_patient")):
        path = images / f"{name}.jpg"
        if not path.is_file():
            raise DataSetError(
                f"{NORMALS} names {name}, which is not in {folder / ARCHIVE}. Add the image or "
                "remove its row."
            )
        labelled.append(LabelledImage(name, path, patient, no_boxes(), ExamClass.NORMAL))
    return labelled


def _unpack(archive: Path, unpacked: Path) -> Path:
    try:
        facts = archive.stat()
        key = f"{archive.resolve()} {facts.st_size} {facts.st_mtime_ns}"
        target = unpacked / hashlib.sha256(key.encode()).hexdigest()[:16]
        if not target.is_dir():
            unpacked.mkdir(parents=True, exist_ok=True)
            with (
                zipfile.ZipFile(archive) as images,
                tempfile.TemporaryDirectory(dir=unpacked) as unfinished,
            ):
                images.extractall(Path(unfinished) / "images")
                (Path(unfinished) / "images").replace(target)
    except OSError as error:
        raise DataSetError(f"{archive} cannot be unpacked into {unpacked}: {error}.") from error
    except zipfile.BadZipFile as error:
        raise DataSetError(f"{archive} is no usable ZIP archive: {error}.") from error
    return target
