"""``pneumo-evaluate``: weights over a challenge folder, and written detections against truth."""

from __future__ import annotations

import csv
import json
import math
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from detector.presets import PRESETS
from training.datasets.data_set import read_data_set
from training.evaluate_command import main
from training.evaluation.measures import BOX_MEASURES, EXAM_MEASURES

REPOSITORY = Path(__file__).parent.parent.parent
DEMO = REPOSITORY / "resources" / "demo"


class Run(Protocol):
    def __call__(self, *arguments: object) -> tuple[int, str, str]: ...


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; gives its exit status, output and errors."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pneumo-evaluate", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "140")
        with pytest.raises(SystemExit) as end:
            main()
        output = capsys.readouterr()
        return int(end.value.code or 0), output.out, output.err

    return call


def report(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    return content


def demo_detections(folder: Path, threshold: float = 0.0) -> Path:
    """Detections of the demo studies: NIH's own boxes, found in every second study."""
    with (DEMO / "BBox_List_2017.csv").open(newline="") as file:
        boxes = {Path(row[0]).stem: row[2:6] for row in csv.reader(file) if row[1] == "Pneumonia"}
    images, annotations = [], []
    for number, path in enumerate(sorted(DEMO.glob("*.dcm")), start=1):
        image = {"id": number, "file_name": str(path), "width": 1024, "height": 1024}
        images.append(image | {"exam_score": 0.9 if path.stem in boxes else 0.1})
    found = [image["id"] for image in images if Path(image["file_name"]).stem in boxes][::2]
    for number in found:
        box = [float(value) for value in boxes[Path(images[number - 1]["file_name"]).stem]]
        annotations.append({"image_id": number, "bbox": box, "score": 0.8})
    content = {
        "info": {"model": "tiny", "version": "1", "score_threshold": threshold},
        "images": images,
        "annotations": annotations,
    }
    path = folder / "detections.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_detections_are_measured_against_a_truth_file(run: Run, tmp_path: Path) -> None:
    detections = demo_detections(tmp_path, threshold=0.25)
    table = DEMO / "BBox_List_2017.csv"
    status, output, errors = run(
        *("--detections", detections, "--truth", table, "--resamples", 20, "--out", tmp_path / "o")
    )
    assert status == 0, errors
    found = report(tmp_path / "o")
    assert (found["exam_count"], found["positive_count"], found["detection_count"]) == (16, 12, 6)
    # Six of twelve boxes, all right: precision 1 at the 51 recalls 0 … 0.50.
    assert found["all_exams"]["AP50"]["value"] == pytest.approx(51 / 101)
    assert found["all_exams"]["AR10"]["value"] == pytest.approx(0.5)
    assert found["all_exams"]["AUROC"]["value"] == 1
    # Six exams at 1 and six at 0; the four without boxes on either side are left out.
    assert found["all_exams"]["Challenge"]["value"] == pytest.approx(0.5)
    assert found["threshold"] == 0.25
    assert "50.5 (" in output
    assert all(name in output for name in (*BOX_MEASURES, *EXAM_MEASURES))
    assert "The detections begin at score 0.25" in output
    assert f"Command: {found['command']}" in output
    assert found["command"].startswith("pneumo-evaluate --detections")
    # Twelve exams at 0.9 that have pneumonia and four at 0.1 that do not: 0.1 off everywhere.
    assert found["all_exams"]["ECE"]["value"] == pytest.approx(0.1)
    assert [one["exam_count"] for one in found["reliability"]] == [4, 12]
    assert "0.900–0.900" in output


def test_curves_are_written_beside_the_report(run: Run, tmp_path: Path) -> None:
    detections = demo_detections(tmp_path)
    table = DEMO / "BBox_List_2017.csv"
    status, _, errors = run("--detections", detections, "--truth", table, "--out", tmp_path / "o")
    assert status == 0, errors

    def rows(name: str) -> list[dict[str, float]]:
        with (tmp_path / "o" / name).open(newline="", encoding="utf-8") as file:
            return [
                {column: float(cell) for column, cell in row.items()}
                for row in csv.DictReader(file)
            ]

    # All six boxes have the score 0.8 and are right: six of twelve, no false positive.
    score = pytest.approx(0.8)
    assert rows("froc.csv") == [
        {"threshold": math.inf, "false_positives_per_image": 0, "sensitivity": 0},
        {"threshold": score, "false_positives_per_image": 0, "sensitivity": 0.5},
    ]
    assert rows("precision_recall.csv") == [{"threshold": score, "recall": 0.5, "precision": 1}]
    assert [row["exam_count"] for row in rows("reliability.csv")] == [4, 12]


def test_subgroups_need_a_data_set_that_states_them(run: Run, tmp_path: Path) -> None:
    table = DEMO / "BBox_List_2017.csv"
    status, output, errors = run(
        "--detections", demo_detections(tmp_path), "--truth", table, "--subgroups"
    )
    assert status == 0, errors
    assert "There are no subgroups: nothing is known of view, sex, age or class." in output


def test_images_of_which_the_truth_says_nothing_are_left_out(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("patientId,x,y,width,height,Target\n00000150_002,1,1,50,50,1\nother,,,,,0\n")
    status, output, errors = run(
        "--detections", demo_detections(tmp_path), "--truth", table, "--out", tmp_path
    )
    assert status == 0, errors
    found = report(tmp_path)
    assert found["exam_count"] == 1
    assert len(found["left_out"]) == 15
    assert found["left_out"][0]["reason"] == "the truth says nothing of it"
    assert "Truth was given for 1 further exams without detections." in output


def test_a_truth_that_knows_none_of_the_images_measures_nothing(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("patientId,x,y,width,height,Target\nother,,,,,0\n")
    status, output, errors = run("--detections", demo_detections(tmp_path), "--truth", table)
    assert (status, output) == (2, "")
    assert "there is nothing to measure" in errors
    assert errors.count("the truth says nothing of it") == 16


def test_comparing_written_detections_does_not_import_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from training.evaluate_command import main\n"
        "try: main()\n"
        "except SystemExit as end: print('exit', end.code, 'torch' in sys.modules)"
    )
    detections = str(demo_detections(tmp_path))
    arguments = ["--detections", detections, "--truth", str(DEMO / "BBox_List_2017.csv")]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--resamples", "0"],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )
    assert done.stdout.splitlines()[-1] == "exit 0 False"


@pytest.fixture(scope="module")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from detector.model_card import ModelCard, OperatingPoint
    from detector.networks.center_scale import CenterScaleDetector
    from detector.weights import save_weights

    preset = replace(
        PRESETS["compact"],
        name="tiny",
        body="test_efficientnet",
        channels=16,
        head_depth=1,
        input_size=256,
    )
    card = ModelCard(
        name="tiny",
        version="1",
        preset=preset,
        terms="",
        training_data="",
        training_command="",
        score_threshold=0.2,
        operating_points=(
            OperatingPoint(name="all boxes", threshold=0.0, measured_on="two validation exams"),
        ),
    )
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_weights(path, CenterScaleDetector(preset), card)
    return path


@pytest.fixture
def challenge_folder(tmp_path: Path) -> Path:
    """Three demo studies in the challenge's layout, one of them damaged; two folds."""
    folder = tmp_path / "challenge"
    images = folder / "stage_2_train_images"
    images.mkdir(parents=True)
    for name, study in (("a", "00000150_002"), ("b", "00003363_001"), ("c", "00003363_002")):
        shutil.copy(DEMO / f"{study}.dcm", images / f"{name}.dcm")
    (images / "c.dcm").write_bytes((images / "c.dcm").read_bytes()[:400])
    (folder / "stage_2_train_labels.csv").write_text(
        "patientId,x,y,width,height,Target\na,601,596,215,181,1\nb,,,,,0\nc,,,,,0\n"
    )
    (folder / "stage_2_detailed_class_info.csv").write_text(
        "patientId,class\na,Lung Opacity\nb,Normal\nc,Normal\n"
    )
    (folder / "patients.csv").write_text("patientId,nih_patient,fold\na,1,0\nb,2,1\nc,2,1\n")
    return folder


def test_weights_are_run_over_a_challenge_folder(
    run: Run, tiny_weights: Path, challenge_folder: Path, tmp_path: Path
) -> None:
    status, _, errors = run(
        "--data", challenge_folder, "--weights", tiny_weights, "--out", tmp_path
    )
    assert status == 1, errors
    found = report(tmp_path)
    assert (found["exam_count"], found["patient_count"], found["truth_count"]) == (2, 2, 1)
    assert found["detection_count"] > 0
    assert found["all_exams"]["AUROC"]["value"] in {0.0, 0.5, 1.0}
    assert found["threshold"] == 0.2
    assert [left["image"] for left in found["left_out"]] == ["c"]
    assert found["facts"]["model"].startswith("tiny 1 (")


def test_weights_that_are_truncated_end_with_status_2_and_no_report(
    run: Run, tiny_weights: Path, challenge_folder: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(tiny_weights.read_bytes()[:-1000])
    status, _, errors = run(
        "--data", challenge_folder, "--weights", weights, "--out", tmp_path / "out"
    )
    assert status == 2
    assert "Damaged weights" in errors
    assert list((tmp_path / "out").glob("*")) == []


def test_folds_choose_the_exams(
    run: Run, tiny_weights: Path, challenge_folder: Path, tmp_path: Path
) -> None:
    common = ("--data", challenge_folder, "--weights", tiny_weights, "--resamples", 0)
    status, _, errors = run(*common, "--folds", "0", "--out", tmp_path)
    assert status == 0, errors
    found = report(tmp_path)
    assert (found["exam_count"], found["facts"]["data"]) == (1, "challenge, folds 0")
    assert found["all_exams"]["AP50"]["interval"] is None
    status, _, errors = run(*common, "--folds", "0,7")
    assert status == 2
    assert "There is no fold 7" in errors


def test_subgroups_and_the_cards_operating_points_are_measured(
    run: Run, tiny_weights: Path, challenge_folder: Path, tmp_path: Path
) -> None:
    (challenge_folder / "patients.csv").write_text(
        "patientId,nih_patient,fold,view,sex\na,1,0,AP,F\nb,2,1,PA,F\nc,2,1,PA,F\n"
    )
    status, output, errors = run(
        *("--data", challenge_folder, "--weights", tiny_weights, "--out", tmp_path),
        *("--subgroups", "--resamples", 10),
    )
    assert status == 1, errors
    found = report(tmp_path)
    groups = {(group["trait"], group["value"]): group for group in found["subgroups"]}
    assert list(groups) == [
        ("view", "AP"),
        ("view", "PA"),
        ("sex", "F"),
        ("class", "lung opacity"),
        ("class", "normal"),
    ]
    assert groups["sex", "F"]["evaluation"]["exam_count"] == 2
    assert groups["view", "AP"]["is_small"]
    assert "* Fewer than 50 exams" in output
    assert "The data set does not state the age of its exams." in output
    assert found["remarks"] == ["The data set does not state the age of its exams."]
    (point,) = found["operating_points"]
    # Untrained weights find something everywhere, and every box counts from 0 on.
    assert (point["sensitivity"]["value"], point["specificity"]["value"]) == (1, 0)
    assert "“all boxes” was chosen on two validation exams." in output


def test_folds_are_those_of_the_training_where_no_table_gives_them(
    run: Run, tiny_weights: Path, challenge_folder: Path, tmp_path: Path
) -> None:
    (challenge_folder / "patients.csv").unlink()
    folds = read_data_set(challenge_folder).folds
    fold = folds["a"]
    common = ("--data", challenge_folder, "--weights", tiny_weights, "--resamples", 0)
    status, _, errors = run(*common, "--folds", fold, "--out", tmp_path)
    assert status in (0, 1), errors
    found = report(tmp_path)
    names = [name for name in folds if folds[name] == fold]
    assert found["exam_count"] + len(found["left_out"]) == len(names)
    assert found["truth_count"] == 1


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_read(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    status, _, errors = run("--data", "absent", "--out", tmp_path / "file")
    assert status == 2
    assert "Name another folder." in errors


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give either --data, or --detections together with --truth."),
        (["--data", "x", "--truth", "y"], "Give either --data"),
        (["--detections", "x"], "Give either --data"),
        (["--data", "x", "--folds", "three"], "--folds takes numbers"),
        (["--detections", "absent.json", "--truth", "y.csv"], "absent.json: No access"),
        (["--data", "absent"], "absent"),
        (["--data", "absent", "--seed", "-1"], "--seed"),
    ],
)
def test_unusable_arguments_end_with_status_2_and_a_sentence(
    run: Run, arguments: list[str], sentence: str
) -> None:
    status, _, errors = run(*arguments)
    assert status == 2
    assert sentence in errors


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("not json", "Unusable detections: the file: Invalid JSON"),
        ('{"images": []}', "annotations: Field required"),
        (
            '{"images": [], "annotations": [{"image_id": 4, "bbox": [9, 9, -5, 1], "score": 1}]}',
            "annotations.0.bbox.2: Input should be greater than or equal to 0",
        ),
        (
            '{"images": [{"id": 1, "file_name": "a", "width": 9, "height": 9, "exam_score": 7}],'
            ' "annotations": []}',
            "images.0.exam_score: Input should be less than or equal to 1",
        ),
        (
            '{"images": [], "annotations": [{"image_id": 4, "bbox": [1, 1, 1, 1], "score": 1}]}',
            "it has boxes for image 4, not listed",
        ),
        (
            '{"images": [{"id": 1, "file_name": "a", "width": 0, "height": 9}], "annotations": []}',
            "images.0.width: Input should be greater than 0",
        ),
        (
            '{"images": [], "annotations": [{"image_id": 4, "bbox": [1, 1, 1, 1], "score": NaN}]}',
            "annotations.0.score: Input should be a finite number",
        ),
    ],
)
def test_detections_that_cannot_be_understood_are_refused(
    run: Run, tmp_path: Path, content: str, sentence: str
) -> None:
    path = tmp_path / "detections.json"
    path.write_text(content)
    status, _, errors = run("--detections", path, "--truth", DEMO / "BBox_List_2017.csv")
    assert status == 2
    assert sentence in errors
