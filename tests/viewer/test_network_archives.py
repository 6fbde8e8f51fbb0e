"""DIMSE and DICOMweb against a real archive: both find, fetch and send the same."""

from __future__ import annotations

import pickle
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from archive_stage import Orthanc, free_port, wait_until
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ComprehensiveSRStorage, ExplicitVRLittleEndian, generate_uid

from pneumo_viewer.jobs.networking import archive_of
from pneumo_viewer.network.archive import (
    MOST_STUDIES,
    Archive,
    FoundStudy,
    InstanceAddress,
    ServerError,
    StudyQuery,
    keep,
    newest_first,
)
from pneumo_viewer.network.dimse import DimseArchive
from pneumo_viewer.network.servers import DimseServer
from resources import DEMO_STUDIES

PATIENT = "NIH-00003363"
FILES = ("00003363_001.dcm", "00003363_002.dcm")


@pytest.fixture(params=["dimse", "web"])
def archive(request: pytest.FixtureRequest, orthanc: Orthanc) -> Archive:
    return archive_of(getattr(orthanc, request.param))


def report(patient: str) -> Dataset:
    """A structured report without content, of a study of its own."""
    dataset = Dataset()
    dataset.SOPClassUID = ComprehensiveSRStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = generate_uid()
    dataset.Modality = "SR"
    dataset.PatientID = patient
    dataset.PatientName = "Report^Test"
    dataset.StudyDate = "20240229"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def test_an_archive_that_is_there_passes_its_test(archive: Archive) -> None:
    archive.test()


def test_studies_are_found_with_what_the_table_shows(archive: Archive) -> None:
    found = archive.find_studies(StudyQuery(patient_id=PATIENT))
    assert not found.is_capped
    files = [dcmread(DEMO_STUDIES / name, stop_before_pixels=True) for name in FILES]
    assert {study.uid for study in found.studies} == {file.StudyInstanceUID for file in files}
    for study in found.studies:
        assert study.patient_name == "NIH^00003363"
        assert study.patient_id == PATIENT
        assert study.modalities == "DX"
        assert study.images == "1"
        assert study.description.startswith("Chest radiograph, follow-up")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (StudyQuery(patient_name="NIH^0000"), 14),  # the beginning of a name is enough
        (StudyQuery(patient_name="*3363"), 2),
        (StudyQuery(patient_name="NIH^0000336?"), 2),
        (StudyQuery(patient_id="NIH-0001*"), 2),
        (StudyQuery(patient_id="NIH-"), 0),  # an id is whole unless it has a wildcard
        (StudyQuery(patient_id="NIH*", modalities=("CR", "DX")), 16),
        (StudyQuery(patient_id="NIH*", modalities=("CR",)), 0),
        (StudyQuery(patient_id="NIH*", accession="no such number"), 0),
        (StudyQuery(patient_id="NIH*", first=date(2200, 1, 1)), 0),
    ],
)
def test_every_field_narrows_the_search(archive: Archive, query: StudyQuery, count: int) -> None:
    assert len(archive.find_studies(query).studies) == count


def test_what_is_retrieved_is_what_was_stored_bit_for_bit(archive: Archive, tmp_path: Path) -> None:
    for name in FILES:
        original = dcmread(DEMO_STUDIES / name)
        (address,) = archive.list_instances(original.StudyInstanceUID)
        path = keep(archive.retrieve(address), address, tmp_path / "received")
        fetched = dcmread(path)
        assert fetched == original
        assert fetched.PixelData == original.PixelData
        assert fetched.file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID
        assert path.parent.name == original.StudyInstanceUID
    assert (tmp_path / "received").stat().st_mode & 0o777 == 0o700


def test_a_report_that_was_stored_is_found_by_its_date_and_fetched(
    archive: Archive, tmp_path: Path
) -> None:
    sent = report(f"SR-{type(archive).__name__}")
    sent.save_as(tmp_path / "report.dcm", enforce_file_format=True)
    archive.store(tmp_path / "report.dcm")
    query = StudyQuery(patient_id=sent.PatientID, first=date(2024, 2, 29), last=date(2024, 2, 29))
    (study,) = archive.find_studies(query).studies
    assert (study.date, study.modalities) == ("20240229", "SR")
    (address,) = archive.list_instances(study.uid)
    path = keep(archive.retrieve(address), address, tmp_path)
    assert dcmread(path) == sent
    day_before = StudyQuery(patient_id=sent.PatientID, last=date(2024, 2, 28))
    assert archive.find_studies(day_before).studies == ()


def test_what_is_gone_meanwhile_is_said(archive: Archive) -> None:
    gone = InstanceAddress("1.2.3", "1.2.4", "1.2.5")
    with pytest.raises(ServerError, match="Orthanc") as caught:
        archive.retrieve(gone)
    returned = pickle.loads(pickle.dumps(caught.value))
    assert returned.reason == caught.value.reason, "it comes whole out of its process"


def test_more_studies_than_are_listed_are_capped_newest_first() -> None:
    studies = [
        FoundStudy(str(number), "", "", f"{20200000 + number}", "", "", "")
        for number in range(MOST_STUDIES + 1)
    ]
    found = newest_first(studies)
    assert len(found.studies) == MOST_STUDIES
    assert found.is_capped
    assert found.studies[0].date == f"{20200000 + MOST_STUDIES}"
    assert not newest_first(studies[:-1]).is_capped
    assert len(newest_first([studies[0], studies[0]]).studies) == 1


def test_another_archive_takes_what_is_sent(program: Callable[[str], str], tmp_path: Path) -> None:
    port, received = free_port(), tmp_path / "received"
    received.mkdir()
    process = subprocess.Popen(
        [program("storescp"), "-od", str(received), "+xa", "-aet", "DCMTK", str(port)]
    )
    try:
        peer = DimseArchive(
            DimseServer(name="dcmtk", host="localhost", port=port, called_title="DCMTK")
        )

        def is_up() -> bool:
            try:
                peer.test()
            except ServerError:
                return False
            return True

        wait_until(is_up)
        peer.store(DEMO_STUDIES / FILES[0])
        (file,) = received.iterdir()
        assert dcmread(file) == dcmread(DEMO_STUDIES / FILES[0])
        with pytest.raises(ServerError, match="does not offer what was asked: C-FIND"):
            peer.find_studies(StudyQuery())
    finally:
        process.terminate()
        process.wait(10)
