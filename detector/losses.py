"""The losses of the two branches, one value per point or box. Pure functions on tensors."""

from __future__ import annotations

import math

import torch
import torch.distributed as dist
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torchvision.ops import complete_box_iou_loss, generalized_box_iou_loss

from detector.presets import ScaleLoss


def binary_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """−t log p − (1 − t) log (1 − p), per point."""
    return F.binary_cross_entropy_with_logits(logits, target, reduction="none")


def gaussian_focal_loss(
    logits: Tensor, target: Tensor, closeness: Tensor, gamma: float = 2.0, beta: float = 4.0
) -> Tensor:
    """The paper's Eq. 1, −α (1 − p)^γ log p, per point and without its 1/N.

    Parameters
    ----------
    logits
        Of CENTER, any shape.
    target
        1 at centres, where p is the probability and α = 1; 0 elsewhere, where p stands for one
        minus the probability and α = (1 − M)^β.
    closeness
        M of :func:`detector.assignment.gaussian_closeness`.
    """
    is_center = target == 1
    signed = torch.where(is_center, logits, -logits)
    weight = torch.where(is_center, torch.ones_like(closeness), (1 - closeness) ** beta)
    return -weight * torch.sigmoid(-signed) ** gamma * F.logsigmoid(signed)


def quality_focal_loss(logits: Tensor, target: Tensor, gamma: float = 2.0) -> Tensor:
    """|t − p|^γ times the cross entropy to the soft target t, per point.

    Li et al., "Generalized Focal Loss", NeurIPS 2020, Eq. 4.
    """
    weight = (target - logits.sigmoid()).abs() ** gamma
    return weight * binary_cross_entropy(logits, target)


def box_loss(kind: ScaleLoss, distances: Tensor, target_distances: Tensor) -> Tensor:
    """Loss ``[N]`` between boxes given by their distances l t r b ``[N, 4]`` from the same points.

    ``smooth_l1`` (the paper's Eq. 2) is the mean over the four distances; ``giou`` is 1 − GIoU
    (Rezatofighi et al., CVPR 2019), ``ciou`` 1 − CIoU (Zheng et al., AAAI 2020). All are in units
    of strides, which the last two do not depend on.
    """
    if kind == "smooth_l1":
        return F.smooth_l1_loss(distances, target_distances, reduction="none").mean(dim=-1)
    signs = distances.new_tensor([-1.0, -1.0, 1.0, 1.0])
    loss = generalized_box_iou_loss if kind == "giou" else complete_box_iou_loss
    value: Tensor = loss(distances * signs, target_distances * signs, reduction="none")
    return value


def iou_loss(iou: Tensor) -> Tensor:
    """−ln IoU, at most 20 (Yu et al., "UnitBox", ACM Multimedia 2016)."""
    return -iou.clamp_min(math.exp(-20)).log()


def batch_divisor(amount: Tensor) -> Tensor:
    """What a sum over a batch is divided by: its amount of objects or weights, at least 1.

    Where several processes share a batch it is the amount of the whole batch over their number.
    Gradients are averaged over the processes, so that they are those of one process that computes
    the whole batch, however the objects are spread.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return amount.clamp_min(1)
    total = amount.detach().clone()
    dist.all_reduce(total)
    return total.clamp_min(1) / dist.get_world_size()


def exam_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Mean cross entropy of exam logits ``[B, 3]``; a class of −1 is unknown and left out."""
    total = F.cross_entropy(logits, classes, ignore_index=-1, reduction="sum")
    return total / batch_divisor((classes >= 0).sum())
