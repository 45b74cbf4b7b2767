"""People along streets: where nothing is known but a total, it is spread over the streets inside."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.messages.notices import Notice
from planner.population.demand_points import DisaggregatedDemand
from planner.schemas.table_schema import is_marked
from planner.schemas.tables import Communities, Streets


class StreetSpots:
    """Spots along the streets, found again and again inside one outline after the other."""

    def __init__(self, streets: Streets, *, spacing_m: float) -> None:
        self._lines = streets.geometry.array
        marked = "square" in streets.columns
        self._across = is_marked(streets, "square") if marked else np.zeros(len(streets), dtype=np.bool_)
        self._tree = shapely.STRtree(self._lines)
        self._spacing_m = spacing_m

    def inside(self, outline: shapely.Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the middles of equal steps along the streets inside an outline, and the length of each step.

        The many lines across a square are no streets: they count only where there is nothing else.
        """
        touching = np.sort(self._tree.query(outline, predicate="intersects"))
        across = self._across[touching]
        for lines in (touching[~across], touching[across]):
            parts = shapely.get_parts(shapely.intersection(self._lines[lines], outline))
            xy, step_m = points_along(parts[shapely.length(parts) > 0], self._spacing_m)
            if len(step_m):
                break
        return xy, step_m


def spread_along_streets(communities: Communities, streets: Streets, *, spacing_m: float) -> DisaggregatedDemand:
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
    spots = StreetSpots(streets, spacing_m=spacing_m)
    ordered = communities.sort_values("id")
    of_each = zip(ordered["id"], ordered["people"], ordered["households"], ordered.geometry, strict=True)
    for community, people, households, outline in of_each:
        if not people > 0:
            continue
        xy, weight = spots.inside(outline)
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
    notices = (Notice("community_without_street", "communities", tuple(without_street)),) if without_street else ()
    by_one_point = pd.Series("one_point", index=without_street, dtype=object)
    return DisaggregatedDemand(points, "along_streets", notices, placed_by=by_one_point)


def points_along(lines: NDArray[np.object_], spacing_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut lines into equal steps of at most `spacing_m`; return the middle and the length of each."""
    length = shapely.length(lines)
    count = np.ceil(length / spacing_m).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    step = (length / count)[line] if len(line) else np.zeros(0)
    return shapely.get_coordinates(shapely.line_interpolate_point(lines[line], (number + 0.5) * step)), step
