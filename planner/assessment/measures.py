"""Measures of each centre: what rules speak of."""

from __future__ import annotations

import re
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.assessment.coverage import own_centre_minutes
from planner.tables import Facilities
from planner.walking.times import TravelTimes
from planner.walking.walk import is_within

PREMISES = ("community", "village")
"""The tiers whose centres are the premises of one community, as against the whole town's or a station."""

PLAIN_MEASURES = ("floor_area_m2", "households", "people", "people_nearest", "people_per_m2")
OWN_SHARE = re.compile(r"own_covered_share_(\d+(?:\.\d+)?)min")
OWN_SHARE_EXAMPLE = "own_covered_share_15min"


def is_measure(name: str) -> bool:
    """Tell whether a rule may use a name.

    Examples
    --------
    >>> is_measure("floor_area_m2"), is_measure("own_covered_share_12min"), is_measure("height_m")
    (True, True, False)
    """
    return name in PLAIN_MEASURES or OWN_SHARE.fullmatch(name) is not None


def own_share_name(limit_min: float) -> str:
    """Name the measure of own coverage within a limit."""
    return f"own_covered_share_{limit_min:g}min"


def own_share_limit(name: str) -> float | None:
    """Return the limit, in minutes, that a measure of own coverage is about; None for other names."""
    match = OWN_SHARE.fullmatch(name)
    return float(match[1]) if match else None


def measure_centres(
    facilities: Facilities,
    demand: gpd.GeoDataFrame,
    times: TravelTimes,
    households: pd.Series,
    *,
    limits_min: Sequence[float],
) -> pd.DataFrame:
    """Measure what the rules speak of, one row a facility in its order; NaN is not known.

    people and households are those of the community, for its own premises only; people_nearest counts the
    people, of any community, whose nearest centre of its kind (premises, or the same tier) it is within the
    horizon of the search; people_per_m2 is that over the floor area.
    """
    people = demand["people"].to_numpy()
    serves = facilities["community"].to_numpy(dtype=object)
    home = demand["community"].to_numpy(dtype=object)
    is_premises = facilities["tier"].isin(PREMISES).to_numpy()
    residents = demand.groupby("community")["people"].sum().reindex(serves).where(is_premises).to_numpy()
    homes = households.reindex(serves).where(is_premises).to_numpy(dtype=np.float64)
    nearest = _people_nearest(facilities, people, times)
    measures = pd.DataFrame(
        {
            "floor_area_m2": facilities["floor_area_m2"].to_numpy(),
            "people": residents,
            "households": homes,
            "people_nearest": nearest,
            "people_per_m2": np.divide(
                nearest,
                facilities["floor_area_m2"].to_numpy(),
                out=np.full(len(nearest), np.nan),
                where=facilities["floor_area_m2"].to_numpy() > 0,
            ),
        },
        index=facilities.index,
    )
    own = own_centre_minutes(times, demand, facilities)
    for limit in limits_min:
        covered = pd.Series(np.where(is_within(own, limit), people, 0.0)).groupby(home).sum()
        measures[own_share_name(limit)] = np.divide(
            covered.reindex(serves).to_numpy(),
            residents,
            out=np.full(len(residents), np.nan),
            where=residents > 0,
        )
    return measures


def _people_nearest(
    facilities: Facilities, people: NDArray[np.float64], times: TravelTimes
) -> NDArray[np.float64]:
    """Count the people whose nearest centre of its kind (premises together, else by tier) each is."""
    kind = facilities["tier"].where(~facilities["tier"].isin(PREMISES), "premises").to_numpy(dtype=object)
    counted = np.zeros(len(facilities))
    for one in sorted(set(kind)):
        _, nearest = times.of_facilities(kind == one).nearest()
        reached = nearest >= 0
        counted += np.bincount(nearest[reached], weights=people[reached], minlength=len(facilities))
    return counted
