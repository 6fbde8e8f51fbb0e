"""Folding batch normalisation into the convolution before it, for inference."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights


@torch.no_grad()
def fold_batch_norms(network: nn.Module, run: Callable[[], object]) -> int:
    """Fold every batch normalisation that follows a convolution, in place.

    A normalisation in evaluation mode is a factor and an offset per channel, which the
    convolution's weights and bias can take. What follows what is seen in one run, so this holds
    for any network in which the output of such a convolution goes nowhere else.

    Parameters
    ----------
    network
        In evaluation mode.
    run
        Computes the network once on any input.

    Returns
    -------
    int
        How many were folded.
    """
    makers: dict[int, tuple[nn.Conv2d, Tensor]] = {}  # by output, which is kept: ids stay unique
    pairs: dict[nn.BatchNorm2d, nn.Conv2d] = {}

    def remember(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        makers[id(output)] = module, output

    def pair(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.BatchNorm2d)
        if id(inputs[0]) in makers:
            pairs[module] = makers[id(inputs[0])][0]

    hooks = [
        module.register_forward_hook(remember)
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
    ] + [
        module.register_forward_pre_hook(pair)
        for module in network.modules()
        if isinstance(module, nn.BatchNorm2d)
    ]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    for norm, convolution in pairs.items():
        assert norm.running_mean is not None
        assert norm.running_var is not None
        convolution.weight, convolution.bias = fuse_conv_bn_weights(
            convolution.weight,
            convolution.bias,
            norm.running_mean,
            norm.running_var,
            norm.eps,
            norm.weight,
            norm.bias,
        )
    names = {module: name for name, module in network.named_modules()}
    for norm in pairs:
        parent, _, child = names[norm].rpartition(".")
        setattr(network.get_submodule(parent), child, _what_remains(norm))
    return len(pairs)


def _what_remains(norm: nn.BatchNorm2d) -> nn.Module:
    """Give the activation that timm's ``BatchNormAct2d`` applies as well."""
    activation = getattr(norm, "act", None)
    return activation if isinstance(activation, nn.Module) else nn.Identity()
