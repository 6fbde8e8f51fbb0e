"""Whatever computes, the boxes are those of the network."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torchvision.ops import box_iou

import detector.runtime.preparing as preparing
from detector.decoding import pick_boxes, select_boxes
from detector.detections import Detections
from detector.dicom.reading import read_radiograph
from detector.errors import BackEndUnavailableError, NotAnImageFileError
from detector.model_card import ModelCard
from detector.networks.center_scale import CenterScaleDetector
from detector.presets import PRESETS, Preset
from detector.runtime.back_end import BackEndName
from detector.runtime.choice import choose_back_end, choose_device
from detector.runtime.cuda_graph import detect
from detector.runtime.engine import Detector, FileDetections
from detector.runtime.exporting import exported_detector
from detector.runtime.folding import fold_batch_norms
from detector.weights import load_weights, save_weights

DEMO = sorted((Path(__file__).parents[2] / "resources" / "demo").glob("*.dcm"))
GOLDEN = Path(__file__).with_name("golden_detections.json")
EXPORTED: tuple[BackEndName, ...] = ("openvino", "onnxruntime")


@pytest.fixture(scope="module")
def eager(tiny_weights: Path) -> Detector:
    return Detector.load(tiny_weights, "cpu", "eager")


def assert_agree(first: Detections, second: Detections) -> None:
    assert len(first) == len(second)
    ious = box_iou(torch.from_numpy(first.boxes), torch.from_numpy(second.boxes))
    assert (ious.diagonal() >= 0.99).all()
    np.testing.assert_allclose(first.scores, second.scores, atol=0.01)
    assert first.exam_score == pytest.approx(second.exam_score, abs=0.01)


@pytest.mark.parametrize("name", EXPORTED)
def test_an_exported_network_finds_in_real_radiographs_what_eager_execution_finds(
    name: BackEndName, eager: Detector, tiny_weights: Path
) -> None:
    exported = Detector.load(tiny_weights, "cpu", name)

    assert exported.back_end_name != eager.back_end_name
    for path in DEMO:
        radiograph = read_radiograph(path)
        expected = eager.predict(radiograph)
        assert len(expected) > 0
        assert_agree(exported.predict(radiograph), expected)


@pytest.mark.parametrize("name", EXPORTED)
def test_an_export_that_scores_no_exam_takes_the_best_box(
    name: BackEndName, tiny_preset: Preset, tiny_card: ModelCard, tmp_path: Path
) -> None:
    preset = replace(tiny_preset, has_exam_head=False, exam_points=0, has_quality=True)
    preset = replace(preset, is_flip_averaged=True)
    path = tmp_path / "other.safetensors"
    save_weights(path, CenterScaleDetector(preset), tiny_card.model_copy(update={"preset": preset}))
    radiograph = read_radiograph(DEMO[0])

    found = Detector.load(path, "cpu", name).predict(radiograph)

    assert found.exam_score == found.scores[0]
    assert_agree(found, Detector.load(path, "cpu", "eager").predict(radiograph))


def test_an_export_is_kept_and_then_needs_no_torch(tiny_weights: Path, private_home: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from detector.dicom.reading import read_radiograph\n"
        "from detector.runtime.engine import Detector\n"
        "radiograph = read_radiograph(Path(sys.argv[2]))\n"
        "found = Detector.load(Path(sys.argv[1]), 'cpu').predict(radiograph)\n"
        "print('torch' in sys.modules, found.scores.tolist())\n"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", program, tiny_weights, DEMO[0]],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split(" ", 1)
        for _ in range(2)
    )

    assert (first[0], second[0]) == ("True", "False")
    assert first[1] == second[1]
    assert len(list(private_home.rglob("*.export"))) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    ],
)
def test_a_kept_export_that_was_altered_is_made_again(
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytes], bytes],
) -> None:
    monkeypatch.setattr("detector.runtime.exporting.export_folder", lambda: tmp_path)
    _, card = load_weights(tiny_weights)
    content = exported_detector(tiny_weights, card)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))

    assert exported_detector(tiny_weights, card) == content
    assert kept.read_bytes() == whole


def test_where_nothing_can_be_kept_the_export_is_made_each_time(
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(
        "detector.runtime.exporting.export_folder", lambda: tmp_path / "file" / "below"
    )
    _, card = load_weights(tiny_weights)

    with caplog.at_level(logging.INFO, "detector"):
        content = exported_detector(tiny_weights, card)

    assert len(content) > 10_000
    assert "not kept" in caplog.text


def test_a_back_end_is_chosen_by_device_network_and_what_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compact, ours, fcos = PRESETS["compact"], PRESETS["ours"], PRESETS["fcos"]

    assert choose_back_end("auto", "cpu", compact) == "openvino"
    assert choose_back_end("auto", "cuda:1", compact) == "cuda_graph"
    assert choose_back_end("auto", "mps", compact) == "eager"
    assert choose_back_end("auto", "cpu", ours) == "eager"  # it keeps the largest stride
    assert choose_back_end("auto", "cuda", fcos) == "eager"
    with pytest.raises(BackEndUnavailableError, match=r"cannot hold the preset ours.*“eager”"):
        choose_back_end("onnxruntime", "cpu", ours)
    with pytest.raises(BackEndUnavailableError, match="does not compute on the device cpu"):
        choose_back_end("cuda_graph", "cpu", compact)
    monkeypatch.setattr("detector.runtime.choice.find_spec", lambda package: None)
    assert choose_back_end("auto", "cpu", compact) == "eager"
    with pytest.raises(BackEndUnavailableError, match="package openvino is not installed"):
        choose_back_end("openvino", "cpu", compact)


def test_the_device_is_the_processor_where_torch_finds_no_cuda() -> None:
    assert choose_device("cpu") == "cpu"
    assert choose_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("body", ["test_efficientnet", "test_resnet", "resnet18"])
def test_folding_leaves_no_batch_norm_and_the_same_outputs(body: str, tiny_preset: Preset) -> None:
    torch.manual_seed(0)
    network = CenterScaleDetector(replace(tiny_preset, body=body, frozen_body=())).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    images = torch.rand(1, 1, 128, 128)
    with torch.no_grad():
        expected = network.propose(images)
        count = fold_batch_norms(network, lambda: network.propose(images))
        folded = network.propose(images)

    assert count > 5
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    torch.testing.assert_close(folded.scores, expected.scores, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(folded.boxes, expected.boxes, atol=1e-2, rtol=1e-4)


def test_a_norm_without_a_convolution_before_it_stays() -> None:
    network = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)).eval()

    assert fold_batch_norms(network, lambda: network(torch.zeros(1, 1, 4, 4))) == 1
    assert [type(part) for part in network] == [nn.BatchNorm2d, nn.Conv2d, nn.Identity]


def test_of_three_boxes_the_middle_one_falls_to_the_best() -> None:
    # The second covers 8 of 12 columns together with the first: IoU 8 / 12. The third is apart.
    boxes = torch.tensor([[[0.0, 0, 10, 10], [2, 0, 12, 10], [50, 0, 60, 10]]])
    scores = torch.tensor([[0.9, 0.8, 0.7]])

    kept, best = pick_boxes(boxes, scores, score_threshold=0.1, nms_iou=0.6, max_detections=3)

    torch.testing.assert_close(best, torch.tensor([[0.9, 0.7, -1.0]]))
    torch.testing.assert_close(kept[0, :2], boxes[0, [0, 2]])


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 60),
    iou=st.sampled_from([0.1, 0.2, 0.5]),
    most=st.integers(1, 12),
    voting=st.sampled_from([None, 0.4]),
)
def test_nms_of_fixed_size_is_greedy_nms(
    seed: int, count: int, iou: float, most: int, voting: float | None
) -> None:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(2, count, 2, generator=generator) * 80
    boxes = torch.cat([corners[0], corners[0] + corners[1] - 5], dim=1).clamp(0, 100)
    scores = torch.rand(count, generator=generator)
    expected_boxes, expected_scores = select_boxes(
        boxes,
        scores,
        torch.zeros(count, dtype=torch.int64),
        image_size=(100, 100),
        score_threshold=0.2,
        nms_iou=iou,
        max_detections=most,
        level_selection="score",
        voting_iou=voting,
    )

    batch = (torch.stack([boxes, boxes.flip(0)]), torch.stack([scores, scores.flip(0)]))
    found = pick_boxes(
        *batch, score_threshold=0.2, nms_iou=iou, max_detections=most, voting_iou=voting
    )

    for kept, best in zip(*found, strict=True):
        torch.testing.assert_close(best[best >= 0], expected_scores)
        torch.testing.assert_close(kept[best >= 0], expected_boxes)


def test_what_a_cuda_graph_captures_is_detection(tiny_weights: Path) -> None:
    network, _ = load_weights(tiny_weights)
    assert isinstance(network, CenterScaleDetector)
    squares = torch.randint(0, 256, (3, 128, 128), dtype=torch.uint8)
    with torch.no_grad():
        expected = network.predict(squares[:, None] / 255)
        sizes = [16 * 16, 8 * 8, 4 * 4, 2 * 2, 1]
        rows = detect(network, squares, sizes)

    for row, prediction in zip(rows, expected, strict=True):
        boxes, scores, exam = row.split([40, 10, 1])
        torch.testing.assert_close(scores[scores >= 0], prediction.scores)
        torch.testing.assert_close(boxes.view(10, 4)[scores >= 0], prediction.boxes)
        assert float(exam) == pytest.approx(prediction.exam_score)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("count", [1, 5, 40])
def test_cuda_graphs_find_what_eager_execution_finds(
    count: int, eager: Detector, tiny_weights: Path
) -> None:
    graphs = Detector.load(tiny_weights, "cuda", "cuda_graph")
    radiographs = [read_radiograph(DEMO[index % len(DEMO)]) for index in range(count)]

    for found, radiograph in zip(graphs.predict_many(radiographs), radiographs, strict=True):
        assert_agree(found, eager.predict(radiograph))


@pytest.fixture(params=["threads", "processes"])
def readers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param == "processes":
        monkeypatch.setattr(preparing, "FEW_CORES", 0)
        monkeypatch.setattr(preparing, "FEW_FILES", 0)
    return None


@pytest.mark.usefixtures("readers")
def test_files_are_given_in_order_with_their_errors_in_place(
    eager: Detector, tmp_path: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("between the images")
    paths = [*DEMO[:3], text, *DEMO[3:6], tmp_path / "missing.dcm"]

    outcomes = list(eager.predict_files(paths))

    assert [type(outcome).__name__ for outcome in outcomes] == [
        *["FileDetections"] * 3,
        NotAnImageFileError.__name__,
        *["FileDetections"] * 3,
        "FileAccessError",
    ]
    for path, outcome in zip(paths, outcomes, strict=True):
        if isinstance(outcome, FileDetections):
            radiograph = read_radiograph(path)
            assert outcome.identity == radiograph.identity
            assert outcome.shape == radiograph.pixels.shape
            assert_agree(outcome.detections, eager.predict(radiograph))


def test_files_are_read_ahead_by_no_more_than_agreed_and_not_at_all_after_the_end(
    eager: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing.os, "cpu_count", lambda: 2)
    read = []

    def prepare_file(preset: Preset, path: Path) -> object:
        read.append(path)
        return preparing.prepare_radiograph(read_radiograph(DEMO[0]), preset)

    monkeypatch.setattr(preparing, "prepare_file", prepare_file)
    outcomes = eager.predict_files([Path(str(number)) for number in range(50)])
    for _ in range(3):
        next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]

    # 2 cores and 2 prepared ahead of the one that is computed.
    assert 3 <= len(read) <= 3 + 2 + 2


def wave(shape: torch.Size, frequency: float) -> Tensor:
    """Make numbers in [-1, 1] that are the same on every machine and in every version."""
    count = int(np.prod(shape))
    values = np.sin(frequency * np.arange(1, count + 1, dtype=np.float64) ** 1.5)
    return torch.from_numpy(values.reshape(shape)).float()


@pytest.mark.parametrize("name", ["eager", *EXPORTED])
def test_a_network_of_given_weights_finds_what_it_found_when_it_was_first_run(
    name: BackEndName, tiny_preset: Preset, tiny_card: ModelCard, tmp_path: Path
) -> None:
    network = CenterScaleDetector(tiny_preset)
    for index, parameter in enumerate(network.parameters()):
        fan_in = parameter[0].numel() if parameter.dim() > 1 else 100
        parameter.data = wave(parameter.shape, 1 + index / 7) * (12 / fan_in) ** 0.5
    path = tmp_path / "golden.safetensors"
    save_weights(path, network, tiny_card)
    radiograph = read_radiograph(DEMO[0])

    found = Detector.load(path, "cpu", name).predict(radiograph)

    golden = json.loads(GOLDEN.read_text())
    assert_agree(
        found,
        Detections(
            np.array(golden["boxes"], np.float32),
            np.array(golden["scores"], np.float32),
            golden["exam_score"],
            found.model,
        ),
    )
