"""What an address reaches on foot: the same walks as travel times, each line as long as its walk."""

from __future__ import annotations

import cities
import geopandas as gpd
import life_circle
import numpy as np
import pytest
import shapely
import toy
from hypothesis import given, settings
from phrases import phrase
from seeds import SEEDS

import planner as pl
from planner.commands.main import main
from planner.network.network import build_network
from planner.network.walk import WalkSettings
from planner.network.walk_paths import walk_lines
from planner.network.walker import Walker


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_lines_are_as_long_as_walks_and_follow_the_streets(seed: int) -> None:
    streets = cities.random_city(seed)
    walker = Walker(build_network(streets), WalkSettings(speed_kmh=4.8, access_m=40.0))
    starts = walker.snap(np.asarray(cities.points_in(streets, 12, seed)))
    home = walker.snap(np.asarray(cities.points_in(streets, 1, seed + 1)))
    minutes = walker.time_matrix(starts, home, within_min=20.0)[:, 0]
    lines = walk_lines(walker.network, starts, home, minutes, walker.walk)
    ground = shapely.union_all(streets.geometry.array)
    for line, took, xy in zip(lines, minutes, starts.xy, strict=True):
        assert (line is None) == (not np.isfinite(took))
        if line is not None:
            assert line.length == pytest.approx(walker.walk.metres(took), abs=0.01)
            assert line.coords[0] == pytest.approx(xy)
            assert line.coords[-1] == pytest.approx(home.xy[0])
            off = shapely.difference(line, shapely.buffer(ground, 1e-3))
            assert off.length <= 2 * 40.0 + 0.01


@pytest.mark.filterwarnings("ignore::planner.PlannerWarning")
def test_the_list_is_that_of_travel_times() -> None:
    streets = cities.random_city(7)
    net = pl.walk_network(streets, access_m=40.0)
    points = [
        gpd.GeoDataFrame(geometry=shapely.points(cities.points_in(streets, count, seed)), crs=cities.CRS)
        for count, seed in ((9, 1), (5, 2), (3, 3))
    ]
    facilities = {"school": points[0], "clinic": points[1]}
    found = pl.reachable_services(net, facilities, points[2], minutes=[4, 8])
    for name, table in facilities.items():
        times = pl.travel_times(net, table, points[2], cutoff=8).set_index(["demand", "facility"])["minutes"]
        mine = found[found["service"] == name].set_index(["at", "facility"])
        assert mine["minutes"].to_dict() == pytest.approx(times.to_dict())
        assert (mine["within"] == np.where(mine["minutes"] <= 4, 4, 8)).all()
    assert found.groupby("at")["minutes"].apply(lambda each: each.is_monotonic_increasing).all()
    assert len(pl.reachable_services(net, {"school": points[0].iloc[:0]}, points[2])) == 0


def test_a_card_of_an_address_on_the_command_line(tmp_path: toy.Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = life_circle.write_study(tmp_path)
    place = gpd.GeoSeries([shapely.Point(toy.ORIGIN)], crs=toy.CRS).to_crs(4326)[0]
    assert main(["explain", str(study), "--at", f"{place.x},{place.y}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    canteen = lines.index(phrase("cli.at_served", service="Canteens", count=1, minutes="5"))
    assert lines[canteen + 1].split() == ["0.0", "min", "canteen", "K1"]
    assert phrase("cli.at_missing", service="Clinics", count=2, minutes="5") in lines
    assert phrase("cli.at_unknown", service="park") in lines


@pytest.mark.parametrize("place", ["here", "200,10", "106.8"])
def test_a_place_that_is_none_is_refused(place: str, toy_study: toy.Path) -> None:
    with pytest.raises(SystemExit) as error:
        main(["explain", str(toy_study), "--at", place])
    assert error.value.code == 2


@pytest.mark.parametrize(("spot", "away"), [((100, 100), "100"), ((200, -58), "58"), ((43_000, 200), "42,2")])
def test_a_place_off_every_street_is_refused_and_lacks_nothing(
    spot: tuple[float, float], away: str, toy_study: toy.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = gpd.GeoSeries([shapely.Point(toy.ORIGIN + spot)], crs=toy.CRS).to_crs(4326)[0]
    assert main(["explain", str(toy_study), "--at", f"{place.x},{place.y}"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert f"{away}" in told.err
    assert f"{place.x:.6f}, {place.y:.6f}" in told.err


def test_explain_needs_a_centre_or_a_place(toy_study: toy.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(toy_study)]) == 2
    assert phrase("errors.centre_or_place") in capsys.readouterr().err
