"""Demand: people at points, each in one community; totals are conserved."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.remarks import Remark
from planner.tables import Communities, Demand, Streets


@dataclass(frozen=True, slots=True, eq=False)
class PlacedDemand:
    """Demand points with the community of each, how they were made, and what was left out.

    Attributes
    ----------
    points
        One row a demand point inside a community: id, people, households, community, geometry (Point).
    method
        ``"points"`` (buildings or grid cells as given) or ``"along_streets"`` (community totals spread).
    remarks
        Demand points outside every community, communities without people or streets.
    """

    points: gpd.GeoDataFrame
    method: str
    remarks: tuple[Remark, ...]


def place_demand(demand: Demand, communities: Communities) -> PlacedDemand:
    """Put each demand point into the community that holds it.

    A polygon is represented by a point inside it. A point on a border goes to the community with the lower id.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"id": ["A"]}, geometry=[shapely.box(0, 0, 10, 10)], crs=32648)
    >>> people = gpd.GeoDataFrame({"id": ["1", "2"], "people": [3.0, 4.0]},
    ...     geometry=gpd.points_from_xy([5, 50], [5, 5]), crs=32648)
    >>> placed = place_demand(Demand(people), Communities(square))
    >>> placed.points["community"].tolist(), [(r.key, r.people) for r in placed.remarks]
    (['A'], [('demand_outside', 4.0)])
    """
    points = gpd.GeoDataFrame(demand.assign(geometry=demand.geometry.representative_point()), crs=demand.crs)
    community = community_at(points, communities)
    inside = community != ""
    left_out = points[~inside]
    remarks: tuple[Remark, ...] = ()
    if len(left_out):
        rows = tuple(left_out["id"])
        remarks = (Remark("demand_outside", "demand", rows, float(left_out["people"].sum())),)
    placed = points[inside].assign(community=community[inside])
    return PlacedDemand(placed, "points", remarks)


def spread_along_streets(communities: Communities, streets: Streets, *, spacing_m: float) -> PlacedDemand:
    """Spread each community's people evenly along its own streets.

    Parameters
    ----------
    communities
        With a column people; a community without people gets no point.
    streets
        Lines in the same projected CRS.
    spacing_m
        The distance between points on one street, metres, at most.

    Returns
    -------
    demand
        Points whose people add up to each community's own total.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"id": ["A"], "people": [10.0], "households": [4.0]},
    ...     geometry=[shapely.box(0, 0, 100, 100)], crs=32648)
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(-50, 50), (150, 50)])], crs=32648)
    >>> placed = spread_along_streets(Communities(square), Streets(road), spacing_m=25.0)
    >>> placed.points["people"].tolist()
    [2.5, 2.5, 2.5, 2.5]
    """
    frames, without_street = [], []
    lines = streets.geometry.array
    tree = shapely.STRtree(lines)
    ordered = communities.sort_values("id")
    of_each = zip(ordered["id"], ordered["people"], ordered["households"], ordered.geometry, strict=True)
    for community, people, households, outline in of_each:
        if not people > 0:
            continue
        touching = np.sort(tree.query(outline, predicate="intersects"))
        inside = shapely.get_parts(shapely.intersection(lines[touching], outline))
        inside = inside[shapely.length(inside) > 0]
        xy, weight = _points_along(inside, spacing_m)
        if len(weight) == 0:
            without_street.append(str(community))
            xy = shapely.get_coordinates(outline.representative_point())
            weight = np.ones(1)
        share = weight / weight.sum()
        frames.append(
            gpd.GeoDataFrame(
                {
                    "id": [f"{community}-{number}" for number in range(1, len(share) + 1)],
                    "people": people * share,
                    "households": households * share,
                    "people_65": np.nan,
                    "community": community,
                },
                geometry=gpd.points_from_xy(*xy.T),
                crs=communities.crs,
            )
        )
    points = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=communities.crs)
    remarks = (Remark("community_without_street", "communities", tuple(without_street)),) if without_street else ()
    return PlacedDemand(points, "along_streets", remarks)


def community_at(points: gpd.GeoDataFrame, communities: Communities) -> pd.Series:
    """Return the id of the community that holds each point, the lowest on a border, "" outside all."""
    ids = communities["id"].to_numpy(dtype=object)
    order = np.argsort(ids, kind="stable")
    tree = shapely.STRtree(points.geometry.array)
    community = np.full(len(points), "", dtype=object)
    for position in order[::-1]:
        community[tree.query(communities.geometry.array[position], predicate="covers")] = ids[position]
    return pd.Series(community, index=points.index)


def _points_along(
    lines: np.ndarray[tuple[int], np.dtype[np.object_]], spacing_m: float
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    length = shapely.length(lines)
    count = np.ceil(length / spacing_m).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    step = (length / count)[line] if len(line) else np.zeros(0)
    return shapely.get_coordinates(shapely.line_interpolate_point(lines[line], (number + 0.5) * step)), step
