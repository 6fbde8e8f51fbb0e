"""Files are found once each, in order, and what cannot be read is said."""

from __future__ import annotations

import os
from pathlib import Path

from detector.files import find_files


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def names(files: list[Path], folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in files]


def test_folders_are_walked_in_alphabetical_order_with_all_inside(tmp_path: Path) -> None:
    make(tmp_path, "b.dcm", "a", "sub/z.png", "sub/deep/x", "other/y")

    files, errors = find_files([tmp_path])

    assert names(files, tmp_path) == ["a", "b.dcm", "other/y", "sub/z.png", "sub/deep/x"]
    assert errors == []


def test_names_that_begin_with_a_dot_are_passed_over_unless_named(tmp_path: Path) -> None:
    make(tmp_path, ".DS_Store", ".git/config", "a")

    assert names(find_files([tmp_path])[0], tmp_path) == ["a"]
    assert names(find_files([tmp_path / ".DS_Store"])[0], tmp_path) == [".DS_Store"]


def test_a_file_that_is_reached_twice_is_found_once(tmp_path: Path) -> None:
    make(tmp_path, "study/a", "study/b")
    (tmp_path / "study" / "link").symlink_to(tmp_path / "study" / "a")

    files, _ = find_files([tmp_path / "study" / "b", tmp_path / "study", tmp_path])

    assert names(files, tmp_path) == ["study/b", "study/a"]


def test_what_is_to_be_left_out_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a", "out/b.csv", "out/overlays/c.png", "out/d")

    files, _ = find_files([tmp_path], [tmp_path / "out/b.csv", tmp_path / "out/overlays"])

    assert names(files, tmp_path) == ["a", "out/d"]


def test_links_that_lead_nowhere_but_to_themselves_are_errors(tmp_path: Path) -> None:
    make(tmp_path, "a")
    (tmp_path / "loop").symlink_to("loop")

    files, errors = find_files([tmp_path], leaving_out=[tmp_path / "loop" / "below"])

    assert names(files, tmp_path) == ["a"]
    assert [error.source for error in errors] == [str(tmp_path / "loop")]


def test_pipes_and_broken_links_are_errors_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")

    files, errors = find_files([tmp_path])

    assert files == []
    assert [error.detail for error in errors] == [
        "no such file or directory",
        "it is a pipe, socket or device",
    ]
