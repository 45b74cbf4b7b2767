"""A whole study with walking costs, gates and barriers, by hand on the toy city."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import toy
from phrases import phrase
from rasterio import Affine

import planner
from planner.commands.check import describe_inputs
from planner.config.study import read_study
from planner.evaluation.validation.cross_checks import verify
from planner.messages.catalogue import Texts
from planner.messages.errors import DataError, StudyError
from planner.prepare import prepare
from planner.reporting.document.build import build_document

UP = float(np.exp(3.5 * 0.1))
"""Cost metres per metre up a slope of 10 %; down it is as on the flat."""

ALL_COSTS = toy.STUDY.replace(
    "access_m = 10.0",
    """access_m = 10.0
stop_at_barriers = true

[walking.costs]
slope = true
slope_smoothing_m = 0.0
stairs = "closed"
class_kmh = { lane = 1.8, motorway = 3.0 }
crossing_s = { marked = 60 }

[inputs.barriers]
path = "toy.gpkg"
layer = "walls"

[inputs.gates]
path = "toy.gpkg"
layer = "gates"

[inputs.elevation]
path = "ground.tif"
source = "A plane"
""",
)


PLACES = ((200, 300), (700, 400), (200, 100))


def points(columns: dict[str, list[object]], *xy: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapely.points(np.array(xy) + toy.ORIGIN), crs=toy.CRS)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the toy city on ground that rises by 10 % to the east, with a gate, a wall, stairs and a crossing."""
    folder = tmp_path_factory.mktemp("costs")
    streets = toy.layers()["streets"]
    middle = streets.geometry.interpolate(0.5, normalized=True)
    at = {(x, y): (middle.distance(shapely.Point(np.array([x, y]) + toy.ORIGIN)) < 1) for x, y in PLACES}
    kind = np.select([at[200, 300], at[700, 400]], ["lane", "steps"], "")
    crossing = np.where(at[200, 100], "marked", "")
    wall = shapely.LineString(np.array([(280, 204), (320, 204)]) + toy.ORIGIN)
    layers = {
        "streets": streets.assign(kind=kind, crossing=crossing),
        "gates": points(
            {"id": ["G1", "G2", "G3"], "name": ["", "", ""], "open": [False, True, False]},
            *((250, 202), (150, 200), (50, 100)),
        ),
        "walls": gpd.GeoDataFrame({"name": ["Wall"]}, geometry=[wall], crs=toy.CRS),
        # One home more, behind the wall.
        "people": add_home(toy.layers()["people"], "beyond", (300, 208), 5),
    }
    file = toy.write_study(folder, changed=layers, study=ALL_COSTS)
    x = -200 + 20 * np.arange(70) + 10
    metres = np.tile(0.1 * x, (60, 1))
    with rasterio.open(
        folder / "ground.tif",
        "w",
        driver="GTiff",
        height=60,
        width=70,
        count=1,
        dtype="float64",
        crs=toy.CRS,
        transform=Affine(20, 0, toy.ORIGIN[0] - 200, 0, -20, toy.ORIGIN[1] + 800),
    ) as raster:
        raster.write(metres, 1)
    return file


def add_home(people: gpd.GeoDataFrame, name: str, xy: tuple[float, float], count: int) -> gpd.GeoDataFrame:
    home = points({"id": [name], "people": [count], "households": [2]}, xy)
    return gpd.GeoDataFrame(pd.concat([people, home], ignore_index=True), crs=toy.CRS)


@pytest.fixture(scope="module")
def plan(study: Path) -> planner.Plan:
    return planner.run(study)


def test_walks_by_hand(plan: planner.Plan) -> None:
    """The centre C1 stands at (200, 200); the straight 10 m at either end are walked at base speed."""
    times = plan.times
    ids = plan.inputs.demand["id"].tolist()
    of_centre = times.facility == plan.inputs.facilities["id"].tolist().index("C1")
    seconds = {ids[d]: t * 60 for d, t in zip(times.demand[of_centre], times.minutes[of_centre], strict=True)}
    # From the west it goes up, through the open gate; the street to the north is a lane at half the speed, the one
    # to the south a crossing of 60 s over 200 m.
    assert seconds["P100-200"] == pytest.approx(10 + 80 * UP + 10)
    assert seconds["P200-300"] == pytest.approx(10 + 80 * 2 + 10)
    assert seconds["P200-100"] == pytest.approx(10 + 80 * 1.3 + 10)
    # The gate at (250, 200) is closed: from (300, 200) up to (400, 200), round by the south, and down.
    round_ = 10 + 90 * UP + 200 + 200 + 190 * 1.3 + 10
    assert seconds["P300-200"] == pytest.approx(round_)
    # Behind the wall nobody reaches a street.
    assert "beyond" not in seconds
    assert not plan.demand_snaps.reaches_street[ids.index("beyond")]


def test_walks_computed_again_know_costs_gates_and_barriers(study: Path) -> None:
    """And without any of them they say that the engine is wrong."""
    ready = prepare(read_study(study))
    situation = ready.assemble_access(ready.compute_times(), None)
    ground = ready.walk_environment()
    again = verify(situation, ground, seed=1)
    assert again.points == len(situation.demand)
    assert again.pairs > 30
    assert again.differing == 0
    assert again.largest_min < 1e-6
    for name in ("level", "gates", "walls"):
        assert getattr(ground, name) is not None
        without = replace(ground, **{name: None})
        assert verify(situation, without, seed=1).differing > 0, name
    uphill = replace(ground, level=None if ground.level is None else ground.level[:, ::-1])
    assert verify(situation, uphill, seed=1).differing > 0


def test_stairs_are_closed(plan: planner.Plan) -> None:
    """The station at (800, 400): from (700, 400), on the stairs, no street is within 10 m."""
    ids = plan.inputs.demand["id"].tolist()
    assert not plan.demand_snaps.reaches_street[ids.index("P700-400")]


def test_what_counts_and_what_could_not_be_used_is_said(plan: planner.Plan, study: Path, tmp_path: Path) -> None:
    content = build_document(plan)
    names = [cost["name"] for cost in content["walking"]["costs"]]
    assert names == ["slope", "class", "stairs", "crossing", "gates", "barriers"]
    assert content["walking"]["direction"] == "to_centre"
    assert {source["layer"] for source in content["data"]["sources"]} >= {"gates", "elevation", "barriers"}
    notices = {notice["key"]: notice for notice in content["notices"]}
    assert notices["gate_no_street"]["rows"] == ["G3"]
    assert "motorway" in notices["no_street_of_kind"]["en"]
    assert "no_street_of_crossing" not in notices
    assert notices["demand_behind_barrier"]["rows"] == ["beyond"]
    assert notices["demand_no_street"]["rows"] == ["P700-400"]
    planner.write(plan, tmp_path)
    assert json.loads((tmp_path / "plan.json").read_text("utf-8")) == content
    checked = " ".join(describe_inputs(study, Texts("en")).split())
    for product in (
        (tmp_path / "map.html").read_text("utf-8"),
        (tmp_path / "report.html").read_text("utf-8"),
        checked,
    ):
        for said in (
            "stairs are closed",
            "marked 60",
            "lane 1.8",
            phrase("words.cost_gates", count="1"),
            phrase("words.cost_barriers"),
        ):
            assert said in product
    # People who walk down a hill come farther than on the flat.
    assert plan.inputs.margin_m == pytest.approx(900 * np.exp(3.5 * 0.05))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("stop_at_barriers = true", phrase("errors.nothing_to_stop_at")),
        ("[walking.costs]\nslope = true", phrase("errors.slope_without_elevation")),
        ('[walking.costs]\nstairs = "slowly"', "`walking.costs.stairs`"),
        ("[walking.costs]\nclass_kmh = { path = 0 }", "`walking.costs.class_kmh.path`"),
        ("[walking.costs]\ncrossing_s = { marked = -3 }", "`walking.costs.crossing_s.marked`"),
        ('direction = "both"', "`walking.direction`"),
    ],
)
def test_settings_that_cannot_be_meant(tmp_path: Path, setting: str, said: str) -> None:
    file = toy.write_study(tmp_path, study=toy.STUDY.replace("access_m = 10.0", f"access_m = 10.0\n{setting}"))
    with pytest.raises(StudyError, match=said.replace(".", r"\.")):
        planner.run(file)


def test_gates_that_say_neither_open_nor_closed_are_refused(study: Path, tmp_path: Path) -> None:
    gates = points({"id": ["G1"], "open": ["perhaps"]}, (250, 202))
    walls = gpd.GeoDataFrame({"name": ["Wall"]}, geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=toy.CRS)
    file = toy.write_study(tmp_path, changed={"gates": gates, "walls": walls}, study=ALL_COSTS)
    (tmp_path / "ground.tif").write_bytes((study.parent / "ground.tif").read_bytes())
    with pytest.raises(DataError, match="perhaps"):
        planner.run(file)
