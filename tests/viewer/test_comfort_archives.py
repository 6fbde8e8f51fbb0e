"""ZIP archives and DICOMDIR: opened as what they hold, and never a way out of their folder."""

from __future__ import annotations

import io
import shutil
import struct
import zipfile
from pathlib import Path

import pytest
from fake_jobs import FakeJobs
from pydicom import dcmread
from pydicom.config import disable_value_validation
from pydicom.data import get_testdata_file
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from pneumo_viewer.jobs.loading import StudyLoader
from pneumo_viewer.library import archives
from pneumo_viewer.library.archives import is_archive, unpack
from pneumo_viewer.library.scanning import sort_paths
from resources import DEMO_STUDIES

STUDY = DEMO_STUDIES / "00000150_002.dcm"


def archive(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return path


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return folder


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_an_archive_is_told_by_its_content(tmp_path: Path) -> None:
    assert is_archive(archive(tmp_path / "export of march"))
    (tmp_path / "letter.zip").write_text("Dear colleague")
    assert not is_archive(tmp_path / "letter.zip")
    assert not is_archive(tmp_path / "absent.zip")
    assert not is_archive(STUDY)


def test_an_archive_that_is_opened_is_unpacked_and_one_in_a_folder_is_a_file(
    tmp_path: Path,
) -> None:
    opened = archive(tmp_path / "a.zip", x=b"1")
    listing = sort_paths([opened, STUDY])
    assert (listing.archives, listing.files) == ((opened,), (STUDY,))


def test_an_archive_becomes_a_folder_of_its_own(tmp_path: Path, into: Path) -> None:
    listing = unpack(archive(tmp_path / "a.zip", **{"one/image": b"1", "two/image": b"2"}), into)
    (folder,) = listing.folders
    assert folder.path.parent == into
    assert files(folder.path) == ["one/image", "two/image"]
    assert listing.refusals == ()
    again = unpack(tmp_path / "a.zip", into)
    assert again.folders[0].path != folder.path


def test_names_that_lead_out_of_the_folder_stay_in_it(tmp_path: Path, into: Path) -> None:
    listing = unpack(
        archive(tmp_path / "a.zip", **{"../../evil": b"1", "/etc/evil": b"2", "C:\\evil": b"3"}),
        into,
    )
    inside = files(listing.folders[0].path)
    assert len(inside) == 3
    assert files(into) == [f"{listing.folders[0].path.name}/{name}" for name in inside]
    assert not (tmp_path / "evil").exists()


def test_a_link_is_unpacked_as_a_file_and_leads_nowhere(tmp_path: Path, into: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(link, "/etc/passwd")
    path = unpack(tmp_path / "a.zip", into).folders[0].path / "link"
    assert not path.is_symlink()
    assert path.read_text() == "/etc/passwd"


def test_an_archive_that_would_fill_the_disk_is_refused(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    listing = unpack(archive(tmp_path / "bomb.zip", x=bytes(10**6)), into)
    assert listing.folders == ()
    assert "unpacked it takes 1 MB, for which there is no room" in listing.refusals[0].reason
    assert files(into) == []


def test_one_damaged_entry_is_refused_and_the_others_are_there(tmp_path: Path, into: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as made:
        made.writestr("good", b"GOOD" * 10)
        made.writestr("bad", b"EVIL" * 10)
    path.write_bytes(path.read_bytes().replace(b"EVIL" * 10, b"LIVE" * 10))
    listing = unpack(path, into)
    assert "good" in files(listing.folders[0].path)
    assert [refusal.path for refusal in listing.refusals] == [path / "bad"]
    assert "bad crc" in listing.refusals[0].reason.lower()


def test_an_encrypted_entry_is_refused_by_its_flag(tmp_path: Path, into: Path) -> None:
    path = archive(tmp_path / "a.zip", secret=b"1")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # APPNOTE.TXT, 4.3.7, 4.3.12
        at = data.index(signature) + offset
        struct.pack_into("<H", data, at, 1)
    path.write_bytes(data)
    listing = unpack(path, into)
    assert "it is encrypted" in listing.refusals[0].reason


@pytest.mark.parametrize("cut", [30, 60])
def test_an_archive_that_breaks_off_is_refused_in_words(
    tmp_path: Path, into: Path, cut: int
) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        made.writestr("image", b"1" * 200)
    (tmp_path / "a.zip").write_bytes(whole.getvalue()[:-cut])
    listing = unpack(tmp_path / "a.zip", into)
    assert listing.refusals[0].kind == "damaged file"


def test_an_archive_that_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, into: Path
) -> None:
    assert "no such file" in unpack(tmp_path / "absent.zip", into).refusals[0].reason


def work(jobs: FakeJobs) -> None:
    while jobs.waiting:
        jobs.waiting[0].run()
        QCoreApplication.processEvents()


def test_the_loader_finds_the_images_of_an_archive_and_deletes_them_when_closed(
    tmp_path: Path, qtbot: QtBot
) -> None:
    path = archive(tmp_path / "a.zip", **{"deep/image": STUDY.read_bytes(), "notes": b"?"})
    jobs = FakeJobs()
    loader = StudyLoader(jobs)  # type: ignore[arg-type]
    found: list[Path] = []
    refused: list[str] = []
    loader.found.connect(lambda images: found.extend(image.path for image in images))
    loader.refused.connect(lambda refusals: refused.extend(r.path.name for r in refusals))
    loader.open([path])
    work(jobs)
    assert [image.name for image in found] == ["image"]
    assert refused == ["notes"]
    assert found[0].exists()
    loader.close()
    assert not found[0].exists()
    assert not found[0].parents[2].exists()
    assert path.exists()


def test_a_dicomdir_opens_the_folder_that_it_indexes() -> None:
    index = Path(get_testdata_file("DICOMDIR"))
    (folder,) = sort_paths([index]).folders
    assert folder.path == index.parent


def test_a_dicomdir_that_names_files_outside_its_folder_opens_none_of_them(
    tmp_path: Path, qtbot: QtBot
) -> None:
    disc = tmp_path / "disc"
    disc.mkdir()
    shutil.copy(STUDY, tmp_path / "SECRET")
    shutil.copy(STUDY, disc / "IMAGE")
    directory = dcmread(get_testdata_file("DICOMDIR"))
    with disable_value_validation():
        for record in directory.DirectoryRecordSequence:
            if "ReferencedFileID" in record:
                record.ReferencedFileID = ["..", "SECRET"]
        directory.save_as(disc / "DICOMDIR")
    jobs = FakeJobs()
    loader = StudyLoader(jobs)  # type: ignore[arg-type]
    found: list[Path] = []
    loader.found.connect(lambda images: found.extend(image.path for image in images))
    loader.open([disc / "DICOMDIR"])
    work(jobs)
    assert found == [disc / "IMAGE"]
    loader.close()


def test_an_archive_counts_in_the_progress_while_it_is_unpacked(
    tmp_path: Path, qtbot: QtBot
) -> None:
    jobs = FakeJobs()
    loader = StudyLoader(jobs)  # type: ignore[arg-type]
    progress: list[tuple[int, int]] = []
    loader.progressed.connect(lambda done, total: progress.append((done, total)))
    loader.open([archive(tmp_path / "a.zip", image=STUDY.read_bytes())])
    work(jobs)
    # Before it is unpacked, then with its one image known, and with that examined.
    assert progress[0] == (0, 1)
    assert (1, 1) in progress
    assert progress[-1] == (2, 2)
    loader.close()
