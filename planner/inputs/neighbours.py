"""Neighbouring districts: their people and centres near the border count for walks, and in no sum.

A verdict on a centre asks for the people within the longest walk of it, and for the centres nearest to these
people: two walks beyond the district, nothing has a bearing on it any more (docs/scaling.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.config.study import Study
from planner.messages.errors import Issue, NetworkError, StudyError
from planner.messages.notices import Notice
from planner.population.disaggregate import Residents
from planner.schemas.tables import Communities, Facilities, Streets

WALKS = 2
"""So many of the longest walks beyond a district, everything counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """What of neighbouring districts counts for walks."""

    points: gpd.GeoDataFrame
    """Their demand points near by, with the columns of the district's own."""
    facilities: frozenset[str] = frozenset()
    """Ids of their centres."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """The kind of each of their communities, by its id."""

    def joined_to(self, own: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the demand points of a district, then those of its neighbours; the same table without such."""
        both = [own, self.points]
        return gpd.GeoDataFrame(pd.concat(both, ignore_index=True), crs=own.crs) if len(self.points) else own

    def notices(self) -> Iterator[Notice]:
        """Yield that they are there."""
        if len(self.points) or self.facilities:
            people = float(self.points["people"].sum()) if len(self.points) else 0.0
            values = {"people": f"{people:,.0f}", "centres": len(self.facilities)}
            yield Notice("neighbours_counted", "facilities", tuple(sorted(self.facilities)), people, values)


NOBODY = Neighbours(gpd.GeoDataFrame(geometry=[]))
"""A study of all its communities."""


class DistrictInputs(NamedTuple):
    """Tables of a district, what of its neighbours counts for walks, and the rows that have no bearing on it."""

    communities: Communities
    facilities: Facilities
    streets: Streets
    residents: Residents
    neighbours: Neighbours
    beyond: Mapping[str, pd.Index]


def divide_district(
    study: Study,
    communities: Communities,
    facilities: Facilities,
    streets: Streets,
    residents: Residents,
    *,
    margin_m: float,
) -> DistrictInputs:
    """Divide the tables of a whole into those of the study's district and its neighbours near by.

    Parameters
    ----------
    study
        Names the district's communities; where it names none, all are its own.
    communities, facilities, streets, residents
        Of the whole, or of as much of it as lies around the district; facilities with their community.
    margin_m
        The longest walk, metres.

    Raises
    ------
    StudyError
        A community that the study names is not in the layer.
    NetworkError
        No street lies within two walks of the district.
    """
    wanted = set(study.district.communities)
    if not wanted:
        return DistrictInputs(communities, facilities, streets, residents, NOBODY, {})
    missing = sorted(wanted - set(communities["id"]))
    if missing:
        raise StudyError(str(study.file), [Issue("district_unknown", {"count": len(missing)}, missing)])
    is_in = communities["id"].isin(wanted)
    own, foreign = Communities(communities[is_in]), communities[~is_in]
    is_own = own_facilities(facilities, wanted, frozenset(study.district.facilities))
    zone = district_zone(own, facilities, is_own, margin_m=margin_m, access_m=study.walking.access_m)
    shapely.prepare(zone)
    near = shapely.intersects(zone, streets.geometry.array)
    if not near.any():
        raise NetworkError(
            str(study.inputs.streets.path), [Issue("no_streets_inside", {"margin_m": f"{margin_m:,.0f}"})]
        )
    kept = with_branches(facilities, is_own | shapely.intersects(zone, facilities.geometry.array))
    points = residents.points
    at_home = points["community"].isin(wanted).to_numpy()
    others = ~at_home & (points["people"] > 0).to_numpy() & shapely.intersects(zone, points.geometry.array)
    balance = residents.balance
    rows = balance["community"].isin(wanted) | (balance["community"] == "")
    return DistrictInputs(
        communities=own,
        facilities=Facilities(facilities[kept]),
        streets=Streets(streets[near]),
        residents=replace(
            residents,
            points=gpd.GeoDataFrame(points[at_home].reset_index(drop=True)),
            balance=pd.DataFrame(balance[rows].reset_index(drop=True)),
        ),
        neighbours=Neighbours(
            gpd.GeoDataFrame(points[others].reset_index(drop=True)),
            frozenset(facilities["id"][kept & ~is_own]),
            dict(zip(foreign["id"], foreign["kind"], strict=True)),
        ),
        beyond={"facilities": facilities.index[~kept], "streets": streets.index[~near]},
    )


def own_facilities(facilities: Facilities, communities: set[str], further: frozenset[str]) -> NDArray[np.bool_]:
    """Return the facilities of a district: by their community, by name, or as branches of such, shape (n,)."""
    belongs = facilities["community"].isin(communities) | facilities["id"].isin(further)
    of_main = facilities["branch_of"].map(dict(zip(facilities["id"], belongs, strict=True)))
    return np.asarray(of_main.where(of_main.notna(), belongs), dtype=np.bool_)


def with_branches(facilities: Facilities, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Choose also the centres of which chosen ones are branches, and the branches of chosen ones, shape (n,)."""
    centre = facilities["branch_of"].where(facilities["branch_of"] != "", facilities["id"])
    return np.asarray(centre.isin(set(centre[chosen])), dtype=np.bool_)


def district_zone(
    communities: gpd.GeoDataFrame,
    facilities: Facilities,
    is_own: NDArray[np.bool_],
    *,
    margin_m: float,
    access_m: float,
) -> shapely.Geometry:
    """Return the ground that has a bearing on a district: two walks around its communities and centres.

    A neighbour's centre one walk away may have branches farther off: who comes to these shares it.
    """
    ground = shapely.union_all([*communities.geometry.array, *facilities.geometry.array[is_own]])
    shared = shapely.dwithin(ground, facilities.geometry.array, margin_m + access_m)
    premises = shapely.union_all(facilities.geometry.array[with_branches(facilities, shared)])
    return shapely.union(
        shapely.buffer(ground, WALKS * margin_m + access_m), shapely.buffer(premises, margin_m + access_m)
    )
