"""Time training steps of a preset on made-up radiographs, and what augmentation costs.

Prints images a second, the share of time spent waiting for samples, and the peak of memory; then
milliseconds an image of the augmentation alone. For a figure of a GPU:
``python tests/benchmarks/training_throughput.py --preset best --size 512 --batch 64 --workers 12
--device cuda``.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from detector.exam_class import ExamClass
from detector.networks.systems import build_network
from detector.preparation import ImageMap
from detector.presets import PRESETS, Preset
from training.datasets.labelled_image import LabelledImage, no_boxes
from training.datasets.prepared_images import PreparedImages
from training.device_augmentation import apply_changes
from training.samples import SampleStream, collate
from training.trainer import StepReport, Trainer

IMAGES = 256
BOXES = np.array([[0.2, 0.3, 0.4, 0.6], [0.6, 0.3, 0.8, 0.6]], np.float32)


def make_images(size: int) -> PreparedImages:
    """Radiographs of noise, every other with two boxes."""
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, size, size), dtype=np.uint8)
    images = tuple(
        LabelledImage(
            str(index),
            Path(str(index)),
            str(index),
            no_boxes() if index % 2 else BOXES * size,
            ExamClass.NORMAL if index % 2 else ExamClass.LUNG_OPACITY,
        )
        for index in range(IMAGES)
    )
    maps = (ImageMap((1.0, 1.0), (0, 0)),) * IMAGES
    names = tuple(image.name for image in images)
    return PreparedImages(images, pixels, maps, ((size, size),) * IMAGES, names, names)


def time_training(arguments: argparse.Namespace, preset: Preset, stream: SampleStream) -> None:
    """Print the figures of the steps after the first ones."""
    device = torch.device(arguments.device)
    torch.manual_seed(0)
    reports: list[StepReport] = []
    starts: list[float] = []

    def note(report: StepReport) -> None:
        reports.append(report)
        starts.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            build_network(preset),
            stream,
            preset,
            out=Path(folder),
            device=device,
            workers=arguments.workers,
        )
        trainer.run(arguments.warm_up + arguments.steps, progressed=note)
    seconds = starts[-1] - starts[arguments.warm_up - 1]
    waiting = np.mean([report.waiting for report in reports[arguments.warm_up :]])
    if device.type == "cuda":
        name, peak = torch.cuda.get_device_name(), torch.cuda.max_memory_allocated()
    else:
        name = f"CPU, {torch.get_num_threads()} threads"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(  # noqa: T201
        f"{preset.name} at {preset.input_size} px, batch {preset.batch_size}, "
        f"{arguments.workers} workers, {name}: "
        f"{arguments.steps * preset.batch_size / seconds:.1f} images/s, "
        f"{waiting:.1%} of the time waiting for samples, peak {peak / 2**30:.2f} GiB"
    )


def time_augmentation(arguments: argparse.Namespace, stream: SampleStream) -> None:
    """Print what a sample costs where it is drawn and where its pixels are changed."""
    device = torch.device(arguments.device)
    begun = time.perf_counter()
    batch = collate([stream[0, position] for position in range(arguments.batch)])
    drawn = time.perf_counter()
    images = batch.images.to(device)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        apply_changes(images, batch.changes)
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    print(  # noqa: T201
        f"One sample: {1000 * (drawn - begun) / arguments.batch:.2f} ms to draw in a worker, "
        f"{1000 * min(times) / arguments.batch:.2f} ms to change on {arguments.device}"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="compact")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="of torch on a CPU")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warm-up", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    preset = replace(
        PRESETS[arguments.preset],
        input_size=arguments.size,
        training_sizes=(arguments.size,),
        batch_size=arguments.batch,
        synthetic_steps=0,
        steps=arguments.warm_up + arguments.steps,
        epochs=None,
    )
    stream = SampleStream(make_images(arguments.size), [], preset, seed=0)
    time_augmentation(arguments, stream)
    time_training(arguments, preset, stream)


if __name__ == "__main__":
    main()
