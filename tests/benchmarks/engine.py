"""Time every back end beside torchvision's FCOS (ResNet-50) on the same input, in one run.

Prints milliseconds an image (median of rounds in which all take turns, so that other work on the
machine hits all alike), how many times faster than FCOS that is, the memory of a process that
holds the back end alone, and files a second from DICOM file to boxes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))

from detector.errors import BackEndUnavailableError
from detector.runtime.back_end import BackEndName
from detector.runtime.engine import Detector

DEMO = sorted((Path(__file__).parents[2] / "resources" / "demo").glob("*.dcm"))
FILES = 320
PEER = "torchvision FCOS"


def peer(size: int, batch: int, device: str) -> Callable[[], object]:
    """Make torchvision's FCOS ready to run on one batch."""
    import torch
    from torchvision.models.detection import fcos_resnet50_fpn

    network = fcos_resnet50_fpn(
        weights=None, weights_backbone=None, min_size=size, max_size=size
    ).eval()
    network.to(device)
    images = list(torch.rand(batch, 3, size, size, device=device))

    def run() -> None:
        with torch.inference_mode():
            network(images)
        if device != "cpu":
            torch.cuda.synchronize()

    return run


def ours(detector: Detector, batch: int) -> Callable[[], object]:
    """Make a detector ready to run on one batch, from grey values on the host to boxes there."""
    back_end = detector._back_end
    size = detector.card.preset.input_size
    squares = np.random.default_rng(0).integers(0, 256, (batch, size, size), np.uint8)
    step = back_end.batch_size
    return lambda: [back_end.begin(squares[at : at + step])() for at in range(0, batch, step)]


def unfolded(weights: Path, batch: int, device: str) -> Callable[[], object]:
    """Make the network ready to run as torch loads it."""
    import torch

    from detector.weights import load_weights

    network, card = load_weights(weights)
    network.to(device)
    size = card.preset.input_size
    images = torch.rand(batch, 1, size, size, device=device)
    return lambda: network.predict(images)


def medians(candidates: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each candidate over rounds in which all take turns."""
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds + 2):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            if number >= 2:
                times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


def make_weights(folder: Path, preset_name: str, size: int) -> Path:
    """Save a preset's network with random weights, for inputs of another size."""
    from detector.model_card import ModelCard
    from detector.networks.systems import build_network
    from detector.presets import PRESETS
    from detector.weights import save_weights

    preset = replace(PRESETS[preset_name], input_size=size)
    card = ModelCard(
        name=preset_name,
        version="0",
        preset=preset,
        terms="None.",
        training_data="None: the weights are random.",
        training_command="true",
        metrics=(),
        operating_points=(),
        score_threshold=0.2,
    )
    path = folder / f"{preset_name}-{size}.safetensors"
    save_weights(path, build_network(preset), card)
    return path


def memory(weights: Path, name: str, threads: int) -> tuple[float, float]:
    """Return the memory in MB, and the seconds to the first result, of a new process."""
    start = time.perf_counter()
    out = subprocess.run(
        [sys.executable, __file__, "--memory", name, str(weights), "--threads", str(threads)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return float(out), time.perf_counter() - start


def print_memory(weights: Path, name: BackEndName, threads: int) -> None:
    """Compute once and print the memory of this process in MB."""
    ours(Detector.load(weights, "auto", name, threads), 1)()
    print(psutil.Process().memory_info().rss / 2**20)  # noqa: T201


def compare(weights: Path, size: int, batch: int, rounds: int, threads: int) -> None:
    """Print one table."""
    import torch

    torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    candidates = {PEER: peer(size, batch, device), "not folded": unfolded(weights, batch, device)}
    detectors: dict[str, BackEndName] = {}
    for name in get_args(BackEndName):
        try:
            detector = Detector.load(weights, device, name, threads)
        except BackEndUnavailableError:
            continue
        detectors[detector.back_end_name] = name
        candidates[detector.back_end_name] = ours(detector, batch)
    found = medians(candidates, rounds)
    print(f"\n{weights.stem}, batch {batch}, {device}, {threads} threads")  # noqa: T201
    for name, seconds in found.items():
        line = f"  {name:<28} {1000 * seconds / batch:8.1f} ms   {found[PEER] / seconds:5.1f} x"
        if name in detectors and batch == 1:
            line += "   {:6.0f} MB, first result after {:.1f} s".format(
                *memory(weights, detectors[name], threads)
            )
        print(line, flush=True)  # noqa: T201
    if device == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**20
        print(f"  graphics memory of all together: {peak:.0f} MB")  # noqa: T201


def files_per_second(threads: int) -> None:
    """Print the rate from DICOM file to boxes with the program's own weights."""
    detector = Detector.load(threads=threads)
    paths = (DEMO * FILES)[:FILES]
    list(detector.predict_files(paths[:16]))
    start = time.perf_counter()
    for _ in detector.predict_files(paths):
        pass
    rate = FILES / (time.perf_counter() - start)
    print(f"\nDICOM file to boxes, {detector.back_end_name}: {rate:.0f} files/s")  # noqa: T201


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--presets", nargs="+", default=["compact", "best"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[512, 288])
    parser.add_argument("--memory", nargs=2, metavar=("BACK_END", "WEIGHTS"), help="Internal.")
    given = parser.parse_args()
    if given.memory:
        name, weights = given.memory
        print_memory(Path(weights), name, given.threads)
        return
    import torch

    batches = (1, 16) if torch.cuda.is_available() else (1,)
    with tempfile.TemporaryDirectory() as folder:
        for preset in given.presets:
            for size in given.sizes:
                weights = make_weights(Path(folder), preset, size)
                for batch in batches:
                    compare(weights, size, batch, given.rounds, given.threads)
    files_per_second(given.threads)


if __name__ == "__main__":
    main()
