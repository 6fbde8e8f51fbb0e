"""The command before there is a window: what it answers, and what it misses on this machine."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from detector import __version__
from pneumo_viewer.__main__ import main
from pneumo_viewer.environment import why_no_window

REPOSITORY = Path(__file__).parents[2]
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of libraries that cannot be loaded; none at first."""
    names: set[str] = set()

    def load(name: str) -> None:
        if name in names:
            raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", load)
    return names


def test_the_version_is_printed_without_importing_qt_or_torch() -> None:
    script = (
        "import sys; from pneumo_viewer.__main__ import main; status = main(['--version'])\n"
        "sys.exit(status or ' '.join({'PySide6', 'torch', 'numpy'} & set(sys.modules)))"
    )
    environ = {name: value for name, value in os.environ.items() if name not in SCREENS}
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env=environ,
    )
    assert (result.stdout, result.stderr.strip()) == (f"pneumo-viewer {__version__}\n", "")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("absent", "No such file or directory"),
        ("file/absent", "Not a directory"),
        ("n" * 300, "File name too long"),
    ],
)
def test_a_path_that_cannot_be_opened_ends_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as end:
        main([str(tmp_path / path)])
    assert end.value.code == 2
    assert capsys.readouterr().err.endswith(f"error: {tmp_path / path}: {reason}\n")


def test_without_a_screen_the_reader_is_told_of_the_command_that_needs_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in SCREENS:
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 2
    told = capsys.readouterr()
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in told.err
    assert "pneumo-detect FOLDER" in told.err
    assert told.out == ""


def test_a_missing_library_is_named_by_its_package_and_qt_never_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: set[str]
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    missing.add("libxcb-cursor.so.0")
    assert main([]) == 2
    assert capsys.readouterr().err.endswith("sudo apt install libxcb-cursor0\n")


def test_a_package_that_holds_two_missing_libraries_is_named_once(missing: set[str]) -> None:
    missing |= {"libglib-2.0.so.0", "libgthread-2.0.so.0", "libEGL.so.1"}
    problem = why_no_window({"DISPLAY": ":0"})
    assert problem is not None
    assert problem.endswith("sudo apt install libegl1 libglib2.0-0")


@pytest.mark.parametrize(
    ("environ", "absent", "package"),
    [
        ({"DISPLAY": ":0"}, "libxcb-cursor.so.0", "libxcb-cursor0"),
        ({"DISPLAY": ":0"}, "libwayland-client.so.0", None),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "libwayland-client.so.0", "libwayland-client0"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "libxcb-cursor.so.0", None),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "libwayland-client.so.0", None),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "libxcb-cursor.so.0", None),
        ({"QT_QPA_PLATFORM": "offscreen"}, "libxcb-cursor.so.0", None),
        ({"QT_QPA_PLATFORM": "offscreen"}, "libEGL.so.1", "libegl1"),
        ({"QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": "w"}, "libxcb.so.1", "libxcb1"),
    ],
)
def test_only_the_libraries_of_a_screen_that_can_be_used_are_asked_for(
    missing: set[str], environ: dict[str, str], absent: str, package: str | None
) -> None:
    assert why_no_window(environ) is None
    missing.add(absent)
    problem = why_no_window(environ)
    assert package in problem.split() if problem and package else problem is package


def test_other_systems_bring_what_qt_needs(
    monkeypatch: pytest.MonkeyPatch, missing: set[str]
) -> None:
    missing.add("libEGL.so.1")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert why_no_window({}) is None


# What the tables must hold is written in Qt's own libraries.

BASE_OF_EVERY_SYSTEM = (
    "libc.so",
    "libm.so",
    "libgcc_s.so",
    "libstdc++.so",
    "libz.so",
    "libzstd.so",
    "libdl.so",
    "librt.so",
    "libpthread.so",
    "ld-linux",
)


def needed_by(path: Path) -> Iterator[str]:
    """The DT_NEEDED names of a little-endian ELF64 library (System V ABI, chapters 4 and 5)."""
    data = path.read_bytes()
    assert data[:6] == b"\x7fELF\x02\x01"
    (table,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + size * n) for n in range(count)]
    for _, kind, _, _, offset, length, strings, *_ in sections:
        if kind == 6:  # SHT_DYNAMIC
            names = sections[strings][4]
            for tag, value in struct.iter_unpack("<QQ", data[offset : offset + length]):
                if tag == 1:  # DT_NEEDED
                    begin = names + value
                    yield data[begin : data.index(b"\0", begin)].decode()


def system_libraries(*patterns: str) -> set[str]:
    """What Qt's libraries need besides each other and the base of every system."""
    package = find_spec("PySide6")
    assert package is not None
    assert package.submodule_search_locations is not None
    qt = Path(package.submodule_search_locations[0]) / "Qt"
    own = {path.name for path in (qt / "lib").iterdir()}
    readers = [path for pattern in patterns for path in qt.glob(pattern)]
    assert len(readers) >= len(patterns)
    return {
        library
        for reader in readers
        for library in needed_by(reader)
        if library not in own and not library.startswith(BASE_OF_EVERY_SYSTEM)
    }


@pytest.mark.skipif(sys.platform != "linux", reason="reads the libraries of Linux")
@pytest.mark.parametrize(
    ("platform", "libraries"),
    [
        ("offscreen", ["lib/libQt6Core.so.6", "lib/libQt6DBus.so.6", "lib/libQt6Gui.so.6"]),
        ("offscreen", ["lib/libQt6Widgets.so.6", "lib/libQt6Svg.so.6"]),
        ("xcb", ["lib/libQt6XcbQpa.so.6", "plugins/platforms/libqxcb.so"]),
        ("wayland", ["lib/libQt6WaylandClient.so.6", "plugins/platforms/libqwayland*.so"]),
    ],
)
def test_every_system_library_that_qt_needs_is_asked_for(
    missing: set[str], platform: str, libraries: list[str]
) -> None:
    needed = system_libraries(*libraries)
    assert needed
    for library in needed:
        missing.add(library)
        assert why_no_window({"QT_QPA_PLATFORM": platform}) is not None, library
        missing.clear()
