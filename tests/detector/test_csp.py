"""CSP: one map that knows centres, sizes and offsets."""

from __future__ import annotations

import math

import pytest
import torch
from dense_peers import assert_finds, build, images, total
from torch import Tensor

from detector.assignment import assign_ranges, gaussian_closeness, pad_objects
from detector.decoding import cell_boxes, encode_deltas, grid_points
from detector.networks.protocol import Target
from detector.peers.csp import CSPOutputs

SIDE = 64
POINTS = grid_points([(8, 8)], [8])


def as_grid(values: Tensor) -> Tensor:
    """Lay ``[P, C]`` out on the one grid."""
    return values.T.reshape(1, -1, 8, 8)


def logits(center: float) -> Tensor:
    """Sure of nothing everywhere but in column 3, row 4, where the logit is ``center``."""
    grid = torch.full((1, 1, 8, 8), -20.0)
    grid[0, 0, 4, 3] = center
    return grid


TRUTH = torch.tensor([[8.0, 8, 40, 56]])
"""32 × 48 around (24, 32), the corner of the cell in column 3, row 4; its middle is (28, 36)."""


def test_the_map_has_stride_8_and_reads_every_level() -> None:
    network = build("csp").eval()
    assert network(images(1, 160)).centers.shape == (1, 1, 20, 20)
    batch = images(1, 160).requires_grad_()
    network(batch).centers[0, 0, 10, 10].backward()
    # A point learns from afar: stride 128 alone covers the image.
    assert batch.grad is not None
    assert (batch.grad[0, 0, ::20, ::20] != 0).all()


def test_one_level_takes_objects_of_all_sizes() -> None:
    boxes = torch.tensor([[1.0, 1, 9, 9], [0, 0, 64, 64]])
    result = assign_ranges(POINTS, pad_objects([boxes]), limits=(), radius=2)
    assert result.center_target.sum() == 2


def test_the_gaussian_by_hand() -> None:
    # 32 × 48 px are 4 × 6 cells: σ = 0.3 (3/2 - 1) + 0.8 = 0.95 across and
    # 0.3 (5/2 - 1) + 0.8 = 1.25 down.
    closeness = gaussian_closeness(POINTS, pad_objects([TRUTH]), limits=())[0].view(8, 8)
    assert closeness[4, 3] == 1
    assert closeness[3, 4].item() == pytest.approx(math.exp(-1 / (2 * 0.95**2) - 1 / (2 * 1.25**2)))
    assert closeness[4, 5] == 0  # x = 44 lies outside


def test_targets_by_hand() -> None:
    deltas = encode_deltas(cell_boxes(POINTS), TRUTH).view(8, 8, 4)
    # Half a cell to the left and up; 32 px are 4 strides, 48 are 6: ln 4 and ln 6.
    assert deltas[4, 3].tolist() == pytest.approx([-0.5, -0.5, 1.386294, 1.791759])


def test_the_loss_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("csp").eval()
    answer = CSPOutputs(logits(0.0), torch.zeros(1, 4, 8, 8))
    monkeypatch.setattr(network, "forward", lambda _: answer)
    parts = network.loss(images(1, SIDE), [Target(TRUTH)])
    # p = 0.5 at the centre: 0.01 × (1 - 0.5)² × -ln 0.5 = 0.01 × 0.25 × 0.693147.
    assert parts["center"].item() == pytest.approx(0.00173287, abs=1e-7)
    # Each cell that learns the size: 1.386294 / 1.386294 and 1.791759 / 1.791759 amiss, 0.5 + 0.5.
    assert parts["scale"].item() == pytest.approx(1, abs=1e-6)
    # The one cell that learns the offset: 0.1 × (0.5² / 2 + 0.5² / 2).
    assert parts["offset"].item() == pytest.approx(0.025)


def test_sizes_are_amiss_in_relation_to_their_logarithm_or_to_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build("csp").eval()
    # 8 × 59.112 px around (28, 28): one stride wide, ln 1 = 0, and e² strides high, ln e² = 2.
    height = 8 * math.exp(2)
    truth = torch.tensor([[24, 28 - height / 2, 32, 28 + height / 2]])
    answer = CSPOutputs(logits(0.0), torch.full((1, 4, 8, 8), 0.5))
    monkeypatch.setattr(network, "forward", lambda _: answer)
    parts = network.loss(images(1, SIDE), [Target(truth)])
    # 0.5 to 1 amiss, 0.5² / 2; (2 - 0.5) / 2 = 0.75 amiss, 0.75² / 2.
    assert parts["scale"].item() == pytest.approx(0.125 + 0.28125, abs=1e-6)


def test_the_neighbours_of_a_centre_learn_the_size_but_not_the_offset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build("csp").eval()
    deltas = torch.zeros(1, 4, 8, 8, requires_grad=True)
    monkeypatch.setattr(network, "forward", lambda _: CSPOutputs(logits(0.0), deltas))
    torch.stack(list(network.loss(images(1, SIDE), [Target(TRUTH)]).values())).sum().backward()
    assert deltas.grad is not None
    learns = deltas.grad[0] != 0
    assert learns[0].nonzero().tolist() == [[4, 3]]
    # Within two cells and inside the object: columns 1 ... 4 (x = 12 ... 36), rows 2 ... 6.
    rows, columns = learns[3].nonzero().T.tolist()
    assert (set(rows), set(columns)) == ({2, 3, 4, 5, 6}, {1, 2, 3, 4})


def test_truth_predicted_perfectly_costs_nothing_and_decodes_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build("csp").eval()
    perfect = CSPOutputs(logits(20.0), as_grid(encode_deltas(cell_boxes(POINTS), TRUTH)))
    monkeypatch.setattr(network, "forward", lambda _: perfect)
    assert total(network.loss(images(1, SIDE), [Target(TRUTH)])) == pytest.approx(0, abs=1e-6)
    assert_finds(network.predict(images(1, SIDE)), TRUTH)
