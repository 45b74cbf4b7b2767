"""Opening a raster: by the driver of its ending alone, with its coordinate system and its true values."""

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
from planner.io.vector.gdal_isolation import isolated_copy
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

MASK = "+.msk"
TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
"""How a TIFF begins. GDAL opens a mask beside a raster by any driver that takes it."""

Window = tuple[tuple[int, int], tuple[int, int]]


@contextmanager
def open_raster(
    path: Path, *, stated_crs: str | None, setting: str, source: str
) -> Iterator[tuple[DatasetReader, pyproj.CRS]]:
    """Open a raster for reading, and say its system: its own, else the stated one.

    Raises
    ------
    DataError
        The file is missing, of another kind than its ending says, unreadable, now or while it is read, or without
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

    Many rasters store whole numbers and say by a scale and an offset what they mean: 50 with scale 0.1 means 5.

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
"""What GDAL says where the driver of the ending does not take a file."""


def _equal(values: NDArray[np.float64], one: float) -> NDArray[np.bool_]:
    return np.isclose(values, one, rtol=1e-6, atol=0.0)


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
    """Return the system of a raster: its own, or the one that the study states where the file does not say."""
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
