"""Structured reports and presentation states: valid, in standard codes, and read back the same."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from exchange_stage import FULL, HEALTHY, UNFINISHED, demo_studies, reviewed
from highdicom import sr
from pydicom.dataset import Dataset
from pydicom.sr._concepts_dict import concepts as dictionary
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from detector.dicom.reading import read_identity
from detector.errors import InputError
from detector.radiograph import ImageIdentity
from pneumo_viewer.exchange import concepts
from pneumo_viewer.exchange.evidence import evidence_of, read_image_header
from pneumo_viewer.exchange.presentation_state import presentation_state
from pneumo_viewer.exchange.records import RESEARCH_USE_ONLY, Review, ReviewedImage
from pneumo_viewer.exchange.reports import read_presentation_state, read_structured_report
from pneumo_viewer.exchange.structured_report import side_of, structured_report
from pneumo_viewer.exchange.truth_files import read_truth_files
from pneumo_viewer.review.blinding import Stage
from pneumo_viewer.review.findings import ExamVerdict, Verdict

STUDY = demo_studies()[0]
UID = read_identity(STUDY).sop_instance_uid
TEMPLATES_WORDS = {"Source", "Finding category", "Finding Site", "Procedure reported"}
"""Names of content items that highdicom writes as the templates of PS3.16 have them."""
NO_DICTIONARY = {concepts.PRIVATE_SCHEME, "RFC5646"}


def saved(made: Dataset, path: Path) -> Path:
    made.save_as(path, enforce_file_format=True)
    return path


def evidence(path: Path = STUDY) -> Dataset:
    return evidence_of(read_image_header(path), str(path))


def report(path: Path, review: Review = FULL) -> Path:
    return saved(structured_report(reviewed(STUDY, review), evidence()), path)


def state(path: Path, review: Review = FULL) -> Path:
    return saved(presentation_state(reviewed(STUDY, review), evidence()), path)


def coded(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    """Every code in a data set: value, scheme, meaning."""
    for item in dataset.iterall():
        if item.VR == "SQ":
            for part in item.value:
                if "CodeValue" in part:
                    yield part.CodeValue, part.CodingSchemeDesignator, part.CodeMeaning


def meanings(value: str, scheme: str) -> set[str]:
    """What pydicom's dictionary, made from PS3.16, says that a code means."""
    return {entry[value][0] for entry in dictionary[scheme].values() if value in entry}


# Codes


def standard_codes() -> list[Code]:
    found = [value for value in vars(concepts).values() if isinstance(value, Code)]
    for table in vars(concepts).values():
        if isinstance(table, dict):
            found += [value for value in table.values() if isinstance(value, Code)]
    return [code for code in found if code.scheme_designator not in NO_DICTIONARY]


@pytest.mark.parametrize("code", standard_codes(), ids=lambda code: code.meaning)
def test_the_meaning_of_each_code_is_the_dictionarys(code: Code) -> None:
    assert code.meaning in meanings(code.value, code.scheme_designator)


def test_so_is_that_of_every_code_in_what_is_written() -> None:
    made = [structured_report(reviewed(STUDY), evidence())]
    made.append(presentation_state(reviewed(STUDY), evidence()))
    written = {code for each in made for code in coded(each)}
    assert len(written) > 20
    others = {
        meaning
        for value, scheme, meaning in written
        if scheme not in NO_DICTIONARY and meaning not in meanings(value, scheme)
    }
    assert others <= TEMPLATES_WORDS


def test_the_private_scheme_is_declared() -> None:
    made = structured_report(reviewed(STUDY), evidence())
    (scheme,) = made.CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == concepts.PRIVATE_SCHEME


# Validators


@pytest.mark.parametrize("review", [FULL, HEALTHY, UNFINISHED, Review()])
@pytest.mark.parametrize("make", [report, state], ids=["SR", "GSPS"])
def test_dciodvfy_finds_no_error(
    make: Callable[[Path, Review], Path],
    review: Review,
    tmp_path: Path,
    program: Callable[[str], str],
) -> None:
    said = subprocess.run(
        [program("dciodvfy"), str(make(tmp_path / "made.dcm", review))],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (said.stdout + said.stderr).splitlines()
    assert [line for line in lines if line.startswith("Error")] == []
    assert "ComprehensiveSR" in lines or "GrayscaleSoftcopyPresentationState" in lines


def test_dsrdump_reads_a_report(tmp_path: Path, program: Callable[[str], str]) -> None:
    said = subprocess.run(
        [program("dsrdump"), "+Pl", str(report(tmp_path / "report.dcm"))],
        capture_output=True,
        text=True,
        check=True,
    )
    for words in (
        "Imaging Measurement Report",
        "Reader's verdict",
        RESEARCH_USE_ONLY,
        "Dr. Müller",
    ):
        assert words in said.stdout
    assert "100.5/200.25" in said.stdout
    errors = [line for line in said.stderr.splitlines() if line.startswith("E:")]
    assert errors == []


def test_an_image_of_no_current_sop_class_cannot_be_referred_to(tmp_path: Path) -> None:
    old = pydicom.dcmread(STUDY)
    old.SOPClassUID = "1.2.840.10008.5.1.4.1.1.6"  # Ultrasound Image Storage, retired
    old.save_as(tmp_path / "old.dcm")
    with pytest.raises(InputError, match="its SOP class is retired or no standard one"):
        evidence(tmp_path / "old.dcm")


def test_that_an_image_names_nobody_is_said_together_with_how(tmp_path: Path) -> None:
    half = pydicom.dcmread(STUDY)
    half.PatientIdentityRemoved = "YES"
    for keyword in ("DeidentificationMethod", "DeidentificationMethodCodeSequence"):
        if keyword in half:
            delattr(half, keyword)
    half.save_as(tmp_path / "half.dcm")
    assert "PatientIdentityRemoved" not in evidence(tmp_path / "half.dcm")
    half.DeidentificationMethod = "by hand"
    half.save_as(tmp_path / "half.dcm")
    assert evidence(tmp_path / "half.dcm").DeidentificationMethod == "by hand"


# There and back


@pytest.mark.parametrize("review", [FULL, HEALTHY, UNFINISHED])
def test_a_report_is_read_back_as_it_was(review: Review, tmp_path: Path) -> None:
    assert read_structured_report(report(tmp_path / "report.dcm", review)) == {UID: review}


@pytest.mark.parametrize("verdict", ExamVerdict)
@pytest.mark.parametrize("stage", Stage)
def test_so_is_every_verdict_at_every_stage(
    verdict: ExamVerdict, stage: Stage, tmp_path: Path
) -> None:
    review = Review("A", (), verdict, "", None, None, True, stage, {stage: verdict})
    assert read_structured_report(report(tmp_path / "report.dcm", review)) == {UID: review}


def test_highdicom_reads_our_boxes(tmp_path: Path) -> None:
    read = sr.srread(report(tmp_path / "report.dcm"))
    groups = read.content.get_planar_roi_measurement_groups()
    assert len(groups) == len(FULL.findings)
    box = groups[0].roi.value
    np.testing.assert_array_equal(box.min(axis=0), [100.5, 200.25])
    np.testing.assert_array_equal(box.max(axis=0), [400.75, 500.0])
    assert groups[0].finding_type == codes.DCM.Opacity


def test_a_presentation_state_is_read_back_as_boxes_and_verdicts(tmp_path: Path) -> None:
    read = read_presentation_state(state(tmp_path / "state.dcm"))[UID]
    assert [(f.box, f.verdict) for f in read.findings] == [
        (f.box, f.verdict) for f in FULL.findings
    ]


def test_every_output_says_research_use_only(tmp_path: Path) -> None:
    made = pydicom.dcmread(report(tmp_path / "report.dcm"))
    drawn = pydicom.dcmread(state(tmp_path / "state.dcm"))
    assert made.ContentQualification == drawn.ContentQualification == "RESEARCH"
    assert RESEARCH_USE_ONLY in [item.value for item in made.iterall() if item.VR == "UT"]
    assert "Research use only" in str(drawn.GraphicAnnotationSequence[-1])


def test_a_box_that_leaves_the_image_is_cut_at_its_edge(tmp_path: Path) -> None:
    image = reviewed(STUDY)
    width = float(image.identity.columns)
    finding = replace(FULL.findings[0], box=(-5.0, 10.0, width + 9.0, 60.0))
    path = report(tmp_path / "report.dcm", replace(FULL, findings=(finding,)))
    assert read_structured_report(path)[UID].findings[0].box == (0.0, 10.0, width, 60.0)


@pytest.mark.parametrize(
    ("orientation", "x", "side"),
    [(("L", "F"), 10, "Right"), (("L", "F"), 90, "Left"), (("R", "F"), 10, "Left"), ((), 10, None)],
)
def test_the_side_is_the_patients(orientation: tuple[str, ...], x: int, side: str | None) -> None:
    # Columns that run to the patient's left show his right side first.
    identity = ImageIdentity("k", "s", patient_orientation=orientation, rows=100, columns=100)
    code = side_of((x - 5.0, 0.0, x + 5.0, 10.0), identity)
    assert (code and code.meaning) == side


# Reports of others


def highdicoms_own(path: Path, region: object, algorithm: bool = False) -> Path:
    """As highdicom's documentation writes a measurement report."""
    context = sr.ObservationContext(
        observer_person_context=sr.ObserverContext(
            codes.DCM.Person, sr.PersonObserverIdentifyingAttributes(name="Doe^John")
        ),
        observer_device_context=sr.ObserverContext(
            codes.DCM.Device, sr.DeviceObserverIdentifyingAttributes(uid=highdicom.UID())
        ),
    )
    group = sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(highdicom.UID(), "Lesion 1"),
        referenced_region=region,
        finding_type=codes.SCT.Lesion,
        algorithm_id=sr.AlgorithmIdentification("Other", "7") if algorithm else None,
        measurements=[sr.Measurement(codes.SCT.Area, 12.5, codes.UCUM.SquareMillimeter)],
    )
    content = sr.MeasurementReport(
        observation_context=context,
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=[group],
    )
    made = sr.Comprehensive3DSR(
        evidence=[evidence()],
        content=content,
        series_number=1,
        series_instance_uid=highdicom.UID(),
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="Manufacturer",
    )
    return saved(made, path)


def on_image(kind: sr.GraphicTypeValues, points: list[tuple[float, float]]) -> sr.ImageRegion:
    source = sr.SourceImageForRegion(evidence().SOPClassUID, UID)
    return sr.ImageRegion(kind, np.array(points), source)


@pytest.mark.parametrize(
    ("kind", "points", "box"),
    [
        # A circle about (45, 55) through (45, 65): its radius is 10.
        ("CIRCLE", [(45, 55), (45, 65)], (35, 45, 55, 65)),
        # Axes from (10, 20) to (50, 20) and from (30, 10) to (30, 30).
        ("ELLIPSE", [(10, 20), (50, 20), (30, 10), (30, 30)], (10, 10, 50, 30)),
        ("POLYLINE", [(1, 2), (30.5, 2), (30.5, 40), (1, 40), (1, 2)], (1, 2, 30.5, 40)),
    ],
)
def test_a_region_of_highdicoms_example_is_a_box_that_a_person_drew(
    kind: str, points: list[tuple[float, float]], box: tuple[float, ...], tmp_path: Path
) -> None:
    region = on_image(sr.GraphicTypeValues[kind], points)
    read = read_structured_report(highdicoms_own(tmp_path / "other.dcm", region))
    (finding,) = read[UID].findings
    assert finding.box == pytest.approx(box)
    assert finding.verdict is Verdict.ADDED
    assert finding.finding == "Lesion"
    assert read[UID].reader == "Doe^John"


def test_what_an_algorithm_found_awaits_a_verdict(tmp_path: Path) -> None:
    region = on_image(sr.GraphicTypeValues.CIRCLE, [(45, 55), (45, 65)])
    read = read_structured_report(highdicoms_own(tmp_path / "other.dcm", region, algorithm=True))
    (finding,) = read[UID].findings
    assert finding.verdict is Verdict.UNDECIDED
    assert finding.model is not None
    assert (finding.model.name, finding.model.version) == ("Other", "7")


def test_a_report_on_regions_in_space_is_declined_in_a_sentence(tmp_path: Path) -> None:
    region = sr.ImageRegion3D(
        sr.GraphicTypeValues3D.POLYGON,
        np.array([(0, 0, 1), (9, 0, 1), (9, 9, 1), (0, 0, 1)], float),
        highdicom.UID(),
    )
    path = highdicoms_own(tmp_path / "other.dcm", region)
    with pytest.raises(InputError, match="“Imaging Measurement Report” measures nothing on an im"):
        read_truth_files([path])


def test_a_radiograph_is_no_report() -> None:
    with pytest.raises(InputError, match="no Grayscale Softcopy Presentation State"):
        read_truth_files([STUDY])


def test_damaged_values_are_left_out_and_end_nothing(tmp_path: Path) -> None:
    path = report(tmp_path / "report.dcm")
    made = pydicom.dcmread(path)
    for element in made.iterall():
        if element.keyword == "GraphicData":
            element.value = [1.0, 2.0, 3.0]
            break
    made.save_as(path)
    assert len(read_structured_report(path)[UID].findings) == len(FULL.findings) - 1


# As ground truth


def test_reports_are_ground_truth_of_what_the_reader_stands_by(tmp_path: Path) -> None:
    first, second = demo_studies()[:2]
    paths = [report(tmp_path / "1.dcm")]
    healthy = ReviewedImage(read_identity(second), second, HEALTHY)
    paths.append(saved(structured_report(healthy, evidence(second)), tmp_path / "2.dcm"))
    (table,) = read_truth_files(paths)
    boxes = table.find(read_identity(first))
    assert boxes is not None
    assert boxes.tolist() == [list(finding.box) for finding in FULL.standing]
    assert len(FULL.standing) == 3
    none = table.find(read_identity(second))
    assert none is not None
    assert none.shape == (0, 4)
    assert (table.exam_count, table.box_count) == (2, 3)


def test_a_report_that_is_not_at_its_end_is_no_truth(tmp_path: Path) -> None:
    path = report(tmp_path / "report.dcm", UNFINISHED)
    with pytest.raises(InputError, match="no image in it is reviewed to its end"):
        read_truth_files([path])


def test_two_reports_on_one_image_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another of the files is on the same image"):
        read_truth_files([report(tmp_path / "1.dcm"), report(tmp_path / "2.dcm")])
