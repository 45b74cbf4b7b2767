"""Population rasters: the cells around the communities, each with its people and its true outline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from planner.io.raster import open_raster, read_scale, read_scaled, refuse_undeclared_no_data
from planner.messages.errors import DataError, Issue
from planner.population.grid_cells import RasterCells
from planner.schemas.tables import Communities

if TYPE_CHECKING:
    from affine import Affine
    from rasterio.io import DatasetReader

RasterUnit = Literal["people", "people_per_km2"]
M2_A_KM2 = 1e6

MOST_CELLS = 20_000_000
"""A raster that puts more cells than this around the communities is no population raster of a district."""


def read_raster(
    path: Path,
    communities: Communities,
    *,
    unit: RasterUnit,
    band: int | None,
    nodata: float | None,
    crs: str | None,
    source: str,
) -> RasterCells:
    """Read the cells of a population raster that touch the communities' extent.

    Parameters
    ----------
    path
        A GeoTIFF, or another raster of `RASTERS`.
    communities
        In the study's projected system.
    unit
        ``"people"``: a cell counts people; ``"people_per_km2"``: a density, multiplied by the cell's true area.
    band
        Which band; None where there is one only.
    nodata
        The value that means no data, besides the raster's own and NaN: as it is stored, or as it means.
    crs
        The system, where the file does not state it.
    source
        What to call it in a message.

    Returns
    -------
    cells
        Cells with people above zero.

    Raises
    ------
    DataError
        The file is unreadable, has no coordinate system, has several bands and none is named, lies elsewhere, or
        holds negative numbers that nothing declares as no data.
    """
    with open_raster(path, stated_crs=crs, setting="inputs.population", source=source) as (raster, system):
        number = _band(raster, band, source)
        window = _window(raster, communities, system, source)
        top, left = window[0][0], window[1][0]
        values, empty = read_scaled(raster, number, window, nodata=nodata, source=source)
        if nodata is None:
            refuse_undeclared_no_data(raster, number, window, empty, source=source)
        transform, scale = raster.transform, read_scale(raster, number)
    if (values[~empty] < 0).any():
        lowest = f"{values[~empty].min():g}"
        raise DataError(source, [Issue("raster_negative", {"lowest": lowest})])
    row, column = np.nonzero(~empty & (values > 0))
    corners = _corners(transform, row + top, column + left)
    equal = _equal_area(system, communities)
    if system.is_geographic:
        move = pyproj.Transformer.from_crs(system, equal, always_xy=True)
        corners = np.stack(move.transform(corners[..., 0], corners[..., 1]), axis=-1)
    outlines = shapely.polygons(corners)
    people = values[row, column]
    if unit == "people_per_km2":
        people = people * _true_area_m2(outlines, system) / M2_A_KM2
    cells = gpd.GeoDataFrame(
        {"id": [f"r{r}c{c}" for r, c in zip(row + top, column + left, strict=True)], "people": people},
        geometry=outlines,
        crs=equal,
    )
    return RasterCells(cells, system, int(values.size), int(empty.sum()), scale)


def _band(raster: DatasetReader, band: int | None, source: str) -> int:
    if (band is None and raster.count > 1) or (band is not None and band > raster.count):
        raise DataError(source, [Issue("several_bands", {"count": f"{raster.count}"})])
    return band or 1


def _window(
    raster: DatasetReader, communities: Communities, system: pyproj.CRS, source: str
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the rows and columns whose cells may touch the communities, one cell more on every side."""
    move = pyproj.Transformer.from_crs(communities.crs, system, always_xy=True)
    west, south, east, north = move.transform_bounds(*communities.total_bounds)
    x, y = np.array([west, west, east, east]), np.array([south, north, south, north])
    column, row = _moved(~raster.transform, x, y)
    if not (np.isfinite(column).all() and np.isfinite(row).all()):
        raise DataError(source, [Issue("population_elsewhere", {"crs": system.to_string()})])
    top, bottom = int(np.floor(row.min())) - 1, int(np.ceil(row.max())) + 1
    left, right = int(np.floor(column.min())) - 1, int(np.ceil(column.max())) + 1
    rows = (max(top, 0), min(bottom, raster.height))
    columns = (max(left, 0), min(right, raster.width))
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        raise DataError(source, [Issue("population_elsewhere", {"crs": system.to_string()})])
    if (rows[1] - rows[0]) * (columns[1] - columns[0]) > MOST_CELLS:
        raise DataError(source, [Issue("raster_too_fine", {"most": f"{MOST_CELLS:,}"})])
    return rows, columns


def _corners(transform: Affine, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the closed outline of every cell in the raster's system, shape (cells, 5, 2)."""
    steps = ((0, 0), (0, 1), (1, 1), (1, 0), (0, 0))
    spots = [_moved(transform, column + right, row + down) for down, right in steps]
    return np.stack([np.stack(spot, axis=-1) for spot in spots], axis=1).astype(np.float64)


def _moved(
    transform: Affine, x: NDArray[np.floating | np.integer], y: NDArray[np.floating | np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Apply an affine transform to arrays, which its own operators do differently in each version."""
    return transform.a * x + transform.b * y + transform.c, transform.d * x + transform.e * y + transform.f


def _equal_area(system: pyproj.CRS, communities: Communities) -> pyproj.CRS:
    """Return the system to compute shares in: the raster's own, or an equal-area one in place of degrees."""
    if not system.is_geographic:
        return system
    move = pyproj.Transformer.from_crs(communities.crs, system, always_xy=True)
    west, south, east, north = move.transform_bounds(*communities.total_bounds)
    ellipsoid = system.get_geod() or pyproj.Geod(ellps="WGS84")
    return pyproj.CRS.from_dict(
        {
            "proj": "cea",
            "lon_0": round((west + east) / 2, 3),
            "lat_ts": round((south + north) / 2, 3),
            "a": ellipsoid.a,
            "b": ellipsoid.b,
            "units": "m",
        }
    )


def _true_area_m2(outlines: NDArray[np.object_], system: pyproj.CRS) -> NDArray[np.float64]:
    area = shapely.area(outlines)
    if system.is_geographic or not len(outlines):
        return np.asarray(area, dtype=np.float64)
    metres = system.axis_info[0].unit_conversion_factor
    middle = shapely.get_coordinates(shapely.centroid(outlines))
    to_degrees = pyproj.Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
    longitude, latitude = to_degrees.transform(middle[:, 0], middle[:, 1])
    factors = pyproj.Proj(system).get_factors(longitude, latitude)
    return np.asarray(area * metres**2 / factors.areal_scale, dtype=np.float64)
