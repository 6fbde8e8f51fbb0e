"""Splits that share a patient, an instance, pixels or the look of an image stop a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.dicom.grey_values import render
from detector.dicom.reading import read_radiograph
from detector.exam_class import ExamClass
from detector.preparation import fit_to_square
from detector.presets import PRESETS
from resources import DEMO_STUDIES
from training.datasets.labelled_image import DataSetError, LabelledImage, no_boxes
from training.datasets.leakage import (
    SAME_DISTANCE,
    find_alike,
    perceptual_hashes,
    require_no_leakage,
)
from training.datasets.prepared_images import PreparedImages, prepare_images

DEMO = sorted(DEMO_STUDIES.glob("*.dcm"))

Prepare = Callable[..., PreparedImages]


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    def split(paths: Sequence[Path], size: int = 128) -> PreparedImages:
        images = [
            LabelledImage(path.name, path, f"p {path}", no_boxes(), ExamClass.NORMAL)
            for path in paths
        ]
        return prepare_images(images, size, tmp_path / "cache", preset=PRESETS["compact"])

    return split


@pytest.fixture(scope="module")
def squares() -> np.ndarray:
    """The demo studies at 288 pixels."""
    return np.stack([fit_to_square(render(read_radiograph(path)), 288)[0] for path in DEMO])


def save(path: Path, square: np.ndarray) -> Path:
    cv2.imwrite(str(path), square)
    return path


def refused(first: PreparedImages, second: PreparedImages) -> str:
    with pytest.raises(DataSetError) as error:
        require_no_leakage({"training": first, "judging": second})
    return str(error.value)


def test_different_radiographs_pass(prepare: Prepare) -> None:
    require_no_leakage({"training": prepare(DEMO[:8]), "judging": prepare(DEMO[8:], 96)})


def test_a_shared_patient_is_refused_without_being_named(prepare: Prepare) -> None:
    first, second = prepare(DEMO[:1]), prepare(DEMO[1:2])
    images = tuple(replace(image, patient=first.images[0].patient) for image in second.images)
    sentence = refused(first, replace(second, images=images))
    assert sentence.startswith(
        "00000150_002.dcm of training and 00001620_005.dcm of judging are of one patient."
    )


def test_one_instance_in_two_files_is_refused(prepare: Prepare, tmp_path: Path) -> None:
    copy = tmp_path / "copy.dcm"
    copy.write_bytes(DEMO[0].read_bytes())
    assert "002.dcm of training and copy.dcm of judging are the same instance" in refused(
        prepare(DEMO[:2]), prepare([DEMO[5], copy])
    )


def test_the_same_pixels_in_another_format_are_refused(
    prepare: Prepare, tmp_path: Path, squares: np.ndarray
) -> None:
    one = save(tmp_path / "one.png", squares[0])
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), squares[0], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert one.read_bytes() != other.read_bytes()
    assert "have the same pixels" in refused(prepare([one]), prepare([other], 64))


def test_a_smaller_brighter_copy_looks_the_same(
    prepare: Prepare, tmp_path: Path, squares: np.ndarray
) -> None:
    small = cv2.resize(squares[0], (128, 128), interpolation=cv2.INTER_AREA)
    copy = save(tmp_path / "copy.jpg", cv2.convertScaleAbs(small, alpha=1.2, beta=5))
    sentence = refused(prepare(DEMO[:3], 288), prepare([DEMO[9], copy]))
    assert "002.dcm of training and copy.jpg of judging look like the same" in sentence


def test_hashes_stay_near_when_an_image_is_stored_otherwise_and_far_between_patients(
    squares: np.ndarray,
) -> None:
    hashes = perceptual_hashes(squares)
    assert hashes.shape == (16, 4)
    noise = np.random.default_rng(0).normal(0, 8, squares.shape)
    changed = {
        "jpeg": np.stack(
            [
                cv2.imdecode(cv2.imencode(".jpg", square, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 0)
                for square in squares
            ]
        ),
        "noise": np.clip(squares + noise, 0, 255).astype(np.uint8),
        "gamma": (255 * (squares / 255) ** 1.3).astype(np.uint8),
    }
    for copies in changed.values():
        assert (distances(hashes, perceptual_hashes(copies)).diagonal() <= SAME_DISTANCE).all()
    between = distances(hashes, hashes)[np.triu_indices(16, 1)]
    assert between.min() > SAME_DISTANCE


def test_the_first_pair_that_is_alike_is_found_across_chunks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.datasets.leakage._CHUNK", 2)
    words = np.random.default_rng(0).integers(0, 2**63, (7, 4), np.uint64)
    assert find_alike(words[:5], words[5:]) is None
    near = words[6:] ^ np.array([2**SAME_DISTANCE - 1, 0, 0, 0], np.uint64)  # 32 bits differ
    assert find_alike(words, np.concatenate([~words[:1], near])) == (6, 1)
    assert find_alike(words, near ^ np.array([0, 1, 0, 0], np.uint64)) is None  # 33


def test_no_two_patients_of_the_real_radiographs_are_mistaken_for_one(shared_data: Path) -> None:
    paths = sorted((shared_data / "nih" / "images").glob("*"))[::4]
    patients = np.array([path.name.partition("_")[0] for path in paths])
    pixels = np.stack([cv2.imread(str(p), cv2.IMREAD_REDUCED_GRAYSCALE_4) for p in paths])
    hashes = perceptual_hashes(pixels)
    is_other = patients[:, None] != patients
    assert distances(hashes, hashes)[is_other].min() > SAME_DISTANCE


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.bitwise_count(first[:, None] ^ second[None]).sum(axis=2)
