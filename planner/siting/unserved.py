"""Demand that no candidate serves: reasons, and what would serve it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.network import WalkingNetwork
from planner.network.positions import select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.siting.candidates.street_positions import propose_street_positions
from planner.siting.models.set_covering import set_covering
from planner.siting.problem import CoverageMatrix, coverage_from_pairs
from planner.siting.solvers.deadline import TimeBudget

REASONS = (
    *("no_street", "behind_barrier", "closed_compound", "cut_off"),
    *("other_bank", "other_side", "detour", "too_far"),
)
"""Reasons in the order in which they are checked; the texts are `words.unserved_<reason>`."""

UNSERVED_SHARE = 0.25
"""Share of the solving time left that the minimum number of further candidates may take."""

MOST_ROWS = 4000
"""Maximum number of points for which further candidates are computed: each needs a service area."""


@dataclass(frozen=True, slots=True, eq=False)
class UnservedDemand:
    """Demand that no candidate and no centre serves."""

    rows: IndexArray
    """Demand rows, ascending."""
    reason: tuple[str, ...]
    """One of `REASONS` each, shape (rows,)."""
    minutes: FloatArray
    """Walk to the nearest candidate or centre, `inf` if none, shape (rows,)."""
    people: FloatArray
    """People of each row, shape (rows,)."""
    limit_for_all_min: float
    """Shortest limit within which all rows with any walk would be served; nan if there are none."""
    extra: int | None
    """Minimum number of further street positions that serve all rows that can be served; None if not computed."""
    extra_bound: float
    """Lower bound on that number."""
    never: float
    """People that not even a station at the nearest street would serve."""

    def by_reason(self) -> tuple[tuple[str, int, float], ...]:
        """Return points and people by reason, in the order of `REASONS`, without empty reasons."""
        reason = np.array(self.reason, dtype=object)
        rows = [(one, reason == one) for one in REASONS]
        return tuple((one, int(here.sum()), float(self.people[here].sum())) for one, here in rows if here.any())


@dataclass(frozen=True, slots=True, eq=False)
class UnservedContext:
    """Streets, barriers and sites around unserved demand."""

    walker: Walker
    """Network and walk."""
    demand: SnappedPoints
    people: FloatArray
    limit_min: FloatArray
    """`demand`, `people`, `limit_min`: Demand points, people of each, and limit of each, minutes."""
    sites: SnappedPoints
    """Snapped candidates and centres."""
    water: gpd.GeoDataFrame | None
    barriers: gpd.GeoDataFrame | None
    """`water`, `barriers`: Layers, if any."""
    free_streets: Callable[[], NDArray[np.object_]]
    """Computes the street segments on which a station may stand; slow for many streets."""


def explain_unserved(served: NDArray[np.bool_], around: UnservedContext, budget: TimeBudget) -> UnservedDemand:
    """Return the demand that no candidate and no centre serves, with reasons and remedies.

    Parameters
    ----------
    served
        True for rows that some candidate or centre serves, shape (demand,).
    around
        Streets, water, barriers, sites.
    budget
        Solving time for the minimum number of further candidates.
    """
    rows = np.flatnonzero(~served & (around.people > 0))
    walker, own = around.walker, select_snapped(around.demand, rows)
    minutes, _ = walker.nearest(around.sites, own, within_min=walker.upper_bound_min)
    walks = minutes[np.isfinite(minutes)]
    extra, bound, never = _fewest(rows, own, around, budget)
    return UnservedDemand(
        rows=rows,
        reason=tuple(_reasons(own, around.limit_min[rows], around)),
        minutes=minutes,
        people=around.people[rows],
        limit_for_all_min=float(walks.max()) if len(walks) else float("nan"),
        extra=extra,
        extra_bound=bound,
        never=never,
    )


def _fewest(
    rows: IndexArray, own: SnappedPoints, around: UnservedContext, budget: TimeBudget
) -> tuple[int | None, float, float]:
    people, limit_min = around.people[rows], around.limit_min[rows]
    if not len(rows):
        return 0, 0.0, 0.0
    if len(rows) > MOST_ROWS:
        return None, 0.0, float(people[~own.reaches_street].sum())
    everything = propose_street_positions(
        own, people, limit_min, around.walker, around.free_streets(), at_most=2**31
    ).candidates
    xy = np.array([(candidate.x_m, candidate.y_m) for candidate in everything]).reshape(-1, 2)
    times = around.walker.times(around.walker.snap(xy), own, within_min=float(limit_min.max()))
    inside = is_within(times.minutes, limit_min[times.demand])
    matrix = coverage_from_pairs(times.demand[inside], times.facility[inside], (len(rows), len(xy)))
    with budget.share(UNSERVED_SHARE) as seconds:
        solution = set_covering(CoverageMatrix(matrix, people), time_limit_s=seconds)
    return len(solution.sites), solution.bound, float(people[solution.unservable].sum())


def _reasons(own: SnappedPoints, limit_min: FloatArray, around: UnservedContext) -> list[str]:
    network, access_m = around.walker.network, around.walker.access_m
    with_site = _pieces(around.sites, network)
    gated = {int(piece) for gate in network.gates for piece in _pieces_at(gate.nodes, network)}
    at_sites = shapely.points(around.sites.xy)
    tree = shapely.STRtree(at_sites)
    of_point = _rows_of(own, len(own.xy))
    water, barriers = _together(around.water), _together(around.barriers)
    shapely.prepare([water, barriers])
    reasons = []
    for place, xy in enumerate(own.xy):
        if not own.reaches_street[place]:
            reasons.append("behind_barrier" if own.nearest_m[place] <= access_m else "no_street")
            continue
        pieces = {int(network.edge_piece[network.segment_edge[own.segment[row]]]) for row in of_point[place]}
        if not pieces & with_site:
            reasons.append("closed_compound" if pieces & gated else "cut_off")
            continue
        door = shapely.Point(xy)
        near = np.sort(tree.query(door, predicate="dwithin", distance=around.walker.walk.metres(limit_min[place])))
        ways = shapely.linestrings(
            np.stack([np.broadcast_to(xy, (len(near), 2)), around.sites.xy[near]], axis=1).reshape(-1, 2, 2)
        )
        if not len(near):
            reasons.append("too_far")
        elif shapely.intersects(water, ways).any():
            reasons.append("other_bank")
        else:
            reasons.append("other_side" if shapely.intersects(barriers, ways).any() else "detour")
    return reasons


def _pieces(snaps: SnappedPoints, network: WalkingNetwork) -> set[int]:
    return set(network.edge_piece[network.segment_edge[snaps.segment]].tolist())


def _pieces_at(nodes: tuple[int, ...], network: WalkingNetwork) -> NDArray[np.int64]:
    drawn = network.as_drawn
    return drawn.edge_piece[np.isin(drawn.edge_nodes, nodes).any(axis=1)]


def _rows_of(snaps: SnappedPoints, count: int) -> list[NDArray[np.int64]]:
    borders = np.searchsorted(snaps.point, np.arange(count + 1))
    return [np.arange(begin, end) for begin, end in pairwise(borders)]


def _together(layer: gpd.GeoDataFrame | None) -> shapely.Geometry:
    return shapely.GeometryCollection() if layer is None else shapely.union_all(layer.geometry.array)
