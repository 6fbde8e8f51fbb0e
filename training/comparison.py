"""Every system trained and judged alike: the same body, exams, folds, recipe and seed.

What the systems share comes from one preset; what remains a system's own is listed in ``OWN``. The
unit of work, and of resuming, is one system on one held-out fold: a network trained on the other
folds, whose detections lie in ``<system>/fold-<number>/detections.json``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch

from detector.networks.protocol import DetectionNetwork
from detector.networks.systems import build_network
from detector.presets import PRESETS, Preset
from training.body_weights import load_pretrained
from training.checkpoints import load_checkpoint, require_recipe
from training.datasets.data_set import DataSet
from training.datasets.labelled_image import DataSetError, LabelledImage
from training.datasets.leakage import require_no_leakage
from training.datasets.prepared_images import PreparedImages
from training.datasets.splits import listed, select_folds, without_patients
from training.fold_detections import DETECTIONS, Costs, FoldDetections, read_fold, write_fold
from training.judging import choose_threshold, detect
from training.peak_memory import peak_bytes, restart_peak
from training.run_data import describe_images
from training.samples import SampleStream
from training.trainer import CHECKPOINT, StepReport, Trainer

SAVE_SECONDS: Final = 180.0
NORM_GROUPS: Final = 32
"""Of the normalisation in FCOS's head, which divide its channels."""

OWN: Final = (
    "name",
    "system",
    "pyramid",
    "head_depth",
    "head_towers",
    "is_head_shared",
    "head_norm",
    "prediction_kernel",
    "distance",
    "has_quality",
    "has_exam_head",
    "exam_points",
    "exam_calibration",
    "assignment",
    "level_limits",
    "center_radius",
    "aligned_points",
    "center_loss",
    "scale_loss",
    "scale_weight",
    "quality_weight",
    "exam_weight",
    "level_selection",
    "augmentation",
)
"""The fields that every system keeps of its own preset: what it is, and how its images are changed.

All others, the optimiser and the share of each class among them, are the common ones.
"""


def common_preset(
    body: str, size: int | None = None, steps: int | None = None, batch: int | None = None
) -> Preset:
    """What all systems share: this project's preset for the body, trained on real boxes alone.

    That is ``compact`` for its body and ``best`` for all others, in a width that every system can
    have. One input size, no painted steps and no averaging with the mirror image.
    """
    source = PRESETS["compact" if body == PRESETS["compact"].body else "best"]
    size = size or source.input_size
    return replace(
        source,
        body=body,
        channels=math.ceil(source.channels / NORM_GROUPS) * NORM_GROUPS,
        input_size=size,
        training_sizes=(size,),
        steps=steps or source.steps,
        batch_size=batch or source.batch_size,
        synthetic_steps=0,
        is_flip_averaged=False,
    )


def system_preset(system: str, common: Preset) -> Preset:
    """One system of ``PRESETS`` in the common body, with the common recipe."""
    own = PRESETS[system]
    return replace(common, **{field: getattr(own, field) for field in OWN})


@dataclass(frozen=True, slots=True)
class Fold:
    """A held-out fold, and what its networks are trained on.

    Attributes
    ----------
    number
        Of the fold.
    labelled
        The exams of the other folds.
    added
        Negatives of another data set, without the patients of the fold.
    held_out
        The exams of the fold.
    """

    number: int
    labelled: Sequence[LabelledImage]
    added: Sequence[LabelledImage]
    held_out: Sequence[LabelledImage]


def split_folds(
    data: DataSet,
    folds: Collection[int],
    held_out: Collection[int],
    negatives: Sequence[LabelledImage] = (),
) -> list[Fold]:
    """Hold out one fold after the other; exams whose boxes nobody drew take no part.

    Parameters
    ----------
    data
        The labelled exams.
    folds
        Which of its folds are used at all.
    held_out
        Which of those are judged.
    negatives
        Exams without a finding to train on besides.

    Raises
    ------
    DataSetError
        There is no such fold, or none to train on besides it.
    """
    if stray := sorted(set(held_out) - set(folds)):
        raise DataSetError(f"Fold {stray[0]} cannot be held out of folds {listed(folds)}.")
    known = [image for image in data.images if not image.has_unknown_boxes]
    splits = []
    for number in sorted(held_out):
        judged = select_folds(known, data.folds, [number])
        split = Fold(
            number,
            select_folds(known, data.folds, set(folds) - {number}),
            without_patients(negatives, {image.patient for image in judged}),
            judged,
        )
        if not split.labelled:
            raise DataSetError(f"Beside fold {number} there is none to train on. Name more folds.")
        splits.append(split)
    return splits


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is the same for every system and fold.

    Attributes
    ----------
    prepared
        All images, at the common size.
    out
        Folder of the results.
    seed
        Where chance starts for every network.
    device
        Where to compute.
    workers
        Processes that make samples.
    """

    prepared: PreparedImages
    out: Path
    seed: int
    device: torch.device
    workers: int = 0

    def require_no_leakage(self, fold: Fold) -> None:
        """Make sure that nothing that is judged is trained on.

        Raises
        ------
        training.datasets.labelled_image.DataSetError
            A patient, an instance or a picture stands on both sides.
        """
        require_no_leakage(
            {
                "the training images": self.prepared.select([*fold.labelled, *fold.added]),
                f"fold {fold.number}": self.prepared.select(fold.held_out),
            }
        )

    def is_finished(self, preset: Preset, fold: Fold) -> bool:
        """Whether an earlier run of the same recipe has judged the fold.

        Raises
        ------
        training.checkpoints.CheckpointError
            What lies there, finished or not, is of another recipe.
        detector.errors.InputError
            It cannot be read.
        """
        folder, recipe = self._folder(preset, fold), self._recipe(preset, fold)
        if (folder / DETECTIONS).is_file():
            require_recipe(folder / DETECTIONS, self.read(preset, fold).recipe, recipe)
            return True
        if (folder / CHECKPOINT).is_file():
            load_checkpoint(folder / CHECKPOINT, recipe)
        return False

    def read(self, preset: Preset, fold: Fold) -> FoldDetections:
        """The detections of a fold that is finished."""
        return read_fold(self._folder(preset, fold) / DETECTIONS)

    def judge(
        self,
        preset: Preset,
        fold: Fold,
        progressed: Callable[[StepReport], None] = lambda report: None,
    ) -> None:
        """Train one system without the fold, or go on with that, and write what it finds there.

        Parameters
        ----------
        preset
            The system with the common recipe.
        fold
            What it is trained and judged on.
        progressed
            Called after each step.

        Raises
        ------
        training.body_weights.BodyWeightsError
            The body's ImageNet weights cannot be had.
        training.checkpoints.CheckpointError
            The checkpoint of an earlier run is of another recipe.
        """
        recipe = self._recipe(preset, fold)
        restart_peak(self.device)
        network = _pretrained_network(preset, self.seed)
        training = self.prepared.select([*fold.labelled, *fold.added])
        trainer = Trainer(
            network,
            SampleStream(training, [], preset, self.seed),
            preset,
            out=self._folder(preset, fold),
            device=self.device,
            workers=self.workers,
            recipe=recipe,
        )
        checkpoint = trainer.out / CHECKPOINT
        if checkpoint.is_file():
            trainer.resume()
        first, began = trainer.step, time.perf_counter()
        trainer.run(trainer.last_step, save_every=SAVE_SECONDS, progressed=progressed)
        share = (trainer.step - first) / trainer.step
        seconds = (time.perf_counter() - began) / share if share else None
        network.load_state_dict(trainer.averaged.tensors)
        network.eval()
        # On the training images: what is judged takes no part in choosing.
        threshold = choose_threshold(detect(network, self.prepared.select(fold.labelled)))
        began = time.perf_counter()
        exams = detect(network, self.prepared.select(fold.held_out))
        costs = Costs(
            device=device_name(self.device),
            parameters=sum(parameter.numel() for parameter in network.parameters()),
            training_seconds=seconds,
            milliseconds_per_image=1000 * (time.perf_counter() - began) / len(exams),
            peak_bytes=peak_bytes(self.device),
        )
        write_fold(trainer.out / DETECTIONS, exams, trainer.recipe, threshold, costs)
        checkpoint.unlink()

    def _folder(self, preset: Preset, fold: Fold) -> Path:
        return self.out / preset.name / f"fold-{fold.number}"

    def _recipe(self, preset: Preset, fold: Fold) -> dict[str, Any]:
        return {
            "preset": preset.to_dict(),
            **describe_images([*fold.labelled, *fold.added]),
            "judged": describe_images(fold.held_out),
            "seed": self.seed,
        }


def device_name(device: torch.device) -> str:
    """The GPU's name, or how many threads of the CPU work."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"


def _pretrained_network(preset: Preset, seed: int) -> DetectionNetwork:
    torch.manual_seed(seed)
    network = build_network(preset)
    load_pretrained(network.body, None)
    return network
