"""People as the study gives them: at points, in buildings, in the cells of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.messages.notices import Notice
from planner.population.demand_points import COUNTS, DisaggregatedDemand, community_at, is_grid
from planner.population.grid_cells import Spreading, cut_cells, spread_pieces
from planner.schemas.tables import Communities, Demand


def place_demand_points(
    demand: Demand,
    communities: Communities,
    *,
    spreading: Spreading | None = None,
    counts: Sequence[str] = COUNTS,
    method: str = "points",
) -> DisaggregatedDemand:
    """Put each row of a demand layer into the community that holds it.

    A point, and a polygon not wider than a cell (`spreading.cell_m`, the root of its area), stands at one point
    inside, in the community that holds this point; on a border, in the one with the lower id. A wider polygon is
    cut by the communities' borders, its people in proportion to area, and each piece is spread over the buildings
    or streets inside.

    Parameters
    ----------
    demand
        Points or polygons with people.
    communities
        In the same CRS.
    spreading
        How wide polygons are spread; None leaves all of them at one point.
    counts
        The columns that are shared out where a polygon is; missing ones are passed over.
    method
        What to call it.

    Returns
    -------
    demand
        Points; people inside and outside the communities together are the people given.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"id": ["A"]}, geometry=[shapely.box(0, 0, 10, 10)], crs=32648)
    >>> people = gpd.GeoDataFrame({"id": ["1", "2"], "people": [3.0, 4.0]},
    ...     geometry=gpd.points_from_xy([5, 50], [5, 5]), crs=32648)
    >>> placed = place_demand_points(Demand(people), Communities(square))
    >>> placed.points["community"].tolist(), [(r.key, r.people) for r in placed.notices]
    (['A'], [('demand_outside', 4.0)])
    """
    counted = [name for name in counts if name in demand.columns]
    wide = _is_wide(demand, spreading)
    rows = demand[~wide]
    points = gpd.GeoDataFrame(rows.assign(geometry=rows.geometry.representative_point()), crs=demand.crs)
    community = community_at(points, communities)
    inside = (community != "").to_numpy()
    notices: list[Notice] = []
    if spreading is not None and (spreading.doors is None or is_grid(np.asarray(_areas(demand), dtype=object))):
        spreading = replace(spreading, doors=None)
    elif spreading is not None:
        points, notices = _at_entrances(points, rows, inside, spreading)
    unused = list(rows.index[~inside])
    left_out = [points[~inside][["id", "people"]]]
    frames = [points[inside].assign(community=community[inside])]
    if spreading is not None and wide.any():
        cells = gpd.GeoDataFrame(demand[wide])
        pieces, outside = cut_cells(cells, communities, counts=counted)
        frames.append(spread_pieces(pieces, spreading, counts=counted))
        unused += list(cells.index[~cells["id"].isin(set(pieces["id"]))])
        left_out.append(outside[outside["people"] > 0][["id", "people"]])
    lost = pd.concat(left_out)
    people = float(lost["people"].sum())
    if len(lost):
        notices.append(Notice("demand_outside", "demand", tuple(lost["id"]), people))
    placed = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    placed = gpd.GeoDataFrame(placed, crs=demand.crs)
    return DisaggregatedDemand(placed, method, tuple(notices), outside=people, unused=tuple(sorted(unused)))


def _at_entrances(
    points: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, inside: NDArray[np.bool_], spreading: Spreading
) -> tuple[gpd.GeoDataFrame, list[Notice]]:
    """Move the points of large buildings to their entrances, with a notice of those in communities."""
    if spreading.doors is None:
        return points, []
    starts, at_outline = spreading.doors.of(np.asarray(rows.geometry.array, dtype=object))
    points = gpd.GeoDataFrame(points.set_geometry(starts, crs=points.crs))
    moved = at_outline & inside
    people = float(points["people"][moved].sum())
    return points, [
        Notice("people_at_outline", "demand", tuple(points["id"][moved]), people)
    ] if moved.any() else []


def _areas(demand: Demand) -> gpd.GeoSeries:
    shapes = demand.geometry
    return gpd.GeoSeries(shapes[shapely.get_dimensions(shapes.array) == 2])  # noqa: PLR2004 - areas


def _is_wide(demand: Demand, spreading: Spreading | None) -> NDArray[np.bool_]:
    if spreading is None:
        return np.zeros(len(demand), dtype=bool)
    return np.asarray(np.sqrt(shapely.area(demand.geometry.array)) > spreading.cell_m, dtype=bool)
