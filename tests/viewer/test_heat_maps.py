"""The heat map over the image: asked for on demand, right at any zoom, and never kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from canvas_stage import black, picture
from fake_jobs import FakeJobs
from PySide6.QtCore import QObject, QPointF

from detector.detections import ModelIdentity
from detector.heat_map import HeatMap, NoHeatMapError
from detector.radiograph import ImageIdentity
from pneumo_viewer.canvas.heat_map import HeatMapLayer, colour_table
from pneumo_viewer.canvas.viewport import Viewport
from pneumo_viewer.heat_maps import HeatMaps
from pneumo_viewer.review.access import InlineStoreAccess
from pneumo_viewer.review.findings import ExamVerdict
from pneumo_viewer.review.operations import SetExamVerdict
from pneumo_viewer.review.session import ReviewSession
from pneumo_viewer.review.store import ReviewStore

MODEL = ModelIdentity("compact", "1", "0" * 16, "compact")
OTHER = ModelIdentity("other", "1", "1" * 16, "compact")


def hot_corner() -> HeatMap:
    """Certain in the right lower quarter of an image of 400 × 200 in a square of 400 × 400."""
    values = np.zeros((8, 8), np.float32)
    values[4:6, 4:] = 1
    return HeatMap(values, (0, -100, 400, 300))


def lit(viewport: Viewport, x: float, y: float) -> bool:
    """Whether a point of the image is coloured."""
    point = viewport.mapFromScene(QPointF(x, y))
    red, green, blue = picture(viewport)[point.y(), point.x()].tolist()
    return max(red, green, blue) - min(red, green, blue) > 60


def test_the_colours_grow_lighter_and_more_opaque_with_the_probability() -> None:
    table = colour_table().astype(float)
    # Relative luminance of ITU-R BT.709.
    lightness = table[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > -0.5).all()
    assert (np.diff(table[:, 3]) >= 0).all()
    assert table[0, 3] == 0
    assert table[-1, 3] == round(0.6 * 255)


@pytest.mark.parametrize("zooms", [0, 3])
def test_the_map_lies_on_the_image_at_any_zoom(viewport: Viewport, zooms: int) -> None:
    layer = HeatMapLayer(viewport)
    viewport.show_radiograph(black(200, 400))
    layer.show_map(hot_corner(), 400, 200)
    for _ in range(zooms):
        viewport.zoom_in()
    # Rows 4 and 5 of 8 cover y from 100 to 200 of the image, the right columns x from 200.
    assert lit(viewport, 260, 140)
    assert not lit(viewport, 140, 140)
    assert not lit(viewport, 260, 60)


def test_the_legend_comes_and_goes_with_the_map_and_stays_in_the_view(viewport: Viewport) -> None:
    layer = HeatMapLayer(viewport)
    viewport.show_radiograph(black(200, 400))
    layer.show_map(hot_corner(), 400, 200)
    assert layer.legend.isVisible()
    viewport.resize(600, 500)
    assert viewport.viewport().rect().contains(layer.legend.geometry())
    layer.clear()
    assert not layer.legend.isVisible()
    assert not lit(viewport, 260, 140)


def test_texts_over_the_map_are_whole(viewport: Viewport) -> None:
    layer = HeatMapLayer(viewport)
    viewport.show_radiograph(black(200, 400))
    viewport.set_corner_texts(["A patient"], ["A study"])
    before = picture(viewport)[:60]
    layer.show_map(hot_corner(), 400, 200)
    assert (picture(viewport)[:60] == before).all()


class Desk:
    """Images a and b of 400 × 200 at a viewport, with the detector process played by the test."""

    def __init__(self, viewport: Viewport, store: ReviewStore) -> None:
        self.jobs = FakeJobs()
        self.session = ReviewSession(InlineStoreAccess(store))
        self.session.set_model(MODEL)
        self.session.open_images(["a", "b"])
        self.session.show("a")
        viewport.show_radiograph(black(200, 400))
        self.layer = HeatMapLayer(viewport)
        self.heat_maps = HeatMaps(self, self.layer, viewport)  # type: ignore[arg-type]
        self.notices: list[str] = []
        self.heat_maps.notice_given.connect(self.notices.append)

    def image(self, key: str) -> SimpleNamespace:
        path = Path(f"/studies/{key}.dcm")
        return SimpleNamespace(
            path=path, identity=ImageIdentity(key, str(path), rows=200, columns=400)
        )

    @property
    def asked(self) -> list[str]:
        return [Path(job.task.arguments[0]).stem for job in self.jobs.named("show_centers")]


@pytest.fixture
def desk(qapp: QObject, viewport: Viewport, tmp_path: Path) -> Iterator[Desk]:
    with closing(ReviewStore(tmp_path / "reviews.sqlite3")) as store:
        yield Desk(viewport, store)


def test_nothing_is_computed_unasked(desk: Desk) -> None:
    desk.session.show("b")
    assert desk.asked == []


def test_it_follows_the_image_and_drops_what_comes_too_late(desk: Desk) -> None:
    desk.heat_maps.set_wanted(True)
    assert desk.asked == ["a"]
    desk.session.show("b")
    assert desk.asked == ["b"]
    desk.jobs.named("show_centers")[0].give(hot_corner())
    assert desk.layer.item.is_shown
    desk.session.show("a")
    assert not desk.layer.item.is_shown, "the map of another image is never shown"


def test_another_model_makes_another_map(desk: Desk) -> None:
    desk.heat_maps.set_wanted(True)
    desk.jobs.named("show_centers")[0].give(hot_corner())
    desk.session.set_model(OTHER)
    assert not desk.layer.item.is_shown
    assert desk.asked == ["a"]


def test_the_same_key_takes_it_away(desk: Desk) -> None:
    desk.heat_maps.set_wanted(True)
    desk.jobs.named("show_centers")[0].give(hot_corner())
    desk.heat_maps.set_wanted(False)
    assert not desk.layer.item.is_shown


def test_a_model_without_a_center_branch_is_said(desk: Desk) -> None:
    desk.heat_maps.set_wanted(True)
    error = NoHeatMapError("fcos", "the system fcos has no CENTER branch")
    desk.jobs.named("show_centers")[0].fail(error)
    assert desk.notices == [
        "No heat map: the system fcos has no CENTER branch. Choose a centre-and-scale model."
    ]


def test_in_a_blinded_reading_there_is_none_before_the_detector_is_revealed(desk: Desk) -> None:
    desk.session.set_blinded(True)
    desk.session.show("b")
    desk.heat_maps.set_wanted(True)
    assert desk.asked == []
    desk.session.perform(SetExamVerdict("b", ExamVerdict.PNEUMONIA))
    desk.session.reveal("b")
    assert desk.asked == ["b"]


def test_it_is_not_shown_over_another_frame(viewport: Viewport) -> None:
    layer = HeatMapLayer(viewport)
    viewport.show_radiograph(black(200, 400))
    layer.show_map(hot_corner(), 400, 200)
    viewport.show_radiograph(replace(black(200, 400), frame=1))
    assert not lit(viewport, 260, 140)
    assert not layer.legend.isVisible()
    viewport.show_radiograph(black(200, 400))
    assert lit(viewport, 260, 140)
