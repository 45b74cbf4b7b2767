"""Isolation of GDAL: only the drivers of a format, and only the files that belong to a layer."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pyogrio
from pyogrio._ogr import _register_drivers  # type: ignore[import-not-found]  # pyogrio compiles it


def link_or_copy(source: Path, target: Path) -> None:
    """Make a file appear at another place, without copying it where the system can."""
    try:
        target.symlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, target)


@contextmanager
def isolated_copy(path: Path, beside: Sequence[str]) -> Iterator[Path]:
    """Yield a copy of a file in a folder with only the files that belong to it.

    Parameters
    ----------
    beside
        Endings of files of the same name that belong to it, such as ".tfw"; or added to the whole name where
        they begin with "+", as "+.aux.xml".

    Yields
    ------
    path
        The same file in the folder, which is gone afterwards.
    """
    with TemporaryDirectory(prefix="planner-") as folder:
        here = Path(folder) / path.name
        link_or_copy(path, here)
        for ending in beside:
            added = ending.startswith("+")
            for form in dict.fromkeys((ending.lstrip("+"), ending.lstrip("+").upper())):
                name = path.name + form if added else path.stem + form
                if name != path.name and path.with_name(name).is_file():
                    link_or_copy(path.with_name(name), Path(folder) / name)
        yield here


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
