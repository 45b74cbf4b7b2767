"""Organisations (两新组织) assigned to stations: most served, then the shortest walks, exact with its bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from planner.messages.notices import Notice
from planner.network.positions import select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.schemas.tables import Communities, Facilities, OrganisationTable

NOTHING_NEAR, FULL = "nothing_near", "full"
REASONS = (NOTHING_NEAR, FULL)
"""Why an organisation is left without a station."""

PER_MINUTE = 1_000_000
"""Walks are compared in whole millionths of a minute, so that sums are exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Organisations assigned to stations."""

    station: IndexArray
    """Position of the station of each organisation, -1 where it has none, shape (organisations,)."""
    served: int
    walk_min: float
    """`served`, `walk_min`: How many have one, and the sum of their walks, minutes."""
    served_bound: int
    walk_bound_min: float
    """`served_bound`, `walk_bound_min`: No assignment serves more; none that serves as many walks less: from the
    dual prices of the stations."""

    @property
    def status(self) -> Literal["optimal", "feasible"]:
        """Return optimal where the bounds are met, else feasible."""
        is_met = (self.served, self.walk_min) == (self.served_bound, self.walk_bound_min)
        return "optimal" if is_met else "feasible"


@dataclass(frozen=True, slots=True, eq=False)
class Organisations:
    """Organisations of a study and their stations."""

    table: gpd.GeoDataFrame
    """One row an organisation, in the order of the input: id, name, kind, members (NaN where not known), community
    (id of that in which it lies, "" in none), station (id, "" where it has none), walk_min, nearest and
    nearest_min (the nearest station whatever its room; "" and `inf` where none can be walked to), reason (one
    of `REASONS`; "" where it has a station), geometry."""
    stations: pd.DataFrame
    """One row a station: station (id), organisations, members (NaN where of none it is known), mean_min, spare
    (how many more it could take; NaN without a bound)."""
    kinds: pd.DataFrame
    """One row a kind: kind, organisations, served, full, nothing_near, members, members_served."""
    assignment: Assignment
    """The same with its bounds."""
    limit_min: float
    most: int | None
    """`limit_min`, `most`: Longest walk, minutes, inclusive; most organisations of a station, None for any
    number."""
    notices: tuple[Notice, ...]
    """Organisations that reach no street; tiers without a facility."""


def assign_organisations(
    given: OrganisationTable,
    communities: Communities,
    walker: Walker,
    facilities: tuple[Facilities, SnappedPoints],
    *,
    tiers: tuple[str, ...],
    limit_min: float,
    most: int | None,
) -> Organisations:
    """Assign each organisation to one station within a walk, no station with more than `most`.

    Parameters
    ----------
    given, communities
        The organisations, points, and the communities.
    walker
        Network and walk.
    facilities
        Facilities, and the same snapped.
    tiers
        Tiers of facilities that serve organisations.
    limit_min
        Longest walk, minutes, inclusive.
    most
        Most organisations of a station; None for any number.

    Returns
    -------
    organisations
        The same for any order of the rows: organisations and stations are solved in the order of their ids.
    """
    table_of, facility_snaps = facilities
    by_id = np.argsort(given["id"].to_numpy(dtype=object), kind="stable")
    serving = np.flatnonzero(table_of["tier"].isin(tiers))
    serving = serving[np.argsort(table_of["id"].to_numpy(dtype=object)[serving], kind="stable")]
    ids = np.append(table_of["id"].to_numpy(dtype=object)[serving], "")
    snaps, count = walker.snap(gpd.GeoDataFrame(given)), len(given)
    walks, nearest_min, nearest = (
        np.full((count, len(serving)), np.inf),
        np.full(count, np.inf),
        np.full(count, -1),
    )
    if len(serving) and count:
        stations = select_snapped(facility_snaps, serving)
        walks = walker.time_matrix(stations, snaps, within_min=limit_min).T
        walks = np.where(is_within(walks, limit_min), walks, np.inf)
        nearest_min, nearest = walker.nearest(stations, snaps, within_min=walker.upper_bound_min)
    solved = assign(walks[by_id], most)
    station = np.full(count, -1, dtype=np.int64)
    station[by_id] = solved.station
    assignment = Assignment(station, solved.served, solved.walk_min, solved.served_bound, solved.walk_bound_min)
    served = station >= 0
    near = np.isfinite(walks).any(axis=1)
    walk_min = np.where(served, walks[np.arange(count), station] if len(serving) else np.inf, np.inf)
    table = gpd.GeoDataFrame(
        given[["id", "name", "kind", "members"]].assign(
            community=_communities(given, communities),
            station=ids[station],
            walk_min=walk_min,
            nearest=ids[nearest],
            nearest_min=nearest_min,
            reason=np.where(served, "", np.where(near, FULL, NOTHING_NEAR)).astype(object),
        ),
        geometry=given.geometry,
        crs=given.crs,
    )
    no_street = tuple(given["id"][~snaps.reaches_street])
    access = {"access_m": f"{walker.access_m:g}"}
    notices: tuple[Notice, ...] = ()
    if no_street:
        notices += (Notice("organisation_no_street", "organisations", no_street, values=access),)
    if not len(serving):
        notices += (Notice("organisation_no_station", "facilities", tiers, values={"tiers": ", ".join(tiers)}),)
    return Organisations(
        table, _stations(table, ids[:-1], most), _kinds(table), assignment, limit_min, most, notices
    )


def assign(walks: FloatArray, most: int | None) -> Assignment:
    """Assign rows to columns: as many as possible, then with the least sum of walks.

    A transportation problem, solved as an assignment of organisations to the places of stations, each organisation
    with a place of its own at a cost beyond all walks together. Dual prices of the stations, shortest paths in the
    graph of exchanges, give a bound that is proved apart from the solver.

    Parameters
    ----------
    walks
        Minutes, `inf` where out of reach, shape (organisations, stations).
    most
        Most organisations of a station; None for any number.

    Examples
    --------
    >>> near = np.array([[1.0, 4.0], [2.0, np.inf], [3.0, np.inf]])
    >>> found = assign(near, 1)
    >>> found.station.tolist(), found.served, found.walk_min, found.status
    ([1, 0, -1], 2, 6.0, 'optimal')
    """
    count, stations = walks.shape
    rows, columns = np.nonzero(np.isfinite(walks))
    cost = np.rint(walks[rows, columns] * PER_MINUTE).astype(np.int64)
    alone = (int(cost.max(initial=0)) + 1) * (count + 1)
    matrix = np.full((count, stations + 1), alone, dtype=np.int64)
    matrix[rows, columns] = cost
    room = np.bincount(columns, minlength=stations)
    room = room if most is None else np.minimum(room, most)
    station = np.argmin(matrix, axis=1)
    if (np.bincount(station, minlength=stations + 1)[:stations] > room).any():
        station = _solve(rows, columns, cost, room, count, alone)
    bound = _dual_bound(matrix, station, room)
    left = max(bound // alone, 0)
    served = int((station < stations).sum())
    walk = int(matrix[np.arange(count), station].sum()) - alone * (count - served)
    is_tight = left == count - served
    return Assignment(
        np.where(station < stations, station, -1),
        served,
        walk / PER_MINUTE,
        count - left,
        (bound - alone * left) / PER_MINUTE if is_tight else 0.0,
    )


def _solve(
    rows: IndexArray, columns: IndexArray, cost: IndexArray, room: IndexArray, count: int, alone: int
) -> IndexArray:
    """Return the station of each organisation, the number of stations where it has none."""
    first, copies = np.cumsum(room) - room, room[columns]
    place = np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
    starts = np.concatenate([np.repeat(rows, copies), np.arange(count)])
    ends = np.concatenate([np.repeat(first[columns], copies) + place, room.sum() + np.arange(count)])
    # No weight is 0, which a sparse matrix takes for no edge.
    weights = np.concatenate([np.repeat(cost, copies), np.full(count, alone)]) + 1.0
    edges = csr_array((weights, (starts, ends)), shape=(count, int(room.sum()) + count))
    owner = np.concatenate([np.repeat(np.arange(len(room)), room), np.full(count, len(room))])
    return np.asarray(owner[min_weight_full_bipartite_matching(edges)[1]], dtype=np.int64)


def _dual_bound(cost: IndexArray, station: IndexArray, room: IndexArray) -> int:
    """Return a lower bound of all costs: the cheapest of each row with prices on rooms, less what full rooms pay.

    The price of a room is the shortest path of exchanges to one with room to spare; any prices give a bound.
    """
    count, places = cost.shape
    far = np.iinfo(np.int64).max // 4
    exchange = np.full((places, places), far, dtype=np.int64)
    own = cost[np.arange(count), station]
    for at in np.unique(station):
        members = station == at
        exchange[at] = (cost[members] - own[members, None]).min(axis=0)
    taken = np.bincount(station, minlength=places)
    price = np.where(taken < np.append(room, count + 1), 0, far)
    for _ in range(places):
        price = np.minimum(price, (exchange + price).min(axis=1))
    price = np.maximum(price, 0)
    return int((cost + price).min(axis=1).sum() - (room * np.where(room > 0, price[:-1], 0)).sum())


def _communities(given: OrganisationTable, communities: Communities) -> NDArray[np.object_]:
    """Return the community of each organisation, on a border the first of the table."""
    rows, homes = communities.sindex.query(given.geometry, predicate="intersects")
    first = np.full(len(given), len(communities))
    np.minimum.at(first, rows, homes)
    return np.asarray(np.append(communities["id"].to_numpy(dtype=object), "")[first], dtype=object)


def _stations(table: gpd.GeoDataFrame, ids: NDArray[np.object_], most: int | None) -> pd.DataFrame:
    served = table[table["station"] != ""].groupby("station")
    count = served.size().reindex(ids, fill_value=0)
    return pd.DataFrame(
        {
            "station": ids,
            "organisations": count.to_numpy(dtype=np.int64),
            "members": served["members"].sum(min_count=1).reindex(ids, fill_value=0.0).to_numpy(dtype=np.float64),
            "mean_min": served["walk_min"].mean().reindex(ids).to_numpy(dtype=np.float64),
            "spare": np.full(len(ids), np.nan) if most is None else most - count.to_numpy(dtype=np.float64),
        }
    )


def _kinds(table: gpd.GeoDataFrame) -> pd.DataFrame:
    rows = [
        {
            "kind": kind,
            "organisations": len(own),
            "served": int((own["reason"] == "").sum()),
            **{reason: int((own["reason"] == reason).sum()) for reason in REASONS},
            "members": own["members"].sum(min_count=1),
            "members_served": _sum_known(own["members"], own["reason"] == ""),
        }
        for kind, own in table.groupby("kind", sort=True)
    ]
    columns = ["kind", "organisations", "served", *REASONS, "members", "members_served"]
    return pd.DataFrame(rows, columns=columns)


def _sum_known(members: pd.Series, chosen: pd.Series) -> float:
    """Return the members of those chosen: NaN where of none it is known, 0 where none is chosen."""
    is_known = members.notna().any() if not chosen.any() else members[chosen].notna().any()
    return float(members[chosen].sum()) if is_known else np.nan
