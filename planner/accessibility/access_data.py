"""Access data: the tables of a study and the walks between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.coverage import is_branch, merge_branches, own_facility_minutes
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, WalkSettings
from planner.schemas.tables import PREMISES, Communities, Facilities


@dataclass(frozen=True, slots=True, eq=False)
class AccessData:
    """Facilities, communities and people, and the walks between them."""

    facilities: Facilities
    communities: Communities
    demand: gpd.GeoDataFrame
    """`facilities`, `communities`, `demand`: Tables; demand points with their community."""
    households: pd.Series
    """Households by community id."""
    times: TravelTimes
    """Walking minutes between facilities and demand points, each facility by itself."""
    limits_min: Sequence[float]
    standard_min: float
    """`limits_min`, `standard_min`: The study's limits, and the service standard, minutes."""
    walk: WalkSettings
    """Speed and access."""
    between: TravelTimes | None = None
    """The same between facilities; None where not computed."""
    areas: NDArray[np.object_] | None = None
    """Service areas, shape (facilities, limits); None where not drawn."""
    neighbours: frozenset[str] = frozenset()
    neighbour_kinds: Mapping[str, str] = field(default_factory=dict)
    """`neighbours`, `neighbour_kinds`: Ids of the centres of neighbouring districts: people walk to them, no rule
    is for them; and the kind of each neighbouring community, by its id."""

    @property
    def is_premises(self) -> NDArray[np.bool_]:
        """Return True for the premises of a community, without branches, shape (facilities,)."""
        return np.asarray(self.facilities["tier"].isin(PREMISES), dtype=np.bool_) & ~is_branch(self.facilities)

    def served_times(self) -> TravelTimes:
        """Return the walks to each centre or a branch of it, whichever is shorter."""
        return merge_branches(self.times, self.facilities)

    @property
    def people(self) -> FloatArray:
        """Return the population of each demand point, shape (demand,)."""
        return np.asarray(self.demand["people"], dtype=np.float64)

    @property
    def people_65(self) -> FloatArray:
        """Return the residents of 65 and over at each demand point; NaN is not known, shape (demand,)."""
        return residents_65(self.demand)

    def own_minutes(self) -> FloatArray:
        """Return minutes to the nearest premises of the point's own community, shape (demand,)."""
        return own_facility_minutes(self.served_times(), self.demand, self.facilities)

    def by_community(self, values: FloatArray) -> pd.Series:
        """Sum values of demand points by community id; NaN where one is not known."""
        number, ids = pd.factorize(self.demand["community"].to_numpy(dtype=object), sort=True)
        return pd.Series(np.bincount(number, weights=values, minlength=len(ids)), index=ids)


def residents_65(demand: gpd.GeoDataFrame) -> FloatArray:
    """Return the residents of 65 and over at each demand point; NaN is not known, shape (demand,)."""
    if "people_65" not in demand.columns:
        return np.full(len(demand), np.nan)
    # Points without people have none of 65 and over.
    return np.where(demand["people"] > 0, demand["people_65"].to_numpy(dtype=np.float64), 0.0)


def serves_other_community(
    times: TravelTimes, demand: gpd.GeoDataFrame, facilities: Facilities
) -> NDArray[np.bool_]:
    """Return True for pairs whose facility belongs to another community than the demand point, shape (pairs,).

    Of several as near people use their own community's first: two may share a building.
    """
    ids = [table["community"].to_numpy(dtype=object) for table in (demand, facilities)]
    community, _ = pd.factorize(np.concatenate(ids))
    return np.asarray(community[times.demand] != community[len(ids[0]) :][times.facility], dtype=np.bool_)
