"""Opening a raster: its coordinate system is known, and what GDAL finds wrong is told as a user's error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyproj

from planner.errors import Breach, DataError

if TYPE_CHECKING:
    from rasterio.io import DatasetReader


@contextmanager
def opened_raster(
    path: Path, *, stated_crs: str | None, setting: str, source: str
) -> Iterator[tuple[DatasetReader, pyproj.CRS]]:
    """Open a raster for reading, and say its system: its own, else the stated one.

    Raises
    ------
    DataError
        The file is missing, unreadable, now or while it is read, or without a coordinate system.
    """
    if not path.exists():
        raise DataError(source, [Breach("no_such_file", {"setting": setting})])
    # GDAL's rasters are dear to import, and few studies have one.
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as raster:
            yield raster, _crs_of(raster.crs and raster.crs.to_wkt(), stated_crs, source=source)
    except (RasterioError, pyproj.exceptions.ProjError) as error:
        raise DataError(source, [Breach("unreadable_file", {"reason": str(error).splitlines()[0]})]) from error


def _crs_of(own: str | None, stated: str | None, *, source: str) -> pyproj.CRS:
    """Return the system of a raster: its own, or the one that the study states where the file does not say.

    Raises
    ------
    DataError
        Neither says, the stated one is unknown, or it contradicts the file's.
    """
    found = None if own is None else pyproj.CRS.from_user_input(own)
    if stated is None:
        if found is None:
            raise DataError(source, [Breach("no_crs")])
        return found
    try:
        declared = pyproj.CRS.from_user_input(stated)
    except pyproj.exceptions.CRSError as error:
        raise DataError(source, [Breach("unknown_crs", {"crs": stated})]) from error
    if found is not None and not found.equals(declared, ignore_axis_order=True):
        values = {"declared": stated, "found": found.to_string()}
        raise DataError(source, [Breach("contradicting_crs", values)])
    return declared
