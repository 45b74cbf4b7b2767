"""Services of a whole and of its districts: the same walks, capacity and gaps, wherever the facilities lie."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from cities import CRS
from wholes import write_whole

import planner
from planner.batch.districts import districts_of
from planner.batch.portfolio import read_portfolio
from planner.messages.errors import StudyError
from planner.results import Plan

SERVICES = """
[[services]]
id = "clinic"
layer = { path = "whole.gpkg", layer = "spots" }
where = { "类别" = "clinic" }
minutes = 2
capacity = "beds"
per_1000 = 900.0
[[services]]
id = "bath"
layer = { path = "whole.gpkg", layer = "spots" }
where = { "类别" = ["bath"] }
minutes = 3
[[services]]
id = "none"
layer = { path = "whole.gpkg", layer = "spots" }
where = { "类别" = "typo" }
minutes = 3
[[services]]
id = "old"
where = { name = "f03" }
capacity = "floor_area_m2"
minutes = 2
"""
BELT = """
[[belts]]
id = "across"
streets = [{names}]
within_m = 90
"""


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, list[Plan]]:
    folder = tmp_path_factory.mktemp("whole")
    portfolio = write_whole(folder, 0)
    drawn = np.random.default_rng(0)
    west, south, east, north = gpd.read_file(folder / "whole.gpkg", layer="communities").total_bounds
    spots = drawn.uniform((west, south), (east, north), (24, 2))
    gpd.GeoDataFrame(
        {
            "类别": [*["clinic"] * 23, "bath"],
            "beds": drawn.integers(1, 30, 24).astype(float),
        },
        geometry=shapely.points(spots),
        crs=CRS,
    ).to_file(folder / "whole.gpkg", layer="spots")
    study = folder / "study.toml"
    gpd.GeoDataFrame(
        {"id": [f"o{number}" for number in range(24)], "kind": "firm"}, geometry=shapely.points(spots), crs=CRS
    ).to_file(folder / "whole.gpkg", layer="organisations")
    more = 'inputs.organisations = { path = "whole.gpkg", layer = "organisations" }\ninputs.streets = {'
    text = study.read_text("utf-8").replace("inputs.streets = {", more, 1)
    streets = gpd.read_file(folder / "whole.gpkg", layer="streets")
    streets["name"] = [f"way {number}" for number in range(len(streets))]
    streets.to_file(folder / "whole.gpkg", layer="streets")
    names = ", ".join(f'"{name}"' for name in streets["name"][::9])
    study.write_text(text + SERVICES + BELT.format(names=names), "utf-8")
    cut = districts_of(read_portfolio(portfolio), folder / "out", "")
    return planner.run(study), [planner.run(district.study) for district in cut.districts]


def homes(plan: Plan, number: int) -> pd.DataFrame:
    one = plan.services.access[number]
    capacity = np.full(len(one.points), np.nan) if one.access is None else one.access
    return pd.DataFrame(
        {"served": one.served, "reason": one.reason, "access": capacity, "people": one.people},
        index=one.points["id"].to_numpy(dtype=object),
    )


def test_parts_have_the_services_of_the_whole(plans: tuple[Plan, list[Plan]]) -> None:
    whole, parts = plans
    assert len(parts) > 1
    for number, one in enumerate(whole.services.access):
        expected = homes(whole, number).sort_index()
        found = pd.concat([homes(part, number) for part in parts]).sort_index()
        # Capacity is shared with those across the border.
        pd.testing.assert_frame_equal(found, expected, rtol=1e-12, atol=1e-12, obj=one.id)
        assert {part.services.access[number].service.is_known for part in parts} == {one.service.is_known}
    assert (homes(whole, 1)["reason"] == "full").any()


def test_each_organisation_of_a_community_is_one_of_its_district(plans: tuple[Plan, list[Plan]]) -> None:
    whole, parts = plans
    table = whole.organisations.table.set_index("id")
    inside = table[table["community"] != ""].drop(columns="geometry").sort_index()
    found = pd.concat([part.organisations.table for part in parts]).set_index("id").sort_index()
    assert len(inside) > 0
    # Without a bound on stations each takes its nearest, across the border too.
    pd.testing.assert_frame_equal(pd.DataFrame(found[inside.columns]), pd.DataFrame(inside))


def test_people_along_a_belt_across_districts_add_up_to_the_whole(plans: tuple[Plan, list[Plan]]) -> None:
    whole, parts = plans
    found = [part.belts.table for part in parts]
    assert all(len(table) == 1 for table in found)
    assert len({table["streets"][0] for table in found}) > 1
    assert sum(table["people"][0] for table in found) == pytest.approx(whole.belts.table["people"][0], rel=1e-9)
    assert 0 < whole.belts.table["people"][0] < whole.inputs.demand["people"].sum()


def test_a_belt_along_a_street_that_no_district_has_is_refused(tmp_path: Path) -> None:
    portfolio = write_whole(tmp_path, 0)
    study = tmp_path / "study.toml"
    study.write_text(study.read_text("utf-8") + BELT.format(names='"no such way"'), "utf-8")
    with pytest.raises(StudyError) as error:
        districts_of(read_portfolio(portfolio), tmp_path / "out", "")
    assert {issue.key for issue in error.value.issues} <= {"belt_street_unknown", "belt_without_names"}


def test_people_of_parts_add_up_to_the_whole(plans: tuple[Plan, list[Plan]]) -> None:
    whole, parts = plans
    for column in ("people", "people_served", "people_full"):
        found = sum(part.services.total.set_index("service")[column] for part in parts)
        pd.testing.assert_series_equal(found, whole.services.total.set_index("service")[column], rtol=1e-9)
