"""Street positions close in the air and far on foot: where a wall, a railway or a gap leads people round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import scipy.spatial
import shapely
from numpy.typing import NDArray

from planner.config.sections.rules import RemedySettings
from planner.evaluation.circuity import DIRECTIONS, sector_of
from planner.network.link_additions import travel_time_matrix
from planner.network.network import WalkingNetwork
from planner.network.positions import StreetPositions, select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import nearest_facility
from planner.network.walk import FloatArray, IndexArray, WalkSettings

LOOKED_AT = 3
"""So many times as many pairs as are listed are looked at closely."""


@dataclass(frozen=True, slots=True, eq=False)
class PositionPairs:
    """Pairs of positions that a crossing might join: the nearer to a centre, the farther, and how far apart.

    Attributes
    ----------
    near, far
        Positions by number, shape (pairs,).
    air_m
        Their distance as the crow flies, shape (pairs,).
    """

    near: IndexArray
    far: IndexArray
    air_m: FloatArray


def rank_pairs(
    xy: FloatArray,
    minutes: FloatArray,
    people: FloatArray,
    *,
    walk: WalkSettings,
    asked: RemedySettings,
    most: int,
) -> PositionPairs:
    """Return pairs that would save the people around their farther position most, none beside a better one.

    A walk between two positions takes at least the difference of their minutes to the centre, so that pairs are
    told to be far apart on foot without a search between them.

    Parameters
    ----------
    xy
        Positions on streets, shape (positions, 2).
    minutes
        Each one's walk to a centre, `inf` where there is none, shape (positions,).
    people
        How many live around each, shape (positions,).
    walk, asked
        How people walk, and what counts as near, as far, and as long.
    most
        How many at most.
    """
    capped = np.minimum(minutes, asked.far_min)
    pairs = scipy.spatial.cKDTree(xy).query_pairs(asked.near_m, output_type="ndarray").reshape(-1, 2)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int64)
    is_turned = capped[pairs[:, 0]] > capped[pairs[:, 1]]
    near, far = np.where(is_turned, pairs[:, 1], pairs[:, 0]), np.where(is_turned, pairs[:, 0], pairs[:, 1])
    air_m = np.hypot(*(xy[far] - xy[near]).T)
    over_min = walk.all_minutes(air_m)
    apart_min = capped[far] - capped[near]
    keep = (air_m > 0) & np.isfinite(minutes[near]) & (apart_min >= asked.far_times * over_min) & (people[far] > 0)
    near, far, air_m = near[keep], far[keep], air_m[keep]
    worth = (apart_min - over_min)[keep] * people[far]
    order = np.lexsort((far, near, -worth))
    near, far, air_m = near[order], far[order], air_m[order]
    middle = (xy[near] + xy[far]) / 2
    kept: list[int] = []
    left = np.ones(len(near), dtype=np.bool_)
    while left.any() and len(kept) < most:
        best = int(np.argmax(left))
        kept.append(best)
        left &= np.hypot(*(middle - middle[best]).T) > asked.near_m
    return PositionPairs(near[kept], far[kept], air_m[kept])


def people_around(xy: FloatArray, people_xy: FloatArray, people: FloatArray, cell_m: float) -> FloatArray:
    """Return the people in the nine square cells around each position, shape (positions,)."""
    if not len(people_xy) or not len(xy):
        return np.zeros(len(xy))
    west_south = np.minimum(people_xy.min(axis=0), xy.min(axis=0)) - cell_m
    cells = np.floor((people_xy - west_south) / cell_m).astype(np.int64)
    here = np.floor((xy - west_south) / cell_m).astype(np.int64)
    columns, rows = np.maximum(cells.max(axis=0), here.max(axis=0)) + 2
    counted = np.bincount(cells[:, 0] * rows + cells[:, 1], weights=people, minlength=columns * rows)
    steps = [east * rows + north for east in (-1, 0, 1) for north in (-1, 0, 1)]
    flat = here[:, 0] * rows + here[:, 1]
    return np.asarray(sum(counted[flat + step] for step in steps), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class BarrierLayers:
    """What may stand between two positions, and what streets are called."""

    streets: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame | None
    water: gpd.GeoDataFrame | None


@dataclass(frozen=True, slots=True, eq=False)
class StreetPoints:
    """Positions along streets, and the same as points; see `trying.Ground`."""

    spots: StreetPositions
    standing: SnappedPoints
    arriving: SnappedPoints
    leaving: SnappedPoints


def blocked_pairs(
    network: WalkingNetwork,
    places: StreetPoints,
    snaps: tuple[SnappedPoints, SnappedPoints],
    people: FloatArray,
    layers: BarrierLayers,
    *,
    walk: WalkSettings,
    asked: RemedySettings,
) -> gpd.GeoDataFrame:
    """List the pairs of positions close in the air and far on foot, by people × minutes saved if they were joined.

    Everybody walks to the nearest centre; whoever would walk shorter over the pair saves the difference. Walks
    longer than `far_min`, and none at all, count as `far_min`.

    Parameters
    ----------
    network
        The streets.
    places
        Positions along them.
    snaps
        Where centres and people meet the streets.
    people
        How many live at each demand point, shape (demand,).
    layers
        For the names of streets and of what stands between.
    walk, asked
        How people walk, and what counts as near, as far, and as long.

    Returns
    -------
    pairs
        One row a pair, lines from the position nearer to a centre to the farther: id, air_m, walk_m and times
        (NaN where no walk within `far_min` is known), minutes_saved (people × minutes), people (who save some),
        people_cut_off (of these, without any walk within `far_min` today), from_street, to_street, between
        (barrier, water or gap), between_name.
    """
    spots, standing = places.spots, places.standing
    field, _ = nearest_facility(network, snaps[0], standing, walk=walk, horizon_min=asked.far_min)
    today, _ = nearest_facility(network, snaps[0], snaps[1], walk=walk, horizon_min=asked.far_min)
    around = people_around(spots.xy, snaps[1].xy, people, asked.near_m)
    found = rank_pairs(spots.xy, field, around, walk=walk, asked=asked, most=asked.listed * LOOKED_AT)
    far = select_snapped(standing, found.far)
    near_min, onward = field, far
    if network.layers is not None:
        near_min, _ = nearest_facility(network, snaps[0], places.arriving, walk=walk, horizon_min=asked.far_min)
        onward = select_snapped(places.leaving, found.far)
    onward_min = travel_time_matrix(network, onward, snaps[1], walk=walk, horizon_min=asked.far_min)
    begins_min = near_min[found.near] + walk.all_minutes(found.air_m)
    capped = np.minimum(today, asked.far_min)
    saved_min = np.maximum(capped[None, :] - (begins_min[:, None] + onward_min), 0.0)
    saved = saved_min @ people
    gainers = ((saved_min > 0) * people).sum(axis=1)
    cut_off = ((saved_min > 0) & np.isinf(today)[None, :]) @ people
    walked = np.diag(
        travel_time_matrix(
            network, select_snapped(standing, found.near), far, walk=walk, horizon_min=asked.far_min
        )
    )
    walk_m = np.where(np.isinf(walked), np.nan, walked * walk.metres(1.0))
    order = np.lexsort((np.arange(len(saved)), -saved))
    order = order[saved[order] > 0][: asked.listed]
    near, far_spot = found.near[order], found.far[order]
    lines = shapely.linestrings(np.stack([spots.xy[near], spots.xy[far_spot]], axis=1).reshape(-1, 2, 2))
    between, names = _between(lines, layers)
    return gpd.GeoDataFrame(
        {
            "id": np.array([f"X{number}" for number in range(1, len(order) + 1)], dtype=object),
            "air_m": found.air_m[order],
            "walk_m": walk_m[order],
            "times": walk_m[order] / found.air_m[order],
            "minutes_saved": saved[order],
            "people": gainers[order],
            "people_cut_off": cut_off[order],
            "from_street": street_names(network, spots.rows(near), layers.streets),
            "to_street": street_names(network, spots.rows(far_spot), layers.streets),
            "between": between,
            "between_name": names,
        },
        geometry=lines,
        crs=network.crs,
    )


def pairs_near(
    pairs: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, *, within_m: float
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return by centre the pairs whose middle lies within `within_m` of it in the air, and in which direction."""
    middles = shapely.get_coordinates(shapely.centroid(pairs.geometry.array))
    centres = shapely.get_coordinates(facilities.geometry.array)
    found = {}
    for ident, place in zip(facilities["id"], centres, strict=True):
        step = middles - place
        near = np.flatnonzero(np.hypot(*step.T) <= within_m)
        directions = [DIRECTIONS[one] for one in sector_of(step[near])]
        found[str(ident)] = tuple(zip(pairs["id"].iloc[near].tolist(), directions, strict=True))
    return found


def street_names(
    network: WalkingNetwork, spots: StreetPositions, streets: gpd.GeoDataFrame
) -> NDArray[np.object_]:
    """Return the name of the street that each position is on, "" where it has none, shape (spots,)."""
    row = network.edge_street[network.segment_edge[spots.segment]]
    if "name" not in streets.columns:
        return np.full(len(row), "", dtype=object)
    return np.asarray(streets["name"].to_numpy(dtype=object)[row], dtype=object)


def _between(lines: Sequence[shapely.Geometry], layers: BarrierLayers) -> tuple[list[str], list[str]]:
    """Return what each line crosses first of all: a barrier, water, or nothing that is known; and its name."""
    kinds, names = ["gap"] * len(lines), [""] * len(lines)
    for kind, layer in (("water", layers.water), ("barrier", layers.barriers)):
        if layer is None:
            continue
        line, row = shapely.STRtree(layer.geometry.array).query(lines, predicate="intersects")
        for number, which in sorted(zip(line.tolist(), row.tolist(), strict=True), reverse=True):
            kinds[number] = kind
            names[number] = str(layer["name"].iloc[which]) if "name" in layer.columns else ""
    return kinds, names
