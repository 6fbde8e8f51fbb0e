"""What is remembered between two starts, and what happens to a file that cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pneumo_viewer.settings import Settings, load_settings, save_settings, settings_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def test_what_is_saved_is_loaded_again(path: Path) -> None:
    settings = Settings(
        reader="Ada Lovelace",
        recent_folders=(Path("/studies/Übung"), Path("/studies/b")),
        window_geometry="AdnQywADAAA=",
        window_layout="AAAA/w==",
    )
    save_settings(settings, path)
    assert load_settings(path)[0] == settings


def test_without_a_file_the_reader_is_who_is_logged_in_and_nothing_is_recent(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    assert load_settings(path)[0] == Settings(reader="grace")
    assert Settings().recent_folders == ()


def test_the_reader_has_a_name_even_where_nobody_is_logged_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert Settings().reader == "reader"


def test_settings_of_a_later_version_are_read_as_far_as_they_are_known(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"reader": "ada", "hanging_protocol": 3}')
    assert load_settings(path)[0].reader == "ada"


@pytest.mark.parametrize(
    "content",
    [
        b'{"reader": "ada", "recent_folders": ["/studies/Doe^John"',
        b'{"reader": "", "recent_folders": ["/studies/Doe^John"]}',
        b'{"recent_folders": {"first": "/studies/Doe^John"}}',
        b"\xff\xfe\x00Doe^John",
    ],
    ids=["breaks off", "no reader", "wrong type", "not UTF-8"],
)
def test_an_unusable_file_is_set_aside_whole_and_only_the_fault_is_logged(
    path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    settings, sentence = load_settings(path)
    assert settings == Settings()
    assert sentence.endswith(f"Kept as they were: {path.with_suffix('.unusable.json')}")
    told = load_settings(path)
    assert told == (Settings(), ""), "the next start finds nothing and says nothing"
    assert not path.exists()
    assert [file.read_bytes() for file in path.parent.iterdir()] == [content]
    assert f"settings in {path} could not be used" in caplog.text
    assert "Doe^John" not in caplog.text
    caplog.clear()


def test_what_is_no_file_stays_where_it_is(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.mkdir(parents=True)
    assert load_settings(path)[0] == Settings()
    assert path.is_dir()
    assert "Is a directory" in caplog.text
    caplog.clear()


def test_an_unusable_file_that_cannot_be_moved_does_not_keep_the_window_from_opening(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path.parent.mkdir()
    path.write_text("{")
    monkeypatch.setattr(Path, "replace", refuse)
    assert load_settings(path)[0] == Settings()
    assert path.read_text() == "{"
    assert "Permission denied" in caplog.text
    caplog.clear()


def test_recent_folders_are_newest_first_without_doubles_and_at_most_eight() -> None:
    settings = Settings()
    for number in range(1, 10):
        settings = settings.with_recent(Path(f"/studies/{number}"))
    assert [folder.name for folder in settings.recent_folders] == list("98765432")
    settings = settings.with_recent(Path("/studies/4"))
    assert [folder.name for folder in settings.recent_folders] == list("49876532")


def test_a_recent_folder_is_found_again_from_another_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings().with_recent(Path("studies")).recent_folders == (tmp_path / "studies",)


def test_a_folder_whose_name_is_not_unicode_opens_and_is_not_remembered(path: Path) -> None:
    settings = Settings().with_recent(Path(os.fsdecode(b"/studies/M\xfcller")))
    assert settings == Settings()
    save_settings(settings, path)


def test_a_write_that_fails_leaves_the_settings_as_they_were(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_settings(Settings(reader="ada"), path)

    def write_half(draft: Path, text: str, **_: object) -> int:
        draft.write_bytes(text[: len(text) // 2].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write_half)
    with pytest.raises(OSError, match="No space left"):
        save_settings(Settings(reader="grace"), path)
    assert load_settings(path)[0].reader == "ada"


def test_saving_leaves_nothing_but_the_settings(path: Path) -> None:
    for reader in ("ada", "grace"):
        save_settings(Settings(reader=reader), path)
    assert list(path.parent.iterdir()) == [path]


def test_settings_lie_where_the_system_keeps_them(private_home: Path) -> None:
    assert settings_path().is_relative_to(private_home)
    assert settings_path().parts[-2:] == ("pneumo-viewer", "settings.json")
