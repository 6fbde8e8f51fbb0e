"""The detector gives boxes in image pixels, in order, the same on every device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.ops import box_iou

import detector.runtime.engine as engine
from detector.detections import Detections
from detector.errors import DamagedFileError, DeviceMemoryError, DeviceUnavailableError
from detector.radiograph import GreyScale, ImageIdentity, Radiograph
from detector.runtime.engine import PREPARED_AHEAD, Detector
from detector.weights import load_weights


@pytest.fixture(scope="module")
def detector(tiny_weights: Path) -> Detector:
    return Detector.load(tiny_weights, device="cpu", back_end="eager")


def radiograph(height: int, width: int, seed: int = 0) -> Radiograph:
    """Make blocks of random grey of 16 pixels a side."""
    blocks = np.random.default_rng(seed).integers(0, 256, (-(-height // 16), -(-width // 16)))
    pixels = np.kron(blocks, np.ones((16, 16)))[:height, :width].astype(np.uint8)
    identity = ImageIdentity(key=str(seed), source=f"{seed}.png")
    return Radiograph(pixels, GreyScale(bits_stored=8), None, identity)


def assert_same(first: Detections, second: Detections) -> None:
    np.testing.assert_allclose(first.boxes, second.boxes, atol=1e-3)
    np.testing.assert_allclose(first.scores, second.scores, atol=1e-5)
    assert first.exam_score == pytest.approx(second.exam_score, abs=1e-5)
    assert first.model == second.model


def test_boxes_are_those_of_the_network_scaled_to_the_image(
    detector: Detector, tiny_weights: Path
) -> None:
    # 256 pixels into 128: the network sees the mean of each 2 × 2, and boxes grow by 2.
    image = radiograph(256, 256)
    means = image.pixels.reshape(128, 2, 128, 2).mean(axis=(1, 3))
    network, card = load_weights(tiny_weights)
    (expected,) = network.predict(torch.tensor(np.rint(means) / 255).float()[None, None])

    found = detector.predict(image)

    assert len(found) > 3
    np.testing.assert_allclose(found.boxes, 2 * expected.boxes.numpy(), atol=0.01)
    np.testing.assert_allclose(found.scores, expected.scores.numpy(), atol=1e-4)
    assert found.exam_score == pytest.approx(expected.exam_score, abs=1e-4)
    assert found.model == card.identity


@pytest.mark.parametrize(("height", "width"), [(90, 300), (300, 90), (40, 41), (700, 512)])
def test_boxes_lie_in_the_image_and_have_an_area(
    height: int, width: int, detector: Detector
) -> None:
    found = detector.predict(radiograph(height, width))

    assert found.boxes.dtype == np.float32
    assert len(found) > 0
    assert (found.boxes >= 0).all()
    assert (found.boxes[:, [0, 2]] <= width).all()
    assert (found.boxes[:, [1, 3]] <= height).all()
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()


def test_a_black_image_is_scored_like_any_other(detector: Detector) -> None:
    image = radiograph(64, 64)

    found = detector.predict(
        Radiograph(np.zeros_like(image.pixels), image.grey, None, image.identity)
    )

    assert np.isfinite(found.scores).all()
    assert np.isfinite(found.exam_score)


def test_many_are_found_as_one_by_one_and_in_order(detector: Detector) -> None:
    images = [radiograph(100 + 20 * seed, 160, seed) for seed in range(5)]

    together = list(detector.predict_many(images))

    assert len(together) == len(images)
    for found, image in zip(together, images, strict=True):
        assert_same(found, detector.predict(image))


def test_of_none_nothing_is_found(detector: Detector) -> None:
    assert list(detector.predict_many([])) == []


def test_reading_runs_ahead_by_no_more_than_agreed_and_ends_with_the_reader(
    detector: Detector,
) -> None:
    read = []

    def reading() -> Iterator[Radiograph]:
        for seed in range(50):
            read.append(seed)
            yield radiograph(64, 64, seed)

    stream = detector.predict_many(reading())
    for _ in range(3):
        next(stream)
    stream.close()  # type: ignore[attr-defined]

    assert 3 <= len(read) <= 3 + PREPARED_AHEAD


def test_what_goes_wrong_in_reading_is_raised_after_the_results_before_it(
    detector: Detector,
) -> None:
    def reading() -> Iterator[Radiograph]:
        yield radiograph(64, 64)
        raise DamagedFileError("1.dcm", "it breaks off")

    stream = detector.predict_many(reading())

    assert len(next(stream)) > 0
    with pytest.raises(DamagedFileError):
        next(stream)


def test_a_device_that_is_not_there_is_named(tiny_weights: Path) -> None:
    with pytest.raises(DeviceUnavailableError, match=r"cuda:99.*“cpu”"):
        Detector.load(tiny_weights, device="cuda:99")


def test_the_cpu_is_named(detector: Detector) -> None:
    assert detector.device_name == "CPU"


def test_too_little_graphics_memory_is_said_in_a_sentence(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(images: torch.Tensor) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(detector._back_end._network, "predict", fail)  # type: ignore[attr-defined]

    with pytest.raises(DeviceMemoryError, match=r"^0\.png: Out of graphics memory.*CPU"):
        detector.predict(radiograph(64, 64))


def test_without_a_name_the_programs_own_weights_are_loaded(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "DEFAULT_WEIGHTS", tiny_weights)

    assert Detector.load(device="cpu").identity.name == "tiny"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("seed", range(5))
def test_cuda_and_cpu_find_the_same_boxes(
    seed: int, detector: Detector, tiny_weights: Path
) -> None:
    image = radiograph(300, 260, seed)

    on_cpu = detector.predict(image)
    on_cuda = Detector.load(tiny_weights, device="auto").predict(image)

    assert len(on_cuda) == len(on_cpu)
    ious = box_iou(torch.from_numpy(on_cpu.boxes), torch.from_numpy(on_cuda.boxes))
    assert (ious.diagonal() >= 0.99).all()
    np.testing.assert_allclose(on_cuda.scores, on_cpu.scores, atol=0.01)
    assert on_cuda.exam_score == pytest.approx(on_cpu.exam_score, abs=0.01)
