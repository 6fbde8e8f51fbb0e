"""The training loop: samples in, averaged weights out, resumable at any step."""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import torch
from timm.layers.norm_act import convert_sync_batchnorm
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from detector.files import replace_file
from detector.networks.protocol import DetectionNetwork, Target
from detector.presets import Preset
from training.checkpoints import (
    forget_unfinished_writes,
    load_checkpoint,
    random_states,
    restore_random_states,
    save_checkpoint,
)
from training.device_augmentation import apply_changes
from training.processes import ALONE, Processes
from training.samples import Batch, Sample, SampleStream, collate

CHECKPOINT = "checkpoint.pt"
LOG = "losses.jsonl"


def real_steps(preset: Preset, image_count: int) -> int:
    """Length of the real training in steps; an epoch draws as many samples as there are images."""
    if preset.steps is not None:
        return preset.steps
    assert preset.epochs is not None  # a preset gives one of the two
    return preset.epochs * steps_per_epoch(preset, image_count)


def steps_per_epoch(preset: Preset, image_count: int) -> int:
    """Steps in which as many samples are drawn as there are images, rounded up."""
    return math.ceil(image_count / preset.batch_size)


def learning_rate_factor(preset: Preset, step: int, image_count: int) -> float:
    """Share of the peak learning rate at one step.

    The synthetic and the real steps each begin with a linear rise. Then ``cosine`` falls to 1 % at
    their end, and ``step`` divides by ten every ``step_epochs`` epochs.
    """
    is_synthetic = step < preset.synthetic_steps
    length = preset.synthetic_steps if is_synthetic else real_steps(preset, image_count)
    done = step if is_synthetic else step - preset.synthetic_steps
    warmup = min(preset.warmup_steps, length // 4)
    if done < warmup:
        return (done + 1) / warmup
    if preset.schedule == "step":
        epoch = done // steps_per_epoch(preset, image_count)
        return float(0.1 ** (epoch // preset.step_epochs))
    progress = (done - warmup) / max(1, length - warmup)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))


class AveragedWeights:
    """An exponential moving average of everything in a network's state.

    The decay grows from 0.1 to its final value, so that early averages follow the network. A decay
    of 0 keeps the last weights.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.tensors = {name: value.clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move towards the network's present state."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        averages, values = [], []
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                averages.append(self.tensors[name])
                values.append(value)
            else:
                self.tensors[name].copy_(value)
        torch._foreach_lerp_(averages, values, 1 - decay)  # one launch for all on a GPU


@dataclass(frozen=True, slots=True)
class StepReport:
    """What is to be said of one step.

    Attributes
    ----------
    step
        Steps done, this one included.
    losses
        The parts of the loss, of the whole batch.
    learning_rate
        Of the new layers.
    images_per_second
        Of all processes together.
    waiting
        Share of the step's time that was spent waiting for samples.
    """

    step: int
    losses: dict[str, float]
    learning_rate: float
    images_per_second: float
    waiting: float


class _Loss(nn.Module):
    """The loss as the forward pass of a module, which DistributedDataParallel wraps."""

    def __init__(self, network: DetectionNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
        return self.network.loss(images, targets)


class Trainer:
    """Trains one detector on one stream of samples.

    Parameters
    ----------
    network
        The detector.
    stream
        Where samples come from.
    preset
        How long and how fast.
    out
        Folder for the checkpoint and the log of losses.
    device
        Where to compute.
    workers
        Processes that make samples; 0 makes them in this one. Results do not depend on it.
    recipe
        What the run is made of, kept in the checkpoint: only the same recipe may resume it.
    processes
        That train together, each on its share of every batch. Batch normalisation sees the whole
        batch on CUDA; on CPUs, where torch cannot, each process normalises by its own share and the
        first one's running statistics are kept. torchvision's detectors and RT-DETR divide their
        losses by the objects in each process's share, all others by those of the whole batch.

    Raises
    ------
    ValueError
        When the batch cannot be shared equally.
    """

    def __init__(
        self,
        network: DetectionNetwork,
        stream: SampleStream,
        preset: Preset,
        *,
        out: Path,
        device: torch.device,
        workers: int = 0,
        recipe: dict[str, Any] | None = None,
        processes: Processes = ALONE,
    ) -> None:
        if preset.batch_size % processes.count:
            raise ValueError(f"{processes.count} processes cannot share {preset.batch_size} images")
        self.network = network
        self.stream = stream
        self.preset = preset
        self.out = out
        self.device = device
        self.is_bfloat16 = preset.precision == "bf16" and device.type == "cuda"
        self.workers = workers
        self.recipe = {
            **(recipe or {}),
            "preset": preset.to_dict(),
        }
        self.step = 0
        self.processes = processes
        self.network.to(device).to(memory_format=torch.channels_last)
        self._loss: nn.Module = _Loss(self.network)
        if processes.count > 1:
            if device.type == "cuda" and not preset.is_body_norm_frozen:
                convert_sync_batchnorm(self.network)  # type: ignore[no-untyped-call]
            self._loss = DistributedDataParallel(self._loss)
        optimiser = torch.optim.Adam if preset.optimiser == "adam" else torch.optim.AdamW
        self.optimiser = optimiser(self._parameter_groups(), lr=preset.learning_rate)
        self.averaged = AveragedWeights(self.network, preset.ema_decay or 0.0)

    @property
    def last_step(self) -> int:
        """Where the preset's training ends."""
        return self.preset.synthetic_steps + real_steps(self.preset, len(self.stream.prepared))

    def run(
        self,
        until: int,
        *,
        save_every: float = math.inf,
        progressed: Callable[[StepReport], None] = lambda report: None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train up to a step, or until it is stopped, then save.

        Parameters
        ----------
        until
            The step to stop before.
        save_every
            Seconds between checkpoints on the way.
        progressed
            Called after each step.
        is_stopped
            Asked before each step. Processes that train together must be told the same.
        """
        if self.processes.is_first:
            self.out.mkdir(parents=True, exist_ok=True)
            forget_unfinished_writes(self.out / CHECKPOINT)
            self._forget_log_after(self.step)
        saved = time.monotonic()
        self.network.train()
        log_path = self.out / LOG if self.processes.is_first else Path(os.devnull)
        with log_path.open("a", encoding="utf-8") as log:
            batches = self._batches(until)
            began = time.perf_counter()
            while not is_stopped() and (batch := next(batches, None)) is not None:
                received = time.perf_counter()
                losses = self._step(batch)
                seconds = time.perf_counter() - began
                log.write(json.dumps({"step": self.step, **losses}) + "\n")
                log.flush()
                progressed(
                    StepReport(
                        self.step,
                        losses,
                        max(group["lr"] for group in self.optimiser.param_groups),
                        self.preset.batch_size / seconds,
                        (received - began) / seconds,
                    )
                )
                if time.monotonic() - saved > save_every:
                    self.save()
                    saved = time.monotonic()
                began = time.perf_counter()
        self.save()

    def save(self) -> None:
        """Write the checkpoint, in the first process."""
        if not self.processes.is_first:
            return
        save_checkpoint(
            self.out / CHECKPOINT,
            {
                "recipe": self.recipe,
                "step": self.step,
                "network": self.network.state_dict(),
                "averaged": self.averaged.tensors,
                "averaged_updates": self.averaged.updates,
                "optimiser": self.optimiser.state_dict(),
                "random": random_states(),
            },
        )

    def resume(self) -> None:
        """Go on from the checkpoint in the output folder.

        Raises
        ------
        training.checkpoints.CheckpointError
            When there is none of the same recipe.
        """
        state = load_checkpoint(self.out / CHECKPOINT, self.recipe)
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.averaged.tensors = {
            name: tensor.to(self.device) for name, tensor in state["averaged"].items()
        }
        self.averaged.updates = state["averaged_updates"]
        self.optimiser.load_state_dict(state["optimiser"])
        restore_random_states(state["random"])

    def _step(self, batch: Batch) -> dict[str, float]:
        factor = learning_rate_factor(self.preset, self.step, len(self.stream.prepared))
        for group in self.optimiser.param_groups:
            group["lr"] = self.preset.learning_rate * group["factor"] * factor
        images, targets = self._on_device(batch)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.is_bfloat16):
            losses: dict[str, Tensor] = self._loss(images, targets)
        parts = torch.stack([part.float() for part in losses.values()])
        self.optimiser.zero_grad(set_to_none=True)
        parts.sum().backward()  # type: ignore[no-untyped-call]
        if self.preset.gradient_clip is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.preset.gradient_clip)
        self.optimiser.step()
        self.averaged.update(self.network)
        # Reading the losses waits for the device; so it comes last.
        values = self.processes.average(parts.detach()).tolist()
        named = dict(zip(losses, values, strict=True))
        if not math.isfinite(sum(values)):
            raise FloatingPointError(f"the loss is not finite at step {self.step}: {named}")
        self.step += 1
        return named

    def _on_device(self, batch: Batch) -> tuple[Tensor, list[Target]]:
        images = batch.images.to(self.device, non_blocking=True)
        if batch.changes:
            images = apply_changes(images, batch.changes)
        targets = [
            replace(target, boxes=target.boxes.to(self.device, non_blocking=True))
            for target in batch.targets
        ]
        return images.contiguous(memory_format=torch.channels_last), targets

    def _batches(self, until: int) -> Iterator[Batch]:
        """This process's shares of the batches."""
        positions = range(self.processes.rank, self.preset.batch_size, self.processes.count)
        keys = [[(step, position) for position in positions] for step in range(self.step, until)]
        is_gpu = self.device.type == "cuda"
        loader: DataLoader[Any] = DataLoader(
            self.stream,
            batch_sampler=keys,
            num_workers=self.workers,
            collate_fn=collate if is_gpu else _collate_changed,
            worker_init_fn=_begin_worker,
            pin_memory=is_gpu,
            generator=torch.Generator(),  # leaves the global generator as it is
        )
        return iter(loader)

    def _parameter_groups(self) -> list[dict[str, Any]]:
        """Body and new layers learn at different rates; biases and norms do not decay."""
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        pretrained = set(self.network.body.features.parameters())
        for parameter in self.network.parameters():
            if parameter.requires_grad:
                kind = parameter in pretrained, parameter.ndim > 1
                groups.setdefault(kind, []).append(parameter)
        return [
            {
                "params": parameters,
                "factor": self.preset.body_learning_rate_factor if is_body else 1.0,
                "weight_decay": self.preset.weight_decay if decays else 0.0,
            }
            for (is_body, decays), parameters in groups.items()
        ]

    def _forget_log_after(self, step: int) -> None:
        """Drop the lines of steps that were lost with an interruption, with or without resuming."""
        path = self.out / LOG
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()[:step]
            replace_file(path, "".join(f"{line}\n" for line in lines).encode())


def _collate_changed(samples: list[Sample]) -> Batch:
    """A batch for the CPU, changed where it is made: workers take that work from the trainer."""
    images, changes, targets = collate(samples)
    return Batch(apply_changes(images, changes), [], targets)


def _begin_worker(_worker: int) -> None:
    """Use one thread, and leave it to the trainer to end at Ctrl+C, which reaches all processes."""
    cv2.setNumThreads(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
