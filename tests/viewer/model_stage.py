"""Small real weights, and radiographs that a reader has reviewed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from detector.model_card import ModelCard, OperatingPoint
from detector.presets import PRESETS, Preset

TINY = replace(
    PRESETS["compact"],
    name="tiny",
    body="test_efficientnet",
    is_body_norm_frozen=True,
    frozen_body=("conv_stem",),
    channels=32,
    head_depth=1,
    input_size=64,
    training_sizes=(64,),
    batch_size=4,
)


def write_weights(
    path: Path, name: str, *, seed: int = 0, threshold: float = 0.0, preset: Preset = TINY
) -> ModelCard:
    """Random weights of a very small network."""
    import torch

    from detector.networks.systems import build_network
    from detector.weights import save_weights

    torch.manual_seed(seed)
    point = OperatingPoint(name=f"best of {name}", threshold=threshold, measured_on="nothing")
    card = ModelCard(
        name=name,
        version="1",
        preset=preset,
        terms="None.",
        training_data="nothing: they are random.",
        training_command="true",
        score_threshold=threshold,
        operating_points=(point,),
    )
    return save_weights(path, build_network(preset), card)


def write_radiograph(path: Path, pixels: NDArray[np.uint8], patient: str) -> None:
    radiograph = Dataset()
    radiograph.SOPClassUID = ComputedRadiographyImageStorage
    radiograph.SOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    radiograph.StudyInstanceUID = generate_uid(entropy_srcs=[path.name, "study"])
    radiograph.SeriesInstanceUID = generate_uid(entropy_srcs=[path.name, "series"])
    radiograph.Modality = "CR"
    radiograph.PatientID = patient
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
    radiograph.save_as(path, enforce_file_format=True)


def write_studies(folder: Path, count: int, side: int = 96) -> None:
    """Radiographs of as many patients; no two look alike, every second has a bright patch."""
    folder.mkdir()
    for number in range(count):
        generator = np.random.default_rng(number)
        texture = generator.integers(40, 81, (side // 6, side // 6), np.uint8)
        pixels = np.kron(texture, np.ones((6, 6), np.uint8))
        if number % 2 == 0:
            pixels[30:66, 20:44] += 140
        write_radiograph(folder / f"exam{number}.dcm", pixels, f"patient {number}")
