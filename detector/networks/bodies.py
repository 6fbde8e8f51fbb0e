"""The body: features of one grey channel at strides 8 to 128."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import timm
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Body(nn.Module):
    """A timm network up to stride 32, and two stride-2 convolutions above it.

    Parameters
    ----------
    name
        Of a timm model that offers features at strides 8, 16 and 32.
    extra_channels
        Width of the two added levels.
    is_norm_frozen
        Whether batch normalisation keeps its statistics in training mode as well.
    frozen
        Names of modules of the timm network whose weights and statistics training leaves alone.
    """

    def __init__(
        self,
        name: str,
        extra_channels: int,
        *,
        is_norm_frozen: bool = False,
        frozen: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.name = name
        self.is_norm_frozen = is_norm_frozen
        features: Any = timm.create_model(
            name, pretrained=False, features_only=True, in_chans=1, out_indices=(2, 3, 4)
        )
        widths: list[int] = features.feature_info.channels()
        self.features: nn.Module = features
        self.channels = (*widths, extra_channels, extra_channels)
        self.level4: nn.Module = nn.Conv2d(widths[-1], extra_channels, 3, stride=2, padding=1)
        self.level5: nn.Module = nn.Conv2d(extra_channels, extra_channels, 3, stride=2, padding=1)
        self.frozen = tuple(frozen)
        for part in self.frozen:
            self.features.get_submodule(part).requires_grad_(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return five feature maps for normalised images ``[B, 1, S, S]``."""
        levels: list[Tensor] = list(self.features(images))
        levels.append(F.relu(self.level4(levels[-1])))
        levels.append(F.relu(self.level5(levels[-1])))
        return levels

    def train(self, mode: bool = True) -> Body:
        """Set the training mode, except for what is frozen."""
        super().train(mode)
        if self.is_norm_frozen:
            for module in self.features.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        for part in self.frozen:
            self.features.get_submodule(part).eval()
        return self


def body_normalisation(name: str) -> tuple[float, float]:
    """Mean and standard deviation that a timm model was pretrained with, averaged over colours.

    Raises
    ------
    ValueError
        If timm knows no model of that name.
    """
    config: Any = timm.get_pretrained_cfg(name)
    if config is None:
        raise ValueError(f"timm has no body {name}")
    return sum(config.mean) / len(config.mean), sum(config.std) / len(config.std)


def load_body_weights(body: Body, weights: Mapping[str, Tensor]) -> None:
    """Load pretrained weights of the whole timm model into the body.

    A stem of three input channels is summed over them, since a grey value would enter all three.
    Tensors of the classifier are left out.

    Raises
    ------
    ValueError
        If a tensor of the body is missing or has another shape.
    """
    expected = body.features.state_dict()
    missing = sorted(expected.keys() - weights.keys())
    if missing:
        raise ValueError(f"the weights are not those of {body.name}: no {missing[0]}")
    chosen = {}
    for key, own in expected.items():
        given = weights[key]
        if own.dim() == 4 and own.shape[1] == 1 and given.shape[1:2] == (3,):
            given = given.sum(dim=1, keepdim=True)
        if given.shape != own.shape:
            raise ValueError(
                f"the weights are not those of {body.name}: "
                f"{key} is {tuple(given.shape)}, not {tuple(own.shape)}"
            )
        chosen[key] = given
    body.features.load_state_dict(chosen)
