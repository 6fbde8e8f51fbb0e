"""Make the demo studies in resources/demo from radiographs of NIH ChestX-ray14.

    python tests/make_demo_studies.py FOLDER

``FOLDER`` holds ``images/`` (1024 × 1024, JPEG), ``Data_Entry_2017.csv`` and
``BBox_List_2017.csv``.
The JPEG streams go into the DICOM files as they are. UIDs follow from the image's name, so that
running this again changes nothing. What NIH does not publish (dates, times, equipment, modality
beyond "X-ray") stays empty; why each choice was made is said in resources/demo/README.md.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, SecondaryCaptureImageStorage, generate_uid

DEMO = Path(__file__).parent.parent / "resources" / "demo"
SIDE = 1024

IMAGES = (
    "00000150_002",
    "00001933_000",
    "00002980_000",
    "00005353_000",
    "00005532_022",
    "00005869_001",
    "00007728_013",
    "00008291_009",
    "00008291_011",
    "00009229_003",
    "00011136_002",
    "00012094_011",
    # No finding:
    "00001620_005",
    "00002678_004",
    "00003363_001",
    "00003363_002",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of ``Data_Entry_2017.csv``; width, height and spacings are those of the original."""

    follow_up: int
    patient: str
    age_years: int
    sex: str
    view: str
    width: int
    height: int
    column_mm: float
    row_mm: float


def demo_dataset(image: str, entry: Entry, jpeg: bytes) -> Dataset:
    """Wrap one JPEG in a Secondary Capture object (PS3.3 A.8.1)."""
    patient = f"{int(entry.patient):08d}"
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = _uid("instance", image)

    dataset.PatientName = f"NIH^{patient}"
    dataset.PatientID = f"NIH-{patient}"
    dataset.IssuerOfPatientID = "NIH ChestX-ray14"
    dataset.PatientBirthDate = ""
    dataset.PatientSex = entry.sex
    dataset.PatientAge = f"{entry.age_years:03d}Y"
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "As published by the NIH Clinical Center"
    dataset.LongitudinalTemporalInformationModified = "REMOVED"

    dataset.StudyInstanceUID = _uid("study", image)
    dataset.StudyID = str(entry.follow_up)
    dataset.StudyDate = ""
    dataset.StudyTime = ""
    dataset.StudyDescription = f"Chest radiograph, follow-up {entry.follow_up}"
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""

    dataset.SeriesInstanceUID = _uid("series", image)
    dataset.SeriesNumber = 1
    dataset.Modality = "DX"
    dataset.BodyPartExamined = "CHEST"
    dataset.ViewPosition = entry.view
    dataset.ConversionType = "WSD"
    dataset.Manufacturer = ""

    dataset.InstanceNumber = 1
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.PatientOrientation = ["L", "F"]
    dataset.BurnedInAnnotation = "NO"
    dataset.RecognizableVisualFeatures = "NO"
    dataset.DerivationDescription = (
        f"NIH ChestX-ray14 {image}.png, which NIH reduced from {entry.width} x {entry.height} to "
        f"{SIDE} x {SIDE} pixels and 8 bits, as JPEG"
    )
    dataset.ImagerPixelSpacing = [
        f"{entry.row_mm * entry.height / SIDE:.6f}",
        f"{entry.column_mm * entry.width / SIDE:.6f}",
    ]

    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows = SIDE
    dataset.Columns = SIDE
    dataset.BitsAllocated = 8
    dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = f"{SIDE * SIDE / len(jpeg):.2f}"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
    dataset.PixelData = encapsulate([jpeg])
    dataset["PixelData"].VR = "OB"

    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return dataset


def read_entries(path: Path) -> dict[str, Entry]:
    """Read ``Data_Entry_2017.csv`` by image, without extension."""
    with path.open(newline="") as file:
        lines = list(csv.reader(file))[1:]
    return {
        Path(cells[0]).stem: Entry(
            follow_up=int(cells[2]),
            patient=cells[3],
            age_years=int(cells[4]),
            sex=cells[5],
            view=cells[6],
            width=int(cells[7]),
            height=int(cells[8]),
            column_mm=float(cells[9]),
            row_mm=float(cells[10]),
        )
        for cells in lines
    }


def make_demo_studies(nih: Path, target: Path) -> None:
    """Write the DICOM files and NIH's own lines about them under ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    entries = read_entries(nih / "Data_Entry_2017.csv")
    for image in IMAGES:
        jpeg = (nih / "images" / f"{image}.jpg").read_bytes()
        dataset = demo_dataset(image, entries[image], jpeg)
        dataset.save_as(target / f"{image}.dcm", enforce_file_format=True)
    _copy_lines(
        nih / "Data_Entry_2017.csv",
        target / "Data_Entry_2017.csv",
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,"
        "View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],",
    )
    _copy_lines(
        nih / "BBox_List_2017.csv",
        target / "BBox_List_2017.csv",
        "Image Index,Finding Label,Bbox [x,y,w,h],,,",
    )


def _copy_lines(source: Path, target: Path, header: str) -> None:
    """Copy the lines about the demo images under NIH's header, and no column past its last."""
    columns = len(header.rstrip(",").split(","))
    padding = [""] * (len(header.split(",")) - columns)
    with source.open(newline="") as file, target.open("w", newline="") as copy:
        copy.write(header + "\n")
        writer = csv.writer(copy, lineterminator="\n")
        for cells in csv.reader(file):
            if Path(cells[0]).stem in IMAGES:
                writer.writerow(cells[:columns] + padding)


def _uid(level: str, image: str) -> str:
    return str(generate_uid(entropy_srcs=["pneumo-viewer demo", level, image]))


if __name__ == "__main__":
    make_demo_studies(Path(sys.argv[1]), DEMO)
