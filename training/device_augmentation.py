"""The pixels' part of augmentation: a whole batch at once, on the device that trains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from training.augmentation import IDENTITY, Change


def apply_changes(images: Tensor, changes: Sequence[Change]) -> Tensor:
    """Change every image of a batch as it was drawn for it.

    Parameters
    ----------
    images
        ``[B, 1, S, S]`` uint8 grey values.
    changes
        One per image, all to one size.

    Returns
    -------
    Tensor
        ``[B, 1, size, size]`` float32 in [0, 1]; what comes from outside an image is black.
    """
    (size,) = {change.size for change in changes}
    pixels = images.float() / 255
    if size != images.shape[-1] or any(change.matrix is not IDENTITY for change in changes):
        pixels = _warp(pixels, np.stack([change.matrix for change in changes]), size)
    curves = torch.tensor([(change.gamma, change.gain, change.offset) for change in changes])
    if (curves != torch.tensor([1.0, 1.0, 0.0])).any():
        gamma, gain, offset = curves.to(images.device)[:, :, None, None, None].unbind(1)
        pixels = (pixels**gamma * gain + offset).clamp_(0, 1)
    generator = torch.Generator(images.device)
    for image, change in zip(pixels, changes, strict=True):
        if change.sharpness < 1:
            image.copy_(_lose_resolution(image, max(1, round(size * change.sharpness))))
        if change.noise:
            generator.manual_seed(change.noise_seed)
            noise = torch.randn(image.shape, generator=generator, device=images.device)
            image.add_(noise, alpha=change.noise).clamp_(0, 1)
    return pixels


def _warp(pixels: Tensor, matrices: np.ndarray, size: int) -> Tensor:
    """Move pixels by affine maps of continuous coordinates, ``[B, 2, 3]``, into squares.

    ``grid_sample`` asks where each new pixel comes from, in units in which a square reaches from −1
    to 1 between the outer edges of its pixels. ``affine_grid`` would give the same, more slowly.
    """
    inverse = np.linalg.inv(matrices[:, :, :2])
    old_size = pixels.shape[-1]
    linear = inverse * (size / old_size)
    middle = inverse @ (np.full(2, size / 2) - matrices[:, :, 2])[:, :, None]
    theta = np.concatenate([linear, middle / (old_size / 2) - 1], axis=2)
    x, y, shift = torch.from_numpy(theta).float().to(pixels.device)[..., None, None].unbind(2)
    centers = (torch.arange(size, device=pixels.device) * 2 + 1) / size - 1
    grid = x * centers + (y * centers[:, None] + shift)
    return F.grid_sample(pixels, grid.movedim(1, -1), align_corners=False)


def _lose_resolution(image: Tensor, side: int) -> Tensor:
    """Bring one image ``[1, S, S]`` to a smaller side and back."""
    smaller = F.interpolate(image[None], (side, side), mode="bilinear", antialias=True)
    return F.interpolate(smaller, image.shape[1:], mode="bilinear")[0]
