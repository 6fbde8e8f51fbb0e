"""``pneumo-average``: the networks of a cross-validation become one, judged out of fold.

Networks that began from the same weights and were each trained without one fold lie close enough
together for the mean of their weights to be a network as well ("model soups", Wortsman et al.,
ICML 2022). That mean has seen every fold, so nothing of it can be measured on them: the figures and
thresholds of its card are those of the single networks, each on the fold that it has not seen.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.progress import Progress

from detector.errors import InputError
from detector.files import make_writable
from detector.model_card import ModelCard, OperatingPoint
from detector.networks.protocol import DetectionNetwork
from detector.presets import Preset
from detector.weights import load_weights, save_weights
from training.datasets.data_set import DataSet, read_data_set
from training.datasets.labelled_image import DataSetError
from training.datasets.prepared_images import prepare_images
from training.datasets.splits import listed
from training.evaluation.calibration import fit_calibration
from training.evaluation.exam import Exam
from training.evaluation.operating_points import OPERATING_IOU, choose_operating_points
from training.judging import choose_threshold, detect, judge
from training.terminal import NOTES, command_application, refuse, refuse_full_disk

_application = command_application()


def main() -> None:
    """Run ``pneumo-average``."""
    _application()


@_application.command()
def average_networks(
    networks: Annotated[
        list[str],
        typer.Argument(
            metavar="FOLD=FILE ...",
            help="Weights that were trained without this fold. Several files of one fold are "
            "averaged before they are judged.",
        ),
    ],
    data: Annotated[Path, typer.Option(help="The data set that the folds are of.")],
    out: Annotated[Path, typer.Option(help="Weights file to write.")],
    version: Annotated[str, typer.Option(help="Of the weights.")] = "1",
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of a CPU.")] = None,
) -> None:
    """Average the networks of a cross-validation and judge them out of fold. Research use only."""
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        make_writable(out.parent)
        files = _parse(networks)
        data_set = read_data_set(data)
        loaded = {fold: [_load(file, fold) for file in group] for fold, group in files.items()}
        every = [network for group in loaded.values() for network, _ in group]
        cards = [card for group in loaded.values() for _, card in group]
        _require_one_architecture(every)
        exams = _out_of_fold(loaded, data_set, out.parent / "prepared")
        card = _describe(cards, exams, f"{data.name}, folds {listed(files)}", version)
        network = average(every)
        if network.preset.exam_points:
            network.preset = _calibrated(network.preset, exams)
        card = save_weights(out, network, card.model_copy(update={"preset": network.preset}))
    except (InputError, DataSetError) as error:
        refuse(str(error))
    except OSError as error:
        refuse_full_disk(error, out.parent, "the same command")
    for metric in card.metrics:
        NOTES.print(f"{metric.name}: {metric.value:.3f} {metric.interval}")
    NOTES.print(f"Weights: {out}")


def average(networks: Sequence[DetectionNetwork]) -> DetectionNetwork:
    """Make a network of the mean of all weights.

    Parameters
    ----------
    networks
        Of one architecture, at least one.
    """
    states = [network.state_dict() for network in networks]
    mean = deepcopy(networks[0])
    mean.load_state_dict(
        {
            name: torch.stack([state[name] for state in states]).mean(dim=0)
            if value.is_floating_point()
            else value
            for name, value in states[0].items()
        }
    )
    return mean


def _calibrated(preset: Preset, exams: Sequence[Exam]) -> Preset:
    slope, offset = fit_calibration(exams)
    had_slope, had_offset = preset.exam_calibration
    return replace(preset, exam_calibration=(slope * had_slope, slope * had_offset + offset))


def _load(file: Path, fold: int) -> tuple[DetectionNetwork, ModelCard]:
    network, card = load_weights(file)
    if fold in card.training_folds:
        refuse(f"{file} was trained on fold {fold}, so that it cannot be judged there.")
    return network, card


def _require_one_architecture(networks: Sequence[DetectionNetwork]) -> None:
    def shapes(network: DetectionNetwork) -> dict[str, torch.Size]:
        return {name: tensor.shape for name, tensor in network.state_dict().items()}

    if any(shapes(network) != shapes(networks[0]) for network in networks):
        refuse("The networks are of different architectures. Average those of one preset.")


def _out_of_fold(
    loaded: Mapping[int, Sequence[tuple[DetectionNetwork, ModelCard]]],
    data: DataSet,
    cache: Path,
) -> list[Exam]:
    exams: list[Exam] = []
    with Progress(console=NOTES, transient=True) as progress:
        task = progress.add_task("Judging", total=len(loaded))
        for fold, group in loaded.items():
            judged = average([network for network, _ in group])
            preset = judged.preset
            held_out, _ = data.split([fold])
            prepared = prepare_images(held_out, preset.input_size, cache, preset=preset)
            exams += detect(judged, prepared)
            progress.advance(task)
    return exams


def _describe(
    cards: Sequence[ModelCard], exams: Sequence[Exam], described: str, version: str
) -> ModelCard:
    command = shlex.join(["pneumo-average", *sys.argv[1:]])
    threshold = choose_threshold(exams)
    where = f"{described}, out of fold"
    sources = dict.fromkeys(card.training_data for card in cards)
    commands = dict.fromkeys(card.training_command for card in cards)
    return cards[0].model_copy(
        update={
            "version": version,
            "training_folds": tuple(sorted({f for card in cards for f in card.training_folds})),
            "training_data": f"Mean of {len(cards)} networks. " + " ".join(sources),
            "training_command": "\n".join([*commands, command]),
            "metrics": tuple(
                judge(
                    exams,
                    threshold=threshold,
                    data=f"{where}, the networks before averaging",
                    command=command,
                )
            ),
            "operating_points": (
                OperatingPoint(
                    name=f"best F1 of boxes at IoU {OPERATING_IOU:g}",
                    threshold=threshold,
                    measured_on=where,
                ),
                *choose_operating_points(exams, where),
            ),
            "score_threshold": threshold,
        }
    )


def _parse(networks: Sequence[str]) -> dict[int, list[Path]]:
    files: dict[int, list[Path]] = {}
    for text in networks:
        fold, separator, file = text.partition("=")
        if not (separator and fold.isdecimal()):
            refuse(
                f"Give each network as FOLD=FILE, such as 0=run/compact.safetensors, not {text}."
            )
        files.setdefault(int(fold), []).append(Path(file))
    return files


if __name__ == "__main__":
    main()
