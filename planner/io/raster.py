"""Rasters: opened by the driver of their ending alone, with true values; heights of the ground under an area."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyproj
from numpy.typing import NDArray

from planner.io.formats import RASTERS
from planner.io.vector.archives import isolated_copy
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
from dataclasses import dataclass

MASK = "+.msk"
TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
"""First bytes of a TIFF. GDAL opens the mask of a raster by any driver that takes it."""

Window = tuple[tuple[int, int], tuple[int, int]]


@contextmanager
def open_raster(
    path: Path, *, stated_crs: str | None, setting: str, source: str
) -> Iterator[tuple[DatasetReader, pyproj.CRS]]:
    """Open a raster for reading, and return its system: its own, else the stated one.

    Raises
    ------
    DataError
        The file is missing, of another kind than its ending, unreadable, now or while it is read, or without
        a coordinate system.
    """
    if not path.exists():
        raise DataError(source, [Issue("no_such_file", {"setting": setting})])
    ending = path.suffix.lower()
    if ending not in RASTERS:
        values = {"ending": path.suffix, "known": ", ".join(RASTERS)}
        raise DataError(source, [Issue("unknown_format", values)])
    # GDAL's rasters are dear to import, and few studies have one.
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with (
            isolated_copy(path, (*RASTERS[ending].parts, *_mask(path, source))) as here,
            rasterio.open(here, driver=RASTERS[ending].drivers[0]) as raster,
        ):
            place = raster.transform
            across = place.a * place.e - place.b * place.d
            if not all(map(math.isfinite, (across, place.c, place.f))) or across == 0:
                raise DataError(source, [Issue("raster_without_place")])
            yield raster, _crs_of(raster.crs and raster.crs.to_wkt(), stated_crs, source=source)
    except (RasterioError, pyproj.exceptions.ProjError, UnicodeDecodeError, OSError) as error:
        foreign = NOT_ITS_OWN in str(error)
        reason = Phrase("errors.why_other_content", {"ending": ending}) if foreign else _reason(error)
        raise DataError(source, [Issue("unreadable_file", {"reason": reason})]) from error


LARGEST_COUNT = 1e9
"""More than this no cell counts, and no number per square kilometre: it is a mark for no data."""


def read_scaled(
    raster: DatasetReader, band: int, window: Window, *, nodata: float | None, source: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read part of a band: what its numbers mean, and which cells hold none.

    Many rasters store whole numbers and state by a scale and an offset what they mean: 50 with scale 0.1 means 5.

    Parameters
    ----------
    raster
        Opened.
    band
        Counted from 1.
    window
        Rows and columns.
    nodata
        A value that means no data besides the raster's own and what is not finite: as stored, or as it means.

    Raises
    ------
    DataError
        The scale is 0 or not finite.
    """
    scale, offset = float(raster.scales[band - 1]), float(raster.offsets[band - 1])
    if scale == 0 or not (math.isfinite(scale) and math.isfinite(offset)):
        raise DataError(source, [Issue("raster_scale", {"scale": f"{scale:g}", "offset": f"{offset:g}"})])
    stored = raster.read(band, window=window).astype(np.float64)
    values = stored * scale + offset
    empty = ~np.isfinite(stored) | (raster.read_masks(band, window=window) == 0)
    own = raster.nodatavals[band - 1]
    if own is not None:
        empty |= _equal(stored, own)
    if nodata is not None:
        empty |= _equal(stored, nodata) | _equal(values, nodata)
    return values, np.asarray(empty, dtype=np.bool_)


def refuse_undeclared_no_data(
    raster: DatasetReader, band: int, window: Window, empty: NDArray[np.bool_], *, source: str
) -> None:
    """Refuse a band whose largest number is the last that its type can hold, or none that counts anything.

    Programs write 255, 65535, 2147483647 or 3.4e38 where there is no data, and forget to declare it.

    Raises
    ------
    DataError
        There is such a number among the cells that are not `empty`.
    """
    stored = raster.read(band, window=window)[~empty]
    if not stored.size:
        return
    whole = np.issubdtype(stored.dtype, np.integer)
    last = float(np.iinfo(stored.dtype).max) if whole else LARGEST_COUNT
    largest = float(stored.max())
    if largest >= last:
        values = {"largest": f"{largest:.10g}", "type": str(stored.dtype)}
        raise DataError(source, [Issue("raster_untold_no_data", values)])


def read_scale(raster: DatasetReader, band: int) -> tuple[float, float] | None:
    """Return a band's scale and offset, None where its numbers mean what they are."""
    results = float(raster.scales[band - 1]), float(raster.offsets[band - 1])
    return None if results == (1.0, 0.0) else results


NOT_ITS_OWN = "not recognized as being in a supported file format"
"""GDAL's message if the driver of the ending does not take a file."""


def _equal(values: NDArray[np.float64], value: float) -> NDArray[np.bool_]:
    return np.isclose(values, value, rtol=1e-6, atol=0.0)


def _mask(path: Path, source: str) -> tuple[str, ...]:
    """Return the mask beside a raster as belonging to it, if it is a TIFF itself."""
    mask = path.with_name(path.name + MASK.removeprefix("+"))
    if not mask.is_file():
        return ()
    with mask.open("rb") as file:
        if file.read(4) not in TIFF:
            reason = Phrase("errors.why_mask", {"mask": mask.name})
            raise DataError(source, [Issue("unreadable_file", {"reason": reason})])
    return (MASK,)


def _reason(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _crs_of(own: str | None, stated: str | None, *, source: str) -> pyproj.CRS:
    """Return the system of a raster: its own, or where it has none that of the study."""
    result = None if own is None else pyproj.CRS.from_user_input(own)
    if stated is None:
        if result is None:
            raise DataError(source, [Issue("no_crs")])
        return result
    try:
        declared = pyproj.CRS.from_user_input(stated)
    except pyproj.exceptions.CRSError as error:
        raise DataError(source, [Issue("unknown_crs", {"crs": stated})]) from error
    if result is not None and not result.equals(declared, ignore_axis_order=True):
        values = {"declared": stated, "found": result.to_string()}
        raise DataError(source, [Issue("contradicting_crs", values)])
    return declared


SIGMAS_AROUND = 4.0
"""Cells farther away than so many smoothing widths do not count."""

MOST_CELLS = 50_000_000
"""A raster that puts more cells than this under the streets is finer than any model of the ground."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Elevation:
    """Heights over a window of a raster."""

    metres: FloatArray
    """The smoothed height in the middle of each cell, NaN where unknown, shape (rows, columns)."""
    origin: tuple[float, float]
    step: tuple[float, float]
    """`origin`, `step`: The middle of the first cell, and the way from one cell to the next, in the raster's own
    system: x, y."""
    from_crs: pyproj.CRS
    crs: pyproj.CRS
    """`from_crs`, `crs`: The system of the places that are requested, and the raster's."""
    cells: int
    """How many cells the raster has."""
    scale: tuple[float, float] | None = None
    """Scale and offset by which the stored numbers were brought to metres; None where they are that."""

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
        The system that places will be requested in, metres.
    smoothing_m
        How wide, metres; 0 leaves the heights as they are.
    stated_crs
        The raster's system, where the file does not state it.

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
      - Elevations range from -9999 to 1100 m, which is impossible. If a value means no data, declare it ...
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

    is_known = np.isfinite(metres)
    # Heights are taken off their mean, so that far cells without data cannot cost digits.
    middle = float(metres[is_known].mean()) if is_known.any() else 0.0
    above, counted = np.where(is_known, metres - middle, 0.0), is_known.astype(np.float64)
    total = gaussian_filter(above, sigmas, mode="constant", truncate=SIGMAS_AROUND)
    weight = gaussian_filter(counted, sigmas, mode="constant", truncate=SIGMAS_AROUND)
    return np.where(is_known, total / np.where(is_known, weight, 1.0) + middle, np.nan)
