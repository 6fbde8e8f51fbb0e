"""Radiographs small enough to write in a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid


def write_dicom(path: Path, pixels: NDArray[np.uint8], patient_id: str) -> None:
    radiograph = Dataset()
    radiograph.SOPClassUID = ComputedRadiographyImageStorage
    radiograph.SOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    radiograph.StudyInstanceUID = generate_uid(entropy_srcs=[path.name, "study"])
    radiograph.SeriesInstanceUID = generate_uid(entropy_srcs=[path.name, "series"])
    radiograph.Modality = "CR"
    radiograph.PatientID = patient_id
    radiograph.PatientName = ""
    radiograph.Rows, radiograph.Columns = pixels.shape
    radiograph.SamplesPerPixel = 1
    radiograph.PhotometricInterpretation = "MONOCHROME2"
    radiograph.BitsAllocated = radiograph.BitsStored = 8
    radiograph.HighBit = 7
    radiograph.PixelRepresentation = 0
    radiograph.PixelData = pixels.tobytes()
    radiograph.file_meta = FileMetaDataset()
    radiograph.file_meta.MediaStorageSOPClassUID = radiograph.SOPClassUID
    radiograph.file_meta.MediaStorageSOPInstanceUID = radiograph.SOPInstanceUID
    radiograph.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    radiograph.save_as(path, enforce_file_format=True)
