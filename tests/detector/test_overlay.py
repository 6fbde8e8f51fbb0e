"""Boxes are drawn in red where they lie, on pictures of a bounded size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from detector.detections import Detections, ModelIdentity
from detector.overlay import LONGEST_SIDE, draw_overlay
from detector.radiograph import GreyScale, ImageIdentity, Radiograph

MODEL = ModelIdentity("compact", "1", "0" * 16, "compact")


def draw(height: int, width: int, *boxes: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    radiograph = Radiograph(
        np.full((height, width), 100, np.uint8),
        GreyScale(bits_stored=8),
        None,
        ImageIdentity(key="", source=""),
    )
    scores = np.linspace(0.9, 0.5, len(boxes), dtype=np.float32)
    detections = Detections(np.array(boxes, np.float32).reshape(-1, 4), scores, 0.5, MODEL)
    png = draw_overlay(radiograph, detections)
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def is_red(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    blue, green, red = (picture[..., channel].astype(int) for channel in range(3))
    return (red > 200) & (blue < 80) & (green < 80)


def test_each_side_of_a_box_is_red_and_its_inside_is_the_image() -> None:
    picture = draw(512, 512, (100, 150, 300, 400))

    red = is_red(picture)
    # The line lies on the pixel edge: it colours one of the two pixels beside it.
    assert red[250, 98:102].any()
    assert red[250, 298:302].any()
    assert red[148:152, 200].any()
    assert red[398:402, 200].any()
    assert (picture[160:390, 110:290] == 100).all()


def test_without_boxes_nothing_is_red_and_the_caption_says_research_use_only() -> None:
    picture = draw(512, 512)

    assert not is_red(picture).any()
    assert (picture[:480] == 100).all()
    assert (picture[490:] > 150).any()


def test_large_images_are_shrunk_with_their_boxes() -> None:
    # 4096 × 2048 becomes 2048 × 1024: the left edge moves from 1000 to 500.
    picture = draw(2048, 4096, (1000, 1000, 3000, 1800))

    assert picture.shape == (LONGEST_SIDE // 2, LONGEST_SIDE, 3)
    assert is_red(picture)[700, 496:505].any()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 900), (900, 5), (20, 20)])
def test_images_smaller_than_a_score_are_drawn_all_the_same(height: int, width: int) -> None:
    assert draw(height, width, (0, 0, width, height)).shape == (height, width, 3)
