"""Long calls show how far they are, on a terminal only, and compute the same."""

from __future__ import annotations

import io
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest

import planner as pl
from planner.api import progress as api_progress
from planner.api.progress import CallProgress
from planner.messages.progress import StatusLine

CRS = 32648


class Terminal(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def net() -> pl.WalkNetwork:
    """Return a grid of streets, 100 m apart."""
    lines = [f"LINESTRING ({x} 0, {x} 900)" for x in range(0, 1000, 100)]
    lines += [f"LINESTRING (0 {y}, 900 {y})" for y in range(0, 1000, 100)]
    parts = gpd.GeoSeries.from_wkt(lines, crs=CRS).union_all().geoms
    return pl.walk_network(gpd.GeoDataFrame(geometry=list(parts), crs=CRS))


@pytest.fixture(scope="module")
def points() -> gpd.GeoDataFrame:
    """Return 40 places along the streets."""
    generator = np.random.default_rng(3)
    xy = np.column_stack([generator.uniform(0, 900, 40), generator.integers(0, 10, 40) * 100.0])
    return gpd.GeoDataFrame({"people": generator.integers(1, 90, 40)}, geometry=gpd.points_from_xy(*xy.T), crs=CRS)


CALLS: dict[str, Callable[[pl.WalkNetwork, gpd.GeoDataFrame], object]] = {
    "isochrones": lambda net, points: pl.isochrones(net, points, minutes=[2, 5]).to_wkt(),
    "service_areas": lambda net, points: pl.service_areas(net, points, minutes=4).to_wkt(),
    "travel_times": lambda net, points: pl.travel_times(net, points, points, cutoff=6),
    "coverage": lambda net, points: pl.coverage(net, points, points, minutes=[2, 5]).people,
    "locate": lambda net, points: pl.locate(net, points, sites=2, candidates=points, minutes=4).sites,
}


@pytest.mark.parametrize("call", CALLS)
def test_the_bar_changes_no_result(
    call: str, net: pl.WalkNetwork, points: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = CALLS[call](net, points)
    terminal = Terminal()
    monkeypatch.setattr(api_progress, "CHUNK", 7)
    monkeypatch.setattr(api_progress, "AFTER_S", 0.0)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    seen = []
    step = CallProgress.stage

    def stage(self: CallProgress, name: str, done: int = 0, count: int = 0) -> None:
        seen.append((name, done, count))
        step(self, name, done, count)

    monkeypatch.setattr(CallProgress, "stage", stage)
    shown = CALLS[call](net, points)
    assert shown.equals(silent)  # type: ignore[attr-defined]
    stages = [(done, count) for name, done, count in seen if name in {"travel_times", "service_areas"} and count]
    assert stages == [(done, 40) for done in range(0, 40, 7)]
    assert terminal.getvalue().endswith("\x1b[K") or not terminal.getvalue()


def test_the_line_says_call_stage_and_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    terminal = Terminal()
    with CallProgress("isochrones", StatusLine(terminal), after_s=0.0) as progress:
        assert progress._timer is not None
        progress._timer.join()
        progress.stage("service_areas", 9, 18)
    assert "\r\x1b[Kisochrones: 计算服务范围 [#########---------] 9/18" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize("value", ["off", None])
def test_nothing_shows_where_nobody_looks(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO() if value is None else Terminal()
    if value:
        monkeypatch.setenv("PLANNER_PROGRESS", value)
    with CallProgress("isochrones", StatusLine(stream), after_s=0.0) as progress:
        assert progress._timer is None
        progress.stage("service_areas", 1, 2)
    assert stream.getvalue() == ""
