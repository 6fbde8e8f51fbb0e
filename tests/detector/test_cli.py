"""pneumo-detect scores files and folders and says what it could not score, and why."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pydantic_core import from_json
from pydicom.data import get_testdata_file
from typer.testing import CliRunner, Result

from detector import cli
from detector.runtime.engine import Detector


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli._application, [str(argument) for argument in arguments])


def run_program(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "detector.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_coco(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "detections.json").read_text())
    return content


def pixels(height: int, width: int, seed: int = 0) -> np.ndarray:
    blocks = np.random.default_rng(seed).integers(0, 256, (-(-height // 16), -(-width // 16)))
    return np.kron(blocks, np.ones((16, 16)))[:height, :width].astype(np.uint8)


@pytest.fixture
def study(tmp_path: Path, write_dicom: Any) -> Path:
    """Two exams whose images have one name, and a PNG."""
    folder = tmp_path / "study"
    write_dicom(folder / "first" / "IM1", pixels(200, 160, 1))
    write_dicom(folder / "second" / "IM1", pixels(160, 200, 2))
    cv2.imwrite(str(folder / "picture.png"), pixels(256, 256, 3))
    return folder


def test_a_study_is_scored_by_the_program_itself(
    study: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    out = tmp_path / "results" / "new"

    done = run_program(study, "--out", out, "--weights", tiny_weights, "--overlay")

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "detections.csv",
        "detections.json",
        "not_scored.csv",
        "overlays",
    ]
    assert read_table(out / "not_scored.csv") == []
    assert "3 scored, 3 of them doubtful, 0 not scored" in done.stderr


def test_the_coco_file_is_coco(study: Path, tmp_path: Path, tiny_weights: Path) -> None:
    out = tmp_path / "out"
    run(study, "--out", out, "--weights", tiny_weights)

    coco = COCO(str(out / "detections.json"))

    assert len(coco.getImgIds()) == 3
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == ["pneumonia"]
    for annotation in coco.loadAnns(coco.getAnnIds()):
        (image,) = coco.loadImgs(annotation["image_id"])
        x, y, width, height = annotation["bbox"]
        assert x >= 0 < width
        assert y >= 0 < height
        assert x + width <= image["width"] + 0.01
        assert y + height <= image["height"] + 0.01
        assert annotation["area"] == pytest.approx(width * height, abs=0.01)
        assert annotation["score"] >= 0.2  # the card's threshold
    assert coco.dataset["info"]["description"] == "Research use only. Not a medical device."
    assert coco.dataset["info"]["model"] == "tiny"


def test_table_and_coco_hold_the_same_boxes_under_the_same_names(
    study: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    out = tmp_path / "out"
    run(study, "--out", out, "--weights", tiny_weights)

    coco = read_coco(out)
    images = {image["id"]: image for image in coco["images"]}
    rows = read_table(out / "detections.csv")

    assert len(rows) == len(coco["annotations"]) > 3
    for row, annotation in zip(rows, coco["annotations"], strict=True):
        image = images[annotation["image_id"]]
        assert row["file"] == image["file_name"]
        assert row["sop_instance_uid"] == image["sop_instance_uid"]
        assert [float(row[key]) for key in ("x", "y", "width", "height")] == annotation["bbox"]
        assert float(row["score"]) == annotation["score"]
        assert float(row["exam_score"]) == image["exam_score"]
        assert row["model"].startswith("tiny 1.2 (")


def test_images_keep_their_order_their_uids_and_their_size(
    tmp_path: Path, write_dicom: Any, tiny_weights: Path
) -> None:
    written = [write_dicom(tmp_path / "in" / f"{n}.dcm", pixels(100 + n, 150, n)) for n in range(4)]
    out = tmp_path / "out"
    run(tmp_path / "in", "--out", out, "--weights", tiny_weights)

    for n, (image, dataset) in enumerate(zip(read_coco(out)["images"], written, strict=True)):
        assert image["file_name"] == str(tmp_path / "in" / f"{n}.dcm")
        assert (image["height"], image["width"]) == (100 + n, 150)
        assert image["sop_instance_uid"] == dataset.SOPInstanceUID
        assert image["study_instance_uid"] == dataset.StudyInstanceUID


def test_the_boxes_are_those_that_the_engine_finds(
    study: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    from detector.dicom.reading import read_radiograph

    file = study / "picture.png"
    out = tmp_path / "out"
    run(file, "--out", out, "--weights", tiny_weights, "--threshold", 0)

    found = Detector.load(tiny_weights, "cpu").predict(read_radiograph(file))
    annotations = read_coco(out)["annotations"]
    corners = found.boxes.copy()
    corners[:, 2:] -= corners[:, :2]
    np.testing.assert_allclose([a["bbox"] for a in annotations], corners, atol=0.01)
    np.testing.assert_allclose([a["score"] for a in annotations], found.scores, atol=1e-4)


def test_a_higher_threshold_keeps_the_best_boxes_and_every_exam_score(
    study: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    run(study, "--out", tmp_path / "all", "--weights", tiny_weights, "--threshold", 0)
    every = read_coco(tmp_path / "all")
    scores = sorted(annotation["score"] for annotation in every["annotations"])
    middle = (scores[len(scores) // 2 - 1] + scores[len(scores) // 2]) / 2

    run(study, "--out", tmp_path / "some", "--weights", tiny_weights, "--threshold", middle)
    some = read_coco(tmp_path / "some")

    assert [a["score"] for a in some["annotations"]] == [
        a["score"] for a in every["annotations"] if a["score"] >= middle
    ]
    assert some["images"] == every["images"]


def test_images_of_one_name_have_pictures_of_their_own(
    study: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    out = tmp_path / "out"
    run(study, "--out", out, "--weights", tiny_weights, "--overlay")

    images = read_coco(out)["images"]

    assert [image["overlay"] for image in images] == [
        "overlays/picture.png.png",
        "overlays/IM1.png",
        "overlays/IM1-2.png",
    ]
    for image in images:
        picture = cv2.imread(str(out / image["overlay"]))
        assert picture is not None
        assert picture.shape[:2] == (image["height"], image["width"])


def test_a_name_as_long_as_the_file_system_allows_has_a_picture(
    tmp_path: Path, write_dicom: Any, tiny_weights: Path
) -> None:
    # 83 characters of 3 bytes each and ".dcm": 253 of 255 bytes, too many for two extensions.
    write_dicom(tmp_path / "in" / f"{'像' * 83}.dcm", pixels(64, 64))

    result = run(tmp_path / "in", "--out", tmp_path, "--weights", tiny_weights, "--overlay")

    assert result.exit_code == 0, result.output
    (image,) = read_coco(tmp_path)["images"]
    assert (tmp_path / image["overlay"]).name == f"{'像' * 33}.png"
    assert (tmp_path / image["overlay"]).is_file()


def test_results_hold_no_patient_name_or_id(
    study: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    out = tmp_path / "out"
    result = run(study, "--out", out, "--weights", tiny_weights)

    everything = result.output + "".join(path.read_text() for path in out.iterdir())
    assert "SECRET" not in everything.upper()


def test_a_second_run_into_the_searched_folder_does_not_score_the_first_ones_results(
    study: Path, tiny_weights: Path
) -> None:
    for out in (study, study / "results"):
        for _ in range(2):
            result = run(study, "--out", out, "--weights", tiny_weights, "--overlay")
            assert "3 scored, " in result.output
        for name in ("detections.csv", "detections.json", "not_scored.csv"):
            (out / name).unlink()
        for picture in (out / "overlays").iterdir():
            picture.unlink()


@pytest.fixture
def mixed_folder(study: Path, write_dicom: Any) -> Path:
    """Three radiographs, one under a name that is not Unicode, among what cannot be scored."""
    (study / "second" / "IM1").rename(study / "gr\udcfcn.dcm")
    (study / "\udcff[red].txt").write_text("no image")
    whole = (study / "first" / "IM1").read_bytes()
    (study / "truncated.dcm").write_bytes(whole[: len(whole) // 2])
    (study / "notes.txt").write_text("seen by nobody")
    (study / "empty").touch()
    write_dicom(study / "ct.dcm", pixels(64, 64), modality="CT")
    (study / "report.dcm").write_bytes(Path(get_testdata_file("reportsi.dcm")).read_bytes())
    (study / "broken link.dcm").symlink_to(study / "nowhere")
    return study


def test_what_cannot_be_scored_is_listed_with_its_reason_and_the_rest_is_scored(
    mixed_folder: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    out = tmp_path / "out"

    done = run_program(mixed_folder, "--out", out, "--weights", tiny_weights, "--overlay")

    assert done.returncode == 1, done.stderr
    kinds = {Path(row["file"]).name: row["kind"] for row in read_table(out / "not_scored.csv")}
    assert kinds == {
        "broken link.dcm": "no access",
        "ct.dcm": "not a radiograph",
        "empty": "not an image file",
        "notes.txt": "not an image file",
        "report.dcm": "no image inside",
        "truncated.dcm": "damaged file",
        "\\udcff[red].txt": "not an image file",
    }
    scored = {Path(image["file_name"]).name for image in read_coco(out)["images"]}
    assert scored == {"IM1", "gr\\udcfcn.dcm", "picture.png"}
    from_json((out / "detections.json").read_bytes())  # more strict than json: Unicode only
    for row in read_table(out / "not_scored.csv"):
        assert done.stderr.count(f"Not scored: {row['file']}: {row['reason']}\n") == 1
    assert "Traceback" not in done.stderr


def test_a_folder_without_any_radiograph_gives_an_empty_data_set(
    tmp_path: Path, tiny_weights: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("nothing")
    out = tmp_path / "out"

    result = run(tmp_path / "in", "--out", out, "--weights", tiny_weights)

    assert result.exit_code == 1
    assert read_coco(out)["images"] == []
    assert read_table(out / "detections.csv") == []


def test_when_the_device_fails_the_results_so_far_are_kept_and_the_rest_is_listed(
    tmp_path: Path, write_dicom: Any, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(6):
        write_dicom(tmp_path / "in" / f"{n}.dcm", pixels(64, 64, n))
    (tmp_path / "in" / "3.txt").write_text("between the images")
    detector = Detector.load(tiny_weights, "cpu", back_end="eager")
    network = detector._back_end._network  # type: ignore[attr-defined]
    predict = network.predict
    calls = []

    def predict_twice(images: torch.Tensor) -> Any:
        calls.append(images)
        if len(calls) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return predict(images)

    monkeypatch.setattr(network, "predict", predict_twice)
    monkeypatch.setattr(Detector, "load", lambda weights: detector)
    out = tmp_path / "out"

    result = run(tmp_path / "in", "--out", out, "--weights", tiny_weights)

    assert result.exit_code == 1
    names = [Path(image["file_name"]).name for image in read_coco(out)["images"]]
    assert names == ["0.dcm", "1.dcm"]
    kinds = {Path(row["file"]).name: row["kind"] for row in read_table(out / "not_scored.csv")}
    no_memory = "out of graphics memory"
    assert {name: kinds[name] for name in ("2.dcm", "3.dcm", "4.dcm", "5.dcm")} == dict.fromkeys(
        ("2.dcm", "3.dcm", "4.dcm", "5.dcm"), no_memory
    )
    assert set(kinds) == {"2.dcm", "3.dcm", "3.txt", "4.dcm", "5.dcm"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{study}"], "--out"),
        (["--out", "{out}"], "PATH"),
        (["{study}/none", "--out", "{out}"], "does not exist"),
        (["{study}", "--out", "{out}", "--threshold", "1.01"], "--threshold"),
        (["{study}", "--out", "{out}", "--threshold", "-0.1"], "--threshold"),
        (["{study}", "--out", "{out}", "--threshold", "high"], "--threshold"),
        (["{study}", "--out", "{out}", "--weights", "{study}/none"], "no such file"),
        (["{study}", "--out", "{out}", "--weights", "{study}/picture.png"], "Damaged weights"),
        (["{study}", "--out", "{study}/picture.png"], "Name another folder"),
        (["{study}", "--out", "{study}/picture.png/below"], "Name another folder"),
        (["{empty}", "--out", "{out}"], "There is no file in"),
    ],
)
def test_unusable_arguments_end_with_status_2_and_nothing_written(
    arguments: list[str], sentence: str, study: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    places = {"study": study, "out": tmp_path / "out", "empty": tmp_path / "empty"}
    places["empty"].mkdir()
    if "--weights" not in arguments:
        arguments = [*arguments, "--weights", str(tiny_weights)]

    result = run(*(argument.format(**places) for argument in arguments))

    assert result.exit_code == 2
    assert sentence in result.output
    assert not places["out"].exists()


def flip_one_bit(content: bytes) -> bytes:
    return content[:-1000] + bytes([content[-1000] ^ 1]) + content[-999:]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (flip_one_bit, "Altered weights"),
        (lambda content: content[:-1000], "Damaged weights"),
        (lambda content: content[:100], "Damaged weights"),
        # The edits keep the length of the header.
        (lambda content: content.replace(b"default view", b"another view"), "another version"),
        (
            lambda content: content.replace(rb"head_depth", rb"heap_depth", 1),
            "another architecture",
        ),
    ],
    ids=["altered", "truncated", "cut in its header", "other version", "other architecture"],
)
def test_unusable_weights_end_with_status_2_and_no_result(
    spoil: Callable[[bytes], bytes],
    sentence: str,
    study: Path,
    tmp_path: Path,
    tiny_weights: Path,
) -> None:
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(spoil(tiny_weights.read_bytes()))

    result = run(study, "--out", tmp_path / "out", "--weights", weights)

    assert result.exit_code == 2
    assert sentence in result.output
    assert list((tmp_path / "out").glob("*")) == []


def test_what_is_no_frontal_chest_is_scored_and_called_doubtful(
    tmp_path: Path, write_dicom: Any, tiny_weights: Path
) -> None:
    dataset = write_dicom(tmp_path / "IM1", pixels(200, 160))
    dataset.BodyPartExamined = "HIP"
    dataset.save_as(tmp_path / "IM1")
    out = tmp_path / "out"

    result = run(tmp_path / "IM1", "--out", out, "--weights", tiny_weights, "--threshold", 0)

    sentence = "Not a chest: Body Part Examined (0018,0015) is HIP."
    assert result.exit_code == 0
    assert f"Doubtful: {tmp_path / 'IM1'}: {sentence}" in result.output
    assert "1 scored, 1 of them doubtful, 0 not scored" in result.output
    assert read_coco(out)["images"][0]["doubts"] == [sentence]
    assert {row["doubts"] for row in read_table(out / "detections.csv")} == {sentence}


def test_help_and_version_come_without_torch() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from detector import cli;"
        "results = [CliRunner().invoke(cli._application, [o]) for o in ('--help', '--version')];"
        "print(results[0].output, results[1].output);"
        "sys.exit(any(r.exit_code for r in results) or 'torch' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Exit status" in done.stdout
    assert "pneumo-detect 0." in done.stdout


def test_real_radiographs_are_scored(shared_data: Path, tmp_path: Path, tiny_weights: Path) -> None:
    files = sorted((shared_data / "rsna" / "stage_2_train_images").glob("*.dcm"))[:5]

    result = run(*files, "--out", tmp_path, "--weights", tiny_weights)

    assert result.exit_code == 0
    assert [image["width"] for image in read_coco(tmp_path)["images"]] == [1024] * 5
