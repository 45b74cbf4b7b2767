"""Cells with people: cut where a border runs through them, spread where they are too wide to be one point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from planner.population.along_streets import StreetSpots
from planner.population.buildings import ResidentialBuildings
from planner.population.demand_points import Entrances
from planner.schemas.tables import Communities

WHOLE = 1e-9
"""A cell is inside if no more of it than this share lies outside: the last bits of a border through its corner."""

BORDER_STEP_M = 100.0
"""Borders are cut into steps of this length before they are brought into a raster's system, whose lines bend."""

TOUCHING = 1e-9
"""Outlines share ground if it is more than this part of the smaller one: the last bits of a common border."""


@dataclass(frozen=True, slots=True, eq=False)
class RasterCells:
    """The cells of a raster that count people around the communities."""

    cells: gpd.GeoDataFrame
    """One row a cell with people that touches the communities' extent: id (r<row>c<column>), people, geometry (its
    outline). In the raster's own projected system, or, where that is in degrees, in a cylindrical equal-area
    projection, in which meridians and parallels stay straight and areas are true."""
    crs: pyproj.CRS
    """The raster's own system."""
    rows: int
    """Cells read, those without data included."""
    without_data: int
    """Cells without data among them."""
    scale: tuple[float, float] | None = None
    """Scale and offset by which the stored numbers were brought to what they mean; None where they are that."""


@dataclass(frozen=True, slots=True, eq=False)
class Spreading:
    """How a cell wider than `cell_m` metres is spread: over homes inside it, else over spots along its streets.

    `doors` state where the people of one that is a building start, if it stands at one point.
    """

    cell_m: float
    streets: StreetSpots
    homes: ResidentialBuildings | None = None
    doors: Entrances | None = None


def cut_cells(
    cells: gpd.GeoDataFrame, communities: Communities, *, counts: Sequence[str]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Cut cells by the communities' borders, what they count in proportion to area.

    Areal weighting: what a cell counts is taken to lie evenly on it. Ground that several communities share belongs
    to the one with the lowest id. Shares are computed in the cells' own system,
    which must be true to area within one cell.

    Parameters
    ----------
    cells
        Polygons with id and `counts`.
    communities
        In any projected CRS; the pieces come out in theirs.
    counts
        The columns that are shared out.

    Returns
    -------
    pieces
        One row a cell and community that share ground: id (of the cell), `counts`, community, geometry.
    outside
        One row a cell that lies partly or wholly outside every community: id and `counts` of the part outside.

    References
    ----------
    .. [1] Goodchild, M. F., Lam, N. S. (1980). Areal interpolation: a variant of the traditional spatial problem.
       Geo-Processing 1.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"id": ["A"]}, geometry=[shapely.box(0, 0, 10, 10)], crs=32648)
    >>> cell = gpd.GeoDataFrame({"id": ["1"], "people": [8.0]}, geometry=[shapely.box(5, 0, 25, 10)], crs=32648)
    >>> pieces, outside = cut_cells(cell, Communities(square), counts=["people"])
    >>> pieces["people"].tolist(), outside["people"].tolist()
    ([2.0], [6.0])
    """
    shapes = cells.geometry.array
    area = shapely.area(shapes)
    tree = shapely.STRtree(shapes)
    cut_pieces: list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.object_], str]] = []
    ordered = communities.sort_values("id")
    for community, outline in zip(ordered["id"], remove_overlaps(_in_system(ordered, cells)), strict=True):
        shapely.prepare(outline)
        touching = np.sort(tree.query(outline, predicate="intersects"))
        parts = np.array(shapes[touching], dtype=object)
        cut = ~shapely.covers(outline, parts)
        parts[cut] = shapely.intersection(parts[cut], outline)
        share = np.minimum(shapely.area(parts) / area[touching], 1.0)
        kept = share > WHOLE
        cut_pieces.append((touching[kept], share[kept], parts[kept], str(community)))
    cell = np.concatenate([rows for rows, *_ in cut_pieces])
    share = np.concatenate([shares for _, shares, *_ in cut_pieces])
    together = np.bincount(cell, weights=share, minlength=len(cells))
    # The last bits of an area lose nobody, and count nobody twice.
    share = share / np.where(together > 1 - WHOLE, together, 1.0)[cell]
    pieces = gpd.GeoDataFrame(
        {
            "id": cells["id"].to_numpy(dtype=object)[cell],
            **{name: cells[name].to_numpy(dtype=np.float64)[cell] * share for name in counts},
            "community": np.repeat(
                [name for *_, name in cut_pieces], [len(rows) for rows, *_ in cut_pieces]
            ).astype(object),
        },
        geometry=np.concatenate([parts for *_, parts, _ in cut_pieces]),
        crs=cells.crs,
    )
    order = np.argsort(cell, kind="stable")
    left = np.where(together > 1 - WHOLE, 0.0, 1.0 - together)
    outside = pd.DataFrame(
        {"id": cells["id"].to_numpy(dtype=object)}
        | {name: cells[name].to_numpy(dtype=np.float64) * left for name in counts}
    )
    return gpd.GeoDataFrame(pieces.iloc[order].to_crs(communities.crs).reset_index(drop=True)), outside[left > 0]


def spread_pieces(pieces: gpd.GeoDataFrame, spreading: Spreading, *, counts: Sequence[str]) -> gpd.GeoDataFrame:
    """Turn pieces of cells into points.

    A piece not wider than a cell stands at one point inside. A wider one is spread over the homes inside it by
    floor area, else over spots along the streets inside it, else it stands at one point.

    Parameters
    ----------
    pieces
        Polygons with id, `counts` and community.
    spreading
        How.
    counts
        The columns that are shared out.

    Returns
    -------
    points
        id (of the cell, with a number where several), `counts`, community, geometry.
    """
    shapes = np.asarray(pieces.geometry.array, dtype=object)
    people = pieces["people"].to_numpy()
    wide = (np.sqrt(shapely.area(shapes)) > spreading.cell_m) & ~(people == 0)
    row, xy, share = [], [], []
    for piece, shape in enumerate(shapes):
        spots, weight = _spots(shape, spreading) if wide[piece] else _middle(shape, spreading)
        row.append(np.full(len(weight), piece))
        xy.append(spots)
        share.append(weight / weight.sum())
    of_piece = np.concatenate(row) if row else np.zeros(0, dtype=np.int64)
    of_all = np.concatenate(share) if share else np.zeros(0)
    base = pieces["id"].to_numpy(dtype=object)[of_piece]
    return gpd.GeoDataFrame(
        {
            "id": _numbered(base),
            **{name: pieces[name].to_numpy(dtype=np.float64)[of_piece] * of_all for name in counts},
            "community": pieces["community"].to_numpy(dtype=object)[of_piece],
        },
        geometry=gpd.points_from_xy(*(np.concatenate(xy) if xy else np.zeros((0, 2))).T),
        crs=pieces.crs,
    )


def _in_system(communities: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> NDArray[np.object_]:
    outlines = communities.geometry
    if cells.crs != communities.crs:
        outlines = outlines.segmentize(BORDER_STEP_M).to_crs(cells.crs)
    return np.asarray(shapely.make_valid(outlines.array), dtype=object)


def _spots(shape: shapely.Geometry, spreading: Spreading) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if spreading.homes is not None:
        xy, weight = spreading.homes.inside(shape)
        if weight.sum() > 0:
            return xy, weight
    xy, weight = spreading.streets.inside(shape)
    return (xy, weight) if len(weight) else _middle(shape, spreading)


def _middle(shape: shapely.Geometry, spreading: Spreading) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if spreading.doors is None:
        return shapely.get_coordinates(shapely.point_on_surface(shape)), np.ones(1)
    points, _ = spreading.doors.of(np.array([shape], dtype=object))
    return shapely.get_coordinates(points), np.ones(1)


def _numbered(ids: NDArray[np.object_]) -> list[str]:
    """Give numbers to ids that stand in several rows."""
    order = pd.Series(ids, dtype=object)
    number = order.groupby(order).cumcount() + 1
    several = order.map(order.value_counts()) > 1
    return [f"{one}-{count}" if many else str(one) for one, count, many in zip(ids, number, several, strict=True)]


def remove_overlaps(outlines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Take from each outline what an earlier one covers already.

    Examples
    --------
    >>> first, second = remove_overlaps(np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)], dtype=object))
    >>> first.area, second.area
    (2.0, 1.0)
    """
    left = np.array(outlines, dtype=object)
    for first, second in touching_pairs(outlines):
        shared = shapely.intersection(outlines[first], outlines[second]).area
        if shared > TOUCHING * min(outlines[first].area, outlines[second].area):
            left[second] = shapely.difference(left[second], outlines[first])
    return left


def touching_pairs(outlines: NDArray[np.object_]) -> list[tuple[int, int]]:
    """Return the pairs of outlines that may share ground, each pair once, in order."""
    first, second = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    return sorted((int(item), int(other)) for item, other in zip(first, second, strict=True) if item < other)
