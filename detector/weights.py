"""Weights on disk: safetensors with the model card inside, and as Markdown beside it."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
from torch import Tensor

from detector.files import replace_file
from detector.model_card import (
    METADATA_KEY,
    ModelCard,
    OtherArchitectureError,
    card_as_markdown,
    fingerprint,
    read_weights_file,
    split_file,
)
from detector.networks.protocol import DetectionNetwork
from detector.networks.systems import build_network


def save_weights(path: Path, network: DetectionNetwork, card: ModelCard) -> ModelCard:
    """Write weights and, with the suffix ``.md``, their card; each file whole or not at all.

    Parameters
    ----------
    path
        The safetensors file; its folder is made if need be.
    network
        Its parameters and buffers are saved.
    card
        What they are. Its preset must be that of the network; its fingerprint is replaced.

    Returns
    -------
    ModelCard
        The card as saved, with the fingerprint of these weights.
    """
    if card.preset != network.preset:
        raise ValueError("the card speaks of another preset than the network's")
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    header, data = split_file(safetensors.torch.save(tensors), path)
    card = card.model_copy(update={"fingerprint": fingerprint(header, data, card.preset)})
    content = safetensors.torch.save(tensors, {METADATA_KEY: card.model_dump_json()})
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, content)
    replace_file(path.with_suffix(".md"), card_as_markdown(card).encode())
    return card


def load_weights(path: Path) -> tuple[DetectionNetwork, ModelCard]:
    """Build the network that a weights file describes, in evaluation mode on the CPU.

    Raises
    ------
    FileAccessError
        The file is missing or may not be read.
    WeightsError
        One of its subclasses: damaged, altered, without a card, of another version or another
        architecture.
    """
    card, content = read_weights_file(path)
    try:
        network = build_network(card.preset)
    except ValueError as error:
        raise OtherArchitectureError(
            str(path), f"its preset cannot be built here ({error})"
        ) from error
    load_all_weights(network, safetensors.torch.load(content), path)
    return network.eval(), card


def load_all_weights(network: DetectionNetwork, tensors: dict[str, Tensor], source: Path) -> None:
    """Give a network all of its tensors.

    Raises
    ------
    OtherArchitectureError
        Names the first of the ``source``'s tensors that does not fit.
    """
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:  # load_state_dict names each misfit on a line of its own
        misfits = [line.strip() for line in str(error).splitlines()[1:]]
        raise OtherArchitectureError(
            str(source),
            f"its tensors do not fit preset {network.preset.name}: {misfits[0].rstrip('.')}",
        ) from error
