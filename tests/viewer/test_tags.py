"""The DICOM tags of the current image: all of them, as text, found by typing, and never in the way.

What a row says is checked against files that are written here and against those of pydicom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from desk_stage import reading_window
from fake_jobs import FakeJobs
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from detector.errors import FileAccessError
from pneumo_viewer.library.tags import TagListing, TagRow, count_elements, list_tags, matching
from pneumo_viewer.main_window import MainWindow
from pneumo_viewer.panels.tags import Column, TagsPanel

CREATOR = "CLINIC 7"


def radiograph() -> Dataset:
    """A CR image with a sequence, private elements, long text and a table of 70,000 bytes."""
    dataset = Dataset()
    dataset.SOPClassUID = ComputedRadiographyImageStorage
    dataset.SOPInstanceUID = "1.2.3"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.Modality = "CR"
    dataset.PatientName = "Doe^Jane"
    dataset.PatientID = "P-7"
    dataset.KVP = "120.50"
    dataset.ImageComments = "first line\r\nsecond line"
    code = Dataset()
    code.CodeValue = "399348003"
    code.CodeMeaning = "postero-anterior"
    dataset.ViewCodeSequence = [code]
    dataset.private_block(0x0019, CREATOR, create=True).add_new(1, "LO", "grid in")
    dataset.Rows = dataset.Columns = 8
    dataset.RedPaletteColorLookupTableData = bytes(70_000)
    dataset.PixelData = bytes(64)
    dataset["PixelData"].VR = "OB"
    return dataset


def write(path: Path, dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> Path:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax == JPEG2000Lossless:
        # An empty offset table and one fragment of 100,000 bytes (PS3.5, A.4).
        fragment = b"\xfe\xff\x00\xe0" + (100_000).to_bytes(4, "little") + bytes(100_000)
        dataset.PixelData = b"\xfe\xff\x00\xe0" + bytes(4) + fragment
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path, enforce_file_format=True)
    return path


def flat(rows: tuple[TagRow, ...]) -> Iterator[TagRow]:
    for row in rows:
        yield row
        yield from flat(row.children)


def row_of(listing: TagListing, name: str) -> TagRow:
    (row,) = (row for row in flat(listing.rows) if name in (row.tag, row.keyword, row.name))
    return row


# Reading


def test_every_element_is_listed_with_tag_name_representation_and_value(tmp_path: Path) -> None:
    listing = list_tags(write(tmp_path / "a.dcm", radiograph()))
    assert listing.problem == ""
    assert row_of(listing, "PatientName") == TagRow(
        "(0010,0010)", "PatientName", "Patient's Name", "PN", "Doe^Jane"
    )
    assert row_of(listing, "KVP").value == "120.50", "as the file says it, not as a number"
    assert row_of(listing, "ImageType").value == "ORIGINAL\\PRIMARY"
    uid = "1.2.840.10008.5.1.4.1.1.1 (Computed Radiography Image Storage)"
    assert row_of(listing, "MediaStorageSOPClassUID").value == uid
    tags = [row.tag for row in listing.rows]
    assert tags == sorted(tags), "file meta first, then by tag"


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        JPEG2000Lossless,
    ],
)
def test_every_transfer_syntax_gives_the_same_rows(tmp_path: Path, syntax: str) -> None:
    plain = list_tags(write(tmp_path / "a.dcm", radiograph()))
    other = list_tags(write(tmp_path / "b.dcm", radiograph(), syntax))

    def compared(listing: TagListing) -> list[TagRow]:
        left_out = ("(0002", "(0019,1001)", "(7FE0")  # implicit VR leaves the private one unknown
        return [row for row in listing.rows if not row.tag.startswith(left_out)]

    assert compared(other) == compared(plain)


def test_a_sequence_holds_its_items_and_an_item_its_elements(tmp_path: Path) -> None:
    row = row_of(list_tags(write(tmp_path / "a.dcm", radiograph())), "ViewCodeSequence")
    assert (row.vr, row.value) == ("SQ", "1 item")
    (item,) = row.children
    assert (item.tag, item.name, item.value) == ("", "Item 1", "2 elements")
    assert [child.value for child in item.children] == ["399348003", "postero-anterior"]


def test_private_elements_are_named_after_their_creator(tmp_path: Path) -> None:
    listing = list_tags(write(tmp_path / "a.dcm", radiograph()))
    assert row_of(listing, "(0019,0010)").name == "Private creator"
    own = row_of(listing, "(0019,1001)")
    assert (own.name, own.keyword, own.value) == (f"{CREATOR}: unknown", "", "grid in")
    known = list_tags(Path(get_testdata_file("CT_small.dcm")))
    assert row_of(known, "(0009,1002)").name == "GEMS_IDEN_01: Suite id"


def test_bulk_is_said_by_its_length_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.dcm", radiograph())
    most = 0

    class Counting:
        """A file that remembers the most that was asked of it at once."""

        def __init__(self, stream: object) -> None:
            self._stream = stream

        def __getattr__(self, name: str) -> object:
            return getattr(self._stream, name)

        def __enter__(self) -> Counting:
            return self

        def __exit__(self, *_: object) -> None:
            self._stream.close()  # type: ignore[attr-defined]

        def read(self, size: int = -1) -> bytes:
            nonlocal most
            data: bytes = self._stream.read(size)  # type: ignore[attr-defined]
            most = max(most, len(data))
            return data

    really_open = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode: Counting(really_open(path, mode)))
    listing = list_tags(path)
    assert row_of(listing, "RedPaletteColorLookupTableData").value == "70,000 bytes"
    assert row_of(listing, "(7FE0,0010)").value == bytes(64).hex(" ")
    assert 64 <= most < 64 * 1024


def test_compressed_pixels_are_said_by_their_length_and_what_follows_them_is_listed(
    tmp_path: Path,
) -> None:
    dataset = radiograph()
    dataset.add_new(0xFFFCFFFC, "OB", bytes(126))
    listing = list_tags(write(tmp_path / "a.dcm", dataset, JPEG2000Lossless))
    assert row_of(listing, "PixelData").value == "about 100 kB, compressed"
    assert row_of(listing, "DataSetTrailingPadding").value == "126 bytes"
    assert listing.problem == ""


def test_a_file_that_breaks_off_shows_what_there_is_and_says_where(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", radiograph())
    whole = list_tags(path)
    data = path.read_bytes()
    cut = data.index(b"postero-anterior") + 7
    path.write_bytes(data[:cut])
    listing = list_tags(path)
    assert listing.problem == (
        "The file is damaged at (0054,0220) ViewCodeSequence: that element is incomplete, and what "
        "follows it is missing."
    )
    before = [row for row in whole.rows if row.tag < "(0054"]
    assert [row for row in listing.rows if row.tag < "(0054"] == before


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "rtplan_truncated.dcm"])
def test_truncated_samples_show_what_there_is(name: str) -> None:
    listing = list_tags(Path(get_testdata_file(name)))
    assert listing.problem.startswith("The file is damaged at (")
    assert row_of(listing, "PatientName").value


@pytest.mark.parametrize("cut", range(140, 1500, 61))
def test_a_file_that_breaks_off_anywhere_never_raises(tmp_path: Path, cut: int) -> None:
    for syntax in (ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian):
        path = write(tmp_path / "a.dcm", radiograph(), syntax)
        path.write_bytes(path.read_bytes()[:cut])
        list_tags(path)


def test_an_element_that_cannot_be_converted_says_so_beside_the_others(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", radiograph(), ImplicitVRLittleEndian)
    # Rows (0028,0010), implicit VR, 2 bytes of US: of 3 bytes it is no number.
    data = path.read_bytes()
    rows = b"\x28\x00\x10\x00\x02\x00\x00\x00\x08\x00"
    path.write_bytes(data.replace(rows, b"\x28\x00\x10\x00\x03\x00\x00\x00\x08\x00\x00"))
    listing = list_tags(path)
    assert row_of(listing, "Rows").value == "cannot be read"
    assert row_of(listing, "Columns").value == "8"


def test_a_picture_has_no_elements_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    assert list_tags(path) == TagListing((), "This file is a picture. It has no DICOM elements.")


def test_a_file_that_is_gone_is_an_access_error(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError):
        list_tags(tmp_path / "gone.dcm")


# Searching


@pytest.mark.parametrize(
    "words", ["0010,0010", "(0010,0010)", "00100010", "patientname", "patient's name", "doe^j"]
)
def test_a_tag_a_keyword_a_name_and_a_value_find_their_row(tmp_path: Path, words: str) -> None:
    listing = list_tags(write(tmp_path / "a.dcm", radiograph()))
    assert [row.keyword for row in matching(listing.rows, words)] == ["PatientName"]


def test_what_is_found_in_a_sequence_stands_below_its_parents_and_alone(tmp_path: Path) -> None:
    listing = list_tags(write(tmp_path / "a.dcm", radiograph()))
    (sequence,) = matching(listing.rows, "postero")
    (item,) = sequence.children
    assert sequence.keyword == "ViewCodeSequence"
    assert [row.keyword for row in item.children] == ["CodeMeaning"]
    assert matching(listing.rows, "nowhere in it") == ()
    assert matching(listing.rows, "  ") == listing.rows


# The panel


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> TagsPanel:
    panel = TagsPanel()
    qtbot.addWidget(panel)
    panel.resize(404, 500)
    panel.show()
    panel.show_listing(list_tags(write(tmp_path / "a.dcm", radiograph())))
    return panel


def find(panel: TagsPanel, keyword: str, parent: QModelIndex | None = None) -> QModelIndex:
    """The row of an element, at any depth."""
    parent = parent or QModelIndex()
    for number in range(panel.model.rowCount(parent)):
        index = panel.model.index(number, 0, parent)
        if panel.model.row(index).keyword == keyword:
            return index
        if (below := find(panel, keyword, index)).isValid():
            return below
    return QModelIndex()


def test_sequences_are_folded_until_a_search_finds_something_in_them(panel: TagsPanel) -> None:
    sequence = find(panel, "ViewCodeSequence")
    assert not panel.tree.isExpanded(sequence)
    panel.search.setText("postero")
    meaning = find(panel, "CodeMeaning")
    assert panel.tree.visualRect(meaning).isValid(), "it is in sight"
    assert panel.summary.text() == "2 of 24 elements shown"
    panel.search.clear()
    assert not panel.tree.isExpanded(find(panel, "ViewCodeSequence"))
    assert panel.summary.text() == "24 elements"


def test_a_long_value_is_one_line_and_whole_in_its_tool_tip(panel: TagsPanel) -> None:
    value = find(panel, "ImageComments").siblingAtColumn(Column.VALUE)
    assert value.data() == "first line ↵ second line"
    assert value.data(Qt.ItemDataRole.ToolTipRole) == "first line\r\nsecond line"


def test_the_value_and_the_row_can_be_copied(panel: TagsPanel, qtbot: QtBot) -> None:
    panel.tree.setCurrentIndex(find(panel, "PatientName"))
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Doe^Jane"
    panel.copy_row.trigger()
    assert QGuiApplication.clipboard().text() == "(0010,0010)\tPatient's Name\tPN\tDoe^Jane"
    menu = [action.text() for action in panel.tree.actions()]
    assert panel.tree.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu
    assert menu == ["Copy value", "Copy row"]


def test_the_selected_tag_stays_selected_in_the_next_image(
    panel: TagsPanel, tmp_path: Path
) -> None:
    panel.tree.setCurrentIndex(find(panel, "KVP"))
    other = radiograph()
    del other.ImageType
    other.KVP = "80"
    panel.show_listing(list_tags(write(tmp_path / "b.dcm", other)))
    assert panel.model.row(panel.tree.currentIndex()).value == "80"


def test_a_problem_is_said_above_what_could_be_read(panel: TagsPanel) -> None:
    row = TagRow("(0010,0020)", "PatientID", "Patient ID", "LO", "7")
    panel.show_listing(TagListing((row,), "The file is damaged."))
    assert panel.problem.isVisible()
    assert panel.problem.text() == "The file is damaged."
    assert panel.model.rowCount() == 1
    panel.show_listing(TagListing((row,)))
    assert not panel.problem.isVisible()


def test_one_element_of_ten_thousand_is_found_below_its_sequence(panel: TagsPanel) -> None:
    items = tuple(
        TagRow(
            "", "", f"Item {n}", "", "1 element", (TagRow("(0040,A123)", "", "", "PN", f"v{n}"),)
        )
        for n in range(10_000)
    )
    sequence = TagRow("(0040,A730)", "ContentSequence", "Content", "SQ", "10000 items", items)
    panel.show_listing(TagListing((sequence,)))
    assert count_elements((sequence,)) == 10_001
    panel.search.setText("v9999")
    assert panel.tree.isExpanded(panel.model.index(0, 0))
    assert panel.summary.text() == "2 of 10,001 elements shown"


# In the window


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    with reading_window(qtbot, tmp_path / "reviews.sqlite3") as window:
        window.show()
        qtbot.waitExposed(window)
        yield window


def listing_of(key: str) -> TagListing:
    return TagListing((TagRow("(0010,0020)", "PatientID", "Patient ID", "LO", key),))


@pytest.fixture
def waiting(window: MainWindow) -> Callable[[], list[str]]:
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    return lambda: [Path(job.task.arguments[0]).stem for job in jobs.named("list_tags")]


def test_tags_are_read_in_a_worker_process_only_while_they_are_looked_at(
    window: MainWindow, waiting: Callable[[], list[str]]
) -> None:
    assert not window.tags_desk.panel.isVisible()
    assert waiting() == []
    window.actions_by_id["show_tags"].trigger()
    assert window.tags_desk.panel.isVisible(), "before the panels that share its place"
    assert waiting() == ["a"]
    window.session.show("b")
    assert waiting() == ["b"], "the first is wanted no more"
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    jobs.named("list_tags")[0].give(listing_of("b"))
    assert window.tags_desk.panel.summary.text() == "1 element"
    window.actions_by_id["show_tags"].trigger()
    window.session.show("a")
    assert waiting() == []
    window.actions_by_id["show_tags"].trigger()
    assert waiting() == ["a"], "it catches up when it is seen again"


def test_the_key_of_a_panel_behind_another_brings_it_forward_and_then_hides_it(
    window: MainWindow,
) -> None:
    findings, tags = window.docks["findings"], window.docks["tags"]
    show_findings = window.actions_by_id["show_findings"]
    window.actions_by_id["show_tags"].trigger()
    assert findings.visibleRegion().isEmpty()
    show_findings.trigger()
    assert show_findings.isChecked()
    assert not findings.visibleRegion().isEmpty()
    assert tags.visibleRegion().isEmpty()
    show_findings.trigger()
    assert not show_findings.isChecked()
    assert findings.isHidden()


def test_a_comment_is_never_typed_behind_the_tags(window: MainWindow) -> None:
    window.actions_by_id["show_tags"].trigger()
    window.actions_by_id["comment"].trigger()
    assert not window.findings_panel.exam.comment.visibleRegion().isEmpty()


def test_the_panel_in_front_is_in_front_again_after_all_were_hidden(window: MainWindow) -> None:
    window.actions_by_id["show_tags"].trigger()
    window.docks["findings"].raise_()
    window.docks.toggle_hidden()
    window.docks.toggle_hidden()
    assert not window.docks["findings"].visibleRegion().isEmpty()
    assert window.actions_by_id["show_tags"].isChecked()


def test_a_file_that_cannot_be_read_says_why(
    window: MainWindow, waiting: Callable[[], list[str]]
) -> None:
    window.actions_by_id["show_tags"].trigger()
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    jobs.named("list_tags")[0].run()  # /studies/a.dcm does not exist
    assert window.tags_desk.panel.problem.text().startswith("No access: no such file")


def test_closing_the_studies_empties_the_panel(
    window: MainWindow, waiting: Callable[[], list[str]]
) -> None:
    window.actions_by_id["show_tags"].trigger()
    jobs = window.workspace.jobs
    assert isinstance(jobs, FakeJobs)
    jobs.named("list_tags")[0].give(listing_of("a"))
    window.actions_by_id["close_all"].trigger()
    panel = window.tags_desk.panel
    assert panel.model.rowCount() == 0
    assert panel.problem.text() == "Open an image to see its tags."
