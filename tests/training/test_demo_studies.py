"""The demo studies are valid DICOM, show what NIH published, and meet their truth."""

from __future__ import annotations

import csv
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from detector.dicom.reading import read_identity, read_radiograph
from detector.radiograph import SpacingOrigin
from training.datasets.truth import is_truth_file, read_truth

DEMO = Path(__file__).parent.parent.parent / "resources" / "demo"
FILES = sorted(DEMO.glob("*.dcm"))

KNOWN_REMARKS = {
    "Dicom dataset contains attributes not present in standard DICOM IOD"
    " - this is a Standard Extended SOP Class",
    "Attribute is not present in standard DICOM IOD - (0x0018,0x1164) DS Imager Pixel Spacing",
    "Attribute is not present in standard DICOM IOD - (0x0018,0x5101) CS View Position",
    "Missing attribute or value that would be needed to build DICOMDIR - Study Date",
    "Missing attribute or value that would be needed to build DICOMDIR - Study Time",
}


def test_there_are_sixteen_studies_of_fourteen_patients_in_a_few_megabytes() -> None:
    identities = [read_identity(path) for path in FILES]
    assert len({identity.study_instance_uid for identity in identities}) == 16
    assert len({identity.patient_id for identity in identities}) == 14
    assert len({identity.sop_instance_uid for identity in identities}) == 16
    assert sum(path.stat().st_size for path in DEMO.iterdir()) < 2_000_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_study_reads_without_a_note(path: Path) -> None:
    radiograph = read_radiograph(path)
    assert radiograph.pixels.shape == (1024, 1024)
    assert np.ptp(radiograph.pixels) > 200
    assert radiograph.notes == ()
    assert radiograph.is_lossy
    assert radiograph.spacing is not None
    assert radiograph.spacing.origin is SpacingOrigin.AT_DETECTOR
    assert radiograph.identity.patient_id == f"NIH-{path.stem[:8]}"
    assert radiograph.identity.view_position in {"AP", "PA"}
    assert radiograph.identity.study_date is None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dciodvfy_finds_nothing_but_what_a_public_image_cannot_know(path: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("needs dciodvfy from the Debian package dicom3tools")
    found = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
    remarks = set(re.findall(r"^(?:Error|Warning) - (.*?)\s*$", found.stderr, re.MULTILINE))
    assert "Error" not in found.stderr
    assert remarks == KNOWN_REMARKS


def test_the_truth_knows_every_study() -> None:
    path = DEMO / "BBox_List_2017.csv"
    assert is_truth_file(path)
    table = read_truth(path)
    assert (table.exam_count, table.box_count, table.notes) == (16, 12, ())
    found = {path.stem: table.find(read_identity(path)) for path in FILES}
    counts = {stem: None if boxes is None else len(boxes) for stem, boxes in found.items()}
    without = {"00001620_005", "00002678_004", "00003363_001", "00003363_002"}
    assert counts == {stem: 0 if stem in without else 1 for stem in counts}


def test_spacing_is_the_originals_over_the_whole_image() -> None:
    """0.168 mm × 2,500 columns and × 2,048 rows of the original, over 1024 pixels each way."""
    spacing = read_radiograph(DEMO / "00008291_009.dcm").spacing
    assert spacing is not None
    assert spacing.row_mm == pytest.approx(0.168 * 2048 / 1024, abs=1e-6)
    assert spacing.column_mm == pytest.approx(0.168 * 2500 / 1024, abs=1e-6)


def test_no_rsna_identifier_comes_with_the_tables() -> None:
    for path in DEMO.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        assert "rsna" not in text.lower()
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", text)


def test_the_demo_patients_are_none_of_the_training_patients(shared_data: Path) -> None:
    ours = {int(path.stem[:8]) for path in FILES}
    for table in ("rsna/patients.csv", "rsna-normals-256/normals.csv"):
        with (shared_data / table).open(newline="") as file:
            theirs = {int(line["nih_patient"]) for line in csv.DictReader(file)}
        assert not ours & theirs


def test_the_committed_studies_are_what_the_script_makes(shared_data: Path, tmp_path: Path) -> None:
    script = Path(__file__).parent.parent / "make_demo_studies.py"
    namespace = runpy.run_path(str(script))
    namespace["make_demo_studies"](shared_data / "nih", tmp_path)
    for path in FILES:
        assert pydicom.dcmread(path) == pydicom.dcmread(tmp_path / path.name)
    for table in DEMO.glob("*.csv"):
        assert table.read_bytes() == (tmp_path / table.name).read_bytes()
