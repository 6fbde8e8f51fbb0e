"""A detector small enough to be built and run in every test, with random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

from detector.model_card import Metric, ModelCard, OperatingPoint
from detector.presets import PRESETS, Preset


@pytest.fixture(scope="session")
def tiny_preset() -> Preset:
    return replace(
        PRESETS["compact"],
        name="tiny",
        body="test_efficientnet",
        channels=32,
        head_depth=1,
        input_size=128,
    )


@pytest.fixture(scope="session")
def tiny_card(tiny_preset: Preset) -> ModelCard:
    return ModelCard(
        name="tiny",
        version="1.2",
        preset=tiny_preset,
        terms="Nobody's labels.",
        training_data="None: the weights are random.",
        training_command="true",
        metrics=(
            Metric(
                name="AP50",
                value=0.4123,
                interval=(0.35, 0.47),
                data="73 exams of fold 3",
                command="pneumo-evaluate --fold 3",
            ),
        ),
        operating_points=(OperatingPoint(name="balanced", threshold=0.25, measured_on="fold 2"),),
        score_threshold=0.2,
    )


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory, tiny_card: ModelCard) -> Path:
    """A weights file whose random network gives boxes of many places, sizes and scores."""
    import torch

    from detector.networks.center_scale import CenterScaleDetector
    from detector.weights import save_weights

    torch.manual_seed(0)
    network = CenterScaleDetector(tiny_card.preset)
    for head in network.point_head.heads:
        torch.nn.init.normal_(head.center.weight, std=0.3)
        torch.nn.init.zeros_(head.center.bias)
        torch.nn.init.normal_(head.scale.weight, std=0.1)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_weights(path, network, tiny_card)
    return path


@pytest.fixture(scope="session")
def export_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(autouse=True)
def shared_exports(export_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all tests share their exported networks, since each export takes a second."""
    monkeypatch.setattr("detector.runtime.exporting.export_folder", lambda: export_folder)


class WriteDicom(Protocol):
    def __call__(self, path: Path, pixels: NDArray[np.uint8], modality: str = "DX") -> Dataset: ...


@pytest.fixture(scope="session")
def write_dicom() -> WriteDicom:
    """Write 8-bit grey values as a DICOM file."""

    def write(path: Path, pixels: NDArray[np.uint8], modality: str = "DX") -> Dataset:
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
        dataset.SOPInstanceUID = generate_uid()
        dataset.SeriesInstanceUID = generate_uid()
        dataset.StudyInstanceUID = generate_uid()
        dataset.PatientName = "Secret^Name"
        dataset.PatientID = "SECRET-ID"
        dataset.Modality = modality
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.SamplesPerPixel = 1
        dataset.Rows, dataset.Columns = pixels.shape
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        dataset.PixelRepresentation = 0
        dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
        return dataset

    return write
