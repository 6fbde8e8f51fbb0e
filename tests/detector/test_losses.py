"""Losses: values worked by hand, gradients checked numerically, zero at the truth."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from detector.losses import (
    binary_cross_entropy,
    box_loss,
    exam_loss,
    gaussian_focal_loss,
    iou_loss,
    quality_focal_loss,
)
from detector.presets import ScaleLoss

LOGIT_OF_08 = math.log(4)  # p = 0.8 = 1 / (1 + e^-x)  =>  x = ln (0.8 / 0.2)


def test_binary_cross_entropy_by_hand() -> None:
    logits = torch.tensor([LOGIT_OF_08, LOGIT_OF_08])
    loss = binary_cross_entropy(logits, torch.tensor([1.0, 0.0]))
    # -ln 0.8 = 0.223144; -ln 0.2 = 1.609438
    assert loss.tolist() == pytest.approx([0.223144, 1.609438], abs=1e-6)


def test_gaussian_focal_loss_by_hand() -> None:
    logits = torch.tensor([0.0, LOGIT_OF_08, 0.0, LOGIT_OF_08])
    target = torch.tensor([1.0, 1.0, 0.0, 0.0])
    closeness = torch.tensor([1.0, 1.0, 0.5, 0.0])
    expected = [
        0.173287,  # centre, p = 0.5: (1 - 0.5)² × -ln 0.5 = 0.25 × 0.693147
        0.008926,  # centre, p = 0.8: (1 - 0.8)² × -ln 0.8 = 0.04 × 0.223144
        0.010830,  # elsewhere, 1 - p = 0.5, M = 0.5: (1 - 0.5)⁴ × 0.25 × 0.693147
        1.030040,  # elsewhere, 1 - p = 0.2, M = 0: 1 × 0.8² × 1.609438
    ]
    assert gaussian_focal_loss(logits, target, closeness).tolist() == pytest.approx(
        expected, abs=1e-6
    )


def test_points_close_to_a_centre_cost_less_than_distant_ones() -> None:
    closeness = torch.linspace(0, 1, 5)
    loss = gaussian_focal_loss(torch.zeros(5), torch.zeros(5), closeness)
    assert (loss.diff() < 0).all()
    assert loss[-1] == 0


def test_quality_focal_loss_by_hand() -> None:
    loss = quality_focal_loss(torch.tensor([LOGIT_OF_08]), torch.tensor([0.5]))
    # |0.5 - 0.8|² × (-0.5 ln 0.8 - 0.5 ln 0.2) = 0.09 × 0.916291 = 0.082466
    assert loss.item() == pytest.approx(0.082466, abs=1e-6)


def test_quality_focal_loss_is_least_where_the_score_equals_the_iou() -> None:
    scores = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
    loss = quality_focal_loss(scores.logit(), torch.full_like(scores, 0.7))
    assert scores[loss.argmin()].item() == pytest.approx(0.7)
    assert loss.min().item() == pytest.approx(0, abs=1e-12)


def test_smooth_l1_by_hand() -> None:
    loss = box_loss(
        "smooth_l1", torch.tensor([[1.0, 2.0, 3.0, 4.0]]), torch.tensor([[1.0, 2.5, 5.0, 4.0]])
    )
    # Differences 0, 0.5, 2, 0: (0 + 0.5² / 2 + (2 - 0.5) + 0) / 4 = 1.625 / 4
    assert loss.tolist() == pytest.approx([0.40625])


def test_iou_loss_by_hand() -> None:
    # -ln 1, -ln 0.5; boxes apart would cost infinitely much and learn nothing: 20.
    iou = torch.tensor([1.0, 0.5, 0.0])
    assert iou_loss(iou).tolist() == pytest.approx([0, 0.693147, 20], abs=1e-5)


def test_giou_by_hand() -> None:
    # Two squares of 2 × 2, the second moved by (1, 1). Intersection 1, union 7, hull 3 × 3:
    # GIoU = 1/7 - (9 - 7)/9 = -5/63, loss 68/63.
    loss = box_loss(
        "giou", torch.tensor([[1.0, 1.0, 1.0, 1.0]]), torch.tensor([[0.0, 0.0, 2.0, 2.0]])
    )
    assert loss.item() == pytest.approx(68 / 63, abs=1e-6)


def test_ciou_by_hand() -> None:
    predicted = torch.ones(2, 4)
    true = torch.tensor([[0.0, 0.0, 2.0, 2.0], [2.0, 1.0, 2.0, 1.0]])
    expected = [
        # As above: 1 - 1/7 + ρ²/c² with ρ² = 1² + 1² and c² = 3² + 3²; equal shapes, so v = 0.
        6 / 7 + 2 / 18,
        # 2 × 2 in 4 × 2, same centre: IoU 1/2, v = 4/π² (atan 2 - atan 1)² = 0.041957,
        # α = v / (1/2 + v) = 0.077417, loss 1/2 + αv = 0.503248.
        0.503248,
    ]
    assert box_loss("ciou", predicted, true).tolist() == pytest.approx(expected, abs=1e-6)


def test_exam_loss_leaves_out_unknown_classes() -> None:
    logits = torch.tensor([[0.0, 0.0, 0.0], [9.0, -9.0, 3.0]])
    # Equal logits: -ln 1/3, whichever the class.
    assert exam_loss(logits, torch.tensor([2, -1])).item() == pytest.approx(math.log(3))
    assert exam_loss(logits, torch.tensor([-1, -1])).item() == 0


@pytest.mark.parametrize("kind", ["smooth_l1", "giou", "ciou"])
def test_a_perfect_box_costs_nothing(kind: ScaleLoss) -> None:
    distances = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    assert box_loss(kind, distances, distances).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("kind", ["giou", "ciou"])
def test_overlap_losses_do_not_depend_on_the_size_of_the_object(kind: ScaleLoss) -> None:
    predicted, true = torch.tensor([[1.0, 2.0, 3.0, 1.0]]), torch.tensor([[2.0, 2.0, 1.0, 3.0]])
    large = box_loss(kind, predicted * 30, true * 30)
    torch.testing.assert_close(large, box_loss(kind, predicted, true))


def random_doubles(*shape: int, seed: int = 0) -> Tensor:
    """Uniform in [0, 1)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def test_gradients_of_the_point_losses() -> None:
    logits = (random_doubles(12) * 6 - 3).requires_grad_()
    soft = random_doubles(12, seed=1)
    hard = (soft > 0.5).double()
    assert torch.autograd.gradcheck(lambda x: binary_cross_entropy(x, soft), logits)
    assert torch.autograd.gradcheck(lambda x: quality_focal_loss(x, soft), logits)
    assert torch.autograd.gradcheck(lambda x: gaussian_focal_loss(x, hard, soft), logits)


@pytest.mark.parametrize("kind", ["smooth_l1", "giou"])
def test_gradients_of_the_box_losses(kind: ScaleLoss) -> None:
    distances = (random_doubles(8, 4) * 3 + 0.5).requires_grad_()
    true = random_doubles(8, 4, seed=1) * 3 + 0.5
    assert torch.autograd.gradcheck(lambda x: box_loss(kind, x, true), distances)


def test_gradient_of_ciou_where_its_shape_term_vanishes() -> None:
    # CIoU holds α constant in its gradient, so that numbers and gradient agree only for v = 0:
    # boxes of equal shape.
    distances = torch.tensor([[1.0, 2.0, 2.0, 1.0]], dtype=torch.float64, requires_grad=True)
    true = torch.tensor([[2.0, 1.5, 2.5, 3.0]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: box_loss("ciou", x, true), distances)


def test_gradient_of_the_exam_loss() -> None:
    logits = random_doubles(4, 3).requires_grad_()
    classes = torch.tensor([0, -1, 2, 1])
    assert torch.autograd.gradcheck(lambda x: exam_loss(x, classes), logits)
