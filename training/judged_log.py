"""How a network in training does on held-out exams, step by step, for people to see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from detector.files import replace_file
from detector.networks.protocol import DetectionNetwork
from training.datasets.prepared_images import PreparedImages
from training.evaluation.report import evaluate
from training.judging import detect
from training.trainer import Trainer

JUDGED: Final = "judged.jsonl"


class JudgedLog:
    """The file ``judged.jsonl`` of a run; nothing is chosen by it.

    Each line is an object: ``step``, and ``AP50`` of all held-out exams or null where they have no
    box.

    Parameters
    ----------
    out
        Folder of the run.
    network
        Of the run's preset; it is given the averaged weights whenever they are judged.
    held_out
        Images of patients that are not trained on.
    """

    def __init__(self, out: Path, network: DetectionNetwork, held_out: PreparedImages) -> None:
        self._path = out / JUDGED
        self._network = network
        self._held_out = held_out

    def add(self, trainer: Trainer) -> None:
        """Judge the averaged weights; what an interrupted run said of later steps is dropped."""
        network = self._network.to(trainer.device).eval()
        network.load_state_dict(trainer.averaged.tensors)
        figure = evaluate(detect(network, self._held_out)).all_exams["AP50"].value
        lines = self._path.read_text("utf-8").splitlines() if self._path.is_file() else []
        kept = [line for line in lines if json.loads(line)["step"] < trainer.step]
        kept.append(json.dumps({"step": trainer.step, "AP50": figure}))
        replace_file(self._path, "".join(f"{line}\n" for line in kept).encode())
