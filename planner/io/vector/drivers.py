"""Which of GDAL's drivers may open a file: the one of its ending, and none that could lead elsewhere.

GDAL asks all its drivers whether a file is theirs, by content. Some of them open what the content names: further
files, addresses, databases. While a file of a user is read, they are not there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pyogrio
from pyogrio._ogr import _register_drivers  # type: ignore[import-not-found]  # pyogrio compiles it

PRODUCTS = ("GPKG", "MEM")
"""Drivers that are never taken away: another thread may be writing results."""

SKIP = "GDAL_SKIP"

_LOCK = threading.RLock()


@contextmanager
def only_drivers(names: Iterable[str]) -> Iterator[None]:
    """Leave GDAL, as pyogrio has it, no drivers but these and those of the products.

    Parameters
    ----------
    names
        What GDAL calls them.

    Examples
    --------
    >>> with only_drivers(["GeoJSON"]):
    ...     sorted(pyogrio.list_drivers())
    ['GPKG', 'GeoJSON', 'MEM']
    >>> "ESRI Shapefile" in pyogrio.list_drivers()
    True
    """
    kept = {*names, *PRODUCTS}
    with _LOCK:
        before = pyogrio.get_gdal_config_option(SKIP)
        _skip(",".join(sorted(driver for driver in pyogrio.list_drivers() if driver not in kept)))
        try:
            yield
        finally:
            _skip(None if before is None else str(before))


def _skip(drivers: str | None) -> None:
    pyogrio.set_gdal_config_options({SKIP: drivers or None})
    # Registering adds the drivers that are missing and takes away those that are to be skipped.
    _register_drivers()
