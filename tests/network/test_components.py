"""People on streets that are not connected to the others, by hand, and what `planner site` says of them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import toy

from planner.commands.main import main
from planner.network.network import build_network
from planner.network.quality import components_of_people
from planner.network.snapping import snap


def test_components_by_people_with_their_gap() -> None:
    """The main street is 500 m; one of 100 m is 30 m off its end, one of 50 m lies 7 m beside it; one is empty."""
    lines = [[(0, 0), (500, 0)], [(530, 0), (630, 0)], [(100, 7), (150, 7)], [(0, 300), (90, 300)]]
    network = build_network(gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=toy.CRS))
    places = [(10, 0), (540, 0), (120, 7), (140, 7), (560, 0), (0, 900)]
    people = np.array([5.0, 2.0, 30.0, 40.0, 0.0, 99.0])
    snaps = snap(np.array(places, dtype=float), network, access_m=3.0)
    found, count, total = components_of_people(network, snaps, people, at_most=9)
    assert (count, total) == (2, 72.0)
    assert [(one.points.tolist(), one.people, one.length_m, one.gap_m) for one in found] == [
        ([2, 3], 70.0, pytest.approx(50.0), pytest.approx(7.0)),
        ([1], 2.0, pytest.approx(100.0), pytest.approx(30.0)),
    ]
    assert found[1].gap_xy == pytest.approx((500.0, 0.0))
    assert 100 <= found[0].gap_xy[0] <= 150
    assert [len(one.points) for one in components_of_people(network, snaps, people, at_most=1)[0]] == [2]


def test_who_also_reaches_the_main_streets_is_not_cut_off() -> None:
    lines = [[(0, 0), (500, 0)], [(0, 20), (100, 20)]]
    network = build_network(gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=toy.CRS))
    snaps = snap(np.array([[50.0, 12.0]]), network, access_m=15.0)
    assert components_of_people(network, snaps, np.ones(1), at_most=3) == ((), 0, 0.0)


@pytest.mark.parametrize(("language", "words"), [("zh", "不连通"), ("en", "not connected")])
def test_site_names_people_on_parts_of_the_network(
    language: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = toy.layers()
    x, y = np.array(toy.ORIGIN) + 20.0
    far = layers["streets"].iloc[[0]].assign(name="alone", geometry=[shapely.LineString([(x, y), (x + 40, y)])])
    home = layers["people"].iloc[[0]].assign(id="alone", people=77, geometry=[shapely.Point(x + 10, y)])
    changed = {
        "streets": gpd.GeoDataFrame(pd.concat([layers["streets"], far], ignore_index=True)),
        "people": gpd.GeoDataFrame(pd.concat([layers["people"], home], ignore_index=True)),
    }
    study = toy.write_study(tmp_path / "toy", changed=changed, study=toy.STUDY + toy.HAIBOWAN_RULES)
    assert main(["site", str(study), "--model", "maximal_covering", "--lang", language]) == 0
    told = capsys.readouterr().out
    (line,) = [line for line in told.splitlines() if "20.0" in line and "77" in line]
    assert words in told
    assert "West" in line
