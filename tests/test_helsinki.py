from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest

import planner


@pytest.fixture(scope="module")
def results(helsinki_plan: planner.Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the study from its .osm.pbf to map and report."""
    folder = tmp_path_factory.mktemp("helsinki")
    planner.write(helsinki_plan, folder)
    return folder


def test_from_a_real_extract_to_map_and_report(results: Path) -> None:
    plan = json.loads((results / "plan.json").read_text("utf-8"))
    sources = {source["layer"]: source for source in plan["data"]["sources"]}
    assert sources["streets"]["file"] == "Helsinki.osm.pbf"
    assert sources["streets"]["rows"] > 2000
    assert plan["data"]["crs"] == "EPSG:3067"
    assert plan["data"]["people"] == 4337
    assert plan["data"]["modelled"] == ["facilities"]
    assert 0.5 < plan["coverage"]["total"][0]["people_share"] < 1.0
    optimum = plan["siting"]["proposals"][1]
    assert optimum["status"] == "optimal"
    assert optimum["people_gained"] <= plan["siting"]["people_uncovered"]


def test_the_licence_of_the_streets_reaches_map_and_report(results: Path) -> None:
    for name in ("map.html", "report.html"):
        text = (results / name).read_text("utf-8")
        assert "OpenStreetMap" in text
        assert "ODbL" in text


def test_the_layers_of_results_open_and_agree_with_the_plan(results: Path) -> None:
    plan = json.loads((results / "plan.json").read_text("utf-8"))
    centres = gpd.read_file(results / "results.gpkg", layer="centres")
    assert centres["verdict"].fillna("").tolist() == [centre["verdict"] for centre in plan["centres"]]
    demand = gpd.read_file(results / "results.gpkg", layer="demand")
    covered = demand["people"][demand["facilities_5min"] > 0].sum()
    assert covered == pytest.approx(plan["coverage"]["total"][0]["people_covered"])
    areas = gpd.read_file(results / "results.gpkg", layer="service_areas")
    assert areas.geometry.is_valid.all()
    assert areas.area.to_numpy() == pytest.approx(areas["area_m2"].to_numpy())
    assert len(areas) == 3 * len(centres)
