"""FoveaBox: which points see an object, and what they learn of it."""

from __future__ import annotations

import pytest
import torch
from dense_peers import (
    NOTHING,
    POINTS,
    as_grids,
    assert_finds,
    build,
    images,
    one_image,
    points_at,
    total,
    yes_at,
)
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from detector.assignment import pad_objects
from detector.networks.protocol import Target
from detector.peers.foveabox import (
    FoveaOutputs,
    assign_foveas,
    decode_log_distances,
    encode_log_distances,
)


def fovea(*boxes: tuple[float, float, float, float]) -> dict[int, list[list[float]]]:
    """The positive points of each level."""
    is_positive = assign_foveas(POINTS, one_image(*boxes)).scale_weight[0] > 0
    return {
        level: POINTS.centers[is_positive & (POINTS.levels == level)].tolist()
        for level in POINTS.levels[is_positive].unique().tolist()
    }


def test_the_fovea_is_two_fifths_of_the_object_on_the_levels_of_its_size() -> None:
    # A side of 80 lies in 64 / 2 ... 64 × 2 (stride 16) and 128 / 2 ... 128 × 2 (stride 32) only.
    # Around the middle 140 the fovea is 0.4 × 80 = 32 wide: 124 ... 156. Points of stride 16 lie at
    # 120, 136, 152, those of stride 32 at 112, 144, 176.
    assert fovea((100, 100, 180, 180)) == {
        1: [[136, 136], [152, 136], [136, 152], [152, 152]],
        2: [[144, 144]],
    }


def test_the_size_of_a_level_is_the_root_of_the_area() -> None:
    # 40 × 160: √6400 = 80 again.
    assert fovea((120, 40, 160, 200)).keys() == {1, 2}


def test_the_first_and_the_last_level_take_what_is_smaller_and_larger() -> None:
    assert fovea((122, 122, 132, 132)).keys() == {0}  # 10 < 32 / 2
    assert fovea((-1000, -1000, 1256, 1256)).keys() == {4}  # 2256 > 512 × 2


def test_a_narrow_object_is_seen_by_the_cell_of_its_centre() -> None:
    # 16 × 64 around (128, 96), side 32: 16 ... 64 (stride 8) and 32 / 2 = 32 (stride 16, a tie).
    # 0.4 × 16 / 2 = 3.2 to each side holds no point of stride 8 (124, 132), but the centre lies in
    # the cell 128 ... 136, whose point 132 lies inside the object.
    assert [132.0, 100.0] in fovea((120, 64, 136, 128))[0]


def test_a_point_of_two_objects_learns_the_smaller() -> None:
    result = assign_foveas(POINTS, one_image((60, 60, 180, 180), (80, 80, 160, 160)))
    smaller = assign_foveas(POINTS, one_image((80, 80, 160, 160)))
    seen = smaller.scale_weight > 0
    assert (result.objects[seen] == 1).all()
    assert (result.objects[~seen & (result.scale_weight > 0)] == 0).all()


def test_an_image_without_objects_has_no_fovea() -> None:
    assert assign_foveas(POINTS, pad_objects([NOTHING])).scale_weight.sum() == 0


def test_log_targets_by_hand() -> None:
    # Stride 16, so √S_l = 64. From (136, 136): l = t = 36, r = b = 44. ln (36 / 64), ln (44 / 64).
    points = points_at((136, 136), stride=16)
    logarithms = encode_log_distances(points, torch.tensor([[100.0, 100, 180, 180]]))
    assert logarithms[0].tolist() == pytest.approx([-0.5753641, -0.5753641, -0.3746934, -0.3746934])


@given(st.lists(st.floats(0.5, 900, width=32), min_size=4, max_size=4))
def test_decoding_undoes_encoding(reach: list[float]) -> None:
    points = points_at((300, 200), stride=32)
    left, top, right, bottom = reach
    box = torch.tensor([[300 - left, 200 - top, 300 + right, 200 + bottom]])
    decoded = decode_log_distances(points, encode_log_distances(points, box))
    torch.testing.assert_close(decoded, box, atol=1e-2, rtol=0)


def outputs(truth: Tensor, is_positive: Tensor) -> FoveaOutputs:
    """Grids that know the one box wherever a point lies inside it."""
    logarithms = encode_log_distances(POINTS, truth).nan_to_num(0)
    return FoveaOutputs(as_grids(yes_at(is_positive)), as_grids(logarithms))


TRUTH = torch.tensor([[52.0, 60, 140, 204]])


def test_truth_predicted_perfectly_costs_nothing_and_decodes_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build("foveabox").eval()
    is_positive = assign_foveas(POINTS, pad_objects([TRUTH])).scale_weight[0] > 0
    monkeypatch.setattr(network, "forward", lambda _: outputs(TRUTH, is_positive))
    assert total(network.loss(images(1), [Target(TRUTH)])) == pytest.approx(0, abs=1e-6)
    assert_finds(network.predict(images(1)), TRUTH)


def test_the_loss_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("foveabox").eval()
    truth = torch.tensor([[100.0, 100, 180, 180]])
    is_positive = assign_foveas(POINTS, pad_objects([truth])).scale_weight[0] > 0
    perfect = outputs(truth, is_positive)
    unsure = [center * (center < 0) for center in perfect.centers]
    wide = [distance + 2 for distance in perfect.distances]
    monkeypatch.setattr(network, "forward", lambda _: FoveaOutputs(unsure, wide))
    parts = network.loss(images(1), [Target(truth)])
    # p = 0.5 in the fovea: 0.25 × (1 - 0.5)² × -ln 0.5 = 0.25 × 0.25 × 0.693147 per point.
    assert parts["center"].item() == pytest.approx(0.0433217, abs=1e-6)
    # All logarithms are 2 too large: |2| - 0.5.
    assert parts["scale"].item() == pytest.approx(1.5)
