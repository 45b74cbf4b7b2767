"""Circuity and severance: detour indices of facilities, and positions that a barrier or a gap keeps apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.config.sections.rules import RemedySettings
from planner.evaluation.expressions import is_above
from planner.evaluation.intervals import Interval
from planner.network.network import WalkingNetwork
from planner.network.positions import StreetPositions, select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray, WalkSettings
from planner.network.walker import Walker

DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
SECTOR_DEGREES = 45.0
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Detour:
    """Detour index of one facility in one direction."""

    facility: int
    """Position of the facility."""
    direction: str
    """One of `DIRECTIONS`; "" for all together."""
    people: float
    """Residents there within the straight-line circle of the standard."""
    ratio: Interval
    """Walk ÷ straight line of their median: half of the people have no more. An interval where it depends on walks
    beyond the horizon."""

    def is_blocked(self, limit: float) -> bool | None:
        """Return True if the detour is above a limit; None where the horizon hides it."""
        if is_above(self.ratio.low, limit):
            return True
        return None if is_above(self.ratio.high, limit) else False


def detour_indices(access: AccessData, positions: Sequence[int] | None = None) -> Iterator[Detour]:
    """Yield the detour index of each facility overall, then in each direction in which somebody lives.

    People within the straight-line circle of the standard count. Walks are minutes over the minutes of the
    straight line, so that slow ground counts as a detour too. `positions` selects facilities; else all.
    """
    xy = shapely.get_coordinates(access.demand.geometry.array)
    facilities_xy = shapely.get_coordinates(access.facilities.geometry.array)
    chosen = range(len(facilities_xy)) if positions is None else positions
    walk, times = access.walk, access.times
    from scipy.spatial import cKDTree

    within = cKDTree(xy).query_ball_point(
        facilities_xy[list(chosen)], walk.metres(access.standard_min), return_sorted=True
    )
    first = np.searchsorted(times.facility, np.arange(len(facilities_xy) + 1))
    minutes = np.full(len(xy), np.inf)
    for facility, near in zip(chosen, within, strict=True):
        rows = np.array(near, dtype=np.int64)
        rows = rows[access.people[rows] > 0]
        step = xy[rows] - facilities_xy[facility]
        straight = np.hypot(*step.T)
        rows, step, straight = rows[straight > 0], step[straight > 0], straight[straight > 0]
        pairs = slice(first[facility], first[facility + 1])
        minutes[times.demand[pairs]] = times.minutes[pairs]
        straight_min = walk.all_minutes(straight)
        high = minutes[rows] / straight_min
        # A walk that was not found is longer than the horizon, and no walk is shorter than the straight line.
        low = np.where(np.isinf(high), np.maximum(times.horizon_min / straight_min, 1.0), high)
        minutes[times.demand[pairs]] = np.inf
        yield from _by_direction(facility, access.people[rows], direction_index(step), low, high)


def _by_direction(
    facility: int, people: FloatArray, sector: IndexArray, low: FloatArray, high: FloatArray
) -> Iterator[Detour]:
    everyone = np.ones(len(people), dtype=np.bool_)
    for name, rows in [("", everyone), *((name, sector == number) for number, name in enumerate(DIRECTIONS))]:
        if rows.any():
            heads = people[rows]
            ratio = Interval(weighted_median(low[rows], heads), weighted_median(high[rows], heads))
            yield Detour(facility, name, float(heads.sum()), ratio)


def direction_index(step: FloatArray) -> IndexArray:
    """Return the direction of each step east and north, by position in `DIRECTIONS`."""
    bearing = np.degrees(np.arctan2(step[:, 0], step[:, 1]))
    sector: IndexArray = np.floor(bearing / SECTOR_DEGREES + HALF).astype(np.int64) % len(DIRECTIONS)
    return sector


def weighted_median(values: FloatArray, people: FloatArray) -> float:
    """Return the least value that at least half of the people do not exceed.

    Examples
    --------
    >>> weighted_median(np.array([1.0, 3.0, np.inf]), np.array([10.0, 10.0, 1.0]))
    3.0
    """
    order: NDArray[np.int64] = np.argsort(values, kind="stable")
    cumulated = np.cumsum(people[order])
    return float(values[order][np.searchsorted(cumulated, cumulated[-1] * HALF)])


EXAMINED = 3
"""Pairs examined closely for each that is listed."""


@dataclass(frozen=True, slots=True, eq=False)
class PositionPairs:
    """Pairs of positions that a crossing might join."""

    near: IndexArray
    far: IndexArray
    """`near`, `far`: Position indices, the one nearer to a facility and the farther, shape (pairs,)."""
    air_m: FloatArray
    """Straight-line distance, shape (pairs,)."""


@dataclass(frozen=True, slots=True, eq=False)
class BarrierLayers:
    """Streets with their names, and what may stand between two positions."""

    streets: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame | None
    water: gpd.GeoDataFrame | None


@dataclass(frozen=True, slots=True, eq=False)
class StreetPoints:
    """Positions along streets."""

    spots: StreetPositions
    standing: SnappedPoints
    """`spots`, `standing`: The positions, and the same snapped, as points where walks begin and end."""
    arriving: SnappedPoints
    leaving: SnappedPoints
    """`arriving`, `leaving`: The same as points from which a walk continues over a new, public path, and at which
    it ends."""


def rank_pairs(
    xy: FloatArray,
    minutes: FloatArray,
    people: FloatArray,
    *,
    walk: WalkSettings,
    settings: RemedySettings,
    most: int,
) -> PositionPairs:
    """Return the pairs that would save the people around their farther position most, none next to a better one.

    A walk between two positions takes at least the difference of their minutes to the facility, so that pairs are
    known to be far apart on foot without a search between them.

    Parameters
    ----------
    xy
        Positions on streets, shape (positions, 2).
    minutes
        Walk from each to a facility, `inf` where there is none, shape (positions,).
    people
        People around each, shape (positions,).
    walk, settings
        Speed and access; what counts as near, as far, and as long.
    most
        Greatest number of pairs.
    """
    capped = np.minimum(minutes, settings.far_min)
    from scipy.spatial import cKDTree

    pairs = cKDTree(xy).query_pairs(settings.near_m, output_type="ndarray").reshape(-1, 2)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int64)
    is_turned = capped[pairs[:, 0]] > capped[pairs[:, 1]]
    near, far = np.where(is_turned, pairs[:, 1], pairs[:, 0]), np.where(is_turned, pairs[:, 0], pairs[:, 1])
    air_m = np.hypot(*(xy[far] - xy[near]).T)
    over_min = walk.all_minutes(air_m)
    apart_min = capped[far] - capped[near]
    is_far = (air_m > 0) & np.isfinite(minutes[near]) & (apart_min >= settings.far_times * over_min)
    keep = is_far & (people[far] > 0)
    near, far, air_m = near[keep], far[keep], air_m[keep]
    saved = (apart_min - over_min)[keep] * people[far]
    order = np.lexsort((far, near, -saved))
    near, far, air_m = near[order], far[order], air_m[order]
    middle = (xy[near] + xy[far]) / 2
    kept: list[int] = []
    left = np.ones(len(near), dtype=np.bool_)
    while left.any() and len(kept) < most:
        best = int(np.argmax(left))
        kept.append(best)
        left &= np.hypot(*(middle - middle[best]).T) > settings.near_m
    return PositionPairs(near[kept], far[kept], air_m[kept])


def people_around(xy: FloatArray, people_xy: FloatArray, people: FloatArray, cell_m: float) -> FloatArray:
    """Return the people in the nine square cells around each position, shape (positions,)."""
    if not len(people_xy) or not len(xy):
        return np.zeros(len(xy))
    west_south = np.minimum(people_xy.min(axis=0), xy.min(axis=0)) - cell_m
    cells = np.floor((people_xy - west_south) / cell_m).astype(np.int64)
    centre = np.floor((xy - west_south) / cell_m).astype(np.int64)
    columns, rows = np.maximum(cells.max(axis=0), centre.max(axis=0)) + 2
    counted = np.bincount(cells[:, 0] * rows + cells[:, 1], weights=people, minlength=columns * rows)
    steps = [east * rows + north for east in (-1, 0, 1) for north in (-1, 0, 1)]
    flat = centre[:, 0] * rows + centre[:, 1]
    return np.asarray(sum(counted[flat + step] for step in steps), dtype=np.float64)


def find_severance_pairs(
    walker: Walker,
    points: StreetPoints,
    snaps: tuple[SnappedPoints, SnappedPoints],
    people: FloatArray,
    layers: BarrierLayers,
    *,
    settings: RemedySettings,
) -> gpd.GeoDataFrame:
    """List the pairs of positions close in a straight line and far on foot, by people × minutes a link would save.

    Everybody walks to the nearest facility; those who would walk shorter over the pair save the difference. Walks
    longer than `far_min`, and none at all, count as `far_min`.

    Parameters
    ----------
    walker, points
        Network and walk, and positions along the streets.
    snaps
        The snapped facilities and people.
    people
        People at each demand point, shape (demand,).
    layers
        For the names of streets and of what stands between.
    settings
        What counts as near, as far, and as long.

    Returns
    -------
    pairs
        One row a pair, lines from the position nearer to a facility to the farther: id, air_m, walk_m and times
        (NaN where no walk within `far_min` is known), minutes_saved (people × minutes), people (who save some),
        people_cut_off (of these, without any walk within `far_min` today), from_street, to_street, between
        (barrier, water or gap), between_name.
    """
    walk, network = walker.walk, walker.network
    spots, standing, horizon_min = points.spots, points.standing, settings.far_min
    field, _ = walker.nearest(snaps[0], standing, within_min=horizon_min)
    today, _ = walker.nearest(snaps[0], snaps[1], within_min=horizon_min)
    around = people_around(spots.xy, snaps[1].xy, people, settings.near_m)
    pairs = rank_pairs(spots.xy, field, around, walk=walk, settings=settings, most=settings.listed * EXAMINED)
    far = select_snapped(standing, pairs.far)
    near_min, onward = field, far
    if network.layers is not None:
        near_min, _ = walker.nearest(snaps[0], points.arriving, within_min=horizon_min)
        onward = select_snapped(points.leaving, pairs.far)
    onward_min = walker.time_matrix(onward, snaps[1], within_min=horizon_min)
    begins_min = near_min[pairs.near] + walk.all_minutes(pairs.air_m)
    capped = np.minimum(today, horizon_min)
    saved_min = np.maximum(capped[None, :] - (begins_min[:, None] + onward_min), 0.0)
    saved = saved_min @ people
    gainers = ((saved_min > 0) * people).sum(axis=1)
    cut_off = ((saved_min > 0) & np.isinf(today)[None, :]) @ people
    walked = np.diag(walker.time_matrix(select_snapped(standing, pairs.near), far, within_min=horizon_min))
    walk_m = np.where(np.isinf(walked), np.nan, walked * walk.metres(1.0))
    order = np.lexsort((np.arange(len(saved)), -saved))
    order = order[saved[order] > 0][: settings.listed]
    near, far_spot = pairs.near[order], pairs.far[order]
    lines = shapely.linestrings(np.stack([spots.xy[near], spots.xy[far_spot]], axis=1).reshape(-1, 2, 2))
    between, names = _between(lines, layers)
    return gpd.GeoDataFrame(
        {
            "id": np.array([f"X{number}" for number in range(1, len(order) + 1)], dtype=object),
            "air_m": pairs.air_m[order],
            "walk_m": walk_m[order],
            "times": walk_m[order] / pairs.air_m[order],
            "minutes_saved": saved[order],
            "people": gainers[order],
            "people_cut_off": cut_off[order],
            "from_street": _street_names(network, spots.rows(near), layers.streets),
            "to_street": _street_names(network, spots.rows(far_spot), layers.streets),
            "between": between,
            "between_name": names,
        },
        geometry=lines,
        crs=network.crs,
    )


def pairs_near(
    pairs: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, *, within_m: float
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return by facility the pairs whose middle lies within a straight-line distance, and their directions."""
    middles = shapely.get_coordinates(shapely.centroid(pairs.geometry.array))
    facilities_xy = shapely.get_coordinates(facilities.geometry.array)
    nearest_pairs = {}
    for ident, xy in zip(facilities["id"], facilities_xy, strict=True):
        step = middles - xy
        near = np.flatnonzero(np.hypot(*step.T) <= within_m)
        directions = [DIRECTIONS[one] for one in direction_index(step[near])]
        nearest_pairs[str(ident)] = tuple(zip(pairs["id"].iloc[near].tolist(), directions, strict=True))
    return nearest_pairs


def _street_names(
    network: WalkingNetwork, spots: StreetPositions, streets: gpd.GeoDataFrame
) -> NDArray[np.object_]:
    """Return the name of the street that each position is on, "" where it has none, shape (spots,)."""
    row = network.edge_street[network.segment_edge[spots.segment]]
    if "name" not in streets.columns:
        return np.full(len(row), "", dtype=object)
    return np.asarray(streets["name"].to_numpy(dtype=object)[row], dtype=object)


def _between(lines: Sequence[shapely.Geometry], layers: BarrierLayers) -> tuple[list[str], list[str]]:
    """Return what each line crosses first of all (barrier, water or gap), and its name."""
    kinds, names = ["gap"] * len(lines), [""] * len(lines)
    for kind, layer in (("water", layers.water), ("barrier", layers.barriers)):
        if layer is None:
            continue
        line, row = shapely.STRtree(layer.geometry.array).query(lines, predicate="intersects")
        for number, which in sorted(zip(line.tolist(), row.tolist(), strict=True), reverse=True):
            kinds[number] = kind
            names[number] = str(layer["name"].iloc[which]) if "name" in layer.columns else ""
    return kinds, names
