"""GeoPackages: what is computed in them is bounded before GDAL reads it, and tables of styles are no layers."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from planner.messages.errors import DataError, Issue

SECONDS_AT_MOST = 5.0
"""A view may take so long. One of a district answers in a fraction of a second; one that never ends is refused."""

STEPS_BETWEEN_LOOKS = 20_000
"""Steps of SQLite's machine between two looks at the clock: about a millisecond."""

ROWS_AT_MOST = 5_000_000
VALUE_BYTES_AT_MOST = 2**28
"""No value of a row is larger; a view could ask for any."""

OF_THE_FORMAT = ("gpkg_", "sqlite_", "rtree_")
"""How the tables begin that GDAL reads before any layer."""


def check_views(path: Path, layer: str | None = None) -> None:
    """Run what a GeoPackage computes, with a limit of time and size: GDAL would wait for it without end.

    Parameters
    ----------
    layer
        The layer that is to be read: if it is a view, or has columns computed from others, it is run once to its
        end. None before GDAL opens the file: it then looks at a row of every view, and reads whole the tables
        that say what is in the file.

    Raises
    ------
    DataError
        It takes too long, gives too much, or SQLite alone cannot run it.
    """
    try:
        with closing(_opened(path)) as base:
            computed = [bytes(name).decode("utf-8", "replace") for (name,) in base.execute(COMPUTED)]
            stop = time.monotonic() + SECONDS_AT_MOST
            base.set_progress_handler(lambda: time.monotonic() > stop, STEPS_BETWEEN_LOOKS)
            for name in computed:
                if layer is None:
                    own = name.lower().startswith(OF_THE_FORMAT)
                    _run(base, name, path, rows=ROWS_AT_MOST if own else 1)
                elif name.lower() == layer.lower():
                    _run(base, name, path, rows=ROWS_AT_MOST)
    except sqlite3.Error:
        # What is damaged, GDAL says in its own words.
        return


COMPUTED = """
SELECT name FROM sqlite_master WHERE type = 'view'
UNION
SELECT m.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND c.hidden IN (2, 3)
"""
"""The names of views, and of tables with generated columns."""


def _opened(path: Path) -> sqlite3.Connection:
    address = f"{path.resolve().as_uri()}?mode=ro"
    base = sqlite3.connect(address, uri=True, timeout=SECONDS_AT_MOST)
    try:
        base.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # A journal that cannot be opened, in a folder that cannot be written: GDAL reads without it, too.
        base.close()
        base = sqlite3.connect(f"{address}&immutable=1", uri=True)
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES_AT_MOST)
    base.text_factory = bytes
    return base


def _run(base: sqlite3.Connection, name: str, path: Path, *, rows: int) -> None:
    """Read so many rows of a view; a table of the format, or the layer itself, may not have more."""
    quoted = name.replace('"', '""')
    try:
        result = base.execute(f'SELECT * FROM "{quoted}" LIMIT {rows + 1 if rows > 1 else 1}')  # noqa: S608 - quoted
        if sum(1 for _ in result) <= rows:
            return
    except (sqlite3.Error, MemoryError) as error:
        # A view of what is no longer there is as empty for GDAL.
        if str(error).startswith(("no such table", "no such column")):
            return
    values = {"view": name, "seconds": f"{SECONDS_AT_MOST:g}"}
    raise DataError(str(path), [Issue("endless_view", values)])
