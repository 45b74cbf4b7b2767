"""Read the heights of the ground from a raster, smooth them, and tell the height of any place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
from numpy.typing import NDArray

from planner.io.raster import open_raster, read_scale, read_scaled
from planner.messages.errors import DataError, Issue

SIGMAS_AROUND = 4.0
"""Cells farther away than so many smoothing widths do not count."""

MOST_CELLS = 50_000_000
"""A raster that puts more cells than this under the streets is finer than any model of the ground."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Elevation:
    """Heights over a window of a raster.

    Attributes
    ----------
    metres
        The smoothed height in the middle of each cell, NaN where unknown, shape (rows, columns).
    origin, step
        The middle of the first cell, and the way from one cell to the next, in the raster's own system: x, y.
    from_crs, crs
        The system of the places that are asked for, and the raster's.
    cells
        How many cells the raster has.
    scale
        Scale and offset by which the stored numbers were brought to metres; None where they are that.
    """

    metres: FloatArray
    origin: tuple[float, float]
    step: tuple[float, float]
    from_crs: pyproj.CRS
    crs: pyproj.CRS
    cells: int
    scale: tuple[float, float] | None = None

    def heights(self, xy: FloatArray) -> FloatArray:
        """Return the height of places between the four cells around each, NaN where one of them is unknown."""
        to_raster = pyproj.Transformer.from_crs(self.from_crs, self.crs, always_xy=True)
        x, y = to_raster.transform(xy[:, 0], xy[:, 1])
        rows, columns = self.metres.shape
        column = (np.asarray(x) - self.origin[0]) / self.step[0]
        row = (np.asarray(y) - self.origin[1]) / self.step[1]
        inside = (column >= 0) & (column <= columns - 1) & (row >= 0) & (row <= rows - 1)
        left = np.clip(np.floor(np.where(inside, column, 0.0)).astype(np.int64), 0, max(columns - 2, 0))
        top = np.clip(np.floor(np.where(inside, row, 0.0)).astype(np.int64), 0, max(rows - 2, 0))
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        across, down = np.where(inside, column - left, 0.0), np.where(inside, row - top, 0.0)
        above = self.metres[top, left] * (1 - across) + self.metres[top, right] * across
        below = self.metres[bottom, left] * (1 - across) + self.metres[bottom, right] * across
        return np.where(inside, above * (1 - down) + below * down, np.nan)


LOWEST_M, HIGHEST_M = -500.0, 9000.0
"""All ground lies between: the Dead Sea's shore at -430 m, Mount Everest at 8,849 m."""


def read_elevation(
    path: Path,
    *,
    bounds: FloatArray,
    crs: pyproj.CRS,
    smoothing_m: float,
    setting: str,
    source: str,
    stated_crs: str | None = None,
) -> Elevation:
    """Read the part of a raster that lies under an area.

    Heights are averaged with Gaussian weights, `smoothing_m` wide (one standard deviation): the errors of single
    cells, some metres in models from space, would otherwise be walked up and down. Cells without data stay so,
    and do not weigh on others.

    Parameters
    ----------
    path
        A GeoTIFF, or another raster of `RASTERS`; the first band counts, in metres.
    bounds
        West, south, east, north of the area in `crs`.
    crs
        The system that places will be asked for in, metres.
    smoothing_m
        How wide, metres; 0 leaves the heights as they are.
    stated_crs
        The raster's system, where the file does not say.

    Returns
    -------
    elevation
        The heights.

    Raises
    ------
    DataError
        The file is missing, unreadable, without a coordinate system or turned against it, or covers none of the
        area.
    """
    with open_raster(path, stated_crs=stated_crs, setting=setting, source=source) as (raster, own):
        if raster.transform.b or raster.transform.d:
            raise DataError(source, [Issue("turned_raster")])
        step = (raster.transform.a, raster.transform.e)
        west, south, east, north = pyproj.Transformer.from_crs(crs, own, always_xy=True).transform_bounds(*bounds)
        if not np.isfinite([west, south, east, north]).all():
            raise DataError(source, [Issue("raster_elsewhere", {"crs": own.to_string()})])
        cell_m = _cell_metres(((west + east) / 2, (south + north) / 2), step, own, crs)
        sigmas = [smoothing_m / size for size in cell_m]
        columns = sorted((edge - raster.transform.c) / step[0] for edge in (west, east))
        rows = sorted((edge - raster.transform.f) / step[1] for edge in (south, north))
        first_column, last_column = _widened(columns, sigmas[0], raster.width)
        first_row, last_row = _widened(rows, sigmas[1], raster.height)
        if first_column >= last_column or first_row >= last_row:
            raise DataError(source, [Issue("raster_elsewhere", {"crs": own.to_string()})])
        if (last_row - first_row) * (last_column - first_column) > MOST_CELLS:
            raise DataError(source, [Issue("raster_too_fine", {"most": f"{MOST_CELLS:,}"})])
        window = ((first_row, last_row), (first_column, last_column))
        band, empty = read_scaled(raster, 1, window, nodata=None, source=source)
        scale = read_scale(raster, 1)
        cells = int(raster.width) * int(raster.height)
        origin = (
            raster.transform.c + (first_column + 0.5) * step[0],
            raster.transform.f + (first_row + 0.5) * step[1],
        )
    refuse_impossible_heights(band[~empty], source=source)
    metres = _smoothed(np.where(empty, np.nan, band), (sigmas[1], sigmas[0]))
    return Elevation(metres, origin, step, crs, own, cells, scale)


def refuse_impossible_heights(metres: FloatArray, *, source: str) -> None:
    """Refuse numbers that are no heights of ground in metres: marks for no data, or heights in another unit.

    Raises
    ------
    DataError
        One lies below the shore of the Dead Sea or above Mount Everest.

    Examples
    --------
    >>> refuse_impossible_heights(np.array([-9999.0, 1100.0]), source="dem.tif")
    Traceback (most recent call last):
    planner.messages.errors.DataError: dem.tif cannot be used as it is:
      - It holds heights of -9999 to 1100 m, and no ground lies so. If a number means no data, declare it ...
    """
    if len(metres) and not LOWEST_M <= metres.min() <= metres.max() <= HIGHEST_M:
        results = {"lowest": f"{metres.min():.10g}", "highest": f"{metres.max():.10g}"}
        raise DataError(source, [Issue("raster_no_heights", results)])


def _widened(edges: list[float], sigma: float, count: int) -> tuple[int, int]:
    """Return the cells that count for an area between two edges, in cells from the raster's border."""
    around = SIGMAS_AROUND * sigma + 2
    return max(int(np.floor(edges[0] - around)), 0), min(int(np.ceil(edges[1] + around)), count)


def _cell_metres(
    middle: tuple[float, float], step: tuple[float, float], own: pyproj.CRS, crs: pyproj.CRS
) -> tuple[float, float]:
    """Return the width and the height of a cell in the middle of the area, metres."""
    x = [middle[0], middle[0] + step[0], middle[0]]
    y = [middle[1], middle[1], middle[1] + step[1]]
    east, north = pyproj.Transformer.from_crs(own, crs, always_xy=True).transform(x, y)
    return float(np.hypot(east[1] - east[0], north[1] - north[0])), float(
        np.hypot(east[2] - east[0], north[2] - north[0])
    )


def _smoothed(metres: FloatArray, sigmas: tuple[float, float]) -> FloatArray:
    """Return Gaussian means over the known cells; what is unknown stays so."""
    if not any(sigmas):
        return metres
    from scipy.ndimage import gaussian_filter

    known = np.isfinite(metres)
    # Heights are taken off their mean, so that far cells without data cannot cost digits.
    middle = float(metres[known].mean()) if known.any() else 0.0
    above, counted = np.where(known, metres - middle, 0.0), known.astype(np.float64)
    total = gaussian_filter(above, sigmas, mode="constant", truncate=SIGMAS_AROUND)
    weight = gaussian_filter(counted, sigmas, mode="constant", truncate=SIGMAS_AROUND)
    return np.where(known, total / np.where(known, weight, 1.0) + middle, np.nan)
