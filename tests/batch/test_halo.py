"""The halo law: a whole as one study and as its parts give the same minutes, people and verdicts."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from wholes import METHODS, compare, measured, write_heights, write_whole

import planner
from planner.batch.districts import districts_of
from planner.batch.portfolio import read_portfolio
from planner.config.study import read_study
from planner.evaluation.diagnosis import compute_indicators
from planner.evaluation.indicator_data import IndicatorData
from planner.reporting.map.branch_choices import access_situations, branches_of, facts_by_choice

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", range(3))
def test_parts_are_as_the_whole_at_random(seed: int, tmp_path: Path) -> None:
    portfolio = write_whole(tmp_path, seed)
    whole, cut, sizes = compare(portfolio, tmp_path / "out")
    assert whole.inputs.demand_method == METHODS[seed % 3]
    assert len(cut.districts) > 1
    assert cut.in_no_district == ()
    # Parts that were the whole again would be equal to it for nothing.
    assert min(sizes) < 0.8 * len(whole.inputs.streets)
    assert sum(sizes) > len(whole.inputs.streets)


def test_andorra_is_as_its_parishes(tmp_path: Path) -> None:
    """Real streets, borders and buildings: one study of the country, and seven of its parishes."""
    whole, cut, _ = compare(ROOT / "data/andorra/portfolio.toml", tmp_path)
    assert len(cut.districts) == 7
    assert whole.inputs.demand["people"].sum() == 77_543


def test_slopes_of_a_district_are_those_of_the_whole(tmp_path: Path) -> None:
    """Heights are one raster for all: uphill is slower, and nobody stands on another hill in a part."""
    portfolio = write_whole(tmp_path, 0)
    level = measured(tmp_path / "study.toml")[1]
    west, south, east, north = gpd.read_file(tmp_path / "whole.gpkg", layer="streets").total_bounds
    x, y = np.meshgrid(np.arange(west - 100, east + 100, 20.0), np.arange(north + 100, south - 100, -20.0))
    heights = 40.0 * np.sin(x / 300.0) + 30.0 * np.cos(y / 200.0)
    write_heights(tmp_path / "ground.tif", heights, (west - 110, north + 110), 20.0)
    study = tmp_path / "study.toml"
    slope = 'inputs.elevation = { path = "ground.tif" }\n[walking.costs]\nslope = true\n'
    study.write_text(study.read_text("utf-8").replace("[limits]", f"{slope}[limits]"), "utf-8")
    compare(portfolio, tmp_path / "out")
    steep = measured(study)[1]
    assert (level["nearest_min"] != steep["nearest_min"]).any()


def test_branches_of_a_district_are_judged_with_its_neighbours(tmp_path: Path) -> None:
    """The map's choices of branches: with all as today, everything that the rules see is as today."""
    cut = districts_of(read_portfolio(write_whole(tmp_path, 0)), tmp_path / "out", "")
    seen = 0
    for district in cut.districts:
        study = read_study(district.study)
        table = gpd.read_parquet(district.study.parent / "facilities.parquet").set_index("id")
        if table["community"].get("f00") not in study.district.communities:
            continue
        plan = planner.run(study)
        assert len(plan.inputs.neighbours.points)
        (centre,) = branches_of(plan)
        of_choices = facts_by_choice(plan)[centre]
        assert len(of_choices) >= 4
        access, rules = next(access_situations(plan)).access, plan.diagnosis.rule_set
        measured = compute_indicators(IndicatorData(access, rules), limits_min=(1.0, 2.0, 3.0))
        expected = plan.diagnosis.facts[centre].values.numbers
        for ref, column in measured.columns.items():
            if ref in expected and not ref.name.startswith("area"):
                seen += 1
                assert repr(column.at(centre)) == repr(expected[ref]), ref
    assert seen


def test_streets_that_end_before_a_border_are_told(tmp_path: Path) -> None:
    portfolio = write_whole(tmp_path, 0)
    streets = gpd.read_file(tmp_path / "whole.gpkg", layer="streets")
    west, _, east, _ = streets.total_bounds
    streets[streets.bounds["maxx"] < (west + 2 * east) / 3].to_file(tmp_path / "whole.gpkg", layer="streets")
    cut = districts_of(read_portfolio(portfolio), tmp_path / "out", "")
    grounds = gpd.read_file(tmp_path / "whole.gpkg", layer="communities").dissolve("district").bounds
    assert grounds["maxx"].idxmax() in cut.beyond_streets
    assert grounds["maxx"].idxmin() not in cut.beyond_streets
