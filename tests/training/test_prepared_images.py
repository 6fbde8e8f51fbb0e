"""Radiographs are decoded once, in any number of processes, and found again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from detector.dicom.reading import read_identity, read_radiograph
from detector.errors import DamagedFileError, FolderNotWritableError, InputError
from detector.preparation import prepare
from detector.presets import PRESETS
from resources import DEMO_STUDIES
from training.datasets import prepared_images
from training.datasets.decoding import decode_many
from training.datasets.labelled_image import DataSetError, LabelledImage
from training.datasets.prepared_images import prepare_images
from training.datasets.rsna import read_challenge

PRESET = PRESETS["compact"]
DEMO = sorted(DEMO_STUDIES.glob("*.dcm"))


@pytest.fixture
def images(challenge_folder: Path) -> list[LabelledImage]:
    return read_challenge(challenge_folder)


def truncate(path: Path) -> bytes:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return whole


def test_training_sees_what_the_engine_sees(images: list[LabelledImage], tmp_path: Path) -> None:
    for flags in ((False, False), (True, False), (False, True), (True, True)):
        preset = replace(PRESET, has_median_filter=flags[0], has_clahe=flags[1])
        prepared = prepare_images(images, 64, tmp_path / "cache", preset=preset)
        for index, image in enumerate(images):
            square, image_map = prepare(read_radiograph(image.path), 64, preset)
            np.testing.assert_array_equal(prepared.pixels[index], square)
            assert prepared.maps[index] == image_map


def test_each_image_carries_its_instance_and_a_digest_of_its_pixels(
    images: list[LabelledImage], tmp_path: Path
) -> None:
    small = prepare_images(images, 32, tmp_path / "cache", preset=PRESET)
    large = prepare_images(images, 64, tmp_path / "cache", preset=PRESET)
    assert small.digests == large.digests
    assert len(set(small.digests)) == len(images)
    assert small.sop_instance_uids == tuple(
        read_identity(image.path).sop_instance_uid for image in images
    )


def test_what_was_decoded_before_an_interruption_is_not_decoded_again(
    images: list[LabelledImage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = truncate(images[4].path)
    done: list[int] = []
    with pytest.raises(InputError):
        prepare_images(images, 32, tmp_path / "cache", done.append, preset=PRESET)
    assert done == [1, 2, 3, 4]
    assert all("partial" in path.name for path in (tmp_path / "cache").iterdir())

    # As the digest of the images asks: the file gets back its size and its time.
    broken = prepared_images._digest(images, 32, PRESET)
    images[4].path.write_bytes(whole)
    monkeypatch.setattr(prepared_images, "_digest", lambda *_: broken)
    prepared = prepare_images(images, 32, tmp_path / "cache", done.append, preset=PRESET)
    assert done == [1, 2, 3, 4, 5, 6]
    assert len(list((tmp_path / "cache").iterdir())) == 2
    anew = prepare_images(images, 32, tmp_path / "other", preset=PRESET)
    np.testing.assert_array_equal(prepared.pixels, anew.pixels)
    assert prepared.digests == anew.digests
    assert prepared.maps == anew.maps


@pytest.mark.parametrize("kept", ["pixels", "facts"])
def test_an_array_that_breaks_off_is_made_again(
    images: list[LabelledImage], tmp_path: Path, kept: str
) -> None:
    first = prepare_images(images, 64, tmp_path / "cache", preset=PRESET)
    for path in (tmp_path / "cache").iterdir():
        if (".facts" in path.name) == (kept == "facts"):
            truncate(path)
    again = prepare_images(images, 64, tmp_path / "cache", preset=PRESET)
    assert again.digests == first.digests
    np.testing.assert_array_equal(
        again.pixels[0], prepare(read_radiograph(images[0].path), 64, PRESET)[0]
    )


def test_several_processes_give_what_one_gives() -> None:
    for one, other in zip(
        decode_many(DEMO, 64, PRESET, processes=1),
        decode_many(DEMO, 64, PRESET, processes=2),
        strict=True,
    ):
        np.testing.assert_array_equal(one.square, other.square)
        assert one[1:] == other[1:]


def test_a_file_that_cannot_be_read_is_named_from_another_process(tmp_path: Path) -> None:
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(DEMO[0].read_bytes())
    truncate(broken)
    with pytest.raises(InputError, match=r"broken\.dcm"):
        list(decode_many([DEMO[1], broken], 64, PRESET, processes=2))


def test_images_for_which_there_is_no_room_are_refused_before_any_is_decoded(
    images: list[LabelledImage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=10))
    with pytest.raises(FolderNotWritableError, match=r"need 0\.1 GB and 0\.0 GB are free"):
        prepare_images(images, 4096, tmp_path / "cache", preset=PRESET)
    assert list((tmp_path / "cache").iterdir()) == []


def test_nothing_to_prepare_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="There is no image"):
        prepare_images([], 32, tmp_path / "cache", preset=PRESET)


def test_a_missing_file_is_an_error_of_access(images: list[LabelledImage], tmp_path: Path) -> None:
    images[2].path.unlink()
    with pytest.raises(InputError, match=r"c\.dcm"):
        prepare_images(images, 32, tmp_path / "cache", preset=PRESET)
    assert not (tmp_path / "cache").exists()


def test_a_decoder_that_breaks_down_is_reported_with_its_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def __init__(self, *_: object, **__: object) -> None: ...
        def submit(self, *_: object) -> Future[None]:
            running: Future[None] = Future()
            running.set_result(None)
            return running

        def map(self, *_: object, **__: object) -> object:
            raise BrokenProcessPool

        def shutdown(self, **_: object) -> None: ...

    monkeypatch.setattr("training.datasets.decoding.ProcessPoolExecutor", Broken)
    with pytest.raises(DamagedFileError, match=r"00000150_002\.dcm: .* a decoder broke down"):
        list(decode_many(DEMO, 64, PRESET, processes=2))


def test_a_script_without_a_guarded_start_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from detector.presets import PRESETS\n"
        "from training.datasets.decoding import decode_many\n"
        f"paths = sorted(Path({str(DEMO_STUDIES)!r}).glob('*.dcm'))\n"
        "list(decode_many(paths, 32, PRESETS['compact'], processes=2))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        'put what it does under `if __name__ == "__main__":`'
    )
