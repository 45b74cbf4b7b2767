"""Services on random cities: one by one as all at once, n-th nearest by listing all walks, more is never less."""

from __future__ import annotations

import cities
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from seeds import SEEDS

import planner as pl

MINUTES = {"clinic": 3.0, "school": 6.0}
COUNT = {"clinic": 1, "school": 2}


def city(seed: int) -> tuple[pl.WalkNetwork, gpd.GeoDataFrame, dict[str, gpd.GeoDataFrame]]:
    streets = cities.random_city(seed)
    drawn = np.random.default_rng(seed)
    homes = gpd.GeoDataFrame(
        {"people": drawn.integers(0, 50, 60), "ward": drawn.choice(["A", "B"], 60)},
        geometry=shapely.points(cities.points_in(streets, 60, seed)),
        crs=cities.CRS,
    )
    facilities = {
        name: gpd.GeoDataFrame(
            {"places": drawn.integers(1, 90, 5).astype(float)},
            geometry=shapely.points(cities.points_in(streets, 5, seed + number + 1)),
            crs=cities.CRS,
        )
        for number, name in enumerate(MINUTES)
    }
    return pl.walk_network(streets, access_m=40.0), homes, facilities


@pytest.mark.filterwarnings("ignore::planner.PlannerWarning")
@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_one_by_one_as_all_at_once_and_the_nth_by_all_walks(seed: int) -> None:
    net, homes, facilities = city(seed)
    found = pl.services(net, facilities, homes, MINUTES, count=COUNT, capacity="places", by="ward")
    for name, minutes in MINUTES.items():
        options = {"count": COUNT[name], "capacity": "places", "by": "ward"}
        alone = pl.services(net, {name: facilities[name]}, homes, minutes, **options)
        columns = [f"{name}_min", f"{name}_nearest"]
        pd.testing.assert_frame_equal(pd.DataFrame(alone.people[columns]), pd.DataFrame(found.people[columns]))
        pd.testing.assert_series_equal(alone.total.loc[name], found.total.loc[name])
        # All walks, sorted at each home; beyond three times the limit a second one is not looked for.
        far = minutes * 3
        table = pl.travel_times(net, facilities[name], homes, cutoff=far)
        walks = np.full((len(facilities[name]), len(homes)), np.inf)
        walks[table["facility"], table["demand"]] = table["minutes"]
        nth = np.sort(walks, axis=0)[COUNT[name] - 1]
        mine = found.people[f"{name}_min"].to_numpy()
        assert np.where(mine <= far, mine, np.inf) == pytest.approx(nth)


@pytest.mark.filterwarnings("ignore::planner.PlannerWarning")
@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_with_a_facility_more_or_a_longer_limit_nothing_falls(seed: int) -> None:
    net, homes, facilities = city(seed)
    fewer = {**facilities, "clinic": facilities["clinic"].iloc[:2]}
    before = pl.services(net, fewer, homes, MINUTES, count=COUNT)
    for after in (
        pl.services(net, facilities, homes, MINUTES, count=COUNT),
        pl.services(net, fewer, homes, {**MINUTES, "clinic": 5.0}, count=COUNT),
    ):
        assert (after.people["completeness"] >= before.people["completeness"] - 1e-12).all()
        assert (after.people["missing"] <= before.people["missing"]).all()
        assert (after.total["people_served"] >= before.total["people_served"]).all()
        assert after.completeness["sufficient_share"] >= before.completeness["sufficient_share"]
