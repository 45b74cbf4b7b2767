from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from planner.assessment.diagnosis import Diagnosis, diagnose
from planner.assessment.rules import read_rules
from planner.inputs.demand import place_demand
from planner.tables import COMMUNITIES, DEMAND, FACILITIES
from planner.walking.times import TravelTimes

CRS = "EPSG:32648"
LIMITS = (5.0, 10.0, 15.0)


def diagnosed(
    area_m2: float, *, households: float = 1000, near: float = 1.0, people: int = 1000, tier: str = "community"
) -> Diagnosis:
    """Judge one centre of a community; a share `near` of its people is 4 minutes away, the rest out of reach."""
    communities = COMMUNITIES.check(
        gpd.GeoDataFrame(
            {"id": ["A", "B"], "name": ["A", "B"], "households": [households, 1.0]},
            geometry=[shapely.box(1000, 0, 1100, 100), shapely.box(1100, 0, 1200, 100)],
            crs=CRS,
        ),
        source="test",
    )
    demand = place_demand(
        DEMAND.check(
            gpd.GeoDataFrame(
                {"id": ["near", "far"], "people": [people * near, people * (1 - near)]},
                geometry=[shapely.Point(1010, 10), shapely.Point(1020, 20)],
                crs=CRS,
            ),
            source="test",
        ),
        communities,
    ).points
    facilities = FACILITIES.check(
        gpd.GeoDataFrame(
            {"id": ["F"], "name": ["F"], "tier": [tier], "community": ["A"], "floor_area_m2": [area_m2]},
            geometry=[shapely.Point(1050, 50)],
            crs=CRS,
        ),
        source="test",
    )
    times = TravelTimes(np.array([0]), np.array([0]), np.array([4.0]), 1, 2, 15.0)
    return diagnose(
        facilities,
        communities,
        demand,
        times,
        pd.Series({"A": households, "B": 1.0}),
        profile=read_rules("haibowan", folder=Path()),
        limits_min=LIMITS,
    )


def failed(diagnosis: Diagnosis) -> set[str]:
    rows = diagnosis.findings
    return set(rows["rule"][(rows["passed"] == False) & (rows["grade"] == "compliant")])  # noqa: E712 - None is neither


@pytest.mark.parametrize(
    ("arguments", "verdict", "reasons"),
    [
        ({"area_m2": 300.0}, "compliant", set()),
        ({"area_m2": 299.9}, "weak", {"floor_area", "floor_area_per_100_households"}),
        ({"area_m2": 300.0, "households": 1001}, "weak", {"floor_area_per_100_households"}),
        ({"area_m2": 300.0, "near": 0.6}, "compliant", set()),
        ({"area_m2": 300.0, "near": 0.59}, "weak", {"own_coverage"}),
        ({"area_m2": 400.0, "people": 10_000}, "compliant", set()),
        ({"area_m2": 400.0, "people": 10_026}, "weak", {"load"}),
        ({"area_m2": 1000.0}, "excellent", set()),
        ({"area_m2": np.nan}, "undetermined", set()),
        ({"area_m2": np.nan, "near": 0.1}, "weak", {"own_coverage"}),
        ({"area_m2": 499.0, "tier": "town"}, "weak", {"town_floor_area"}),
        ({"area_m2": 10.0, "tier": "station"}, "", set()),
    ],
)
def test_verdicts_at_every_threshold(arguments: dict[str, float], verdict: str, reasons: set[str]) -> None:
    diagnosis = diagnosed(**arguments)
    assert diagnosis.centres["verdict"].tolist() == [verdict]
    assert failed(diagnosis) == reasons


def test_rates_count_premises_and_leave_the_undetermined_out() -> None:
    good, weak, unknown = diagnosed(300.0), diagnosed(10.0), diagnosed(np.nan)
    assert good.rates["compliant_share"] == 1.0
    assert (weak.rates["compliant_share"], weak.weak_communities) == (0.0, ("A",))
    assert unknown.rates["undetermined"] == 1
    assert np.isnan(unknown.rates["compliant_share"])
    assert diagnosed(10.0, tier="town").rates["assessed"] == 0


def test_a_community_without_a_centre_is_listed() -> None:
    assert diagnosed(300.0).communities_without_centre == ("B",)
    assert diagnosed(300.0, tier="station").communities_without_centre == ("A", "B")


def test_measures_by_hand() -> None:
    row = diagnosed(400.0, near=0.75).centres.iloc[0]
    assert row["people"] == 1000
    assert row["people_nearest"] == 750
    assert row["people_per_m2"] == 750 / 400
    assert row["own_covered_share_5min"] == 0.75
    assert diagnosed(400.0, tier="town").centres["own_covered_share_5min"].isna().all()
