"""The training loop: samples in, averaged weights out, resumable at any step."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from detector.networks.protocol import DetectionNetwork, Target
from detector.presets import Preset
from training.checkpoints import (
    load_checkpoint,
    random_states,
    restore_random_states,
    save_checkpoint,
)
from training.samples import SampleStream, collate

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
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.tensors[name].lerp_(value, 1 - decay)
            else:
                self.tensors[name].copy_(value)


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
    ) -> None:
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
        self.network.to(device).to(memory_format=torch.channels_last)
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
        progressed: Callable[[int, dict[str, float]], None] = lambda step, losses: None,
    ) -> None:
        """Train up to a step, then save.

        Parameters
        ----------
        until
            The step to stop before.
        save_every
            Seconds between checkpoints on the way.
        progressed
            Called after each step with the number of steps done and the parts of the loss.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        self._forget_log_after(self.step)
        saved = time.monotonic()
        self.network.train()
        with (self.out / LOG).open("a", encoding="utf-8") as log:
            for images, targets in self._batches(until):
                losses = self._step(images, targets)
                log.write(json.dumps({"step": self.step, **losses}) + "\n")
                log.flush()
                progressed(self.step, losses)
                if time.monotonic() - saved > save_every:
                    self.save()
                    saved = time.monotonic()
        self.save()

    def save(self) -> None:
        """Write the checkpoint."""
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

    def _step(self, images: Tensor, targets: Sequence[Target]) -> dict[str, float]:
        factor = learning_rate_factor(self.preset, self.step, len(self.stream.prepared))
        for group in self.optimiser.param_groups:
            group["lr"] = self.preset.learning_rate * group["factor"] * factor
        pixels = images.to(self.device, non_blocking=True).float() / 255
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        moved = [replace(target, boxes=target.boxes.to(self.device)) for target in targets]
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.is_bfloat16):
            losses = self.network.loss(pixels, moved)
        loss = torch.stack([part.float() for part in losses.values()]).sum()
        parts = {name: float(part.detach()) for name, part in losses.items()}
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the loss is not finite at step {self.step}: {parts}")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.preset.gradient_clip is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.preset.gradient_clip)
        self.optimiser.step()
        self.averaged.update(self.network)
        self.step += 1
        return parts

    def _batches(self, until: int) -> Iterator[tuple[Tensor, list[Target]]]:
        keys = [
            [(step, position) for position in range(self.preset.batch_size)]
            for step in range(self.step, until)
        ]
        loader: DataLoader[Any] = DataLoader(
            self.stream,
            batch_sampler=keys,
            num_workers=self.workers,
            collate_fn=collate,
            worker_init_fn=_use_one_thread,
            pin_memory=self.device.type == "cuda",
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
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _use_one_thread(_worker: int) -> None:
    cv2.setNumThreads(0)
